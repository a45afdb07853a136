#include "base/symbol.h"

#include <cstddef>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace kaizen::base {
namespace {

TEST(Symbol, SharesOneEntryAndForgetsIt) {
  const size_t before = symbol_count();
  {
    const Symbol a("payments");
    const Symbol b(std::string("pay") + "ments");
    EXPECT_EQ(a, b);
    EXPECT_EQ(a.view().data(), b.view().data());
    EXPECT_EQ(symbol_count(), before + 1);
  }
  EXPECT_EQ(symbol_count(), before);
}

TEST(Symbol, SurvivesConcurrentUse) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([] {
      for (int i = 0; i < 2000; ++i) {
        const Symbol s("k" + std::to_string(i % 7));
        ASSERT_EQ(s.view().size(), 2U);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace kaizen::base
