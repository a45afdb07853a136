// Object: one cached Kubernetes object of any kind, as this room sees it: a head it can compare and
// a typed value it only carries. Kinds are described by the caller, so kube never names one.
// Immutable once in a store.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ref.h"
#include "base/uid.h"
#include "schema/resource.h"

namespace kaizen::kube {

struct Head {
  schema::ObjectKey key;
  base::Uid uid;
  std::string resource_version;
  int64_t generation = 0;
  bool deleting = false;

  bool operator==(const Head&) const = default;
};

// Under what an object is found besides its key (RT-42): owner UID, named referent, label value.
struct IndexValue {
  uint8_t index = 0;  // meaning: the caller's
  std::string value;

  bool operator==(const IndexValue&) const = default;
};

struct Object {
  Head head;
  base::Ref<void> value;    // of the kind's type; with a parse_error as much as could be decoded
  std::string parse_error;  // RT-35: kept, so that its owner can say so
  std::vector<IndexValue> indexes;
};

struct Kind {
  schema::Resource resource;

  // One pass over the bytes of one object (A70). Never fails: an object that cannot be decoded
  // comes back with parse_error, and with an empty head.key.name when not even that could be read.
  Object (*decode)(std::string_view json) = nullptr;

  // Equal but for resourceVersion: such a change wakes nobody (RT-42). Never called with null.
  bool (*same_content)(const void* a, const void* b) = nullptr;
};

}  // namespace kaizen::kube
