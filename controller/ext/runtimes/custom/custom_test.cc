#include "ext/runtimes/custom/custom.h"

#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "api/model_deployment.h"
#include "api/tables.h"
#include "base/error.h"
#include "base/result.h"
#include "core/extensions.h"
#include "ext/ext_test_support_internal.h"
#include "schema/codec.h"

namespace kaizen::ext {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

api::ModelDeploymentSpec spec_of(const std::string& text) {
  const base::Result<api::ModelDeploymentSpec> spec =
      schema::decode<api::ModelDeploymentSpec>(text);
  EXPECT_TRUE(spec.ok()) << spec.error().message;
  return spec.ok() ? *spec : api::ModelDeploymentSpec{};
}

base::Result<std::string> render_text(const api::ModelDeploymentSpec& spec) {
  core::RuntimeInput input;
  input.deployment = "ranker";
  input.revision = "6fd9a1c2d0";
  input.spec = &spec;
  return custom_runtime().render(input);
}

json render(const std::string& spec_text) {
  const api::ModelDeploymentSpec spec = spec_of(spec_text);
  const base::Result<std::string> pod = render_text(spec);
  EXPECT_TRUE(pod.ok()) << pod.error().message;
  return pod.ok() ? json::parse(*pod) : json::object();
}

std::string error_of(const std::string& spec_text) {
  const api::ModelDeploymentSpec spec = spec_of(spec_text);
  const base::Result<std::string> pod = render_text(spec);
  if (pod.ok()) return "rendered: " + *pod;
  EXPECT_EQ(pod.error().action, base::Action::kTerminal);
  return pod.error().message;
}

const json& model(const json& pod) {
  return pod["spec"]["containers"][0];
}

void expect_golden_pod(const std::string& name) {
  const std::string folder = "custom/" + name + "/";
  const json pod = render(testing::read_golden(folder + "spec.json"));
  testing::expect_golden(folder + "pod.json", pod.dump(2) + "\n");
}

// ---- golden pods ----

TEST(CustomRuntime, AD4GoldenPodOfTheSmallestSpec) {
  expect_golden_pod("minimal");
}

TEST(CustomRuntime, AD5GoldenPodWithEverythingTheSpecOffers) {
  expect_golden_pod("full");
}

TEST(CustomRuntime, AD4GoldenPodWhoseTemplateOverridesOurDefaults) {
  expect_golden_pod("template");
}

// Frozen in the ControllerRevision (MD-4): the bytes must not depend on anything else.
TEST(CustomRuntime, A51RenderIsByteStable) {
  const api::ModelDeploymentSpec spec = spec_of(testing::read_golden("custom/full/spec.json"));
  EXPECT_EQ(*render_text(spec), *render_text(spec));
}

// ---- AD-4 ----

TEST(CustomRuntime, AD4StartupMayTakeAsLongAsTheProgressDeadline) {
  const json probe =
      model(render(R"({"image": "m:1", "progressDeadline": "10m"})"))["startupProbe"];
  EXPECT_EQ(probe["periodSeconds"].get<int>() * probe["failureThreshold"].get<int>(), 600);
  const json by_default = model(render(R"({"image": "m:1"})"))["startupProbe"];
  EXPECT_EQ(by_default["periodSeconds"].get<int>() * by_default["failureThreshold"].get<int>(),
            1800);
  const json odd = model(render(R"({"image": "m:1", "progressDeadline": "3s"})"))["startupProbe"];
  EXPECT_EQ(odd["periodSeconds"].get<int>() * odd["failureThreshold"].get<int>(), 4);
}

// An image of one file has no program that sleeps.
TEST(CustomRuntime, AD4DrainSleepsWithoutAProgramOfTheImage) {
  const json pod = render(R"({"image": "m:1"})");
  const json& pre_stop = model(pod)["lifecycle"]["preStop"];
  EXPECT_EQ(pre_stop, json::parse(R"({"sleep": {"seconds": 10}})"));
  EXPECT_GT(pod["spec"]["terminationGracePeriodSeconds"].get<int>(), 10 + 30);
  EXPECT_LE(pod["spec"]["terminationGracePeriodSeconds"].get<int>(), 60);
}

// R3-3.
TEST(CustomRuntime, AD4ProbesKnockAtTheServingPortByDefault) {
  const json pod = render(R"({"image": "m:1"})");
  for (const char* probe : {"startupProbe", "readinessProbe", "livenessProbe"}) {
    EXPECT_EQ(model(pod)[probe]["tcpSocket"], json::parse(R"({"port": "http"})")) << probe;
  }
}

TEST(CustomRuntime, AD4AProbeOfTheTemplateReplacesTheQuestionAndKeepsTheBudget) {
  const json pod = render(R"({"image": "m:1", "progressDeadline": "10m", "template": {"spec": {
      "containers": [{"name": "model", "startupProbe": {"httpGet": {"path": "/v2/health/ready",
      "port": "http"}}, "lifecycle": {"preStop": {"exec": {"command": ["/drain"]}}}}]}}})");
  const json& probe = model(pod)["startupProbe"];
  EXPECT_FALSE(probe.contains("tcpSocket"));
  EXPECT_EQ(probe["httpGet"]["path"], "/v2/health/ready");
  EXPECT_EQ(probe["failureThreshold"], 300);
  EXPECT_EQ(model(pod)["lifecycle"]["preStop"],
            json::parse(R"({"exec": {"command": ["/drain"]}})"));
}

