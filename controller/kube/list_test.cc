#include "kube/list.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/result.h"
#include "base/rng.h"
#include "base/text.h"
#include "kube/kube_test_support.h"
#include "kube/object.h"

namespace kaizen::kube {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> names(const ListPage& page) {
  std::vector<std::string> out;
  out.reserve(page.objects.size());
  for (const Object& object : page.objects) {
    out.push_back(object.head.key.name + "@" + object.head.resource_version);
  }
  return out;
}

std::string problem(const Kind& kind, std::string body) {
  const base::Result<ListPage> page = decode_list(kind, std::move(body));
  return page.ok() ? "(decoded)" : page.error().message;
}

TEST(List, A71APageOfABuiltInKindAsTheServerWroteIt) {
  const base::Result<ListPage> page =
      decode_list(config_map_kind(), recorded_text("list_configmaps.json"));
  ASSERT_TRUE(page.ok()) << page.error().message;
  EXPECT_THAT(names(*page), ElementsAre("a@212", "m1@221"));
  EXPECT_EQ(page->resource_version, "225");
  EXPECT_EQ(page->continue_token,
            "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MjI1LCJzdGFydCI6Im0xXHUwMDAwIn0");
  EXPECT_EQ(page->skipped, 0U);
}

TEST(List, A71APageOfACustomResourceHasItsItemsFirst) {
  const base::Result<ListPage> page = decode_list(toy_kind(), recorded_text("list_toys.json"));
  ASSERT_TRUE(page.ok()) << page.error().message;
  EXPECT_THAT(names(*page), ElementsAre("t@259"));
  EXPECT_EQ(page->objects[0].head.key.ns, "shop");
  EXPECT_EQ(toy_of(page->objects[0]).x, 1);
  EXPECT_EQ(page->resource_version, "259");
  EXPECT_EQ(page->continue_token, "");
}

TEST(List, EmptyListsInBothForms) {
  const std::string_view empty = R"({"kind":"ToyList","apiVersion":"example.com/v1",)"
                                 R"("metadata":{"resourceVersion":"9"},"items":)";
  for (const std::string_view items : {"[]", "null"}) {
    const base::Result<ListPage> page = decode_list(toy_kind(), base::concat({empty, items, "}"}));
    ASSERT_TRUE(page.ok()) << page.error().message;
    EXPECT_EQ(page->objects.size(), 0U);
    EXPECT_EQ(page->resource_version, "9");
  }
}

TEST(List, RT35ABrokenItemKeepsItsKeyAndTheOthersAreWhole) {
  const std::string body =
      R"({"apiVersion":"example.com/v1","items":[)" + toy_json({.name = "a"}) +
      R"(,{"spec":{"x":"many"},"metadata":{"uid":"00000000-0000-0000-0000-000000000007",)"
      R"("generation":3,"deletionTimestamp":"2026-11-24T23:09:12Z","annotations":{"k":"v"},)"
      R"("namespace":"shop","name":"broken","resourceVersion":"12"}},7,{"spec":{"x":"y"}},)" +
      toy_json({.name = "z"}) + R"(],"kind":"ToyList","metadata":{"resourceVersion":"20"}})";
  const base::Result<ListPage> page = decode_list(toy_kind(), body);
  ASSERT_TRUE(page.ok()) << page.error().message;
  EXPECT_THAT(names(*page), ElementsAre("a@10", "broken@12", "z@10"));
  EXPECT_EQ(page->skipped, 2U);  // the number, and the object that names nothing
  const Object& broken = page->objects[1];
  EXPECT_EQ(broken.parse_error, "spec.x: not a whole number");
  EXPECT_EQ(broken.head.uid, uid(7));
  EXPECT_EQ(broken.head.generation, 3);
  EXPECT_TRUE(broken.head.deleting);
}

TEST(List, RT40AnObjectNestedWithoutEndIsPassedOver) {
  const std::string deep = std::string(5000, '[') + std::string(5000, ']');
  const std::string body =
      R"({"apiVersion":"example.com/v1","items":[{"deep":)" + deep +
      R"(,"metadata":{"name":"deep","resourceVersion":"5"},"spec":{"x":"y"}},)" + toy_json({}) +
      R"(],"kind":"ToyList","metadata":{"resourceVersion":"20"}})";
  const base::Result<ListPage> page = decode_list(toy_kind(), body);
  ASSERT_TRUE(page.ok()) << page.error().message;
  EXPECT_THAT(names(*page), ElementsAre("deep@5", "a@10"));
  EXPECT_NE(page->objects[0].parse_error, "");
}

TEST(List, RT26ABodyThatBreaksOffGivesNothing) {
  const std::string body = toy_list({{.name = "a"}, {.name = "b"}}, "20");
  for (size_t length = 0; length < body.size(); ++length) {
    ASSERT_FALSE(decode_list(toy_kind(), body.substr(0, length)).ok()) << length;
  }
  ASSERT_TRUE(decode_list(toy_kind(), body).ok());
}

TEST(List, RT35DamageGivesAnErrorOrObjectsNeverACrash) {
  base::Rng rng(36);
  for (const std::string_view file : {"list_configmaps.json", "list_toys.json"}) {
    const std::string body = recorded_text(file);
    for (int round = 0; round < 2000; ++round) {
      std::string damaged = body;
      const uint64_t hits = 1 + rng.next() % 8;
      for (uint64_t i = 0; i < hits; ++i) {
        damaged[rng.next() % damaged.size()] = static_cast<char>(rng.next() % 256);
      }
      const base::Result<ListPage> page = decode_list(toy_kind(), damaged);
      if (!page.ok()) {
        ASSERT_EQ(page.error().code, base::Code::kInvalid);
        continue;
      }
      for (const Object& object : page->objects) ASSERT_NE(object.head.key.name, "");
    }
  }
}

TEST(List, RT35ATableOrAnotherKindIsNoListOfOurs) {
  EXPECT_EQ(problem(toy_kind(), R"({"kind":"Table","apiVersion":"meta.k8s.io/v1","rows":[]})"),
            "expected a example.com/v1 ToyList, got a body of kind 'meta.k8s.io/v1 Table'");
  EXPECT_THAT(problem(toy_kind(), recorded_text("list_configmaps.json")),
              HasSubstr("got a body of kind 'v1 ConfigMapList'"));
  EXPECT_EQ(problem(toy_kind(), R"({"kind":"ToyList","apiVersion":"example.com/v1"})"),
            "a example.com/v1 ToyList without items or resourceVersion");
  EXPECT_THAT(problem(toy_kind(), "<html>sign in</html>"), HasSubstr("does not parse"));
  EXPECT_THAT(problem(toy_kind(), ""), HasSubstr("does not parse"));
  EXPECT_THAT(problem(toy_kind(), "[]"), HasSubstr("does not parse"));
  EXPECT_THAT(problem(toy_kind(), R"({"items":{}})"), HasSubstr("does not parse"));
}

}  // namespace
}  // namespace kaizen::kube
