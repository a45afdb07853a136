#include "load/listing.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace kaizen::load {
namespace {

const std::string kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const std::string kEmpty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

// Byte by byte: "B" before "a", "a.b" before "a/b", and UTF-8 behind ASCII.
TEST(Listing, TP41HasOneLinePerFileSortedBytewise) {
  const std::vector<FileDigest> files = {
      {"é.txt", 3, kAbc}, {"a/b", 3, kAbc}, {"B", 0, kEmpty}, {"a.b", 3, kAbc}, {"a", 3, kAbc}};

  EXPECT_EQ(listing_of(files), kEmpty + "  0  B\n" + kAbc + "  3  a\n" + kAbc + "  3  a.b\n" +
                                   kAbc + "  3  a/b\n" + kAbc + "  3  é.txt\n");
}

// printf '%s  3  a\n%s  0  b/c\n' … | sha256sum
TEST(Listing, TP41TheDigestOfAFolderIsThatOfItsListing) {
  EXPECT_EQ(listing_digest({{"b/c", 0, kEmpty}, {"a", 3, kAbc}}),
            "sha256:20aa048995ebe0dd63cd68f76b4a643f2637019959bfe00e36d479957b1f03f8");
}

TEST(Listing, TP41TheDigestOfAFileIsItsOwn) {
  EXPECT_EQ(file_digest({"m.onnx", 3, kAbc}), "sha256:" + kAbc);
}

TEST(Listing, MD8OneFileMatchesByItselfOrAsAFolder) {
  const std::vector<FileDigest> one = {{"m.onnx", 3, kAbc}};
  EXPECT_TRUE(matches(one, "sha256:" + kAbc));
  EXPECT_TRUE(matches(one, listing_digest(one)));
  EXPECT_FALSE(matches(one, "sha256:" + kEmpty));
}

TEST(Listing, MD8AFileInAFolderMatchesAsAFolderOnly) {
  const std::vector<FileDigest> deep = {{"a/m.onnx", 3, kAbc}};
  EXPECT_FALSE(matches(deep, "sha256:" + kAbc));
  EXPECT_TRUE(matches(deep, listing_digest(deep)));
}

TEST(Listing, MD8NothingMatchesNothing) {
  EXPECT_FALSE(matches({}, "sha256:" + kEmpty));
}

TEST(Listing, ADigestIsSha256AndLowerCaseHex) {
  EXPECT_TRUE(is_digest("sha256:" + kAbc));
  EXPECT_FALSE(is_digest(kAbc));
  EXPECT_FALSE(is_digest("sha256:" + kAbc.substr(1)));
  EXPECT_FALSE(is_digest("sha256:" + kAbc + "0"));
  EXPECT_FALSE(is_digest("sha256:" + std::string(64, 'A')));
  EXPECT_FALSE(is_digest(""));
}

TEST(Listing, TotalSizeAddsUp) {
  EXPECT_EQ(total_size({{"a", 3, kAbc}, {"b", 5'000'000'000, kAbc}}), 5'000'000'003);
}

}  // namespace
}  // namespace kaizen::load
