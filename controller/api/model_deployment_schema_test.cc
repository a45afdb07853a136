#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/model_deployment.h"
#include "api/object.h"
#include "api/recorded_test_support.h"
#include "api/tables.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/result.h"
#include "base/text.h"
#include "base/time.h"
#include "schema/codec.h"
#include "schema/describe.h"

namespace kaizen::api {
namespace {

using namespace base;  // NOLINT: literals
using schema::canonical;
using schema::canonical_json;
using schema::decode;
using schema::encode;
using schema::merge_patch;
using schema::type_of;
using testing::ElementsAre;

std::string error_of_spec(std::string_view json) {
  const Result<ModelDeploymentSpec> spec = decode<ModelDeploymentSpec>(json);
  return spec.ok() ? "" : spec.error().message;
}

TEST(ModelDeploymentTable, DecodesARecordedObject) {
  const Result<ModelDeployment> object = decode<ModelDeployment>(recorded("modeldeployment"));
  ASSERT_TRUE(object.ok()) << object.error().message;

  const ModelDeploymentSpec& spec = object->spec;
  EXPECT_EQ(object->metadata.name, "credit-limit");
  EXPECT_THAT(spec.owner->contacts, ElementsAre("#credit-ml"));
  EXPECT_DOUBLE_EQ(spec.slo->availability->value, 0.999);
  EXPECT_EQ(spec.model->version, "2026-07");
  EXPECT_EQ(spec.replicas, 6);
  EXPECT_EQ(spec.progress_deadline, 15min);
  EXPECT_EQ(spec.strategy->type, StrategyType::kCanary);
  EXPECT_THAT(spec.strategy->canary->steps,
              ElementsAre(CanaryStep{.name = "small",
                                     .weight = 5,
                                     .hold = 30min,
                                     .require = Requirement::kEvidence,
                                     .approval = {}},
                          CanaryStep{.name = "signoff",
                                     .weight = {},
                                     .hold = {},
                                     .require = {},
                                     .approval = StepApproval{72h, OnTimeout::kAbort}},
                          CanaryStep{.name = "half",
                                     .weight = 50,
                                     .hold = 1h,
                                     .require = Requirement::kEvidence,
                                     .approval = {}}));
  EXPECT_EQ(spec.promotion->approval, ApprovalMode::kManual);
  EXPECT_EQ(spec.bake->on_failure, BakeFailure::kRollback);
  EXPECT_EQ(spec.analysis->prometheus->source, "main");
  EXPECT_EQ(spec.analysis->source, MetricSide::kServer);
  EXPECT_EQ(spec.analysis->on_timeout, AnalysisTimeout::kRollback);
  EXPECT_DOUBLE_EQ(spec.analysis->test->alpha->value, 0.01);
  EXPECT_EQ(spec.analysis->latency->weight, 0);
  ASSERT_EQ(spec.analysis->metrics.size(), 1U);
  EXPECT_EQ(spec.analysis->metrics[0].direction, Direction::kBoth);
  EXPECT_EQ(spec.analysis->metrics[0].phase, MetricPhase::kBoth);
  EXPECT_EQ(object->status.phase, Phase::kProgressing);
  EXPECT_EQ(object->status.step->hold_until, Time::from_unix_us(1784000460'500000));
  EXPECT_EQ(object->status.weight->samples_from, Time::from_unix_us(1783999260'123456));
}

TEST(ModelDeploymentTable, EveryMemberOfSpecAndStatusSurvivesEncodeAndDecode) {
  const Result<ModelDeployment> object = decode<ModelDeployment>(recorded("modeldeployment"));
  ASSERT_TRUE(object.ok()) << object.error().message;

  const Result<ModelDeployment> again = decode<ModelDeployment>(encode(*object));

  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(*again, *object);
  // Status texts come back as they were: nothing of it is a share, so even the JSON is the same.
  EXPECT_EQ(*canonical_json(encode(again->status)), *canonical_json(encode(object->status)));
  EXPECT_TRUE(encode(*object).starts_with(
      R"({"apiVersion":"kaizen.ml/v1alpha1","kind":"ModelDeployment","metadata":{)"));
}

TEST(ModelDeploymentTable, MD14RatesArePercentOrDecimalStringsAndNeverNumbers) {
  const Result<ModelDeploymentSpec> spec = decode<ModelDeploymentSpec>(
      R"({"analysis":{"errorRate":{"tolerance":"0.25%","relative":"0","hardLimit":"0.2","weight":0},
                      "test":{"alpha":"5%"}}})");
  ASSERT_TRUE(spec.ok()) << spec.error().message;
  EXPECT_DOUBLE_EQ(spec->analysis->error_rate->tolerance->value, 0.0025);
  EXPECT_EQ(spec->analysis->error_rate->relative->value, 0);
  EXPECT_DOUBLE_EQ(spec->analysis->test->alpha->value, 0.05);
  EXPECT_EQ(encode(*spec),
            R"({"analysis":{"test":{"alpha":"0.05"},)"
            R"("errorRate":{"tolerance":"0.0025","relative":"0","hardLimit":"0.2","weight":0}}})");

  EXPECT_EQ(error_of_spec(R"({"analysis":{"test":{"alpha":0.05}}})"),
            R"(analysis.test.alpha: a number is not a share such as "0.5%" or "0.005")");
  EXPECT_EQ(error_of_spec(R"({"slo":{"availability":"-1%"}})"),
            R"(slo.availability: "-1%" is not a share such as "0.5%" or "0.005")");
}

TEST(ModelDeploymentTable, MD14DurationsAreNumbersWithUnits) {
  const Result<ModelDeploymentSpec> spec = decode<ModelDeploymentSpec>(
      R"({"progressDeadline":"1h30m","bake":{"duration":"0s"},
          "analysis":{"latency":{"threshold":"250ms"},"settle":"90s"}})");
  ASSERT_TRUE(spec.ok()) << spec.error().message;
  EXPECT_EQ(spec->progress_deadline, 90min);
  EXPECT_EQ(spec->bake->duration, 0s);
  EXPECT_EQ(encode(*spec), R"({"progressDeadline":"1h30m","bake":{"duration":"0s"},)"
                           R"("analysis":{"settle":"1m30s","latency":{"threshold":"250ms"}}})");

  for (const std::string_view text : {"5", "5 m", "-5m", "1d", "m", ""}) {
    EXPECT_EQ(error_of_spec("{\"progressDeadline\":\"" + std::string(text) + "\"}"),
              "progressDeadline: \"" + std::string(text) +
                  "\" is not a duration such as 30s, 5m or 1h30m");
  }
}

TEST(ModelDeploymentTable, QuantitiesKeepTheirTextAndNumbersBecomeText) {
  const Result<ModelDeploymentSpec> spec = decode<ModelDeploymentSpec>(
      R"({"runtime":{"resources":{"requests":{"cpu":2,"memory":"1.5Gi"},
                                  "limits":{"nvidia.com/gpu":"1"}}}})");
  ASSERT_TRUE(spec.ok()) << spec.error().message;
  EXPECT_EQ(spec->runtime->resources->requests, (StringMap{{"cpu", "2"}, {"memory", "1.5Gi"}}));
  EXPECT_EQ(spec->runtime->resources->limits, (StringMap{{"nvidia.com/gpu", "1"}}));
  EXPECT_EQ(error_of_spec(R"({"runtime":{"resources":{"limits":{"cpu":true}}}})"),
            "runtime.resources.limits.cpu: a boolean is not a quantity such as 1, 500m or 2Gi");
}

