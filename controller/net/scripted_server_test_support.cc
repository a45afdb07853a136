#include "net/scripted_server_test_support.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/number.h"
#include "base/text.h"

namespace kaizen::net::testing {
namespace {

constexpr std::chrono::seconds kPatience{20};

std::string read_all(BIO* bio) {
  std::string text;
  std::array<char, 4096> buffer{};
  int got = 0;
  while ((got = BIO_read(bio, buffer.data(), buffer.size())) > 0) {
    text.append(buffer.data(), static_cast<size_t>(got));
  }
  BIO_free(bio);
  return text;
}

std::string pem_of(X509* certificate) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(bio, certificate);
  return read_all(bio);
}

std::string pem_of(EVP_PKEY* key) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  return read_all(bio);
}

X509* certificate_from(const std::string& pem) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  X509* certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  return certificate;
}

EVP_PKEY* key_from(const std::string& pem) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  return key;
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

X509* blank_certificate(const std::string& common_name, EVP_PKEY* key, bool expired) {
  X509* certificate = X509_new();
  X509_set_version(certificate, X509_VERSION_3);
  std::array<unsigned char, 8> serial{};
  RAND_bytes(serial.data(), serial.size());
  serial[0] &= 0x7f;
  BIGNUM* number = BN_bin2bn(serial.data(), serial.size(), nullptr);
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
  BN_free(number);
  constexpr int64_t kDay = 24 * 60 * 60;
  X509_gmtime_adj(X509_getm_notBefore(certificate), -2 * kDay);
  X509_gmtime_adj(X509_getm_notAfter(certificate), expired ? -kDay : kDay);
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1,
                             0);
  X509_set_pubkey(certificate, key);
  return certificate;
}

std::string alternative_names(const CertificateWish& wish) {
  std::vector<std::string> names;
  for (const std::string& name : wish.names) names.push_back("DNS:" + name);
  for (const std::string& address : wish.addresses) names.push_back("IP:" + address);
  return base::join(names, ",");
}

}  // namespace

void Gate::open() {
  const std::lock_guard lock(mutex_);
  is_open_ = true;
  opened_.notify_all();
}

bool Gate::wait() {
  std::unique_lock lock(mutex_);
  return opened_.wait_for(lock, kPatience, [this] { return is_open_; });
}

Authority::Authority(const std::string& common_name) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = blank_certificate(common_name, key, false);
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  add_extension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE");
  X509_sign(certificate, key, EVP_sha256());
  self_ = {.certificate = pem_of(certificate), .key = pem_of(key)};
  X509_free(certificate);
  EVP_PKEY_free(key);
}

Identity Authority::issue(const CertificateWish& wish) const {
  X509* issuer = certificate_from(self_.certificate);
  EVP_PKEY* issuer_key = key_from(self_.key);
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = blank_certificate(wish.common_name, key, wish.expired);
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
  if (const std::string names = alternative_names(wish); !names.empty()) {
    add_extension(certificate, issuer, NID_subject_alt_name, names);
  }
  X509_sign(certificate, issuer_key, EVP_sha256());
  Identity identity{.certificate = pem_of(certificate), .key = pem_of(key)};
  X509_free(certificate);
  EVP_PKEY_free(key);
  X509_free(issuer);
  EVP_PKEY_free(issuer_key);
  return identity;
}

namespace {

SSL_CTX* server_context(const TlsOptions& options) {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  SSL_CTX_set_security_level(context, 0);  // old versions are offered to prove that we refuse them
  SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0");
  if (options.max_version != 0) {
    SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context, options.max_version);
  }
  X509* certificate = certificate_from(options.identity.certificate);
  EVP_PKEY* key = key_from(options.identity.key);
  SSL_CTX_use_certificate(context, certificate);
  SSL_CTX_use_PrivateKey(context, key);
  X509_free(certificate);
  EVP_PKEY_free(key);
  if (!options.client_ca.empty()) {
    X509* ca = certificate_from(options.client_ca);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), ca);
    X509_free(ca);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  // Takes the first protocol that the client offers, whatever it is.
  SSL_CTX_set_alpn_select_cb(
      context,
      [](SSL* /*ssl*/, const unsigned char** out, unsigned char* size, const unsigned char* in,
         unsigned int /*length*/, void* /*user*/) {
        *size = in[0];
        *out = in + 1;
        return SSL_TLSEXT_ERR_OK;
      },
      nullptr);
  return context;
}

}  // namespace

