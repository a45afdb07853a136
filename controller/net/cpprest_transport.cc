#include "net/cpprest_transport.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <cpprest/astreambuf.h>
#include <cpprest/base_uri.h>
#include <cpprest/http_client.h>
#include <cpprest/http_msg.h>
#include <cpprest/streams.h>
#include <pplx/pplxtasks.h>
#include <pplx/threadpool.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/http.h"
#include "base/result.h"
#include "base/text.h"
#include "net/calls_internal.h"
#include "net/connection_internal.h"
#include "net/exchange_internal.h"
#include "net/request_check_internal.h"
#include "net/tls_internal.h"
#include "net/transport.h"
#include "net/trust_internal.h"
#include "net/url_internal.h"

namespace kaizen::net {
namespace {

using boost::asio::ip::tcp;
using TlsStream = boost::asio::ssl::stream<tcp::socket&>;

constexpr size_t kThreads = 4;  // A63: they only move bytes; all waiting is done on our threads
// The library's own timer restarts with every read and write and is therefore no deadline; ours is
// in Exchange. Zero would cancel at once.
constexpr std::chrono::hours kLibraryTimeout{24};
// Error numbers of OpenSSL carry the library in their high bits; errno and asio's own are small.
constexpr int kFirstTlsError = 0x10000;

struct StaleConnection : std::exception {
  const char* what() const noexcept override { return "the server closed this idle connection"; }
};

struct BodyRefused : std::exception {
  const char* what() const noexcept override { return "the body is over its bound or not wanted"; }
};

// Where the library hands over a body: a write-only buffer whose end of life says that the library
// let go of the exchange.
class BodyBuffer final : public concurrency::streams::details::streambuf_state_manager<uint8_t> {
 public:
  explicit BodyBuffer(std::shared_ptr<Exchange> exchange)
      : streambuf_state_manager(std::ios_base::out), exchange_(std::move(exchange)) {}

  BodyBuffer(const BodyBuffer&) = delete;
  BodyBuffer& operator=(const BodyBuffer&) = delete;

  ~BodyBuffer() override { exchange_->on_released(); }

  bool can_seek() const override { return false; }

  bool has_size() const override { return false; }

  size_t buffer_size(std::ios_base::openmode /*direction*/) const override { return 0; }

  void set_buffer_size(size_t /*size*/, std::ios_base::openmode /*direction*/) override {}

  size_t in_avail() const override { return 0; }

  pos_type getpos(std::ios_base::openmode /*direction*/) const override { return no_position(); }

  pos_type seekpos(pos_type /*pos*/, std::ios_base::openmode /*direction*/) override {
    return no_position();
  }

  pos_type seekoff(off_type /*offset*/,
                   std::ios_base::seekdir /*way*/,
                   std::ios_base::openmode /*mode*/) override {
    return no_position();
  }

  bool acquire(uint8_t*& ptr, size_t& count) override {
    ptr = nullptr;
    count = 0;
    return false;
  }

  void release(uint8_t* /*ptr*/, size_t /*count*/) override {}

 protected:
  pplx::task<size_t> _putn(const uint8_t* ptr, size_t count) override {
    const std::string_view bytes(reinterpret_cast<const char*>(ptr), count);
    const pplx::task_completion_event<size_t> taken;
    switch (exchange_->on_body(bytes, [taken, count] { taken.set(count); })) {
      case BodyVerdict::kTaken: return pplx::task_from_result(count);
      case BodyVerdict::kWait: return pplx::create_task(taken);
      case BodyVerdict::kRefused: break;
    }
    return pplx::task_from_exception<size_t>(std::make_exception_ptr(BodyRefused()));
  }

  pplx::task<int_type> _putc(uint8_t byte) override {
    return _putn(&byte, 1).then([byte](size_t) -> int_type { return byte; });
  }

  pplx::task<bool> _sync() override { return pplx::task_from_result(true); }

  pplx::task<int_type> _bumpc() override { return no_byte(); }

  int_type _sbumpc() override { return traits::eof(); }

  pplx::task<int_type> _getc() override { return no_byte(); }

  int_type _sgetc() override { return traits::eof(); }

  pplx::task<int_type> _nextc() override { return no_byte(); }

  pplx::task<int_type> _ungetc() override { return no_byte(); }

  pplx::task<size_t> _getn(uint8_t* /*ptr*/, size_t /*count*/) override {
    return pplx::task_from_result<size_t>(0);
  }

  size_t _scopy(uint8_t* /*ptr*/, size_t /*count*/) override { return 0; }

