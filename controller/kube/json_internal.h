// Forward reading of the API server's JSON, shared by the sources of this room: the buffer
// simdjson wants, members one after another, and the head of an object whose decoder gave up.
//
// Once simdjson has reported broken JSON, its document must not be touched again; so every function
// here returns the error at once and a value of an unexpected type is looked at, never asked for.
// Internal to kube; no state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <simdjson.h>

#include "kube/object.h"

namespace kaizen::kube {

namespace ondemand = simdjson::ondemand;

// A larger text gets a parser and a buffer of its own, which go away with it (A64).
inline constexpr size_t kMaxKeptJson = size_t{1} << 20U;

// `text` with the spare bytes behind it that simdjson reads; may move its bytes.
simdjson::padded_string_view pad(std::string& text);

// take(key, value) for each member, until one of them returns an error.
template <class Take>
simdjson::error_code each_member(ondemand::object object, const Take& take) {
  for (auto next : object) {
    ondemand::field field;
    if (const auto error = std::move(next).get(field)) return error;
    std::string_view key;
    if (const auto error = field.unescaped_key().get(key)) return error;
    if (const auto error = take(key, field.value())) return error;
  }
  return simdjson::SUCCESS;
}

bool is_a(ondemand::json_type type, ondemand::value& value);

// `*out` stays as it is when the value is of another type.
simdjson::error_code read_text(ondemand::value value, std::string* out);
simdjson::error_code read_integer(ondemand::value value, int64_t* out);

// The same for members: nothing is taken when the value is no object.
template <class Take>
simdjson::error_code each_member(ondemand::value value, const Take& take) {
  if (!is_a(ondemand::json_type::object, value)) return simdjson::SUCCESS;
  ondemand::object object;
  if (const auto error = value.get_object().get(object)) return error;
  return each_member(object, take);
}

// What a bookmark or a broken object still tells about itself; members that cannot be read stay
// empty.
struct HeadScan {
  Head head;
  bool initial_events_end = false;  // annotation k8s.io/initial-events-end (RT-27)
};

HeadScan scan_head(std::string_view json);

// Kind::decode; when it reports a parse_error, the head is read again on its own, so that the key
// of a broken object is kept (RT-35). An empty key.name: the text names no object at all.
Object decode_object(const Kind& kind, std::string_view json);

}  // namespace kaizen::kube
