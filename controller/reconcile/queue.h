// WorkQueue: which object is decided next (RT-43 … RT-48, A65). A machine: no thread, no
// clock; drive guards it with one mutex and turns it: after every call that may have made a key
// ready it looks at take() and next_wake(). Keys are unique, so it never holds more entries than
// there are objects (A64).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/backoff.h"
#include "base/time.h"
#include "base/uid.h"
#include "reconcile/wake.h"

namespace kaizen::reconcile {

// How one decision of a key ended: what the queue does next with it.
enum class Ending : uint8_t {
  kSettled,   // nothing failed; wakes at `wake_at` if there is one
  kWaits,     // the caches must show our own write first (RT-51): World wakes the key, `wake_at` is
              // the latest time to look
  kAgain,     // written, and the caches show it already: decide at once
  kConflict,  // the picture was stale: ≤ 5 quick retries, then backoff (RT-55)
  kRetry,     // the outside failed: backoff (RT-44)
  kBlocked,   // refused for good or until something changes: no backoff, `wake_at` is the recheck
  kException,  // an exception escaped: backoff, and quarantine at the fifth in a row (RT-48)
  kOurBug,     // 400, 405, 406, 415: quarantine at once (outcome table)
};

struct Outcome {
  Ending ending = Ending::kSettled;
  std::optional<base::MonoTime> wake_at = std::nullopt;
  Trigger wake_trigger = Trigger::kSchedule;
  bool periodic = false;  // `wake_at` is no deadline: it moves by ± 10 %, stable per uid (RT-47)
  base::Uid uid = {};     // of the object, for that jitter
  base::Duration retry_after{};   // kRetry: the server asked for at least this (RT-12)
  base::Duration retry_within{};  // kRetry: the backoff grows no further (RT-63); zero: it may
};

struct QueuePolicy {
  base::BackoffPolicy backoff = {std::chrono::milliseconds(5), std::chrono::seconds(1000)};
  double bucket_rate = 10;  // failures per second that are retried without extra delay (RT-44)
  double bucket_burst = 100;
  int32_t quick_retries = 5;  // RT-55
  base::Duration quick_retry = std::chrono::milliseconds(10);
  double jitter = 0.1;
  int32_t quarantine_after = 5;  // RT-48
  base::Duration quarantine = std::chrono::seconds(1000);
  base::Duration ageing = std::chrono::seconds(60);
  double key_burst = 30;  // decisions of one key at once; then it waits for tokens, unless a person
  double key_rate = 0.5;  // or a deletion woke it: no hot loop, whoever else fights over an object
};

// A key to decide now. Must be given back with done().
struct Taken {
  Key key;
  Trigger trigger = Trigger::kChild;
  Lane lane = Lane::kNormal;
  base::Duration waited{};  // since it became ready (workqueue_queue_duration_seconds)
};

struct Done {
  base::Duration worked{};   // since take (workqueue_work_duration_seconds)
  bool quarantined = false;  // it entered quarantine now: the caller reports Stalled/InternalError
  int32_t failures = 0;      // in a row, this one included
};

// Totals since the start and gauges of this moment (UX-80, RT-91).
struct QueueFacts {
  std::array<size_t, kLaneCount> depth{};
  uint64_t adds = 0;
  uint64_t retries = 0;                             // adds after a failure or a conflict
  base::Duration oldest{};                          // of the ready keys
  base::Duration longest_running{};                 // of the taken keys
  base::Duration unfinished{};                      // sum over the taken keys
  std::array<size_t, kWatchedCount> quarantined{};  // by kind
  size_t processing = 0;
};

class WorkQueue {
 public:
  explicit WorkQueue(QueuePolicy policy = {});

  // Ready now. A key that is ready already keeps its place, but moves up to the more urgent lane; a
  // key that is being processed waits for done() (RT-43). A key in quarantine stays there unless
  // the trigger is kSpec or kDeletion (RT-48).
  void add(const Wake& wake, base::MonoTime now);

  // Ready at `due`; of two times for one key the earlier holds (RT-45).
  void add_at(const Wake& wake, base::MonoTime due, base::MonoTime now);

  // nullopt: no key is ready. Never a key that is being processed (RT-43).
  std::optional<Taken> take(base::MonoTime now);

  // The key was decided. Must follow take(); exactly once.
  Done done(const Key& key, const Outcome& outcome, base::MonoTime now);

  // The object is gone: timers, failures and quarantine are dropped. A wake that came meanwhile
  // stays: it may be about a new object of that name.
  void forget(const Key& key);

  // When take() may find something though nothing was added: the earliest delayed key. nullopt:
  // never.
  std::optional<base::MonoTime> next_wake() const;

  QueueFacts facts(base::MonoTime now) const;

 private:
  struct Waiting {
    Lane lane = Lane::kNormal;
    Trigger trigger = Trigger::kChild;
    base::MonoTime since;
    uint64_t order = 0;  // of arrival within its lane
  };

  struct Delayed {
    base::MonoTime due;
    Lane lane = Lane::kNormal;
    Trigger trigger = Trigger::kSchedule;
  };

  struct Running {
    base::MonoTime since;
    std::optional<Waiting> dirty;  // woken while it was processed
  };

  struct Bucket {
    double tokens = 0;
    base::MonoTime at;
  };

  struct Record {
    int64_t failures = 0;    // in a row
    int32_t conflicts = 0;   // in a row
    int32_t exceptions = 0;  // in a row on one generation
    std::optional<base::MonoTime> quarantined_until;
    Bucket decisions;
  };

  bool make_ready(const Key& key, const Waiting& waiting);
  void unready(const Key& key);
  void delay(const Key& key, const Delayed& delayed);
  void undelay(const Key& key);
  void promote_due(base::MonoTime now);
  std::optional<Key> pick(base::MonoTime now) const;
  bool spend(const Key& key, const Waiting& waiting, base::MonoTime now);
  Record& record_of(const Key& key, base::MonoTime now);
  bool shut(Record& record, Trigger trigger, base::MonoTime now);
  bool settle(const Key& key, const Outcome& outcome, base::MonoTime now);
  void retry(const Key& key, const Outcome& outcome, base::MonoTime now);
  base::Duration bucket_delay(base::MonoTime now);

  QueuePolicy policy_;
  std::map<Key, Waiting> ready_;
  std::array<std::map<uint64_t, Key>, kLaneCount> lanes_;  // by order of arrival
  std::map<Key, Delayed> delayed_;
  std::set<std::pair<base::MonoTime, Key>> timers_;
  std::map<Key, Running> running_;
  std::map<Key, Record> records_;
  uint64_t next_order_ = 0;
  uint64_t adds_ = 0;
  uint64_t retries_ = 0;
  Bucket failures_;
};

}  // namespace kaizen::reconcile
