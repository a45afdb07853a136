// Wake: that an object is to be decided again, how urgently, and what for (RT-46, RT-47).
// What stores, timers and answers produce and the WorkQueue takes. A value.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "reconcile/key.h"

namespace kaizen::reconcile {

// Taken from kHigh first; a key that waited kAgeing in kNormal is taken before both (WorkQueue).
enum class Lane : uint8_t {
  kHigh,    // deletion, a request of a person, a changed spec
  kNormal,  // everything else
};

inline constexpr size_t kLaneCount = 2;

std::string_view to_string(Lane lane);  // "high", "normal": label of metrics

// Why a key was decided: the label `trigger` of kaizen_reconcile_total (RT-47: no wake without a
// reason). In order of precedence: when a key is woken twice before it is taken, the first of these
// is kept.
enum class Trigger : uint8_t {
  kDeletion,      // the object got a deletionTimestamp or is gone
  kSpec,          // its generation moved; lifts quarantine (RT-48)
  kRequest,       // its annotations changed (UX-41)
  kCreated,       // seen for the first time: created, or the first sync after a start
  kStatus,        // its status or labels changed without us
  kChild,         // an owned or labelled object changed
  kRoute,         // the HTTPRoute it names changed, or the kind was installed or removed
  kRival,         // another ModelDeployment on the same route changed (TR-5)
  kAnswer,        // a probe was answered
  kCacheReached,  // the caches show our own last write (RT-51)
  kSchedule,      // Plan::next_at
  kRecheck,       // a refused write may be tried again (RT-44, RT-61), or the check after a start
                  // is due (A74)
  kRetry,         // backoff after an error, or a quick retry after a conflict (RT-55)
};

inline constexpr std::array<Trigger, 13> kAllTriggers = {
    Trigger::kDeletion, Trigger::kSpec,         Trigger::kRequest,  Trigger::kCreated,
    Trigger::kStatus,   Trigger::kChild,        Trigger::kRoute,    Trigger::kRival,
    Trigger::kAnswer,   Trigger::kCacheReached, Trigger::kSchedule, Trigger::kRecheck,
    Trigger::kRetry};

std::string_view to_string(Trigger trigger);  // "deletion", "cache_reached": label of metrics

struct Wake {
  Key key;
  Lane lane = Lane::kNormal;
  Trigger trigger = Trigger::kChild;

  bool operator==(const Wake&) const = default;
};

}  // namespace kaizen::reconcile
