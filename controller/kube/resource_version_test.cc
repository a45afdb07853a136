#include "kube/resource_version.h"

#include <optional>

#include <gtest/gtest.h>

namespace kaizen::kube {
namespace {

TEST(ResourceVersion, RT32WellFormedIsDecimalWithoutLeadingZero) {
  EXPECT_TRUE(is_well_formed("1"));
  EXPECT_TRUE(is_well_formed("90071992547409939007199254740993"));
  EXPECT_FALSE(is_well_formed(""));
  EXPECT_FALSE(is_well_formed("0"));
  EXPECT_FALSE(is_well_formed("012"));
  EXPECT_FALSE(is_well_formed("-1"));
  EXPECT_FALSE(is_well_formed("12a"));
  EXPECT_FALSE(is_well_formed(" 12"));
}

TEST(ResourceVersion, RT32LongerIsNewerAndEqualLengthComparesByDigit) {
  EXPECT_EQ(is_older("9", "10"), true);
  EXPECT_EQ(is_older("10", "9"), false);
  EXPECT_EQ(is_older("199", "201"), true);
  EXPECT_EQ(is_older("200", "200"), false);
}

TEST(ResourceVersion, RT32NeverParsesIntoAnInteger) {
  // Both are above 2^64 and equal as doubles.
  EXPECT_EQ(is_older("18446744073709551616", "18446744073709551617"), true);
  EXPECT_EQ(is_older("18446744073709551617", "18446744073709551616"), false);
  EXPECT_EQ(is_older("9", "100000000000000000000000000000"), true);
}

TEST(ResourceVersion, RT32MalformedKnowsEqualityOnly) {
  EXPECT_EQ(is_older("abc", "5"), std::nullopt);
  EXPECT_EQ(is_older("5", ""), std::nullopt);
  EXPECT_TRUE(has_reached("abc", "abc"));
  EXPECT_FALSE(has_reached("abd", "abc"));
  EXPECT_FALSE(has_reached("100", "abc"));
}

TEST(ResourceVersion, RT51ReachedMeansThatOrNewer) {
  EXPECT_TRUE(has_reached("100", "99"));
  EXPECT_TRUE(has_reached("100", "100"));
  EXPECT_FALSE(has_reached("99", "100"));
  EXPECT_FALSE(has_reached("", "100"));
}

}  // namespace
}  // namespace kaizen::kube
