#include "base/number.h"

#include <optional>

#include <gtest/gtest.h>

namespace kaizen::base {
namespace {

TEST(Number, MD14ParsesRatesAsText) {
  EXPECT_DOUBLE_EQ(*parse_fraction("0.25%"), 0.0025);
  EXPECT_DOUBLE_EQ(*parse_fraction("0.02"), 0.02);
  for (const char* bad : {"", "%", "-1%", "nan", "inf", "0,5", "5 %", "1e9"}) {
    EXPECT_EQ(parse_fraction(bad), std::nullopt) << bad;
  }
}

TEST(Number, ParsesIntegersTotally) {
  EXPECT_EQ(parse_int("-12"), -12);
  for (const char* bad : {"", "1x", "0x1", "99999999999999999999", "1.0", "+1"}) {
    EXPECT_EQ(parse_int(bad), std::nullopt) << bad;
  }
}

TEST(Number, PrintsShort) {
  EXPECT_EQ(format_percent(0.0025), "0.25%");
  EXPECT_EQ(format_percent(0.1), "10%");
  EXPECT_EQ(format_percent(0.123456), "12.35%");
  EXPECT_EQ(format_decimal(0), "0");
  EXPECT_EQ(format_decimal(0.00213456), "0.002135");
  EXPECT_EQ(format_decimal(6.4), "6.4");
  EXPECT_EQ(format_decimal(1.0 / 0.0), "unknown");
}

TEST(Number, MD14TheShortestTextReadsBackEqual) {
  EXPECT_EQ(shortest_decimal(0.0), "0");
  EXPECT_EQ(shortest_decimal(-0.0), "0");
  EXPECT_EQ(shortest_decimal(0.9701), "0.9701");
  EXPECT_EQ(shortest_decimal(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(shortest_decimal(-1.5), "-1.5");
  EXPECT_EQ(shortest_decimal(250000000), "250000000");
  EXPECT_EQ(shortest_decimal(1e300), "1e+300");
  EXPECT_EQ(shortest_decimal(1e-12), "1e-12");
}

}  // namespace
}  // namespace kaizen::base
