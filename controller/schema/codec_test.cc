#include "schema/codec.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/duration.h"
#include "base/error.h"
#include "base/result.h"
#include "base/text.h"
#include "base/time.h"
#include "base/uid.h"
#include "schema/describe.h"

namespace kaizen::schema {
namespace {

enum class Colour : uint8_t { kRed, kDeepBlue };

struct Inner {
  std::string name;
  std::optional<int32_t> weight;
  std::optional<base::Duration> hold;

  bool operator==(const Inner&) const = default;
};

struct State {
  std::string waiting;
  std::string terminated;

  bool operator==(const State&) const = default;
};

struct Outer {
  std::string text;
  std::string port;
  bool flag = false;
  int32_t count = 0;
  int64_t big = 0;
  std::optional<Colour> colour;
  std::optional<base::Time> at;
  base::Uid uid;
  StringMap labels;
  std::vector<Inner> inners;
  std::optional<Inner> maybe;
  State state;
  std::vector<std::string> words;
  int32_t shown = 0;

  bool operator==(const Outer&) const = default;
};

}  // namespace

template <>
const TypeInfo& type_of<Colour>();
template <>
const TypeInfo& type_of<Inner>();

KAIZEN_ENUM(Colour, Colour::kDeepBlue, "Red", "DeepBlue")

constexpr FieldInfo kInnerFields[] = {
    field<&Inner::name>("name"),
    field<&Inner::weight>("weight"),
    field<&Inner::hold>("hold"),
};
KAIZEN_DESCRIBE(Inner, kInnerFields, "")

constexpr FieldInfo kStateFields[] = {
    field<&State::waiting>("state/waiting/reason", {.decode_only = true}),
    field<&State::terminated>("lastState/terminated/reason", {.decode_only = true}),
};
KAIZEN_DESCRIBE(State, kStateFields, "")

constexpr FieldInfo kOuterFields[] = {
    field<&Outer::text>("text"),
    text_field<&Outer::port>("port"),
    field<&Outer::flag>("flag"),
    field<&Outer::count>("count"),
    field<&Outer::big>("big"),
    field<&Outer::colour>("colour"),
    field<&Outer::at>("at"),
    field<&Outer::uid>("uid"),
    field<&Outer::labels>("labels", {.drop_key = "noise"}),
    field<&Outer::inners>("inners"),
    field<&Outer::maybe>("maybe"),
    embedded<&Outer::state>(),
    field<&Outer::words>("words"),
    field<&Outer::shown>("shown", {.always = true}),
};
KAIZEN_DESCRIBE(Outer, kOuterFields, "")

namespace {

using namespace base;  // NOLINT: literals

std::string error_of(std::string_view json) {
  const Result<Outer> decoded = decode<Outer>(json);
  return decoded.ok() ? "" : decoded.error().message;
}

TEST(Describe, A41CountsTheMembersOfEveryShape) {
  static_assert(kArity<Inner> == 3);
  static_assert(kArity<State> == 2);
  static_assert(kArity<Outer> == 14);
}

TEST(Decode, FillsEveryShape) {
  const Result<Outer> decoded = decode<Outer>(R"({
    "inners": [{"name": "a", "weight": 0, "hold": "1h30m"}, {}],
    "text": "h\u00e9 \"x\"", "port": 8080, "flag": true, "count": -3, "big": 9007199254740993,
    "colour": "DeepBlue", "at": "2026-07-14T03:21:00Z",
    "uid": "01234567-89ab-cdef-0123-456789abcdef",
    "labels": {"a/b": "c", "noise": "dropped"}, "maybe": {"weight": 7}, "words": ["x", ""]
  })");

