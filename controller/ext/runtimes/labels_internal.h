// Labels of serving pods (AD-5): what selectors, Services and Prometheus find them by. Pure; shared
// by the runtimes.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "api/object.h"
#include "base/result.h"
#include "core/extensions.h"

namespace kaizen::ext {

// Also app.kubernetes.io/managed-by, by which the operator watches pods (RT-37).
api::StringMap pod_labels(const core::RuntimeInput& input);

// `text` as a label value: at most 63 characters, other ones become '-', the ends are alphanumeric.
// May be empty.
std::string label_value(std::string_view text);

// Error (kTerminal): the template gives one of our labels another value.
base::Result<base::Unit> check_template_labels(const api::StringMap& labels,
                                               const nlohmann::json& over);

}  // namespace kaizen::ext
