// World's other half: the controllers around kaizen, the passing of time, the invariants.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "api/foreign.h"
#include "api/model_deployment.h"
#include "api/object.h"
#include "base/duration.h"
#include "base/text.h"
#include "base/time.h"
#include "core/names.h"
#include "core/plan.h"
#include "core/reasons.h"
#include "core/rollout/revision.h"
#include "core/rollout/world_test_support.h"

namespace kaizen::core::testing_support {

namespace {

constexpr int kMostTurns = 500;  // a settled world needs fewer; more is a loop

std::string label_of(const api::StringMap& map, std::string_view key) {
  const auto it = map.find(key);
  return it == map.end() ? std::string() : it->second;
}

bool is_ready(const api::Pod& pod) {
  return !pod.status.conditions.empty() && pod.status.conditions.front().status == "True";
}

bool matches(const api::StringMap& selector, const api::StringMap& labels) {
  return std::ranges::all_of(selector, [&labels](const auto& entry) {
    return label_of(labels, entry.first) == entry.second;
  });
}

api::Condition condition_of(const std::string& type, const std::string& status) {
  api::Condition condition;
  condition.type = type;
  condition.status = status;
  return condition;
}

}  // namespace

// ---- controllers ----

void World::move() {
  move_slices();  // each sees what the others did a move ago
  move_pods();
  move_deployments();
  move_gateway();
  check_traffic();
}

void World::move_deployments() {
  for (auto& [name, workload] : deployments) {
    const std::string revision = label_of(workload.metadata.labels, label::kRevision);
    std::vector<std::string> mine;
    for (const auto& [pod_name, pod] : pods) {
      if (pod_name.starts_with(name + "-")) mine.push_back(pod_name);
    }
    const auto wanted = static_cast<size_t>(workload.spec.replicas.value_or(1));
    workload.status.conditions.clear();
    if (!create_failure.empty() && mine.size() < wanted) {
      api::Condition failure = condition_of("ReplicaFailure", "True");
      failure.message = create_failure;
      workload.status.conditions.push_back(failure);
      continue;
    }
    for (size_t i = mine.size(); i < wanted; ++i) {
      api::Pod pod;
      pod.metadata.name = name + "-" + std::to_string(i);
      pod.metadata.ns = "shop";
      pod.metadata.creation_timestamp = now;
      pod.metadata.labels = workload.spec.selector->match_labels;
      pod.status.phase = "Pending";
      stamp(pod.metadata);
      pods.emplace(pod.metadata.name, pod);
    }
    for (size_t i = wanted; i < mine.size(); ++i) {
      pods.erase(mine[mine.size() - 1 - (i - wanted)]);
      ++next_version_;
    }
  }
  std::erase_if(pods, [this](const auto& entry) {
    const auto owner = entry.first.substr(0, entry.first.rfind('-'));
    return !deployments.contains(owner);
  });
}

void World::move_pods() {
  std::map<std::string, int32_t> down = unready_pods;
  for (auto& [name, pod] : pods) {
    const std::string revision = label_of(pod.metadata.labels, label::kRevision);
    api::PodStatus next = pod.status;
    next.container_statuses.clear();
    next.phase = "Running";
    const bool lost = down[revision]-- > 0;
    const bool up = pods_schedulable && !crashing.contains(revision) &&
                    !never_ready.contains(revision) && !lost;
    next.conditions = {condition_of("Ready", up || is_ready(pod) ? "True" : "False")};
    if (lost || crashing.contains(revision)) next.conditions.front().status = "False";
    if (!pods_schedulable && !is_ready(pod)) {
      api::Condition scheduled = condition_of("PodScheduled", "False");
      scheduled.reason = "Unschedulable";
      scheduled.message = "0/3 nodes are available: insufficient nvidia.com/gpu";
      scheduled.last_transition_time = *pod.metadata.creation_timestamp;
      next.conditions.push_back(scheduled);
      next.phase = "Pending";
    }
    if (crashing.contains(revision)) {
      api::ContainerStatus container;
      container.name = "model";
      container.restart_count = 2;
      container.state.waiting_reason = "CrashLoopBackOff";
      container.state.last_exit_code = 137;
      container.state.waiting_message = crash_message;
      next.container_statuses.push_back(container);
    }
    if (!(next == pod.status)) {
      pod.status = next;
      stamp(pod.metadata);
    }
  }
}

void World::move_slices() {
  for (const auto& [name, service] : services) {
    api::EndpointSlice& slice = slices[name];
    api::EndpointSlice next;
    next.metadata = slice.metadata;
    next.metadata.name = name + "-x";
    next.metadata.labels[std::string(label::kServiceName)] = name;
    for (const auto& [pod_name, pod] : pods) {
      if (!matches(service.spec.selector, pod.metadata.labels)) continue;
      api::Endpoint endpoint;
      endpoint.ready = is_ready(pod);
      endpoint.target_pod = pod_name;
      next.endpoints.push_back(endpoint);
    }
    if (!(next == slice)) {
      slice = next;
      stamp(slice.metadata);
    }
  }
}

void World::move_gateway() {
  if (!route || !gateway_accepts) return;
  auto& parents = route->status.parents;
  if (parents.empty()) {
    parents.emplace_back();
    parents.front().conditions = {condition_of("Accepted", "True")};
  }
  int64_t& seen = parents.front().conditions.front().observed_generation;
  if (seen != route->metadata.generation) {
    seen = route->metadata.generation;
    stamp(route->metadata);
  }
}

// ---- time ----

void World::settle() {
  for (int i = 0; i < kMostTurns; ++i) {
    const int64_t before = next_version_;
    const bool changed = turn();
    move();
    if (!changed && before == next_version_) return;
  }
  ADD_FAILURE() << "A27: no fixed point is reached; phase "
                << static_cast<int>(object.status.phase.value_or(api::Phase::kDeleting)) << ", "
                << object.status.message;
}

bool World::run_until(const std::function<bool()>& reached, base::Duration limit) {
  const base::Time end = now + limit;
  for (;;) {
    for (int i = 0;; ++i) {
      if (reached()) return true;
      const int64_t before = next_version_;
      const bool changed = turn();
      if (reached()) return true;
      move();
      if (!changed && before == next_version_) break;
      if (i == kMostTurns) {
        ADD_FAILURE() << "A27: no fixed point is reached; " << object.status.message;
        return false;
      }
    }
    if (now >= end || !exists) return false;
    const Plan plan = decide_once();
    base::Time next = plan.next_at.value_or(end);
    for (const Probe& probe : plan.probes) {
      if (probe.not_before > now) next = std::min(next, probe.not_before);
    }
    now = std::clamp(next, now + std::chrono::seconds(1), end);
  }
}

void World::sleep(base::Duration d) {
  run_until([] { return false; }, d);
}

bool World::run_until_phase(api::Phase phase, base::Duration limit) {
  return run_until([this, phase] { return object.status.phase == phase; }, limit);
}

// ---- invariants ----

void World::check_traffic() const {
  const bool faults = !unready_pods.empty() || !crashing.empty() || !never_ready.empty();
  const bool anybody =
      std::ranges::any_of(pods, [](const auto& pod) { return is_ready(pod.second); });
  const int32_t weight = canary_weight();
  for (const auto& [name, service] : services) {
    const bool is_canary = name.ends_with("-canary");
    const int32_t share = is_canary ? weight : 100 - weight;
    const bool found = std::ranges::any_of(pods, [&service](const auto& pod) {
      return is_ready(pod.second) && matches(service.spec.selector, pod.second.metadata.labels);
    });
    if (service.metadata.owner_references.empty()) continue;
    EXPECT_TRUE(share == 0 || found || faults || !anybody)
        << "T-4: Service " << name << " has weight " << share << " and no ready pod; "
        << object.status.message;
  }
  const std::string bad = object.status.aborted ? object.status.aborted->revision : "";
  if (bad.empty()) return;
  EXPECT_FALSE(weight > 0 && selects(canary_service()) == bad) << "T-5: aborted " << bad;
  EXPECT_FALSE(selects(object.metadata.name) == bad) << "T-5: aborted " << bad;
}

// ---- reading ----

const api::Condition* World::condition(std::string_view type) const {
  const auto& conditions = object.status.conditions;
  const auto it = std::ranges::find(conditions, type, &api::Condition::type);
  return it == conditions.end() ? nullptr : &*it;
}

std::string World::reason_of(std::string_view type) const {
  const api::Condition* found = condition(type);
  return found == nullptr ? "" : found->status + "/" + found->reason;
}

int32_t World::wanted(const std::string& revision) const {
  const auto it = deployments.find(object.metadata.name + "-" + revision);
  return it == deployments.end() ? -1 : it->second.spec.replicas.value_or(1);
}

int32_t World::ready(const std::string& revision) const {
  int32_t count = 0;
  for (const auto& [name, pod] : pods) {
    count += label_of(pod.metadata.labels, label::kRevision) == revision && is_ready(pod) ? 1 : 0;
  }
  return count;
}

std::string World::selects(const std::string& service) const {
  const auto it = services.find(service);
  if (it == services.end()) return "nothing";
  const std::string revision = label_of(it->second.spec.selector, label::kRevision);
  return revision.empty() ? "both" : revision;
}

int32_t World::canary_weight() const {
  if (!route) return 0;
  for (const api::BackendRef& ref : route->spec.rules.front().backend_refs) {
    if (ref.name == canary_service()) return ref.weight.value_or(1);
  }
  return 0;
}

std::string World::canary_service() const {
  return canary_service_name(object.metadata.name);
}

bool World::has_event(const Reason& reason) const {
  return std::ranges::any_of(events,
                             [&reason](const auto& event) { return event.reason == reason.name; });
}

std::string World::target() const {
  return revision_name(*revision_input(object.spec), object.status.collision_count);
}

std::string World::final_objects() const {
  std::string text = "phase " + std::to_string(static_cast<int>(phase()));
  const auto& status = object.status;
  text += " stable " + (status.stable ? status.stable->revision : "-");
  text += " candidate " + (status.candidate ? status.candidate->revision : "-");
  text += " aborted " + (status.aborted ? status.aborted->revision : "-");
  for (const api::HistoryEntry& entry : status.history) {
    text += "\n" + entry.revision + " " + entry.outcome;
  }
  for (const auto& [name, workload] : deployments) {
    text += "\n" + name + " replicas " + std::to_string(workload.spec.replicas.value_or(1));
  }
  for (const auto& [name, revision] : revisions) {
    text += "\n" + name + " " + label_of(revision.metadata.annotations, annotation::kOutcome);
  }
  for (const auto& [name, service] : services) {
    text += "\n" + name + " selects " + selects(name);
  }
  text += "\ncanary weight " + std::to_string(canary_weight());
  text += exists ? "\nexists" : "\ngone";
  return text;
}

std::string World::trace() const {
  std::string text = object.status.message + "\n" + final_objects();
  for (const EventNote& event : events) {
    text += "\n" + event.reason + ": " + event.note;
  }
  for (const std::string& write : log) {
    text += "\n" + write;
  }
  return text;
}

// ---- specs ----

namespace {

std::string spec_of(const std::string& version,
                    const std::string& traffic,
                    const std::string& more) {
  return base::concat({R"({"image":"registry.example/model:)", version,
                       R"(","model":{"uri":"s3://models/ranker/)", version, R"(","version":")",
                       version, R"("},"replicas":3,"strategy":{"canary":{"steps":[)",
                       R"({"name":"small","weight":25,"hold":"3m"},)",
                       R"({"name":"half","weight":50,"hold":"3m"}]}},"analysis":{"interval":"1m"})",
                       traffic, more.empty() ? "" : ",", more, "}"});
}

}  // namespace

std::string service_spec(const std::string& version, const std::string& more) {
  return spec_of(version, "", more);
}

std::string gateway_spec(const std::string& version, const std::string& more) {
  return spec_of(
      version, R"(,"traffic":{"router":"GatewayAPI","gatewayAPI":{"httpRoute":{"name":"public"}}})",
      more);
}

World gateway_world(const std::string& more) {
  World world(gateway_spec("1", more));
  world.route = user_route();
  world.settle();
  EXPECT_EQ(world.phase(), api::Phase::kIdle) << world.trace();
  return world;
}

World service_world(const std::string& more) {
  World world(service_spec("1", more));
  world.settle();
  EXPECT_EQ(world.phase(), api::Phase::kIdle) << world.trace();
  return world;
}

std::string start_canary(World& world, int32_t weight, const std::string& more) {
  world.set_spec(world.route ? gateway_spec("2", more) : service_spec("2", more));
  const auto sampling = [&world, weight] {
    const auto& seen = world.status().weight;
    return seen && seen->intended == weight && seen->samples_from &&
           world.now >= *seen->samples_from;
  };
  EXPECT_TRUE(world.run_until(sampling, std::chrono::hours(1))) << world.trace();
  return world.target();
}

api::HttpRoute user_route() {
  api::HttpRoute route;
  route.metadata.name = "public";
  route.metadata.ns = "shop";
  route.metadata.resource_version = "900";
  route.metadata.generation = 1;
  route.spec.rules.emplace_back();
  api::BackendRef backend;
  backend.name = "ranker";
  backend.port = 80;
  route.spec.rules.front().backend_refs.push_back(backend);
  return route;
}

}  // namespace kaizen::core::testing_support
