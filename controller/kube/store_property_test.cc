// The store against a naive model: any order of our own writes, the watch's deliveries and relists.

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/ref.h"
#include "base/rng.h"
#include "kube/kube_test_support.h"
#include "kube/object.h"
#include "kube/store.h"

namespace kaizen::kube {
namespace {

using World = std::map<std::string, ToySpec>;  // by name

// What a cache must show: the server as the watch has told it, and over that each of our own writes
// that the watch has not reached yet.
struct Model {
  std::map<int64_t, World> history = {{1, {}}};
  std::map<int64_t, ToySpec> events;  // x < 0: deleted
  std::map<std::string, ToySpec> own;
  int64_t version = 1;
  int64_t delivered = 1;
  int uids = 0;

  // One write to the server; `ours` is one that was answered with the object.
  ToySpec write(base::Rng* rng, bool ours) {
    World next = history.at(version);
    ++version;
    const std::string name(1, static_cast<char>('a' + rng->next() % 4));
    ToySpec spec{.name = name,
                 .uid = 1,
                 .version = std::to_string(version),
                 .x = version,
                 .owner = rng->next() % 2 == 0 ? "red" : "blue"};
    const auto found = next.find(name);
    spec.uid = found == next.end() ? ++uids : found->second.uid;
    if (!ours && found != next.end() && rng->next() % 2 == 0) {
      spec.x = -1;
      next.erase(name);
    } else {
      next[name] = spec;
    }
    events[version] = spec;
    history[version] = next;
    return spec;
  }

  World visible() const {
    World world = history.at(delivered);
    for (const auto& [name, spec] : own) {
      if (std::stoll(spec.version) > delivered) world[name] = spec;
    }
    return world;
  }
};

std::string text(const ToySpec& spec) {
  return spec.name + "@" + spec.version + " " + spec.owner;
}

std::string text(const Object& object) {
  return object.head.key.name + "@" + object.head.resource_version + " " + toy_of(object).owner;
}

void verify(const Model& model, const Store& store) {
  std::vector<std::string> expected;
  std::map<std::string, std::vector<std::string>> expected_by_owner;
  for (const auto& [name, spec] : model.visible()) {
    expected.push_back(text(spec));
    expected_by_owner[spec.owner].push_back(text(spec));
  }
  std::vector<std::string> actual;
  actual.reserve(store.size());
  for (const base::Ref<Object>& object : store.all()) actual.push_back(text(*object));
  ASSERT_EQ(actual, expected) << "delivered " << model.delivered << " of " << model.version;
  for (const std::string owner : {"red", "blue"}) {
    std::vector<std::string> owned;
    for (const base::Ref<Object>& object : store.by_index(0, owner)) owned.push_back(text(*object));
    ASSERT_EQ(owned, expected_by_owner[owner]);
  }
  ASSERT_EQ(store.high_water(), std::to_string(model.delivered));
}

void deliver(Model* model, Store* store) {
  ++model->delivered;
  const ToySpec& spec = model->events.at(model->delivered);
  store->apply(spec.x < 0 ? removal(spec) : upsert(spec));
}

void relist(Model* model, Store* store) {
  model->delivered = model->version;
  std::vector<ToySpec> listed;
  for (const auto& [name, spec] : model->history.at(model->version)) listed.push_back(spec);
  store->apply(replacement(listed, std::to_string(model->version)));
}

TEST(StoreProperty, A73OwnWritesAndDeliveriesInAnyOrderShowWhatANaiveModelShows) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    base::Rng rng(seed);
    Model model;
    Store store(toy_kind());
    store.apply(replacement({}, "1"));
    for (int i = 0; i < 300; ++i) {
      const uint64_t die = rng.next() % 100;
      if (die < 25) {
        model.write(&rng, false);
      } else if (die < 45) {
        const ToySpec spec = model.write(&rng, true);
        model.own[spec.name] = spec;
        store.overlay(toy(spec));
      } else if (die < 93) {
        if (model.delivered < model.version) deliver(&model, &store);
      } else if (die < 96) {
        store.apply(progress(std::to_string(model.delivered)));
      } else {
        relist(&model, &store);
      }
      verify(model, store);
      if (testing::Test::HasFatalFailure()) return;
    }
  }
}

}  // namespace
}  // namespace kaizen::kube
