// Environment: the process's variables as a function, so that what reads them can be told others.
// Any thread; nobody here sets a variable.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace kaizen::app {

// nullopt: not set.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;

// The real ones.
std::optional<std::string> process_environment(std::string_view name);

}  // namespace kaizen::app
