#include "net/http_server.h"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/http.h"
#include "base/result.h"

namespace kaizen::net {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

// A blocking client that sends what it is told, malformed or not.
class RawClient {
 public:
  explicit RawClient(uint16_t port, int family = AF_INET) : fd_(socket(family, SOCK_STREAM, 0)) {
    const timeval patience{.tv_sec = 20, .tv_usec = 0};  // a server that hangs fails the test
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }

  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  ~RawClient() { close(fd_); }

  bool connected() const { return connected_; }

  bool send_text(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }

  // Up to and with `end`, or up to the end of the stream.
  std::string read_to(std::string_view end) {
    while (pending_.find(end) == std::string::npos) {
      char bytes[4096];
      const ssize_t got = recv(fd_, bytes, sizeof(bytes), 0);
      if (got <= 0) return std::exchange(pending_, {});
      pending_.append(bytes, static_cast<size_t>(got));
    }
    const size_t length = pending_.find(end) + end.size();
    std::string text = pending_.substr(0, length);
    pending_.erase(0, length);
    return text;
  }

  std::string read_all() { return read_to(std::string_view("\0never", 6)); }

  // Something to read, or the end, within 10 ms.
  bool readable_soon() {
    pollfd waiting{.fd = fd_, .events = POLLIN, .revents = 0};
    return poll(&waiting, 1, 10) > 0;
  }

 private:
  int fd_;
  bool connected_ = false;
  std::string pending_;
};

// Answers with what it was asked, and can be held.
class EchoHandler final : public base::HttpHandler {
 public:
  base::HttpResponse handle(const base::HttpRequest& request) override {
    std::unique_lock lock(mutex_);
    seen_.push_back(request);
    changed_.notify_all();
    if (request.target == "/slow") changed_.wait(lock, [this] { return released_; });
    return {.status = 200,
            .headers = {{"Content-Type", "text/plain"}},
            .body = request.method + " " + request.target + " " + request.body};
  }

  void await_calls(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return seen_.size() >= count; });
  }

  void release() {
    const std::lock_guard lock(mutex_);
    released_ = true;
    changed_.notify_all();
  }

  std::vector<base::HttpRequest> seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<base::HttpRequest> seen_;
  bool released_ = false;
};

class Server : public testing::Test {
 protected:
  uint16_t start(const ServerLimits& limits = {}) {
    base::Result<std::unique_ptr<HttpServer>> started =
        start_http_server("127.0.0.1", 0, handler, limits);
    EXPECT_TRUE(started.ok());
    server = std::move(started).value();
    return server->port();
  }

  EchoHandler handler;
  std::unique_ptr<HttpServer> server;
};

constexpr std::string_view kGet = "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n";

