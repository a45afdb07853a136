// Children as facts: revisions, their pods and endpoints, the two Services.
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/foreign.h"
#include "api/object.h"
#include "base/ref.h"
#include "base/text.h"
#include "base/time.h"
#include "core/names.h"
#include "core/reasons.h"
#include "core/rollout/assessment_internal.h"
#include "core/rollout/revision.h"
#include "core/rollout/snapshot.h"

namespace kaizen::core {

namespace {

std::string_view value_of(const api::StringMap& map, std::string_view key) {
  const auto it = map.find(key);
  return it == map.end() ? std::string_view() : std::string_view(it->second);
}

const api::Condition* find_condition(const std::vector<api::Condition>& conditions,
                                     std::string_view type) {
  const auto it = std::ranges::find(conditions, type, &api::Condition::type);
  return it == conditions.end() ? nullptr : &*it;
}

bool is_true(const std::vector<api::Condition>& conditions, std::string_view type) {
  const api::Condition* found = find_condition(conditions, type);
  return found != nullptr && found->status == "True";
}

// RO-35: what a container says when waiting longer will not help. Missing ConfigMaps and Secrets
// are not among them: they may still come (RO-39).
struct FatalWait {
  std::string_view waiting_reason;
  Reason reason;
};

constexpr std::array<FatalWait, 4> kFatalWaits = {{
    {"CrashLoopBackOff", reason::kCrashLoop},
    {"ImagePullBackOff", reason::kLoadFailed},
    {"InvalidImageName", reason::kLoadFailed},
    {"ErrImageNeverPull", reason::kLoadFailed},
}};

constexpr int32_t kOomKillsToFail = 3;  // one is an accident, three are a limit set too low

std::optional<Problem> container_problem(const api::Pod& pod, const api::ContainerStatus& status) {
  const api::ContainerState& state = status.state;
  const std::string where =
      base::concat({"pod ", pod.metadata.name, ", container ", status.name, ": "});
  const std::string restarts = std::to_string(status.restart_count);
  if (state.last_terminated_reason == "OOMKilled" && status.restart_count >= kOomKillsToFail) {
    return Problem{reason::kCrashLoop, base::concat({where, "OOMKilled, ", restarts, " restarts"})};
  }
  for (const FatalWait& wait : kFatalWaits) {
    if (state.waiting_reason != wait.waiting_reason) {
      continue;
    }
    std::string message = base::concat({where, state.waiting_reason});
    if (!state.last_terminated_reason.empty()) {
      message += base::concat({", last ended with ", state.last_terminated_reason});
    }
    if (state.last_exit_code) {
      message += base::concat({", exit code ", std::to_string(*state.last_exit_code)});
    }
    if (status.restart_count > 0) {
      message += base::concat({", ", restarts, " restarts"});
    }
    if (!state.waiting_message.empty()) {
      message += base::concat({": ", state.waiting_message});
    }
    return Problem{wait.reason, std::move(message)};
  }
  return std::nullopt;
}

void add_pod(RevisionFacts& revision, const api::Pod& pod) {
  const bool ended = pod.status.phase == "Succeeded" || pod.status.phase == "Failed";
  if (pod.metadata.deletion_timestamp || ended) {
    return;
  }
  ++revision.pods;
  if (is_true(pod.status.conditions, "Ready")) {
    ++revision.ready;
    return;
  }
  for (const api::ContainerStatus& status : pod.status.container_statuses) {
    if (!revision.failing) {
      revision.failing = container_problem(pod, status);
    }
  }
  const api::Condition* scheduled = find_condition(pod.status.conditions, "PodScheduled");
  if (scheduled == nullptr || scheduled->status != "False" ||
      scheduled->reason != "Unschedulable") {
    return;
  }
  const base::Time since = scheduled->last_transition_time.value_or(base::Time());
  if (!revision.unschedulable_since || since < *revision.unschedulable_since) {
    revision.unschedulable_since = since;
    revision.unschedulable =
        Problem{reason::kUnschedulable,
                base::concat({"pod ", pod.metadata.name, ": ", scheduled->message})};
  }
}

void add_workload(RevisionFacts& revision, base::Ref<api::Deployment> workload) {
  revision.wanted = workload->spec.replicas.value_or(1);
  const api::Condition* failure = find_condition(workload->status.conditions, "ReplicaFailure");
  if (failure != nullptr && failure->status == "True") {
    revision.uncreatable =
        Problem{reason::kLoadFailed, base::concat({"pods cannot be created: ", failure->message})};
  }
  revision.workload = std::move(workload);
}

// Names of the pods behind a Service that are ready. An endpoint without a statement counts as
// ready (API convention); one pod may stand in several slices (two address families).
std::set<std::string_view> ready_pods_behind(const RolloutSnapshot& snapshot,
                                             std::string_view service) {
  std::set<std::string_view> pods;
  for (const auto& slice : snapshot.slices) {
    if (value_of(slice->metadata.labels, label::kServiceName) != service) {
      continue;
    }
    for (const api::Endpoint& endpoint : slice->endpoints) {
      if (endpoint.ready.value_or(true) && !endpoint.target_pod.empty()) {
        pods.insert(endpoint.target_pod);
      }
    }
  }
  return pods;
}

ServiceFacts read_service(const base::Ref<api::Service>& object, const api::Metadata& owner) {
  ServiceFacts service;
  service.object = object;
  if (object == nullptr) {
    return service;
  }
  service.foreign = !is_owned_by(object->metadata, owner);
  const api::StringMap& selector = object->spec.selector;
  if (value_of(selector, label::kDeployment) != owner.name) {
    return service;
  }
  service.selects = value_of(selector, label::kRevision);
  service.both = service.selects.empty();
  return service;
}

void count_endpoints(Assessment& facts) {
  const RolloutSnapshot& snapshot = *facts.snapshot;
  const auto main = ready_pods_behind(snapshot, facts.name());
  const std::string canary_name = canary_service_name(facts.name());
  const auto canary = ready_pods_behind(snapshot, canary_name);
  for (const auto& pod : snapshot.pods) {
    const std::string_view name = pod->metadata.name;
    if (pod->metadata.deletion_timestamp || (!main.contains(name) && !canary.contains(name))) {
      continue;
    }
    const auto it = facts.revisions.find(value_of(pod->metadata.labels, label::kRevision));
    if (it == facts.revisions.end()) {
      continue;
    }
    it->second.main_endpoints += main.contains(name) ? 1 : 0;
    it->second.canary_endpoints += canary.contains(name) ? 1 : 0;
  }
  for (const auto& [name, revision] : facts.revisions) {
    facts.main.ready += revision.main_endpoints;
    facts.canary.ready += revision.canary_endpoints;
  }
}

}  // namespace

bool is_owned_by(const api::Metadata& child, const api::Metadata& owner) {
  return std::ranges::any_of(child.owner_references, [&owner](const api::OwnerReference& ref) {
    return ref.controller && ref.uid == owner.uid;
  });
}

void assess_children(Assessment& facts) {
  const RolloutSnapshot& snapshot = *facts.snapshot;
  const api::Metadata& owner = facts.object().metadata;
  const auto revision_label = [](const api::Metadata& metadata) {
    return std::string(value_of(metadata.labels, label::kRevision));
  };
  for (const auto& stored : snapshot.revisions) {
    if (is_owned_by(stored->metadata, owner) && !stored->metadata.deletion_timestamp) {
      facts.revisions[revision_label(stored->metadata)].stored = stored;
    }
  }
  for (const auto& workload : snapshot.deployments) {
    const std::string revision = revision_label(workload->metadata);
    const bool ours = is_owned_by(workload->metadata, owner) &&
                      workload->metadata.name == workload_name(owner.name, revision);
    if (ours && !workload->metadata.deletion_timestamp) {
      add_workload(facts.revisions[revision], workload);
    }
  }
  for (const auto& pod : snapshot.pods) {
    const auto it = facts.revisions.find(revision_label(pod->metadata));
    if (it != facts.revisions.end()) {
      add_pod(it->second, *pod);
    }
  }
  facts.main = read_service(snapshot.main_service, owner);
  facts.canary = read_service(snapshot.canary_service, owner);
  count_endpoints(facts);
}

}  // namespace kaizen::core
