#include "kube/target.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"

namespace kaizen::kube {

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kWrites{{
    {"POST", "create"},
    {"PUT", "update"},
    {"PATCH", "patch"},
    {"DELETE", "delete"},
}};

bool is_watch(std::string_view query) {
  const std::vector<std::string_view> parameters = base::split(query, '&');
  return std::ranges::any_of(
      parameters, [](std::string_view p) { return p == "watch=1" || p == "watch=true"; });
}

std::string_view verb_of(std::string_view method, bool one_object, std::string_view query) {
  for (const auto& [name, verb] : kWrites) {
    if (name == method) return verb;
  }
  if (one_object) return "get";
  return is_watch(query) ? "watch" : "list";
}

}  // namespace

Target read_target(std::string_view method, std::string_view target) {
  const size_t path_end = std::min(target.find('?'), target.size());
  const std::string_view query = target.substr(std::min(path_end + 1, target.size()));
  std::vector<std::string_view> parts = base::split(target.substr(0, path_end), '/');
  // "/api/v1/…" or "/apis/<group>/<version>/…", then "namespaces/<ns>/" for what lies in one.
  const auto skip = [&parts](size_t count) {
    parts.erase(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(count));
  };
  const bool core = parts.size() > 3 && parts[1] == "api";
  const bool group = parts.size() > 4 && parts[1] == "apis";
  if (!core && !group) {
    return {.verb = verb_of(method, true, query), .resource = {}, .subresource = {}};
  }
  skip(core ? 3 : 4);
  if (parts.size() > 2 && parts[0] == "namespaces") skip(2);
  const bool one_object = parts.size() > 1;
  return {.verb = verb_of(method, one_object, query),
          .resource = parts[0],
          .subresource = parts.size() > 2 ? parts[2] : std::string_view()};
}

}  // namespace kaizen::kube
