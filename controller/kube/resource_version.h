// Order of resourceVersions within one resource (RT-32): decimal texts compared by length, then
// bytewise; never parsed into an integer. Pure.
#pragma once

#include <optional>
#include <string_view>

namespace kaizen::kube {

// Decimal digits, no leading zero, not "0".
bool is_well_formed(std::string_view resource_version);

// a < b, when both are well formed; nullopt: unknown (then only equality means anything).
std::optional<bool> is_older(std::string_view a, std::string_view b);

// `have` is `wanted` or newer. Malformed: only when equal.
bool has_reached(std::string_view have, std::string_view wanted);

}  // namespace kaizen::kube
