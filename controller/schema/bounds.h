// Bounds: what the table of a type says of the sizes and values of its members. The API server
// keeps them (SEC-46), so for what we write ourselves they are a promise: a status that breaks one
// is refused, again and again, and the object it belongs to stands still. Pure, any thread.
#pragma once

#include <string>
#include <vector>

#include "schema/codec.h"

namespace kaizen::schema {

// Every bound that the value breaks, as "history[0].reason: 70 characters, at most 64 are allowed".
// CEL rules are the server's alone.
std::vector<std::string> broken_bounds(const TypeInfo& type, const void* value);

// Cuts each text that is longer than its bound; a cut text ends with "…". Numbers, lists and the
// rest stay: cutting does not mend them.
void cut_texts(const TypeInfo& type, void* value);

template <class T>
std::vector<std::string> broken_bounds(const T& value) {
  return broken_bounds(type_of<T>(), &value);
}

template <class T>
void cut_texts(T& value) {
  cut_texts(type_of<T>(), &value);
}

}  // namespace kaizen::schema
