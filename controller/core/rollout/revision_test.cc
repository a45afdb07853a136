#include "core/rollout/revision.h"

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <source_dir.h>

#include "api/foreign.h"
#include "api/model_deployment.h"
#include "base/error.h"
#include "schema/codec.h"

namespace kaizen::core {
namespace {

api::ModelDeploymentSpec spec_of(const std::string& json) {
  auto spec = schema::decode<api::ModelDeploymentSpec>(json);
  EXPECT_TRUE(spec.ok()) << json << ": " << (spec.ok() ? "" : spec.error().message);
  return spec.ok() ? std::move(spec).value() : api::ModelDeploymentSpec{};
}

std::string input_of(const std::string& json) {
  auto input = revision_input(spec_of(json));
  EXPECT_TRUE(input.ok()) << json;
  return input.ok() ? std::move(input).value() : std::string();
}

struct Frozen {
  std::string revision;
  std::string spec;
};

std::vector<Frozen> frozen_revisions() {
  std::ifstream file(std::string(KAIZEN_SOURCE_DIR) + "/tests/golden/revisions.txt");
  std::vector<Frozen> rows;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.front() == '#') continue;
    rows.push_back({.revision = line.substr(0, 10), .spec = line.substr(11)});
  }
  return rows;
}

TEST(Revision, MD2FrozenSpecsKeepTheirRevision) {
  const std::vector<Frozen> rows = frozen_revisions();
  ASSERT_GE(rows.size(), 50U) << "the list only grows (T-7)";
  for (const Frozen& row : rows) {
    EXPECT_EQ(revision_name(input_of(row.spec), 0), row.revision) << row.spec;
  }
}

