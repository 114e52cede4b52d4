#include <gtest/gtest.h>
#include <rapidjson/document.h>
#include <rapidjson/error/en.h>
#include <rapidjson/schema.h>
#include <rapidjson/stringbuffer.h>

#include <cmath>
#include <fstream>
#include <sstream>

#include "tests/publish/fakes.h"

namespace millrace {
namespace {

rapidjson::Document parse(const std::string& text) {
  rapidjson::Document document;
  document.Parse(text.c_str(), text.size());
  EXPECT_FALSE(document.HasParseError()) << rapidjson::GetParseError_En(document.GetParseError()) << " in " << text;
  return document;
}

rapidjson::Document read_schema() {
  const std::ifstream file(MILLRACE_SOURCE_DIR "/docs/list.schema.json");
  std::stringstream text;
  text << file.rdbuf();
  return parse(text.str());
}

// Every field of `value` is described in `schema`, recursively.
void expect_described(const rapidjson::Value& value, const rapidjson::Value& schema) {
  if (value.IsArray()) {
    for (const auto& element : value.GetArray()) expect_described(element, schema["items"]);
  }
  if (!value.IsObject()) return;
  for (const auto& member : value.GetObject()) {
    ASSERT_TRUE(schema["properties"].HasMember(member.name)) << member.name.GetString();
    expect_described(member.value, schema["properties"][member.name]);
  }
}

TEST(ListJson, IsWhatTheDocumentationShows) {
  const FakeNames names;
  EXPECT_EQ(
      render_list(list_of("ann \"x\"", 300), names, {"blend", true}, Millis{1234}),
      R"({"schema":1,"user":"ann \"x\"","version":300,"model":{"name":"blend","step":300},)"
      R"("reflects":{"offsets":[{"topic":"clicks","partition":3,"next":42},{"topic":"purchases","partition":3,"next":7}],)"
      R"("model_step":299,"event_time":900},"generated_at":1234,"items":[)"
      R"({"item":"item-7","title":"A \"quoted\" lamp","score":1.5,"propensity":1,"reason":"taste","because":"item-2"},)"
      R"({"item":"item-8","score":0.1,"propensity":0.25,"reason":"trending"}]})");
}

TEST(ListJson, AgreesWithItsSchema) {
  const FakeNames names;
  const rapidjson::Document schema = read_schema();
  const rapidjson::Document list = parse(render_list(list_of("ann", 300), names, {"blend", true}, Millis{1234}));
  const rapidjson::SchemaDocument compiled(schema);
  rapidjson::SchemaValidator validator(compiled);
  EXPECT_TRUE(list.Accept(validator)) << validator.GetInvalidSchemaKeyword();
  expect_described(list, schema);
}

TEST(ListJson, NamesTheLearnerWhereSeveralAreServed) {
  const FakeNames names;
  RecommendationList list = list_of("ann", 300);
  list.learners = {"ranker", "memory"};
  list.items[0].learner = 1;
  const std::string text = render_list(list, names, {}, Millis{1234});
  const rapidjson::Document document = parse(text);
  EXPECT_STREQ(document["items"][0]["learner"].GetString(), "memory");
  EXPECT_FALSE(document["items"][1].HasMember("learner"));
  const rapidjson::Document schema = read_schema();
  const rapidjson::SchemaDocument compiled(schema);
  rapidjson::SchemaValidator validator(compiled);
  EXPECT_TRUE(document.Accept(validator)) << validator.GetInvalidSchemaKeyword();
  expect_described(document, schema);
}

TEST(ListJson, TheSchemaRefusesAListWithoutItsVersion) {
  const FakeNames names;
  const rapidjson::Document schema = read_schema();
  rapidjson::Document list = parse(render_list(list_of("ann", 300), names, {}, Millis{1234}));
  list.RemoveMember("version");
  const rapidjson::SchemaDocument compiled(schema);
  rapidjson::SchemaValidator validator(compiled);
  EXPECT_FALSE(list.Accept(validator));
}

TEST(ListJson, TitlesAreLeftOutUnlessAskedFor) {
  const FakeNames names;
  EXPECT_EQ(render_list(list_of("ann", 300), names, {}, Millis{0}).find("title"), std::string::npos);
}

TEST(ListJson, OnlyTheGenerationTimeDiffersBetweenRuns) {
  const FakeNames names;
  const rapidjson::Document one = parse(render_list(list_of("ann", 300), names, {}, Millis{1}));
  rapidjson::Document other = parse(render_list(list_of("ann", 300), names, {}, Millis{2}));
  EXPECT_NE(one, other);
  other["generated_at"].SetInt64(1);
  EXPECT_EQ(one, other);
}

TEST(ListJson, ScoresSurviveTheWayAndAreAlwaysNumbers) {
  const FakeNames names;
  RecommendationList list = list_of("ann", 300);
  list.items[0].score = 0.1F + 0.2F;
  list.items[1].score = -INFINITY;
  const rapidjson::Document document = parse(render_list(list, names, {}, Millis{0}));
  EXPECT_EQ(document["items"][0]["score"].GetFloat(), 0.1F + 0.2F);
  EXPECT_EQ(document["items"][1]["score"].GetFloat(), 0.0F);
}

}  // namespace
}  // namespace millrace
