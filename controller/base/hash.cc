#include "base/hash.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <openssl/evp.h>

#include "base/check.h"

namespace kaizen::base {

std::array<uint8_t, 32> sha256(std::string_view bytes) {
  std::array<uint8_t, 32> digest{};
  unsigned int length = 0;
  const int done =
      EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr);
  KAIZEN_CHECK(done == 1 && length == digest.size(), "SHA-256 is not available in libcrypto");
  return digest;
}

std::string sha256_hex(std::string_view bytes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  out.reserve(64);
  for (const uint8_t byte : sha256(bytes)) {
    out += kHex[byte >> 4U];
    out += kHex[byte & 0xFU];
  }
  return out;
}

uint64_t spread_hash(std::string_view bytes) {
  uint64_t h = 0xcbf29ce484222325U;
  for (const char c : bytes) {
    h ^= static_cast<uint8_t>(c);
    h *= 0x100000001b3U;
  }
  // FNV's low bits are weak: finish with a full-avalanche mix.
  h ^= h >> 33U;
  h *= 0xff51afd7ed558ccdU;
  h ^= h >> 33U;
  return h;
}

}  // namespace kaizen::base
