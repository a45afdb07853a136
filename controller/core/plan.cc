#include "core/plan.h"

#include <string>
#include <string_view>
#include <variant>

#include "api/kinds.h"
#include "base/text.h"

namespace kaizen::core {

namespace {

std::string phrase(std::string_view verb, const api::Resource& resource, std::string_view name) {
  return base::concat({verb, " ", resource.kind, " ", name});
}

}  // namespace

Stage stage_of(const Effect& effect) {
  return std::visit([](const auto& write) { return write.stage; }, effect);
}

std::string describe(const Effect& effect) {
  if (const auto* create = std::get_if<Create>(&effect)) {
    return phrase("create", create->manifest.resource, create->manifest.key.name);
  }
  if (const auto* apply = std::get_if<Apply>(&effect)) {
    return phrase("apply", apply->manifest.resource, apply->manifest.key.name);
  }
  if (const auto* patch = std::get_if<Patch>(&effect)) {
    return phrase("patch", patch->resource, patch->key.name);
  }
  const auto& removal = std::get<Delete>(effect);
  return phrase("delete", removal.resource, removal.key.name);
}

}  // namespace kaizen::core
