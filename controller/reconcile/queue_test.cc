#include "reconcile/queue.h"

#include <set>

#include <gtest/gtest.h>

#include "base/backoff.h"
#include "base/hash.h"

namespace kaizen::reconcile {
namespace {

using namespace std::chrono_literals;

Key key(std::string name) {
  return {.kind = Watched::kModelDeployment, .object = {.ns = "shop", .name = std::move(name)}};
}

Wake child(std::string name) {
  return {.key = key(std::move(name)), .lane = Lane::kNormal, .trigger = Trigger::kChild};
}

Wake spec(std::string name) {
  return {.key = key(std::move(name)), .lane = Lane::kHigh, .trigger = Trigger::kSpec};
}

base::MonoTime at(base::Duration span) {
  return base::MonoTime::from_us(1'000'000'000) + span;
}

const base::MonoTime kStart = at(0s);

Outcome ending(Ending how) {
  return {.ending = how};
}

// Takes the only ready key and gives it back with that outcome.
Done turn(WorkQueue& queue, const Outcome& outcome, base::MonoTime now) {
  const auto taken = queue.take(now);
  EXPECT_TRUE(taken.has_value());
  if (!taken) return {};
  return queue.done(taken->key, outcome, now);
}

TEST(WorkQueue, RT43KeyIsQueuedOnceHoweverOftenItIsAdded) {
  WorkQueue queue;
  queue.add(child("a"), kStart);
  queue.add(child("a"), kStart);
  ASSERT_TRUE(queue.take(kStart));
  EXPECT_FALSE(queue.take(kStart));
  EXPECT_EQ(queue.facts(kStart).adds, 1U);
}

TEST(WorkQueue, RT43KeyInProcessIsNotTakenByASecondWorker) {
  WorkQueue queue;
  queue.add(child("a"), kStart);
  ASSERT_TRUE(queue.take(kStart));
  queue.add(child("a"), kStart);
  EXPECT_FALSE(queue.take(kStart));
  queue.done(key("a"), ending(Ending::kSettled), kStart);
  ASSERT_TRUE(queue.take(kStart));
  queue.done(key("a"), ending(Ending::kSettled), kStart);
  EXPECT_FALSE(queue.take(kStart));
}

TEST(WorkQueue, RT43KeyThatBecameDirtyIsTakenAgainAlsoAfterAFailure) {
  WorkQueue queue;
  queue.add(child("a"), kStart);
  ASSERT_TRUE(queue.take(kStart));
  queue.add(child("a"), kStart);
  queue.done(key("a"), ending(Ending::kRetry), kStart);
  EXPECT_TRUE(queue.take(kStart));
}

TEST(WorkQueue, RT44BackoffDoublesUpToItsCapAndIsForgottenOnSuccess) {
  WorkQueue queue;
  base::MonoTime now = kStart;
  queue.add(spec("a"), now);
  for (const base::Duration wait : std::vector<base::Duration>{5ms, 10ms, 20ms, 40ms}) {
    turn(queue, ending(Ending::kRetry), now);
    ASSERT_EQ(queue.next_wake(), now + wait);
    EXPECT_FALSE(queue.take(now + wait - 1us));
    now = now + wait;
  }
  turn(queue, ending(Ending::kSettled), now);
  EXPECT_EQ(queue.next_wake(), std::nullopt);
  queue.add(child("a"), now);
  turn(queue, ending(Ending::kRetry), now);
  EXPECT_EQ(queue.next_wake(), now + 5ms);
}

TEST(WorkQueue, RT44BackoffIsCappedAtAThousandSeconds) {
  WorkQueue queue;
  base::MonoTime now = kStart;
  queue.add(child("a"), now);
  for (int i = 0; i < 40; ++i) {
    turn(queue, ending(Ending::kRetry), now);
    ASSERT_TRUE(queue.next_wake());
    ASSERT_LE(*queue.next_wake() - now, 1000s);
    now = *queue.next_wake();
  }
  turn(queue, ending(Ending::kRetry), now);
  EXPECT_EQ(queue.next_wake(), now + 1000s);
  EXPECT_EQ(base::backoff(QueuePolicy{}.backoff, 1'000'000), 1000s);
}

TEST(WorkQueue, RT44FailuresOfAllKeysShareABucketOfTenPerSecond) {
  WorkQueue queue;
  for (int i = 0; i < 130; ++i) queue.add(child("k" + std::to_string(i)), kStart);
  for (int i = 0; i < 130; ++i) turn(queue, ending(Ending::kRetry), kStart);
  // The first hundred wait their own 5 ms, the others one after another.
  size_t early = 0;
  while (queue.take(at(5ms))) ++early;
  EXPECT_EQ(early, 100U);
  size_t second = 0;
  while (queue.take(at(1s))) ++second;
  EXPECT_EQ(second, 10U);
  size_t third = 0;
  while (queue.take(at(3s))) ++third;
  EXPECT_EQ(third, 20U);
}

TEST(WorkQueue, RT44RefusedKeyWaitsForItsRecheckWithoutBackoff) {
  WorkQueue queue;
  queue.add(child("a"), kStart);
  turn(queue, {.ending = Ending::kBlocked, .wake_at = at(30min), .wake_trigger = Trigger::kRecheck},
       kStart);
  EXPECT_EQ(queue.next_wake(), at(30min));
  EXPECT_EQ(queue.facts(kStart).retries, 0U);
  const auto taken = queue.take(at(30min));
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->trigger, Trigger::kRecheck);
}

TEST(WorkQueue, RT12WaitOfTheServerIsKept) {
  WorkQueue queue;
  queue.add(child("a"), kStart);
  turn(queue, {.ending = Ending::kRetry, .retry_after = 30s}, kStart);
  EXPECT_EQ(queue.next_wake(), at(30s));
}

// The backoff of such a failure ends earlier than that of others, and counts on with theirs.
TEST(WorkQueue, RT63ACauseMayDeserveAShorterLongestWait) {
  WorkQueue queue;
  const Outcome down = {.ending = Ending::kRetry, .retry_within = 5min};
  queue.add(child("a"), kStart);
  base::MonoTime now = kStart;
  for (int i = 0; i < 30; ++i) {
    turn(queue, down, now);
    const base::Duration wait = *queue.next_wake() - now;
    if (i < 16) {
      EXPECT_LE(wait, 5min) << i;
    } else {
      EXPECT_EQ(wait, 5min) << "5 ms doubled sixteen times is longer";
    }
    now = *queue.next_wake();
  }
  turn(queue, {.ending = Ending::kRetry}, now);
  EXPECT_EQ(*queue.next_wake() - now, 1000s) << "any other failure waits as ever";
}

TEST(WorkQueue, RT45OfTwoTimesForOneKeyTheEarlierHolds) {
  WorkQueue queue;
  queue.add_at(child("a"), at(10s), kStart);
  queue.add_at({.key = key("a"), .lane = Lane::kNormal, .trigger = Trigger::kSchedule}, at(4s),
               kStart);
  queue.add_at(child("a"), at(20s), kStart);
  EXPECT_EQ(queue.next_wake(), at(4s));
  EXPECT_FALSE(queue.take(at(4s) - 1us));
  const auto taken = queue.take(at(4s));
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->trigger, Trigger::kSchedule);
  queue.done(taken->key, ending(Ending::kSettled), at(4s));
  EXPECT_EQ(queue.next_wake(), std::nullopt);
}

TEST(WorkQueue, RT45TimersComeInTheOrderOfTheirTimes) {
  WorkQueue queue;
  queue.add_at(child("c"), at(3s), kStart);
  queue.add_at(child("a"), at(1s), kStart);
  queue.add_at(child("b"), at(2s), kStart);
  std::vector<std::string> order;
  while (const auto taken = queue.take(at(5s))) order.push_back(taken->key.object.name);
  EXPECT_EQ(order, (std::vector<std::string>{"a", "b", "c"}));
}

TEST(WorkQueue, RT45DecisionReplacesTheTimerOfTheOneBefore) {
  WorkQueue queue;
  queue.add(child("a"), kStart);
  turn(queue, {.ending = Ending::kSettled, .wake_at = at(10s)}, kStart);
  queue.add(child("a"), at(1s));
  turn(queue, {.ending = Ending::kSettled, .wake_at = at(60s)}, at(1s));
  EXPECT_EQ(queue.next_wake(), at(60s));
}

TEST(WorkQueue, RT46HighLaneGoesFirstAndNobodyStarves) {
  WorkQueue queue;
  queue.add(child("old"), kStart);
  queue.add(spec("urgent"), at(1s));
  EXPECT_EQ(queue.take(at(1s))->key.object.name, "urgent");
  queue.add(spec("urgent2"), at(60s));
  EXPECT_EQ(queue.take(at(60s))->key.object.name, "old");
}

TEST(WorkQueue, RT46WaitingKeyMovesUpWhenItBecomesUrgent) {
  WorkQueue queue;
  queue.add(child("a"), kStart);
  queue.add(child("b"), kStart);
  queue.add(spec("b"), kStart);
  const auto taken = queue.take(kStart);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->key.object.name, "b");
  EXPECT_EQ(taken->lane, Lane::kHigh);
  EXPECT_EQ(taken->trigger, Trigger::kSpec);
}