// ---- AD-5 ----

TEST(CustomRuntime, AD5PodsCarryTheirIdentity) {
  const json pod = render(R"({"image": "m:1", "model": {"version": "2024/07 β"}})");
  EXPECT_EQ(pod["metadata"]["labels"], json::parse(R"({
      "app.kubernetes.io/managed-by": "kaizen", "kaizen.ml/deployment": "ranker",
      "kaizen.ml/revision": "6fd9a1c2d0", "kaizen.ml/model-version": "2024-07"})"));
}

TEST(CustomRuntime, AD5AVersionThatIsNoLabelIsMadeOne) {
  const auto label = [](const std::string& version) {
    const json pod = render(R"({"image": "m:1", "model": {"version": ")" + version + R"("}})");
    return pod["metadata"]["labels"].value("kaizen.ml/model-version", "(none)");
  };
  EXPECT_EQ(label("v1.2_3"), "v1.2_3");
  EXPECT_EQ(label("..rc.."), "rc");
  EXPECT_EQ(label("---"), "(none)");
  EXPECT_EQ(label(std::string(70, 'a')), std::string(63, 'a'));
  EXPECT_EQ(label(std::string(62, 'a') + "/b"), std::string(62, 'a'));
}

TEST(CustomRuntime, AD5EnvironmentNamesModelAndRevision) {
  const json pod = render(R"json({"image": "m:1", "model": {"uri": "s3://m/1", "format": "onnx",
      "version": "1", "digest": "sha256:ab"}, "runtime": {"env": [{"name": "SOURCE",
      "value": "$(KAIZEN_MODEL_URI)"}]}})json");
  EXPECT_EQ(model(pod)["env"], json::parse(R"json([
      {"name": "KAIZEN_MODEL_NAME", "value": "ranker"},
      {"name": "KAIZEN_MODEL_URI", "value": "s3://m/1"},
      {"name": "KAIZEN_MODEL_FORMAT", "value": "onnx"},
      {"name": "KAIZEN_MODEL_VERSION", "value": "1"},
      {"name": "KAIZEN_MODEL_DIGEST", "value": "sha256:ab"},
      {"name": "KAIZEN_REVISION", "value": "6fd9a1c2d0"},
      {"name": "SOURCE", "value": "$(KAIZEN_MODEL_URI)"}])json"));
}

TEST(CustomRuntime, AD5AVariableOfOursIsNotForUsersToSet) {
  EXPECT_THAT(error_of(R"({"image": "m:1", "runtime": {"env": [{"name": "A", "value": "1"},
                  {"name": "KAIZEN_REVISION", "value": "x"}]}})"),
              StartsWith("spec.runtime.env[1].name: KAIZEN_REVISION is set already"));
  EXPECT_THAT(error_of(R"({"image": "m:1", "template": {"spec": {"containers": [{"name": "model",
                  "env": [{"name": "KAIZEN_MODEL_DIGEST", "value": "x"}]}]}}})"),
              HasSubstr("env KAIZEN_MODEL_DIGEST of container model is kaizen's"));
  EXPECT_THAT(error_of(R"({"image": "m:1", "runtime": {"env": [{"name": "A", "value": "1"},
                  {"name": "A", "value": "2"}]}})"),
              StartsWith("spec.runtime.env[1].name: A is set already"));
}