  uint8_t* _alloc(size_t /*count*/) override { return nullptr; }

  void _commit(size_t /*count*/) override {}

 private:
  static pos_type no_position() { return static_cast<pos_type>(traits::eof()); }

  static pplx::task<int_type> no_byte() { return pplx::task_from_result<int_type>(traits::eof()); }

  const std::shared_ptr<Exchange> exchange_;
};

struct BodyStream : concurrency::streams::streambuf<uint8_t> {
  explicit BodyStream(std::shared_ptr<Exchange> exchange)
      : streambuf(std::make_shared<BodyBuffer>(std::move(exchange))) {}
};

// What the library's callbacks of one connection reach: the exchange that it carries now.
class Link {
 public:
  void carry(std::shared_ptr<Exchange> exchange) {
    const std::lock_guard lock(mutex_);
    exchange_ = std::move(exchange);
  }

  std::shared_ptr<Exchange> exchange() const {
    const std::lock_guard lock(mutex_);
    return exchange_;
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<Exchange> exchange_;
};

// With a proxy the library asks it for the host of this URI, and connects to the proxy's address;
// without one it connects to the host of this URI, which is then an address that we resolved.
web::uri base_uri(const Server& server, const std::string& address) {
  return web::uri(base::concat({server.url.tls ? "https://" : "http://",
                                server.proxy ? server.url.host : address, ":",
                                std::to_string(server.url.port)}));
}

TlsHooks hooks_into(const std::shared_ptr<Link>& link) {
  return {.handshake_done =
              [link] {
                if (const auto exchange = link->exchange()) exchange->on_handshake_done();
              },
          .alerted =
              [link](std::string_view what) {
                if (const auto exchange = link->exchange()) {
                  exchange->on_tls_failure(
                      base::concat({"the server ended TLS with the alert \"", what, "\""}));
                }
              },
          .refused =
              [link](std::string_view why) {
                if (const auto exchange = link->exchange()) {
                  exchange->on_tls_failure(
                      base::concat({"the server's certificate is not accepted: ", why}));
                }
              }};
}

// Called by the library before it uses a connection: before connecting a new one, which it would
// open later without asking, and before each further request on it.
void prepare_socket(tcp::socket& socket, const std::shared_ptr<Link>& link) {
  const bool is_used = socket.is_open();
  if (!is_used) socket.open(tcp::v4());
  const std::shared_ptr<Exchange> exchange = link->exchange();
  if (exchange && !exchange->attach(socket.native_handle(), is_used)) throw StaleConnection();
}

web::http::client::http_client_config configure(const Server& server,
                                                const std::string& address,
                                                const std::shared_ptr<const TlsMaterial>& material,
                                                const std::shared_ptr<Link>& link) {
  web::http::client::http_client_config config;
  config.set_timeout(kLibraryTimeout);
  config.set_max_redirects(0);  // RT-4
  config.set_validate_certificates(true);
  config.set_tlsext_sni_enabled(false);  // set_up_tls does it, with the right name
  if (server.proxy) {
    const std::string proxy =
        base::concat({"http://", address, ":", std::to_string(server.proxy->port)});
    config.set_proxy(web::web_proxy(web::uri(proxy)));
  }
  // Through a proxy TLS begins after CONNECT, so that the first handle is the plain socket; such a
  // connection carries one exchange only.
  const bool is_tls_stream = server.url.tls && !server.proxy;
  config.set_nativehandle_options([link, is_tls_stream](web::http::client::native_handle handle) {
    if (is_tls_stream) {
      prepare_socket(static_cast<TlsStream*>(handle)->next_layer(), link);
    } else {
      prepare_socket(*static_cast<tcp::socket*>(handle), link);
    }
  });
  config.set_ssl_context_callback(
      [material, peer = server.peer, link](boost::asio::ssl::context& context) {
        if (!set_up_tls(context.native_handle(), material, peer, hooks_into(link))) {
          throw std::runtime_error("OpenSSL refused the settings for TLS");
        }
      });
  return config;
}

// An IPv6 address is compared in its binary form, so brackets go and any spelling will do (RT-3).
TlsPeer peer_of(std::string_view name) {
  if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
  const bool is_address = is_ipv4_address(name) || name.find(':') != std::string_view::npos;
  return {.name = std::string(name), .is_address = is_address};
}

base::HttpResponse head_of(const web::http::http_response& response) {
  base::HttpResponse head{.status = response.status_code(), .headers = {}, .body = {}};
  for (const auto& [name, value] : response.headers()) {
    head.headers.push_back({.name = name, .value = value});
  }
  return head;
}

// Runs `step` and tells the exchange how it failed, if it did.
template <class Step>
void guard(const std::shared_ptr<Exchange>& exchange, Step step) {
  try {
    step();
  } catch (const web::http::http_exception& e) {
    exchange->on_end(e.what(), e.error_code().value() >= kFirstTlsError);
  } catch (const std::exception& e) {
    exchange->on_end(e.what(), false);
  } catch (...) {
    exchange->on_end("the HTTP library failed without a reason", false);
  }
}

}  // namespace

struct Connection::Library {
  Library(const Server& server,
          const std::string& address,
          const std::shared_ptr<const TlsMaterial>& material)
      : link(std::make_shared<Link>()),
        host(server.url.authority()),
        client(base_uri(server, address), configure(server, address, material, link)) {}

