#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/drift_policy.h"
#include "api/largest_test_support.h"
#include "api/recorded_test_support.h"
#include "api/tables.h"
#include "base/error.h"
#include "base/result.h"
#include "base/text.h"
#include "schema/codec.h"

namespace kaizen::api {
namespace {

using namespace base;  // NOLINT: literals
using schema::canonical_json;
using schema::decode;
using schema::encode;
using schema::type_of;
using testing::ElementsAre;
using testing::IsEmpty;

DriftPolicySpec spec_of(std::string_view json) {
  const Result<DriftPolicySpec> spec = decode<DriftPolicySpec>(json);
  EXPECT_TRUE(spec.ok()) << (spec.ok() ? "" : spec.error().message);
  return spec.ok() ? *spec : DriftPolicySpec{};
}

TEST(DriftPolicyTable, DecodesARecordedObject) {
  const Result<DriftPolicy> object = decode<DriftPolicy>(recorded("driftpolicy"));
  ASSERT_TRUE(object.ok()) << object.error().message;

  const DriftPolicySpec& spec = object->spec;
  EXPECT_EQ(spec.target_ref, (TargetRef{"ModelDeployment", "weld"}));
  EXPECT_EQ(spec.traffic, DriftTraffic::kAll);
  EXPECT_EQ(spec.metrics.revision_label, "");  // said: there is none (DR-19)
  EXPECT_EQ(spec.metrics.timeout, 5s);
  EXPECT_EQ(spec.sensitivity, Sensitivity::kHigh);
  EXPECT_EQ(spec.false_action_every, 17520h);
  EXPECT_THAT(effective_clocks(spec),
              ElementsAre(DriftClock{"fast", 1min, Decimal{0.25}, Decimal{0.1}},
                          DriftClock{"slow", 48h, std::nullopt, std::nullopt}));
  EXPECT_EQ(spec.reference.source, ReferenceSource::kProduction);
  EXPECT_FALSE(spec.reference.profile.from_training_run);
  EXPECT_EQ(spec.reference.profile.config_map_ref, (ConfigMapKey{"p", "q.json"}));
  EXPECT_EQ(spec.discovery->feature_label, "stat");
  ASSERT_EQ(spec.checks.size(), 4U);
  EXPECT_EQ(spec.checks[0].detectors.size(), 7U);
  EXPECT_THAT(spec.checks[1].detectors, IsEmpty());
  EXPECT_EQ(spec.checks[1].category->top_k, 12);
  EXPECT_EQ(spec.checks[2].performance->time_axis, TimeAxis::kCohort);
  EXPECT_EQ(baseline_of(*spec.checks[2].performance), 0.021);
  EXPECT_EQ(baseline_of(*spec.checks[3].performance), std::nullopt);
  EXPECT_EQ(spec.checks[3].role, CheckRole::kSkew);
  EXPECT_DOUBLE_EQ(spec.quality.max_unseen_category.value, 1);
  EXPECT_DOUBLE_EQ(spec.decision.design_effect.value, 4);
  EXPECT_EQ(spec.decision.cooldown, 0s);
  EXPECT_EQ(spec.actions[1].training->pipeline_ref.name, "weld");
  EXPECT_EQ(spec.actions[1].training->data, TrainingData::kLookback);
  EXPECT_EQ(spec.autonomy.level, AutonomyLevel::kAutonomous);
  EXPECT_EQ(object->status.phase, DriftPhase::kDrifted);
  EXPECT_EQ(object->status.reference->source, ReferenceSource::kProfile);
  EXPECT_EQ(object->status.clocks[0].no_data, 1);
  EXPECT_EQ(object->status.episode->remedy->run, "weld-j5fwma4h");
  EXPECT_EQ(object->status.requests[0].id, "weld-7-TriggerTraining-1");
}

TEST(DriftPolicyTable, EveryMemberOfSpecAndStatusSurvivesEncodeAndDecode) {
  const std::string text = recorded("driftpolicy");
  const Result<DriftPolicy> object = decode<DriftPolicy>(text);
  ASSERT_TRUE(object.ok()) << object.error().message;

  const Result<DriftPolicy> again = decode<DriftPolicy>(encode(*object));

  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(*again, *object);
  // The server never saw profile.uri beside configMapRef: they exclude each other.
  expect_every_member_is_recorded(type_of<DriftPolicySpec>(), text + "\"uri\":");
  expect_every_member_is_recorded(type_of<DriftPolicyStatus>(), text);
  EXPECT_EQ(*canonical_json(encode(again->status)), *canonical_json(encode(object->status)));
}

// The defaults that people read in `kubectl explain` (drift-policy 2.1).
TEST(DriftPolicyTable, TheSmallestPolicyHasEveryDefault) {
  const DriftPolicySpec spec =
      spec_of(R"({"targetRef":{"kind":"ModelDeployment","name":"weld"},"discovery":{"metric":"m"},
                  "checks":[{"name":"c","role":"Input","category":{"metric":"m","label":"l"}},
                            {"name":"p","role":"Performance",
                             "performance":{"badQuery":"a","totalQuery":"b"}}]})");

