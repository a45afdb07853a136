// Duration: a signed span in microseconds, and the text form users write ("1h30m", MD-14).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kaizen::base {

using Duration = std::chrono::microseconds;

using namespace std::chrono_literals;  // NOLINT: 30s, 5min, 2h wherever a Duration is written

// Total parser of ^([0-9]+(ms|s|m|h))+$ (MD-14). nullopt: another form, or more than 10 years
// (SEC-42).
std::optional<Duration> parse_duration(std::string_view text);

// The shortest text that parses back to the same span, whole milliseconds ("90s" prints as
// "1m30s"). Negative spans and parts below a millisecond do not exist in the text form: they print
// as "0s" and are cut.
std::string format_duration(Duration span);

}  // namespace kaizen::base
