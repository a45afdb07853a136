// Strategic merge: a user's PodTemplateSpec over the one a runtime renders, as Kubernetes merges
// patches of pods: objects member by member, the lists it merges by a key element by element, every
// other list replaced. Pure; shared by the runtimes.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"

namespace kaizen::ext {

// The JSON text of spec.template as an object without null members: null is "absent" there, as it
// is in the revision's hash (R2-30). An empty text is an empty object. Error (kTerminal): not JSON,
// not an object, deeper than 64 levels.
base::Result<nlohmann::json> parse_template(std::string_view text);

// `over` merged onto `base` in place. Error (kTerminal): the message begins with the field, e.g.
// "spec.template.spec.containers[1].name: ...". `base` is then half merged.
base::Result<base::Unit> merge_pod_template(nlohmann::json* base, const nlohmann::json& over);

}  // namespace kaizen::ext
