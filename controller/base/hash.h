// Hashes: SHA-256 for names, revisions and the content of models (OpenSSL's EVP), HMAC for signed
// requests, FNV-1a for jitter and spreading. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace kaizen::base {

std::array<uint8_t, 32> sha256(std::string_view bytes);

// 64 lower-case hex digits.
std::string sha256_hex(std::string_view bytes);

// The same over bytes that come in parts. Owned by one thread at a time.
class Sha256 {
 public:
  Sha256();

  void add(std::string_view bytes);

  // 64 lower-case hex digits of everything added since the start; the next add() starts anew.
  std::string finish_hex();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };

  void start();

  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

// HMAC (RFC 2104) with SHA-256.
std::array<uint8_t, 32> hmac_sha256(std::string_view key, std::string_view bytes);

// Two lower-case hex digits for each byte.
std::string to_hex(std::span<const uint8_t> bytes);

// 64-bit FNV-1a with a final mix: spreads keys, never secures anything.
uint64_t spread_hash(std::string_view bytes);

}  // namespace kaizen::base
