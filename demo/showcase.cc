#include "demo/showcase.h"

#include <algorithm>
#include <map>
#include <string>

namespace millrace {
namespace {

constexpr std::size_t kRecentMin = 3;
constexpr std::size_t kOffered = 5;

using Titles = std::map<std::string, std::string>;

std::string title_of(const Titles& titles, const std::string& item) {
  const auto found = titles.find(item);
  return found == titles.end() ? item : found->second;
}

void show_customer(Auditor& auditor, const Titles& titles, const std::string& name, std::FILE* out) {
  std::fprintf(out, "\nCustomer %s, newest first:\n", name.c_str());
  auto recent = auditor.recent_of(name);
  std::reverse(recent.begin(), recent.end());
  for (const AuditedPurchase& each : recent) {
    const std::string what = title_of(titles, each.item);
    if (each.quantity == 0.0F) {
      std::fprintf(out, "  looked at or rated     %s\n", what.c_str());
    } else {
      std::fprintf(out, "  %s %5.0f ×        %s\n", each.quantity < 0 ? "returned" : "bought  ",
                   static_cast<double>(std::abs(each.quantity)), what.c_str());
    }
  }
  std::fprintf(out, "is now offered (list version %llu):\n",
               static_cast<unsigned long long>(auditor.user(name).version));
  const auto list = auditor.list_of(name);
  for (std::size_t i = 0; i < std::min(kOffered, list.size()); ++i) {
    const std::string because = list[i].because.empty() ? "" : ", because of " + title_of(titles, list[i].because);
    std::fprintf(out, "  %zu. %-38s (%s%s)\n", i + 1, title_of(titles, list[i].item).c_str(), list[i].reason.c_str(),
                 because.c_str());
  }
}

}  // namespace

void show_customers(Auditor& auditor, const std::vector<DemoItem>& items, std::size_t customers, std::FILE* out) {
  Titles titles;
  for (const DemoItem& item : items) titles[item.item] = item.title;
  std::vector<std::string> names = auditor.users();
  std::erase_if(names, [&](const std::string& name) {
    return auditor.user(name).recent.size() < kRecentMin || auditor.user(name).list.empty();
  });
  for (std::size_t i = 0; i < std::min(customers, names.size()); ++i) {
    show_customer(auditor, titles, names[(2 * i + 1) * names.size() / (2 * customers)], out);
  }
}

}  // namespace millrace
