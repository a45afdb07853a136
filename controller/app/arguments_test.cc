#include "app/arguments.h"

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kaizen::app {
namespace {

using namespace std::chrono_literals;
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
  EXPECT_EQ(read.zone_directory, "/usr/share/zoneinfo");
}

TEST(Arguments, EveryFlag) {
  const base::Result<Arguments> parsed =
      parse({"operator", "--config=/c", "--kubeconfig", "/k", "--context", "x", "--server",
             "https://s", "--token-file=/t", "--ca-file=/ca", "--health-address=127.0.0.1:1",
             "--metrics-address=[::1]:0", "--log-level=debug", "--workers=64", "--zone-data=/z"});

  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  const auto& read = std::get<OperatorArguments>(*parsed);
  EXPECT_EQ(read.config_file, "/c");
  EXPECT_EQ(read.zone_directory, "/z");
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

TEST(Arguments, DefaultsOfTheLoader) {
  const base::Result<Arguments> parsed = parse({"load", "--uri=s3://models/m", "--dest", "/m"});

  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  const auto& read = std::get<LoadArguments>(*parsed);
  EXPECT_EQ(read.uri, "s3://models/m");
  EXPECT_EQ(read.destination, "/m");
  EXPECT_EQ(read.digest, "");
  EXPECT_EQ(read.access_folder, "");
  EXPECT_EQ(read.report_file, "");
  EXPECT_EQ(read.max_bytes, int64_t{1} << 40U);
  EXPECT_EQ(read.deadline, 30min);
  EXPECT_EQ(read.patience, 5min);
  EXPECT_EQ(read.idle, 60s);
}

TEST(Arguments, EveryFlagOfTheLoader) {
  const base::Result<Arguments> parsed =
      parse({"load", "--uri=https://h/m", "--dest=/m", "--digest=sha256:ab", "--access=/a",
             "--report=/r", "--max-bytes=12", "--deadline=1h", "--patience=2m", "--idle=3s"});

  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  const auto& read = std::get<LoadArguments>(*parsed);
  EXPECT_EQ(read.digest, "sha256:ab");
  EXPECT_EQ(read.access_folder, "/a");
  EXPECT_EQ(read.report_file, "/r");
  EXPECT_EQ(read.max_bytes, 12);
  EXPECT_EQ(read.deadline, 1h);
  EXPECT_EQ(read.patience, 2min);
  EXPECT_EQ(read.idle, 3s);
}

TEST(Arguments, WhatTheLoaderCannotUseIsNamed) {
  EXPECT_THAT(problem_of({"load", "--dest=/m"}), HasSubstr("--uri"));
  EXPECT_THAT(problem_of({"load", "--uri=s3://m"}), HasSubstr("--dest"));
  EXPECT_THAT(problem_of({"load", "--uri=s3://m", "--dest="}), HasSubstr("--dest"));
  EXPECT_THAT(problem_of({"load", "--uri=s3://m", "--dest=/m", "--max-bytes=-1"}),
              HasSubstr("--max-bytes: `-1` is no number of bytes"));
  for (const char* flag : {"--deadline=", "--patience=", "--idle="}) {
    EXPECT_THAT(
        problem_of({"load", "--uri=s3://m", "--dest=/m", (flag + std::string("0s")).c_str()}),
        HasSubstr("`0s` is no time such as 90s or 30m"));
  }
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
