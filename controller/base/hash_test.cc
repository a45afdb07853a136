#include "base/hash.h"

#include <gtest/gtest.h>

namespace kaizen::base {
namespace {

TEST(Hash, Sha256KnownAnswers) {
  // FIPS 180-2, appendix B.1 and the empty message.
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Hash, SpreadsNeighbours) {
  EXPECT_NE(spread_hash("a") >> 48U, spread_hash("b") >> 48U);
}

}  // namespace
}  // namespace kaizen::base