TEST(WorkQueue, RT47DeadlineIsExactAndPeriodicWakeMovesByTenPercent) {
  std::set<int64_t> moved;
  for (uint8_t i = 0; i < 50; ++i) {
    WorkQueue queue;
    base::Uid uid;
    uid.bytes[0] = i;
    queue.add(child("a"), kStart);
    turn(queue, {.ending = Ending::kSettled, .wake_at = at(100s), .periodic = false, .uid = uid},
         kStart);
    ASSERT_EQ(queue.next_wake(), at(100s));
    queue.add(child("a"), kStart);
    const Outcome periodic{
        .ending = Ending::kSettled, .wake_at = at(100s), .periodic = true, .uid = uid};
    turn(queue, periodic, kStart);
    ASSERT_GE(*queue.next_wake(), at(90s));
    ASSERT_LE(*queue.next_wake(), at(110s));
    moved.insert(queue.next_wake()->us());
    // Stable: the same object moves by the same share again.
    const auto before = queue.next_wake();
    queue.add(child("a"), kStart);
    turn(queue, periodic, kStart);
    ASSERT_EQ(queue.next_wake(), before);
  }
  EXPECT_GT(moved.size(), 40U);
}

TEST(WorkQueue, RT47EveryWakeHasItsReason) {
  WorkQueue queue;
  queue.add({.key = key("a"), .lane = Lane::kNormal, .trigger = Trigger::kAnswer}, kStart);
  EXPECT_EQ(queue.take(kStart)->trigger, Trigger::kAnswer);
  queue.done(key("a"), {.ending = Ending::kSettled, .wake_at = at(1s)}, kStart);
  EXPECT_EQ(queue.take(at(1s))->trigger, Trigger::kSchedule);
  queue.done(key("a"), ending(Ending::kRetry), at(1s));
  EXPECT_EQ(queue.take(at(2s))->trigger, Trigger::kRetry);
  queue.done(key("a"), ending(Ending::kAgain), at(2s));
  EXPECT_EQ(queue.take(at(2s))->trigger, Trigger::kCacheReached);
  std::set<std::string_view> names;
  for (const Trigger trigger : kAllTriggers) names.insert(to_string(trigger));
  EXPECT_EQ(names.size(), kAllTriggers.size());
}

