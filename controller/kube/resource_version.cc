#include "kube/resource_version.h"

#include <algorithm>
#include <optional>
#include <string_view>

namespace kaizen::kube {

bool is_well_formed(std::string_view resource_version) {
  if (resource_version.empty() || resource_version.front() == '0') return false;
  return std::all_of(resource_version.begin(), resource_version.end(),
                     [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<bool> is_older(std::string_view a, std::string_view b) {
  if (!is_well_formed(a) || !is_well_formed(b)) return std::nullopt;
  if (a.size() != b.size()) return a.size() < b.size();
  return a < b;
}

bool has_reached(std::string_view have, std::string_view wanted) {
  if (have == wanted) return true;
  return is_older(wanted, have).value_or(false);
}

}  // namespace kaizen::kube
