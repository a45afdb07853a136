// Guard: the boundary at which an exception of one key's decision ends (RT-48). The one place of
// drive that catches.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace kaizen::drive {

// What escaped from `work`; nullopt: nothing did.
std::optional<std::string> run_guarded(const std::function<void()>& work);

}  // namespace kaizen::drive