TEST(WorkQueue, RT48FifthExceptionInARowIsQuarantine) {
  WorkQueue queue;
  base::MonoTime now = kStart;
  queue.add(child("a"), now);
  for (int i = 1; i <= 4; ++i) {
    EXPECT_FALSE(turn(queue, ending(Ending::kException), now).quarantined) << i;
    now = *queue.next_wake();
  }
  EXPECT_TRUE(turn(queue, ending(Ending::kException), now).quarantined);
  EXPECT_EQ(queue.facts(now).quarantined[0], 1U);
  queue.add(child("a"), now + 10s);
  EXPECT_FALSE(queue.take(now + 10s));
  EXPECT_FALSE(queue.take(now + 1000s - 1us));
  EXPECT_TRUE(queue.take(now + 1000s));
  EXPECT_EQ(queue.facts(now + 1000s).quarantined[0], 0U);
}

TEST(WorkQueue, RT48NewSpecEndsQuarantineAndTheCount) {
  WorkQueue queue;
  queue.add(child("a"), kStart);
  turn(queue, ending(Ending::kOurBug), kStart);
  queue.add(child("a"), at(1s));
  EXPECT_FALSE(queue.take(at(1s)));
  queue.add(spec("a"), at(2s));
  ASSERT_TRUE(queue.take(at(2s)));
  queue.done(key("a"), ending(Ending::kSettled), at(2s));
  queue.add(child("a"), at(3s));
  EXPECT_TRUE(queue.take(at(3s)));
}

