// EventRecorder: Kubernetes Events for what decisions tell (RT-83 … RT-85): deterministic names, so
// that a request delivered twice makes one Event; repetitions become a series; floods are cut. A
// machine: no thread, no clock; drive guards it with one mutex and a thread turns it: take(), send,
// answered(). Nothing here ever blocks or fails a reconcile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/kinds.h"
#include "base/http.h"
#include "base/result.h"
#include "base/time.h"
#include "base/uid.h"
#include "core/plan.h"
#include "kube/outcome.h"

namespace kaizen::reconcile {

// What an Event is about.
struct Regarding {
  api::Resource resource = api::kModelDeployment;
  api::ObjectKey key;
  base::Uid uid;

  bool operator==(const Regarding&) const = default;
};

struct EventPolicy {
  std::string controller = "kaizen.ml/operator";  // reportingController
  std::string instance;                           // reportingInstance: the pod's name
  size_t queue = 1000;                            // calls waiting; oldest Normal dropped first
  int32_t burst = 25;                             // per object and type, then one per `refill`
  base::Duration refill = std::chrono::minutes(5);
  base::Duration flush = std::chrono::minutes(30);  // a running series tells its count this often
  base::Duration idle = std::chrono::minutes(6);    // and ends after this long without another
  int32_t tries = 12;
  base::Duration retry = std::chrono::seconds(10);  // ± 25 %
  size_t series = 4096;  // series and budgets remembered (A64); the oldest is forgotten
};

// A request to send now; must be given back with answered().
struct EventCall {
  uint64_t id = 0;
  kube::CallInfo call;  // for kube::judge
  base::HttpRequest request;
};

class EventRecorder {
 public:
  explicit EventRecorder(EventPolicy policy);

  void record(const Regarding& regarding,
              const core::EventNote& note,
              base::Time time,
              base::MonoTime now);

  // The next call, at most one at a time per Event. nullopt: none is due.
  std::optional<EventCall> take(base::MonoTime now);

  // `answer` as kube::judge() gave it.
  void answered(uint64_t id, const base::Result<base::HttpResponse>& answer, base::MonoTime now);

  // Shutdown: what series have counted becomes due at once (RT-86).
  void flush(base::MonoTime now);

  // When take() may find something though nothing was recorded. nullopt: never.
  std::optional<base::MonoTime> next_wake() const;

  // Nothing is waiting and nothing is being sent.
  bool idle() const;

  uint64_t dropped() const { return dropped_; }

 private:
  // The server never changes the note of an Event, so another note is another Event: otherwise its
  // words would be lost in the count of the first.
  struct SeriesKey {
    base::Uid uid;
    core::EventType type = core::EventType::kNormal;
    std::string action;
    std::string reason;
    std::string note;

    auto operator<=>(const SeriesKey&) const = default;
  };

  struct Series {
    api::ObjectKey event;  // namespace and name of the Event
    int32_t count = 1;     // occurrences
    int32_t told = 1;      // of which the server knows, or will by a call that waits
    base::Time last;
    base::MonoTime last_at;
    base::MonoTime told_at;
  };

  struct Budget {
    double tokens = 0;
    base::MonoTime at;
  };

  struct Pending {
    EventCall call;
    api::ObjectKey event;
    core::EventType type = core::EventType::kNormal;
    int32_t tried = 0;
    base::MonoTime due;
    bool sending = false;
  };

  bool spend(const Regarding& regarding, core::EventType type, base::MonoTime now);
  void begin(const SeriesKey& key,
             const Regarding& regarding,
             const core::EventNote& note,
             base::Time time,
             base::MonoTime now);
  void tell_count(Series& series, core::EventType type, base::MonoTime now);
  bool enqueue(EventCall call, core::EventType type, base::MonoTime due);
  void expire(base::MonoTime now);
  void forget_event(const api::ObjectKey& event);

  EventPolicy policy_;
  std::map<SeriesKey, Series> series_;
  std::map<std::pair<base::Uid, core::EventType>, Budget> budgets_;
  std::deque<Pending> pending_;
  uint64_t next_id_ = 1;
  uint64_t dropped_ = 0;
};

}  // namespace kaizen::reconcile
