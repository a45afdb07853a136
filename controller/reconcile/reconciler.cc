#include "reconcile/reconciler.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "base/check.h"
#include "reconcile/decided.h"
#include "reconcile/kinds.h"
#include "telemetry/names.h"

namespace kaizen::reconcile {
namespace {

// The wake that comes first.
void wake_by(Outcome& outcome, base::MonoTime at, Trigger trigger, bool periodic) {
  if (outcome.wake_at && *outcome.wake_at <= at) return;
  outcome.wake_at = at;
  outcome.wake_trigger = trigger;
  outcome.periodic = periodic;
}

// What the caches have to show yet, and since when.
struct Behind {
  bool settled = true;
  base::MonoTime look_at;  // latest time to look again
  std::vector<Watched> relist;
  std::vector<ExpectedGone> overdue;
};

// Registers the key to be woken when nothing is missing any more. Taken in one go with the check,
// so that no delivery falls between them.
Behind behind(WorldState& world, const Key& key, base::MonoTime now) {
  Behind result;
  if (world.settle(key)) {
    world.waiting.erase(key);
    return result;
  }
  world.waiting.insert(key);
  result.settled = false;
  result.look_at = now + kGoneLimit;
  Ledger& ledger = world.ledgers.at(key);
  for (const Watched id : kAllWatched) {
    auto& version = ledger.versions.at(static_cast<size_t>(id));
    if (!version) continue;
    if (now - version->since >= kBehindLimit) {
      result.relist.push_back(id);
      version->since = now;  // the new list gets as long
    }
    result.look_at = std::min(result.look_at, version->since + kBehindLimit);
  }
  for (ExpectedGone& gone : ledger.gone) {
    if (now - gone.since >= kGoneLimit) {
      result.overdue.push_back(gone);
      gone.since = now;
    }
    result.look_at = std::min(result.look_at, gone.since + kGoneLimit);
  }
  return result;
}

}  // namespace

std::string_view result_label(const Outcome& outcome) {
  switch (outcome.ending) {
    case Ending::kSettled: return outcome.wake_at ? "requeue_after" : "success";
    case Ending::kWaits: return "requeue_after";
    case Ending::kAgain: return "requeue";
    case Ending::kConflict:
    case Ending::kRetry:
    case Ending::kBlocked:
    case Ending::kException:
    case Ending::kOurBug: return "error";
  }
  KAIZEN_CHECK(false, "an ending that does not exist");
}

Reconciler::Reconciler(ReconcilerParts parts)
    : parts_(std::move(parts)), executor_(*parts_.transport, *parts_.world, *parts_.telemetry) {
  KAIZEN_CHECK(parts_.observations != nullptr && parts_.decide.rollout != nullptr,
               "a Reconciler needs all of its parts");
}

ReconcileReport Reconciler::reconcile(const ReconcileInput& input) {
  if (auto waits = wait_for_caches(input)) return std::move(*waits);
  Picture picture = parts_.world->read(
      [&](const WorldState& world) { return look(world, input.key, input.mono); });
  ReconcileReport report;
  if (!picture.subject.object) {
    parts_.observations->forget(input.key);
    report.gone = true;
    return report;
  }
  const base::Uid uid = picture.subject.metadata().uid;
  report.regarding = {
      .resource = watched(input.key.kind).kind.resource, .key = input.key.object, .uid = uid};
  report.owner = {.key = input.key, .uid = uid};
  report.outcome.uid = uid;
  const core::Plan plan = decide(picture, input);
  parts_.observations->want(report.owner, plan.probes);
  report.probes = plan.probes;
  if (plan.next_at) {
    const base::Duration wait = std::max(*plan.next_at - input.now, base::Duration(0));
    wake_by(report.outcome, input.mono + wait, Trigger::kSchedule, plan.next_at_periodic);
  }
  if (picture.recheck_at) {
    wake_by(report.outcome, *picture.recheck_at, Trigger::kRecheck, false);
  }
  const Executed executed = executor_.execute(
      {.subject = &picture.subject, .plan = &plan, .now = input.mono, .stop = input.stop});
  if (executed.status_done) report.events = plan.events;
  finish(input, executed, report);
  return report;
}

core::Plan Reconciler::decide(Picture& picture, const ReconcileInput& input) {
  return std::visit(
      [&](core::RolloutSnapshot& snapshot) {
        snapshot.answers =
            parts_.observations->of({.key = input.key, .uid = picture.subject.metadata().uid});
        snapshot.settings = parts_.settings;
        return parts_.decide.rollout(snapshot, parts_.extensions, input.now);
      },
      picture.snapshot);
}

bool Reconciler::report_internal_error(const ReconcileInput& input, std::string_view what) {
  const Subject subject{.key = input.key,
                        .object = parts_.world->read([&](const WorldState& world) {
                          return world.store(input.key.kind).find(input.key.object);
                        })};
  if (!subject.object) return false;
  const auto patch = decided(input.key.kind).stalled(*subject.object, what, input.now);
  if (!patch) return true;
  return executor_
      .write_status(subject, {.merge_patch = *patch},
                    {.subject = &subject, .plan = nullptr, .now = input.mono, .stop = input.stop})
      .ok();
}

std::optional<ReconcileReport> Reconciler::wait_for_caches(const ReconcileInput& input) {
  Behind missing =
      parts_.world->write([&](WorldState& world) { return behind(world, input.key, input.mono); });
  if (missing.settled) return std::nullopt;
  for (const ExpectedGone& gone : missing.overdue) {
    const auto is_gone = executor_.is_gone(gone, input.stop);
    if (!is_gone.ok()) continue;  // asked again after the same time
    if (*is_gone) {
      missing.relist.push_back(gone.kind);
      continue;
    }
    parts_.world->write([&](WorldState& world) {
      const auto found = world.ledgers.find(input.key);
      if (found == world.ledgers.end()) return;
      std::erase_if(found->second.gone, [&](const ExpectedGone& other) {
        return other.kind == gone.kind && other.uid == gone.uid;
      });
    });
  }
  if (!missing.overdue.empty()) {
    const auto again = parts_.world->write(
        [&](WorldState& world) { return behind(world, input.key, input.mono); });
    if (again.settled) return std::nullopt;
    missing.look_at = again.look_at;
  }
  parts_.telemetry->count(telemetry::kStaleSyncSkips, {watched(input.key.kind).kind.resource.kind});
  ReconcileReport report;
  report.outcome.ending = Ending::kWaits;
  report.outcome.wake_at = missing.look_at;
  report.outcome.wake_trigger = Trigger::kRecheck;
  std::sort(missing.relist.begin(), missing.relist.end());
  missing.relist.erase(std::unique(missing.relist.begin(), missing.relist.end()),
                       missing.relist.end());
  report.relist = std::move(missing.relist);
  return report;
}

// What the queue is told.
void Reconciler::finish(const ReconcileInput& input,
                        const Executed& executed,
                        ReconcileReport& report) {
  Outcome& outcome = report.outcome;
  outcome.ending = executed.ending;
  if (executed.error) {
    report.error = executed.error->message;
    outcome.retry_after = executed.error->retry_after;
    outcome.retry_within = executed.error->retry_within;
  }
  const bool blocked = executed.ending == Ending::kBlocked;
  if (blocked && executed.retry_at) {
    // A fresh refusal is decided on at once, so that the status says it (RT-61).
    const base::MonoTime at = executed.refused_now ? input.mono : *executed.retry_at;
    wake_by(outcome, at, Trigger::kRecheck, false);
  }
  // Whatever was written, what follows from it is the next decision's.
  if (!executed.wrote || (executed.ending != Ending::kSettled && !blocked)) return;
  const Behind missing =
      parts_.world->write([&](WorldState& world) { return behind(world, input.key, input.mono); });
  if (missing.settled) {
    outcome.ending = Ending::kAgain;
    return;
  }
  // Woken when the caches have caught up; earlier times would only find them behind.
  outcome.ending = Ending::kWaits;
  outcome.wake_at = missing.look_at;
  outcome.wake_trigger = Trigger::kRecheck;
  outcome.periodic = false;
}

}  // namespace kaizen::reconcile
