#include "base/text.h"

#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/uid.h"

namespace kaizen::base {
namespace {

TEST(Text, RT60TruncatesOnACodePoint) {
  EXPECT_EQ(truncate_utf8("abcdef", 6), "abcdef");
  EXPECT_EQ(truncate_utf8("abcdefg", 6), "abc\xE2\x80\xA6");
  EXPECT_EQ(truncate_utf8("a\xC3\xA4\xC3\xA4\xC3\xA4", 5), "a\xE2\x80\xA6");
  EXPECT_EQ(truncate_utf8("\xC3\xA4\xC3\xA4", 3), "\xE2\x80\xA6");
}

TEST(Text, RT93ReplacesInvalidBytes) {
  EXPECT_EQ(sanitize_utf8("a\xFFz"), "a\xEF\xBF\xBDz");
  EXPECT_TRUE(is_valid_utf8("\xF0\x9F\x98\x80"));
  EXPECT_FALSE(is_valid_utf8("\xED\xA0\x80"));  // a surrogate
  EXPECT_FALSE(is_valid_utf8("\xC0\xAF"));      // overlong
}

TEST(Text, QuotesJson) {
  EXPECT_EQ(json_quote("a\"\\\n\x01"), R"("a\"\\\n\u0001")");
}

TEST(Text, SplitsAndJoins) {
  EXPECT_EQ(split("a,,b", ',').size(), 3U);
  EXPECT_EQ(split("", ',').size(), 1U);
  const std::vector<std::string> parts = {"a", "b"};
  EXPECT_EQ(join(parts, ", "), "a, b");
  EXPECT_EQ(url_encode("a b/{x}"), "a%20b%2F%7Bx%7D");
}

TEST(Base64, RoundTripsAndRefusesGarbage) {
  for (const char* text : {"", "a", "ab", "abc", "abcd"}) {
    EXPECT_EQ(base64_decode(base64_encode(text)), text);
  }
  for (const char* bad : {"a", "ab=c", "a===", "ab$=", "====", "YQ==YQ=="}) {
    EXPECT_EQ(base64_decode(bad), std::nullopt) << bad;
  }
}

TEST(Uid, RoundTripsAndRefusesGarbage) {
  const std::string text = "01234567-89ab-cdef-0123-456789abcdef";
  EXPECT_EQ(to_string(*parse_uid(text)), text);
  EXPECT_EQ(parse_uid("01234567-89ab-cdef-0123-456789abcdeg"), std::nullopt);
  EXPECT_EQ(parse_uid(""), std::nullopt);
}

TEST(Text, RS41ControlCharactersAreTakenOut) {
  EXPECT_EQ(without_controls("line=A\r\n\x1b[31m\x7f"), "line=A[31m");
  EXPECT_EQ(without_controls("a\xC2\x85"
                             "b\xC2\xA0\xC3\x80"),
            "ab\xC2\xA0\xC3\x80");
  EXPECT_EQ(without_controls(std::string_view("a\0b", 3)), "ab");
  EXPECT_EQ(without_controls(""), "");
}

}  // namespace
}  // namespace kaizen::base
