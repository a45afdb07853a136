#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "api/object.h"
#include "base/error.h"
#include "base/result.h"
#include "base/text.h"
#include "core/extensions.h"
#include "ext/runtimes/labels_internal.h"

namespace kaizen::ext {
namespace {

constexpr size_t kMaxLabelValue = 63;  // Kubernetes

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

}  // namespace

api::StringMap pod_labels(const core::RuntimeInput& input) {
  api::StringMap labels = {{"app.kubernetes.io/managed-by", "kaizen"},
                           {"kaizen.ml/deployment", input.deployment},
                           {"kaizen.ml/revision", input.revision}};
  const std::string version =
      label_value(input.spec->model ? input.spec->model->version : std::string());
  if (!version.empty()) labels["kaizen.ml/model-version"] = version;
  return labels;
}

std::string label_value(std::string_view text) {
  std::string value;
  for (const char c : text) {
    const bool kept = is_alphanumeric(c) || c == '-' || c == '_' || c == '.';
    // Several characters in a row, also the bytes of one outside ASCII, become one '-'.
    if (kept || value.empty() || value.back() != '-') value += kept ? c : '-';
  }
  const auto first = std::ranges::find_if(value, is_alphanumeric);
  value.erase(value.begin(), first);
  value.resize(std::min(value.size(), kMaxLabelValue));
  while (!value.empty() && !is_alphanumeric(value.back())) value.pop_back();
  return value;
}

base::Result<base::Unit> check_template_labels(const api::StringMap& labels,
                                               const nlohmann::json& over) {
  const auto metadata = over.find("metadata");
  if (metadata == over.end() || !metadata->is_object()) return base::Unit{};
  const auto given = metadata->find("labels");
  if (given == metadata->end() || !given->is_object()) return base::Unit{};
  for (const auto& [name, value] : labels) {
    const auto found = given->find(name);
    if (found == given->end() || *found == value) continue;
    return base::invalid(
        base::concat({"spec.template.metadata.labels.", name, ": kaizen sets it to ", value,
                      ", and its selectors rely on that; remove it"}));
  }
  return base::Unit{};
}

}  // namespace kaizen::ext
