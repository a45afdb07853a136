// The rules of the client runtime that a Transport keeps (RT-1 … RT-19), each end to end.
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/tls1.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/number.h"
#include "base/text.h"
#include "net/cpprest_transport.h"
#include "net/scripted_server_test_support.h"
#include "net/transport.h"
#include "net/transport_test_support.h"
#include "net/unique_fd_internal.h"

namespace kaizen::net {
namespace {

using namespace testing;  // NOLINT
using base::Code;

void serve_ok(Peer& peer) {
  while (!peer.read_request().empty()) peer.answer(200, "", "ok");
}

class RulesTest : public ::testing::Test {
 protected:
  // A server that shows a certificate for 127.0.0.1.
  std::unique_ptr<ScriptedServer> tls_server(Script script, int max_version = 0) {
    TlsOptions options{.identity = ca_.issue({.addresses = {"127.0.0.1"}}),
                       .client_ca = {},
                       .max_version = max_version};
    return std::make_unique<ScriptedServer>(
        std::move(script), ServerOptions{.tls = std::make_shared<TlsOptions>(std::move(options))});
  }

  Endpoint to(const ScriptedServer& server) const {
    Endpoint endpoint;
    endpoint.base_url = server.url();
    endpoint.ca_pem = ca_.pem();
    return endpoint;
  }

  ManualClock clock_;
  Authority ca_;
  Seen seen_;
};

TEST_F(RulesTest, RT1OnlyHttp11IsOffered) {
  std::string alpn;
  const auto server = tls_server([&](Peer& peer) {
    alpn = peer.alpn();
    serve_ok(peer);
  });
  const auto transport = transport_to(to(*server), clock_);

  ASSERT_TRUE(transport->call(get(), {}).ok());

  EXPECT_EQ(alpn, "http/1.1");
}

TEST_F(RulesTest, RT1OldVersionsOfTlsAreRefused) {
  const auto old_server = tls_server(serve_ok, TLS1_1_VERSION);
  const auto new_server = tls_server(serve_ok, TLS1_2_VERSION);

  const auto refused = transport_to(to(*old_server), clock_)->call(get(), {});
  const auto accepted = transport_to(to(*new_server), clock_)->call(get(), {});

  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::kTls) << refused.error().message;
  EXPECT_TRUE(accepted.ok());
}

TEST_F(RulesTest, RT1AServerWithoutTlsIsRefused) {
  ScriptedServer server([](Peer& peer) {
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    peer.wait_closed();
  });
  Endpoint endpoint = to(server);
  endpoint.base_url = base::replace_all(server.url(), "http://", "https://");

  const auto answer = transport_to(endpoint, clock_)->call(post("{}"), {});

  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, Code::kTls) << answer.error().message;
}

// Makes `file` the system's CA certificates while it lives.
class SystemRoots {
 public:
  explicit SystemRoots(const std::string& file) {
    if (const char* before = std::getenv(kVariable)) before_ = before;
    EXPECT_EQ(::setenv(kVariable, file.c_str(), 1), 0);
  }

  SystemRoots(const SystemRoots&) = delete;
  SystemRoots& operator=(const SystemRoots&) = delete;

  ~SystemRoots() { before_ ? ::setenv(kVariable, before_->c_str(), 1) : ::unsetenv(kVariable); }

 private:
  static constexpr const char* kVariable = "SSL_CERT_FILE";
  std::optional<std::string> before_;
};

TEST_F(RulesTest, RT2OnlyTheGivenCaIsTrusted) {
  // Given: a system that trusts another CA, and a server that shows a certificate of that one.
  const Authority system;
  const Folder folder;
  const SystemRoots roots(folder.write("roots", system.pem()));
  ScriptedServer server(serve_ok, {.tls = tls(system.issue({.addresses = {"127.0.0.1"}}))});
  Endpoint with_ca = to(server);
  Endpoint without_ca = to(server);
  without_ca.ca_pem.clear();

  const auto refused = transport_to(with_ca, clock_)->call(get(), {});
  const auto accepted = transport_to(without_ca, clock_)->call(get(), {});

  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::kTls);
  EXPECT_TRUE(accepted.ok()) << accepted.error().message;
}