ScriptedServer::ScriptedServer(Script script, ServerOptions options)
    : script_(std::move(script)), options_(std::move(options)) {
  // OpenSSL writes without MSG_NOSIGNAL.
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  if (options_.tls != nullptr) context_ = server_context(*options_.tls);
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  EXPECT_EQ(::bind(listener_, raw, sizeof address), 0);
  socklen_t length = sizeof address;
  EXPECT_EQ(::getsockname(listener_, raw, &length), 0);
  port_ = ntohs(address.sin_port);
  if (options_.listens) listen();
}

ScriptedServer::~ScriptedServer() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }
  ::shutdown(listener_, SHUT_RDWR);
  if (acceptor_.joinable()) acceptor_.join();
  ::close(listener_);
  for (std::thread& thread : threads_) thread.join();
  SSL_CTX_free(context_);
}

std::string ScriptedServer::url(std::string_view host) const {
  return base::concat(
      {options_.tls != nullptr ? "https://" : "http://", host, ":", std::to_string(port_)});
}

void ScriptedServer::listen_without_accepting() {
  EXPECT_EQ(::listen(listener_, 0), 0);
}

void ScriptedServer::listen() {
  constexpr int kBacklog = 64;
  EXPECT_EQ(::listen(listener_, kBacklog), 0);
  acceptor_ = std::thread([this] { accept_all(); });
}

size_t ScriptedServer::connections() const {
  const std::lock_guard lock(mutex_);
  return connections_;
}

std::vector<std::string> ScriptedServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

size_t ScriptedServer::most_at_once() const {
  const std::lock_guard lock(mutex_);
  return most_at_once_;
}

void ScriptedServer::accept_all() {
  while (true) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const int problem = errno;
    if (fd < 0 && problem == EMFILE) {  // a test that takes all descriptors takes this one too
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      continue;
    }
    const std::lock_guard lock(mutex_);
    if (fd < 0 && problem == EINTR) continue;
    if (fd < 0 || closing_) {
      if (fd >= 0) ::close(fd);
      return;
    }
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    open_.push_back(fd);
    threads_.emplace_back([this, fd, index = connections_++] { run(index, fd); });
  }
}

void ScriptedServer::run(size_t index, int fd) {
  {
    Peer peer(*this, index, fd);
    if (context_ == nullptr || !options_.handshake || peer.handshake()) {
      script_(peer);
    } else {
      peer.wait_closed();  // else a reset could overtake the alert that says why
    }
  }
  const std::lock_guard lock(mutex_);
  std::erase(open_, fd);
  ::close(fd);
}

void ScriptedServer::note_request(const std::string& request) {
  const std::lock_guard lock(mutex_);
  requests_.push_back(request);
  most_at_once_ = std::max(most_at_once_, ++unanswered_);
}

void ScriptedServer::note_answer() {
  const std::lock_guard lock(mutex_);
  --unanswered_;
}

Peer::Peer(ScriptedServer& server, size_t index, int fd)
    : server_(server), index_(index), fd_(fd) {}

Peer::~Peer() {
  close();
  SSL_free(ssl_);
  if (owes_answer_) server_.note_answer();
}

bool Peer::handshake() {
  ssl_ = SSL_new(server_.context_);
  SSL_set_fd(ssl_, fd_);
  ERR_clear_error();
  return SSL_accept(ssl_) == 1;
}

