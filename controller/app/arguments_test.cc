#include "app/arguments.h"

#include <initializer_list>
#include <string>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kaizen::app {
namespace {

using testing::HasSubstr;

base::Result<Arguments> parse(std::initializer_list<const char*> arguments) {
  return parse_arguments(std::vector<const char*>(arguments));
}

std::string problem_of(std::initializer_list<const char*> arguments) {
  const base::Result<Arguments> parsed = parse(arguments);
  EXPECT_FALSE(parsed.ok());
  return parsed.ok() ? "" : parsed.error().message;
}

TEST(Arguments, DefaultsOfTheOperator) {
  const base::Result<Arguments> parsed = parse({"operator"});

  ASSERT_TRUE(parsed.ok());
  const auto& read = std::get<OperatorArguments>(*parsed);
  EXPECT_EQ(read.health, (ListenAddress{"", 8081}));
  EXPECT_EQ(read.metrics, (ListenAddress{"", 8080}));
  EXPECT_EQ(read.log_level, telemetry::Level::kInfo);
  EXPECT_EQ(read.workers, 4);
  EXPECT_EQ(read.config_file, "");
}

TEST(Arguments, EveryFlag) {
  const base::Result<Arguments> parsed =
      parse({"operator", "--config=/c", "--kubeconfig", "/k", "--context", "x", "--server",
             "https://s", "--token-file=/t", "--ca-file=/ca", "--health-address=127.0.0.1:1",
             "--metrics-address=[::1]:0", "--log-level=debug", "--workers=64"});

  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  const auto& read = std::get<OperatorArguments>(*parsed);
  EXPECT_EQ(read.config_file, "/c");
  EXPECT_EQ(read.api.kubeconfig, "/k");
  EXPECT_EQ(read.api.context, "x");
  EXPECT_EQ(read.api.server, "https://s");
  EXPECT_EQ(read.api.token_file, "/t");
  EXPECT_EQ(read.api.ca_file, "/ca");
  EXPECT_EQ(read.health, (ListenAddress{"127.0.0.1", 1}));
  EXPECT_EQ(read.metrics, (ListenAddress{"::1", 0}));
  EXPECT_EQ(read.log_level, telemetry::Level::kDebug);
  EXPECT_EQ(read.workers, 64);
}

TEST(Arguments, VersionAndHelpArePrinted) {
  EXPECT_THAT(std::get<PrintText>(parse({"version"}).value()).text,
              testing::StartsWith("kaizen 0."));
  EXPECT_THAT(std::get<PrintText>(parse({"--help"}).value()).text, HasSubstr("operator"));
  EXPECT_THAT(std::get<PrintText>(parse({"operator", "--help"}).value()).text,
              HasSubstr("--metrics-address"));
}

TEST(Arguments, MistakesNameTheFlag) {
  EXPECT_THAT(problem_of({}), HasSubstr("see kaizen --help"));
  EXPECT_EQ(problem_of({"run"}), "`run` is no command; see kaizen --help");
  EXPECT_THAT(problem_of({"operator", "--bogus=1"}), HasSubstr("--bogus=1"));
  EXPECT_EQ(problem_of({"operator", "--workers=65"}), "--workers: `65` is no number from 1 to 64");
  EXPECT_EQ(problem_of({"operator", "--log-level=trace"}),
            "--log-level: `trace`; use debug, info, warn or error");
  for (const char* address :
       {"--health-address=8081", "--health-address=:port", "--health-address=:65536"}) {
    EXPECT_THAT(problem_of({"operator", address}), HasSubstr("is no [HOST]:PORT, e.g. :8081"));
  }
}

}  // namespace
}  // namespace kaizen::app
