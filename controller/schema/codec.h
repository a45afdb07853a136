// Codec: typed objects from JSON and back, by the descriptor tables of schema/describe.h. One
// forward pass, no DOM (A70); members without a row are skipped without being materialised. Pure,
// any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace kaizen::schema {

struct TypeInfo;  // schema/describe.h

// The table of T. Declared for every described type in api/tables.h.
template <class T>
const TypeInfo& type_of();

// Fills `*object`, which must be a default-constructed value of the type. Error:
// kTerminal/kInvalid, the first one; its message begins with the path
// ("spec.strategy.canary.steps[1].weight: ..."). What else can be decoded is filled all the same:
// an error in one top-level member (spec) leaves the others (metadata, status) whole, and of the
// wrong one what stood before the error (RT-35). Bounds: 2 MiB and 64 levels (RT-40).
base::Result<base::Unit> decode_into(const TypeInfo& type, std::string_view json, void* object);

// Compact JSON, members in the order of the table. Absent optionals, empty strings, lists, maps and
// zero numbers of plain members are left out; members that only the server writes (status of
// foreign kinds, metadata.uid and the like) are left out when empty.
std::string encode(const TypeInfo& type, const void* object);

// The canonical form of a revision's input (MD-2): keys by code point, absent and empty members
// left out. Passthrough JSON inside keeps its empty objects and arrays (R2-30).
std::string canonical(const TypeInfo& type, const void* object);

// Any JSON text with its keys in code point order, null members dropped, no white space, numbers
// with an integral value without fraction or exponent.
base::Result<std::string> canonical_json(std::string_view json);

// The JSON merge patch (RFC 7396) that turns `before` into `after`, as far as the table reaches;
// removed members are null (RT-59). nullopt: they are equal.
std::optional<std::string> merge_patch(const TypeInfo& type, const void* before, const void* after);

template <class T>
base::Result<T> decode(std::string_view json) {
  T value;
  KAIZEN_TRY(const base::Unit done, decode_into(type_of<T>(), json, &value));
  static_cast<void>(done);
  return value;
}

template <class T>
std::string encode(const T& value) {
  return encode(type_of<T>(), &value);
}

template <class T>
std::string canonical(const T& value) {
  return canonical(type_of<T>(), &value);
}

template <class T>
std::optional<std::string> merge_patch(const T& before, const T& after) {
  return merge_patch(type_of<T>(), &before, &after);
}

}  // namespace kaizen::schema
