#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "net/exchange_internal.h"
#include "net/unique_fd_internal.h"

namespace kaizen::net {
namespace {

using namespace std::chrono_literals;

// The library repeats a request whose connection ended; nobody waits for that answer.
TEST(Exchange, T2AnExchangeThatWasLeftTakesNoFurtherConnection) {
  const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_TRUE(socket.valid());
  Exchange exchange({}, {});
  ASSERT_TRUE(exchange.attach(socket.get(), false));

  exchange.leave();

  EXPECT_FALSE(exchange.attach(socket.get(), false));
}

TEST(Exchange, T2WithoutAConnectionThereIsNoneToBreakOff) {
  Exchange exchange({}, {});
  EXPECT_FALSE(exchange.break_off());
}

// The two ends of a connection over loopback, one of them read as the library reads.
class Pair {
 public:
  Pair() {
    const UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    socklen_t length = sizeof address;
    EXPECT_EQ(::bind(listener.get(), raw, length), 0);
    EXPECT_EQ(::listen(listener.get(), 1), 0);
    EXPECT_EQ(::getsockname(listener.get(), raw, &length), 0);
    ours_ = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::connect(ours_.get(), raw, length), 0);
    theirs_ = UniqueFd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  }

  int ours() const { return ours_.get(); }

  void carry(size_t bytes) const {
    std::vector<char> block(size_t{64} << 10U);
    while (bytes > 0) {
      const size_t part = std::min(bytes, block.size());
      ASSERT_EQ(::send(theirs_.get(), block.data(), part, MSG_NOSIGNAL),
                static_cast<ssize_t>(part));
      ASSERT_EQ(::recv(ours_.get(), block.data(), part, MSG_WAITALL), static_cast<ssize_t>(part));
      bytes -= part;
    }
  }

 private:
  UniqueFd ours_;
  UniqueFd theirs_;
};

ExchangeRules rules_for(bool streams, size_t max_body_bytes) {
  return {.tls = false,
          .streams = streams,
          .max_body_bytes = max_body_bytes,
          .connect = 20s,
          .deadline = std::chrono::steady_clock::now() + 50ms,
          .idle = std::nullopt};
}

// The library reads on while its other thread has not handed over the head yet.
TEST(Exchange, T6AChunkThatCameBeforeItsHeadWasHandedOverIsNoEndlessHead) {
  const Pair pair;
  Exchange stream(rules_for(true, 0), {});
  ASSERT_TRUE(stream.attach(pair.ours(), false));
  pair.carry(size_t{1} << 20U);
  EXPECT_EQ(stream.wait(), Wake::kDeadline);

  const Pair other;
  Exchange call(rules_for(false, size_t{1} << 20U), {});
  ASSERT_TRUE(call.attach(other.ours(), false));
  other.carry(size_t{1} << 20U);
  EXPECT_EQ(call.wait(), Wake::kDeadline);
}

TEST(Exchange, T6WithoutAHeadTheMemoryIsThatOfHeadAndOneBlock) {
  const Pair pair;
  Exchange stream(rules_for(true, 0), {});
  ASSERT_TRUE(stream.attach(pair.ours(), false));
  pair.carry(kMaxHeadBytes + kMaxStreamBlock + kReadAhead + 1);
  EXPECT_EQ(stream.wait(), Wake::kTooLarge);

  const Pair other;
  Exchange call(rules_for(false, 1000), {});
  ASSERT_TRUE(call.attach(other.ours(), false));
  other.carry(kMaxHeadBytes + 1000 + kReadAhead + 1);
  EXPECT_EQ(call.wait(), Wake::kTooLarge);
}

}  // namespace
}  // namespace kaizen::net