  ASSERT_TRUE(decoded.ok()) << decoded.error().message;
  Outer expected;
  expected.inners = {{.name = "a", .weight = 0, .hold = 90min}, {}};
  expected.text = "h\xC3\xA9 \"x\"";
  expected.port = "8080";
  expected.flag = true;
  expected.count = -3;
  expected.big = 9007199254740993;
  expected.colour = Colour::kDeepBlue;
  expected.at = Time::from_unix_s(1783999260);
  expected.uid = *parse_uid("01234567-89ab-cdef-0123-456789abcdef");
  expected.labels = {{"a/b", "c"}};
  expected.maybe = Inner{.name = "", .weight = 7, .hold = {}};
  expected.words = {"x", ""};
  EXPECT_EQ(*decoded, expected);
}

TEST(Decode, ReadsMembersOfInnerObjectsByPath) {
  const Result<Outer> decoded = decode<Outer>(
      R"({"lastState":{"terminated":{"exitCode":1,"reason":"Error"}},
          "state":{"running":{"reason":"no"},"waiting":{"reason":"CrashLoopBackOff"}}})");
  ASSERT_TRUE(decoded.ok()) << decoded.error().message;
  EXPECT_EQ(decoded->state.waiting, "CrashLoopBackOff");
  EXPECT_EQ(decoded->state.terminated, "Error");
}

TEST(Decode, AKeyWithASlashIsNoPath) {
  const Result<Outer> decoded = decode<Outer>(
      R"({"state/waiting/reason":"no","state":{"waiting/reason":"no","waiting":{"x":1}}})");
  ASSERT_TRUE(decoded.ok()) << decoded.error().message;
  EXPECT_EQ(decoded->state.waiting, "");
}

TEST(Decode, A70StepsOverUnknownMembersAndTakesNullAsAbsent) {
  const Result<Outer> decoded = decode<Outer>(
      R"({"managedFields":[{"f:spec":{"text":"no"}}],"text":"yes","colour":null,"inners":null,
          "unknown":{"text":"no","inners":[[[1]]]},"count":2,"state":null})");
  ASSERT_TRUE(decoded.ok()) << decoded.error().message;
  Outer expected;
  expected.text = "yes";
  expected.count = 2;
  EXPECT_EQ(*decoded, expected);
}

TEST(Decode, ErrorsBeginWithThePathAndSayWhatIsExpected) {
  EXPECT_EQ(error_of(R"({"inners":[{},{"weight":"ten"}]})"),
            "inners[1].weight: \"ten\" is not a 32-bit integer");
  EXPECT_EQ(error_of(R"({"inners":[{"hold":"5 minutes"}]})"),
            "inners[0].hold: \"5 minutes\" is not a duration such as 30s, 5m or 1h30m");
  EXPECT_EQ(error_of(R"({"colour":"Green"})"), "colour: \"Green\" is not one of Red, DeepBlue");
  EXPECT_EQ(error_of(R"({"count":2147483648})"), "count: 2147483648 is not a 32-bit integer");
  EXPECT_EQ(error_of(R"({"count":1.5})"), "count: 1.5 is not a 32-bit integer");
  EXPECT_EQ(error_of(R"({"flag":"true"})"), "flag: \"true\" is not true or false");
  EXPECT_EQ(error_of(R"({"maybe":[]})"), "maybe: a list is not an object");
  EXPECT_EQ(error_of(R"({"inners":{}})"), "inners: an object is not a list");
  EXPECT_EQ(error_of(R"({"text":7})"), "text: a number is not a string");
  EXPECT_EQ(error_of(R"({"labels":{"a":1}})"), "labels.a: a number is not a string");
  EXPECT_EQ(error_of(R"({"labels":"a"})"), "labels: \"a\" is not an object of strings");
  EXPECT_EQ(error_of(R"({"at":"yesterday"})"),
            "at: \"yesterday\" is not a time such as 2026-07-14T03:21:00Z");
  EXPECT_EQ(error_of(R"({"uid":"x"})"), "uid: \"x\" is not a UID");
  EXPECT_EQ(error_of(R"({"words":["a",null]})"), "words[1]: null is not a string");
  EXPECT_EQ(error_of(R"([1])"), "object: an object is expected");
}

