// World: all that snapshots are made of: the stores of every watched kind and the ledgers of our
// own writes, under one shared mutex, so that a snapshot is one moment of everything (A62, RT-41).
// One per process; every method may be called from any thread and never blocks for long. Lock
// order: the queue's mutex, then this one, then Observations'. No call to a Transport or to decide
// while it is held.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "base/thread_annotations.h"
#include "base/time.h"
#include "kube/store.h"
#include "reconcile/kinds.h"
#include "reconcile/ledger.h"
#include "reconcile/wake.h"

namespace kaizen::reconcile {

struct WorldState {
  explicit WorldState(base::MonoTime started_at);

  const kube::Store& store(Watched id) const { return stores[static_cast<size_t>(id)]; }

  kube::Store& store(Watched id) { return stores[static_cast<size_t>(id)]; }

  // A kind that may be absent, and is: nothing of it will be shown, nobody waits for it.
  bool is_absent(Watched id) const;

  // The ledger of that incarnation; one of another UID is replaced by an empty one (RT-73).
  Ledger& ledger(const Key& key, const base::Uid& uid);

  void forget(const Key& key);

  // Strikes out what the caches show by now; true: the key's decisions need not wait (RT-51).
  bool settle(const Key& key);

  std::vector<kube::Store> stores;  // one per Watched, in that order
  std::array<bool, kWatchedCount> available;
  std::map<Key, Ledger> ledgers;  // by what is decided
  std::set<Key> waiting;          // to be woken when settle() says so
  base::MonoTime started;
};

// What drive shows as metrics of one cache.
struct CacheFacts {
  size_t objects = 0;
  uint64_t stale_events = 0;  // since the start
  bool synced = false;
  bool available = true;
};

class World {
 public:
  explicit World(base::MonoTime started) : state_(started) {}

  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Takes in what a watch delivered and says which decided objects it concerns, each once.
  // Changes of nothing but the resourceVersion wake nobody (RT-42). Our own writes to children and
  // status, overlaid before, wake only those that wait for the cache (RT-51).
  std::vector<Wake> apply(Watched id, kube::Delta delta);

  // Whether the kind is installed and readable, from WatchMachine::state() (RT-36). A change wakes
  // every ModelDeployment that uses it. Kinds are available until told otherwise.
  std::vector<Wake> set_available(Watched id, bool available);

  // Every required kind is synced, every other one synced or unavailable: decisions may begin
  // (RT-88).
  bool synced() const;

  CacheFacts facts(Watched id) const;

  // Calls `read(const WorldState&)` under the shared lock and returns its value. `read` must be
  // short and must not call back into World.
  template <class F>
  auto read(F&& read_state) const {
    const base::ReaderLock lock(mutex_);
    return std::forward<F>(read_state)(state_);
  }

  // Calls `change(WorldState&)` under the exclusive lock.
  template <class F>
  auto write(F&& change_state) {
    const base::WriterLock lock(mutex_);
    return std::forward<F>(change_state)(state_);
  }

 private:
  mutable base::SharedMutex mutex_;
  WorldState state_ KAIZEN_GUARDED_BY(mutex_);
};

}  // namespace kaizen::reconcile
