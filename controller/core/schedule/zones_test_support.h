// Zones of tests/recorded/zoneinfo, and times written as text. Tests only, one thread.
#pragma once

#include <string>

#include "base/ref.h"
#include "base/time.h"
#include "core/schedule/time_zone.h"
#include "core/schedule/zone_data.h"

namespace kaizen::core {

// The bytes of that zone's TZif file; the test fails when there is none.
std::string recorded_zone_bytes(const std::string& name);

TimeZone recorded_zone(const std::string& name);

// All of them, by name.
base::Ref<ZoneData> recorded_zones();

// "2026-03-08T07:00:00Z"; the test fails on another form.
base::Time at(const std::string& text);

}  // namespace kaizen::core
