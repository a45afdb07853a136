#include "core/schedule/decide_schedule.h"

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/duration.h"
#include "base/time.h"
#include "core/plan.h"
#include "core/schedule/zones_test_support.h"

namespace kaizen::core {
namespace {

using namespace std::chrono_literals;  // NOLINT
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kUid = "0b5c7f0e-2f60-4f0e-9a53-3d1d8f1f0a11";

// A pipeline of 1 January 2026 whose schedule has been watched since then. 2026-03-09 is a Monday.
class Schedule : public testing::Test {
 protected:
  ScheduleDecision decide(const std::string& now) {
    return decide_schedule({.spec = &spec,
                            .state = state,
                            .created = at("2026-01-01T00:00:00Z"),
                            .seen_before = seen_before,
                            .uid = kUid,
                            .zones = recorded_zones(),
                            .now = at(now)});
  }

  // What a pipeline without holds does at that time: what becomes of the slot is written.
  ScheduleDecision turn(const std::string& now) {
    ScheduleDecision decision = decide(now);
    state = decision.settled.state;
    seen_before = true;
    // A27: deciding again changes nothing.
    const ScheduleDecision again = decide(now);
    EXPECT_EQ(again.due, std::nullopt);
    EXPECT_EQ(again.held.state, state);
    EXPECT_EQ(again.settled.state, state);
    EXPECT_THAT(again.settled.events, IsEmpty());
    return decision;
  }

  // The same while a hold applies.
  ScheduleDecision held_turn(const std::string& now) {
    ScheduleDecision decision = decide(now);
    state = decision.held.state;
    seen_before = true;
    const ScheduleDecision again = decide(now);
    EXPECT_EQ(again.due, decision.due);
    EXPECT_EQ(again.held.state, state);
    EXPECT_THAT(again.held.events, IsEmpty());
    return decision;
  }

