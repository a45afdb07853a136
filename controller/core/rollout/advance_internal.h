// Advance: the phase machine: from facts to the status that is written, by an ordered chain of
// policies of which the first that applies wins. Pure.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/rollout/assessment_internal.h"
#include "core/rollout/turn_internal.h"

namespace kaizen::core {

struct Advance {
  api::ModelDeploymentStatus status;
  std::vector<EventNote> events;
  std::string_view policy;  // that ended the chain; empty: none applied
};

Advance advance(const Assessment& facts);

// Conditions, message and next_at of the draft, from the draft and the facts (conditions.cc).
void describe_state(Turn& turn);

// The earliest instant ahead at which time alone changes the decision (timers.cc).
std::optional<base::Time> next_look(const Turn& turn);

// Drops the oldest history, then the ends of messages, until status is at most 32 KiB
// (status_size.cc).
void fit_status(api::ModelDeploymentStatus& status);

}  // namespace kaizen::core
