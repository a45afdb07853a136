// Result<T>: a value or an Error (GCC 12 has no std::expected). Propagate with KAIZEN_TRY.
#pragma once

#include <utility>
#include <variant>

#include "base/check.h"
#include "base/error.h"

namespace kaizen::base {

// The value of a Result that carries none: `Result<Unit>` is "done, or why not".
struct Unit {
  bool operator==(const Unit&) const = default;
};

template <class T, class E = Error>
class [[nodiscard]] Result {
 public:
  // Implicit on purpose: `return value;` and `return error;` are what a function that may fail
  // says.
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT

  Result(E error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT

  bool ok() const { return state_.index() == 0; }

  explicit operator bool() const { return ok(); }

  const T& value() const& {
    KAIZEN_CHECK(ok(), "value() of a Result that holds an error");
    return *std::get_if<0>(&state_);
  }

  T& value() & {
    KAIZEN_CHECK(ok(), "value() of a Result that holds an error");
    return *std::get_if<0>(&state_);
  }

  T&& value() && {
    KAIZEN_CHECK(ok(), "value() of a Result that holds an error");
    return std::move(*std::get_if<0>(&state_));
  }

  const E& error() const& {
    KAIZEN_CHECK(!ok(), "error() of a Result that holds a value");
    return *std::get_if<1>(&state_);
  }

  E&& error() && {
    KAIZEN_CHECK(!ok(), "error() of a Result that holds a value");
    return std::move(*std::get_if<1>(&state_));
  }

  const T& operator*() const& { return value(); }

  T& operator*() & { return value(); }

  const T* operator->() const { return &value(); }

  T* operator->() { return &value(); }

 private:
  std::variant<T, E> state_;
};

}  // namespace kaizen::base

#define KAIZEN_TRY_CAT2(a, b) a##b
#define KAIZEN_TRY_CAT(a, b) KAIZEN_TRY_CAT2(a, b)
// NOLINTBEGIN(bugprone-macro-parentheses): the arguments are a name and a declaration
#define KAIZEN_TRY_IMPL(result, declaration, expression) \
  auto result = (expression);                            \
  if (!(result).ok()) return std::move(result).error();  \
  declaration = std::move(result).value()
// NOLINTEND(bugprone-macro-parentheses)

// KAIZEN_TRY(auto x, f()): x is f()'s value, or this function returns f()'s error.
#define KAIZEN_TRY(declaration, expression) \
  KAIZEN_TRY_IMPL(KAIZEN_TRY_CAT(kaizen_try_, __LINE__), declaration, expression)
