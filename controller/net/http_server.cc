#include "net/http_server.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/system/error_code.hpp>

#include "base/error.h"
#include "base/http.h"
#include "base/result.h"
#include "base/text.h"

namespace kaizen::net {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using Code = boost::system::error_code;

constexpr int kThreads = 2;  // A61: a slow scrape must not stand before a probe

// How many connections are open; the last session may end after the server's destructor began.
using Count = std::atomic<size_t>;

std::string_view to_view(beast::string_view text) {
  return {text.data(), text.size()};
}

base::HttpResponse refusal(int32_t status, std::string_view why) {
  return {.status = status,
          .headers = {{"Content-Type", "text/plain; charset=utf-8"}},
          .body = base::concat({why, "\n"})};
}

// The answer to bytes that are no request within our limits; nullopt: the peer is gone or too slow,
// nobody would read an answer.
std::optional<base::HttpResponse> answer_to(Code failed) {
  if (failed == http::error::header_limit || failed == http::error::buffer_overflow) {
    return refusal(431, "request header too large");
  }
  if (failed == http::error::body_limit) return refusal(413, "request body too large");
  if (failed == http::error::end_of_stream || failed == http::error::partial_message) {
    return std::nullopt;
  }
  if (failed.category() == http::make_error_code(http::error::bad_version).category()) {
    return refusal(400, "malformed request");
  }
  return std::nullopt;
}

// One connection; requests one after another. Kept alive by its own pending operation, all of which
// run on one strand.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket,
          base::HttpHandler& handler,
          const ServerLimits& limits,
          std::shared_ptr<Count> open)
      : stream_(std::move(socket)), handler_(handler), limits_(limits), open_(std::move(open)) {
    ++*open_;
    buffer_.max_size(limits.max_header_bytes + limits.max_body_bytes);
  }

  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  ~Session() { --*open_; }

  void start() {
    asio::post(stream_.get_executor(), [self = shared_from_this()] { self->await_request(); });
  }

 private:
  using Parser = http::request_parser<http::string_body>;

  // Waits for the first bytes as long as an idle connection may live. The library's own reading
  // ends only with a whole header, so that a trickle of bytes would get the idle time.
  void await_request() {
    parser_.emplace();
    parser_->header_limit(static_cast<uint32_t>(limits_.max_header_bytes));
    parser_->body_limit(limits_.max_body_bytes);
    if (buffer_.size() > 0) return read_request();  // pipelined behind the last one
    constexpr size_t kFirstRead = 4096;
    stream_.expires_after(limits_.idle);
    stream_.async_read_some(buffer_.prepare(std::min(kFirstRead, buffer_.max_size())),
                            [self = shared_from_this()](Code failed, size_t got) {
                              if (failed) return self->close();
                              self->buffer_.commit(got);
                              self->read_request();
                            });
  }

  // The request and its answer have one deadline together, which no byte moves.
  void read_request() {
    stream_.expires_after(limits_.request_deadline);
    http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](Code failed, size_t) {
      if (failed) return self->refuse(failed);
      self->respond();
    });
  }

  void refuse(Code failed) {
    const std::optional<base::HttpResponse> answer = answer_to(failed);
    if (!answer) return close();
    stream_.expires_after(limits_.request_deadline);
    write(*answer, {.keep_alive = false, .head_only = false});
  }

  void respond() {
    const http::request<http::string_body> message = parser_->release();
    base::HttpRequest request{.method = std::string(to_view(message.method_string())),
                              .target = std::string(to_view(message.target())),
                              .headers = {},
                              .body = message.body()};
    for (const auto& field : message) {
      request.headers.push_back(
          {std::string(to_view(field.name_string())), std::string(to_view(field.value()))});
    }
    const base::HttpResponse answer = handler_.handle(request);
    write(answer, {.keep_alive = message.keep_alive(), .head_only = request.method == "HEAD"});
  }

  struct Form {
    bool keep_alive = false;
    bool head_only = false;
  };

  void write(const base::HttpResponse& answer, Form form) {
    response_ = {};
    response_.version(11);
    response_.result(static_cast<unsigned>(answer.status));
    for (const base::Header& header : answer.headers) response_.set(header.name, header.value);
    response_.set(http::field::content_length, std::to_string(answer.body.size()));
    response_.keep_alive(form.keep_alive);
    if (!form.head_only) response_.body() = answer.body;
    http::async_write(stream_, response_, [self = shared_from_this(), form](Code failed, size_t) {
      if (failed || !form.keep_alive) return self->close();
      self->await_request();
    });
  }

  void close() {
    Code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    stream_.close();
  }

  beast::tcp_stream stream_;
  base::HttpHandler& handler_;
  const ServerLimits limits_;
  const std::shared_ptr<Count> open_;
  beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  http::response<http::string_body> response_;
};

