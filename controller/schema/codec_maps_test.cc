#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/result.h"
#include "schema/codec.h"
#include "schema/describe.h"

namespace kaizen::schema {
namespace {

struct Number {
  double value = 0;

  bool operator==(const Number&) const = default;
};

struct Part {
  int32_t size = 7;  // a default, written out
  std::vector<std::string> words = {"all"};
  std::string note;

  bool operator==(const Part&) const = default;
};

struct Whole {
  std::map<std::string, Part, std::less<>> parts;
  std::map<std::string, Number, std::less<>> prices;
  Number plain;
  std::optional<Number> maybe;
  std::string hidden;

  bool operator==(const Whole&) const = default;
};

}  // namespace

template <>
const TypeInfo& type_of<Part>();

template <>
const TypeInfo& type_of<Number>() {
  static constexpr TypeInfo kInfo = {.shape = Shape::kDecimal, .name = "a decimal"};
  return kInfo;
}

constexpr FieldInfo kPartFields[] = {
    field<&Part::size>("size", {.always = true}),
    field<&Part::words>("words", {.always = true}),
    field<&Part::note>("note"),
};
KAIZEN_DESCRIBE(Part, kPartFields, "")

constexpr FieldInfo kWholeFields[] = {
    field<&Whole::parts>("parts"),
    field<&Whole::prices>("prices"),
    field<&Whole::plain>("plain"),
    field<&Whole::maybe>("maybe"),
    field<&Whole::hidden>("hidden", {.not_hashed = true}),
};
KAIZEN_DESCRIBE(Whole, kWholeFields, "")

namespace {

using testing::ElementsAre;
using testing::Pair;

Whole read(std::string_view json) {
  const base::Result<Whole> whole = decode<Whole>(json);
  EXPECT_TRUE(whole.ok()) << (whole.ok() ? "" : whole.error().message);
  return whole.ok() ? *whole : Whole{};
}

std::string error_of(std::string_view json) {
  const base::Result<Whole> whole = decode<Whole>(json);
  return whole.ok() ? "" : whole.error().message;
}

TEST(CodecMaps, TP10AMapHoldsDescribedObjectsByName) {
  const Whole whole = read(R"({"parts":{"b":{"size":2},"a":{}},"prices":{"cpu":"0.04"}})");

  EXPECT_THAT(whole.parts, ElementsAre(Pair("a", Part{}), Pair("b", Part{2, {"all"}, ""})));
  EXPECT_THAT(whole.prices, ElementsAre(Pair("cpu", Number{0.04})));
  EXPECT_EQ(encode(whole),
            R"({"parts":{"a":{"size":7,"words":["all"]},"b":{"size":2,"words":["all"]}},)"
            R"("prices":{"cpu":"0.04"},"plain":"0"})");
  EXPECT_EQ(read(encode(whole)), whole);
}

TEST(CodecMaps, KeysAreAnyText) {
  const Whole whole = read("{\"parts\":{\"a\\\"b\\u00e9\":{\"note\":\"x\"}}}");
  EXPECT_EQ(whole.parts.begin()->first, "a\"b\xC3\xA9");
  EXPECT_EQ(read(encode(whole)), whole);
}

TEST(CodecMaps, ErrorsNameTheKey) {
  EXPECT_EQ(error_of(R"({"parts":{"b":{"size":"two"}}})"),
            "parts.b.size: \"two\" is not a 32-bit integer");
  EXPECT_EQ(error_of(R"({"parts":[]})"), "parts: a list is not an object");
  EXPECT_EQ(error_of(R"({"parts":"x"})"), "parts: \"x\" is not an object");
}

// What is said twice counts as it was said last, whole: nothing of the first is left in it.
TEST(CodecMaps, AKeyThatComesTwiceIsReplaced) {
  EXPECT_THAT(read(R"({"parts":{"a":{"size":1,"note":"x"},"a":{}}})").parts,
              ElementsAre(Pair("a", Part{})));
}

TEST(CodecMaps, APatchNullsWhatIsGone) {
  const Whole before = read(R"({"parts":{"a":{},"b":{}},"prices":{"cpu":"1"}})");
  Whole after = before;
  after.parts.erase("a");
  after.parts.at("b").size = 0;
  after.prices.clear();
  EXPECT_EQ(merge_patch(before, after), R"({"parts":{"a":null,"b":{"size":0}},"prices":null})");
}

// A list that was said to be empty is not the same as one that was not said (TP-11).
TEST(CodecMaps, TheCanonicalFormKeepsEmptyListsThatAreAlwaysWritten) {
  const Whole whole = read(R"({"parts":{"a":{"words":[],"size":0}}})");
  EXPECT_EQ(canonical(whole), R"({"parts":{"a":{"size":0,"words":[]}},"plain":"0"})");
  EXPECT_EQ(read(canonical(whole)), whole);
}

TEST(CodecMaps, MD1WhatIsNotHashedIsNotInTheCanonicalForm) {
  const Whole whole = read(R"({"hidden":"x","plain":"1"})");
  EXPECT_EQ(canonical(whole), R"({"plain":"1"})");
  EXPECT_EQ(encode(whole), R"({"plain":"1","hidden":"x"})");
}

std::string text_of(double value) {
  Whole whole;
  whole.plain.value = value;
  return encode(whole);
}

TEST(CodecDecimals, DR11TheShortestTextThatReadsBack) {
  EXPECT_EQ(text_of(0), R"({"plain":"0"})");
  EXPECT_EQ(text_of(-0.0), R"({"plain":"0"})");
  EXPECT_EQ(text_of(0.1 + 0.2), R"({"plain":"0.30000000000000004"})");
  EXPECT_EQ(text_of(-2.5), R"({"plain":"-2.5"})");
  EXPECT_EQ(text_of(250'000'000), R"({"plain":"250000000"})");
  EXPECT_EQ(text_of(0.00001), R"({"plain":"0.00001"})");
  EXPECT_EQ(text_of(1e-300), R"({"plain":"1e-300"})");
  EXPECT_EQ(text_of(1.7976931348623157e308), R"({"plain":"1.7976931348623157e+308"})");
  for (const double value : {1.0 / 3, -1e-9 / 3, 123456789.125, 999999999999999.9, 1e15, 5e-324}) {
    const std::string text = text_of(value);
    EXPECT_EQ(read(text).plain.value, value) << text;
    EXPECT_LE(text.size(), std::string_view(R"({"plain":""})").size() + 28);
  }
}

TEST(CodecDecimals, ANumberWithoutATextIsNotWritten) {
  Whole whole;
  whole.plain.value = std::numeric_limits<double>::quiet_NaN();
  whole.maybe = Number{-std::numeric_limits<double>::infinity()};
  EXPECT_EQ(encode(whole), "{}");
  EXPECT_EQ(error_of(R"({"plain":"NaN"})"), "plain: \"NaN\" is not a decimal");
  EXPECT_EQ(error_of(R"({"plain":"inf"})"), "plain: \"inf\" is not a decimal");
  EXPECT_EQ(error_of(R"({"plain":1.5})"), "plain: a number is not a decimal");
  EXPECT_EQ(error_of(R"({"plain":"1e999"})"), "plain: \"1e999\" is not a decimal");
}

}  // namespace
}  // namespace kaizen::schema
