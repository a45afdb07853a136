// Key: which object a decision is about. What the queue holds, the ledgers are kept by and probes
// belong to. A value.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "schema/resource.h"

namespace kaizen::reconcile {

// Every kind that is watched; kinds.h says how. Those that are decided come first.
enum class Watched : uint8_t {
  kModelDeployment,
  kDeployment,
  kControllerRevision,
  kService,
  kPod,
  kEndpointSlice,
  kHttpRoute,
};

inline constexpr std::array<Watched, 7> kAllWatched = {
    Watched::kModelDeployment, Watched::kDeployment, Watched::kControllerRevision,
    Watched::kService,         Watched::kPod,        Watched::kEndpointSlice,
    Watched::kHttpRoute};
inline constexpr size_t kWatchedCount = kAllWatched.size();

struct Key {
  Watched kind = Watched::kModelDeployment;  // one that is decided (decided.h)
  schema::ObjectKey object;

  auto operator<=>(const Key&) const = default;
};

}  // namespace kaizen::reconcile
