// KAIZEN_CHECK: an impossible state (our own bug) ends the process with a message, in every build
// (S50). Trouble from outside is a Result, a user's mistake is a condition; neither belongs here.
#pragma once

#include <string_view>

namespace kaizen::base {

// Writes "file:line: check failed: expression: why" to stderr and aborts. Never returns; any
// thread.
[[noreturn]] void check_failed(std::string_view file,
                               int line,
                               std::string_view expression,
                               std::string_view why);

}  // namespace kaizen::base

#define KAIZEN_CHECK(condition, why)                                       \
  do {                                                                     \
    if (!(condition)) [[unlikely]] {                                       \
      ::kaizen::base::check_failed(__FILE__, __LINE__, #condition, (why)); \
    }                                                                      \
  } while (false)
