#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include <simdjson.h>

#include "base/error.h"
#include "base/result.h"
#include "base/text.h"
#include "schema/codec.h"
#include "schema/json_read_internal.h"
#include "schema/json_value_internal.h"

namespace kaizen::schema {
namespace {

simdjson::error_code read(ondemand::value value, JsonValue* out);

// Integral values without fraction or exponent, others in the shortest form that reads back equal.
std::string number_text(double number) {
  constexpr double kExact = 9007199254740992;  // 2^53: above it a double no longer counts by one
  if (std::floor(number) == number && std::fabs(number) <= kExact) {
    return std::to_string(static_cast<int64_t>(number));
  }
  std::array<char, 32> buffer{};
  const auto [end, error] = std::to_chars(buffer.begin(), buffer.end(), number);
  return {buffer.begin(), end};
}

simdjson::error_code read_number(ondemand::value value, std::string* out) {
  ondemand::number number;
  if (const auto error = value.get_number().get(number)) return error;
  if (number.is_int64()) {
    *out = std::to_string(number.get_int64());
  } else if (number.is_uint64()) {
    *out = std::to_string(number.get_uint64());
  } else {
    *out = number_text(number.get_double());
  }
  return simdjson::SUCCESS;
}

simdjson::error_code read_object(ondemand::object object, JsonValue* out) {
  out->kind = JsonValue::Kind::kObject;
  std::map<std::string, JsonValue> members;  // in byte order; a later equal key replaces
  for (auto next : object) {
    ondemand::field field;
    if (const auto error = std::move(next).get(field)) return error;
    std::string_view key;
    if (const auto error = field.unescaped_key().get(key)) return error;
    JsonValue& member = members[std::string(key)] = JsonValue{};
    if (const auto error = read(field.value(), &member)) return error;
  }
  for (auto& [key, member] : members) out->members.emplace_back(key, std::move(member));
  return simdjson::SUCCESS;
}

simdjson::error_code read_array(ondemand::array array, JsonValue* out) {
  out->kind = JsonValue::Kind::kArray;
  for (auto next : array) {
    ondemand::value element;
    if (const auto error = std::move(next).get(element)) return error;
    if (const auto error = read(element, &out->elements.emplace_back())) return error;
  }
  return simdjson::SUCCESS;
}

simdjson::error_code read(ondemand::value value, JsonValue* out) {
  ondemand::json_type type{};
  if (const auto error = value.type().get(type)) return error;
  switch (type) {
    case ondemand::json_type::object: {
      ondemand::object object;
      if (const auto error = value.get_object().get(object)) return error;
      return read_object(object, out);
    }
    case ondemand::json_type::array: {
      ondemand::array array;
      if (const auto error = value.get_array().get(array)) return error;
      return read_array(array, out);
    }
    case ondemand::json_type::string: {
      std::string_view text;
      if (const auto error = value.get_string().get(text)) return error;
      out->text = base::json_quote(text);
      return simdjson::SUCCESS;
    }
    case ondemand::json_type::number: return read_number(value, &out->text);
    case ondemand::json_type::boolean:
    case ondemand::json_type::null: return append_compact(value, &out->text);
  }
  return simdjson::INCORRECT_TYPE;
}

// A root that is no object or array needs the document's own accessors; wrapping it in an array
// spares that.
base::Result<JsonValue> parse_wrapped(std::string_view json) {
  JsonReader reader;
  ondemand::document document;
  const std::string wrapped = base::concat({"[", json, "]"});
  KAIZEN_TRY(const base::Unit opened, reader.open(wrapped, kMaxJsonDepth + 1, &document));
  static_cast<void>(opened);
  ondemand::array array;
  if (const auto error = document.get_array().get(array)) return json_error("object", error);
  JsonValue list;
  if (const auto error = read_array(array, &list)) return json_error("object", error);
  if (list.elements.size() != 1 || !at_end(&document)) {
    return base::invalid("object: one JSON value is expected");
  }
  return std::move(list.elements.front());
}

}  // namespace

base::Result<JsonValue> parse_json(std::string_view json) {
  return parse_wrapped(json);
}

void append_json(const JsonValue& value, bool keep_nulls, std::string* out) {
  switch (value.kind) {
    case JsonValue::Kind::kScalar: out->append(value.text); return;
    case JsonValue::Kind::kArray: {
      out->push_back('[');
      for (size_t i = 0; i < value.elements.size(); ++i) {
        if (i > 0) out->push_back(',');
        append_json(value.elements[i], keep_nulls, out);
      }
      out->push_back(']');
      return;
    }
    case JsonValue::Kind::kObject: {
      out->push_back('{');
      bool first = true;
      for (const auto& [key, member] : value.members) {
        if (!keep_nulls && member.is_null()) continue;
        if (!first) out->push_back(',');
        first = false;
        out->append(base::json_quote(key));
        out->push_back(':');
        append_json(member, keep_nulls, out);
      }
      out->push_back('}');
      return;
    }
  }
}

base::Result<std::string> canonical_json(std::string_view json) {
  KAIZEN_TRY(const JsonValue value, parse_json(json));
  std::string out;
  append_json(value, /*keep_nulls=*/false, &out);
  return out;
}

}  // namespace kaizen::schema
