// JsonValue: a JSON text as a tree, for what needs more than one pass over it: canonical form and
// merge patch. Never on the path of a watch. Internal to schema; plain data.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace kaizen::schema {

// NOLINTBEGIN(readability-redundant-member-init): else GCC warns where one is left out
struct JsonValue {
  enum class Kind : uint8_t { kScalar, kArray, kObject };

  Kind kind = Kind::kScalar;
  std::string text{};                 // of a scalar, canonical; "null" for null
  std::vector<JsonValue> elements{};  // of an array
  std::vector<std::pair<std::string, JsonValue>> members{};  // of an object, by key in byte order

  bool is_null() const { return kind == Kind::kScalar && text == "null"; }

  bool operator==(const JsonValue&) const = default;
};

// NOLINTEND(readability-redundant-member-init)

// Bounds of RT-40. Of members with the same key the last one counts.
base::Result<JsonValue> parse_json(std::string_view json);

// Compact. `keep_nulls` false: null members are left out.
void append_json(const JsonValue& value, bool keep_nulls, std::string* out);

}  // namespace kaizen::schema
