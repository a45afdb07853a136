#include "ext/runtimes/contract_test.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "api/model_deployment.h"
#include "base/result.h"
#include "core/extensions.h"
#include "ext/registry.h"

namespace kaizen::ext {
namespace {

using nlohmann::json;

class RuntimeContract : public ::testing::TestWithParam<core::Runtime> {};

json render(const core::Runtime& runtime, const api::ModelDeploymentSpec& spec) {
  const base::Result<std::string> pod = runtime.render(testing::runtime_input(spec));
  EXPECT_TRUE(pod.ok()) << pod.error().message;
  return pod.ok() ? json::parse(*pod) : json::object();
}

TEST_P(RuntimeContract, A51RenderIsByteStable) {
  const api::ModelDeploymentSpec spec = testing::plain_spec();
  EXPECT_EQ(GetParam().render(testing::runtime_input(spec)).value(),
            GetParam().render(testing::runtime_input(spec)).value());
}

TEST_P(RuntimeContract, AD4EveryRuntimeProbesDrainsAndEndsInTime) {
  const json pod = render(GetParam(), testing::plain_spec());
  const json& container = pod["spec"]["containers"][0];
  for (const char* member : {"startupProbe", "readinessProbe", "livenessProbe"}) {
    EXPECT_TRUE(container.contains(member)) << member;
  }
  EXPECT_TRUE(container["lifecycle"].contains("preStop"));
  EXPECT_LE(pod["spec"]["terminationGracePeriodSeconds"].get<int>(), 60);
}

TEST_P(RuntimeContract, AD5EveryRuntimeNamesDeploymentRevisionAndVersion) {
  const json pod = render(GetParam(), testing::plain_spec());
  const json& labels = pod["metadata"]["labels"];
  EXPECT_EQ(labels["app.kubernetes.io/managed-by"], "kaizen");
  EXPECT_EQ(labels["kaizen.ml/deployment"], "ranker");
  EXPECT_EQ(labels["kaizen.ml/revision"], "6fd9a1c2d0");
  EXPECT_EQ(labels["kaizen.ml/model-version"], "1");
}

// AD-13: what Services target is a port that the pod really has, and the probes know it too.
TEST_P(RuntimeContract, AD13ServingPortsAreContainerPorts) {
  const api::ModelDeploymentSpec spec = testing::plain_spec();
  const std::vector<core::RuntimePort> ports = GetParam().ports(spec);
  ASSERT_FALSE(ports.empty());
  const json pod = render(GetParam(), spec);
  for (const core::RuntimePort& port : ports) {
    EXPECT_NE(port.name, "metrics");
    const json& declared = pod["spec"]["containers"][0]["ports"];
    EXPECT_TRUE(std::any_of(declared.begin(), declared.end(), [&](const json& entry) {
      return entry["name"] == port.name && entry["containerPort"] == port.port;
    })) << port.name;
  }
}

// MD-1: what does not enter the hash does not enter the pod, or a pod would differ from its twin.
TEST_P(RuntimeContract, MD1WhatMakesNoRevisionMakesNoOtherPod) {
  const api::ModelDeploymentSpec plain = testing::plain_spec();
  api::ModelDeploymentSpec other = plain;
  other.replicas = 7;
  other.paused = true;
  other.revision_history_limit = 3;
  other.traffic.emplace();
  other.owner.emplace();
  EXPECT_EQ(GetParam().render(testing::runtime_input(plain)).value(),
            GetParam().render(testing::runtime_input(other)).value());
}

INSTANTIATE_TEST_SUITE_P(All,
                         RuntimeContract,
                         ::testing::ValuesIn(extensions().runtimes.begin(),
                                             extensions().runtimes.end()),
                         [](const auto& entry) { return std::string(entry.param.name); });

}  // namespace
}  // namespace kaizen::ext
