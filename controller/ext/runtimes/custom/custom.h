// Runtime "custom": runs the image that the user names, as container "model". It knows nothing of
// the model server inside, so its probes only see that the port is open; spec.template says better.
// Stateless, any thread.
#pragma once

#include "core/extensions.h"

namespace kaizen::ext {

const core::Runtime& custom_runtime();

}  // namespace kaizen::ext
