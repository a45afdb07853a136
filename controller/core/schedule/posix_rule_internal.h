// PosixRule: reads the last line of a TZif file, a TZ string of POSIX with the wider times of
// RFC 9636, section 3.3.1. Pure; total over any bytes.
#pragma once

#include <string_view>

#include "base/result.h"
#include "core/schedule/time_zone.h"

namespace kaizen::core {

// "EST5EDT,M3.2.0,M11.1.0". Daylight saving without its two moments is an error: what to assume
// then differs between systems. Error (kTerminal): names the text and the byte.
base::Result<YearlyRule> parse_posix_rule(std::string_view text);

}  // namespace kaizen::core