TEST(CustomRuntime, AD5ALabelOfOursIsNotForTemplatesToChange) {
  EXPECT_THAT(error_of(R"({"image": "m:1", "template": {"metadata": {"labels":
                  {"kaizen.ml/revision": "0000000000"}}}})"),
              StartsWith("spec.template.metadata.labels.kaizen.ml/revision: "));
  EXPECT_THAT(error_of(R"({"image": "m:1", "template": {"metadata": {"labels":
                  {"app.kubernetes.io/managed-by": "Helm"}}}})"),
              StartsWith("spec.template.metadata.labels.app.kubernetes.io/managed-by: "));
  const json pod = render(R"({"image": "m:1", "template": {"metadata": {"labels":
      {"team": "risk", "kaizen.ml/deployment": "ranker"}}}})");
  EXPECT_EQ(pod["metadata"]["labels"]["team"], "risk");
}

// ---- R2-18 ----

TEST(CustomRuntime, SEC8ThePodHasNothingItDoesNotNeed) {
  const json pod = render(R"({"image": "m:1", "template": {"spec": {
      "containers": [{"name": "log-shipper", "image": "l:1"}],
      "initContainers": [{"name": "fetch", "image": "f:1"}]}}})");
  EXPECT_EQ(pod["spec"]["automountServiceAccountToken"], false);
  EXPECT_EQ(pod["spec"]["securityContext"]["seccompProfile"]["type"], "RuntimeDefault");
  for (const json& container : {pod["spec"]["containers"][0], pod["spec"]["containers"][1],
                                pod["spec"]["initContainers"][0]}) {
    EXPECT_EQ(container["securityContext"]["allowPrivilegeEscalation"], false) << container["name"];
  }
  EXPECT_FALSE(pod["spec"]["securityContext"].contains("runAsNonRoot"));
}

TEST(CustomRuntime, SEC8ATemplateMayAskForMore) {
  const json pod = render(R"({"image": "m:1", "template": {"spec": {
      "automountServiceAccountToken": true,
      "securityContext": {"seccompProfile": {"type": "Unconfined"}},
      "containers": [{"name": "model", "securityContext": {"allowPrivilegeEscalation": true}},
        {"name": "a", "securityContext": {"privileged": true}},
        {"name": "b", "securityContext": {"capabilities": {"add": ["SYS_ADMIN"]}}}]}}})");
  EXPECT_EQ(pod["spec"]["automountServiceAccountToken"], true);
  EXPECT_EQ(pod["spec"]["securityContext"]["seccompProfile"]["type"], "Unconfined");
  EXPECT_EQ(model(pod)["securityContext"]["allowPrivilegeEscalation"], true);
  // The API server refuses the two together.
  EXPECT_FALSE(
      pod["spec"]["containers"][1]["securityContext"].contains("allowPrivilegeEscalation"));
  EXPECT_FALSE(
      pod["spec"]["containers"][2]["securityContext"].contains("allowPrivilegeEscalation"));
}

// ---- ports ----

std::vector<std::string> ports_of(const std::string& spec_text) {
  std::vector<std::string> out;
  for (const core::RuntimePort& port : custom_runtime().ports(spec_of(spec_text))) {
    out.push_back(port.name + "=" + std::to_string(port.port));
  }
  return out;
}

using ::testing::ElementsAre;

TEST(CustomRuntime, AD13ServingPortsAreHttpAndGrpcNeverMetrics) {
  EXPECT_THAT(ports_of(R"({"image": "m:1"})"), ElementsAre("http=8080"));
  EXPECT_THAT(ports_of(R"({"image": "m:1", "runtime": {"ports": {"metrics": 9000}}})"),
              ElementsAre("http=8080"));
  EXPECT_THAT(
      ports_of(
          R"({"image": "m:1", "runtime": {"ports": {"grpc": 81, "http": 80, "metrics": 82}}})"),
      ElementsAre("http=80", "grpc=81"));
  EXPECT_THAT(ports_of(R"({"image": "m:1", "runtime": {"ports": {"grpc": 8001}}})"),
              ElementsAre("grpc=8001"));
}

TEST(CustomRuntime, AD13APortThatTheTemplateNamesIsTheServingPort) {
  const std::string spec = R"({"image": "m:1", "template": {"spec": {"containers": [
      {"name": "model", "ports": [{"name": "http", "containerPort": 9090}]}]}}})";
  EXPECT_THAT(ports_of(spec), ElementsAre("http=9090"));
  EXPECT_EQ(model(render(spec))["ports"],
            json::parse(R"([{"name": "http", "containerPort": 9090}])"));
}

