// ZoneFile: reads one TZif file, the compiled form of a time zone (RFC 9636). Pure: bytes in, value
// out; app/zone_files.h finds the files.
#pragma once

#include <string_view>

#include "base/result.h"
#include "core/schedule/time_zone.h"

namespace kaizen::core {

// True: the bytes claim to be a TZif file.
bool is_zone_file(std::string_view bytes);

// Version 2 or later, without leap seconds (those of the "right" tree count another time than UTC).
// Changes before 1970 are dropped: nothing is asked about them. Error (kTerminal): what is wrong at
// which byte; total over any bytes.
base::Result<TimeZone> parse_zone_file(std::string_view bytes);

}  // namespace kaizen::core
