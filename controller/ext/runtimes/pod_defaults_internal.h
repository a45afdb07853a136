// Pod defaults (R2-18): what every serving pod gets unless spec.template says otherwise. The
// namespace's own policies judge pods; these only keep a plain model from having what it does not
// need. Pure; shared by the runtimes.
#pragma once

#include <cstdint>

#include <nlohmann/json_fwd.hpp>

namespace kaizen::ext {

// From "terminating" to the last endpoint list that still names the pod, with room (AD-4).
inline constexpr int64_t kDrainSeconds = 10;

// The drain, 30 s for requests in flight, and 5 s to spare; an abort waits at most 60 s for it.
inline constexpr int64_t kTerminationGraceSeconds = 45;

// Fills in what is absent: no service account token, seccomp RuntimeDefault, no privilege
// escalation in any container.
void apply_pod_defaults(nlohmann::json* pod);

}  // namespace kaizen::ext