TEST(WorkQueue, RT48ExceptionsOfAnOlderGenerationDoNotCount) {
  WorkQueue queue;
  base::MonoTime now = kStart;
  queue.add(child("a"), now);
  for (int i = 0; i < 4; ++i) {
    turn(queue, ending(Ending::kException), now);
    now = *queue.next_wake();
  }
  ASSERT_TRUE(queue.take(now));
  queue.add(spec("a"), now);  // arrives while the fifth one runs
  EXPECT_FALSE(queue.done(key("a"), ending(Ending::kException), now).quarantined);
  for (int i = 0; i < 4; ++i) {
    EXPECT_FALSE(turn(queue, ending(Ending::kException), now).quarantined) << i;
    now = *queue.next_wake();
  }
  EXPECT_TRUE(turn(queue, ending(Ending::kException), now).quarantined);
}

TEST(WorkQueue, RT48SuccessBetweenExceptionsStartsTheCountAnew) {
  WorkQueue queue;
  base::MonoTime now = kStart;
  queue.add(child("a"), now);
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 4; ++i) {
      ASSERT_FALSE(turn(queue, ending(Ending::kException), now).quarantined);
      now = *queue.next_wake();
    }
    turn(queue, {.ending = Ending::kSettled, .wake_at = now + 1s}, now);
    now = now + 1s;
  }
}

TEST(WorkQueue, RT48MalformedRequestIsQuarantineAtOnce) {
  WorkQueue queue;
  queue.add(child("a"), kStart);
  EXPECT_TRUE(turn(queue, ending(Ending::kOurBug), kStart).quarantined);
  EXPECT_EQ(queue.next_wake(), at(1000s));
}

TEST(WorkQueue, RT55ConflictIsRetriedFiveTimesInTenMillisecondsThenByBackoff) {
  WorkQueue queue;
  base::MonoTime now = kStart;
  queue.add(child("a"), now);
  for (int i = 0; i < 5; ++i) {
    turn(queue, ending(Ending::kConflict), now);
    const base::Duration wait = *queue.next_wake() - now;
    EXPECT_GE(wait, 9ms);
    EXPECT_LE(wait, 11ms);
    now = *queue.next_wake();
  }
  for (const base::Duration wait : std::vector<base::Duration>{5ms, 10ms, 20ms, 40ms, 80ms}) {
    turn(queue, ending(Ending::kConflict), now);
    ASSERT_EQ(*queue.next_wake() - now, wait);
    now = *queue.next_wake();
  }
}

