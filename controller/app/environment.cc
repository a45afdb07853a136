#include "app/environment.h"

#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

namespace kaizen::app {

std::optional<std::string> process_environment(std::string_view name) {
  const char* const value = std::getenv(std::string(name).c_str());
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

}  // namespace kaizen::app
