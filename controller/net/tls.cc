#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/tls1.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "base/check.h"
#include "base/error.h"
#include "base/result.h"
#include "base/text.h"
#include "net/tls_internal.h"

namespace kaizen::net {
namespace {

template <auto Release>
struct Free {
  template <class T>
  void operator()(T* object) const {
    Release(object);
  }
};

using Bio = std::unique_ptr<BIO, Free<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Store = std::unique_ptr<X509_STORE, Free<X509_STORE_free>>;

struct FreeChain {
  void operator()(STACK_OF(X509) * chain) const { sk_X509_pop_free(chain, X509_free); }
};

using Chain = std::unique_ptr<STACK_OF(X509), FreeChain>;

}  // namespace

class TlsMaterial {
 public:
  Store store;
  Certificate certificate;
  Chain chain;
  Key key;
};

namespace {

// Only suites with authenticated encryption and forward secrecy (SEC-28); TLS 1.3 has no others.
constexpr const char* kSuites = "ECDHE+AESGCM:ECDHE+CHACHA20";

Bio memory_bio(std::string_view text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// An encrypted key would make OpenSSL ask on the terminal.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*user*/) {
  return -1;
}

base::Result<std::vector<Certificate>> parse_certificates(std::string_view what,
                                                          std::string_view pem) {
  std::vector<Certificate> certificates;
  const Bio bio = memory_bio(pem);
  ERR_clear_error();
  while (Certificate next{PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr)}) {
    certificates.push_back(std::move(next));
  }
  const auto reason = ERR_GET_REASON(ERR_peek_last_error());
  ERR_clear_error();
  if (reason != PEM_R_NO_START_LINE) {
    return base::invalid(base::concat({what, ": a certificate in it is damaged"}));
  }
  if (certificates.empty()) {
    return base::invalid(base::concat({what, ": there is no PEM certificate in it"}));
  }
  return certificates;
}

base::Result<Store> make_store(std::string_view ca_pem) {
  Store store(X509_STORE_new());
  KAIZEN_CHECK(store != nullptr, "out of memory");
  if (ca_pem.empty()) {
    if (X509_STORE_set_default_paths(store.get()) != 1) {
      return base::invalid("the system's CA certificates cannot be loaded; give a CA file");
    }
    return store;
  }
  KAIZEN_TRY(const std::vector<Certificate> authorities,
             parse_certificates("the CA certificates", ca_pem));
  for (const Certificate& authority : authorities) {
    if (X509_STORE_add_cert(store.get(), authority.get()) != 1) {
      return base::invalid("the CA certificates: one cannot be used");
    }
  }
  // Each given certificate is an anchor, also an intermediate one, as in client-go.
  X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN);
  return store;
}

base::Result<base::Unit> load_identity(const TlsPem& pem, TlsMaterial& material) {
  if (pem.certificate.empty() != pem.key.empty()) {
    return base::invalid("a client certificate needs its key, and a key its certificate");
  }
  if (pem.certificate.empty()) return base::Unit{};
  KAIZEN_TRY(std::vector<Certificate> certificates,
             parse_certificates("the client certificate", pem.certificate));
  material.certificate = std::move(certificates.front());
  material.chain.reset(sk_X509_new_null());
  for (size_t i = 1; i < certificates.size(); ++i) {
    sk_X509_push(material.chain.get(), certificates[i].release());
  }
  const Bio bio = memory_bio(pem.key);
  material.key.reset(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
  const bool fits = material.key != nullptr &&
                    X509_check_private_key(material.certificate.get(), material.key.get()) == 1;
  ERR_clear_error();
  if (fits) return base::Unit{};
  return base::invalid(material.key == nullptr
                           ? "the client key: it is no unencrypted PEM private key"
                           : "the client key: it does not belong to the client certificate");
}

// One connection's state, owned by its SSL_CTX. The context serves one connection, so that the
// flag needs no lock: callbacks of one SSL never run at the same time.
struct Session {
  std::shared_ptr<const TlsMaterial> material;
  TlsPeer peer;
  TlsHooks hooks;
  bool is_done = false;
};

void free_session(void* /*parent*/,
                  void* session,
                  CRYPTO_EX_DATA* /*data*/,
                  int /*index*/,
                  long /*argl*/,  // NOLINT(google-runtime-int): OpenSSL's signature
                  void* /*argp*/) {
  delete static_cast<Session*>(session);
}

int session_index() {
  static const int kIndex = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_session);
  return kIndex;
}

