#include "core/schedule/zones_test_support.h"

#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "base/ref.h"
#include "base/result.h"
#include "base/time.h"
#include "core/schedule/time_zone.h"
#include "core/schedule/zone_data.h"
#include "core/schedule/zone_file.h"
#include "source_dir.h"

namespace kaizen::core {

std::string recorded_zone_bytes(const std::string& name) {
  std::ifstream file(std::string(KAIZEN_SOURCE_DIR) + "/tests/recorded/zoneinfo/" + name,
                     std::ios::binary);
  EXPECT_TRUE(file.good()) << name;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TimeZone recorded_zone(const std::string& name) {
  base::Result<TimeZone> zone = parse_zone_file(recorded_zone_bytes(name));
  EXPECT_TRUE(zone.ok()) << name;
  return zone.ok() ? std::move(zone).value() : TimeZone();
}

base::Ref<ZoneData> recorded_zones() {
  ZoneData data;
  for (const char* const name :
       {"Africa/Casablanca", "Africa/Monrovia", "America/Havana", "America/New_York",
        "America/Nuuk", "Antarctica/Troll", "Asia/Beirut", "Asia/Tokyo", "Australia/Lord_Howe",
        "Europe/Berlin", "Europe/Dublin", "Pacific/Apia"}) {
    data.zones[name] = base::make_ref(recorded_zone(name));
  }
  data.version = "2025b";
  return base::make_ref(std::move(data));
}

base::Time at(const std::string& text) {
  const std::optional<base::Time> time = base::parse_time(text);
  EXPECT_TRUE(time.has_value()) << text;
  return time.value_or(base::Time());
}

}  // namespace kaizen::core