TEST(CustomRuntime, AD13ContradictingPortsAreAnError) {
  EXPECT_THAT(
      error_of(R"({"image": "m:1", "runtime": {"ports": {"http": 8080, "metrics": 8080}}})"),
      StartsWith("spec.runtime.ports.metrics: 8080 is http already"));
  EXPECT_THAT(error_of(R"({"image": "m:1", "runtime": {"ports": {"http": 8000}}, "template": {
                  "spec": {"containers": [{"name": "model", "ports": [
                  {"name": "http", "containerPort": 9090}]}]}}})"),
              StartsWith("spec.runtime.ports.http: 8000, but container model in spec.template"));
}

TEST(CustomRuntime, AD4ProbesFollowTheOnlyServingPort) {
  const json pod = render(R"({"image": "m:1", "runtime": {"ports": {"grpc": 8001}}})");
  EXPECT_EQ(model(pod)["readinessProbe"]["tcpSocket"]["port"], "grpc");
}

// ---- strategic merge ----

TEST(CustomRuntime, MD17ContainersAreMergedByName) {
  const json pod = render(R"({"image": "m:1", "template": {"spec": {"containers": [
      {"name": "sidecar", "image": "s:1"},
      {"name": "model", "image": "m:2", "env": [{"name": "EXTRA", "value": "1"}],
       "volumeMounts": [{"name": "cache", "mountPath": "/cache"}]}],
      "volumes": [{"name": "cache", "emptyDir": {}}]}}})");
  ASSERT_EQ(pod["spec"]["containers"].size(), 2);
  EXPECT_EQ(model(pod)["name"], "model");  // first: what kubectl logs shows
  EXPECT_EQ(model(pod)["image"], "m:2");
  EXPECT_EQ(model(pod)["env"].size(), 3);
  EXPECT_EQ(model(pod)["env"][2]["name"], "EXTRA");
  EXPECT_EQ(pod["spec"]["volumes"], json::parse(R"([{"name": "cache", "emptyDir": {}}])"));
}

// A variable from a Secret must not keep the plain value of the same name.
TEST(CustomRuntime, MD17AVariableIsReplacedAsAWhole) {
  const json pod = render(R"({"image": "m:1", "runtime": {"env": [{"name": "KEY", "value": "a"}]},
      "template": {"spec": {"containers": [{"name": "model", "env": [{"name": "KEY",
      "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]}]}}})");
  EXPECT_EQ(
      model(pod)["env"][2],
      json::parse(R"({"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}})"));
}

TEST(CustomRuntime, MD17PortsAreMergedByNumberAndProtocol) {
  const json pod = render(R"({"image": "m:1", "runtime": {"ports": {"http": 8080}}, "template": {
      "spec": {"containers": [{"name": "model", "ports": [
        {"containerPort": 8080, "hostPort": 80}, {"containerPort": 8080, "protocol": "UDP",
        "name": "quic"}]}]}}})");
  EXPECT_EQ(model(pod)["ports"], json::parse(R"([
      {"name": "http", "containerPort": 8080, "hostPort": 80},
      {"containerPort": 8080, "protocol": "UDP", "name": "quic"}])"));
}

TEST(CustomRuntime, MD17OtherListsAreReplaced) {
  const json pod =
      render(R"({"image": "m:1", "runtime": {"args": ["a", "b"]}, "template": {"spec": {
      "tolerations": [{"key": "gpu"}], "containers": [{"name": "model", "args": ["c"]}]}}})");
  EXPECT_EQ(model(pod)["args"], json::parse(R"(["c"])"));
  EXPECT_EQ(pod["spec"]["tolerations"], json::parse(R"([{"key": "gpu"}])"));
}

TEST(CustomRuntime, MD17ResourcesAreMergedByName) {
  const json pod = render(R"({"image": "m:1", "runtime": {"resources": {"requests": {"cpu": "1",
      "memory": "2Gi"}}}, "template": {"spec": {"containers": [{"name": "model", "resources": {
      "requests": {"cpu": "2"}, "limits": {"nvidia.com/gpu": 1}}}]}}})");
  EXPECT_EQ(model(pod)["resources"],
            json::parse(
                R"({"requests": {"cpu": "2", "memory": "2Gi"}, "limits": {"nvidia.com/gpu": 1}})"));
}