TEST_F(RulesTest, RT3AddressesAreComparedInBinaryForm) {
  struct Case {
    const char* expected;
    const char* shown;
    bool accepted;
  };

  for (const Case& c :
       {Case{"fd00::1", "fd00:0:0:0:0:0:0:1", true}, Case{"[fd00:0::0:1]", "fd00::1", true},
        Case{"fd00::2", "fd00::1", false}, Case{"10.96.0.1", "10.96.0.1", true},
        Case{"::ffff:10.96.0.1", "10.96.0.1", false}}) {
    SCOPED_TRACE(c.expected);
    ScriptedServer server(serve_ok, {.tls = tls(ca_.issue({.addresses = {c.shown}}))});
    Endpoint endpoint = to(server);
    endpoint.server_name = c.expected;

    const auto answer = transport_to(endpoint, clock_)->call(get(), {});

    EXPECT_EQ(answer.ok(), c.accepted) << (answer.ok() ? "" : answer.error().message);
  }
}

TEST_F(RulesTest, RT4ARedirectIsAnAnswerAndNeverFollowed) {
  ScriptedServer other(serve_ok);
  ScriptedServer server([&](Peer& peer) {
    for (const int status : {301, 302, 303, 307, 308}) {
      peer.read_request();
      peer.answer(status, base::concat({"Location: ", other.url(), "/\r\n"}), "");
    }
  });
  Endpoint endpoint = to(server);
  endpoint.token = "secret";
  const auto transport = transport_to(endpoint, clock_);

  for (const int status : {301, 302, 303, 307, 308}) {
    const auto answer = transport->call(get(), {});
    ASSERT_TRUE(answer.ok()) << answer.error().message;
    EXPECT_EQ(answer->status, status);
  }

  EXPECT_EQ(other.connections(), 0U);
  EXPECT_EQ(server.requests().size(), 5U);
}

