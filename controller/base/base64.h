// Base64 with padding (RFC 4648, section 4). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kaizen::base {

std::string base64_encode(std::string_view bytes);

// nullopt: a character outside the alphabet, wrong length or wrong padding. Line breaks are not
// accepted.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace kaizen::base
