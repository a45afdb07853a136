#include "reconcile/wake.h"

#include "base/check.h"

namespace kaizen::reconcile {

std::string_view to_string(Lane lane) {
  switch (lane) {
    case Lane::kHigh: return "high";
    case Lane::kNormal: return "normal";
  }
  KAIZEN_CHECK(false, "a lane that does not exist");
}

std::string_view to_string(Trigger trigger) {
  switch (trigger) {
    case Trigger::kDeletion: return "deletion";
    case Trigger::kSpec: return "spec";
    case Trigger::kRequest: return "request";
    case Trigger::kCreated: return "created";
    case Trigger::kStatus: return "status";
    case Trigger::kChild: return "child";
    case Trigger::kRoute: return "route";
    case Trigger::kRival: return "rival";
    case Trigger::kAnswer: return "answer";
    case Trigger::kCacheReached: return "cache_reached";
    case Trigger::kSchedule: return "schedule";
    case Trigger::kRecheck: return "recheck";
    case Trigger::kRetry: return "retry";
  }
  KAIZEN_CHECK(false, "a trigger that does not exist");
}

}  // namespace kaizen::reconcile
