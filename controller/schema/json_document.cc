#include "schema/json_document.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <simdjson.h>

#include "base/error.h"
#include "base/result.h"
#include "base/text.h"
#include "schema/json_read_internal.h"

namespace kaizen::schema {
namespace {

namespace dom = simdjson::dom;

base::Result<JsonNode> copy(const dom::element& element);

base::Error refused(std::string_view why) {
  return base::invalid(base::concat({"JSON: ", why}));
}

base::Result<JsonNode> number_node(double number) {
  if (!std::isfinite(number)) return refused("a number is beyond what a double holds");
  JsonNode node;
  node.kind = JsonNode::Kind::kNumber;
  node.number = number;
  return node;
}

// Sorting a copy of the keys: an object of many keys must not cost their square.
const std::string* repeated_key(const JsonNode& node, std::vector<const std::string*>& keys) {
  keys.clear();
  for (const auto& [key, member] : node.members) keys.push_back(&key);
  const auto by_text = [](const std::string* a, const std::string* b) { return *a < *b; };
  std::sort(keys.begin(), keys.end(), by_text);
  const auto same = [](const std::string* a, const std::string* b) { return *a == *b; };
  const auto at = std::adjacent_find(keys.begin(), keys.end(), same);
  return at == keys.end() ? nullptr : *at;
}

base::Result<JsonNode> object_node(const dom::object& object) {
  JsonNode node;
  node.kind = JsonNode::Kind::kObject;
  for (const dom::key_value_pair& member : object) {
    KAIZEN_TRY(JsonNode value, copy(member.value));
    node.members.emplace_back(std::string(member.key), std::move(value));
  }
  std::vector<const std::string*> keys;
  if (const std::string* key = repeated_key(node, keys)) {
    return refused(fmt::format("the key \"{}\" is there twice", *key));
  }
  return node;
}

base::Result<JsonNode> array_node(const dom::array& array) {
  JsonNode node;
  node.kind = JsonNode::Kind::kArray;
  node.elements.reserve(array.size());
  for (const dom::element& element : array) {
    KAIZEN_TRY(JsonNode value, copy(element));
    node.elements.push_back(std::move(value));
  }
  return node;
}

// The type is checked first, so no access can fail. Recursion is as deep as the bounds allow.
base::Result<JsonNode> copy(const dom::element& element) {
  JsonNode node;
  switch (element.type()) {
    case dom::element_type::OBJECT: return object_node(element.get_object().value_unsafe());
    case dom::element_type::ARRAY: return array_node(element.get_array().value_unsafe());
    case dom::element_type::INT64:
    case dom::element_type::UINT64:
    case dom::element_type::DOUBLE: return number_node(element.get_double().value_unsafe());
    case dom::element_type::STRING:
      node.kind = JsonNode::Kind::kString;
      node.text = element.get_string().value_unsafe();
      return node;
    case dom::element_type::BOOL:
      node.kind = JsonNode::Kind::kBoolean;
      node.truth = element.get_bool().value_unsafe();
      return node;
    case dom::element_type::NULL_VALUE: return node;
  }
  return refused("a value of no known type");
}

}  // namespace

const JsonNode* JsonNode::find(std::string_view key) const {
  const auto at = std::find_if(members.begin(), members.end(),
                               [&](const auto& member) { return member.first == key; });
  return at == members.end() ? nullptr : &at->second;
}

base::Result<JsonNode> parse_strict(std::string_view json, const JsonBounds& bounds) {
  if (json.size() > bounds.max_bytes) {
    return refused(fmt::format("{} bytes, at most {}", json.size(), bounds.max_bytes));
  }
  if (json_depth(json) > bounds.max_depth) {
    return refused(fmt::format("nested deeper than {} levels", bounds.max_depth));
  }
  dom::parser parser;
  dom::element root;
  const auto error = parser.parse(json.data(), json.size()).get(root);
  if (error) return refused(simdjson::error_message(error));
  return copy(root);
}

}  // namespace kaizen::schema
