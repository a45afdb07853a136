#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/largest_test_support.h"
#include "api/recorded_test_support.h"
#include "api/tables.h"
#include "api/training_pipeline.h"
#include "base/error.h"
#include "base/result.h"
#include "base/text.h"
#include "base/time.h"
#include "schema/codec.h"
#include "schema/describe.h"

namespace kaizen::api {
namespace {

using namespace base;  // NOLINT: literals
using schema::canonical_json;
using schema::decode;
using schema::encode;
using schema::type_of;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TrainingPipelineSpec spec_of(std::string_view json) {
  const Result<TrainingPipelineSpec> spec = decode<TrainingPipelineSpec>(json);
  EXPECT_TRUE(spec.ok()) << (spec.ok() ? "" : spec.error().message);
  return spec.ok() ? *spec : TrainingPipelineSpec{};
}

std::string error_of_spec(std::string_view json) {
  const Result<TrainingPipelineSpec> spec = decode<TrainingPipelineSpec>(json);
  return spec.ok() ? "" : spec.error().message;
}

TEST(TrainingPipelineTable, DecodesARecordedObject) {
  const Result<TrainingPipeline> object = decode<TrainingPipeline>(recorded("trainingpipeline"));
  ASSERT_TRUE(object.ok()) << object.error().message;

  const TrainingPipelineSpec& spec = object->spec;
  EXPECT_EQ(object->metadata.annotations.at("request.kaizen.ml/id"), "r-80");
  EXPECT_TRUE(spec.suspend);
  EXPECT_EQ(spec.model_deployment_ref->name, "defect");
  EXPECT_EQ(spec.parameters[0].default_, "0.001");
  EXPECT_EQ(spec.seed, 42);
  ASSERT_EQ(spec.data->datasets.size(), 4U);
  EXPECT_EQ(spec.data->datasets[0].manifest->uri, "https://data.example.com/images/latest.json");
  EXPECT_EQ(spec.data->datasets[1].manifest, DatasetManifest{});  // pushed only (TG-19)
  EXPECT_EQ(spec.data->datasets[2].role, DatasetRole::kEvaluation);
  EXPECT_EQ(spec.data->datasets[3].manifest, std::nullopt);
  EXPECT_DOUBLE_EQ(spec.data->checks->max_rows_drop->value, 0.5);
  EXPECT_DOUBLE_EQ(spec.data->checks->metrics[1].min->value, -3.5);
  EXPECT_EQ(spec.data->checks->on_missing, OnMissing::kIgnore);
  EXPECT_EQ(spec.triggers->schedule->starting_deadline, 90min);
  EXPECT_EQ(spec.triggers->schedule->catch_up, CatchUp::kNone);
  EXPECT_THAT(spec.triggers->drift->policies, ElementsAre("defect-inputs", "defect-losses"));
  EXPECT_EQ(spec.triggers->max_model_age, 720h);
  EXPECT_EQ(spec.limits.cooldown, 0s);
  EXPECT_FALSE(spec.limits.hold_during_rollout);
  EXPECT_EQ(effective_max_automatic_runs(spec.limits.budget), 0);
  EXPECT_THAT(spec.limits.budget.prices,
              ElementsAre(Pair("cpu", Decimal{0.04}), Pair("nvidia.com/gpu", Decimal{2.5})));
  EXPECT_EQ(spec.limits.breaker.no_improvement, 5);
  ASSERT_EQ(spec.stages.size(), 5U);
  const Stage& data = spec.stages.at("data");
  EXPECT_EQ(data.env[1].value_from->secret_key_ref, (KeyRef{"s", "k", false}));
  EXPECT_TRUE(data.env[2].value_from->config_map_key_ref->optional);
  EXPECT_EQ(data.env[3].value_from->field_ref->field_path, "metadata.name");
  EXPECT_EQ(data.resources->requests.at("cpu"), "2");
  EXPECT_EQ(data.retry.max_disruptions, 0);
  EXPECT_THAT(data.retry.when, ElementsAre(FailureClass::kTimeout, FailureClass::kOutOfMemory,
                                           FailureClass::kApplication));
  EXPECT_EQ(data.result.from, ResultFrom::kConfigMap);
  EXPECT_THAT(spec.stages.at("prepare").retry.when, IsEmpty());  // said: never again
  EXPECT_EQ(spec.stages.at("prepare").result.from, ResultFrom::kNone);
  EXPECT_THAT(std::string(spec.stages.at("train").template_.text()),
              testing::HasSubstr(R"("emptyDir":{})"));
  EXPECT_EQ(spec.gate->primary->require, GateRequire::kSuperior);
  EXPECT_EQ(spec.gate->budgets[0].direction, MetricGoal::kLower);
  EXPECT_EQ(spec.gate->floors[1].mode, FloorMode::kPoint);
  EXPECT_EQ(spec.gate->slices->on_too_small, OnTooSmall::kReject);
  EXPECT_DOUBLE_EQ(spec.gate->fairness[1].min_ratio->value, 0.8);
  EXPECT_DOUBLE_EQ(spec.gate->limits[1].max->value, 250'000'000);
  EXPECT_EQ(spec.deploy->autonomy, DeployAutonomy::kAuto);
  EXPECT_EQ(spec.retention.children, 0s);
  EXPECT_EQ(object->status.active_run->cause.parameters.at("lr"), "0.0005");
  EXPECT_EQ(object->status.pending->coalesced, 3);
  EXPECT_EQ(object->status.breaker->state, BreakerState::kHalfOpen);
}

TEST(TrainingPipelineTable, EveryMemberOfSpecAndStatusSurvivesEncodeAndDecode) {
  const std::string text = recorded("trainingpipeline");
  const Result<TrainingPipeline> object = decode<TrainingPipeline>(text);
  ASSERT_TRUE(object.ok()) << object.error().message;

  const Result<TrainingPipeline> again = decode<TrainingPipeline>(encode(*object));

  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(*again, *object);
  expect_every_member_is_recorded(type_of<TrainingPipelineSpec>(), text);
  expect_every_member_is_recorded(type_of<TrainingPipelineStatus>(), text);
  EXPECT_EQ(*canonical_json(encode(again->status)), *canonical_json(encode(object->status)));
}

// The defaults that people read in `kubectl explain`.
TEST(TrainingPipelineTable, TP9TheSmallestPipelineHasEveryDefault) {
  const TrainingPipelineSpec spec =
      spec_of(R"({"stages":{"train":{"image":"ghcr.io/acme/train:1.0","command":["python"]}}})");

  EXPECT_FALSE(spec.suspend);
  EXPECT_EQ(spec.limits.cooldown, 6h);
  EXPECT_TRUE(spec.limits.hold_during_rollout);
  EXPECT_EQ(spec.limits.budget.window, 24h);
  EXPECT_EQ(spec.limits.budget.max_runs, 6);
  EXPECT_EQ(effective_max_automatic_runs(spec.limits.budget), 3);
  EXPECT_EQ(spec.limits.breaker, (Breaker{3, 2, 24h}));
  const Stage& train = spec.stages.at("train");
  EXPECT_EQ(train.engine, "Job");
  EXPECT_EQ(train.timeout, 12h);
  EXPECT_EQ(train.queue_timeout, 24h);
  EXPECT_EQ(train.retry.max_attempts, 2);
  EXPECT_EQ(train.retry.backoff, 1min);
  EXPECT_EQ(train.retry.max_disruptions, 10);
  EXPECT_THAT(train.retry.when,
              ElementsAre(FailureClass::kInfrastructure, FailureClass::kDisruption));
  EXPECT_EQ(train.result, (StageResult{ResultFrom::kTerminationMessage, "", "result.json"}));
  EXPECT_EQ(spec.deploy, std::nullopt);  // Record (R2-48)
  EXPECT_EQ(spec.retention, (Retention{5, 3, 3, 24h}));

  const TrainingPipelineSpec more = spec_of(
      R"({"triggers":{"schedule":{"cron":"@daily"},"data":{"dataset":"d"}},"deploy":{},
          "limits":{"budget":{"maxRuns":2}},"data":{"checks":{}},
          "gate":{"primary":{"metric":"m"},"floors":[{"metric":"m"}],"slices":{}}})");
  EXPECT_EQ(*more.triggers->schedule,
            (ScheduleTrigger{"@daily", "Etc/UTC", 2h, CatchUp::kLatest, 0s}));
  EXPECT_EQ(*more.triggers->data, (DataTrigger{"d", 15min, 0, 10min}));
  EXPECT_EQ(*more.deploy,
            (Deploy{DeployAutonomy::kApprove, WaitFor::kPromoted, 72h, 168h}));  // TP-40
  EXPECT_EQ(effective_max_automatic_runs(more.limits.budget), 2);
  EXPECT_EQ(more.data->checks->on_missing, OnMissing::kReject);
  EXPECT_DOUBLE_EQ(more.gate->confidence.value, 0.95);
  EXPECT_EQ(*more.gate->primary, (GateComparison{"m", MetricGoal::kHigher,
                                                 GateRequire::kNonInferior, Decimal{0}, 1000}));
  EXPECT_EQ(more.gate->floors[0],
            (GateFloor{"m", "all", std::nullopt, std::nullopt, FloorMode::kBound}));
  EXPECT_EQ(
      *more.gate->slices,
      (GateSlices{"", Decimal{0}, 200, SliceMode::kNoEvidenceOfHarm, OnTooSmall::kIgnore, {}}));
  EXPECT_EQ(more.gate->on_no_champion, OnNoChampion::kRequireApproval);
  EXPECT_EQ(more.gate->on_inconclusive, OnInconclusive::kRequireApproval);
}

TEST(TrainingPipelineTable, TP9NothingIsDefaultedInStorage) {
  expect_no_storage_default(type_of<TrainingPipelineSpec>());
}

TEST(TrainingPipelineTable, TP10StagesAreAMapAndErrorsNameTheStage) {
  EXPECT_EQ(error_of_spec(R"({"stages":{"train":{"timeout":"soon"}}})"),
            "stages.train.timeout: \"soon\" is not a duration such as 30s, 5m or 1h30m");
  EXPECT_EQ(error_of_spec(R"({"stages":[]})"), "stages: a list is not an object");
  EXPECT_EQ(
      error_of_spec(R"({"stages":{"train":{"retry":{"when":["Bug"]}}}})"),
      "stages.train.retry.when[0]: \"Bug\" is not one of Infrastructure, Disruption, Timeout, "
      "OutOfMemory, Application");
  EXPECT_EQ(error_of_spec(R"({"limits":{"budget":{"prices":{"cpu":0.04}}}})"),
            R"(limits.budget.prices.cpu: a number is not a decimal such as "0.5" or "-2")");
}

TEST(TrainingPipelineTable, RT35NoDamageToTheTextDoesHarm) {
  expect_no_harm_from_damage<TrainingPipeline>(recorded("trainingpipeline"));
}

// ---- Status ----

TriggerCause longest_cause() {
  TriggerCause cause;
  cause.reason = std::string(training_limits::kDetail, 'r');
  cause.request_id = std::string(64, 'i');
  cause.by = std::string(training_limits::kBy, 'b');
  for (size_t bytes = 0; bytes < training_limits::kParameters; bytes += 63 + 64 + 6) {
    cause.parameters.emplace(longest_name(cause.parameters.size(), 63), std::string(64, 'v'));
  }
  cause.source = RunRef{std::string(33, 's'), kUid};
  cause.policy = std::string(44, 'p');
  cause.from = kLongestTime;
  cause.to = kLongestTime;
  return cause;
}

// RT-60: everything at once, each part as long as training_limits allows.
TEST(TrainingPipelineStatusTable, RT60TheLargestStatusFits) {
  TrainingPipelineStatus status;
  status.observed_generation = 1'000'000;
  status.phase = PipelinePhase::kBudgetExhausted;
  status.active_run = ActiveRun{.name = std::string(33, 'a'),
                                .uid = kUid,
                                .trigger = TriggerType::kReproduce,
                                .slot = std::string(128, 's'),
                                .since = kLongestTime,
                                .cause = longest_cause()};
  status.pending = PendingTrigger{.trigger = TriggerType::kReproduce,
                                  .slot = std::string(128, 's'),
                                  .since = kLongestTime,
                                  .reason = std::string(64, 'r'),
                                  .until = kLongestTime,
                                  .coalesced = 1'000'000,
                                  .cause = longest_cause()};
  status.last_run = LastRun{std::string(33, 'l'), std::string(16, 'o'), std::string(64, 'r'),
                            kLongestTime, kLongestTime};
  status.champion = longest_model();
  status.triggers.schedule = ScheduleStatus{kLongestTime, kLongestTime, 1'000'000'000,
                                            std::string(128 + 1 + 64, 'e'), kLongestTime};
  status.triggers.data =
      DataTriggerStatus{.last_version = std::string(training_limits::kVersion, 'l'),
                        .last_rows = kLargestCount,
                        .seen_version = std::string(training_limits::kVersion, 's'),
                        .seen_digest = digest(),
                        .seen_at = kLongestTime,
                        .mutated = true};
  status.triggers.drift.emplace();
  for (size_t i = 0; i < training_limits::kPolicies; ++i) {
    status.triggers.drift->last_requests.emplace(longest_name(i, 44), std::string(74, 'r'));
  }
  status.triggers.age = AgeTriggerStatus{std::string(80, 'a')};
  status.budget = BudgetStatus{
      std::vector(training_limits::kStarts, BudgetStart{std::string(33, 'b'), kLongestTime, true,
                                                        true, kLongestDecimal, kLongestDecimal}),
      kLongestDecimal, kLongestDecimal, "100/100"};
  status.breaker = BreakerStatus{BreakerState::kHalfOpen, 20, 20, 20, kLongestTime, 1'000'000,
                                 std::string(33, 't')};
  status.published = PublishedStatus{std::string(training_limits::kUri, 'u'), digest(),
                                     std::string(training_limits::kVersion, 'v'),
                                     std::string(33, 'r'), kLongestTime};
  status.last_request = longest_request(training_limits::kBy, training_limits::kMessage);
  status.handled_requests.assign(training_limits::kHandledRequests, std::string(64, 'h'));
  status.next_at = kLongestTime;
  status.conditions.assign(4, longest_condition(training_limits::kDetail));

  const std::string text = encode(status);

  EXPECT_LE(text.size(), training_limits::kStatus);
  EXPECT_GE(text.size(), 30U * 1024) << "it is not the largest any more";
  expect_every_member_is_recorded(type_of<TrainingPipelineStatus>(), text);
  EXPECT_EQ(*decode<TrainingPipelineStatus>(text), status);
}

TEST(TrainingPipelineStatusTable, RT59ThePatchNullsEntriesOfMapsThatAreGone) {
  TrainingPipelineStatus before;
  before.triggers.drift = DriftTriggerStatus{{{"a", "a-1-TriggerTraining-1"}, {"b", "b-1"}}};
  before.pending.emplace();
  before.pending->slot = "v118";
  TrainingPipelineStatus after = before;
  after.triggers.drift->last_requests.erase("a");
  after.pending.reset();

  EXPECT_EQ(schema::merge_patch(before, after),
            R"({"pending":null,"triggers":{"drift":{"lastRequests":{"a":null}}}})");
}

}  // namespace
}  // namespace kaizen::api