  ScheduleSpec spec{.cron = "0 3 * * MON", .time_zone = "Asia/Tokyo"};
  ScheduleState state;
  bool seen_before = false;
};

std::string only_note(const ScheduleOutcome& outcome) {
  EXPECT_THAT(outcome.events, SizeIs(1));
  return outcome.events.empty() ? "" : outcome.events.front().note;
}

TEST_F(Schedule, TG15ANewPipelineStartsAtItsCreation) {
  const ScheduleDecision before = turn("2026-01-04T17:59:59Z");
  EXPECT_EQ(before.due, std::nullopt);
  EXPECT_EQ(before.wake_at, at("2026-01-04T18:00:00Z"));
  EXPECT_EQ(state, (ScheduleState{.last_slot = std::nullopt,
                                  .since = at("2026-01-01T00:00:00Z"),
                                  .next_slot = at("2026-01-04T18:00:00Z"),
                                  .missed = 0,
                                  .expression = "0 3 * * MON Asia/Tokyo"}));
  const ScheduleDecision then = turn("2026-01-04T18:00:00Z");
  EXPECT_EQ(then.due, at("2026-01-04T18:00:00Z"));
  EXPECT_THAT(then.settled.events, IsEmpty());
  EXPECT_EQ(state, (ScheduleState{.last_slot = at("2026-01-04T18:00:00Z"),
                                  .since = at("2026-01-01T00:00:00Z"),
                                  .next_slot = at("2026-01-11T18:00:00Z"),
                                  .missed = 0,
                                  .expression = "0 3 * * MON Asia/Tokyo"}));
}

TEST_F(Schedule, TG1IsALevelAndNotAnEdge) {
  // Whoever asks first within the deadline finds the slot, whoever asks after it is handled does
  // not.
  EXPECT_EQ(decide("2026-01-04T19:59:00Z").due, at("2026-01-04T18:00:00Z"));
  EXPECT_EQ(turn("2026-01-04T18:20:00Z").due, at("2026-01-04T18:00:00Z"));
  EXPECT_EQ(turn("2026-01-04T18:20:01Z").due, std::nullopt);
}

TEST_F(Schedule, TG1ALostStatusGoesOnAfterTheNewestRun) {
  state.last_slot = at("2026-03-01T18:00:00Z");
  EXPECT_EQ(decide("2026-03-08T17:00:00Z").due, std::nullopt);
  EXPECT_EQ(turn("2026-03-08T18:30:00Z").due, at("2026-03-08T18:00:00Z"));
  EXPECT_EQ(state.missed, 0);
}

TEST_F(Schedule, TG2TheSlotIsItsNominalInstant) {
  EXPECT_EQ(slot_text(at("2026-03-09T03:00:00Z")), "2026-03-09T03:00:00Z");
}

TEST_F(Schedule, TG14OnlyTheNewestMissedSlotFires) {
  turn("2026-01-04T18:00:00Z");
  const ScheduleDecision decision = turn("2026-03-08T19:00:00Z");
  EXPECT_EQ(decision.due, at("2026-03-08T18:00:00Z"));
  EXPECT_EQ(state.last_slot, at("2026-03-08T18:00:00Z"));
  EXPECT_EQ(state.missed, 8);
  EXPECT_EQ(only_note(decision.settled),
            "8 slots of `0 3 * * MON Asia/Tokyo` passed without a run; the newest, "
            "2026-03-08T18:00:00Z, counts");
  EXPECT_EQ(decision.settled.events.front().reason, "SlotMissed");
  EXPECT_EQ(decision.settled.events.front().type, EventType::kNormal);
  EXPECT_THAT(decision.held.events, IsEmpty());
}

TEST_F(Schedule, TG14ASlotOlderThanTheDeadlineIsMissed) {
  turn("2026-03-01T18:00:00Z");
  EXPECT_EQ(decide("2026-03-08T20:00:00Z").due, at("2026-03-08T18:00:00Z"));
  const ScheduleDecision decision = turn("2026-03-08T20:00:00.000001Z");
  EXPECT_EQ(decision.due, std::nullopt);
  EXPECT_EQ(state.last_slot, at("2026-03-08T18:00:00Z"));
  EXPECT_EQ(only_note(decision.settled),
            "1 slot of `0 3 * * MON Asia/Tokyo` passed without a run; the newest, "
            "2026-03-08T18:00:00Z, is older than startingDeadline 2h");
}

TEST_F(Schedule, TG14WithoutCatchUpASlotStartsOnTimeOrNever) {
  spec.catch_up = false;
  EXPECT_EQ(decide("2026-01-04T18:00:00Z").due, at("2026-01-04T18:00:00Z"));
  EXPECT_EQ(decide("2026-01-04T18:01:00Z").due, at("2026-01-04T18:00:00Z"));
  const ScheduleDecision late = turn("2026-01-04T18:01:01Z");
  EXPECT_EQ(late.due, std::nullopt);
  EXPECT_EQ(state.missed, 1);
  EXPECT_THAT(only_note(late.settled), HasSubstr("passed without a run; catchUp is None"));
}

TEST_F(Schedule, TG14NothingIsGivenUpWhileAHoldApplies) {
  spec.cron = "0 * * * *";
  turn("2026-03-08T12:00:00Z");
  EXPECT_EQ(held_turn("2026-03-08T13:00:00Z").due, at("2026-03-08T13:00:00Z"));
  EXPECT_EQ(held_turn("2026-03-08T14:00:00Z").due, at("2026-03-08T14:00:00Z"));
  EXPECT_EQ(state.last_slot, at("2026-03-08T12:00:00Z"));
  // The hold goes: the newest slot fires, both others are counted once.
  const int64_t missed_before = state.missed;
  const ScheduleDecision released = turn("2026-03-08T15:45:00Z");
  EXPECT_EQ(released.due, at("2026-03-08T15:00:00Z"));
  EXPECT_EQ(state.missed - missed_before, 2);
  EXPECT_THAT(released.settled.events, SizeIs(1));
}

TEST_F(Schedule, TG14ASlotThatGrowsTooOldUnderAHoldIsNoLongerDue) {
  turn("2026-03-01T18:00:00Z");
  const ScheduleDecision held = held_turn("2026-03-08T18:00:00Z");
  EXPECT_EQ(held.due, at("2026-03-08T18:00:00Z"));
  EXPECT_EQ(held.wake_at, at("2026-03-08T20:00:00.000001Z"));
  const ScheduleDecision later = held_turn("2026-03-08T20:00:00.000001Z");
  EXPECT_EQ(later.due, std::nullopt);
  EXPECT_EQ(later.wake_at, at("2026-03-15T18:00:00Z"));
  EXPECT_EQ(state.last_slot, at("2026-03-01T18:00:00Z"));
}

TEST_F(Schedule, TG14TenYearsOfMissedMinutesAreOneDecision) {
  spec = {.cron = "* * * * *", .time_zone = "America/New_York"};
  turn("2026-03-08T12:00:00Z");
  const int64_t missed_before = state.missed;
  const ScheduleDecision decision = turn("2036-03-08T12:00:30Z");
  EXPECT_EQ(decision.due, at("2036-03-08T12:00:00Z"));
  EXPECT_EQ(state.missed - missed_before, 5'260'319);  // 3,653 days of 1,440, without the newest
  EXPECT_THAT(decision.settled.events, SizeIs(1));
}

TEST_F(Schedule, TG14EverySlotIsFiredOrMissedExactlyOnce) {
  spec = {.cron = "*/20 * * * *", .time_zone = "America/New_York", .starting_deadline = 30min};
  turn("2026-03-07T00:00:00Z");
  state.missed = 0;
  int64_t fired = 0;
  base::Time now = at("2026-03-07T00:00:00Z");
  for (int turn_number = 0; turn_number < 200; ++turn_number) {
    // Between one minute and three hours pass; some turns are held.
    now = now + std::chrono::minutes(1 + (turn_number * 7919) % 180);
    const bool is_held = turn_number % 3 == 0;
    const ScheduleDecision decision =
        is_held ? held_turn(base::format_time(now)) : turn(base::format_time(now));
    if (decision.due && !is_held) ++fired;
  }
  const ScheduleDecision last = turn(base::format_time(now));
  fired += last.due ? 1 : 0;
  const int64_t minutes = (now - at("2026-03-07T00:00:00Z")) / 1min;
  EXPECT_GT(fired, 50);
  EXPECT_GT(state.missed, 50);
  EXPECT_EQ(fired + state.missed, minutes / 20);
}

TEST_F(Schedule, TG15AnEditNeverFiresASlotOfThePast) {
  turn("2026-03-01T18:00:00Z");
  spec.cron = "0 4 * * MON";  // 19:00 UTC, half an hour ago
  EXPECT_EQ(turn("2026-03-08T19:30:00Z").due, std::nullopt);
  EXPECT_EQ(state.last_slot, at("2026-03-01T18:00:00Z"));
  EXPECT_EQ(state.since, at("2026-03-08T19:30:00Z"));
  EXPECT_EQ(state.next_slot, at("2026-03-15T19:00:00Z"));
  EXPECT_EQ(turn("2026-03-15T19:00:00Z").due, at("2026-03-15T19:00:00Z"));
  spec.time_zone = "America/New_York";  // 08:00 UTC in summer time
  EXPECT_EQ(turn("2026-03-16T08:30:00Z").due, std::nullopt);
  EXPECT_EQ(state.next_slot, at("2026-03-23T08:00:00Z"));
  EXPECT_EQ(state.missed, 8);  // those of January and February, before the first turn
}

TEST_F(Schedule, TG15OtherFieldsAreNoEdit) {
  turn("2026-03-01T18:00:00Z");
  spec.starting_deadline = 4h;
  EXPECT_EQ(turn("2026-03-08T21:00:00Z").due, at("2026-03-08T18:00:00Z"));
}

TEST_F(Schedule, TG15AScheduleAddedLaterStartsThen) {
  seen_before = true;
  EXPECT_EQ(turn("2026-03-08T18:30:00Z").due, std::nullopt);
  EXPECT_EQ(state.since, at("2026-03-08T18:30:00Z"));
  EXPECT_EQ(state.missed, 0);
}

TEST_F(Schedule, TG16JitterComesFromTheUid) {
  EXPECT_EQ(jitter_offset(kUid, 10min), 506s);
  EXPECT_EQ(jitter_offset(kUid, 1h), 1706s);
  EXPECT_EQ(jitter_offset(kUid, 0s), 0s);
  EXPECT_EQ(jitter_offset(kUid, 999ms), 0s);
  EXPECT_EQ(jitter_offset(kUid, 1s), 0s);
  EXPECT_NE(jitter_offset("another", 1h), jitter_offset(kUid, 1h));
}

TEST_F(Schedule, TG16TheRunStartsLaterAndTheSlotKeepsItsName) {
  spec.jitter = 10min;
  const base::Duration offset = 506s;
  const base::Time start = at("2026-01-04T18:00:00Z") + offset;
  EXPECT_EQ(turn("2026-01-04T17:00:00Z").wake_at, start);
  EXPECT_EQ(turn("2026-01-04T18:00:00Z").due, std::nullopt);
  EXPECT_EQ(state.next_slot, at("2026-01-04T18:00:00Z"));
  EXPECT_EQ(turn(base::format_time(start - 1s)).due, std::nullopt);
  EXPECT_EQ(turn(base::format_time(start)).due, at("2026-01-04T18:00:00Z"));
  EXPECT_EQ(state.last_slot, at("2026-01-04T18:00:00Z"));
  EXPECT_EQ(state.next_slot, at("2026-01-11T18:00:00Z"));
}

TEST_F(Schedule, TG16SlotsCloserThanTheJitterStillStart) {
  spec = {.cron = "* * * * *", .time_zone = "UTC", .jitter = 10min};
  turn("2026-01-04T18:00:00Z");
  const ScheduleDecision decision = turn("2026-01-04T18:01:00Z");
  ASSERT_TRUE(decision.due.has_value());
  EXPECT_EQ(*decision.due, base::floor_to(at("2026-01-04T18:01:00Z") - base::Duration(506s), 1min));
  EXPECT_THAT(decision.settled.events, IsEmpty());
}

TEST_F(Schedule, TG17ABackwardJumpPausesAndNeverRepeats) {
  turn("2026-03-08T18:00:00Z");
  const ScheduleDecision back = turn("2026-03-08T17:30:00Z");
  EXPECT_EQ(back.due, std::nullopt);
  EXPECT_THAT(back.settled.events, IsEmpty());
  EXPECT_EQ(state.last_slot, at("2026-03-08T18:00:00Z"));
  EXPECT_EQ(back.wake_at, at("2026-03-15T18:00:00Z"));
  EXPECT_EQ(turn("2026-03-08T18:00:00Z").due, std::nullopt);
  EXPECT_EQ(turn("2026-03-15T18:00:00Z").due, at("2026-03-15T18:00:00Z"));
}

TEST_F(Schedule, TG17AClockThatRanAheadIsForgotten) {
  turn("2027-03-07T18:00:00Z");  // a forward jump of a year: one slot at most
  EXPECT_EQ(state.last_slot, at("2027-03-07T18:00:00Z"));
  const ScheduleDecision back = turn("2026-03-04T12:00:00Z");
  EXPECT_EQ(back.due, std::nullopt);
  EXPECT_EQ(state.last_slot, at("2026-03-04T12:00:00Z"));
  EXPECT_THAT(only_note(back.held), HasSubstr("a clock ran ahead; it goes on from now"));
  EXPECT_EQ(back.held.events.front().reason, "ClockSkew");
  EXPECT_EQ(back.held.events.front().type, EventType::kWarning);
  EXPECT_EQ(turn("2026-03-08T18:00:00Z").due, at("2026-03-08T18:00:00Z"));
}

TEST_F(Schedule, TG17AnHourAheadIsWaitedFor) {
  turn("2026-03-08T18:00:00Z");
  EXPECT_THAT(decide("2026-03-08T17:00:00Z").held.events, IsEmpty());
  EXPECT_THAT(decide("2026-03-08T16:59:59Z").held.events, SizeIs(1));
}

TEST_F(Schedule, TG17ACreationInTheFutureIsSkewToo) {
  const ScheduleDecision decision = turn("2025-12-01T00:00:00Z");
  EXPECT_THAT(decision.settled.events, SizeIs(1));
  EXPECT_EQ(state.since, at("2025-12-01T00:00:00Z"));
}

TEST_F(Schedule, TG17AForwardJumpFiresAtMostOneSlot) {
  spec.cron = "0 * * * *";
  turn("2026-03-08T18:00:00Z");
  EXPECT_EQ(turn("2031-03-08T18:10:00Z").due, at("2031-03-08T18:00:00Z"));
  EXPECT_EQ(turn("2031-03-08T18:11:00Z").due, std::nullopt);
}

TEST_F(Schedule, TG11WhatCannotWorkIsSaidAndNothingFires) {
  turn("2026-03-01T18:00:00Z");
  const ScheduleState before = state;
  const auto problem = [this](ScheduleProblem kind) {
    const ScheduleDecision decision = decide("2026-03-08T18:00:00Z");
    EXPECT_EQ(decision.problem, kind) << decision.message;
    EXPECT_EQ(decision.due, std::nullopt);
    EXPECT_EQ(decision.wake_at, std::nullopt);
    EXPECT_EQ(decision.held, decision.settled);
    EXPECT_EQ(decision.held.state.last_slot, state.last_slot);
    EXPECT_EQ(decision.held.state.next_slot, std::nullopt);
    return decision.message;
  };
  spec.cron = "0 25 * * *";
  EXPECT_EQ(problem(ScheduleProblem::kInvalidSchedule),
            "cron \"0 25 * * *\": hour, character 3: \"25\" is not 0 to 23");
  spec.cron = "0 0 30 2 *";
  EXPECT_EQ(problem(ScheduleProblem::kInvalidSchedule),
            "cron \"0 0 30 2 *\" has no slot within 8 years");
  spec = {.cron = "0 3 * * MON", .time_zone = "Asia/Tokio"};
  EXPECT_THAT(problem(ScheduleProblem::kUnknownTimeZone), HasSubstr("\"Asia/Tokio\" is not in"));
  spec = {.cron = "0 3 * * MON", .starting_deadline = 0s};
  EXPECT_THAT(problem(ScheduleProblem::kInvalidSchedule), HasSubstr("longer than 0s"));
  spec = {.cron = "0 3 * * MON", .starting_deadline = 10min, .jitter = 11min};
  EXPECT_THAT(problem(ScheduleProblem::kInvalidSchedule),
              HasSubstr("jitter 11m is longer than startingDeadline 10m"));
  // Corrected again, the schedule goes on where it was.
  spec = {.cron = "0 3 * * MON", .time_zone = "Asia/Tokyo"};
  EXPECT_EQ(state, before);
  EXPECT_EQ(turn("2026-03-08T18:00:00Z").due, at("2026-03-08T18:00:00Z"));
}

TEST_F(Schedule, SEC42ACountAtItsEndStaysThere) {
  turn("2026-01-04T18:00:00Z");
  state.missed = std::numeric_limits<int64_t>::max() - 1;
  turn("2026-03-08T19:00:00Z");
  EXPECT_EQ(state.missed, std::numeric_limits<int64_t>::max());
}

}  // namespace
}  // namespace kaizen::core