TEST_F(Server, AnswersAndKeepsTheConnection) {
  RawClient client(start());

  ASSERT_TRUE(client.send_text(kGet));
  const std::string first = client.read_to("GET /livez ");
  ASSERT_TRUE(
      client.send_text("GET /readyz?verbose HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
  const std::string second = client.read_all();

  EXPECT_THAT(first, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(first, HasSubstr("Content-Type: text/plain\r\n"));
  EXPECT_THAT(first, HasSubstr("Content-Length: 11\r\n"));
  EXPECT_THAT(second, HasSubstr("GET /readyz?verbose "));
}

TEST_F(Server, PassesMethodHeadersAndBody) {
  RawClient client(start());

  ASSERT_TRUE(client.send_text(
      "POST /x HTTP/1.1\r\nHost: a\r\nX-Tenant: t1\r\nContent-Length: 4\r\n\r\nbody"));
  EXPECT_THAT(client.read_to("POST /x body"), StartsWith("HTTP/1.1 200"));

  const base::HttpRequest seen = handler.seen().front();
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(base::find_header(seen.headers, "x-tenant"), "t1");
}

TEST_F(Server, HeadHasNoBody) {
  RawClient client(start());

  ASSERT_TRUE(client.send_text("HEAD /m HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
  const std::string answer = client.read_all();

  EXPECT_THAT(answer, HasSubstr("Content-Length: 8\r\n"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
}

TEST_F(Server, PipelinedRequestsAreAnsweredInOrder) {
  RawClient client(start());

  ASSERT_TRUE(
      client.send_text("GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n"));

  EXPECT_THAT(client.read_to("GET /a "), HasSubstr("200 OK"));
  EXPECT_THAT(client.read_to("GET /b "), HasSubstr("200 OK"));
}

TEST_F(Server, A64HeaderOverTheLimitIsRefused) {
  RawClient client(start({.max_header_bytes = 1024}));

  ASSERT_TRUE(client.send_text("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(2000, 'x')));
  client.send_text("\r\n\r\n");

  EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 431 "));
  EXPECT_TRUE(handler.seen().empty());
}

TEST_F(Server, A64BodyOverTheLimitIsRefused) {
  RawClient client(start({.max_body_bytes = 10}));

  ASSERT_TRUE(client.send_text("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n"));

  EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 413 "));
  EXPECT_TRUE(handler.seen().empty());
}

TEST_F(Server, A64ChunkedBodyOverTheLimitIsRefused) {
  RawClient client(start({.max_body_bytes = 10}));

  ASSERT_TRUE(
      client.send_text("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                       "b\r\n01234567890\r\n0\r\n\r\n"));

  EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 413 "));
}

TEST_F(Server, MalformedRequestGetsAnAnswer) {
  const uint16_t port = start();
  for (const std::string_view text :
       {"nonsense\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET\r\n\r\n",
        "GET / HTTP/1.1\r\n: v\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"}) {
    RawClient client(port);
    ASSERT_TRUE(client.send_text(text));
    EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 400 ")) << text;
  }
  EXPECT_TRUE(handler.seen().empty());
}

TEST_F(Server, A64TrickledRequestEndsAtItsDeadline) {
  RawClient client(start({.request_deadline = 200ms}));
  const auto started = std::chrono::steady_clock::now();

  ASSERT_TRUE(client.send_text("GET / HTTP/1.1\r\nHost: a\r\nX: "));
  // A byte every 10 ms would keep an idle timer from ever firing.
  while (!client.readable_soon() && client.send_text("x")) {
  }

  EXPECT_EQ(client.read_all(), "");
  EXPECT_LT(std::chrono::steady_clock::now() - started, 15s);
  EXPECT_TRUE(handler.seen().empty());
}

TEST_F(Server, A64IdleConnectionIsClosed) {
  RawClient client(start({.idle = 100ms}));

  EXPECT_EQ(client.read_all(), "");
}

TEST_F(Server, A64ConnectionsOverTheLimitAreClosed) {
  const uint16_t port = start({.max_connections = 2});
  RawClient first(port);
  RawClient second(port);
  ASSERT_TRUE(first.send_text(kGet));
  ASSERT_TRUE(second.send_text(kGet));
  ASSERT_THAT(first.read_to("GET /livez "), HasSubstr("200"));
  ASSERT_THAT(second.read_to("GET /livez "), HasSubstr("200"));

  RawClient third(port);
  third.send_text(kGet);

  EXPECT_EQ(third.read_all(), "");
  EXPECT_EQ(handler.seen().size(), 2U);
}

TEST_F(Server, A61SlowAnswerDoesNotStandBeforeAnother) {
  const uint16_t port = start();
  RawClient slow(port);
  ASSERT_TRUE(slow.send_text("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n"));
  handler.await_calls(1);

  RawClient quick(port);
  ASSERT_TRUE(quick.send_text(kGet));

  EXPECT_THAT(quick.read_to("GET /livez "), HasSubstr("200 OK"));
  handler.release();
  EXPECT_THAT(slow.read_to("GET /slow "), HasSubstr("200 OK"));
}

TEST_F(Server, StopsWithOpenConnections) {
  const uint16_t port = start();
  RawClient idle(port);
  RawClient half(port);
  ASSERT_TRUE(half.send_text("GET / HT"));

  server.reset();

  EXPECT_EQ(idle.read_all(), "");
  EXPECT_FALSE(RawClient(port).connected());
}

TEST_F(Server, EmptyAddressServesLoopback) {
  base::Result<std::unique_ptr<HttpServer>> started = start_http_server("", 0, handler);
  ASSERT_TRUE(started.ok());

  RawClient client((*started)->port());
  ASSERT_TRUE(client.send_text(kGet));
  EXPECT_THAT(client.read_to("GET /livez "), HasSubstr("200 OK"));
}

TEST_F(Server, PortInUseIsAnErrorThatNamesIt) {
  const uint16_t port = start();

  const base::Result<std::unique_ptr<HttpServer>> second =
      start_http_server("127.0.0.1", port, handler);

  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().message,
            "serve http: bind 127.0.0.1:" + std::to_string(port) + ": Address already in use");
}

TEST_F(Server, AddressThatIsNoneIsAnError) {
  const base::Result<std::unique_ptr<HttpServer>> server_at_name =
      start_http_server("localhost", 8081, handler);

  ASSERT_FALSE(server_at_name.ok());
  EXPECT_THAT(server_at_name.error().message,
              StartsWith("serve http: read the address localhost:8081: "));
}

}  // namespace
}  // namespace kaizen::net
