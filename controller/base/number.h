// Number: total parsers and printers of the decimal forms that specs and servers use (MD-14,
// SEC-42). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kaizen::base {

// Decimal digits with an optional minus; nullopt on anything else or on overflow.
std::optional<int64_t> parse_int(std::string_view text);

// A finite decimal number ("0.25", "-3", "1e-4"); nullopt on anything else, on NaN and on
// infinities.
std::optional<double> parse_decimal(std::string_view text);

// "0.25%" → 0.0025, "0.0025" → 0.0025. nullopt: another form, negative or above 1e6.
std::optional<double> parse_fraction(std::string_view text);

// 0.0025 → "0.25%": at most `digits` significant digits, no exponent, no trailing zeros.
std::string format_percent(double fraction, int digits = 4);

// At most `digits` significant digits, without an exponent between 1e-4 and 1e6, no trailing zeros.
std::string format_decimal(double value, int digits = 4);

// The shortest text that reads back to the same double: plain digits where people read them, else
// with an exponent, so that it has at most 28 characters. The value must be finite.
std::string shortest_decimal(double value);

}  // namespace kaizen::base
