// What is left of an exchange that its caller gave up (T2): nothing, on either side.
#include <chrono>
#include <future>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "base/error.h"
#include "net/cpprest_transport.h"
#include "net/scripted_server_test_support.h"
#include "net/transport.h"
#include "net/transport_test_support.h"

namespace kaizen::net {
namespace {

using namespace testing;  // NOLINT
using namespace std::chrono_literals;

class AbandonTest : public ::testing::TestWithParam<bool> {
 protected:
  // Says whether the client ends the connection after `script`, well before the server would.
  std::unique_ptr<ScriptedServer> server(Script script) {
    ServerOptions options;
    if (GetParam()) {
      TlsOptions tls{
          .identity = ca_.issue({.addresses = {"127.0.0.1"}}), .client_ca = {}, .max_version = 0};
      options.tls = std::make_shared<TlsOptions>(std::move(tls));
    }
    return std::make_unique<ScriptedServer>(
        [this, script = std::move(script)](Peer& peer) {
          if (peer.read_request().empty()) return;
          script(peer);
          ended_.set_value(peer.closed_within(10s));
        },
        std::move(options));
  }

  std::unique_ptr<Transport> to(const ScriptedServer& server) {
    Endpoint endpoint;
    endpoint.base_url = server.url();
    endpoint.ca_pem = ca_.pem();
    return transport_to(endpoint, clock_);
  }

  ManualClock clock_;
  Authority ca_;
  std::promise<bool> ended_;
};

TEST_P(AbandonTest, T2ACallThatIsNotAnsweredLeavesNoConnection) {
  std::stop_source stop;
  const auto silent = server([&](Peer&) { stop.request_stop(); });
  const auto transport = to(*silent);

  const auto answer = transport->call(get(), {.stop = stop.get_token()});

  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, base::Code::kCancelled) << answer.error().message;
  EXPECT_TRUE(ended_.get_future().get());
}

TEST_P(AbandonTest, T2AnAnswerThatIsTooLargeLeavesNoConnection) {
  const auto large = server([](Peer& peer) {
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + std::string(200000, 'x'));
  });
  const auto transport = to(*large);

  const auto answer = transport->call(get(), {.max_body_bytes = 100, .stop = {}});

  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, base::Code::kTooLarge) << answer.error().message;
  EXPECT_TRUE(ended_.get_future().get());
}

INSTANTIATE_TEST_SUITE_P(PlainAndTls, AbandonTest, ::testing::Bool());

}  // namespace
}  // namespace kaizen::net
