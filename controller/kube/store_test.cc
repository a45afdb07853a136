#include "kube/store.h"

#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/ref.h"
#include "base/uid.h"
#include "kube/kube_test_support.h"
#include "kube/object.h"

namespace kaizen::kube {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// "a:1@10", name, uid and version; "-" for none.
std::string text(const base::Ref<Object>& object) {
  if (!object) return "-";
  const std::string id = base::to_string(object->head.uid);
  return object->head.key.name + ":" + id.back() + "@" + object->head.resource_version;
}

// "a:1@10 -> a:1@11", with "!" when the final state is unknown and "=" when only the version moved.
std::vector<std::string> texts(const std::vector<Change>& changes) {
  std::vector<std::string> out;
  out.reserve(changes.size());
  for (const Change& change : changes) {
    out.push_back(text(change.before) + " -> " + text(change.after) +
                  (change.final_state_unknown ? "!" : "") + (change.content_changed ? "" : "="));
  }
  return out;
}

std::vector<std::string> contents(const Store& store) {
  std::vector<std::string> out;
  out.reserve(store.size());
  for (const base::Ref<Object>& object : store.all()) out.push_back(text(object));
  return out;
}

Store synced_store(const std::vector<ToySpec>& specs, std::string_view version) {
  Store store(toy_kind());
  store.apply(replacement(specs, version));
  return store;
}

TEST(Store, RT31AReplacementTellsDeletionsFirstWithTheLastStateKnown) {
  Store store = synced_store({{.name = "a"}, {.name = "b", .version = "11"}, {.name = "d"}}, "20");
  const std::vector<Change> changes = store.apply(
      replacement({{.name = "a", .version = "25", .x = 1}, {.name = "c", .version = "24"}}, "30"));
  EXPECT_THAT(texts(changes),
              ElementsAre("b:1@11 -> -!", "d:1@10 -> -!", "a:1@10 -> a:1@25", "- -> c:1@24"));
  EXPECT_THAT(contents(store), ElementsAre("a:1@25", "c:1@24"));
  EXPECT_EQ(store.high_water(), "30");
}

TEST(Store, RT31WhatDidNotChangeIsNotTold) {
  Store store = synced_store({{.name = "a"}, {.name = "b"}}, "20");
  EXPECT_THAT(store.apply(replacement({{.name = "a"}, {.name = "b"}}, "30")), IsEmpty());
  EXPECT_EQ(store.high_water(), "30");
}

TEST(Store, RT31IsSyncedWithTheFirstPictureAndNotBefore) {
  Store store(toy_kind());
  EXPECT_FALSE(store.synced());
  EXPECT_FALSE(store.reached(""));
  store.apply(replacement({}, "5"));
  EXPECT_TRUE(store.synced());
}

TEST(Store, RT33AnOlderStateOfTheSameUidIsDroppedAndCounted) {
  Store store = synced_store({{.name = "a", .version = "20"}}, "20");
  EXPECT_THAT(store.apply(upsert({.name = "a", .version = "19", .x = 7})), IsEmpty());
  EXPECT_THAT(store.apply(upsert({.name = "a", .version = "20", .x = 7})), IsEmpty());
  EXPECT_THAT(store.apply(removal({.name = "a", .version = "18"})), IsEmpty());
  EXPECT_EQ(store.stale_events(), 3U);
  EXPECT_THAT(contents(store), ElementsAre("a:1@20"));
  EXPECT_EQ(store.high_water(), "20");
}

TEST(Store, RT33AnEarlierIncarnationNeverReplacesALaterOne) {
  Store store = synced_store({{.name = "a", .uid = 2, .version = "20"}}, "20");
  EXPECT_THAT(store.apply(upsert({.name = "a", .uid = 1, .version = "15"})), IsEmpty());
  EXPECT_THAT(store.apply(removal({.name = "a", .uid = 1, .version = "16"})), IsEmpty());
  EXPECT_EQ(store.stale_events(), 2U);
  EXPECT_THAT(contents(store), ElementsAre("a:2@20"));
}

TEST(Store, RT33AListOrBookmarkFromThePastChangesNothing) {
  Store store = synced_store({{.name = "a"}}, "20");
  EXPECT_THAT(store.apply(replacement({}, "19")), IsEmpty());
  EXPECT_THAT(store.apply(progress("7")), IsEmpty());
  EXPECT_THAT(contents(store), ElementsAre("a:1@10"));
  EXPECT_EQ(store.high_water(), "20");
}

TEST(Store, RT34ANewUidUnderAnOldKeyIsADeletionAndAnAddition) {
  Store store = synced_store({{.name = "a", .uid = 1}}, "20");
  EXPECT_THAT(texts(store.apply(upsert({.name = "a", .uid = 2, .version = "21"}))),
              ElementsAre("a:1@10 -> -", "- -> a:2@21"));
  EXPECT_THAT(texts(store.apply(replacement({{.name = "a", .uid = 3, .version = "25"}}, "30"))),
              ElementsAre("a:2@21 -> -", "- -> a:3@25"));
}

TEST(Store, RT34ADeletionOfAUidWeNeverSawEndsTheOneWeHave) {
  Store store = synced_store({{.name = "a", .uid = 1}}, "20");
  EXPECT_THAT(texts(store.apply(removal({.name = "a", .uid = 2, .version = "25"}))),
              ElementsAre("a:1@10 -> -!"));
  EXPECT_EQ(store.size(), 0U);
}

TEST(Store, RT35ABrokenObjectKeepsItsKey) {
  Store store = synced_store({{.name = "a"}}, "20");
  Object broken;
  broken.head = toy({.name = "a", .version = "21"}).head;
  broken.value = base::make_ref(Toy{});
  broken.parse_error = "spec.x: not a whole number";
  const std::vector<Change> changes =
      store.apply({.kind = Delta::Kind::kUpsert, .objects = {broken}, .resource_version = "21"});
  EXPECT_THAT(texts(changes), ElementsAre("a:1@10 -> a:1@21"));
  EXPECT_EQ(store.find({.ns = "shop", .name = "a"})->parse_error, "spec.x: not a whole number");
}

TEST(Store, RT42EqualContentIsCachedButSaidToBeEqual) {
  Store store = synced_store({{.name = "a", .x = 1}}, "20");
  EXPECT_THAT(texts(store.apply(upsert({.name = "a", .version = "21", .x = 1}))),
              ElementsAre("a:1@10 -> a:1@21="));
  EXPECT_THAT(texts(store.apply(upsert({.name = "a", .version = "22", .x = 2}))),
              ElementsAre("a:1@21 -> a:1@22"));
}

TEST(Store, RT42IndexesFollowTheObjects) {
  Store store(toy_kind());
  const auto owned_by = [&](std::string_view owner) {
    std::vector<std::string> out;
    for (const auto& object : store.by_index(0, owner)) out.push_back(text(object));
    return out;
  };
  EXPECT_THAT(owned_by("red"), IsEmpty());
  store.apply(replacement({{.name = "b", .owner = "red"}, {.name = "a", .owner = "red"}}, "20"));
  EXPECT_THAT(owned_by("red"), ElementsAre("a:1@10", "b:1@10"));
  store.apply(upsert({.name = "a", .version = "21", .owner = "blue"}));
  EXPECT_THAT(owned_by("red"), ElementsAre("b:1@10"));
  EXPECT_THAT(owned_by("blue"), ElementsAre("a:1@21"));
  store.apply(removal({.name = "b", .version = "22"}));
  EXPECT_THAT(owned_by("red"), IsEmpty());
  store.apply(replacement({}, "30"));
  EXPECT_THAT(owned_by("blue"), IsEmpty());
  EXPECT_THAT(store.by_index(200, "blue"), IsEmpty());
}

TEST(Store, RT51ReachedComparesWithWhatTheWatchDelivered) {
  Store store = synced_store({}, "20");
  EXPECT_TRUE(store.reached("20"));
  EXPECT_TRUE(store.reached("9"));
  EXPECT_TRUE(store.reached(""));
  EXPECT_FALSE(store.reached("21"));
  store.overlay(toy({.name = "a", .version = "21"}));
  EXPECT_FALSE(store.reached("21"));  // our own word is no delivery
  store.apply(progress("21"));
  EXPECT_TRUE(store.reached("21"));
  store.apply(upsert({.name = "b", .version = "100"}));
  EXPECT_TRUE(store.reached("99"));
}

TEST(Store, A73OurOwnWriteIsVisibleAtOnceAndTheWatchTakesOver) {
  Store store = synced_store({{.name = "a", .owner = "red"}}, "20");
  store.overlay(toy({.name = "a", .version = "25", .x = 5, .owner = "blue"}));
  EXPECT_THAT(contents(store), ElementsAre("a:1@25"));
  EXPECT_EQ(store.by_index(0, "red").size(), 0U);
  EXPECT_EQ(store.by_index(0, "blue").size(), 1U);

  // Somebody's earlier change arrives: told, but what we know stays visible.
  EXPECT_THAT(texts(store.apply(upsert({.name = "a", .version = "22", .x = 2, .owner = "red"}))),
              ElementsAre("a:1@10 -> a:1@22"));
  EXPECT_THAT(contents(store), ElementsAre("a:1@25"));

  EXPECT_THAT(texts(store.apply(upsert({.name = "a", .version = "25", .x = 5, .owner = "blue"}))),
              ElementsAre("a:1@22 -> a:1@25"));
  EXPECT_THAT(contents(store), ElementsAre("a:1@25"));
  store.apply(upsert({.name = "a", .version = "26", .x = 6, .owner = "blue"}));
  EXPECT_THAT(contents(store), ElementsAre("a:1@26"));
}

TEST(Store, A73AnObjectWeCreatedIsThereBeforeTheWatchSaysSo) {
  Store store = synced_store({}, "20");
  store.overlay(toy({.name = "a", .version = "25"}));
  EXPECT_THAT(contents(store), ElementsAre("a:1@25"));
  // A list from before the creation does not hide it, one from after decides.
  store.apply(replacement({}, "24"));
  EXPECT_THAT(contents(store), ElementsAre("a:1@25"));
  EXPECT_THAT(texts(store.apply(replacement({}, "26"))), ElementsAre("a:1@25 -> -!"));
  EXPECT_EQ(store.size(), 0U);
}

TEST(Store, A73AnOverlayEndsWhenTheWatchIsPastItEvenWithoutAnEvent) {
  Store store = synced_store({}, "20");
  store.overlay(toy({.name = "a", .version = "25"}));
  EXPECT_THAT(texts(store.apply(upsert({.name = "b", .version = "26"}))),
              ElementsAre("a:1@25 -> -!", "- -> b:1@26"));
  store.overlay(toy({.name = "c", .version = "30"}));
  EXPECT_THAT(texts(store.apply(progress("31"))), ElementsAre("c:1@30 -> -!"));
  EXPECT_THAT(contents(store), ElementsAre("b:1@26"));
}

TEST(Store, A73AnOverlayOfWhatTheWatchHasDeliveredIsIgnored) {
  Store store = synced_store({{.name = "a", .version = "18"}}, "20");
  store.overlay(toy({.name = "a", .version = "18", .x = 9}));  // C-7: a no-op keeps the version
  store.overlay(toy({.name = "b", .version = "19"}));
  store.overlay(toy({.name = "c", .version = "abc"}));
  EXPECT_THAT(contents(store), ElementsAre("a:1@18"));
  EXPECT_EQ(toy_of(*store.find({.ns = "shop", .name = "a"})).x, 0);
}

TEST(Store, A73DeletionAndRecreationUnderAnOverlay) {
  Store store = synced_store({{.name = "a", .uid = 1}}, "20");
  store.overlay(toy({.name = "a", .uid = 2, .version = "25"}));  // we made it anew
  EXPECT_THAT(texts(store.apply(removal({.name = "a", .uid = 1, .version = "23"}))),
              ElementsAre("a:1@10 -> -"));
  EXPECT_THAT(contents(store), ElementsAre("a:2@25"));
  EXPECT_THAT(texts(store.apply(upsert({.name = "a", .uid = 2, .version = "25"}))),
              ElementsAre("- -> a:2@25"));
  store.overlay(toy({.name = "a", .uid = 2, .version = "27"}));
  EXPECT_THAT(texts(store.apply(removal({.name = "a", .uid = 2, .version = "28"}))),
              ElementsAre("a:2@25 -> -"));
  EXPECT_EQ(store.size(), 0U);
}

}  // namespace
}  // namespace kaizen::kube
