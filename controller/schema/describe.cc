#include "schema/describe.h"

#include <cstdint>
#include <string>

#include "base/duration.h"
#include "base/time.h"
#include "base/uid.h"
#include "schema/codec.h"

namespace kaizen::schema {

template <>
const TypeInfo& type_of<std::string>() {
  static constexpr TypeInfo kInfo = {.shape = Shape::kString, .name = "a string"};
  return kInfo;
}

template <>
const TypeInfo& type_of<bool>() {
  static constexpr TypeInfo kInfo = {.shape = Shape::kBool, .name = "true or false"};
  return kInfo;
}

template <>
const TypeInfo& type_of<int32_t>() {
  static constexpr TypeInfo kInfo = {.shape = Shape::kInt32, .name = "a 32-bit integer"};
  return kInfo;
}

template <>
const TypeInfo& type_of<int64_t>() {
  static constexpr TypeInfo kInfo = {.shape = Shape::kInt64, .name = "an integer"};
  return kInfo;
}

template <>
const TypeInfo& type_of<base::Duration>() {
  static constexpr TypeInfo kInfo = {.shape = Shape::kDuration,
                                     .name = "a duration such as 30s, 5m or 1h30m"};
  return kInfo;
}

template <>
const TypeInfo& type_of<base::Time>() {
  static constexpr TypeInfo kInfo = {.shape = Shape::kTime,
                                     .name = "a time such as 2026-07-14T03:21:00Z"};
  return kInfo;
}

template <>
const TypeInfo& type_of<base::Uid>() {
  static constexpr TypeInfo kInfo = {.shape = Shape::kUid, .name = "a UID"};
  return kInfo;
}

template <>
const TypeInfo& type_of<StringMap>() {
  static constexpr TypeInfo kInfo = {.shape = Shape::kStringMap, .name = "an object of strings"};
  return kInfo;
}

}  // namespace kaizen::schema
