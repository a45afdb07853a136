// ProbeMachine: asks the questions of plans: each id once, not before its time, and never more at
// a time than the limits allow. What was answered, even with an error, is answered: another
// question has another id. A machine: no thread, no clock; drive guards it with one mutex; its
// probe threads take(), send the requests one after another, put the answer into Observations, then
// finish().
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "core/plan.h"
#include "reconcile/observations.h"

namespace kaizen::reconcile {

struct ProbeLimits {
  int32_t concurrent = 16;   // = probe threads (A61)
  int32_t per_endpoint = 8;  // one slow source never takes all of them
  size_t per_owner = 64;     // probes one plan may name; the rest waits for the next plan (A64)
  size_t max_body_bytes = size_t{4} << 20U;  // of each answer: CallLimits::max_body_bytes (RT-6)
};

// A probe to ask now; must be given back with finish().
struct ProbeJob {
  ProbeOwner owner;
  core::Probe probe;
};

class ProbeMachine {
 public:
  explicit ProbeMachine(ProbeLimits limits = {});

  const ProbeLimits& limits() const { return limits_; }

  // The owner's newest plan names these: new ids are queued, ids that are missing are forgotten
  // (RO-28), also while they are being asked (their answer then has no taker).
  void plan(const ProbeOwner& owner, const std::vector<core::Probe>& probes);

  // `now` is the wall clock, because probes wait for instants of it. nullopt: nothing is due or the
  // limits are reached.
  std::optional<ProbeJob> take(base::Time now);

  void finish(const ProbeJob& job);

  // The object is gone: every probe of every incarnation of it.
  void forget(const Key& key);

  // The earliest instant at which take() may find something, given free threads; nullopt: none
  // waits. In the past when a limit is what holds it back. The wall clock may jump: look again at
  // least every 10 s.
  std::optional<base::Time> next_at() const;

  size_t waiting() const { return due_.size(); }

  size_t asking() const { return asking_; }

 private:
  enum class State : uint8_t { kWaiting, kAsking, kAnswered };

  struct Entry {
    core::Probe probe;
    State state = State::kWaiting;
  };

  struct DueKey {
    base::Time at;
    ProbeOwner owner;
    std::string id;

    auto operator<=>(const DueKey&) const = default;
  };

  void drop(const ProbeOwner& owner, const std::string& id, const Entry& entry);

  ProbeLimits limits_;
  std::map<ProbeOwner, std::map<std::string, Entry>> owners_;
  std::set<DueKey> due_;
  std::map<std::string, int32_t> per_endpoint_;  // being asked
  size_t asking_ = 0;
};

}  // namespace kaizen::reconcile
