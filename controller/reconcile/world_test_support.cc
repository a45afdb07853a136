#include "reconcile/world_test_support.h"

#include "base/text.h"

namespace kaizen::reconcile {
namespace {

std::string series(const telemetry::MetricInfo& info,
                   std::initializer_list<std::string_view> labels) {
  std::string name(info.name);
  for (const auto label : labels) name += base::concat({" ", label});
  return name;
}

}  // namespace

void FakeTelemetry::count(const telemetry::MetricInfo& info,
                          std::initializer_list<std::string_view> labels,
                          double by) {
  totals_[series(info, labels)] += by;
}

void FakeTelemetry::set(const telemetry::MetricInfo& info,
                        std::initializer_list<std::string_view> labels,
                        double value) {
  totals_[series(info, labels)] = value;
}

void FakeTelemetry::observe(const telemetry::MetricInfo& info,
                            std::initializer_list<std::string_view> labels,
                            double /*value*/) {
  totals_[series(info, labels)] += 1;
}

void FakeTelemetry::log(const telemetry::LogLine& /*line*/) {}

double FakeTelemetry::total(std::string_view name) const {
  const auto found = totals_.find(name);
  return found == totals_.end() ? 0 : found->second;
}

base::MonoTime mono(base::Duration since_start) {
  return base::MonoTime::from_us(3'600'000'000) + since_start;
}

std::string deployment_json(std::string_view name,
                            std::string_view spec,
                            std::string_view metadata) {
  return base::concat(
      {R"({"metadata":{"name":")", name, R"(","namespace":"shop")", metadata.empty() ? "" : ",",
       metadata, R"(},"spec":{"image":"registry/model:1")", spec.empty() ? "" : ",", spec, "}}"});
}

std::string child_json(const ChildText& child) {
  return base::concat(
      {R"({"metadata":{"name":")", child.name, R"(","namespace":"shop","labels":{)",
       R"("app.kubernetes.io/managed-by":"kaizen","kaizen.ml/deployment":")", child.deployment,
       R"("},"annotations":{"kaizen.ml/hash":")", child.hash,
       R"("},"ownerReferences":[{"apiVersion":"kaizen.ml/v1alpha1","kind":"ModelDeployment",)",
       R"("name":")", child.deployment, R"(","uid":")", base::to_string(child.owner),
       R"(","controller":true,"blockOwnerDeletion":true}]})", child.spec.empty() ? "" : ",",
       child.spec, "}"});
}

core::Manifest child_manifest(const api::Resource& resource, const ChildText& child) {
  return {.resource = resource,
          .key = {.ns = "shop", .name = std::string(child.name)},
          .body = child_json(child),
          .hash = std::string(child.hash)};
}

Bench::Bench() {
  server.put(api::kModelDeployment, deployment_json("ranker"));
  watches.deliver();
  server.clear_log();
}

Executed Bench::execute(const core::Plan& plan, base::MonoTime now) {
  const Gathered gathered = gather(now);
  return executor.execute({.subject = &gathered.subject, .plan = &plan, .now = now, .stop = {}});
}

core::Manifest Bench::deployment(std::string_view name, std::string_view hash, int replicas) const {
  const std::string spec = base::concat({R"("spec":{"replicas":)", std::to_string(replicas), "}"});
  return child_manifest(api::kDeployment,
                        {.name = name, .owner = uid(), .hash = hash, .spec = spec});
}

core::Plan plan_of(std::vector<core::Effect> effects) {
  core::Plan plan;
  plan.effects = std::move(effects);
  return plan;
}

core::Plan plan_of(std::string status, std::vector<core::Effect> effects) {
  core::Plan plan;
  plan.status = core::StatusPatch{.merge_patch = std::move(status)};
  plan.effects = std::move(effects);
  return plan;
}

}  // namespace kaizen::reconcile
