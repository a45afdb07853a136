#include "base/hash.h"

#include <array>
#include <climits>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <openssl/evp.h>
#include <openssl/hmac.h>

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
  return to_hex(sha256(bytes));
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  KAIZEN_CHECK(context_ != nullptr, "no memory for a hash");
  start();
}

void Sha256::add(std::string_view bytes) {
  KAIZEN_CHECK(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1,
               "SHA-256 goes on");
}

std::string Sha256::finish_hex() {
  std::array<uint8_t, 32> digest{};
  unsigned int length = 0;
  const int done = EVP_DigestFinal_ex(context_.get(), digest.data(), &length);
  KAIZEN_CHECK(done == 1 && length == digest.size(), "SHA-256 ends");
  start();
  return to_hex(digest);
}

void Sha256::start() {
  KAIZEN_CHECK(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1,
               "SHA-256 is not available in libcrypto");
}

void Sha256::Free::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}

std::array<uint8_t, 32> hmac_sha256(std::string_view key, std::string_view bytes) {
  KAIZEN_CHECK(key.size() <= INT_MAX, "a key is short");
  std::array<uint8_t, 32> code{};
  unsigned int length = 0;
  const auto* const message = reinterpret_cast<const unsigned char*>(bytes.data());
  const unsigned char* const done = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                                         message, bytes.size(), code.data(), &length);
  KAIZEN_CHECK(done != nullptr && length == code.size(), "HMAC is not available in libcrypto");
  return code;
}

std::string to_hex(std::span<const uint8_t> bytes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  out.reserve(2 * bytes.size());
  for (const uint8_t byte : bytes) {
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
