#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <simdjson.h>

#include "base/error.h"
#include "base/result.h"
#include "schema/json_read_internal.h"

namespace kaizen::schema {
namespace {

std::string_view trim_right(std::string_view token) {
  const size_t end = token.find_last_not_of(" \t\r\n");
  return token.substr(0, end == std::string_view::npos ? 0 : end + 1);
}

// From the first byte after a string's opening quote to its closing one.
std::string_view raw_string(const char* begin) {
  const char* end = begin;
  while (*end != '"') end += *end == '\\' ? 2 : 1;
  return {begin, static_cast<size_t>(end - begin)};
}

simdjson::error_code append_object(ondemand::object object, std::string* out) {
  out->push_back('{');
  bool first = true;
  for (auto next : object) {
    ondemand::field field;
    if (const auto error = std::move(next).get(field)) return error;
    if (!first) out->push_back(',');
    first = false;
    const std::string_view raw = raw_string(field.key().raw());
    std::string_view key;
    if (const auto error = field.unescaped_key().get(key)) return error;
    out->push_back('"');
    out->append(raw);
    out->append("\":");
    if (const auto error = append_compact(field.value(), out)) return error;
  }
  out->push_back('}');
  return simdjson::SUCCESS;
}

simdjson::error_code append_array(ondemand::array array, std::string* out) {
  out->push_back('[');
  bool first = true;
  for (auto next : array) {
    ondemand::value element;
    if (const auto error = std::move(next).get(element)) return error;
    if (!first) out->push_back(',');
    first = false;
    if (const auto error = append_compact(element, out)) return error;
  }
  out->push_back(']');
  return simdjson::SUCCESS;
}

simdjson::error_code check_scalar(ondemand::value value, ondemand::json_type type) {
  switch (type) {
    case ondemand::json_type::string: {
      std::string_view text;
      return value.get_string().get(text);
    }
    case ondemand::json_type::number: {
      ondemand::number number;
      return value.get_number().get(number);
    }
    case ondemand::json_type::boolean: {
      bool truth = false;
      return value.get_bool().get(truth);
    }
    case ondemand::json_type::null: {
      bool null = false;
      const auto error = value.is_null().get(null);
      return error || null ? error : simdjson::N_ATOM_ERROR;
    }
    case ondemand::json_type::object:
    case ondemand::json_type::array: break;
  }
  return simdjson::INCORRECT_TYPE;
}

// Eight bytes at a time, because this sees every byte of every object: the high bit of each byte of
// `word` that equals `wanted`.
static_assert(std::endian::native == std::endian::little, "the first byte is the lowest one");
constexpr uint64_t kEachByte = 0x0101010101010101;
constexpr uint64_t kLowBits = kEachByte * 0x7F;

uint64_t bytes_equal(uint64_t word, uint8_t wanted) {
  const uint64_t difference = word ^ (kEachByte * wanted);
  return ~(((difference & kLowBits) + kLowBits) | difference | kLowBits);
}

struct DepthCounter {
  int depth = 0;
  int deepest = 0;
  bool in_string = false;
  size_t escaped = std::string_view::npos;  // the byte after a backslash

  void take(char c, size_t at) {
    if (at == escaped) return;
    if (c == '\\') {
      escaped = at + 1;
    } else if (c == '"') {
      in_string = !in_string;
    } else if (!in_string && (c == '{' || c == '[')) {
      deepest = std::max(deepest, ++depth);
    } else if (!in_string && (c == '}' || c == ']')) {
      --depth;
    }
  }
};

}  // namespace

base::Result<base::Unit> JsonReader::open(std::string_view json,
                                          int max_depth,
                                          ondemand::document* document) {
  if (json.size() > kMaxJsonBytes) {
    return base::invalid(
        fmt::format("object: {} bytes of JSON, at most {}", json.size(), kMaxJsonBytes));
  }
  if (json_depth(json) > max_depth) {
    return base::invalid(fmt::format("object: JSON nested deeper than {} levels", kMaxJsonDepth));
  }
  buffer_.reserve(json.size() + simdjson::SIMDJSON_PADDING);
  buffer_.assign(json);
  const auto error =
      parser_
          .iterate(simdjson::padded_string_view(buffer_.data(), buffer_.size(), buffer_.capacity()))
          .get(*document);
  if (error) return json_error("object", error);
  return base::Unit{};
}

bool at_end(ondemand::document* document) {
  return document->current_location().error() == simdjson::OUT_OF_BOUNDS;
}

int json_depth(std::string_view json) {
  DepthCounter counter;
  size_t i = 0;
  for (; i + 8 <= json.size(); i += 8) {
    uint64_t word = 0;
    std::memcpy(&word, json.data() + i, 8);
    // One bit per byte that matters; the brackets and four letters are what 0x26 turns into 0x7F.
    uint64_t marks = bytes_equal(word, '"') | bytes_equal(word, '\\') |
                     bytes_equal(word | (kEachByte * 0x26), 0x7F);
    for (; marks != 0; marks &= marks - 1) {
      const size_t at = i + static_cast<size_t>(std::countr_zero(marks)) / 8;
      counter.take(json[at], at);
    }
  }
  for (; i < json.size(); ++i) counter.take(json[i], i);
  return counter.deepest;
}

base::Error json_error(std::string_view path, simdjson::error_code error) {
  return base::invalid(fmt::format("{}: not JSON: {}", path, simdjson::error_message(error)));
}

simdjson::error_code append_compact(ondemand::value value, std::string* out) {
  ondemand::json_type type{};
  if (const auto error = value.type().get(type)) return error;
  if (type == ondemand::json_type::object) {
    ondemand::object object;
    if (const auto error = value.get_object().get(object)) return error;
    return append_object(object, out);
  }
  if (type == ondemand::json_type::array) {
    ondemand::array array;
    if (const auto error = value.get_array().get(array)) return error;
    return append_array(array, out);
  }
  const std::string_view token = trim_right(value.raw_json_token());
  if (const auto error = check_scalar(value, type)) return error;
  out->append(token);
  return simdjson::SUCCESS;
}

}  // namespace kaizen::schema