Session& session_of(const SSL* ssl) {
  void* session = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), session_index());
  KAIZEN_CHECK(session != nullptr, "a TLS callback without its session");
  return *static_cast<Session*>(session);
}

int keep_verdict(int ok, X509_STORE_CTX* /*verification*/) {
  return ok;
}

// Replaces the whole verification: the library's own callback would accept a name in the CN.
int verify_peer(X509_STORE_CTX* verification, void* /*user*/) {
  const auto* ssl = static_cast<const SSL*>(
      X509_STORE_CTX_get_ex_data(verification, SSL_get_ex_data_X509_STORE_CTX_idx()));
  const Session& session = session_of(ssl);
  X509_VERIFY_PARAM* rules = X509_STORE_CTX_get0_param(verification);
  X509_VERIFY_PARAM_set_hostflags(
      rules, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const std::string& name = session.peer.name;
  const int named = session.peer.is_address
                        ? X509_VERIFY_PARAM_set1_ip_asc(rules, name.c_str())
                        : X509_VERIFY_PARAM_set1_host(rules, name.data(), name.size());
  X509_STORE_CTX_set_verify_cb(verification, keep_verdict);
  if (named == 1 && X509_verify_cert(verification) == 1) return 1;
  const int reason = named == 1 ? X509_STORE_CTX_get_error(verification) : X509_V_ERR_UNSPECIFIED;
  X509_STORE_CTX_set_error(verification, reason);
  session.hooks.refused(X509_verify_cert_error_string(reason));
  return 0;
}

void follow_handshake(const SSL* ssl, int where, int value) {
  Session& session = session_of(ssl);
  if ((where & SSL_CB_HANDSHAKE_START) != 0 && !session.is_done && !session.peer.is_address) {
    // RFC 6066: names only. The context is this connection's own, so its SSL may be changed here,
    // before the ClientHello is written.
    SSL_ctrl(const_cast<SSL*>(ssl), SSL_CTRL_SET_TLSEXT_HOSTNAME,  // NOLINT
             TLSEXT_NAMETYPE_host_name, session.peer.name.data());
  }
  if ((where & SSL_CB_HANDSHAKE_DONE) != 0 && !session.is_done) {
    session.is_done = true;
    session.hooks.handshake_done();
  }
  const bool is_fatal_alert =
      (where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT && (value >> 8) == SSL3_AL_FATAL;
  if (is_fatal_alert) session.hooks.alerted(SSL_alert_desc_string_long(value));
}

}  // namespace

base::Result<std::shared_ptr<const TlsMaterial>> load_tls(const TlsPem& pem) {
  auto material = std::make_shared<TlsMaterial>();
  KAIZEN_TRY(material->store, make_store(pem.ca));
  KAIZEN_TRY(const base::Unit loaded, load_identity(pem, *material));
  static_cast<void>(loaded);
  return std::shared_ptr<const TlsMaterial>(std::move(material));
}

bool set_up_tls(ssl_ctx_st* context,
                const std::shared_ptr<const TlsMaterial>& material,
                TlsPeer peer,
                TlsHooks hooks) {
  static constexpr std::array<unsigned char, 9> kAlpn{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  bool ok = SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
            SSL_CTX_set_cipher_list(context, kSuites) == 1 &&
            SSL_CTX_set_alpn_protos(context, kAlpn.data(), kAlpn.size()) == 0;
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set1_cert_store(context, material->store.get());
  if (material->certificate != nullptr) {
    ok = ok && SSL_CTX_use_cert_and_key(context, material->certificate.get(), material->key.get(),
                                        material->chain.get(), 1) == 1;
  }
  auto session = std::make_unique<Session>(Session{
      .material = material, .peer = std::move(peer), .hooks = std::move(hooks), .is_done = false});
  ok = ok && SSL_CTX_set_ex_data(context, session_index(), session.get()) == 1;
  if (!ok) return false;
  // Now the context's, freed by free_session.
  session.release();  // NOLINT(bugprone-unused-return-value)
  SSL_CTX_set_cert_verify_callback(context, verify_peer, nullptr);
  SSL_CTX_set_info_callback(context, follow_handshake);
  return true;
}

}  // namespace kaizen::net
