// Tls: what we trust and who we are towards one server (RT-1 … RT-3, T8, T10), over OpenSSL. The
// material is an immutable value shared by connections; the hooks run on the threads that speak
// TLS and must not block.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct ssl_ctx_st;

namespace kaizen::net {

struct TlsPem {
  std::string ca;  // empty: the system's roots
  std::string certificate;
  std::string key;

  bool operator==(const TlsPem&) const = default;
};

class TlsMaterial;

// Error (kInvalid, kTerminal): no certificate or a broken one among the CAs, a certificate without
// its key, a key that does not fit or is encrypted. Names the part, never shows its content.
base::Result<std::shared_ptr<const TlsMaterial>> load_tls(const TlsPem& pem);

struct TlsPeer {
  std::string name;  // DNS name, or an address, for which the certificate must be made out
  bool is_address = false;
};

struct TlsHooks {
  std::function<void()> handshake_done;
  std::function<void(std::string_view)> alerted;  // the peer's fatal alert, its description
  std::function<void(std::string_view)> refused;  // why the peer's certificate was not accepted
};

// Sets up a context that is used for one connection: TLS 1.2 or later with AEAD suites, ALPN
// http/1.1 only (RT-1), the material's CA and nothing else (RT-2), the peer's name or address
// compared with SANs and never with the CN (RT-3), server name indication. Whatever verification
// callback the user of the context sets later is not asked. False: OpenSSL refused a step.
bool set_up_tls(ssl_ctx_st* context,
                const std::shared_ptr<const TlsMaterial>& material,
                TlsPeer peer,
                TlsHooks hooks);

}  // namespace kaizen::net
