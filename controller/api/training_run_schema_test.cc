#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/largest_test_support.h"
#include "api/recorded_test_support.h"
#include "api/tables.h"
#include "api/training_run.h"
#include "base/error.h"
#include "base/result.h"
#include "base/text.h"
#include "base/time.h"
#include "base/uid.h"
#include "schema/codec.h"

namespace kaizen::api {
namespace {

using namespace base;  // NOLINT: literals
using schema::canonical;
using schema::canonical_json;
using schema::decode;
using schema::encode;
using schema::type_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(TrainingRunTable, DecodesARecordedObject) {
  const Result<TrainingRun> object = decode<TrainingRun>(recorded("trainingrun"));
  ASSERT_TRUE(object.ok()) << object.error().message;

  const TrainingRunSpec& spec = object->spec;
  EXPECT_EQ(to_string(spec.pipeline.uid), "0b5c7f0e-2f60-4f0e-9a53-3d1d8f1f0a11");
  EXPECT_EQ(spec.pipeline.generation, 7);
  EXPECT_EQ(spec.trigger.type, TriggerType::kDrift);
  EXPECT_EQ(spec.trigger.from, parse_time("2026-03-09T03:00:07Z"));
  EXPECT_THAT(spec.parameters, ElementsAre(Parameter{"lr", "0.001"}));
  EXPECT_EQ(spec.seed, 0);
  EXPECT_EQ(spec.datasets[0].pinning, Pinning::kStrong);
  EXPECT_EQ(spec.datasets[0].rows, 12000);
  EXPECT_TRUE(spec.datasets[0].mutated);
  EXPECT_EQ(spec.datasets[1].rows, 0);
  EXPECT_EQ(spec.resolved, R"({"stages":{"train":{}}})");
  EXPECT_EQ(spec.source->name, "nightly-aaaaaaaa");
  const StageStatus& train = object->status.stages[0];
  EXPECT_EQ(train.phase, StagePhase::kSucceeded);
  EXPECT_EQ(train.child->name, "nightly-j5fwma4h-t1");
  EXPECT_EQ(train.attempts[0].exit_code, 137);
  EXPECT_DOUBLE_EQ(train.cost->value, 9.1);
  EXPECT_DOUBLE_EQ(object->status.metrics[0].value.value, 0.9724);
  EXPECT_EQ(object->status.gate->result, GateResult::kRequiresApproval);
  EXPECT_DOUBLE_EQ(object->status.gate->evidence[0].threshold->value, -0.002);
  EXPECT_EQ(object->status.gate->evidence[0].verdict, CheckVerdict::kPass);
  EXPECT_EQ(object->status.approval->state, ApprovalState::kApproved);
  EXPECT_EQ(object->status.deploy->state, DeployState::kObserved);
  EXPECT_TRUE(*object->status.reproduction->model_digest_equal);
  EXPECT_FALSE(is_terminal(*object->status.phase));
}

TEST(TrainingRunTable, EveryMemberOfSpecAndStatusSurvivesEncodeAndDecode) {
  const std::string text = recorded("trainingrun");
  const Result<TrainingRun> object = decode<TrainingRun>(text);
  ASSERT_TRUE(object.ok()) << object.error().message;

  const Result<TrainingRun> again = decode<TrainingRun>(encode(*object));

  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(*again, *object);
  expect_every_member_is_recorded(type_of<TrainingRunSpec>(), text);
  expect_every_member_is_recorded(type_of<TrainingRunStatus>(), text);
  EXPECT_EQ(*canonical_json(encode(again->status)), *canonical_json(encode(object->status)));
}

TEST(TrainingRunTable, TP11RequiredMembersOfTheSpecAreWrittenEvenWhenZero) {
  TrainingRunSpec spec;
  spec.pipeline = {.name = "nightly", .uid = kUid, .generation = 1};
  spec.trigger = {.type = TriggerType::kManual,
                  .slot = "r-1",
                  .reason = {},
                  .at = {},
                  .by = {},
                  .policy = {},
                  .from = {},
                  .to = {}};
  spec.resolved = "{}";
  spec.config_hash = digest();
  const std::string text = encode(spec);
  for (const schema::FieldInfo& row : type_of<TrainingRunSpec>().fields) {
    const std::string key = concat({"\"", row.name, "\":"});
    if (!row.options.required) continue;
    EXPECT_THAT(text, HasSubstr(key));
  }
}

// ---- resolved ----

ResolvedPipeline resolved_of(std::string_view json) {
  const Result<ResolvedPipeline> resolved = decode<ResolvedPipeline>(json);
  EXPECT_TRUE(resolved.ok()) << (resolved.ok() ? "" : resolved.error().message);
  return resolved.ok() ? *resolved : ResolvedPipeline{};
}

// A default that changes in a later version must not change what a run that began before goes by.
TEST(ResolvedPipelineTable, TP11EveryDefaultIsWrittenOut) {
  EXPECT_EQ(canonical(resolved_of(R"({"stages":{"train":{"image":"i"}},"deploy":{},
                               "gate":{"primary":{"metric":"m"}},"checks":{"minRows":0}})")),
            R"({"checks":{"minRows":0,"onMissing":"Reject"},)"
            R"("deploy":{"approvalTimeout":"72h","autonomy":"Approve","rolloutTimeout":"168h",)"
            R"("waitFor":"Promoted"},)"
            R"("gate":{"confidence":"0.95","onInconclusive":"RequireApproval",)"
            R"("onNoChampion":"RequireApproval","primary":{"direction":"Higher","margin":"0",)"
            R"("metric":"m","minSamples":1000,"require":"NonInferior"}},)"
            R"("stages":{"train":{"engine":"Job","image":"i","queueTimeout":"24h",)"
            R"("result":{"configMapKey":"result.json","from":"TerminationMessage"},)"
            R"("retry":{"backoff":"1m","maxAttempts":2,"maxDisruptions":10,)"
            R"("when":["Infrastructure","Disruption"]},"timeout":"12h"}}})");
}

TEST(ResolvedPipelineTable, TP11WhatWasSaidComesBackAsItWas) {
  const Result<TrainingPipeline> object = decode<TrainingPipeline>(recorded("trainingpipeline"));
  ASSERT_TRUE(object.ok()) << object.error().message;
  const ResolvedPipeline before{.model_deployment = object->spec.model_deployment_ref->name,
                                .artifact_root = object->spec.artifact_root,
                                .checks = object->spec.data->checks,
                                .stages = object->spec.stages,
                                .gate = object->spec.gate,
                                .deploy = object->spec.deploy,
                                .prices = object->spec.limits.budget.prices};

  const std::string text = canonical(before);
  const ResolvedPipeline after = resolved_of(text);

  EXPECT_EQ(canonical(after), text);
  EXPECT_EQ(after.gate, before.gate);
  EXPECT_EQ(after.checks, before.checks);
  EXPECT_EQ(after.deploy, before.deploy);
  EXPECT_EQ(after.prices, before.prices);
  EXPECT_THAT(after.stages.at("prepare").retry.when, testing::IsEmpty());
  EXPECT_EQ(after.stages.at("data"), before.stages.at("data"));
}

// ---- Status ----

StageStatus longest_stage(std::string_view name) {
  StageStatus stage;
  stage.name = name;
  stage.phase = StagePhase::kCancelled;
  stage.attempt = 9;
  stage.disruptions = 50;
  stage.disrupted_pods.assign(training_limits::kDisruptedPods, "0b5c7f0e");
  stage.child = ChildRef{"batch/v1", "Job", std::string(36, 'c'), kUid};
  stage.started_at = stage.finished_at = stage.waiting_since = stage.running_since = kLongestTime;
  stage.retry_at = kLongestTime;
  stage.running_seconds = stage.gpu_seconds = 100'000'000;
  stage.cost = kLongestDecimal;
  stage.exit_code = -2147483647;
  stage.result_digest = digest();
  stage.images.assign(training_limits::kImages, std::string(training_limits::kImage, 'i'));
  stage.reason = std::string(32, 'r');
  stage.message = std::string(training_limits::kDetail, 'm');
  stage.attempts.assign(training_limits::kPastAttempts,
                        PastAttempt{9, std::string(36, 'c'), std::string(32, 'r'),
                                    std::string(training_limits::kShortDetail, 'm'), -2147483647,
                                    kLongestTime, kLongestTime});
  return stage;
}

GateEvidence longest_evidence() {
  return {.check = "since-onset",
          .metric = std::string(63, 'm'),
          .slice = std::string(training_limits::kSlice, 's'),
          .method = "UnpairedCounts",
          .champion = kLongestDecimal,
          .challenger = kLongestDecimal,
          .delta = kLongestDecimal,
          .lower = kLongestDecimal,
          .upper = kLongestDecimal,
          .threshold = kLongestDecimal,
          .samples = kLargestCount,
          .verdict = CheckVerdict::kInconclusive};
}

TrainingRunStatus largest_status() {
  TrainingRunStatus status;
  status.observed_generation = 1;
  status.phase = RunPhase::kAwaitingApproval;
  status.stage = "register";
  status.reason = std::string(32, 'r');
  status.message = std::string(training_limits::kMessage, 'm');
  status.started_at = status.finished_at = status.next_at = kLongestTime;
  status.duration = "8759h59m59s";
  for (const std::string_view name : kStageOrder) status.stages.push_back(longest_stage(name));
  status.metrics.assign(training_limits::kMetrics,
                        MetricValue{std::string(63, 'm'), kLongestDecimal, "evaluate"});
  status.data = DataStatus{DataVerdict::kRejected,
                           std::string(55, 'n'),
                           std::string(training_limits::kUri, 'u'),
                           digest(),
                           std::string(training_limits::kVersion, 'v'),
                           kLargestCount,
                           std::string(training_limits::kMessage, 'm')};
  status.model = status.champion = longest_model();
  status.reference_profile = ProfileRef{std::string(63, 'c'), std::string(63, 'k'), digest()};
  for (size_t i = 0; i < training_limits::kArtifacts; ++i) {
    status.artifacts.push_back(
        {longest_name(i, 63), std::string(training_limits::kUri, 'u'), digest(), kLargestCount});
  }
  status.registry =
      RegistryStatus{std::string(256, 'n'), std::string(training_limits::kVersion, 'v'),
                     std::string(training_limits::kUri, 'u')};
  status.gate =
      GateStatus{GateResult::kRequiresApproval,
                 std::string(32, 'r'),
                 std::string(training_limits::kMessage, 'm'),
                 kLongestTime,
                 digest(),
                 digest(),
                 std::string(63, 'c'),
                 std::vector<GateEvidence>(training_limits::kEvidence, longest_evidence())};
  status.approval = RunApproval{kLongestTime, kLongestTime, ApprovalState::kApproved,
                                std::string(training_limits::kBy, 'b'), kLongestTime};
  status.last_request = longest_request(training_limits::kBy, training_limits::kMessage);
  status.handled_requests.assign(training_limits::kHandledRequests, std::string(64, 'h'));
  status.deploy = DeployStatus{DeployState::kRolledBack, "4be2a9905d", kLongestTime};
  status.reproduction = Reproduction{false, kLongestDecimal};
  status.conditions.assign(8, longest_condition(training_limits::kDetail));
  return status;
}

// RT-60: everything at once, each part as long as training_limits allows.
TEST(TrainingRunStatusTable, RT60TheLargestStatusFits) {
  const TrainingRunStatus status = largest_status();

  const std::string text = encode(status);

  EXPECT_LE(text.size(), training_limits::kStatus);
  EXPECT_GE(text.size(), 50U * 1024) << "it is not the largest any more";
  expect_every_member_is_recorded(type_of<TrainingRunStatus>(), text);
  EXPECT_EQ(*decode<TrainingRunStatus>(text), status);
}

TEST(TrainingRunStatusTable, GT23ANumberThatDoesNotExistIsAbsent) {
  GateEvidence evidence;
  evidence.check = "floor";
  evidence.delta = Decimal{std::numeric_limits<double>::quiet_NaN()};
  evidence.upper = Decimal{std::numeric_limits<double>::infinity()};
  evidence.lower = Decimal{0.1 + 0.2};
  TrainingRunStatus status;
  status.gate.emplace();
  status.gate->evidence = {evidence};

  EXPECT_EQ(encode(status), R"({"gate":{"evidence":[{"check":"floor",)"
                            R"("lower":"0.30000000000000004","verdict":"Inconclusive"}]}})");
}

TEST(TrainingRunTable, RT35NoDamageToTheTextDoesHarm) {
  expect_no_harm_from_damage<TrainingRun>(recorded("trainingrun"));
}

}  // namespace
}  // namespace kaizen::api
