#include "telemetry/log_line.h"

#include <string>

#include <gtest/gtest.h>

#include "base/text.h"
#include "base/time.h"
#include "telemetry/telemetry.h"

namespace kaizen::telemetry {
namespace {

using namespace std::chrono_literals;

constexpr base::Time kAt = base::Time::from_unix_s(1'784'000'000);
constexpr base::MonoTime kStart = base::MonoTime::from_us(5'000'000);

TEST(LogLine, RT93FixedOrderOfKeys) {
  const LogLine line{.level = Level::kInfo,
                     .msg = "canary step entered",
                     .kind = "ModelDeployment",
                     .ns = "shop",
                     .name = "ranker",
                     .rev = "6fd9a1c2d0",
                     .fields = {{"step", "3"}, {"by", "evidence"}}};

  EXPECT_EQ(format_log_line(line, kAt, 0),
            R"({"ts":"2026-07-14T03:33:20.000000Z","level":"info","msg":"canary step entered",)"
            R"("kind":"ModelDeployment","ns":"shop","name":"ranker","rev":"6fd9a1c2d0",)"
            R"("step":"3","by":"evidence"})");
}

TEST(LogLine, RT93EmptyHeadMembersAreLeftOut) {
  EXPECT_EQ(format_log_line({.level = Level::kWarn, .msg = "no cluster"}, kAt, 0),
            R"({"ts":"2026-07-14T03:33:20.000000Z","level":"warn","msg":"no cluster"})");
}

TEST(LogLine, RT93SuppressedCountStandsLast) {
  EXPECT_EQ(format_log_line({.level = Level::kError, .msg = "m", .fields = {{"a", "b"}}}, kAt, 17),
            R"({"ts":"2026-07-14T03:33:20.000000Z","level":"error","msg":"m","a":"b",)"
            R"("suppressed":17})");
}

TEST(LogLine, RT93OneLineOfValidUtf8) {
  const std::string text = format_log_line(
      {.level = Level::kInfo, .msg = "a\nb\x01\xFF\"", .fields = {{"k\n", "\xC3"}}}, kAt, 0);

  EXPECT_TRUE(base::is_valid_utf8(text));
  EXPECT_EQ(text.find('\n'), std::string::npos);
  EXPECT_NE(text.find(R"("msg":"a\nb\u0001)"), std::string::npos) << text;
}

TEST(LogLine, RT93LongMessageIsCutAndTheHeadStays) {
  const std::string message(100'000, 'x');

  const std::string text = format_log_line(
      {.level = Level::kInfo, .msg = message, .kind = "ModelDeployment", .name = "ranker"}, kAt, 0);

  EXPECT_LE(text.size(), kMaxLogLineBytes);
  EXPECT_NE(text.find(R"("kind":"ModelDeployment","name":"ranker","truncated":true})"),
            std::string::npos)
      << text;
}

TEST(LogLine, RT93FieldsBeyond8KiBAreCut) {
  const std::string control(4000, '\x01');  // six bytes each once quoted
  const std::string plain(5000, 'y');

  const std::string text = format_log_line(
      {.level = Level::kInfo, .msg = "m", .fields = {{"a", control}, {"b", plain}, {"c", "z"}}},
      kAt, 9'223'372'036'854'775'807);

  EXPECT_LE(text.size(), kMaxLogLineBytes);
  EXPECT_NE(text.find(R"("a":"\u0001)"), std::string::npos);
  EXPECT_EQ(text.find(R"("c":"z")"), std::string::npos);
  EXPECT_TRUE(text.ends_with(R"("suppressed":9223372036854775807,"truncated":true})")) << text;
}

TEST(LogLine, RT93CutOnACodePoint) {
  std::string message;
  while (message.size() < 3000) message += "é";

  const std::string text = format_log_line({.level = Level::kInfo, .msg = message}, kAt, 0);

  EXPECT_TRUE(base::is_valid_utf8(text));
  EXPECT_NE(text.find("…\""), std::string::npos);
}

TEST(LogLine, LevelsHaveNamesBothWays) {
  EXPECT_EQ(parse_level("debug"), Level::kDebug);
  EXPECT_EQ(parse_level("error"), Level::kError);
  EXPECT_EQ(parse_level("Info"), std::nullopt);
  EXPECT_EQ(to_string(Level::kWarn), "warn");
}

TEST(LogLimiter, RT93SameKeyAndMessageOncePer10Seconds) {
  LogLimiter limiter;
  const LogLine line{.msg = "m", .kind = "k", .ns = "n", .name = "a"};

  EXPECT_EQ(limiter.admit(line, kStart), 0);
  EXPECT_EQ(limiter.admit(line, kStart + 1s), std::nullopt);
  EXPECT_EQ(limiter.admit(line, kStart + 9'999'999us), std::nullopt);
  EXPECT_EQ(limiter.admit(line, kStart + 10s), 2);
  EXPECT_EQ(limiter.admit(line, kStart + 20s), 0);
}

TEST(LogLimiter, RT93AnotherMessageOrObjectIsAnotherKey) {
  LogLimiter limiter;
  ASSERT_EQ(limiter.admit({.msg = "m", .kind = "k", .ns = "n", .name = "a"}, kStart), 0);

  EXPECT_EQ(limiter.admit({.msg = "m2", .kind = "k", .ns = "n", .name = "a"}, kStart), 0);
  EXPECT_EQ(limiter.admit({.msg = "m", .kind = "k", .ns = "n", .name = "b"}, kStart), 0);
  EXPECT_EQ(limiter.admit({.msg = "m", .kind = "k", .ns = "o", .name = "a"}, kStart), 0);
  EXPECT_EQ(limiter.admit({.msg = "m", .kind = "l", .ns = "n", .name = "a"}, kStart), 0);
}

TEST(LogLimiter, RT93RemembersABoundedNumberOfMessages) {
  LogLimiter limiter;
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_EQ(limiter.admit({.msg = std::to_string(i)}, kStart), 0);
  }
  EXPECT_EQ(limiter.size(), 4096U);

  EXPECT_EQ(limiter.admit({.msg = "new"}, kStart + 11s), 0);
  EXPECT_EQ(limiter.size(), 1U);
}

}  // namespace
}  // namespace kaizen::telemetry