TEST(ModelDeploymentTable, EnumsSpeakTheTextsOfTheApi) {
  const Result<ModelDeploymentSpec> spec = decode<ModelDeploymentSpec>(
      R"({"traffic":{"router":"GatewayAPI","gatewayAPI":{"httpRoute":{"name":"r","rule":0}}},
          "analysis":{"require":"NoHarm"}})");
  ASSERT_TRUE(spec.ok()) << spec.error().message;
  EXPECT_EQ(spec->traffic->router, RouterType::kGatewayApi);
  EXPECT_EQ(spec->traffic->gateway_api->http_route->rule, 0);
  EXPECT_EQ(spec->analysis->require, Requirement::kNoHarm);
  EXPECT_EQ(encode(*spec), R"({"analysis":{"require":"NoHarm"},"traffic":{"router":"GatewayAPI",)"
                           R"("gatewayAPI":{"httpRoute":{"name":"r","rule":0}}}})");
  EXPECT_EQ(error_of_spec(R"({"traffic":{"router":"Istio"}})"),
            "traffic.router: \"Istio\" is not one of Service, GatewayAPI");

  const Result<ModelDeploymentStatus> status =
      decode<ModelDeploymentStatus>(R"({"phase":"AwaitingApproval"})");
  ASSERT_TRUE(status.ok()) << status.error().message;
  EXPECT_EQ(status->phase, Phase::kAwaitingApproval);
}

