#include "core/schedule/decide_schedule.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "base/duration.h"
#include "base/hash.h"
#include "base/ref.h"
#include "base/result.h"
#include "base/text.h"
#include "base/time.h"
#include "core/plan.h"
#include "core/reasons.h"
#include "core/schedule/cron.h"
#include "core/schedule/slots.h"
#include "core/schedule/time_zone.h"
#include "core/schedule/zone_data.h"

namespace kaizen::core {

namespace {

// TG-17: a slot further ahead than this was written under a clock that ran ahead.
constexpr base::Duration kClockSkew = std::chrono::hours(1);

// catchUp None starts what is on time, and a decision is never on the second: a restart or a change
// of the leader takes less than this.
constexpr base::Duration kPunctual = std::chrono::minutes(1);

constexpr base::Duration kTick{1};

// The two texts that select slots; a change of either is an edit (TG-15).
std::string expression_of(const ScheduleSpec& spec) {
  return base::concat({spec.cron, " ", spec.time_zone});
}

ScheduleDecision refuse(const ScheduleInput& input, ScheduleProblem problem, std::string message) {
  ScheduleDecision decision;
  decision.problem = problem;
  decision.message = std::move(message);
  decision.held.state = input.state;
  decision.held.state.next_slot = std::nullopt;
  decision.settled = decision.held;
  return decision;
}

// Why a schedule that parses can never start a run.
std::string impossible(const ScheduleSpec& spec) {
  if (spec.starting_deadline <= base::Duration::zero()) {
    return "startingDeadline must be longer than 0s: no run starts in the instant of its slot";
  }
  if (spec.jitter > spec.starting_deadline) {
    return base::concat({"jitter ", base::format_duration(spec.jitter),
                         " is longer than startingDeadline ",
                         base::format_duration(spec.starting_deadline),
                         ": a run could come too late by plan; shorten jitter"});
  }
  return "";
}

// TG-15, TG-17: the state as it counts from here on.
ScheduleOutcome take_over(const ScheduleInput& input) {
  ScheduleOutcome outcome{.state = input.state, .events = {}};
  ScheduleState& state = outcome.state;
  const std::string expression = expression_of(*input.spec);
  const bool is_edit = state.expression.empty() ? input.seen_before && !state.last_slot
                                                : state.expression != expression;
  if (is_edit) {
    state.since = input.now;
  } else if (!state.since) {
    state.since = input.created;
  }
  state.expression = expression;
  bool skewed = false;
  for (std::optional<base::Time>* time : {&state.since, &state.last_slot}) {
    if (*time && **time > input.now + kClockSkew) {
      *time = input.now;
      skewed = true;
    }
  }
  if (skewed) {
    outcome.events.push_back(
        {.type = EventType::kWarning,
         .reason = text(reason::kClockSkew),
         .action = "Schedule",
         .note = base::concat({"the schedule had been handled beyond ",
                               base::format_time(input.now + kClockSkew),
                               ", so a clock ran ahead; it goes on from now"})});
  }
  return outcome;
}

base::Time start_of(const ScheduleState& state) {
  const base::Time since = state.since.value_or(base::Time());
  return std::max(since, state.last_slot.value_or(since));
}

// TG-14: whether the newest slot may start now.
bool is_in_time(const ScheduleSpec& spec, base::Duration late, base::Duration offset) {
  if (late > spec.starting_deadline) return false;
  return spec.catch_up || late - offset <= kPunctual;
}

std::string missed_note(const ScheduleInput& input,
                        int64_t missed,
                        base::Time newest,
                        bool starts) {
  const ScheduleSpec& spec = *input.spec;
  std::string end;
  if (starts) {
    end = base::concat({"the newest, ", slot_text(newest), ", counts"});
  } else if (!spec.catch_up) {
    end = "catchUp is None";
  } else {
    end = base::concat({"the newest, ", slot_text(newest), ", is older than startingDeadline ",
                        base::format_duration(spec.starting_deadline)});
  }
  return base::concat({std::to_string(missed), missed == 1 ? " slot" : " slots", " of `",
                       expression_of(spec), "` passed without a run; ", end});
}

// Everything up to the newest slot is done with: that one started, was absorbed or is missed.
void settle(ScheduleDecision& decision,
            const ScheduleInput& input,
            base::Time newest,
            int64_t count) {
  ScheduleState& state = decision.settled.state;
  state.last_slot = newest;
  const bool starts = decision.due.has_value();
  const int64_t missed = count - (starts ? 1 : 0);
  if (missed == 0) return;
  state.missed += std::min(missed, std::numeric_limits<int64_t>::max() - state.missed);
  decision.settled.events.push_back({.type = EventType::kNormal,
                                     .reason = text(reason::kSlotMissed),
                                     .action = "Schedule",
                                     .note = missed_note(input, missed, newest, starts)});
}

}  // namespace

ScheduleDecision decide_schedule(const ScheduleInput& input) {
  KAIZEN_CHECK(input.spec != nullptr, "a schedule without its spec");
  const ScheduleSpec& spec = *input.spec;
  const base::Result<CronExpression> cron = parse_cron(spec.cron);
  if (!cron.ok()) return refuse(input, ScheduleProblem::kInvalidSchedule, cron.error().message);
  const base::Ref<TimeZone> zone = find_zone(input.zones, spec.time_zone);
  if (zone == nullptr) {
    return refuse(input, ScheduleProblem::kUnknownTimeZone,
                  unknown_zone_message(input.zones, spec.time_zone));
  }
  std::string never = impossible(spec);
  if (!never.empty()) return refuse(input, ScheduleProblem::kInvalidSchedule, std::move(never));

  ScheduleDecision decision;
  decision.held = take_over(input);
  const base::Time start = start_of(decision.held.state);
  const base::Duration offset = jitter_offset(input.uid, spec.jitter);
  // The clock of slots runs `offset` behind: a slot counts from the time when its run may start.
  const base::Time slot_now = input.now - offset;
  const SlotSearch next = next_slot(*cron, *zone, std::max(start, slot_now));
  if (!next.slot) {
    return refuse(
        input, ScheduleProblem::kInvalidSchedule,
        base::concat({"cron ", base::json_quote(spec.cron), " has no slot within 8 years"}));
  }
  decision.held.state.next_slot = next.slot;
  decision.wake_at = *next.slot + offset;
  decision.settled = decision.held;
  const std::optional<base::Time> newest = newest_slot(*cron, *zone, start, slot_now).slot;
  if (!newest) return decision;
  if (is_in_time(spec, input.now - *newest, offset)) {
    decision.due = newest;
    const base::Time too_late = *newest + spec.starting_deadline + kTick;
    decision.wake_at = std::min(*decision.wake_at, too_late);
  }
  settle(decision, input, *newest, count_slots(*cron, *zone, start, slot_now));
  return decision;
}

base::Duration jitter_offset(std::string_view uid, base::Duration jitter) {
  const int64_t seconds = std::chrono::duration_cast<std::chrono::seconds>(jitter).count();
  if (seconds <= 0) return base::Duration::zero();
  const std::array<uint8_t, 32> hash = base::sha256(uid);
  uint32_t first = 0;
  for (size_t i = 0; i < 4; ++i) first = (first << 8U) | hash.at(i);
  return std::chrono::seconds(int64_t{first} % seconds);
}

std::string slot_text(base::Time slot) {
  return base::format_time(slot);
}

}  // namespace kaizen::core