// R2-30: null is absent, as in the hash; an empty object stays one.
TEST(CustomRuntime, MD17NullIsAbsentAndEmptyIsKept) {
  const json pod = render(R"({"image": "m:1", "template": {"metadata": {"creationTimestamp": null},
      "spec": {"containers": [{"name": "model", "livenessProbe": null}],
      "volumes": [{"name": "v", "emptyDir": {}}]}}})");
  EXPECT_FALSE(pod["metadata"].contains("creationTimestamp"));
  EXPECT_TRUE(model(pod).contains("livenessProbe"));
  EXPECT_EQ(pod["spec"]["volumes"][0]["emptyDir"], json::object());
}

TEST(CustomRuntime, MD17WhatCannotBeMergedNamesItsField) {
  const auto merge_error = [](const std::string& pod_template) {
    return error_of(R"({"image": "m:1", "template": )" + pod_template + "}");
  };
  EXPECT_EQ(merge_error(R"({"spec": {"containers": {"name": "model"}}})"),
            "spec.template.spec.containers: must be a list, is an object");
  EXPECT_EQ(
      merge_error(R"({"spec": {"containers": [{"image": "x"}]}})"),
      "spec.template.spec.containers[0]: has no name, by which such lists are merged; add it");
  EXPECT_EQ(merge_error(R"({"spec": {"containers": ["model"]}})"),
            "spec.template.spec.containers[0]: must be an object");
  EXPECT_EQ(merge_error(R"({"spec": {"containers": [{"name": "a"}, {"name": "a"}]}})"),
            "spec.template.spec.containers[1]: name a stands twice in the list; keep one");
  EXPECT_EQ(merge_error(R"({"spec": {"containers": [{"name": "model", "env": [{"name": "A"},
                {"name": "A"}]}]}})"),
            "spec.template.spec.containers[0].env[1]: name A stands twice in the list; keep one");
  EXPECT_EQ(merge_error(R"({"spec": {"containers": [{"name": {}}]}})"),
            "spec.template.spec.containers[0].name: must be a plain value");
  EXPECT_EQ(merge_error(R"({"spec": {"containers": [{"name": "model", "startupProbe": 3}]}})"),
            "spec.template.spec.containers[0].startupProbe: must be an object, is a plain value");
  EXPECT_EQ(merge_error(R"({"spec": {"containers": [{"name": "model", "$patch": "delete"}]}})"),
            "spec.template.spec.containers[0].$patch: is a directive of patches; a template is a "
            "whole pod, remove it");
  EXPECT_EQ(merge_error(R"({"metadata": []})"),
            "spec.template.metadata: must be an object, is a list");
  EXPECT_EQ(merge_error(R"({"spec": "x"})"),
            "spec.template.spec: must be an object, is a plain value");
}

TEST(CustomRuntime, MD17ATemplateThatIsNoJsonObjectIsAnError) {
  api::ModelDeploymentSpec spec;
  spec.image = "m:1";
  spec.template_ = api::RawJson("[1]");
  EXPECT_EQ(render_text(spec).error().message, "spec.template: must be an object, is a list");
  spec.template_ = api::RawJson("{\"spec\":");
  EXPECT_EQ(render_text(spec).error().message, "spec.template: is not JSON");
  EXPECT_EQ(custom_runtime().ports(spec).front().port, 8080);
}

TEST(CustomRuntime, RT40ADeepTemplateIsAnErrorNotAStackOverflow) {
  api::ModelDeploymentSpec spec;
  spec.image = "m:1";
  std::string deep;
  for (int i = 0; i < 5000; ++i) deep += "{\"a\":";
  spec.template_ = api::RawJson(deep + "1" + std::string(5000, '}'));
  EXPECT_EQ(render_text(spec).error().message, "spec.template: is nested deeper than 64 levels");
}

// R3-3: no image, or an image for another container: who serves is not guessed.
TEST(CustomRuntime, MD17TheServingContainerNeedsAnImage) {
  EXPECT_THAT(
      error_of(R"({"template": {"spec": {"containers": [{"name": "triton", "image": "t:1"}]}}})"),
      StartsWith("spec.image: empty, and no container named model"));
  const json pod =
      render(R"({"template": {"spec": {"containers": [{"name": "model", "image": "t:1"}]}}})");
  EXPECT_EQ(model(pod)["image"], "t:1");
}

}  // namespace
}  // namespace kaizen::ext
