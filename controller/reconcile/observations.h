// Observations: the answers to probes, kept while the plans of their object name them
// (RO-28). One per process, own mutex, any thread, never blocks for long. Last in the lock order
// (A62).
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/thread_annotations.h"
#include "base/uid.h"
#include "core/plan.h"
#include "core/rollout/snapshot.h"
#include "reconcile/key.h"

namespace kaizen::reconcile {

// Whose probe it is. The UID keeps a re-created object from reading the answers of the old one
// (RT-73).
struct ProbeOwner {
  Key key;
  base::Uid uid;

  auto operator<=>(const ProbeOwner&) const = default;
};

// Bytes of all kept answers together (A64). An answer beyond it is kept as an error that says so.
inline constexpr size_t kMaxAnswerBytes = size_t{64} << 20U;

class Observations {
 public:
  Observations() = default;
  Observations(const Observations&) = delete;
  Observations& operator=(const Observations&) = delete;

  // From now on these and no others are wanted for the owner: answers under other ids are dropped.
  void want(const ProbeOwner& owner, const std::vector<core::Probe>& probes);

  // False: nobody wants it any more, and it was dropped.
  bool put(const ProbeOwner& owner, core::Answer answer);

  // In the order of their ids.
  std::vector<core::Answer> of(const ProbeOwner& owner) const;

  void forget(const Key& key);

  size_t bytes() const;

 private:
  struct Kept {
    std::set<std::string> wanted;
    std::map<std::string, core::Answer> answers;
  };

  void drop(const ProbeOwner& owner) KAIZEN_REQUIRES(mutex_);

  mutable base::Mutex mutex_;
  std::map<ProbeOwner, Kept> owners_ KAIZEN_GUARDED_BY(mutex_);
  size_t bytes_ KAIZEN_GUARDED_BY(mutex_) = 0;
};

}  // namespace kaizen::reconcile