  EXPECT_EQ(spec.traffic, DriftTraffic::kStable);
  EXPECT_EQ(spec.metrics, (DriftMetrics{"", "", "kaizen_ml_revision", 10s, 5000}));  // R2-32
  EXPECT_EQ(spec.sensitivity, Sensitivity::kMedium);
  EXPECT_EQ(spec.false_action_every, 8760h);
  EXPECT_EQ(effective_false_warning_every(spec), 720h);
  EXPECT_THAT(effective_clocks(spec),
              ElementsAre(DriftClock{"fast", 1h, Decimal{0.2}, Decimal{0.1}},
                          DriftClock{"slow", 24h, std::nullopt, std::nullopt}));
  EXPECT_EQ(spec.settle, 2min);
  EXPECT_EQ(spec.time_zone, "Etc/UTC");
  EXPECT_EQ(spec.reference.source, ReferenceSource::kProfile);
  EXPECT_EQ(spec.reference.profile, (ReferenceProfile{true, std::nullopt, "", ""}));
  EXPECT_EQ(spec.reference.on_missing, ReferenceMissing::kLearnFromProduction);
  EXPECT_EQ(spec.reference.learn, (ReferenceLearn{336h, 5000}));
  EXPECT_EQ(*spec.discovery, (Discovery{"m", "feature", "Numeric", ".*", "", 50}));
  EXPECT_EQ(spec.checks[0].weight, 1);
  EXPECT_EQ(spec.checks[0].tolerance, std::nullopt);
  EXPECT_THAT(spec.checks[0].detectors, ElementsAre(DetectorType::kEvidence));
  EXPECT_EQ(spec.checks[0].category->top_k, 20);
  EXPECT_EQ(*spec.checks[1].performance,
            (PerformanceSource{"a", "b", "", TimeAxis::kArrival, 0s, Decimal{0.6}, "FromProfile"}));
  EXPECT_EQ(spec.quality, (DriftQuality{Decimal{0.05}, Decimal{0.01}, Decimal{0.05}}));
  EXPECT_EQ(spec.decision, (DriftDecision{DecisionMethod::kEvidence, std::nullopt, 100, 500,
                                          Decimal{1}, 3, 24h, 3}));
  EXPECT_THAT(effective_actions(spec),
              ElementsAre(DriftAction{{DriftWhen::kWarn, DriftWhen::kAct, DriftWhen::kBlind},
                                      DriftActionType::kNotify,
                                      {},
                                      std::nullopt}));
  EXPECT_EQ(spec.autonomy.level, AutonomyLevel::kRecommend);  // DR-126, R2-52
}

TEST(DriftPolicyTable, DR18WarningsAreNeverRarerThanActsByDefault) {
  EXPECT_EQ(effective_false_warning_every(spec_of(R"({"falseActionEvery":"168h"})")), 168h);
  EXPECT_EQ(effective_false_warning_every(
                spec_of(R"({"falseActionEvery":"1000h","falseWarningEvery":"500h"})")),
            500h);
}

TEST(DriftPolicyTable, DR11DecimalsAreTextAndNeverNumbers) {
  const auto error_of = [](std::string_view json) {
    const Result<DriftPolicySpec> spec = decode<DriftPolicySpec>(json);
    return spec.ok() ? std::string() : spec.error().message;
  };
  EXPECT_DOUBLE_EQ(spec_of(R"({"decision":{"minEffect":"0.125"}})").decision.min_effect->value,
                   0.125);
  EXPECT_EQ(error_of(R"({"decision":{"minEffect":0.125}})"),
            R"(decision.minEffect: a number is not a decimal such as "0.5" or "-2")");
  EXPECT_EQ(error_of(R"({"decision":{"minEffect":"5%"}})"),
            R"(decision.minEffect: "5%" is not a decimal such as "0.5" or "-2")");
  EXPECT_EQ(error_of(R"({"decision":{"minEffect":"nan"}})"),
            R"(decision.minEffect: "nan" is not a decimal such as "0.5" or "-2")");
}

TEST(DriftPolicyTable, NothingIsDefaultedInStorage) {
  expect_no_storage_default(type_of<DriftPolicySpec>());
}

TEST(DriftPolicyTable, RT35NoDamageToTheTextDoesHarm) {
  expect_no_harm_from_damage<DriftPolicy>(recorded("driftpolicy"));
}

// ---- Status ----

ReferenceStatus longest_reference() {
  return {.revision = "4be2a9905d",
          .model = digest(),
          .source = ReferenceSource::kProduction,
          .digest = digest(),
          .config_map = std::string(63, 'c'),
          .count = 1'000'000'000'000,
          .since = kWholeSecond};
}

EpisodeStatus longest_episode() {
  EpisodeStatus episode;
  episode.id = std::string(44, 'p') + "-1000000";
  episode.key = "3f9c21aa";
  episode.severity = DriftSeverity::kWarn;
  episode.clock = std::string(16, 'c');
  episode.opened_at = kWholeSecond;
  episode.onset = kWholeSecond;
  episode.checks.assign(drift_limits::kEpisodeChecks, std::string(drift_limits::kCheckName, 'n'));
  episode.confirmed = static_cast<int32_t>(drift_limits::kEpisodeChecks);
  episode.reason = "TrainingServingSkew";
  episode.quiet = 99;
  episode.fired.assign(drift_limits::kFired, "Warn/0");
  episode.remedy = RemedyStatus{std::string(33, 'r'), 99, "NotEnoughNewData"};
  return episode;
}

CheckStatus longest_check(size_t number) {
  CheckStatus check;
  check.name = longest_name(number, drift_limits::kCheckName);
  check.verdict = DriftVerdict::kInsufficient;
  check.clock = std::string(16, 'c');
  check.evidence = "1.234e+300";
  check.effect = "0.12345";
  check.detectors = {{"PSI", "0.1234"},         {"JS", "0.1234"},
                     {"KS", "0.1234"},          {"ChiSquare", "123456.7"},
                     {"Wasserstein", "0.1234"}, {"MeanShift", "-0.1234"}};
  check.count = 1'000'000'000'000;
  check.onset = kWholeSecond;
  check.reason = "TrainingServingSkew";
  return check;
}

DriftPolicyStatus largest_status(size_t shown_checks) {
  DriftPolicyStatus status;
  status.observed_generation = 1'000'000;
  status.phase = DriftPhase::kCooldown;
  status.summary = {"1.234e+300", "1", std::string(drift_limits::kCheckName, 'w'),
                    std::string(drift_limits::kMessage, 'm')};
  status.reference = status.previous_reference = longest_reference();
  status.learning = LearningStatus{kWholeSecond, kWholeSecond, 1'000'000'000'000};
  status.clocks.assign(drift_limits::kClocks,
                       ClockStatus{std::string(16, 'c'), kWholeSecond, "1.234e+300", 100});
  for (size_t i = 0; i < shown_checks; ++i) status.checks.push_back(longest_check(i));
  status.checks_total = static_cast<int32_t>(drift_limits::kChecks);
  status.state = std::string(drift_limits::kState, 's');
  status.onsets = std::string(drift_limits::kOnsets, 'o');
  status.evidence_key = std::string(16, 'e');
  status.episode = longest_episode();
  status.episode_seq = 1'000'000;
  status.cooldown_until = kWholeSecond;
  status.history.assign(drift_limits::kHistory, EpisodeHistory{longest_episode().id,
                                                               DriftSeverity::kWarn,
                                                               kWholeSecond,
                                                               kWholeSecond,
                                                               "Acknowledged",
                                                               "TrainingServingSkew",
                                                               {}});
  status.history.front().checks = longest_episode().checks;
  status.requests.assign(drift_limits::kRequests,
                         DriftRequest{longest_episode().id + "-TriggerTraining-99",
                                      "TriggerTraining", std::string(63, 't'), DriftSeverity::kAct,
                                      kWholeSecond, kWholeSecond, kWholeSecond});
  status.notices.assign(drift_limits::kNotices,
                        DriftNotice{longest_episode().id + "-Recovered-TrainingServingSkew",
                                    DriftWhen::kRecovered, kWholeSecond});
  status.last_request = longest_request(drift_limits::kBy, drift_limits::kRequestMessage);
  status.handled_requests.assign(drift_limits::kHandledRequests, std::string(64, 'h'));
  status.next_at = kWholeSecond;
  status.conditions.assign(drift_limits::kConditions, longest_condition(drift_limits::kMessage));
  return status;
}

TEST(DriftPolicyStatusTable, DR10TheLargestStatusFits) {
  const DriftPolicyStatus status = largest_status(drift_limits::kFewestShown);

  const std::string text = encode(status);

  EXPECT_LE(text.size(), drift_limits::kStatus);
  EXPECT_GE(text.size(), 15U * 1024) << "it is not the largest any more";
  expect_every_member_is_recorded(type_of<DriftPolicyStatus>(), text);
  EXPECT_EQ(*decode<DriftPolicyStatus>(text), status);
}

// 64 checks of two clocks, a drift under way, names and messages as people write them.
TEST(DriftPolicyStatusTable, DR10AFullPolicyOfOrdinaryNamesShowsAtLeastTwelveChecks) {
  DriftPolicyStatus status = largest_status(0);
  constexpr size_t kAtLeast = 12;
  for (size_t i = 0; i < kAtLeast; ++i) {
    CheckStatus check = longest_check(i);
    check.name = longest_name(i, 20);
    check.verdict = DriftVerdict::kWarn;
    check.clock = "slow";
    check.evidence = "0.1234";
    check.detectors = {{"PSI", "0.1234"}};
    check.count = 23871;
    check.reason = "DataDrift";
    status.checks.push_back(check);
  }
  status.reference->config_map = status.previous_reference->config_map =
      "weld-inspection-reference-0123abcd";
  status.learning.reset();
  status.episode->id = status.requests[0].id = "weld-inspection-12";
  status.episode->checks.assign(drift_limits::kEpisodeChecks, "image_stat_luminance");
  status.episode->fired = {"Warn/0", "Act/0", "Act/1"};
  for (EpisodeHistory& entry : status.history) {
    entry.id = "weld-inspection-11";
    entry.checks.clear();
    entry.reason = "DataDrift";
  }
  status.notices.clear();
  status.handled_requests.assign(drift_limits::kHandledRequests, "argocd-123456789");
  status.conditions.assign(4, longest_condition(drift_limits::kMessage));

  EXPECT_LE(encode(status).size(), drift_limits::kStatus);
}

TEST(DriftPolicyStatusTable, RT59ThePatchReplacesListsAndNullsWhatIsGone) {
  DriftPolicyStatus before;
  before.phase = DriftPhase::kDrifted;
  before.episode = EpisodeStatus{};
  before.checks = {CheckStatus{}};
  before.checks[0].name = "luminance";
  before.checks[0].detectors = {{"PSI", "0.1"}};
  DriftPolicyStatus after = before;
  after.phase = DriftPhase::kCooldown;
  after.episode.reset();
  after.checks[0].verdict = DriftVerdict::kWarn;

  EXPECT_EQ(schema::merge_patch(before, after),
            R"({"checks":[{"detectors":{"PSI":"0.1"},"name":"luminance","verdict":"Warn"}],)"
            R"("episode":null,"phase":"Cooldown"})");
}

}  // namespace
}  // namespace kaizen::api
