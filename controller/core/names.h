// Names: the labels, annotations and derived names that tie objects to a ModelDeployment and a
// revision. One place, because writers, watches and people's kubectl commands must agree.
#pragma once

#include <string>
#include <string_view>

#include "base/text.h"

namespace kaizen::core {

namespace label {

inline constexpr std::string_view kManagedBy = "app.kubernetes.io/managed-by";
inline constexpr std::string_view kManager = "kaizen";  // value of kManagedBy
inline constexpr std::string_view kDeployment = "kaizen.ml/deployment";
inline constexpr std::string_view kRevision = "kaizen.ml/revision";
inline constexpr std::string_view kModelVersion = "kaizen.ml/model-version";    // pods only (AD-5)
inline constexpr std::string_view kServiceName = "kubernetes.io/service-name";  // EndpointSlices

}  // namespace label

namespace annotation {

inline constexpr std::string_view kHash = "kaizen.ml/hash";        // of the body we applied (A74)
inline constexpr std::string_view kOutcome = "kaizen.ml/outcome";  // Aborted, RolledBack (AD-1)
inline constexpr std::string_view kAdopt =
    "kaizen.ml/adopt";  // who may take the object over (RT-69)

}  // namespace annotation

inline constexpr std::string_view kFinalizer = "kaizen.ml/cleanup";  // R2-36

// Longest name of a ModelDeployment: what is derived from it stays below the 58 characters at which
// pod names are cut (R2-10).
inline constexpr size_t kMaxName = 35;

inline std::string canary_service_name(std::string_view deployment) {
  return base::concat({deployment, "-canary"});
}

// "kaizen.ml/deployment=<name>": all pods of the object, status.selector (R2-1).
inline std::string deployment_selector(std::string_view deployment) {
  return base::concat({label::kDeployment, "=", deployment});
}

}  // namespace kaizen::core
