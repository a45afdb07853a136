#include "core/schedule/zone_data.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/ref.h"
#include "base/text.h"
#include "core/schedule/time_zone.h"

namespace kaizen::core {

namespace {

constexpr size_t kLongestName = 64;

bool is_zone_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '+' || c == '-' || c == '.';
}

}  // namespace

base::Ref<TimeZone> find_zone(const base::Ref<ZoneData>& data, std::string_view name) {
  if (data != nullptr) {
    const auto found = data->zones.find(name);
    if (found != data->zones.end()) return found->second;
  }
  if (name == "UTC" || name == "Etc/UTC") return std::make_shared<const TimeZone>();
  return nullptr;
}

std::string unknown_zone_message(const base::Ref<ZoneData>& data, std::string_view name) {
  const std::string quoted = base::json_quote(base::truncate_utf8(name, kLongestName));
  if (data == nullptr || data->zones.empty()) {
    return base::concat(
        {"time zone ", quoted, " is unknown: the operator found no zone data and knows UTC only"});
  }
  const std::string wanted = base::to_lower_ascii(name);
  for (const auto& [known, zone] : data->zones) {
    if (base::to_lower_ascii(known) == wanted) {
      return base::concat({"time zone ", quoted, " is unknown; did you mean ", known, "?"});
    }
  }
  return base::concat({"time zone ", quoted, " is not in the operator's zone data",
                       data->version.empty() ? "" : " ", data->version,
                       "; use a name like Asia/Tokyo or Etc/UTC"});
}

bool is_zone_name(std::string_view name) {
  if (name.size() > kLongestName) return false;
  for (const std::string_view part : base::split(name, '/')) {
    if (part.empty() || part.front() == '.') return false;
    for (const char c : part) {
      if (!is_zone_character(c)) return false;
    }
  }
  return true;
}

}  // namespace kaizen::core
