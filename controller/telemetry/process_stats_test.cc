#include "telemetry/process_stats.h"

#include <gtest/gtest.h>

namespace kaizen::telemetry {
namespace {

TEST(ProcessStats, CountsFieldsBehindTheCommand) {
  const auto stat = parse_stat_line(
      "42 (a) b (c) S 1 42 42 0 -1 4194560 100 0 0 0 250 150 0 0 20 0 9 0 777 1000000 321 "
      "18446744073709551615 0 0\n");

  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->cpu_ticks, 400);
  EXPECT_EQ(stat->start_ticks, 777);
  EXPECT_EQ(stat->resident_pages, 321);
}

TEST(ProcessStats, RefusesAnotherForm) {
  EXPECT_FALSE(parse_stat_line(""));
  EXPECT_FALSE(parse_stat_line("42 S 1 2 3"));
  EXPECT_FALSE(parse_stat_line("42 (kaizen) S 1 2 3"));
  EXPECT_FALSE(parse_stat_line(
      "42 (kaizen) S 1 42 42 0 -1 4194560 100 0 0 0 x 150 0 0 20 0 9 0 777 1000000 321"));
}

TEST(ProcessStats, UX80ReadsThisProcess) {
  const auto stats = read_process_stats();

  ASSERT_TRUE(stats);
  EXPECT_GE(stats->cpu_seconds, 0);
  EXPECT_GT(stats->resident_bytes, 1e6);
  EXPECT_GE(stats->open_fds, 3);
  EXPECT_GE(stats->max_fds, stats->open_fds);
  EXPECT_GT(stats->start_seconds, 1.5e9);
}

}  // namespace
}  // namespace kaizen::telemetry