TEST(ModelDeploymentTable, RT35AnUndecodableSpecLeavesMetadataAndStatus) {
  ModelDeployment object;
  const Result<Unit> done = schema::decode_into(
      type_of<ModelDeployment>(),
      R"({"kind":"ModelDeployment","metadata":{"name":"fraud","namespace":"risk","generation":3},
          "spec":{"image":"i","strategy":{"canary":{"steps":[{"weight":"ten"}]}},"replicas":2},
          "status":{"phase":"Idle","stable":{"revision":"4be2a9905d"},"observedGeneration":2}})",
      &object);

  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().message,
            "spec.strategy.canary.steps[0].weight: \"ten\" is not a 32-bit integer");
  EXPECT_EQ(done.error().action, Action::kTerminal);
  EXPECT_EQ(object.metadata.name, "fraud");
  EXPECT_EQ(object.metadata.generation, 3);
  EXPECT_EQ(object.status.phase, Phase::kIdle);
  EXPECT_EQ(object.status.stable->revision, "4be2a9905d");
}

// A real object cut off or with a byte changed: an error or an object, never a crash, a hang or a
// read outside the text (under ASan this is what it is for).
TEST(ModelDeploymentTable, RT35NoDamageToTheTextDoesHarm) {
  const std::string text(trim(recorded("modeldeployment")));
  constexpr std::string_view kBytes("\"{],\\0\0\xFF", 8);
  for (size_t i = 0; i < text.size(); i += 3) {
    ModelDeployment object;
    EXPECT_FALSE(schema::decode_into(type_of<ModelDeployment>(), text.substr(0, i), &object).ok());
    std::string damaged = text;
    damaged[i] = kBytes[i % kBytes.size()];
    ModelDeployment other;
    const Result<Unit> done = schema::decode_into(type_of<ModelDeployment>(), damaged, &other);
    EXPECT_NE(done.ok() ? encode(other) : done.error().message, "");
  }
}

// ---- Canonical form ----

RevisionInput input(std::string_view json) {
  const Result<RevisionInput> decoded = decode<RevisionInput>(json);
  EXPECT_TRUE(decoded.ok()) << json << ": " << decoded.error().message;
  return decoded.ok() ? *decoded : RevisionInput{};
}

TEST(RevisionInputTable, MD2OneFormForEveryWayOfWritingTheSame) {
  const std::string_view wanted =
      R"({"image":"registry.example.com/m:1","model":{"uri":"s3://m/1","version":"42"},)"
      R"("runtime":{"args":["--a",""],"env":[{"name":"B","value":"2"},{"name":"A"}],)"
      R"("ports":{"http":8000},"resources":{"limits":{"cpu":"2","nvidia.com/gpu":"1"}}},)"
      R"("template":{"spec":{"containers":[{"image":"x","name":"m"}],"priority":10}}})";

  EXPECT_EQ(canonical(input(R"({
    "template": {"spec": {"priority": 10.0, "containers": [{"name": "m", "image": "x"}]}},
    "model": {"version": "42", "uri": "s3://m/1", "digest": "", "format": null},
    "runtime": {"resources": {"requests": {}, "limits": {"nvidia.com/gpu": 1, "cpu": "2"}},
                "env": [{"value": "2", "name": "B"}, {"name": "A", "value": ""}],
                "ports": {"http": 8000, "grpc": null}, "args": ["--a", ""]},
    "image": "registry.example.com/m:1"
  })")),
            wanted);
  EXPECT_EQ(canonical(input(wanted)), wanted);
}

TEST(RevisionInputTable, MD2TheHashOfAKnownInput) {
  // Frozen: a change here re-rolls every model in every cluster.
  const std::string text = canonical(input(R"({"image":"registry.example.com/fraud-model:42"})"));
  EXPECT_EQ(text, R"({"image":"registry.example.com/fraud-model:42"})");
  // printf '{"image":"registry.example.com/fraud-model:42"}' | sha256sum
  EXPECT_EQ(sha256_hex(text).substr(0, 10), "916f052937");
}

