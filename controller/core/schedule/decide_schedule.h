// decide_schedule: what the schedule trigger of a TrainingPipeline wants now (TG-1, TG-11, TG-14 to
// TG-17). One pure function of plain values; the pipeline's decide owns the holds, the run and the
// status write.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/duration.h"
#include "base/ref.h"
#include "base/time.h"
#include "core/plan.h"
#include "core/schedule/zone_data.h"

namespace kaizen::core {

// spec.triggers.schedule.
struct ScheduleSpec {
  std::string cron;
  std::string time_zone = "Etc/UTC";
  base::Duration starting_deadline = std::chrono::hours(2);  // TG-14
  bool catch_up = true;                                      // catchUp: Latest; false: None
  base::Duration jitter{};                                   // TG-16
};

// status.triggers.schedule.
struct ScheduleState {
  std::optional<base::Time> last_slot;  // newest one that needs nothing more (TG-3)
  std::optional<base::Time> since;  // slots up to here never fire: creation or last edit (TG-15)
  std::optional<base::Time> next_slot;  // the next one that may start
  int64_t missed = 0;                   // slots that never started a run, all together
  std::string expression;               // what `since` belongs to: cron and zone

  bool operator==(const ScheduleState&) const = default;
};

struct ScheduleInput {
  const ScheduleSpec* spec = nullptr;
  ScheduleState state;  // empty: never written, or lost with the status; then `last_slot` alone may
                        // hold the newest slot among the existing runs (TG-1)
  base::Time created;   // the pipeline's creationTimestamp
  bool seen_before =
      false;             // the pipeline has a status: a schedule without a state was added later
  std::string_view uid;  // the pipeline's, as Kubernetes writes it
  base::Ref<ZoneData> zones;  // of the snapshot's settings
  base::Time now;
};

enum class ScheduleProblem : uint8_t {
  kNone,
  kInvalidSchedule,  // does not parse, never fires, or can never start in time
  kUnknownTimeZone,
};

// What to write, and the events that go with it.
struct ScheduleOutcome {
  ScheduleState state;
  std::vector<EventNote> events;

  bool operator==(const ScheduleOutcome&) const = default;
};

struct ScheduleDecision {
  ScheduleProblem problem = ScheduleProblem::kNone;  // then nothing fires; other triggers go on
  std::string message;                               // of the problem: the fact and the remedy

  std::optional<base::Time> due;  // this slot may start a run now, unless a hold applies (TG-8)

  // To write while a hold applies: nothing is given up, so that the newest slot of the moment when
  // the last hold goes may still start (TG-14).
  ScheduleOutcome held;

  // To write when no hold applies, or when another trigger absorbs the slot (TG-5): `due` counts as
  // handled and all slots before it as missed. Equal to `held` when there is nothing to give up.
  ScheduleOutcome settled;

  std::optional<base::Time> wake_at;  // the next time when this decision may differ
};

// `spec` must be there. The decision on its own result, at the same time, changes nothing (A27).
ScheduleDecision decide_schedule(const ScheduleInput& input);

// TG-16: how long after its slot a pipeline's run starts: the first 32 bits of SHA-256(uid) modulo
// `jitter`, in whole seconds; in [0, jitter).
base::Duration jitter_offset(std::string_view uid, base::Duration jitter);

// The slot as TG-2 writes it into the identity of a run: RFC 3339, UTC.
std::string slot_text(base::Time slot);

}  // namespace kaizen::core
