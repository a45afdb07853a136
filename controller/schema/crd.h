// Crd: the CustomResourceDefinition of a kind as YAML text, derived from its table (A40). The same
// bytes for the same table. Pure, any thread; used by hack/schema, never by the operator.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "schema/describe.h"

namespace kaizen::schema {

struct PrinterColumn {
  std::string_view name;
  std::string_view type;  // string, integer, date
  std::string_view json_path;
  bool wide = false;  // only with -o wide
};

// NOLINTBEGIN(readability-redundant-member-init): else GCC warns where one is left out
struct CrdSettings {
  const TypeInfo* kind = nullptr;  // a top-level kind
  std::span<const std::string_view> short_names{};
  std::span<const std::string_view> categories{};
  std::span<const PrinterColumn> columns{};
  std::string_view scale_spec{};  // paths of the scale subresource
  std::string_view scale_status{};
  std::string_view scale_selector{};
};

// NOLINTEND(readability-redundant-member-init)

std::string crd_yaml(const CrdSettings& settings);

}  // namespace kaizen::schema