// Fills a listener's queue, so that the kernel answers no further SYN.
std::vector<UniqueFd> fill_queue(const ScriptedServer& server) {
  std::vector<UniqueFd> sockets;
  for (int i = 0; i < 4; ++i) {
    sockets.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server.port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::connect(sockets.back().get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  }
  return sockets;
}

TEST_F(RulesTest, RT5AConnectionThatIsNotMadeIsGivenUpAndTriedAgain) {
  ScriptedServer server(serve_ok, {.tls = nullptr, .handshake = false, .listens = false});
  server.listen_without_accepting();
  const auto queue = fill_queue(server);
  Endpoint endpoint = to(server);
  endpoint.connect = 500ms;
  const auto transport = transport_to(endpoint, clock_, [&](const CallReport& report) {
    seen_.statuses.push_back(report.status);
    if (seen_.statuses.size() == 1) server.listen();
  });

  const auto answer = transport->call(post("{}"), within(20s));

  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(seen_.statuses, (std::vector<int>{0, 200}));
}

TEST_F(RulesTest, RT5ATlsHandshakeThatIsNotMadeIsGivenUpAndTriedAgain) {
  ScriptedServer server(
      [](Peer& peer) {
        if (peer.index() == 0) return peer.wait_closed();
        if (peer.handshake()) serve_ok(peer);
      },
      {.tls = tls(ca_.issue({.addresses = {"127.0.0.1"}})), .handshake = false});
  Endpoint endpoint = to(server);
  endpoint.connect = 1s;

  const auto answer = transport_to(endpoint, clock_, into(seen_))->call(post("{}"), within(20s));

  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(seen_.statuses, (std::vector<int>{0, 200}));
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(RulesTest, RT5ADeadlineBeforeAnythingWasSentIsNoTimeout) {
  ScriptedServer server([](Peer& peer) { peer.wait_closed(); });
  Endpoint endpoint = to(server);
  endpoint.base_url = base::replace_all(server.url(), "http://", "https://");

  const auto answer = transport_to(endpoint, clock_)->call(post("{}"), within(1s));

  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, Code::kUnavailable);
  EXPECT_NE(answer.error().message.find("in the TLS handshake"), std::string::npos)
      << answer.error().message;
}

TEST_F(RulesTest, RT6AHeadOver64KiBIsRefused) {
  ScriptedServer server([](Peer& peer) {
    peer.read_request();
    peer.answer(200, base::concat({"X-Long: ", std::string(60'000, 'x'), "\r\n"}), "ok");
    peer.read_request();
    peer.answer(200, base::concat({"X-Long: ", std::string(66'000, 'x'), "\r\n"}), "ok");
  });
  const auto transport = transport_to(to(server), clock_);

  const auto fits = transport->call(get(), {});
  const auto over = transport->call(get(), {});

  EXPECT_TRUE(fits.ok());
  ASSERT_FALSE(over.ok());
  EXPECT_EQ(over.error().code, Code::kTooLarge);
}

int option(int socket, int level, int name) {
  int value = -1;
  socklen_t length = sizeof value;
  ::getsockopt(socket, level, name, &value, &length);
  return value;
}

// Our sockets whose other end is at `port`.
std::vector<int> sockets_to(uint16_t port) {
  std::vector<int> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    const auto fd = base::parse_int(entry.path().filename().string());
    sockaddr_in peer{};
    socklen_t length = sizeof peer;
    const bool is_peer = fd && ::getpeername(static_cast<int>(*fd),
                                             reinterpret_cast<sockaddr*>(&peer), &length) == 0;
    if (is_peer && ntohs(peer.sin_port) == port) found.push_back(static_cast<int>(*fd));
  }
  return found;
}

TEST_F(RulesTest, RT8EveryConnectionHasKeepaliveAndAUserTimeout) {
  const auto encrypted = tls_server(serve_ok);
  ScriptedServer open(serve_ok);
  for (const ScriptedServer* server : {encrypted.get(), &open}) {
    const auto transport = transport_to(to(*server), clock_);
    ASSERT_TRUE(transport->call(get(), {}).ok());

    const std::vector<int> sockets = sockets_to(server->port());

    ASSERT_EQ(sockets.size(), 1U);
    EXPECT_EQ(option(sockets[0], SOL_SOCKET, SO_KEEPALIVE), 1);
    EXPECT_EQ(option(sockets[0], IPPROTO_TCP, TCP_KEEPIDLE), 30);
    EXPECT_EQ(option(sockets[0], IPPROTO_TCP, TCP_KEEPINTVL), 10);
    EXPECT_EQ(option(sockets[0], IPPROTO_TCP, TCP_KEEPCNT), 3);
    EXPECT_EQ(option(sockets[0], IPPROTO_TCP, TCP_USER_TIMEOUT), 45'000);
  }
}

TEST_F(RulesTest, RT10UnaryCallsAreBoundedAndStreamsAreApart) {
  Gate two_arrived;
  Gate release;
  std::atomic<int> unary = 0;
  std::atomic<int> most = 0;
  std::atomic<int> arrived = 0;
  ScriptedServer server([&](Peer& peer) {
    for (std::string request; !(request = peer.read_request()).empty();) {
      if (request.starts_with("GET /stream")) {
        peer.answer(200, "", "streamed");
        continue;
      }
      const int now = ++unary;
      for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
      }
      if (++arrived == 2) two_arrived.open();
      release.wait();
      --unary;
      peer.answer(200, "", "ok");
    }
  });
  Endpoint endpoint = to(server);
  endpoint.max_connections = 2;
  const auto transport = transport_to(endpoint, clock_);
  std::atomic<int> answered = 0;
  std::vector<std::thread> callers;
  for (int i = 0; i < 5; ++i) {
    callers.emplace_back([&] { answered += transport->call(get("/unary"), {}).ok() ? 1 : 0; });
  }
  ASSERT_TRUE(two_arrived.wait());

  Collector sink;
  const auto streamed = transport->stream(get("/stream"), 20s, sink, {});
  release.open();
  for (std::thread& caller : callers) caller.join();

  ASSERT_TRUE(streamed.ok());
  EXPECT_EQ(sink.bytes, "streamed");
  EXPECT_EQ(answered, 5);
  EXPECT_EQ(most, 2);
}

TEST_F(RulesTest, RT10WhoFindsNoConnectionBeforeTheDeadlineSendsNothing) {
  Gate arrived;
  ScriptedServer server([&](Peer& peer) {
    peer.read_request();
    arrived.open();
    peer.wait_closed();
  });
  Endpoint endpoint = to(server);
  endpoint.max_connections = 1;
  const auto transport = transport_to(endpoint, clock_);
  std::stop_source stop;
  std::thread holder([&] {
    CallLimits limits;
    limits.stop = stop.get_token();
    static_cast<void>(transport->call(get(), limits));
  });
  ASSERT_TRUE(arrived.wait());

  const auto answer = transport->call(post("{}"), within(200ms));
  stop.request_stop();
  holder.join();

  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, Code::kUnavailable);
  EXPECT_EQ(server.requests().size(), 1U);
}

// A proxy that answers CONNECT and then speaks for the server behind it.
TEST_F(RulesTest, RT11RequestsGoThroughTheProxy) {
  std::vector<std::string> connects;
  ScriptedServer proxy(
      [&](Peer& peer) {
        connects.push_back(peer.read_request());
        peer.send("HTTP/1.1 200 Connection established\r\n\r\n");
        if (peer.handshake()) serve_ok(peer);
      },
      {.tls = tls(ca_.issue({.names = {"api.internal"}})), .handshake = false});
  Endpoint endpoint;
  endpoint.base_url = "https://api.internal:6443";
  endpoint.ca_pem = ca_.pem();
  endpoint.proxy = base::concat({"http://127.0.0.1:", std::to_string(proxy.port())});
  const auto transport = transport_to(endpoint, clock_);

  const auto first = transport->call(post("{}"), {});
  const auto second = transport->call(get(), {});

  ASSERT_TRUE(first.ok()) << first.error().message;
  ASSERT_TRUE(second.ok()) << second.error().message;
  ASSERT_EQ(connects.size(), 2U);
  EXPECT_TRUE(connects[0].starts_with("CONNECT api.internal:6443 HTTP/1.1\r\n")) << connects[0];
  EXPECT_NE(proxy.requests()[1].find("Host:api.internal:6443\r\n"), std::string::npos)
      << proxy.requests()[1];
}

TEST_F(RulesTest, RT11AProxyThatRefusesIsUnavailable) {
  ScriptedServer proxy([](Peer& peer) {
    peer.read_request();
    peer.answer(403, "", "");
  });
  Endpoint endpoint;
  endpoint.base_url = "https://api.internal:6443";
  endpoint.ca_pem = ca_.pem();
  endpoint.proxy = proxy.url();

  const auto answer = transport_to(endpoint, clock_)->call(post("{}"), within(3s));

  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, Code::kUnavailable) << answer.error().message;
  EXPECT_NE(answer.error().message.find("403"), std::string::npos) << answer.error().message;
}

TEST_F(RulesTest, RT11SocksIsAnErrorAtStart) {
  Endpoint endpoint;
  endpoint.base_url = "https://api.internal:6443";
  endpoint.proxy = "socks5://proxy:1080";

  const auto made = make_cpprest_transport(endpoint, clock_, {});

  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().action, base::Action::kTerminal);
}

TEST_F(RulesTest, RT12AServerThatAlwaysSaysLaterIsAskedElevenTimes) {
  ScriptedServer server([](Peer& peer) {
    while (!peer.read_request().empty()) peer.answer(429, "Retry-After: 0\r\n", "busy");
  });

  const auto answer = transport_to(to(server), clock_)->call(post("{}"), {});

  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->status, 429);
  EXPECT_EQ(answer->body, "busy");
  EXPECT_EQ(server.requests().size(), 11U);
}

TEST_F(RulesTest, RT12AWaitBeyondTheDeadlineIsNotBegun) {
  ScriptedServer server([](Peer& peer) {
    while (!peer.read_request().empty()) peer.answer(503, "Retry-After: 50\r\n", "");
  });

  const auto answer = transport_to(to(server), clock_)->call(get(), within(10s));

  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->status, 503);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(RulesTest, RT13ARefusedConnectionIsTriedAgain) {
  ScriptedServer server(serve_ok, {.tls = nullptr, .handshake = false, .listens = false});
  const auto transport = transport_to(to(server), clock_, [&](const CallReport& report) {
    seen_.statuses.push_back(report.status);
    if (seen_.statuses.size() == 1) server.listen();
  });

  const auto answer = transport->call(post("{}"), within(20s));

  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(seen_.statuses, (std::vector<int>{0, 200}));
}

TEST_F(RulesTest, RT13WhenTimeIsUpTheRefusalIsTheAnswer) {
  ScriptedServer server(serve_ok, {.tls = nullptr, .handshake = false, .listens = false});

  const auto answer = transport_to(to(server), clock_)->call(post("{}"), within(100ms));

  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, Code::kUnavailable);
  EXPECT_EQ(answer.error().action, base::Action::kRetryCall);
}

TEST_F(RulesTest, RT13AnEndBeforeTheFirstByteIsTriedAgain) {
  for (void (*end)(Peer&) :
       {+[](Peer& peer) { peer.reset(); }, +[](Peer& peer) { peer.close(); }}) {
    ScriptedServer server(
        [&](Peer& peer) {
          if (peer.index() == 0) return end(peer);
          if (peer.handshake()) serve_ok(peer);
        },
        {.tls = tls(ca_.issue({.addresses = {"127.0.0.1"}})), .handshake = false});

    const auto answer = transport_to(to(server), clock_)->call(post("{}"), within(20s));

    ASSERT_TRUE(answer.ok()) << answer.error().message;
    EXPECT_EQ(server.connections(), 2U);
    EXPECT_EQ(server.requests().size(), 1U);
  }
}

TEST_F(RulesTest, RT66AWriteCutAfterItsFirstByteIsUnknownAndNotRepeated) {
  const auto server = tls_server([](Peer& peer) {
    peer.read_request();
    peer.reset();
  });

  const auto answer = transport_to(to(*server), clock_)->call(post("{}"), within(20s));

  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, Code::kUnknownOutcome) << answer.error().message;
  EXPECT_EQ(server->requests().size(), 1U);
}

TEST_F(RulesTest, RT14TheLimiterHoldsBackOurOwnBugs) {
  ScriptedServer server(serve_ok);
  Endpoint endpoint = to(server);
  endpoint.requests_per_second = 0.01;
  endpoint.burst = 2;
  const auto transport = transport_to(endpoint, clock_);
  ASSERT_TRUE(transport->call(get(), {}).ok());
  ASSERT_TRUE(transport->call(get(), {}).ok());

  const auto held_back = transport->call(get(), {});
  clock_.advance(100s);
  const auto later = transport->call(get(), {});

  ASSERT_FALSE(held_back.ok());
  EXPECT_EQ(held_back.error().code, Code::kUnavailable);
  EXPECT_NE(held_back.error().message.find("our own limit"), std::string::npos);
  EXPECT_TRUE(later.ok());
  EXPECT_EQ(server.requests().size(), 3U);
}

size_t count(std::string_view text, std::string_view part) {
  size_t found = 0;
  for (size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

TEST_F(RulesTest, RT15HeadersSayWhoWeAreAndAskForNoCompression) {
  ScriptedServer server(serve_ok);
  Endpoint endpoint = to(server);
  endpoint.headers = {{.name = "User-Agent", .value = "kaizen/1.2.3 (linux/amd64) abc"},
                      {.name = "X-Scope-OrgID", .value = "shop"}};
  endpoint.token = "t";
  const auto transport = transport_to(endpoint, clock_);
  base::HttpRequest request = post("{}");
  request.headers.push_back({.name = "accept", .value = "application/json;as=Table"});

  ASSERT_TRUE(transport->call(get(), {}).ok());
  ASSERT_TRUE(transport->call(request, {}).ok());

  const std::string plain_get = server.requests().at(0);
  EXPECT_NE(plain_get.find("User-Agent:kaizen/1.2.3 (linux/amd64) abc\r\n"), std::string::npos);
  EXPECT_NE(plain_get.find("Accept:application/json\r\n"), std::string::npos);
  EXPECT_NE(plain_get.find("X-Scope-OrgID:shop\r\n"), std::string::npos);
  EXPECT_NE(plain_get.find("Authorization:Bearer t\r\n"), std::string::npos);
  const std::string lower = base::to_lower_ascii(server.requests().at(1));
  EXPECT_EQ(lower.find("accept-encoding"), std::string::npos);
  EXPECT_EQ(count(lower, "\r\naccept:"), 1U);
  EXPECT_EQ(count(lower, "\r\ncontent-type:"), 1U);
  EXPECT_NE(lower.find("accept:application/json;as=table\r\n"), std::string::npos);
  EXPECT_NE(lower.find("content-type:application/json\r\n"), std::string::npos);
  EXPECT_NE(lower.find("content-length:2\r\n"), std::string::npos);
}

TEST_F(RulesTest, RT15TheTargetIsSentAsGiven) {
  ScriptedServer server(serve_ok);
  const auto transport = transport_to(to(server), clock_);
  for (const char* target :
       {"/", "/api/v1/pods?labelSelector=a%3Db%2Cc%3Dd&limit=500&continue=a%2Bb%3D%3D", "/a//b/",
        "/a/../b/./c", "/%2F%25%C3%A4?q=%22x%22", "/api/v1/query?query=sum(rate(x%5B1m%5D))",
        "/a?b?c&&d=", "/a:b@c;d=e,f!g$h'i(j)*k~l"}) {
    const auto answer = transport->call(get(target), {});

    ASSERT_TRUE(answer.ok()) << target << ": " << answer.error().message;
    EXPECT_TRUE(
        server.requests().back().starts_with(base::concat({"GET ", target, " HTTP/1.1\r\n"})))
        << target << " was sent as "
        << server.requests().back().substr(0, server.requests().back().find('\r'));
  }
}

TEST_F(RulesTest, RT16WarningsAreReported) {
  ScriptedServer server([](Peer& peer) {
    peer.read_request();
    peer.answer(200,
                "Warning: 299 - \"v1beta1 is deprecated\"\r\nWarning: 299 - \"unknown field\"\r\n",
                "ok");
  });

  ASSERT_TRUE(transport_to(to(server), clock_, into(seen_))->call(get(), {}).ok());

  EXPECT_EQ(seen_.warnings, (std::vector<std::string>{"v1beta1 is deprecated", "unknown field"}));
}

// Accepts only the token "second".
void serve_second(Peer& peer) {
  for (std::string request; !(request = peer.read_request()).empty();) {
    const bool fits = request.find("Authorization:Bearer second\r\n") != std::string::npos;
    peer.answer(fits ? 200 : 401, "", fits ? "ok" : "who are you");
  }
}

TEST_F(RulesTest, RT18After401TheTokenIsReadAgain) {
  const Folder folder;
  ScriptedServer server(serve_second);
  Endpoint endpoint = to(server);
  endpoint.token_file = folder.write("token", "first");
  const auto transport = transport_to(endpoint, clock_, [&](const CallReport& report) {
    seen_.statuses.push_back(report.status);
    folder.write("token", "second");
  });

  const auto answer = transport->call(get(), {});

  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(seen_.statuses, (std::vector<int>{401, 200}));
}

TEST_F(RulesTest, RT18ASecond401IsTheAnswer) {
  const Folder folder;
  ScriptedServer server(serve_second);
  Endpoint endpoint = to(server);
  endpoint.token_file = folder.write("token", "first");
  const auto transport = transport_to(endpoint, clock_, into(seen_));

  const auto answer = transport->call(get(), {});

  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->status, 401);
  EXPECT_EQ(seen_.statuses, (std::vector<int>{401, 401}));
}

TEST_F(RulesTest, RT18ATokenGivenInlineIsNotTriedTwice) {
  ScriptedServer server(serve_second);
  Endpoint endpoint = to(server);
  endpoint.token = "first";

  const auto answer = transport_to(endpoint, clock_, into(seen_))->call(get(), {});

  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->status, 401);
  EXPECT_EQ(seen_.statuses, std::vector<int>{401});
}

TEST_F(RulesTest, RT18AlsoForAStream) {
  const Folder folder;
  ScriptedServer server(serve_second);
  Endpoint endpoint = to(server);
  endpoint.token_file = folder.write("token", "first");
  const auto transport = transport_to(endpoint, clock_);
  Collector sink;
  const auto refused = transport->stream(get(), 20s, sink, {});
  folder.write("token", "second");

  const auto accepted = transport->stream(get(), 20s, sink, {});

  ASSERT_TRUE(refused.ok());
  EXPECT_EQ(refused->kind, StreamEndKind::kRefused);
  EXPECT_EQ(refused->response.status, 401);
  EXPECT_EQ(refused->response.body, "who are you");
  ASSERT_TRUE(accepted.ok());
  EXPECT_EQ(accepted->kind, StreamEndKind::kServerEnded);
  EXPECT_EQ(sink.bytes, "ok");
}

TEST_F(RulesTest, RT18AnOldTokenIsReported) {
  const Folder folder;
  ScriptedServer server(serve_ok);
  Endpoint endpoint = to(server);
  endpoint.token_file = folder.write("token", "first");
  const auto transport = transport_to(endpoint, clock_, into(seen_));
  ASSERT_TRUE(transport->call(get(), {}).ok());
  std::filesystem::remove(folder.file("token"));
  clock_.advance(50s);

  ASSERT_TRUE(transport->call(get(), {}).ok());

  EXPECT_EQ(seen_.problems, (std::vector<std::string>{"", "token_unreadable"}));
}

TEST_F(RulesTest, RT18WithoutAnyTokenNothingIsSent) {
  const Folder folder;
  ScriptedServer server(serve_ok);
  Endpoint endpoint = to(server);
  endpoint.token_file = folder.file("token");

  const auto answer = transport_to(endpoint, clock_)->call(get(), {});

  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, Code::kUnauthorized);
  EXPECT_EQ(server.connections(), 0U);
}

TEST_F(RulesTest, RT19AChangedCaEndsIdleConnections) {
  const Folder folder;
  const Authority another;
  const auto server = tls_server(serve_ok);
  Endpoint endpoint = to(*server);
  endpoint.ca_pem.clear();
  endpoint.ca_file = folder.write("ca", ca_.pem());
  const auto transport = transport_to(endpoint, clock_, into(seen_));
  ASSERT_TRUE(transport->call(get(), {}).ok());
  ASSERT_TRUE(transport->call(get(), {}).ok());
  ASSERT_EQ(server->connections(), 1U);

  folder.write("ca", ca_.pem() + another.pem());
  clock_.advance(5min);
  ASSERT_TRUE(transport->call(get(), {}).ok());

  EXPECT_EQ(server->connections(), 2U);
}

TEST_F(RulesTest, RT19ABrokenCaKeepsConnectionsAndIsReported) {
  const Folder folder;
  const auto server = tls_server(serve_ok);
  Endpoint endpoint = to(*server);
  endpoint.ca_pem.clear();
  endpoint.ca_file = folder.write("ca", ca_.pem());
  const auto transport = transport_to(endpoint, clock_, into(seen_));
  ASSERT_TRUE(transport->call(get(), {}).ok());

  folder.write("ca", "broken");
  clock_.advance(5min);
  ASSERT_TRUE(transport->call(get(), {}).ok());

  EXPECT_EQ(server->connections(), 1U);
  EXPECT_EQ(seen_.problems, (std::vector<std::string>{"", "trust_unparsable"}));
}

TEST_F(RulesTest, ARefusedStreamHoldsTheWholeAnswer) {
  ScriptedServer server([](Peer& peer) {
    peer.read_request();
    peer.answer(410, "", "{\"reason\":\"Expired\"}");
  });
  Collector sink;

  const auto end = transport_to(to(server), clock_)->stream(get(), 20s, sink, {});

  ASSERT_TRUE(end.ok());
  EXPECT_EQ(end->kind, StreamEndKind::kRefused);
  EXPECT_EQ(end->response.status, 410);
  EXPECT_EQ(end->response.body, "{\"reason\":\"Expired\"}");
  EXPECT_TRUE(sink.opened.empty());
}

TEST_F(RulesTest, APartIsContentOnlyForWhoAskedForOne) {
  ScriptedServer server([](Peer& peer) {
    peer.read_request();
    peer.answer(206, "Content-Range: bytes 4-7/8\r\n", "last");
  });
  base::HttpRequest part = get();
  part.headers.push_back({.name = "Range", .value = "bytes=4-"});
  Collector sink;
  Collector other;

  const auto asked = transport_to(to(server), clock_)->stream(part, 20s, sink, {});
  const auto not_asked = transport_to(to(server), clock_)->stream(get(), 20s, other, {});

  ASSERT_TRUE(asked.ok());
  EXPECT_EQ(asked->kind, StreamEndKind::kServerEnded);
  EXPECT_EQ(sink.opened, (std::vector<int>{206}));
  EXPECT_EQ(sink.bytes, "last");
  ASSERT_TRUE(not_asked.ok());
  EXPECT_EQ(not_asked->kind, StreamEndKind::kRefused);
  EXPECT_TRUE(other.opened.empty());
}

TEST_F(RulesTest, AMessageShowsNoQueryAndNoToken) {
  ScriptedServer server([](Peer& peer) {
    peer.read_request();
    peer.reset();
  });
  Endpoint endpoint = to(server);
  endpoint.token = "secret-token";

  const auto answer = transport_to(endpoint, clock_)->call(get("/path?key=secret-key"), {});

  ASSERT_FALSE(answer.ok());
  EXPECT_TRUE(answer.error().message.starts_with(base::concat({"GET ", server.url(), "/path: "})))
      << answer.error().message;
  EXPECT_EQ(answer.error().message.find("secret"), std::string::npos);
}

TEST_F(RulesTest, WithoutDescriptorsACallFailsAndALaterOneWorks) {
  ScriptedServer server(serve_ok);
  const auto transport = transport_to(to(server), clock_);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit none = before;
  none.rlim_cur = 0;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);

  const auto failed = transport->call(post("{}"), within(100ms));
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  const auto later = transport->call(post("{}"), {});

  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().code, Code::kUnavailable) << failed.error().message;
  EXPECT_TRUE(later.ok()) << later.error().message;
}

size_t thread_count() {
  size_t threads = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
    static_cast<void>(entry);
    ++threads;
  }
  return threads;
}

TEST(CpprestThreads, A63TheLibraryHasFourThreads) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");

  EXPECT_EXIT(
      {
        std::thread([] {}).join();  // a sanitizer's own thread starts with the first one
        const size_t before = thread_count();
        start_cpprest_threads();
        start_cpprest_threads();
        std::_Exit(static_cast<int>(thread_count() - before));
      },
      ::testing::ExitedWithCode(4), "");
}

}  // namespace
}  // namespace kaizen::net
