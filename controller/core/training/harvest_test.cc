// Harvest: the right pod, the right bytes, and what status keeps of them.
#include "core/training/harvest.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/foreign.h"
#include "api/training_pipeline.h"
#include "api/training_run.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/time.h"
#include "base/uid.h"
#include "core/reasons.h"
#include "core/training/result.h"

namespace kaizen::core {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

constexpr std::string_view kRun = "5f0cbe0a-7d5e-4a43-a3f1-0a4f1f5f2b6e";
constexpr std::string_view kNonce = "0123456789abcdef0123456789abcdef";

std::string digest(char digit) {
  return "sha256:" + std::string(64, digit);
}

ResultIdentity identity() {
  return {.run = *base::parse_uid(kRun), .stage = "train", .nonce = kNonce};
}

std::string document(double loss) {
  return base::concat({R"({"schema":"kaizen.result/v1","run":")", kRun, R"(","nonce":")", kNonce,
                       R"(","stage":"train","metrics":{"loss":)", std::to_string(loss), "}}"});
}

base::Time second(int second) {
  return base::Time::from_unix_s(1'772'000'000 + second);
}

PodReport report(std::string_view pod,
                 int created,
                 std::optional<int> exit,
                 std::string_view text) {
  return {
      .pod = pod, .created = second(created), .exit_code = exit, .message = text, .containers = 1};
}

std::string trouble(const ResultOr<Harvest>& harvest) {
  if (harvest.ok()) return "none";
  return base::concat({harvest.error().reason->name, " ", harvest.error().message});
}

TEST(Harvest, RS26TheDigestIsOfTheRawBytes) {
  const std::string text = document(0.5);
  const std::vector<PodReport> reports = {report("a", 1, 0, text)};

  const auto harvest = harvest_message(reports, identity());

  ASSERT_TRUE(harvest.ok()) << trouble(harvest);
  EXPECT_EQ(harvest->digest, "sha256:" + base::sha256_hex(text));
  EXPECT_EQ(harvest->document.metrics.at("loss"), 0.5);
}

TEST(Harvest, RS43TheNewestPodThatEndedWell) {
  const std::string old_text = document(1.0);
  const std::string new_text = document(2.0);
  const std::string failed_text = document(3.0);
  const std::vector<PodReport> reports = {report("b", 2, 0, new_text), report("a", 1, 0, old_text),
                                          report("c", 3, 1, failed_text),
                                          report("d", 4, std::nullopt, "")};

  const auto harvest = harvest_message(reports, identity());

  ASSERT_TRUE(harvest.ok()) << trouble(harvest);
  EXPECT_EQ(harvest->document.metrics.at("loss"), 2.0);
}

TEST(Harvest, RS43PodsOfOneSecondAreToldApartByName) {
  const std::string first = document(1.0);
  const std::string second = document(2.0);

  const std::vector<PodReport> one_order = {report("a", 1, 0, first), report("b", 1, 0, second)};
  const std::vector<PodReport> other_order = {report("b", 1, 0, second), report("a", 1, 0, first)};

  EXPECT_EQ(harvest_message(one_order, identity())->document.metrics.at("loss"), 2.0);
  EXPECT_EQ(harvest_message(other_order, identity())->document.metrics.at("loss"), 2.0);
}

TEST(Harvest, RS43NoPodThatEndedWellIsAMissingResult) {
  const std::string text = document(1.0);
  const std::vector<PodReport> reports = {report("a", 1, 1, text)};

  EXPECT_THAT(trouble(harvest_message(reports, identity())), StartsWith("ResultMissing"));
  EXPECT_THAT(trouble(harvest_message({}, identity())), StartsWith("ResultMissing"));
}

TEST(Harvest, RS21TheTextOfAFailedContainerIsNoResult) {
  const std::string text = document(1.0);
  const std::vector<PodReport> reports = {report("a", 1, 1, text), report("b", 2, 0, "")};

  EXPECT_EQ(trouble(harvest_message(reports, identity())), "ResultMissing no result was written");
}

TEST(Harvest, RS21AFailedContainersLastWordsAreShown) {
  EXPECT_EQ(failure_message("Traceback:\n  File \"a.py\"\nValueError: bad rows\n"),
            "Traceback:   File \"a.py\" ValueError: bad rows");
  const std::string log = std::string(2000, 'x') + "\nValueError: the end";
  EXPECT_THAT(failure_message(log), SizeIs(256));
  EXPECT_THAT(failure_message(log), testing::EndsWith("ValueError: the end"));
}

TEST(Harvest, RS41AFailedContainersTextIsCleanAndCutOnACharacter) {
  EXPECT_EQ(failure_message("\x1b[31mred\x07"), "[31mred");
  std::string text;
  for (int i = 0; i < 200; ++i) text += "\u20ac";
  const std::string shown = failure_message(text);
  EXPECT_TRUE(base::is_valid_utf8(shown));
  EXPECT_THAT(shown, SizeIs(255));
  EXPECT_TRUE(base::is_valid_utf8(failure_message("caf\xe9")));
  EXPECT_THAT(failure_message("GET https://bob:secret@host/x failed"),
              testing::Not(HasSubstr("secret")));
}

TEST(Harvest, RS20TheKubeletSharesTheRoomAmongTheContainers) {
  EXPECT_EQ(termination_message_limit(0), 4096U);
  EXPECT_EQ(termination_message_limit(1), 4096U);
  EXPECT_EQ(termination_message_limit(3), 4096U);
  EXPECT_EQ(termination_message_limit(4), 3072U);
  EXPECT_EQ(termination_message_limit(10), 1228U);
}

TEST(Harvest, RS20AMessageThatFillsItsShareWasCut) {
  std::string text = document(1.0);
  text.pop_back();
  text.resize(3072, ' ');
  std::vector<PodReport> reports = {report("a", 1, 0, text)};
  EXPECT_THAT(trouble(harvest_message(reports, identity())), StartsWith("ResultMalformed"));

  reports[0].containers = 4;
  EXPECT_THAT(trouble(harvest_message(reports, identity())),
              StartsWith("ResultTooLarge cut at 3072 bytes"));
}

TEST(Harvest, RS22TheConfigMapOfTheChildIsRead) {
  EXPECT_EQ(result_config_map_name("defect-j5fwma4h-t1"), "defect-j5fwma4h-t1-result");
  api::ConfigMap map;
  map.metadata.name = "defect-j5fwma4h-t1-result";
  map.data = {{"result.json", document(0.25)}};

  const auto harvest = harvest_config_map(&map, "result.json", identity());

  ASSERT_TRUE(harvest.ok()) << trouble(harvest);
  EXPECT_EQ(harvest->document.metrics.at("loss"), 0.25);
  EXPECT_EQ(harvest->digest, "sha256:" + base::sha256_hex(map.data["result.json"]));
}

TEST(Harvest, RS22WithoutTheConfigMapOrItsKeyNothingWasReported) {
  api::ConfigMap map;
  map.metadata.name = "defect-t1-result";

  EXPECT_THAT(trouble(harvest_config_map(nullptr, "result.json", identity())),
              StartsWith("ResultMissing"));
  EXPECT_EQ(trouble(harvest_config_map(&map, "result.json", identity())),
            "ResultMissing ConfigMap defect-t1-result has no key result.json");
}

ReportedBlob blob(std::string name, char digit) {
  return {.name = std::move(name),
          .uri = "s3://m/1",
          .digest = digest(digit),
          .size_bytes = 7,
          .version = "42"};
}

TEST(Harvest, RS26StatusKeepsWhatWasParsed) {
  api::TrainingRunStatus status;
  status.stages.resize(2);
  status.stages[0].name = "data";
  status.stages[1].name = "train";
  Harvest harvest{.digest = digest('9'), .document = {}};
  harvest.document.metrics = {{"loss", 0.5}};
  harvest.document.artifacts = {blob("log", 'b'), blob("model", 'a')};
  harvest.document.reference_profile =
      ReportedProfile{.config_map = "profile", .key = "p.json", .uri = "", .digest = digest('c')};
  harvest.document.registry = api::RegistryStatus{.name = "defect", .version = "7", .uri = ""};

  keep_harvest(harvest, "train", std::nullopt, status);

  EXPECT_EQ(status.stages[0].result_digest, "");
  EXPECT_EQ(status.stages[1].result_digest, digest('9'));
  ASSERT_THAT(status.metrics, SizeIs(1));
  EXPECT_EQ(status.metrics[0].name, "loss");
  ASSERT_TRUE(status.model);
  EXPECT_EQ(status.model->digest, digest('a'));
  EXPECT_EQ(status.model->version, "42");
  EXPECT_EQ(status.model->size_bytes, 7);
  ASSERT_THAT(status.artifacts, SizeIs(2));
  EXPECT_EQ(status.artifacts[0].name, "model");
  ASSERT_TRUE(status.reference_profile);
  EXPECT_EQ(status.reference_profile->key, "p.json");
  EXPECT_EQ(status.registry->version, "7");
}

TEST(Harvest, RT60LongVersionsAreCutInBytes) {
  std::string version;
  for (int i = 0; i < 128; ++i) version += "\u20ac";
  api::TrainingRunStatus status;
  Harvest harvest;
  harvest.document.artifacts = {blob("model", 'a')};
  harvest.document.artifacts[0].version = version;
  harvest.document.registry =
      api::RegistryStatus{.name = version + version, .version = version, .uri = ""};

  keep_harvest(harvest, "train", std::nullopt, status);

  EXPECT_THAT(status.model->version, SizeIs(testing::Le(128U)));
  EXPECT_THAT(status.registry->version, SizeIs(testing::Le(128U)));
  EXPECT_THAT(status.registry->name, SizeIs(testing::Le(256U)));
}

TEST(Harvest, RS26AProfileAtAUriIsNoReference) {
  api::TrainingRunStatus status;
  Harvest harvest;
  harvest.document.reference_profile = ReportedProfile{
      .config_map = "", .key = "", .uri = "s3://m/profile.json", .digest = digest('c')};

  keep_harvest(harvest, "train", std::nullopt, status);

  EXPECT_EQ(status.reference_profile, std::nullopt);
}

// An evaluate stage that names another model, or a train stage that calls its own training data
// "since-onset", must not decide what is deployed or judged by.
TEST(Harvest, RS26NamesWithAMeaningCountFromTheirOwnStage) {
  api::TrainingRunStatus status;
  Harvest harvest;
  harvest.document.artifacts = {blob("model", 'a'), blob("since-onset", 'b')};

  keep_harvest(harvest, "evaluate", std::nullopt, status);
  EXPECT_THAT(status.artifacts, IsEmpty());
  EXPECT_EQ(status.model, std::nullopt);

  keep_harvest(harvest, "data", std::nullopt, status);
  ASSERT_THAT(status.artifacts, SizeIs(1));
  EXPECT_EQ(status.artifacts[0].name, "since-onset");
  EXPECT_EQ(status.model, std::nullopt);
}

TEST(Harvest, RS26WhatKaizenNeedsIsKeptFirst) {
  api::TrainingRunStatus status;
  Harvest data;
  for (int i = 0; i < 15; ++i)
    data.document.artifacts.push_back(blob("a" + std::to_string(i), '1'));
  data.document.artifacts.push_back(blob("since-onset", 'b'));
  keep_harvest(data, "data", std::nullopt, status);
  Harvest train;
  train.document.artifacts = {blob("model", 'a')};

  keep_harvest(train, "train", std::nullopt, status);

  EXPECT_THAT(status.artifacts, SizeIs(api::training_limits::kArtifacts));
  EXPECT_EQ(status.artifacts[0].name, "model");
  EXPECT_EQ(status.artifacts[1].name, "since-onset");
}

TEST(Harvest, RS42TheEvidenceIsKeptWithTheDocumentItComesFrom) {
  GateOutcome outcome;
  outcome.evidence_json = "{}";

  EXPECT_EQ(evidence_files(outcome, "raw"),
            (api::StringMap{{"evidence.json", "{}"}, {"result.json", "raw"}}));

  outcome.evidence_json = std::string(size_t{700} * 1024, ' ');
  EXPECT_THAT(evidence_files(outcome, std::string(size_t{256} * 1024, ' ')), SizeIs(1));
  EXPECT_EQ(evidence_files(outcome, "raw").at("result.json"), "raw");
  outcome.evidence_json += std::string(size_t{256} * 1024, ' ');
  EXPECT_EQ(evidence_files(outcome, "raw"), (api::StringMap{{"result.json", "raw"}}));
}

}  // namespace
}  // namespace kaizen::core