class BeastServer final : public HttpServer {
 public:
  BeastServer(base::HttpHandler& handler, const ServerLimits& limits)
      : handler_(handler),
        limits_(limits),
        open_(std::make_shared<Count>(0)),
        acceptor_(asio::make_strand(context_)),
        pause_(acceptor_.get_executor()) {}

  BeastServer(const BeastServer&) = delete;
  BeastServer& operator=(const BeastServer&) = delete;

  ~BeastServer() override {
    context_.stop();
    for (std::thread& thread : threads_) thread.join();
  }

  // The first failure, with what was attempted.
  base::Result<base::Unit> listen(const std::string& address, uint16_t port) {
    Code failed;
    const std::string host = address.empty() ? "::" : address;
    const auto ip = asio::ip::make_address(host, failed);
    if (failed) return problem("read the address", address, port, failed);
    tcp::endpoint endpoint(ip, port);
    acceptor_.open(endpoint.protocol(), failed);
    if (failed && address.empty()) {
      // A machine without IPv6.
      endpoint = tcp::endpoint(tcp::v4(), port);
      acceptor_.open(endpoint.protocol(), failed);
    } else if (!failed && address.empty()) {
      acceptor_.set_option(asio::ip::v6_only(false), failed);  // both families
    }
    if (failed) return problem("open a socket for", address, port, failed);
    acceptor_.set_option(asio::socket_base::reuse_address(true), failed);
    if (!failed) acceptor_.bind(endpoint, failed);
    if (failed) return problem("bind", address, port, failed);
    acceptor_.listen(asio::socket_base::max_listen_connections, failed);
    if (failed) return problem("listen on", address, port, failed);
    port_ = acceptor_.local_endpoint(failed).port();
    if (failed) return problem("read the port of", address, port, failed);
    return base::Unit{};
  }

  void start() {
    asio::post(acceptor_.get_executor(), [this] { accept(); });
    for (int i = 0; i < kThreads; ++i) {
      threads_.emplace_back([this]() noexcept { context_.run(); });
    }
  }

  uint16_t port() const override { return port_; }

 private:
  static base::Error problem(std::string_view attempted,
                             std::string_view address,
                             uint16_t port,
                             Code failed) {
    return base::invalid(base::concat({"serve http: ", attempted, " ", address, ":",
                                       std::to_string(port), ": ", failed.message()}));
  }

  void accept() {
    acceptor_.async_accept(asio::make_strand(context_), [this](Code failed, tcp::socket socket) {
      if (failed == asio::error::operation_aborted) return;
      if (failed) return accept_later();
      // Over the limit: the connection is closed unanswered. Each open one ends within its
      // deadlines, so there is room again soon.
      if (open_->load() < limits_.max_connections) {
        std::make_shared<Session>(std::move(socket), handler_, limits_, open_)->start();
      }
      accept();
    });
  }

  // Out of descriptors, mostly: trying again at once would spin.
  void accept_later() {
    pause_.expires_after(std::chrono::milliseconds(100));
    pause_.async_wait([this](Code failed) {
      if (!failed) accept();
    });
  }

  base::HttpHandler& handler_;
  const ServerLimits limits_;
  const std::shared_ptr<Count> open_;
  asio::io_context context_{kThreads};
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  uint16_t port_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace

base::Result<std::unique_ptr<HttpServer>> start_http_server(const std::string& address,
                                                            uint16_t port,
                                                            base::HttpHandler& handler,
                                                            const ServerLimits& limits) {
  auto server = std::make_unique<BeastServer>(handler, limits);
  KAIZEN_TRY(const base::Unit listening, server->listen(address, port));
  static_cast<void>(listening);
  server->start();
  return std::unique_ptr<HttpServer>(std::move(server));
}

}  // namespace kaizen::net
