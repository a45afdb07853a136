#include "reconcile/world.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "api/model_deployment.h"
#include "reconcile/decided.h"

namespace kaizen::reconcile {
namespace {

// The wakes of one delta, each key once with its most urgent reason.
class Wakes {
 public:
  void add(const Key& key, Lane lane, Trigger trigger) {
    const auto [found, added] = wakes_.try_emplace(key, Wake{key, lane, trigger});
    if (added) return;
    found->second.lane = std::min(found->second.lane, lane);
    found->second.trigger = std::min(found->second.trigger, trigger);
  }

  std::vector<Wake> take() {
    std::vector<Wake> list;
    list.reserve(wakes_.size());
    for (auto& [key, wake] : wakes_) list.push_back(std::move(wake));
    return list;
  }

 private:
  std::map<Key, Wake> wakes_;
};

std::string route_index(const kube::Object& object) {
  for (const auto& value : object.indexes) {
    if (value.index == static_cast<uint8_t>(Index::kRoute)) return value.value;
  }
  return {};
}

// The others that steer the routes which this object steers or steered (TR-5).
void wake_rivals(const WorldState& world, Watched id, const kube::Change& change, Wakes& wakes) {
  if (id != Watched::kModelDeployment) return;
  const kube::Object& object = change.after ? *change.after : *change.before;
  const std::string before = change.before ? route_index(*change.before) : std::string();
  const std::string after = change.after ? route_index(*change.after) : std::string();
  const kube::Store& store = world.store(Watched::kModelDeployment);
  for (const std::string& route : {before, after}) {
    if (route.empty()) continue;
    for (const auto& rival : store.by_index(static_cast<uint8_t>(Index::kRoute), route)) {
      if (rival->head.key == object.head.key) continue;
      wakes.add({Watched::kModelDeployment, rival->head.key}, Lane::kNormal, Trigger::kRival);
    }
    if (before == after) break;
  }
}

// `echo`: the change was visible before, by our own write or by a look at the server.
void note_own(WorldState& world, Watched id, const kube::Change& change, bool echo, Wakes& wakes) {
  const kube::Object& object = change.after ? *change.after : *change.before;
  const Key key{id, object.head.key};
  if (!change.after) {
    world.forget(key);
    wakes.add(key, Lane::kHigh, Trigger::kDeletion);
    wake_rivals(world, id, change, wakes);
    return;
  }
  if (!change.before) {
    wakes.add(key, Lane::kNormal, Trigger::kCreated);
    wake_rivals(world, id, change, wakes);
    return;
  }
  const kube::Head& before = change.before->head;
  const kube::Head& after = change.after->head;
  if (after.deleting && !before.deleting) {
    wakes.add(key, Lane::kHigh, Trigger::kDeletion);
  } else if (after.generation != before.generation) {
    wakes.add(key, Lane::kHigh, Trigger::kSpec);
    wake_rivals(world, id, change, wakes);
  } else if (metadata_of(id, *change.before).annotations !=
             metadata_of(id, *change.after).annotations) {
    wakes.add(key, Lane::kHigh, Trigger::kRequest);
  } else if (!echo) {
    wakes.add(key, Lane::kNormal, Trigger::kStatus);
  }
}

// Something else happened to an object than its status moving on: what stood in the way of a write
// to it may be gone.
bool may_unblock(const kube::Change& change) {
  if (!change.before || !change.after) return true;
  const kube::Head& before = change.before->head;
  const kube::Head& after = change.after->head;
  return before.uid != after.uid || before.generation != after.generation ||
         before.deleting != after.deleting || after.generation == 0;
}

void note_child(WorldState& world, Watched id, const kube::Change& change, Wakes& wakes) {
  const kube::Object& object = change.after ? *change.after : *change.before;
  std::vector<Key> owners = owners_of(id, object);
  if (change.before && change.after) {  // its labels or owner may have moved on
    for (auto& owner : owners_of(id, *change.before)) owners.push_back(std::move(owner));
  }
  for (const auto& owner : owners) {
    wakes.add(owner, Lane::kNormal, Trigger::kChild);
    const auto ledger = world.ledgers.find(owner);
    if (ledger == world.ledgers.end()) continue;
    if (!change.after) ledger->second.generations.erase(object.head.uid);
    if (may_unblock(change)) {
      ledger->second.clear_failure(watched(id).kind.resource, object.head.key);
    }
  }
}

void note_route(WorldState& world, const kube::Change& change, Wakes& wakes) {
  const kube::Object& object = change.after ? *change.after : *change.before;
  const std::string value = index_value(object.head.key.ns, object.head.key.name);
  const kube::Store& store = world.store(Watched::kModelDeployment);
  for (const auto& reader : store.by_index(static_cast<uint8_t>(Index::kRoute), value)) {
    const Key key{Watched::kModelDeployment, reader->head.key};
    wakes.add(key, Lane::kNormal, Trigger::kRoute);
    const auto ledger = world.ledgers.find(key);
    if (ledger != world.ledgers.end() && may_unblock(change)) {
      ledger->second.clear_failure(api::kHttpRoute, object.head.key);
    }
  }
}

// An overlay said so before: the watch now shows what was visible already.
bool is_echo(const kube::Store& store,
             const kube::Change& change,
             const base::Ref<kube::Object>& seen) {
  if (!seen || !change.after || seen->head.uid != change.after->head.uid) return false;
  const auto visible = store.find(change.after->head.key);
  return visible && store.kind().same_content(seen->value.get(), visible->value.get());
}

}  // namespace

WorldState::WorldState(base::MonoTime started_at) : started(started_at) {
  stores.reserve(kWatchedCount);
  for (const Watched id : kAllWatched) stores.emplace_back(watched(id).kind);
  available.fill(true);
}

Ledger& WorldState::ledger(const Key& key, const base::Uid& uid) {
  Ledger& ledger = ledgers[key];
  if (ledger.uid != uid) {
    ledger = Ledger{};
    ledger.uid = uid;
    waiting.erase(key);
  }
  return ledger;
}

bool WorldState::is_absent(Watched id) const {
  return !watched(id).required && !available.at(static_cast<size_t>(id));
}

void WorldState::forget(const Key& key) {
  ledgers.erase(key);
  waiting.erase(key);
}

bool WorldState::settle(const Key& key) {
  const auto found = ledgers.find(key);
  if (found == ledgers.end()) return true;
  Ledger& ledger = found->second;
  for (const Watched id : kAllWatched) {
    auto& version = ledger.versions.at(static_cast<size_t>(id));
    if (version && (is_absent(id) || store(id).reached(version->resource_version))) version.reset();
  }
  std::erase_if(ledger.gone, [this](const ExpectedGone& gone) {
    if (is_absent(gone.kind)) return true;
    const auto object = store(gone.kind).find(gone.key);
    if (!object || object->head.uid != gone.uid) return true;
    return object->head.deleting && !gone.wholly;
  });
  return ledger.expects_nothing();
}

std::vector<Wake> World::apply(Watched id, kube::Delta delta) {
  const base::WriterLock lock(mutex_);
  kube::Store& store = state_.store(id);
  base::Ref<kube::Object> seen;
  if (delta.kind == kube::Delta::Kind::kUpsert && !delta.objects.empty()) {
    seen = store.find(delta.objects.front().head.key);
  }
  Wakes wakes;
  for (const kube::Change& change : store.apply(std::move(delta))) {
    if (!change.content_changed) continue;
    const bool echo = is_echo(store, change, seen);
    if (is_decided(id)) note_own(state_, id, change, echo, wakes);
    // Others than the one who saw it first read the same route.
    if (id == Watched::kHttpRoute) note_route(state_, change, wakes);
    // A decided object's own key saw its write, the owner's did not.
    if (is_decided(id) || !echo) note_child(state_, id, change, wakes);
  }
  for (auto it = state_.waiting.begin(); it != state_.waiting.end();) {
    if (!state_.settle(*it)) {
      ++it;
      continue;
    }
    wakes.add(*it, Lane::kNormal, Trigger::kCacheReached);
    it = state_.waiting.erase(it);
  }
  return wakes.take();
}

std::vector<Wake> World::set_available(Watched id, bool available) {
  const base::WriterLock lock(mutex_);
  bool& known = state_.available.at(static_cast<size_t>(id));
  if (known == available) return {};
  known = available;
  if (id != Watched::kHttpRoute) return {};
  Wakes wakes;
  for (const auto& object : state_.store(Watched::kModelDeployment).all()) {
    if (!route_index(*object).empty()) {
      wakes.add({Watched::kModelDeployment, object->head.key}, Lane::kNormal, Trigger::kRoute);
    }
  }
  return wakes.take();
}

bool World::synced() const {
  const base::ReaderLock lock(mutex_);
  for (const Watched id : kAllWatched) {
    if (!state_.is_absent(id) && !state_.store(id).synced()) return false;
  }
  return true;
}

CacheFacts World::facts(Watched id) const {
  const base::ReaderLock lock(mutex_);
  const kube::Store& store = state_.store(id);
  return {.objects = store.size(),
          .stale_events = store.stale_events(),
          .synced = store.synced(),
          .available = state_.available.at(static_cast<size_t>(id))};
}

}  // namespace kaizen::reconcile