std::string Peer::read_request() {
  std::array<char, 4096> buffer{};
  size_t end = 0;
  while ((end = pending_.find("\r\n\r\n")) == std::string::npos) {
    const size_t got = read_some(buffer.data(), buffer.size());
    if (got == 0) return {};
    pending_.append(buffer.data(), got);
  }
  size_t total = end + 4;
  const std::string head = base::to_lower_ascii(pending_.substr(0, end));
  if (const size_t at = head.find("content-length:"); at != std::string::npos) {
    const size_t line_end = std::min(head.find('\r', at), head.size());
    const auto length = base::parse_int(base::trim(head.substr(at + 15, line_end - at - 15)));
    total += static_cast<size_t>(length.value_or(0));
  }
  while (pending_.size() < total) {
    const size_t got = read_some(buffer.data(), buffer.size());
    if (got == 0) return {};
    pending_.append(buffer.data(), got);
  }
  std::string request = pending_.substr(0, total);
  pending_.erase(0, total);
  if (owes_answer_) server_.note_answer();
  owes_answer_ = true;
  server_.note_request(request);
  return request;
}

bool Peer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t put = 0;
    if (ssl_ != nullptr) {
      ERR_clear_error();
      put = SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()));
    } else {
      put = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    }
    if (put <= 0) return false;
    sent_ += static_cast<size_t>(put);
    bytes.remove_prefix(static_cast<size_t>(put));
  }
  return true;
}

bool Peer::answer(int status, std::string_view headers, std::string_view body) {
  if (owes_answer_) server_.note_answer();
  owes_answer_ = false;
  return send(base::concat({"HTTP/1.1 ", std::to_string(status), " Some\r\n", headers,
                            "Content-Length: ", std::to_string(body.size()), "\r\n\r\n", body}));
}

bool Peer::closed_within(std::chrono::milliseconds span) {
  pollfd wanted{.fd = fd_, .events = POLLRDHUP, .revents = 0};
  return ::poll(&wanted, 1, static_cast<int>(span.count())) > 0;
}

bool Peer::writable_within(std::chrono::milliseconds span) {
  pollfd wanted{.fd = fd_, .events = POLLOUT, .revents = 0};
  return ::poll(&wanted, 1, static_cast<int>(span.count())) > 0;
}

void Peer::wait_closed() {
  static_cast<void>(closed_within(kPatience));
}

void Peer::reset() {
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  // The descriptor stays the server's; the connection to nowhere replaces it and so resets it.
  const int nowhere = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ::dup3(nowhere, fd_, O_CLOEXEC);
  ::close(nowhere);
  SSL_free(ssl_);
  ssl_ = nullptr;
}

void Peer::half_close() {
  ::shutdown(fd_, SHUT_WR);
}

void Peer::close() {
  if (ssl_ != nullptr && SSL_is_init_finished(ssl_) == 1) {
    ERR_clear_error();
    SSL_shutdown(ssl_);
  }
  ::shutdown(fd_, SHUT_WR);
}

std::string Peer::alpn() const {
  const unsigned char* name = nullptr;
  unsigned int length = 0;
  SSL_get0_alpn_selected(ssl_, &name, &length);
  return {reinterpret_cast<const char*>(name), length};
}

std::string Peer::server_name() const {
  const char* name = SSL_get_servername(ssl_, TLSEXT_NAMETYPE_host_name);
  return name == nullptr ? "" : name;
}

std::string Peer::client_name() const {
  X509* certificate = SSL_get1_peer_certificate(ssl_);
  if (certificate == nullptr) return "";
  std::array<char, 256> name{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name.data(),
                            name.size());
  X509_free(certificate);
  return name.data();
}

size_t Peer::read_some(char* into, size_t size) {
  ssize_t got = 0;
  if (ssl_ != nullptr) {
    ERR_clear_error();
    got = SSL_read(ssl_, into, static_cast<int>(size));
  } else {
    got = ::recv(fd_, into, size, 0);
  }
  return got > 0 ? static_cast<size_t>(got) : 0;
}

}  // namespace kaizen::net::testing
