#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/http.h"
#include "net/credentials_internal.h"
#include "net/small_file_internal.h"
#include "net/transport_test_support.h"
#include "net/trust_internal.h"

namespace kaizen::net {
namespace {

using testing::Authority;
using testing::Folder;
using testing::ManualClock;
using namespace std::chrono_literals;

class CredentialsTest : public ::testing::Test {
 protected:
  Folder folder_;
  ManualClock clock_;
};

TEST_F(CredentialsTest, RT18ATokenIsReadAgainAfter50Seconds) {
  Credentials credentials({.token_file = folder_.write("token", " first \n")}, clock_);
  EXPECT_EQ(credentials.now()->token, "first");
  folder_.write("token", "second");

  clock_.advance(49s);
  EXPECT_EQ(credentials.now()->token, "first");
  clock_.advance(1s);
  EXPECT_EQ(credentials.now()->token, "second");
}

TEST_F(CredentialsTest, RT18AnEmptyFileKeepsTheOldTokenAndSaysSo) {
  Credentials credentials({.token_file = folder_.write("token", "first")}, clock_);
  EXPECT_EQ(credentials.now()->problem, "");
  folder_.write("token", " \n");
  clock_.advance(50s);

  const auto kept = credentials.now();

  EXPECT_EQ(kept->token, "first");
  EXPECT_EQ(kept->problem, "token_empty");
}

TEST_F(CredentialsTest, RT18AMissingFileKeepsTheOldTokenUntilItIsBack) {
  Credentials credentials({.token_file = folder_.write("token", "first")}, clock_);
  EXPECT_EQ(credentials.now()->token, "first");
  std::filesystem::remove(folder_.file("token"));
  clock_.advance(50s);
  EXPECT_EQ(credentials.now()->token, "first");
  EXPECT_EQ(credentials.now()->problem, "token_unreadable");

  folder_.write("token", "second");

  EXPECT_EQ(credentials.now()->token, "second");
  EXPECT_EQ(credentials.now()->problem, "");
}

TEST_F(CredentialsTest, RT18WithoutAnyTokenThereIsAnError) {
  Credentials credentials({.token_file = folder_.file("token")}, clock_);

  const auto none = credentials.now();

  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().code, base::Code::kUnauthorized);
  EXPECT_EQ(none.error().action, base::Action::kRetryCall);
  EXPECT_NE(none.error().message.find(folder_.file("token")), std::string::npos);
}

TEST_F(CredentialsTest, RT18AFileOver64KiBIsNotRead) {
  folder_.write("most", std::string(size_t{64} << 10U, 'x'));
  folder_.write("more", std::string((size_t{64} << 10U) + 1, 'x'));

  EXPECT_TRUE(read_small_file(folder_.file("most"), kMaxTokenBytes).ok());
  const auto more = read_small_file(folder_.file("more"), kMaxTokenBytes);
  ASSERT_FALSE(more.ok());
  EXPECT_NE(more.error().message.find("larger than 65536 bytes"), std::string::npos);
}

TEST_F(CredentialsTest, RT18OnlyARegularFileIsRead) {
  ASSERT_EQ(::mkfifo(folder_.file("fifo").c_str(), 0600), 0);
  std::filesystem::create_symlink(folder_.write("token", "linked"), folder_.file("link"));

  EXPECT_FALSE(read_small_file(folder_.file("fifo"), kMaxTokenBytes).ok());
  EXPECT_FALSE(read_small_file(folder_.file(""), kMaxTokenBytes).ok());
  EXPECT_FALSE(read_small_file("/dev/zero", kMaxTokenBytes).ok());
  EXPECT_TRUE(read_small_file(folder_.file("link"), kMaxTokenBytes).ok());
}

TEST_F(CredentialsTest, RT18ATokenOfTwoLinesIsNoToken) {
  Credentials credentials({.token_file = folder_.write("token", "one\r\nX-Injected: two")}, clock_);

  EXPECT_FALSE(credentials.now().ok());
}

TEST_F(CredentialsTest, RT18After401WhatWasReadBeforeIsDropped) {
  Credentials credentials({.token_file = folder_.write("token", "first")}, clock_);
  EXPECT_EQ(credentials.now()->token, "first");
  folder_.write("token", "second");

  EXPECT_TRUE(credentials.drop_read_before(clock_.mono()));
  EXPECT_EQ(credentials.now()->token, "second");
}

TEST_F(CredentialsTest, RT18After401WhatWasReadSinceIsKept) {
  Credentials credentials({.token_file = folder_.write("token", "first")}, clock_);
  const base::MonoTime sent = clock_.mono();
  clock_.advance(1s);
  EXPECT_EQ(credentials.now()->token, "first");
  folder_.write("token", "second");

  credentials.drop_read_before(sent);

  EXPECT_EQ(credentials.now()->token, "first");
}

TEST_F(CredentialsTest, RT18ATokenGivenInlineCannotBeReadAgain) {
  Credentials credentials({.token = "fixed"}, clock_);

  EXPECT_EQ(credentials.now()->token, "fixed");
  EXPECT_FALSE(credentials.drop_read_before(clock_.mono()));
}

TEST_F(CredentialsTest, HeadersAreReadLikeATokenAndKeptWhenBroken) {
  Credentials credentials(
      {.headers_file = folder_.write("headers", "# tenant\n\nX-Scope-OrgID: shop\r\n")}, clock_);
  const std::vector<base::Header> expected{{.name = "X-Scope-OrgID", .value = "shop"}};
  EXPECT_EQ(credentials.now()->headers, expected);
  folder_.write("headers", "no header");
  clock_.advance(50s);

  const auto kept = credentials.now();

  EXPECT_EQ(kept->headers, expected);
  EXPECT_EQ(kept->problem, "headers_unparsable");
}

class TrustTest : public CredentialsTest {
 protected:
  std::unique_ptr<Trust> load(const TrustSources& sources) {
    auto trust = Trust::load(sources, clock_);
    EXPECT_TRUE(trust.ok()) << (trust.ok() ? "" : trust.error().message);
    return trust.ok() ? std::move(trust).value() : nullptr;
  }

