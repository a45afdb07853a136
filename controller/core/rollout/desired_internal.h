// Desired: what should exist, rendered from the facts and the status that is being written. A
// member that is absent means "leave it as it is". Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/rollout/assessment_internal.h"

namespace kaizen::core {

// A revision's Deployment, with the pod template its ControllerRevision holds (MD-4).
struct DesiredWorkload {
  std::string revision;
  api::RawJson pod;
  int32_t replicas = 0;
  Stage stage = Stage::kProvision;  // kRetire when it shrinks (A24)
};

// A Service's selector: the deployment label and, unless empty, that revision.
struct DesiredService {
  std::string name;
  std::string revision;
};

// The annotation kaizen.ml/outcome of a ControllerRevision; empty: none.
struct DesiredOutcome {
  std::string revision;
  std::string outcome;
};

struct Desired {
  std::optional<int64_t> new_revision;  // number of the spec's revision, which is not stored yet
  std::vector<DesiredWorkload> workloads;
  std::optional<DesiredService> main;
  std::optional<DesiredService> canary;
  std::optional<RouteIntent> route;
  std::vector<DesiredOutcome> outcomes;
  std::vector<std::string> dropped;  // revisions beyond the history limit (RO-58)
  std::optional<bool> finalizer;     // R2-36, RT-70
};

Desired desired_state(const Assessment& facts, const api::ModelDeploymentStatus& status);

// ---- parts, each in its own file ----

// desired_workloads.cc: how many pods each revision should have; retention
void want_workloads(const Assessment& facts,
                    const api::ModelDeploymentStatus& status,
                    Desired& desired);

// desired_traffic.cc: selectors, weight, finalizer
void want_traffic(const Assessment& facts,
                  const api::ModelDeploymentStatus& status,
                  Desired& desired);

// No traffic can reach the revision: neither Service selects it and no slice lists it.
bool is_out_of_traffic(const Assessment& facts, std::string_view revision);

}  // namespace kaizen::core
