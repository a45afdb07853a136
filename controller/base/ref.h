// Ref<T>: how everything shared travels. The pointee is immutable, so any thread may read it (A62,
// S33).
#pragma once

#include <memory>
#include <utility>

namespace kaizen::base {

template <class T>
using Ref = std::shared_ptr<const T>;

template <class T>
Ref<T> make_ref(T value) {
  return std::make_shared<const T>(std::move(value));
}

}  // namespace kaizen::base
