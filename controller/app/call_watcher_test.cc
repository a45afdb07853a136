#include "app/call_watcher.h"

#include <array>
#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/app_test_support.h"
#include "base/clock.h"
#include "base/time.h"

namespace kaizen::app {
namespace {

using namespace std::chrono_literals;

class StandingClock final : public base::Clock {
 public:
  base::Time now() const override { return {}; }

  base::MonoTime mono() const override { return at; }

  base::MonoTime at = base::MonoTime::from_us(1);
};

class Watcher : public testing::Test {
 protected:
  StandingClock clock;
  Notebook notebook;
  CallWatcher watcher{clock, notebook};
};

TEST_F(Watcher, UX80RT91RequestsAreCountedByCodeMethodHostVerbAndResource) {
  watcher.on_api_call({.method = "PATCH",
                       .host = "h:443",
                       .target = "/apis/apps/v1/namespaces/shop/deployments/d?force=true",
                       .status = 409,
                       .took = 20ms,
                       .problem = {},
                       .warnings = {}});
  watcher.on_api_call({.method = "GET",
                       .host = "h:443",
                       .target = "/api/v1/pods?watch=1",
                       .status = 0,
                       .took = 5min,
                       .problem = {},
                       .warnings = {}});

  const std::map<std::string, double> expected = {
      {"rest_client_requests_total 409 PATCH h:443", 1},
      {"rest_client_requests_total <error> GET h:443", 1},
      {"kaizen_api_requests_total patch deployments 409", 1},
      {"kaizen_api_requests_total watch pods <error>", 1},
      {"kaizen_api_request_seconds patch", 1},
  };
  EXPECT_EQ(notebook.counts, expected);
  EXPECT_TRUE(notebook.lines.empty());
}

TEST_F(Watcher, SourcesCountAsRestRequestsOnly) {
  watcher.on_source_call({.method = "GET",
                          .host = "p:9090",
                          .target = "/api/v1/query",
                          .status = 200,
                          .took = 1ms,
                          .problem = {},
                          .warnings = {}});

  EXPECT_EQ(notebook.counts,
            (std::map<std::string, double>{{"rest_client_requests_total 200 GET p:9090", 1}}));
}

TEST_F(Watcher, RT16WarningIsLoggedOncePerKindAndTextInAnHour) {
  const std::array<std::string, 2> warnings{"field is deprecated", "other"};
  const auto call = [&](std::string_view target, size_t count) {
    watcher.on_api_call({.method = "PATCH",
                         .host = "h",
                         .target = target,
                         .status = 200,
                         .took = 1ms,
                         .problem = {},
                         .warnings = std::span(warnings).first(count)});
  };

  call("/apis/apps/v1/namespaces/shop/deployments/d", 2);
  call("/apis/apps/v1/namespaces/shop/deployments/e", 1);
  call("/api/v1/namespaces/shop/services/s", 1);
  clock.at = clock.at + 59min;
  call("/apis/apps/v1/namespaces/shop/deployments/d", 1);

  EXPECT_THAT(notebook.lines,
              testing::ElementsAre("deployments|the API server warns: field is deprecated",
                                   "deployments|the API server warns: other",
                                   "services|the API server warns: field is deprecated"));
  EXPECT_EQ(notebook.counts["kaizen_api_warnings_total deployments"], 4);
  EXPECT_EQ(notebook.counts["kaizen_api_warnings_total services"], 1);

  clock.at = clock.at + 1min;
  call("/apis/apps/v1/namespaces/shop/deployments/d", 1);
  EXPECT_EQ(notebook.lines.size(), 4U);
}

TEST_F(Watcher, RT18CredentialProblemIsCountedAndLoggedOnceAMinute) {
  const auto call = [&] {
    watcher.on_api_call({.method = "GET",
                         .host = "h",
                         .target = "/version",
                         .status = 200,
                         .took = 1ms,
                         .problem = "token_unreadable",
                         .warnings = {}});
  };

  call();
  call();
  EXPECT_EQ(notebook.lines.size(), 1U);
  EXPECT_EQ(notebook.counts["kaizen_credential_problems_total h token_unreadable"], 2);

  clock.at = clock.at + 1min;
  call();
  EXPECT_EQ(notebook.lines.size(), 2U);
}

TEST(WarningLog, A64RemembersABoundedNumber) {
  WarningLog log;
  for (int i = 0; i < 5000; ++i) log.admit("pods", std::to_string(i), base::MonoTime());

  EXPECT_EQ(log.size(), 1024U);
  EXPECT_TRUE(log.admit("pods", "new", base::MonoTime() + 1h));
  EXPECT_EQ(log.size(), 1U);
}

}  // namespace
}  // namespace kaizen::app
