// Revision: the identity of what runs: ten hex digits of the hash of the members of spec that make
// pods (MD-1 … MD-5). Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "api/foreign.h"
#include "api/model_deployment.h"
#include "base/result.h"

namespace kaizen::core {

// Canonical JSON of the revision input (MD-1, MD-2). Error: kTerminal, spec.template is not JSON.
base::Result<std::string> revision_input(const api::ModelDeploymentSpec& spec);

// First 10 hex digits of SHA-256 over the input; a collision count above 0 is appended to it before
// hashing (MD-5).
std::string revision_name(std::string_view input, int32_t collision_count);

// "<deployment>-<revision>": Deployment and ControllerRevision of a revision.
std::string workload_name(std::string_view deployment, std::string_view revision);

// `data` of the ControllerRevision as JSON (MD-4).
std::string revision_data(std::string_view input, std::string_view pod_template);

// Error: kTerminal, the stored data is not ours or of a newer schema.
base::Result<api::RevisionData> parse_revision_data(const api::ControllerRevision& revision);

}  // namespace kaizen::core
