#include "base/order.h"

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kaizen::base {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(SortStably, KeepsTheOrderOfWhatComparesEqual) {
  std::vector<std::string> words = {"b2", "a1", "b1", "a2", "c0", "a0"};

  sort_stably(words,
              [](const std::string& a, const std::string& b) { return a.front() < b.front(); });

  EXPECT_THAT(words, ElementsAre("a1", "a2", "a0", "b2", "b1", "c0"));
}

TEST(SortStably, MovesWhatCannotBeCopied) {
  std::vector<std::unique_ptr<int>> numbers;
  for (const int number : {3, 1, 2}) numbers.push_back(std::make_unique<int>(number));

  sort_stably(numbers, [](const auto& a, const auto& b) { return *a < *b; });

  EXPECT_EQ(*numbers[0] * 100 + *numbers[1] * 10 + *numbers[2], 123);
}

TEST(SortStably, TakesNothingAtAll) {
  std::vector<int> none;
  sort_stably(none, [](int a, int b) { return a < b; });
  EXPECT_THAT(none, IsEmpty());
}

}  // namespace
}  // namespace kaizen::base