TEST(Decode, RefusesWhatIsNotJson) {
  for (const std::string_view json :
       {"", "{", "{\"text\":}", "{\"text\":\"a}", "{\"count\":01}", "{\"flag\":truth}",
        "{\"text\":\"\\ud800\"}", "{\"words\":[1,}", "{} {}", "nonsense", "{\"text\":nul}",
        "{\"count\":1e}"}) {
    const std::string message = error_of(json);
    EXPECT_NE(message, "") << json;
    EXPECT_NE(message.find(": "), std::string::npos) << message;
  }
}

TEST(Decode, RT35AnErrorInOneMemberLeavesTheOthersDecoded) {
  Outer outer;
  const Result<Unit> done =
      decode_into(type_of<Outer>(),
                  R"({"text":"a","maybe":{"name":"m","weight":[],"hold":"1s"},"count":4})", &outer);
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().message, "maybe.weight: a list is not a 32-bit integer");
  EXPECT_EQ(done.error().action, Action::kTerminal);
  EXPECT_EQ(done.error().code, Code::kInvalid);
  EXPECT_EQ(outer.text, "a");
  EXPECT_EQ(outer.maybe->name, "m");
  EXPECT_EQ(outer.count, 4);
}

std::string nested(int levels) {
  const auto count = static_cast<size_t>(levels);
  return base::concat({R"({"x":)", std::string(count, '['), std::string(count, ']'), "}"});
}

