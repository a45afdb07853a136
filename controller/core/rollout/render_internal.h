// Render: the objects kaizen owns, as manifests (MD section 1, RT-68, A74). Pure.
#pragma once

#include <string>
#include <string_view>

#include "api/foreign.h"
#include "core/plan.h"
#include "core/rollout/assessment_internal.h"

namespace kaizen::core {

// Deployment <name>-<revision> with that stored pod template (MD-4).
Manifest deployment_manifest(const Assessment& facts,
                             std::string_view revision,
                             const api::RawJson& pod,
                             int32_t replicas);

// A Service whose selector is the deployment label and, unless it is empty, that revision.
Manifest service_manifest(const Assessment& facts,
                          const std::string& service,
                          std::string_view revision);

// The ControllerRevision of the spec's revision; `number` orders revisions by age.
Manifest revision_manifest(const Assessment& facts, int64_t number);

// The server is asked whether it would take that Deployment (A45).
Probe dry_run_probe(const Assessment& facts, const Manifest& manifest);

}  // namespace kaizen::core
