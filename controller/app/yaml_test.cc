#include "app/yaml.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kaizen::app {
namespace {

using testing::HasSubstr;

std::string problem_of(std::string_view text) {
  const base::Result<YamlNode> parsed = parse_yaml(text, "f.yaml");
  EXPECT_FALSE(parsed.ok()) << text;
  return parsed.ok() ? "" : parsed.error().message;
}

TEST(Yaml, ReadsMapsListsScalarsAndLines) {
  const base::Result<YamlNode> parsed = parse_yaml(
      "a: 1\n"
      "b:\n"
      "  - x\n"
      "  - {y: 'z z', n: null, t: ~, e: }\n",
      "f.yaml");

  ASSERT_TRUE(parsed.ok());
  const YamlValue root(*parsed, "f.yaml");
  EXPECT_EQ(root.member("a")->text().value(), "1");
  const std::vector<YamlValue> items = root.member("b")->items().value();
  ASSERT_EQ(items.size(), 2U);
  EXPECT_EQ(items[0].text().value(), "x");
  EXPECT_EQ(items[1].member("y")->text().value(), "z z");
  EXPECT_FALSE(items[1].member("n"));
  EXPECT_FALSE(items[1].member("t"));
  EXPECT_FALSE(items[1].member("e"));
  EXPECT_EQ(items[1].error("odd").message, "read f.yaml: line 4: b[1]: odd");
}

TEST(Yaml, ReadsJson) {
  const base::Result<YamlNode> parsed = parse_yaml(R"({"a": ["x", {"b": true}]})", "f.json");

  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(YamlValue(*parsed, "f").member("a")->items().value()[1].member("b")->text().value(),
            "true");
}

TEST(Yaml, EmptyTextIsNothing) {
  for (const std::string_view text : {"", "\n", "# a comment\n", "---\n"}) {
    const base::Result<YamlNode> parsed = parse_yaml(text, "f.yaml");
    ASSERT_TRUE(parsed.ok()) << text;
    EXPECT_TRUE(YamlValue(*parsed, "f").expect_keys({}).ok());
  }
}

TEST(Yaml, RefusesWhatHidesValues) {
  EXPECT_EQ(problem_of("a: &x 1\nb: *x\n"),
            "read f.yaml: line 1: an anchor (&name); write the value out where it is used");
  EXPECT_THAT(problem_of("a: !!binary aGk=\n"), HasSubstr("line 1: a tag (!name); remove it"));
  EXPECT_THAT(problem_of("<<: {a: 1}\n"), HasSubstr("line 1: a merge key (<<)"));
  EXPECT_THAT(problem_of("a: 1\n---\nb: 2\n"), HasSubstr("a second document"));
  EXPECT_THAT(problem_of("a: 1\nb: 2\na: 3\n"), HasSubstr("line 3: the key `a` is here twice"));
  EXPECT_THAT(problem_of("? [x]\n: 1\n"), HasSubstr("a key that is a list or a map"));
}

TEST(Yaml, NamesTheLineOfASyntaxError) {
  EXPECT_THAT(problem_of("a: 1\nb: [1, 2\nc: 3\n"), HasSubstr("read f.yaml: line "));
  EXPECT_THAT(problem_of("\ta: 1\n"), HasSubstr("read f.yaml: line 1: "));
}

TEST(Yaml, RefusesWhatIsTooDeepOrTooLarge) {
  std::string deep;
  for (int i = 0; i < 32; ++i) deep += '[';
  const std::string closing(32, ']');
  EXPECT_TRUE(parse_yaml(deep + closing, "f").ok());
  EXPECT_THAT(problem_of("[" + deep + closing + "]"), HasSubstr("more than 32 levels"));
  EXPECT_THAT(problem_of(std::string(100'000, '[')), HasSubstr("read f.yaml: line 1: "));
  EXPECT_EQ(problem_of(std::string((1U << 20U) + 1, ' ')), "read f.yaml: larger than 1 MiB");
  EXPECT_EQ(problem_of("a: \xFF"), "read f.yaml: is not UTF-8 text");
}

TEST(Yaml, UnknownKeyNamesTheKnownOnes) {
  const base::Result<YamlNode> parsed = parse_yaml("a:\n  b: 1\n  c: 2\n", "f.yaml");
  ASSERT_TRUE(parsed.ok());
  constexpr std::array<std::string_view, 2> kKnown{"b", "d"};

  const auto checked = YamlValue(*parsed, "f.yaml").member("a")->expect_keys(kKnown);

  ASSERT_FALSE(checked.ok());
  EXPECT_EQ(checked.error().message,
            "read f.yaml: line 3: a.c: unknown key; remove it or use one of: b, d");
}

TEST(Yaml, AnotherKindIsAnError) {
  const base::Result<YamlNode> parsed = parse_yaml("a: [1]\nb: x\n", "f.yaml");
  ASSERT_TRUE(parsed.ok());
  const YamlValue root(*parsed, "f.yaml");

  EXPECT_EQ(root.member("a")->text().error().message,
            "read f.yaml: line 1: a: is a list, a text is wanted");
  EXPECT_EQ(root.member("b")->items().error().message,
            "read f.yaml: line 2: b: is a single value, a list is wanted");
  EXPECT_EQ(root.member("b")->expect_keys({}).error().message,
            "read f.yaml: line 2: b: is a single value, a map is wanted");
}

}  // namespace
}  // namespace kaizen::app
