// Hashes: SHA-256 for names and revisions (OpenSSL's EVP), FNV-1a for jitter and spreading. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace kaizen::base {

std::array<uint8_t, 32> sha256(std::string_view bytes);

// 64 lower-case hex digits.
std::string sha256_hex(std::string_view bytes);

// 64-bit FNV-1a with a final mix: spreads keys, never secures anything.
uint64_t spread_hash(std::string_view bytes);

}  // namespace kaizen::base
