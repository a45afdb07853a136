#include "schema/bounds.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/describe.h"

namespace kaizen::schema {
namespace {

enum class Mood : uint8_t { kGood, kBad };

struct Leaf {
  std::string word;
  std::optional<int32_t> weight;
};

struct Tree {
  std::string name;
  std::string kind;
  std::vector<Leaf> leaves;
  std::optional<Leaf> maybe;
  std::vector<std::string> words;
  StringMap labels;
  std::optional<Mood> mood;
  std::string seen;
};

constexpr std::string_view kKinds[] = {"oak", "fir"};

}  // namespace

template <>
const TypeInfo& type_of<Mood>();
template <>
const TypeInfo& type_of<Leaf>();
template <>
const TypeInfo& type_of<Tree>();

KAIZEN_ENUM(Mood, Mood::kBad, "Good", "Bad")

constexpr FieldInfo kLeafFields[] = {
    field<&Leaf::word>("word", {.max_length = 4}),
    field<&Leaf::weight>("weight", {.min = 0, .max = 100}),
};
KAIZEN_DESCRIBE(Leaf, kLeafFields, "")

constexpr FieldInfo kTreeFields[] = {
    field<&Tree::name>("name", {.required = true, .min_length = 1, .max_length = 5}),
    field<&Tree::kind>("kind", {.allowed = kKinds}),
    field<&Tree::leaves>("leaves", {.max_items = 2}),
    field<&Tree::maybe>("maybe"),
    field<&Tree::words>("words", {.max_length = 3, .min_items = 1}),
    field<&Tree::labels>("labels", {.max_length = 2, .max_properties = 1}),
    field<&Tree::mood>("mood"),
    field<&Tree::seen>("seen", {.max_length = 1, .decode_only = true}),
};
KAIZEN_DESCRIBE(Tree, kTreeFields, "")

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Tree good() {
  Tree tree;
  tree.name = "abcde";
  tree.kind = "oak";
  tree.leaves = {{.word = "four", .weight = 100}, {.word = "", .weight = {}}};
  tree.maybe = Leaf{.word = "four", .weight = 0};
  tree.words = {"abc"};
  tree.labels = {{"key", "ab"}};
  tree.mood = Mood::kBad;
  tree.seen = "decoded only, never written";
  return tree;
}

TEST(Bounds, SEC46AValueAtItsBoundsIsGood) {
  EXPECT_THAT(broken_bounds(good()), IsEmpty());
}

TEST(Bounds, SEC46EveryBrokenBoundIsNamedWithItsPath) {
  Tree tree;
  tree.name = "abcdef";
  tree.kind = "elm";
  tree.leaves = {{.word = "fives", .weight = 101}, {}, {}};
  tree.maybe = Leaf{.word = "fives", .weight = -1};
  tree.labels = {{"a", "abc"}, {"b", ""}};
  tree.mood = static_cast<Mood>(2);
  EXPECT_THAT(
      broken_bounds(tree),
      ElementsAre("name: 6 characters, at most 5 are allowed",
                  "kind: \"elm\" is not one of the allowed words",
                  "leaves: 3 entries, at most 2 are allowed",
                  "leaves[0].word: 5 characters, at most 4 are allowed",
                  "leaves[0].weight: 101, at most 100 is allowed",
                  "maybe.word: 5 characters, at most 4 are allowed",
                  "maybe.weight: -1, at least 0 is allowed",
                  "words: 0 entries, at least 1 are allowed",
                  "labels: 2 entries, at most 1 are allowed",
                  "labels.a: 3 characters, at most 2 are allowed", "mood: 2 is no value of Mood"));
  tree = good();
  tree.name.clear();
  tree.kind = "oak\xff";
  EXPECT_THAT(broken_bounds(tree),
              ElementsAre("name: 0 characters, at least 1 are allowed", "kind: is not UTF-8",
                          "kind: \"oak\xff\" is not one of the allowed words"));
}

// The server counts code points.
TEST(Bounds, SEC46CharactersAreCountedNotBytes) {
  Tree tree = good();
  tree.name = "größe";
  tree.words = {"日本語"};
  EXPECT_THAT(broken_bounds(tree), IsEmpty());
}

TEST(Bounds, RT60TextsAreCutAtTheirBoundWhereverTheyStand) {
  Tree tree = good();
  tree.name = "größer";
  tree.leaves[1].word = "fives";
  tree.maybe->word = "日本語です";
  tree.words = {"abc", "abcd"};
  tree.labels["key"] = "abc";
  cut_texts(tree);
  EXPECT_EQ(tree.name, "größ…");
  EXPECT_EQ(tree.leaves[0].word, "four");
  EXPECT_EQ(tree.leaves[1].word, "fiv…");
  EXPECT_EQ(tree.maybe->word, "日本語…");
  EXPECT_THAT(tree.words, ElementsAre("abc", "ab…"));
  EXPECT_EQ(tree.labels["key"], "a…");
  EXPECT_EQ(tree.seen, "decoded only, never written");
  EXPECT_THAT(broken_bounds(tree), IsEmpty());
}

}  // namespace
}  // namespace kaizen::schema
