#include "demo/samples.h"

#include <gtest/gtest.h>

namespace millrace {
namespace {

constexpr const char* kText =
    "# HELP records_total Records.\n# TYPE records_total counter\n"
    "records_total{topic=\"clicks\",outcome=\"applied\"} 40\n"
    "records_total{topic=\"clicks\",outcome=\"late\"} 2\n"
    "records_total{topic=\"ratings\",outcome=\"applied\"} 5\n"
    "lag 7\n"
    "delay_bucket{le=\"0.1\"} 50\ndelay_bucket{le=\"1\"} 99\ndelay_bucket{le=\"+Inf\"} 100\n";

TEST(Samples, SumsOverTheLabelsNotAskedFor) {
  const Samples samples = Samples::parse(kText);
  EXPECT_EQ(samples.sum("records_total"), 47);
  EXPECT_EQ(samples.sum("records_total", {{"outcome", "applied"}}), 45);
  EXPECT_EQ(samples.sum("records_total", {{"topic", "clicks"}, {"outcome", "late"}}), 2);
  EXPECT_EQ(samples.sum("lag"), 7);
  EXPECT_EQ(samples.sum("absent"), 0);
}

TEST(Samples, QuantilesAreLinearWithinABucket) {
  const auto buckets = Samples::parse(kText).buckets("delay");
  EXPECT_DOUBLE_EQ(quantile({}, buckets, 0.5), 0.1);
  EXPECT_DOUBLE_EQ(quantile({}, buckets, 0.25), 0.05);
  EXPECT_DOUBLE_EQ(quantile({}, buckets, 1.0), 1.0) << "beyond the last finite bound";
  EXPECT_DOUBLE_EQ(quantile(buckets, buckets, 0.5), 0.0) << "nothing observed in between";
}

}  // namespace
}  // namespace millrace