TEST(WorkQueue, A65PolicyIsDataThatIsPassedIn) {
  QueuePolicy policy;
  policy.backoff = {.first = 1s, .cap = 2s};
  policy.quarantine_after = 1;
  policy.quarantine = 7s;
  WorkQueue queue(policy);
  queue.add(child("a"), kStart);
  turn(queue, ending(Ending::kRetry), kStart);
  EXPECT_EQ(queue.next_wake(), at(1s));
  EXPECT_TRUE(turn(queue, ending(Ending::kException), at(1s)).quarantined);
  EXPECT_EQ(queue.next_wake(), at(8s));
}

TEST(WorkQueue, A64KeyThatIsWokenWithoutEndIsDecidedThirtyTimesAMinute) {
  WorkQueue queue;
  size_t decided = 0;
  for (base::Duration t = 0s; t < 60s; t += 10ms) {
    queue.add(child("hot"), at(t));
    if (queue.take(at(t))) {
      ++decided;
      queue.done(key("hot"), ending(Ending::kSettled), at(t));
    }
  }
  EXPECT_GE(decided, 55U);  // 30 at once, then one per 2 s
  EXPECT_LE(decided, 61U);
  // A person is heard at once all the same.
  queue.add(spec("hot"), at(60s));
  EXPECT_TRUE(queue.take(at(60s)));
}

TEST(WorkQueue, A64HoldsEachKeyOnce) {
  WorkQueue queue;
  for (int i = 0; i < 1000; ++i) {
    queue.add(child("a"), kStart);
    queue.add_at(child("a"), at(1s), kStart);
    queue.add(spec("b"), kStart);
  }
  const QueueFacts facts = queue.facts(kStart);
  EXPECT_EQ(facts.depth[static_cast<size_t>(Lane::kHigh)], 1U);
  EXPECT_EQ(facts.depth[static_cast<size_t>(Lane::kNormal)], 1U);
}

TEST(WorkQueue, RT73ForgottenKeyBeginsAnew) {
  WorkQueue queue;
  base::MonoTime now = kStart;
  queue.add(child("a"), now);
  for (int i = 0; i < 4; ++i) {
    turn(queue, ending(Ending::kException), now);
    now = *queue.next_wake();
  }
  ASSERT_TRUE(queue.take(now));
  queue.add(child("a"), now);  // a new object of that name
  queue.done(key("a"), ending(Ending::kSettled), now);
  queue.forget(key("a"));
  ASSERT_TRUE(queue.take(now));
  EXPECT_FALSE(queue.done(key("a"), ending(Ending::kException), now).quarantined);
}

TEST(WorkQueue, UX80SaysHowLongKeysWaitAndRun) {
  WorkQueue queue;
  queue.add(child("a"), kStart);
  queue.add(child("b"), at(1s));
  EXPECT_EQ(queue.facts(at(3s)).oldest, 3s);
  EXPECT_EQ(queue.take(at(3s))->waited, 3s);
  EXPECT_EQ(queue.take(at(4s))->waited, 3s);
  const QueueFacts facts = queue.facts(at(6s));
  EXPECT_EQ(facts.processing, 2U);
  EXPECT_EQ(facts.longest_running, 3s);
  EXPECT_EQ(facts.unfinished, 5s);
  EXPECT_EQ(queue.done(key("a"), ending(Ending::kConflict), at(7s)).worked, 4s);
  EXPECT_EQ(queue.facts(at(7s)).retries, 1U);
}

TEST(WorkQueueDeathTest, DoneWithoutTakeIsOurBug) {
  WorkQueue queue;
  EXPECT_DEATH(queue.done(key("a"), ending(Ending::kSettled), kStart), "not taken");
}

}  // namespace
}  // namespace kaizen::reconcile
