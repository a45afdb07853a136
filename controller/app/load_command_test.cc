// `kaizen load` as it is, over real connections to a server that cuts, stalls and lies.
#include "app/load_command.h"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/app_test_support.h"
#include "app/arguments.h"
#include "base/hash.h"
#include "base/number.h"
#include "base/text.h"
#include "drive/clock.h"
#include "net/scripted_server_test_support.h"

namespace kaizen::app {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using net::testing::Authority;
using net::testing::Peer;
using net::testing::ScriptedServer;
using net::testing::TlsOptions;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// Notes are kept, and nobody waits.
class Notes final : public load::Attendant {
 public:
  void pause(base::Duration span) override { paused += span; }

  void note(std::string_view line) override { lines.emplace_back(line); }

  std::string last() const { return lines.empty() ? "" : lines.back(); }

  base::Duration paused{};
  std::vector<std::string> lines;
};

std::string content_of(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

void write(const fs::path& file, std::string_view text) {
  std::ofstream(file, std::ios::binary) << text;
}

std::string head_of(int status, size_t length, std::string_view more = {}) {
  return base::concat({"HTTP/1.1 ", std::to_string(status), " Said\r\nETag: \"v1\"\r\n", more,
                       "Content-Length: ", std::to_string(length), "\r\n\r\n"});
}

class LoadCommandTest : public ::testing::Test {
 protected:
  LoadCommandTest() {
    fs::create_directory(access_);
    arguments_.destination = (place_.path() / "model").string();
    arguments_.report_file = (place_.path() / "report").string();
    arguments_.access_folder = access_.string();
  }

  int run(const std::string& uri, const std::string& digest = {}) {
    arguments_.uri = uri;
    arguments_.digest = digest;
    return run_load(arguments_,
                    {.environment = [this](std::string_view name) -> std::optional<std::string> {
                       const auto found = environment_.find(name);
                       if (found == environment_.end()) return std::nullopt;
                       return found->second;
                     },
                     .clock = clock_,
                     .attendant = notes_,
                     .print = [this](std::string_view text) { printed_ += text; },
                     .seed = 7});
  }

  std::string report() const { return content_of(arguments_.report_file); }

  std::string loaded(std::string_view name) const {
    return content_of(fs::path(arguments_.destination) / name);
  }

  bool is_nothing_there() const {
    return !fs::exists(arguments_.destination) && !fs::exists(arguments_.destination + ".partial");
  }

  TemporaryFolder place_;
  const fs::path access_ = place_.path() / "access";
  // Larger than any buffer on the way.
  const std::string content_ = [] {
    std::string content;
    for (int i = 0; content.size() < 3'000'000; ++i) content += std::to_string(i);
    return content;
  }();
  const std::string digest_ = "sha256:" + base::sha256_hex(content_);
  drive::SystemClock clock_;
  Notes notes_;
  LoadArguments arguments_;
  std::map<std::string, std::string, std::less<>> environment_;
  std::string printed_;
};

TEST_F(LoadCommandTest, MD7ALoadReportsDigestBytesAndSeconds) {
  ScriptedServer server([&](Peer& peer) {
    peer.read_request();
    peer.answer(200, "", content_);
  });

  ASSERT_EQ(run(server.url() + "/m.bin"), 0) << notes_.last();

  EXPECT_EQ(loaded("m.bin"), content_);
  const std::string expected = base::concat({R"({"digest":")", digest_, R"(","bytes":)",
                                             std::to_string(content_.size()), R"(,"seconds":)"});
  EXPECT_THAT(report(), ::testing::StartsWith(expected));
  EXPECT_EQ(printed_, report() + "\n");
  EXPECT_THAT(notes_.lines.at(0), HasSubstr("set spec.model.digest to " + digest_));
}

// The container starts again: nobody asks for what is there.
TEST_F(LoadCommandTest, MD8AModelThatIsThereIsNotFetchedAgain) {
  ScriptedServer server([&](Peer& peer) {
    peer.read_request();
    peer.answer(200, "", content_);
  });
  ASSERT_EQ(run(server.url() + "/m.bin", digest_), 0);

  ASSERT_EQ(run(server.url() + "/m.bin", digest_), 0);

  EXPECT_EQ(server.connections(), 1U);
  EXPECT_THAT(notes_.last(), HasSubstr("it was there already"));
}

TEST_F(LoadCommandTest, MD8AnotherDigestLeavesNothing) {
  ScriptedServer server([&](Peer& peer) {
    peer.read_request();
    peer.answer(200, "", "another model");
  });

  EXPECT_EQ(run(server.url() + "/m.bin", digest_), 65);

  EXPECT_TRUE(is_nothing_there());
  EXPECT_THAT(report(), AllOf(HasSubstr("its digest is sha256:"), HasSubstr("not " + digest_)));
  EXPECT_EQ(notes_.last(), report());
  EXPECT_EQ(printed_, "");
}

// Where the request wants to go on; 0 without a Range.
size_t range_of(std::string_view request) {
  constexpr std::string_view kRange = "\r\nRange:bytes=";
  const size_t at = request.find(kRange);
  if (at == std::string_view::npos) return 0;
  const std::string_view rest = request.substr(at + kRange.size());
  return static_cast<size_t>(base::parse_int(rest.substr(0, rest.find('-'))).value_or(-1));
}

// Cuts of every kind, each at another place; then the rest.
TEST_F(LoadCommandTest, AStreamThatIsCutIsResumed) {
  const std::string last = std::to_string(content_.size() - 1);
  std::atomic<size_t> resumed = 0;
  ScriptedServer server([&](Peer& peer) {
    const size_t at = range_of(peer.read_request());
    resumed += at > 0 ? 1 : 0;
    const std::string range = base::concat({"Content-Range: bytes ", std::to_string(at), "-", last,
                                            "/", std::to_string(content_.size()), "\r\n"});
    peer.send(at == 0 ? head_of(200, content_.size()) : head_of(206, content_.size() - at, range));
    if (peer.index() == 3) {
      peer.send(std::string_view(content_).substr(at));
      return peer.wait_closed();
    }
    peer.send(std::string_view(content_).substr(at, 700'000));
    if (peer.index() == 1) peer.half_close();
    // Else a clean end of the connection in the middle of the body.
  });

  ASSERT_EQ(run(server.url() + "/m.bin", digest_), 0) << notes_.last();

  EXPECT_EQ(loaded("m.bin"), content_);
  EXPECT_EQ(server.connections(), 4U);
  EXPECT_EQ(resumed, 3U);
}

TEST_F(LoadCommandTest, AServerThatFallsSilentIsAskedAgain) {
  arguments_.idle = 300ms;
  ScriptedServer server([&](Peer& peer) {
    peer.read_request();
    if (peer.index() > 0) {
      peer.answer(200, "", content_);
      return;
    }
    peer.send(head_of(200, content_.size()));
    peer.wait_closed();
  });

  ASSERT_EQ(run(server.url() + "/m.bin", digest_), 0) << notes_.last();

  EXPECT_THAT(notes_.lines.at(0), HasSubstr("no byte arrived"));
}

// One byte now and then is neither silence nor progress: the deadline ends it.
TEST_F(LoadCommandTest, AServerThatTricklesMeetsTheDeadline) {
  arguments_.deadline = 500ms;
  ScriptedServer server([&](Peer& peer) {
    peer.read_request();
    peer.send(head_of(200, content_.size()));
    while (peer.send("x") && !peer.closed_within(20ms)) {
    }
  });

  EXPECT_EQ(run(server.url() + "/m.bin"), 75);

  EXPECT_THAT(report(), HasSubstr("not complete after"));
  EXPECT_TRUE(is_nothing_there());
}

TEST_F(LoadCommandTest, AServerThatFailsForAWhileIsAskedAgain) {
  ScriptedServer server([&](Peer& peer) {
    peer.read_request();
    if (peer.index() == 0) return peer.reset();
    if (peer.index() == 1) static_cast<void>(peer.answer(500, "", "<Error><Code>X</Code></Error>"));
    if (peer.index() == 2) static_cast<void>(peer.answer(503, "Retry-After: 9\r\n", ""));
    if (peer.index() == 3) static_cast<void>(peer.answer(200, "", content_));
  });

  ASSERT_EQ(run(server.url() + "/m.bin", digest_), 0) << notes_.last();

  ASSERT_EQ(notes_.lines.size(), 4U);
  EXPECT_THAT(notes_.lines[1], HasSubstr("HTTP 500 (X)"));
  EXPECT_THAT(notes_.lines[2], HasSubstr("HTTP 503; again in 9s"));
}

TEST_F(LoadCommandTest, AServerThatIsNotThereIsGivenUp) {
  arguments_.patience = 1ms;
  ScriptedServer server([](Peer&) {}, {.tls = nullptr, .listens = false});

  EXPECT_EQ(run(server.url() + "/m.bin"), 69);

  EXPECT_THAT(report(), AllOf(HasSubstr("given up"), HasSubstr(server.url() + "/m.bin")));
}

TEST_F(LoadCommandTest, WhatIsForbiddenIsSaidAtOnce) {
  ScriptedServer server([&](Peer& peer) {
    peer.read_request();
    peer.answer(403, "", "<Error><Code>AccessDenied</Code></Error>");
  });

  EXPECT_EQ(run(server.url() + "/m.bin"), 77);

  EXPECT_EQ(server.connections(), 1U);
  EXPECT_THAT(report(), HasSubstr("HTTP 403 (AccessDenied); no credentials were given"));
}

TEST_F(LoadCommandTest, SEC17ARedirectToAnotherServerReachesNobody) {
  ScriptedServer other([](Peer& peer) { peer.read_request(); });
  ScriptedServer server([&](Peer& peer) {
    peer.read_request();
    peer.answer(307, base::concat({"Location: ", other.url(), "/m.bin?sig=hush\r\n"}), "");
  });

  EXPECT_EQ(run(server.url() + "/m.bin"), 76);

  EXPECT_EQ(other.connections(), 0U);
  EXPECT_THAT(report(), AllOf(HasSubstr("a redirect to 127.0.0.1:"), Not(HasSubstr("hush"))));
}

TEST_F(LoadCommandTest, SEC20MoreThanAllowedIsRefused) {
  arguments_.max_bytes = 1000;
  ScriptedServer server([&](Peer& peer) {
    peer.read_request();
    peer.answer(200, "", content_);
  });

  EXPECT_EQ(run(server.url() + "/m.bin"), 76);

  EXPECT_TRUE(is_nothing_there());
}

class TlsLoadCommandTest : public LoadCommandTest {
 protected:
  std::shared_ptr<const TlsOptions> tls() const {
    return std::make_shared<TlsOptions>(
        TlsOptions{.identity = ca_.issue({.addresses = {"127.0.0.1"}}), .client_ca = {}});
  }

  const Authority ca_;
};

TEST_F(TlsLoadCommandTest, SEC28OnlyTheGivenCaIsTrusted) {
  ScriptedServer server(
      [&](Peer& peer) {
        peer.read_request();
        peer.answer(200, "", content_);
      },
      {.tls = tls()});
  write(access_ / "ca.crt", Authority().pem());

  EXPECT_EQ(run(server.url() + "/m.bin"), 78);
  EXPECT_THAT(report(), AllOf(HasSubstr("certificate is not accepted"), HasSubstr("ca.crt")));

  write(access_ / "ca.crt", ca_.pem());
  EXPECT_EQ(run(server.url() + "/m.bin", digest_), 0) << notes_.last();
}

TEST_F(TlsLoadCommandTest, TheCaMayBeThatOfTheEnvironment) {
  ScriptedServer server(
      [&](Peer& peer) {
        peer.read_request();
        peer.answer(200, "", content_);
      },
      {.tls = tls()});
  write(place_.path() / "bundle", ca_.pem());
  environment_["AWS_CA_BUNDLE"] = (place_.path() / "bundle").string();

  EXPECT_EQ(run(server.url() + "/m.bin", digest_), 0) << notes_.last();
}

// SEC-24, SEC-25: a token reaches the server that the URI names, and nothing that people read.
TEST_F(TlsLoadCommandTest, SEC25ATokenIsSentAndNeverSaid) {
  ScriptedServer server(
      [&](Peer& peer) {
        peer.read_request();
        peer.answer(401, "", "");
      },
      {.tls = tls()});
  write(access_ / "ca.crt", ca_.pem());
  write(access_ / "HTTP_BEARER_TOKEN", "hush-hush\n");

  EXPECT_EQ(run(server.url() + "/m.bin"), 77);

  EXPECT_THAT(server.requests().at(0), HasSubstr("Authorization:Bearer hush-hush\r\n"));
  for (const std::string& line : notes_.lines) EXPECT_THAT(line, Not(HasSubstr("hush")));
  EXPECT_THAT(report(), Not(HasSubstr("hush")));
}

TEST_F(TlsLoadCommandTest, TP41AFolderOfABucketIsLoaded) {
  ScriptedServer server(
      [&](Peer& peer) {
        const std::string request = peer.read_request();
        if (request.starts_with("GET /models?list-type=2&max-keys=1000&prefix=digits%2F7%2F ")) {
          peer.answer(200, "",
                      "<ListBucketResult><Contents><Key>digits/7/sub/b c.json</Key><Size>3</Size>"
                      "</Contents><Contents><Key>digits/7/a.json</Key><Size>3</Size></Contents>"
                      "</ListBucketResult>");
        } else if (request.starts_with("GET /models/digits/7/sub/b%20c.json ") ||
                   request.starts_with("GET /models/digits/7/a.json ")) {
          peer.answer(200, "ETag: \"1\"\r\n", "abc");
        } else {
          peer.answer(404, "", "<Error><Code>NoSuchKey</Code></Error>");
        }
      },
      {.tls = tls()});
  environment_["AWS_ENDPOINT_URL"] = "https://nobody.invalid";
  environment_["AWS_REGION"] = "eu-central-1";
  write(access_ / "ca.crt", ca_.pem());
  write(access_ / "AWS_ENDPOINT_URL", server.url() + "\n");  // wins over the environment
  write(access_ / "AWS_ACCESS_KEY_ID", "key-id");
  write(access_ / "AWS_SECRET_ACCESS_KEY", "hush-hush\n");

  // printf '%s  3  a.json\n%s  3  sub/b c.json\n' … | sha256sum, of "abc" both.
  ASSERT_EQ(run("s3://models/digits/7",
                "sha256:922ac054c67eab56007263ae4ddb25dbb9e69ad86a1db1e3d76f968b487b383b"),
            0)
      << notes_.last();

  EXPECT_EQ(loaded("a.json"), "abc");
  EXPECT_EQ(loaded("sub/b c.json"), "abc");
  ASSERT_EQ(server.requests().size(), 4U);
  for (const std::string& request : server.requests()) {
    EXPECT_THAT(request, AllOf(HasSubstr("Authorization:AWS4-HMAC-SHA256 Credential=key-id/"),
                               HasSubstr("/eu-central-1/s3/aws4_request"), Not(HasSubstr("hush"))));
  }
  EXPECT_THAT(server.requests().at(0), HasSubstr("User-Agent:kaizen/"));
}

TEST_F(LoadCommandTest, WhatCannotBeLoadedIsSaidBeforeAnythingIsSent) {
  EXPECT_EQ(run("oci://registry/m:1"), 64);
  EXPECT_EQ(run("https://h/m", "sha256:short"), 64);
  write(access_ / "AWS_ACCESS_KEY_ID", "id");
  EXPECT_EQ(run("s3://models/m"), 78);
  EXPECT_THAT(report(), HasSubstr("AWS_SECRET_ACCESS_KEY is missing"));
  write(access_ / "AWS_SECRET_ACCESS_KEY", "secret");
  environment_["AWS_ENDPOINT_URL"] = "https://[::1]";
  EXPECT_EQ(run("s3://models/m"), 78);
  environment_["AWS_ENDPOINT_URL"] = "https://h";
  environment_["AWS_CA_BUNDLE"] = "/nowhere/ca.pem";
  EXPECT_EQ(run("s3://models/m"), 78);
  EXPECT_THAT(report(), HasSubstr("/nowhere/ca.pem"));
}

TEST_F(LoadCommandTest, AFolderThatCannotBeMadeIsSaid) {
  arguments_.destination = (place_.path() / "missing" / "model").string();

  EXPECT_EQ(run("https://h/m"), 73);

  EXPECT_THAT(report(), HasSubstr("missing/model.partial: No such file or directory"));
}

}  // namespace
}  // namespace kaizen::app
