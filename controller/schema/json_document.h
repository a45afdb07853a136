// JsonNode: a JSON text from a stranger, read whole and strictly: what a program of a user's or a
// neighbour's sent. Objects of the API server go through schema/codec.h instead. Plain data, pure;
// any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace kaizen::schema {

// NOLINTBEGIN(readability-redundant-member-init): else GCC warns where one is left out
struct JsonNode {
  enum class Kind : uint8_t { kNull, kBoolean, kNumber, kString, kArray, kObject };

  Kind kind = Kind::kNull;
  bool truth = false;
  double number = 0.0;  // finite
  std::string text{};   // of a string: valid UTF-8
  std::vector<JsonNode> elements{};
  std::vector<std::pair<std::string, JsonNode>> members{};  // as written; no key is there twice

  // nullptr: there is no such member, or this is no object.
  const JsonNode* find(std::string_view key) const;

  bool operator==(const JsonNode&) const = default;
};

// NOLINTEND(readability-redundant-member-init)

struct JsonBounds {
  size_t max_bytes = 0;
  int max_depth = 0;  // objects and arrays inside one another; 1 for {}
};

// Error, kInvalid: the text is too large or nested too deeply, is not JSON, holds a key twice, a
// number beyond double, invalid UTF-8, or something behind its end (RS-40). The message begins with
// "JSON: ".
base::Result<JsonNode> parse_strict(std::string_view json, const JsonBounds& bounds);

}  // namespace kaizen::schema