TEST(RevisionInputTable, MD2DropsEmptyMembersOfTypedFieldsOnly) {
  EXPECT_EQ(
      canonical(input(R"({"model":{},"runtime":{"ports":{},"args":[],"resources":{"limits":{}}},
                                "image":""})")),
      "{}");
  // R2-30: in a template {} and [] mean something; only null members go.
  EXPECT_EQ(canonical(input(R"({"template":{"spec":{"volumes":[{"name":"v","emptyDir":{}}],
                                "tolerations":[],"nodeName":null,"x":[null]}}})")),
            R"({"template":{"spec":{"tolerations":[],"volumes":[{"emptyDir":{},"name":"v"}],)"
            R"("x":[null]}}})");
  EXPECT_EQ(canonical(input(R"({"template":{}})")), R"({"template":{}})");
}

TEST(RevisionInputTable, MD2StringsAreUntouched) {
  EXPECT_EQ(canonical(input("{\"image\":\"a\\u00e9\\ud83d\\ude00\\n\\u0001/\\/\"}")),
            "{\"image\":\"a\xC3\xA9\xF0\x9F\x98\x80\\n\\u0001//\"}");
}

TEST(RevisionInputTable, MD3DecodingAddsNothing) {
  EXPECT_EQ(canonical(input("{}")), "{}");
  EXPECT_EQ(encode(input(R"({"model":{"uri":"s3://m"},"runtime":{"env":[{"name":"A"}]}})")),
            R"({"model":{"uri":"s3://m"},"runtime":{"env":[{"name":"A"}]}})");
}

void expect_no_default(const schema::TypeInfo& type) {
  if (type.element != nullptr) expect_no_default(type.element());
  for (const schema::FieldInfo& row : type.fields) {
    EXPECT_EQ(row.options.default_json, "") << type.name << "." << row.name;
    EXPECT_FALSE(row.options.always) << type.name << "." << row.name;
    expect_no_default(row.type());
  }
}

TEST(RevisionInputTable, MD3NoMemberOfTheHashHasADefault) {
  expect_no_default(type_of<RevisionInput>());
  std::set<std::string_view> hashed;
  for (const auto& row : type_of<RevisionInput>().fields) hashed.insert(row.name);
  for (const auto& row : type_of<ModelDeploymentSpec>().fields) {
    if (hashed.erase(row.name) == 0) continue;
    EXPECT_EQ(row.options.default_json, "") << row.name;
  }
  EXPECT_TRUE(hashed.empty()) << "a member of the hash that the spec does not have";
}

TEST(ModelDeploymentTable, MD9TheSpecHasOneDefaultAndItIsReplicas) {
  for (const auto& row : type_of<ModelDeploymentSpec>().fields) {
    EXPECT_EQ(row.options.default_json, row.name == "replicas" ? "1" : "") << row.name;
  }
}

// ---- Status ----

TEST(ModelDeploymentStatusTable, RT59ThePatchNullsWhatIsGoneAndLeavesTheUnknown) {
  ModelDeploymentStatus before;
  before.phase = Phase::kProgressing;
  before.message = "step 1 of 2";
  before.candidate = RevisionStatus{};
  before.candidate->revision = "9f2c4e1ab7";
  before.weight = WeightStatus{};
  before.weight->intended = 10;
  before.weight->applied = 10;
  before.weight->applied_at = Time::from_unix_s(1783999260);
  before.handled_requests = {"r-1"};
  before.replicas = 3;
  ModelDeploymentStatus after = before;
  after.phase = Phase::kAborting;
  after.candidate.reset();
  after.weight->intended = 0;
  after.weight->applied_at.reset();
  after.message.clear();
  after.handled_requests = {"r-2", "r-1"};

  EXPECT_EQ(merge_patch(before, after),
            R"({"candidate":null,"handledRequests":["r-2","r-1"],"message":null,)"
            R"("phase":"Aborting","weight":{"appliedAt":null,"intended":0}})");
  EXPECT_EQ(merge_patch(after, after), std::nullopt);
}

TEST(ModelDeploymentStatusTable, ZerosThatPeopleReadAreWritten) {
  ModelDeploymentStatus status;
  status.weight = WeightStatus{};
  status.step = StepStatus{};
  EXPECT_EQ(encode(status), R"({"step":{"index":0},"weight":{"intended":0,"applied":0},)"
                            R"("replicas":0})");
}

}  // namespace
}  // namespace kaizen::api
