// Forward reading of the API server's JSON, shared by the sources of this room: the buffer
// simdjson wants, and the head of an object whose decoder gave up. Internal to kube; no state.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <simdjson.h>

#include "kube/object.h"

namespace kaizen::kube {

namespace ondemand = simdjson::ondemand;

// A larger text gets a parser and a buffer of its own, which go away with it (A64).
inline constexpr size_t kMaxKeptJson = size_t{1} << 20U;

// `text` with the spare bytes behind it that simdjson reads; may move its bytes.
simdjson::padded_string_view pad(std::string& text);

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

// The string member of that name, or empty when it is absent or of another type. Any order.
std::string string_member(ondemand::object& object, std::string_view name);

}  // namespace kaizen::kube