TEST(Decode, RT40RefusesMoreThan64LevelsEvenInMembersItSkips) {
  EXPECT_EQ(error_of(nested(63)), "");
  EXPECT_EQ(error_of(nested(64)), "object: JSON nested deeper than 64 levels");
  EXPECT_EQ(error_of(nested(5000)), "object: JSON nested deeper than 64 levels");
  // Brackets in strings do not nest, whatever is escaped before them.
  EXPECT_EQ(error_of(base::concat({R"({"text":"\\\"[[[[)", std::string(100, '['), R"("})"})), "");
  EXPECT_EQ(error_of(R"({"text":"\\"})"), "");
  // At every offset within the eight bytes that are looked at together.
  for (size_t i = 0; i < 16; ++i) {
    const std::string shift(i, ' ');
    EXPECT_EQ(error_of(base::concat({shift, nested(63), shift})), "") << i;
    EXPECT_EQ(error_of(base::concat({shift, nested(64), shift})),
              "object: JSON nested deeper than 64 levels");
    EXPECT_EQ(error_of(base::concat(
                  {R"({"text":")", std::string(i, 'x'), R"(\"{[{[\\\"]]","x":)", nested(62), "}"})),
              "")
        << i;
  }
}

TEST(Decode, RT40RefusesMoreThan2MiB) {
  const std::string filler(2 * 1024 * 1024 - 11, 'x');
  EXPECT_EQ(error_of(R"({"text":")" + filler + R"("})"), "");
  EXPECT_EQ(error_of(R"({"text":")" + filler + R"(x"})"),
            "object: 2097153 bytes of JSON, at most 2097152");
}

TEST(Encode, LeavesOutWhatIsAbsentAndKeepsOptionalZeros) {
  Outer outer;
  EXPECT_EQ(encode(outer), R"({"shown":0})");
  outer.inners = {{.name = "", .weight = 0, .hold = 0s}};
  outer.maybe = Inner{};
  outer.colour = Colour::kRed;
  outer.port = "http";
  EXPECT_EQ(encode(outer), R"({"port":"http","colour":"Red",)"
                           R"("inners":[{"weight":0,"hold":"0s"}],"maybe":{},"shown":0})");
  outer.port = "80";
  EXPECT_EQ(encode(outer).substr(0, 11), R"({"port":80,)");
}

TEST(Encode, DecodesBackToTheSameValue) {
  Outer outer;
  outer.text = "a\tb\\";
  outer.flag = true;
  outer.big = INT64_MIN;
  outer.at = Time::from_unix_us(1783999260'123456);
  outer.labels = {{"k", "v"}, {"l", ""}};
  outer.inners = {{.name = "n", .weight = 0, .hold = 0s}, {}};
  outer.maybe = Inner{};
  outer.uid = *parse_uid("01234567-89ab-cdef-0123-456789abcdef");
  outer.words = {""};

  const Result<Outer> decoded = decode<Outer>(encode(outer));
  ASSERT_TRUE(decoded.ok()) << decoded.error().message;
  EXPECT_EQ(*decoded, outer);
}

TEST(Canonical, MD2SortsMembersAndDropsEmptyOnes) {
  Outer outer;
  outer.text = "x";
  outer.inners = {{.name = "b", .weight = 0, .hold = 60s}};
  outer.labels = {{"b", "1"}, {"a", "2"}};
  outer.maybe = Inner{};
  EXPECT_EQ(canonical(outer), R"({"inners":[{"hold":"1m","name":"b","weight":0}],)"
                              R"("labels":{"a":"2","b":"1"},"shown":0,"text":"x"})");
}

TEST(CanonicalJson, MD2SortsByCodePointAndWritesIntegersPlainly) {
  const Result<std::string> text = canonical_json(
      " { \"b\" : 1.0, \"a\" : [ 1e3 , null , -0.5, 1.50, 0.0 ] , \"\\u00e9\" : {} , \"z\" : null ,"
      " \"A\" : \"\\u0041\\/\" , \"big\" : 18446744073709551615, \"\\ud83d\\ude00\" : true,"
      " \"\\uffee\" : false } ");
  ASSERT_TRUE(text.ok()) << text.error().message;
  EXPECT_EQ(*text,
            "{\"A\":\"A/\",\"a\":[1000,null,-0.5,1.5,0],\"b\":1,\"big\":18446744073709551615,"
            "\"\xC3\xA9\":{},\"\xEF\xBF\xAE\":false,\"\xF0\x9F\x98\x80\":true}");
}

TEST(CanonicalJson, TakesScalarsAndTheLastOfEqualKeys) {
  EXPECT_EQ(*canonical_json(" 7 "), "7");
  EXPECT_EQ(*canonical_json("\"x\""), "\"x\"");
  EXPECT_EQ(*canonical_json("{\"a\":1,\"b\":2,\"a\":3}"), "{\"a\":3,\"b\":2}");
  EXPECT_FALSE(canonical_json("1 2").ok());
  EXPECT_FALSE(canonical_json("{} ]").ok());
  EXPECT_FALSE(canonical_json("").ok());
  EXPECT_FALSE(canonical_json("1,2").ok());
}

TEST(MergePatch, RT59NamesChangedMembersAndNullsRemovedOnes) {
  Outer before;
  before.text = "old";
  before.flag = true;
  before.labels = {{"keep", "1"}, {"lose", "2"}, {"turn", "3"}};
  before.maybe = Inner{.name = "n", .weight = 5, .hold = 1s};
  before.inners = {{.name = "a", .weight = {}, .hold = {}}};
  Outer after = before;
  after.text.clear();
  after.labels = {{"keep", "1"}, {"new", "4"}, {"turn", "5"}};
  after.maybe->weight = 0;
  after.maybe->hold.reset();
  after.inners.push_back({.name = "b", .weight = {}, .hold = {}});
  after.shown = 3;

  EXPECT_EQ(merge_patch(before, after),
            R"({"inners":[{"name":"a"},{"name":"b"}],"labels":{"lose":null,"new":"4","turn":"5"},)"
            R"("maybe":{"hold":null,"weight":0},"shown":3,"text":null})");
  EXPECT_EQ(merge_patch(before, before), std::nullopt);
  after = before;
  after.maybe.reset();
  EXPECT_EQ(merge_patch(before, after), R"({"maybe":null})");
}

}  // namespace
}  // namespace kaizen::schema