  Authority first_{"first"};
  Authority second_{"second"};
};

TEST_F(TrustTest, RT19ACaIsReadAgainOnlyAfter5Minutes) {
  const auto trust = load({.ca_file = folder_.write("ca", first_.pem())});
  const auto before = trust->now();
  folder_.write("ca", second_.pem());
  clock_.advance(299s);
  EXPECT_EQ(trust->now().material, before.material);

  clock_.advance(1s);
  const auto after = trust->now();

  EXPECT_NE(after.material, before.material);
  EXPECT_NE(after.generation, before.generation);
  EXPECT_EQ(after.problem, "");
}

TEST_F(TrustTest, RT19UnchangedContentIsTheSameTrust) {
  const auto trust = load({.ca_file = folder_.write("ca", first_.pem())});
  const auto before = trust->now();
  folder_.write("ca", first_.pem());
  clock_.advance(5min);

  const auto after = trust->now();

  EXPECT_EQ(after.material, before.material);
  EXPECT_EQ(after.generation, before.generation);
}

TEST_F(TrustTest, RT19BadContentKeepsTheOldAndIsReportedOnce) {
  const auto trust = load({.ca_file = folder_.write("ca", first_.pem())});
  const auto before = trust->now();

  struct Case {
    const char* name;
    std::string content;
    const char* problem;
  };

  for (const Case& c :
       {Case{"empty", "", "trust_unreadable"}, Case{"no PEM", "hello", "trust_unparsable"},
        Case{"cut", first_.pem().substr(0, 200), "trust_unparsable"}}) {
    SCOPED_TRACE(c.name);
    folder_.write("ca", c.content);
    clock_.advance(5min);

    const auto after = trust->now();

    EXPECT_EQ(after.material, before.material);
    EXPECT_EQ(after.problem, c.problem);
    EXPECT_EQ(trust->now().problem, "");
  }
  std::filesystem::remove(folder_.file("ca"));
  clock_.advance(5min);
  EXPECT_EQ(trust->now().problem, "trust_unreadable");
}

TEST_F(TrustTest, RT2AnUnusableCaAtStartIsAnError) {
  for (const TrustSources& sources :
       {TrustSources{.ca_file = folder_.file("none")}, TrustSources{.ca_pem = "hello"},
        TrustSources{.ca_file = folder_.write("empty", "")}}) {
    const auto trust = Trust::load(sources, clock_);

    ASSERT_FALSE(trust.ok());
    EXPECT_EQ(trust.error().action, base::Action::kTerminal);
  }
}

TEST_F(TrustTest, ACertificateAndItsKeyBelongTogether) {
  const auto one = first_.issue({});
  const auto other = first_.issue({});

  EXPECT_TRUE(Trust::load({.certificate_pem = one.certificate, .key_pem = one.key}, clock_).ok());
  EXPECT_FALSE(
      Trust::load({.certificate_pem = one.certificate, .key_pem = other.key}, clock_).ok());
  EXPECT_FALSE(Trust::load({.certificate_pem = one.certificate}, clock_).ok());
  EXPECT_FALSE(Trust::load({.key_pem = one.key}, clock_).ok());
}

}  // namespace
}  // namespace kaizen::net
