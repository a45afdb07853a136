#include "reconcile/queue.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "base/hash.h"
#include "base/number.h"
#include "base/text.h"

namespace kaizen::reconcile {
namespace {

// A deletion or a new spec is new work: it ends quarantine (RT-48).
bool is_new_work(Trigger trigger) {
  return trigger == Trigger::kSpec || trigger == Trigger::kDeletion;
}

double seconds(base::Duration span) {
  return std::chrono::duration<double>(span).count();
}

base::Duration from_seconds(double s) {
  return std::chrono::duration_cast<base::Duration>(std::chrono::duration<double>(s));
}

// Tokens after the time since `at`, never above `burst`.
double refilled(double tokens, base::Duration since, double rate, double burst) {
  return std::min(burst, tokens + seconds(since) * rate);
}

}  // namespace

WorkQueue::WorkQueue(QueuePolicy policy) : policy_(policy) {
  failures_.tokens = policy_.bucket_burst;
}

void WorkQueue::add(const Wake& wake, base::MonoTime now) {
  if (shut(record_of(wake.key, now), wake.trigger, now)) return;
  Waiting waiting{.lane = wake.lane, .trigger = wake.trigger, .since = now, .order = 0};
  const auto running = running_.find(wake.key);
  if (running == running_.end()) {
    if (make_ready(wake.key, waiting)) ++adds_;
    return;
  }
  auto& dirty = running->second.dirty;
  if (dirty) {
    dirty->lane = std::min(dirty->lane, waiting.lane);
    dirty->trigger = std::min(dirty->trigger, waiting.trigger);
    return;
  }
  dirty = waiting;
  ++adds_;
}

void WorkQueue::add_at(const Wake& wake, base::MonoTime due, base::MonoTime now) {
  if (shut(record_of(wake.key, now), wake.trigger, now)) return;
  delay(wake.key, {.due = std::max(due, now), .lane = wake.lane, .trigger = wake.trigger});
}

std::optional<Taken> WorkQueue::take(base::MonoTime now) {
  promote_due(now);
  while (const auto key = pick(now)) {
    const Waiting waiting = ready_.at(*key);
    unready(*key);
    if (!spend(*key, waiting, now)) continue;
    // The decision that begins now says itself when it wants the next one.
    undelay(*key);
    running_[*key] = {.since = now, .dirty = std::nullopt};
    return Taken{.key = *key,
                 .trigger = waiting.trigger,
                 .lane = waiting.lane,
                 .waited = now - waiting.since};
  }
  return std::nullopt;
}

Done WorkQueue::done(const Key& key, const Outcome& outcome, base::MonoTime now) {
  const auto found = running_.find(key);
  KAIZEN_CHECK(found != running_.end(), "done() of a key that was not taken");
  const Running running = found->second;
  running_.erase(found);
  Record& record = record_of(key, now);
  if (running.dirty && is_new_work(running.dirty->trigger)) record.exceptions = 0;
  Done result;
  result.worked = now - running.since;
  result.quarantined = settle(key, outcome, now);
  result.failures = static_cast<int32_t>(std::min<int64_t>(record.failures, INT32_MAX));
  // Counted as an add when it became dirty.
  if (running.dirty && !shut(record, running.dirty->trigger, now)) make_ready(key, *running.dirty);
  return result;
}

void WorkQueue::forget(const Key& key) {
  undelay(key);
  records_.erase(key);
}

std::optional<base::MonoTime> WorkQueue::next_wake() const {
  if (timers_.empty()) return std::nullopt;
  return timers_.begin()->first;
}

QueueFacts WorkQueue::facts(base::MonoTime now) const {
  QueueFacts facts;
  facts.adds = adds_;
  facts.retries = retries_;
  facts.processing = running_.size();
  for (size_t i = 0; i < kLaneCount; ++i) facts.depth.at(i) = lanes_.at(i).size();
  for (const auto& [key, waiting] : ready_) {
    facts.oldest = std::max(facts.oldest, now - waiting.since);
  }
  for (const auto& [key, running] : running_) {
    facts.longest_running = std::max(facts.longest_running, now - running.since);
    facts.unfinished += now - running.since;
  }
  for (const auto& [key, record] : records_) {
    if (record.quarantined_until && *record.quarantined_until > now) {
      ++facts.quarantined.at(static_cast<size_t>(key.kind));
    }
  }
  return facts;
}

// True when the key was not ready before.
bool WorkQueue::make_ready(const Key& key, const Waiting& waiting) {
  const auto found = ready_.find(key);
  if (found == ready_.end()) {
    Waiting entry = waiting;
    entry.order = next_order_++;
    lanes_.at(static_cast<size_t>(entry.lane)).emplace(entry.order, key);
    ready_.emplace(key, entry);
    return true;
  }
  Waiting& entry = found->second;
  entry.trigger = std::min(entry.trigger, waiting.trigger);
  if (waiting.lane >= entry.lane) return false;
  lanes_.at(static_cast<size_t>(entry.lane)).erase(entry.order);
  entry.lane = waiting.lane;
  entry.order = next_order_++;
  lanes_.at(static_cast<size_t>(entry.lane)).emplace(entry.order, key);
  return false;
}

void WorkQueue::unready(const Key& key) {
  const auto found = ready_.find(key);
  lanes_.at(static_cast<size_t>(found->second.lane)).erase(found->second.order);
  ready_.erase(found);
}

void WorkQueue::delay(const Key& key, const Delayed& delayed) {
  const auto found = delayed_.find(key);
  if (found != delayed_.end()) {
    if (found->second.due <= delayed.due) return;
    undelay(key);
  }
  delayed_.emplace(key, delayed);
  timers_.emplace(delayed.due, key);
}

void WorkQueue::undelay(const Key& key) {
  const auto found = delayed_.find(key);
  if (found == delayed_.end()) return;
  timers_.erase({found->second.due, key});
  delayed_.erase(found);
}

void WorkQueue::promote_due(base::MonoTime now) {
  while (!timers_.empty() && timers_.begin()->first <= now) {
    const Key key = timers_.begin()->second;
    const Delayed delayed = delayed_.at(key);
    undelay(key);
    add({.key = key, .lane = delayed.lane, .trigger = delayed.trigger}, now);
  }
}

std::optional<Key> WorkQueue::pick(base::MonoTime now) const {
  const auto& high = lanes_.at(static_cast<size_t>(Lane::kHigh));
  const auto& normal = lanes_.at(static_cast<size_t>(Lane::kNormal));
  if (normal.empty() && high.empty()) return std::nullopt;
  if (high.empty()) return normal.begin()->second;
  if (normal.empty()) return high.begin()->second;
  const Key& oldest = normal.begin()->second;
  return now - ready_.at(oldest).since >= policy_.ageing ? oldest : high.begin()->second;
}

// Takes a token of the key, or puts the key off until there is one.
bool WorkQueue::spend(const Key& key, const Waiting& waiting, base::MonoTime now) {
  Bucket& bucket = record_of(key, now).decisions;
  bucket.tokens = refilled(bucket.tokens, now - bucket.at, policy_.key_rate, policy_.key_burst);
  bucket.at = now;
  if (waiting.lane == Lane::kHigh) return true;
  if (bucket.tokens < 1) {
    const base::Duration wait = from_seconds((1 - bucket.tokens) / policy_.key_rate);
    delay(
        key,
        {.due = now + wait + base::Duration(1), .lane = waiting.lane, .trigger = waiting.trigger});
    return false;
  }
  bucket.tokens -= 1;
  return true;
}

WorkQueue::Record& WorkQueue::record_of(const Key& key, base::MonoTime now) {
  const auto [found, added] = records_.try_emplace(key);
  if (added) found->second.decisions = {.tokens = policy_.key_burst, .at = now};
  return found->second;
}

// True when quarantine keeps the key away from work; new work ends it.
bool WorkQueue::shut(Record& record, Trigger trigger, base::MonoTime now) {
  if (is_new_work(trigger)) {
    record.exceptions = 0;
    record.quarantined_until.reset();
    return false;
  }
  if (!record.quarantined_until) return false;
  if (*record.quarantined_until > now) return true;
  record.quarantined_until.reset();
  return false;
}

// Records the outcome; true when the key enters quarantine.
bool WorkQueue::settle(const Key& key, const Outcome& outcome, base::MonoTime now) {
  Record& record = record_of(key, now);
  switch (outcome.ending) {
    case Ending::kSettled:
    case Ending::kAgain:
    case Ending::kBlocked:
      record.failures = 0;
      record.conflicts = 0;
      record.exceptions = 0;
      break;
    case Ending::kWaits: break;  // nothing was decided; what failed before still counts
    case Ending::kConflict:
    case Ending::kRetry: retry(key, outcome, now); return false;
    case Ending::kException:
      ++record.exceptions;
      if (record.exceptions < policy_.quarantine_after) {
        retry(key, outcome, now);
        return false;
      }
      [[fallthrough]];
    case Ending::kOurBug:
      record.exceptions = 0;
      record.failures = 0;
      record.quarantined_until = now + policy_.quarantine;
      undelay(key);  // an earlier timer would be refused, and this one with it
      delay(
          key,
          {.due = *record.quarantined_until, .lane = Lane::kNormal, .trigger = Trigger::kRecheck});
      return true;
  }
  if (outcome.ending == Ending::kAgain) {
    add({.key = key, .lane = Lane::kNormal, .trigger = Trigger::kCacheReached}, now);
  }
  if (!outcome.wake_at) return false;
  base::Duration wait = std::max(*outcome.wake_at - now, base::Duration(0));
  if (outcome.periodic) {
    wait =
        base::stable_jitter(wait, policy_.jitter, base::spread_hash(base::to_string(outcome.uid)));
  }
  delay(key, {.due = now + wait, .lane = Lane::kNormal, .trigger = outcome.wake_trigger});
  return false;
}

void WorkQueue::retry(const Key& key, const Outcome& outcome, base::MonoTime now) {
  Record& record = record_of(key, now);
  ++retries_;
  base::Duration wait{};
  if (outcome.ending == Ending::kConflict && record.conflicts < policy_.quick_retries) {
    ++record.conflicts;
    const std::string salt =
        base::concat({key.object.ns, "/", key.object.name, "#", std::to_string(record.conflicts)});
    wait = base::stable_jitter(policy_.quick_retry, policy_.jitter, base::spread_hash(salt));
  } else {
    base::BackoffPolicy policy = policy_.backoff;
    if (outcome.retry_within > base::Duration(0)) {
      policy.cap = std::min(policy.cap, outcome.retry_within);
    }
    wait = std::max(base::backoff(policy, record.failures), bucket_delay(now));
    wait = std::max(wait, outcome.retry_after);
    ++record.failures;
  }
  delay(key, {.due = now + wait, .lane = Lane::kNormal, .trigger = Trigger::kRetry});
}

// How long this failure must wait for the bucket that all keys share. Its token is taken at once,
// so that failures line up behind each other.
base::Duration WorkQueue::bucket_delay(base::MonoTime now) {
  failures_.tokens =
      refilled(failures_.tokens, now - failures_.at, policy_.bucket_rate, policy_.bucket_burst);
  failures_.at = now;
  failures_.tokens -= 1;
  if (failures_.tokens >= 0) return base::Duration(0);
  return std::min(from_seconds(-failures_.tokens / policy_.bucket_rate), policy_.backoff.cap);
}

}  // namespace kaizen::reconcile
