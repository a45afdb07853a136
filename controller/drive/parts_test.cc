// The small parts: beats, guard, clock, alarm and the locked queue.
#include <chrono>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "drive/alarm_internal.h"
#include "drive/beats_internal.h"
#include "drive/clock.h"
#include "drive/drive_test_support.h"
#include "drive/guard_internal.h"
#include "drive/locked_queue_internal.h"

namespace kaizen::drive {
namespace {

using namespace std::chrono_literals;
using reconcile::Ending;
using reconcile::Lane;
using reconcile::Trigger;

reconcile::Wake wake(std::string name) {
  return {.key = {.kind = reconcile::Watched::kModelDeployment,
                  .object = {.ns = "shop", .name = std::move(name)}},
          .lane = Lane::kNormal,
          .trigger = Trigger::kChild};
}

TEST(Beats, RT87BrokenPromiseNamesTheThread) {
  ManualClock clock;
  Beats beats(clock);
  beats.add("first").promise(1h);
  Beat& second = beats.add("second");

  second.promise(30s);
  clock.advance(30s);
  EXPECT_EQ(beats.stuck(), std::nullopt);
  clock.advance(1us);
  EXPECT_EQ(beats.stuck(), "second");

  second.promise(30s);
  EXPECT_EQ(beats.stuck(), std::nullopt);
}

TEST(Beats, RT87RestingThreadIsNeverStuck) {
  ManualClock clock;
  Beats beats(clock);
  Beat& beat = beats.add("idle");

  clock.advance(24h);
  EXPECT_EQ(beats.stuck(), std::nullopt);
  beat.promise(1s);
  beat.rest();
  clock.advance(24h);
  EXPECT_EQ(beats.stuck(), std::nullopt);
}

TEST(Guard, RT48ExceptionsOfAnyTypeEndHere) {
  EXPECT_EQ(run_guarded([] {}), std::nullopt);
  EXPECT_EQ(run_guarded([] { throw std::runtime_error("broken"); }), "exception: broken");
  EXPECT_EQ(run_guarded([] { throw 7; }), "exception of an unknown type");
}

TEST(SystemClock, CountsForward) {
  const SystemClock clock;
  const base::MonoTime before = clock.mono();

  EXPECT_GE(clock.mono(), before);
  EXPECT_GT(before.us(), 0);
  EXPECT_GT(clock.now().unix_s(), 1'700'000'000);
}

TEST(Alarm, RingWakesAndCloseEnds) {
  Alarm alarm;
  alarm.ring();
  EXPECT_TRUE(alarm.wait(1h));
  alarm.close();
  EXPECT_FALSE(alarm.wait(1h));
}

TEST(Alarm, LooksAgainBeforeALongWaitEnds) {
  Alarm alarm;
  EXPECT_TRUE(alarm.wait(1h));
}

class LockedQueueTest : public testing::Test {
 protected:
  ManualClock clock;
  Alarm alarm;
  Beats beats{clock};
  Beat& beat = beats.add("worker");
  LockedQueue queue{clock, alarm, {}};
};

TEST_F(LockedQueueTest, RT88NothingIsTakenBeforeTheCachesAreSynced) {
  queue.add({wake("a")});
  std::optional<reconcile::Taken> taken;
  std::atomic<bool> opened = false;
  bool opened_first = false;
  std::thread worker([&] {
    taken = queue.take(beat);
    opened_first = opened.load();
  });

  opened = true;
  queue.open();
  worker.join();

  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->key.object.name, "a");
  EXPECT_TRUE(opened_first);
}

TEST_F(LockedQueueTest, A67ClosedQueueGivesNoKeyAway) {
  queue.open();
  std::thread waiting([&] { EXPECT_EQ(queue.take(beat), std::nullopt); });
  queue.close();
  waiting.join();

  queue.add({wake("a")});
  EXPECT_EQ(queue.take(beat), std::nullopt);
}

TEST_F(LockedQueueTest, RT87WorkerPromisesTenMinutesPerKey) {
  queue.open();
  queue.add({wake("a")});
  ASSERT_TRUE(queue.take(beat));

  clock.advance(10min);
  EXPECT_FALSE(beat.is_broken());
  clock.advance(1s);
  EXPECT_TRUE(beat.is_broken());
}

TEST_F(LockedQueueTest, RT43TwoWorkersNeverHoldOneKey) {
  queue.open();
  queue.add({wake("a"), wake("b")});
  const auto first = queue.take(beat);
  const auto second = queue.take(beat);
  ASSERT_TRUE(first && second);
  EXPECT_NE(first->key, second->key);

  queue.add({wake("a")});
  queue.close();
  EXPECT_EQ(queue.take(beat), std::nullopt);
}

TEST_F(LockedQueueTest, AwaitIdleEndsWhenTheLastKeyIsGivenBack) {
  queue.open();
  queue.add({wake("a")});
  const auto taken = queue.take(beat);
  ASSERT_TRUE(taken);
  std::thread waiting([&] { EXPECT_TRUE(queue.await_idle(20s)); });

  queue.done(taken->key, {.ending = Ending::kSettled}, false);
  waiting.join();
}

TEST_F(LockedQueueTest, AwaitIdleGivesUpInTheClocksTime) {
  queue.open();
  queue.add({wake("a")});
  ASSERT_TRUE(queue.take(beat));
  clock.run_by(4s);

  EXPECT_FALSE(queue.await_idle(20s));
}

TEST_F(LockedQueueTest, A60DelayedKeyIsTakenWhenTheClockSaysSo) {
  queue.open();
  queue.add({wake("a")});
  const auto taken = queue.take(beat);
  ASSERT_TRUE(taken);
  queue.done(taken->key, {.ending = Ending::kSettled, .wake_at = clock.mono() + 1h}, false);
  std::atomic<bool> moved = false;
  bool moved_first = false;
  std::thread worker([&] {
    EXPECT_TRUE(queue.take(beat));
    moved_first = moved.load();
  });

  queue.notify_due();
  moved = true;
  clock.advance(1h);
  queue.notify_due();
  worker.join();

  EXPECT_TRUE(moved_first);
}

TEST_F(LockedQueueTest, A65PolicyOfTheQueueIsData) {
  reconcile::QueuePolicy policy;
  policy.backoff = {.first = 3h, .cap = 3h};
  LockedQueue slow{clock, alarm, policy};
  slow.open();
  slow.add({wake("a")});
  const auto taken = slow.take(beat);
  ASSERT_TRUE(taken);

  slow.done(taken->key, {.ending = Ending::kRetry}, false);

  ASSERT_TRUE(slow.next_wake());
  EXPECT_EQ(*slow.next_wake() - clock.mono(), 3h);
}

}  // namespace
}  // namespace kaizen::drive