TEST(Revision, MD1OnlyModelImageRuntimeAndTemplateMakeARevision) {
  const std::string bare = input_of(R"({"image":"a:1"})");
  EXPECT_EQ(bare, R"({"image":"a:1"})");
  for (const char* spec : {
           R"({"image":"a:1","replicas":7})",
           R"({"image":"a:1","owner":{"team":"risk"}})",
           R"({"image":"a:1","slo":{"availability":"99%"}})",
           R"({"image":"a:1","paused":true})",
           R"({"image":"a:1","revisionHistoryLimit":3,"progressDeadline":"5m"})",
           R"({"image":"a:1","strategy":{"canary":{"steps":[{"weight":5}]}}})",
           R"({"image":"a:1","promotion":{"approval":"Manual"}})",
           R"({"image":"a:1","bake":{"duration":"1h"}})",
           R"({"image":"a:1","analysis":{"interval":"10s"}})",
           R"({"image":"a:1","traffic":{"port":8080}})",
       }) {
    EXPECT_EQ(input_of(spec), bare) << spec;
  }
  EXPECT_NE(input_of(R"({"image":"a:2"})"), bare);
  EXPECT_NE(input_of(R"({"image":"a:1","model":{"uri":"s3://m/1"}})"), bare);
  EXPECT_NE(input_of(R"({"image":"a:1","runtime":{"args":["-v"]}})"), bare);
  EXPECT_NE(input_of(R"({"image":"a:1","template":{"metadata":{"labels":{"a":"b"}}}})"), bare);
}

TEST(Revision, MD2SortsKeysAndDropsWhatIsNull) {
  EXPECT_EQ(input_of(R"({"template": {"b": 2.0, "a": null, "Z": [1e2]}, "image": "a:1"})"),
            R"({"image":"a:1","template":{"Z":[100],"b":2}})");
  EXPECT_EQ(input_of(R"({"runtime":{"args":[],"resources":{}},"model":{"uri":"s3://m/1"}})"),
            R"({"model":{"uri":"s3://m/1"}})");
}

// R2-30: in a pod template `{}` selects everything, in our own members it says nothing.
TEST(Revision, MD2KeepsEmptyObjectsInsideTheTemplateOnly) {
  EXPECT_EQ(input_of(R"({"template":{"spec":{"volumes":[{"emptyDir":{}}],"x":[]}}})"),
            R"({"template":{"spec":{"volumes":[{"emptyDir":{}}],"x":[]}}})");
  EXPECT_EQ(input_of(R"({"image":"a:1","template":{}})"), R"({"image":"a:1"})");
  EXPECT_EQ(input_of(R"({"image":"a:1","template":{"spec":null}})"), R"({"image":"a:1"})");
}

// The name of the model and the ports have defaults; neither is in the hash.
TEST(Revision, MD3DefaultsAreNeverPartOfTheInput) {
  EXPECT_EQ(input_of(R"({"image":"a:1","model":{"uri":"s3://m/1"},"runtime":{"env":[]}})"),
            R"({"image":"a:1","model":{"uri":"s3://m/1"}})");
}

TEST(Revision, MD2NameIsTheFirstTenDigestDigits) {
  // printf '%s' '{"image":"a:1"}' | sha256sum
  EXPECT_EQ(revision_name(R"({"image":"a:1"})", 0), "028ac6ea25");
  EXPECT_EQ(workload_name("ranker", "028ac6ea25"), "ranker-028ac6ea25");
}

// printf '%s' '{"image":"a:1"}1' | sha256sum
TEST(Revision, MD5CollisionCountIsAppendedToTheInput) {
  EXPECT_EQ(revision_name(R"({"image":"a:1"})", 1), "f2f8f3521b");
  EXPECT_EQ(revision_name(R"({"image":"a:1"})", 12), "699be0183b");
}

TEST(Revision, AnUnreadableTemplateIsNamed) {
  api::ModelDeploymentSpec spec;
  spec.template_ = api::RawJson("{\"spec\":");
  const auto input = revision_input(spec);
  ASSERT_FALSE(input.ok());
  EXPECT_EQ(input.error().action, base::Action::kTerminal);
  EXPECT_EQ(input.error().message.substr(0, 15), "spec.template: ");
}

api::ControllerRevision stored(const std::string& data) {
  api::ControllerRevision revision;
  revision.metadata.ns = "shop";
  revision.metadata.name = "ranker-028ac6ea25";
  revision.data = api::RawJson(data);
  return revision;
}

TEST(Revision, MD4DataHoldsSchemaInputAndRenderedPod) {
  const std::string data =
      revision_data(R"({"image":"a:1"})", R"({"spec":{"containers":[{"image":"a:1"}]}})");
  EXPECT_EQ(
      data,
      R"({"schema":1,"spec":{"image":"a:1"},"pod":{"spec":{"containers":[{"image":"a:1"}]}}})");
  const auto parsed = parse_revision_data(stored(data));
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->schema, 1);
  EXPECT_EQ(parsed->spec.text(), R"({"image":"a:1"})");
  EXPECT_EQ(parsed->pod.text(), R"({"spec":{"containers":[{"image":"a:1"}]}})");
}

TEST(Revision, MD4RefusesDataThatIsNotOurs) {
  const auto message = [](const std::string& data) {
    const auto parsed = parse_revision_data(stored(data));
    EXPECT_FALSE(parsed.ok()) << data;
    if (parsed.ok()) return std::string();
    EXPECT_EQ(parsed.error().action, base::Action::kTerminal);
    EXPECT_EQ(parsed.error().message.substr(0, 47),
              "read ControllerRevision shop/ranker-028ac6ea25:");
    return parsed.error().message;
  };
  EXPECT_NE(message(R"({"schema":2,"spec":{"a":1},"pod":{"b":1}})").find("it has schema 2"),
            std::string::npos);
  EXPECT_NE(message(R"({"schema":1,"pod":{"b":1}})").find("spec is missing"), std::string::npos);
  EXPECT_NE(message(R"({"schema":1,"spec":{"a":1}})").find("pod is missing"), std::string::npos);
  EXPECT_NE(message(R"({"spec":{"template":{"$patch":"replace"}}})").find("data: "),
            std::string::npos);
  EXPECT_FALSE(parse_revision_data(api::ControllerRevision{}).ok());
}

}  // namespace
}  // namespace kaizen::core