  const std::shared_ptr<Link> link;
  const std::string host;
  pplx::cancellation_token_source cancel;
  web::http::client::http_client client;
};

Connection::Connection(const Server& server, const std::string& address, const Trust::Now& trust)
    : trust_generation_(trust.generation),
      library_(std::make_unique<Library>(server, address, trust.material)) {}

Connection::~Connection() = default;

void Connection::start(const base::HttpRequest& request,
                       const std::vector<base::Header>& headers,
                       const std::shared_ptr<Exchange>& exchange) {
  library_->link->carry(exchange);
  library_->cancel = pplx::cancellation_token_source();
  guard(exchange, [&] {
    web::http::http_request message(request.method);
    message.set_request_uri(web::uri(request.target));
    for (const base::Header& header : headers) message.headers().add(header.name, header.value);
    message.headers().add("Host", library_->host);
    if (!request.body.empty()) {
      message.set_body(std::vector<uint8_t>(request.body.begin(), request.body.end()));
    }
    message.set_response_stream(BodyStream(exchange).create_ostream());
    library_->client.request(message, library_->cancel.get_token())
        .then([exchange](const pplx::task<web::http::http_response>& answered) {
          guard(exchange, [&] {
            const web::http::http_response response = answered.get();
            exchange->on_head(head_of(response));
            response.content_ready().then(
                [exchange](const pplx::task<web::http::http_response>& ready) {
                  guard(exchange, [&] {
                    ready.get();
                    exchange->on_end({}, false);
                  });
                });
          });
        });
  });
}

void Connection::cancel() {
  library_->cancel.cancel();
  library_->link->carry(nullptr);
}

void Connection::finish() {
  used_at_ = std::chrono::steady_clock::now();
  library_->link->carry(nullptr);
}

void start_cpprest_threads() {
  static std::once_flag once;
  std::call_once(once, [] {
    bool started = true;
    try {
      crossplat::threadpool::initialize_with_threads(kThreads);
    } catch (const std::exception&) {
      started = false;
    }
    KAIZEN_CHECK(started, "cpprestsdk was used before its threads were started (A63)");
    // Made at its first use, too, with a lock of the library's own that no sanitizer sees: here, no
    // other thread is there yet.
    static_cast<void>(pplx::get_ambient_scheduler());
  });
}

base::Result<std::unique_ptr<Transport>> make_cpprest_transport(Endpoint endpoint,
                                                                const base::Clock& clock,
                                                                CallObserver observer) {
  start_cpprest_threads();
  Server server;
  KAIZEN_TRY(server.url, parse_server_url(endpoint.base_url));
  if (!endpoint.proxy.empty()) {
    KAIZEN_TRY(server.proxy, parse_proxy_url(endpoint.proxy));
  }
  for (const base::Header& header : endpoint.headers) {
    KAIZEN_TRY(const base::Unit checked, check_header(header));
    static_cast<void>(checked);
  }
  KAIZEN_TRY(const base::Unit checked,
             check_header({.name = "Authorization", .value = endpoint.token}));
  static_cast<void>(checked);
  server.peer = peer_of(endpoint.server_name.empty() ? server.url.host : endpoint.server_name);
  KAIZEN_TRY(std::unique_ptr<Trust> trust,
             Trust::load({.ca_file = endpoint.ca_file,
                          .ca_pem = endpoint.ca_pem,
                          .certificate_file = endpoint.client_certificate_file,
                          .certificate_pem = endpoint.client_certificate_pem,
                          .key_file = endpoint.client_key_file,
                          .key_pem = endpoint.client_key_pem},
                         clock));
  return std::unique_ptr<Transport>(std::make_unique<Calls>(
      std::move(endpoint), std::move(server), std::move(trust), clock, std::move(observer)));
}

}  // namespace kaizen::net
