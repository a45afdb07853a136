#include <exception>
#include <functional>
#include <optional>
#include <string>

#include "drive/guard_internal.h"

namespace kaizen::drive {

std::optional<std::string> run_guarded(const std::function<void()>& work) {
  try {
    work();
  } catch (const std::exception& escaped) {
    return std::string("exception: ") + escaped.what();
  } catch (...) {
    return "exception of an unknown type";
  }
  return std::nullopt;
}

}  // namespace kaizen::drive
