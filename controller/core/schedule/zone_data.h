// ZoneData: every time zone that the operator knows, by name (TG-12). app/zone_files.h makes it
// once at the start; part of the snapshot's settings. Immutable, any thread.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/ref.h"
#include "core/schedule/time_zone.h"

namespace kaizen::core {

struct ZoneData {
  std::map<std::string, base::Ref<TimeZone>, std::less<>> zones;
  std::string version;  // "2025b" as tzdata.zi says; empty: not said
  std::string sha256;  // of all names and files: two operators with the same one agree on all slots
};

// The zone of that name, as IANA writes it. UTC and Etc/UTC are known even without `data`. Null:
// unknown (TG-11: UnknownTimeZone). The name is looked up, never opened.
base::Ref<TimeZone> find_zone(const base::Ref<ZoneData>& data, std::string_view name);

// For the condition: which name is unknown, and a known one that differs in case only.
std::string unknown_zone_message(const base::Ref<ZoneData>& data, std::string_view name);

// The form of names that may be looked up in a directory of zone files: at most 64 of letters,
// digits, `_`, `+`, `-` and `/` between parts; no part is empty or begins with a dot.
bool is_zone_name(std::string_view name);

}  // namespace kaizen::core
