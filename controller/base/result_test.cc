#include "base/result.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace kaizen::base {
namespace {

Result<int> half(int n) {
  if (n % 2 != 0) return invalid("odd");
  return n / 2;
}

Result<int> quarter(int n) {
  KAIZEN_TRY(const int h, half(n));
  return half(h);
}

TEST(Result, TryPropagatesTheError) {
  EXPECT_EQ(*quarter(8), 2);
  EXPECT_EQ(quarter(6).error().message, "odd");
  EXPECT_EQ(quarter(6).error().action, Action::kTerminal);
}

TEST(ResultDeathTest, CheckEndsTheProcess) {
  EXPECT_DEATH((void)half(3).value(), "check failed");
}

}  // namespace
}  // namespace kaizen::base
