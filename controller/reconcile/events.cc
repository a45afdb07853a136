#include "reconcile/events.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/backoff.h"
#include "base/check.h"
#include "base/hash.h"
#include "base/text.h"
#include "kube/request.h"
#include "schema/json_writer.h"

namespace kaizen::reconcile {
namespace {

// Bounds of the API (RT-83).
constexpr size_t kMaxNote = 1024;
constexpr size_t kMaxWord = 128;
constexpr size_t kMaxName = 253;
constexpr double kRetryJitter = 0.25;  // RT-85

std::string_view to_text(core::EventType type) {
  switch (type) {
    case core::EventType::kNormal: return "Normal";
    case core::EventType::kWarning: return "Warning";
  }
  KAIZEN_CHECK(false, "an event type that does not exist");
}

// The same occurrence gives the same name however often it is sent.
std::string event_name(const Regarding& regarding, const core::EventNote& note, base::Time time) {
  const std::string seed =
      base::concat({base::to_string(regarding.uid), "\n", to_text(note.type), "\n", note.action,
                    "\n", note.reason, "\n", note.note, "\n", base::format_time_us(time)});
  const std::string tail = base::concat({".", base::sha256_hex(seed).substr(0, 16)});
  return base::concat({regarding.key.name.substr(0, kMaxName - tail.size()), tail});
}

void write_regarding(schema::JsonWriter& json, const Regarding& regarding) {
  json.key("regarding").begin_object();
  json.key("apiVersion").string(schema::api_version(regarding.resource));
  json.key("kind").string(regarding.resource.kind);
  json.key("namespace").string(regarding.key.ns);
  json.key("name").string(regarding.key.name);
  json.key("uid").string(base::to_string(regarding.uid));
  json.end_object();
}

std::string event_body(const EventPolicy& policy,
                       const api::ObjectKey& event,
                       const Regarding& regarding,
                       const core::EventNote& note,
                       base::Time time) {
  schema::JsonWriter json;
  json.begin_object();
  json.key("apiVersion").string(schema::api_version(api::kEvent));
  json.key("kind").string(api::kEvent.kind);
  json.key("metadata").begin_object();
  json.key("name").string(event.name);
  json.key("namespace").string(event.ns);
  json.end_object();
  json.key("eventTime").string(base::format_time_us(time));
  json.key("reportingController").string(policy.controller);
  json.key("reportingInstance").string(base::truncate_utf8(policy.instance, kMaxWord));
  json.key("action").string(base::truncate_utf8(note.action, kMaxWord));
  json.key("reason").string(base::truncate_utf8(note.reason, kMaxWord));
  write_regarding(json, regarding);
  json.key("note").string(base::truncate_utf8(note.note, kMaxNote));
  json.key("type").string(to_text(note.type));
  json.end_object();
  return json.take();
}

std::string series_patch(int32_t count, base::Time last) {
  schema::JsonWriter json;
  json.begin_object().key("series").begin_object();
  json.key("count").integer(count);
  json.key("lastObservedTime").string(base::format_time_us(last));
  json.end_object().end_object();
  return json.take();
}

// Trying again cannot help: the namespace is gone or ends, or we may not, or the server refuses it.
bool is_final(const base::Error& error) {
  return error.action != base::Action::kRetryCall;
}

}  // namespace

EventRecorder::EventRecorder(EventPolicy policy) : policy_(std::move(policy)) {}

void EventRecorder::record(const Regarding& regarding,
                           const core::EventNote& note,
                           base::Time time,
                           base::MonoTime now) {
  expire(now);
  const SeriesKey key{.uid = regarding.uid,
                      .type = note.type,
                      .action = note.action,
                      .reason = note.reason,
                      .note = note.note};
  const auto found = series_.find(key);
  if (found == series_.end()) {
    begin(key, regarding, note, time, now);
    return;
  }
  Series& series = found->second;
  ++series.count;
  series.last = time;
  series.last_at = now;
  if (series.count == 2 || now - series.told_at >= policy_.flush) {
    tell_count(series, note.type, now);
  }
}

std::optional<EventCall> EventRecorder::take(base::MonoTime now) {
  expire(now);
  // Calls about one Event keep their order: a series is told after the Event exists.
  std::set<api::ObjectKey> busy;
  for (Pending& pending : pending_) {
    if (!busy.insert(pending.event).second) continue;
    if (pending.sending || pending.due > now) continue;
    pending.sending = true;
    ++pending.tried;
    return pending.call;
  }
  return std::nullopt;
}

void EventRecorder::answered(uint64_t id,
                             const base::Result<base::HttpResponse>& answer,
                             base::MonoTime now) {
  const auto found = std::find_if(pending_.begin(), pending_.end(),
                                  [id](const Pending& p) { return p.call.id == id; });
  KAIZEN_CHECK(found != pending_.end() && found->sending,
               "answered() of a call that was not taken");
  found->sending = false;
  const bool known = !answer.ok() && answer.error().code == base::Code::kAlreadyExists;
  if (answer.ok() || known) {
    pending_.erase(found);
    return;
  }
  if (is_final(answer.error()) || found->tried >= policy_.tries) {
    ++dropped_;
    forget_event(found->event);
    return;
  }
  const std::string salt = base::concat({found->event.name, std::to_string(found->tried)});
  const base::Duration wait =
      base::stable_jitter(policy_.retry, kRetryJitter, base::spread_hash(salt));
  found->due = now + std::max(wait, answer.error().retry_after);
}

void EventRecorder::flush(base::MonoTime now) {
  for (auto& [key, series] : series_) {
    if (series.count > series.told) tell_count(series, key.type, now);
  }
  for (Pending& pending : pending_) pending.due = std::min(pending.due, now);
}

std::optional<base::MonoTime> EventRecorder::next_wake() const {
  std::optional<base::MonoTime> wake;
  const auto consider = [&wake](base::MonoTime at) {
    if (!wake || at < *wake) wake = at;
  };
  std::set<api::ObjectKey> busy;
  for (const Pending& pending : pending_) {
    if (busy.insert(pending.event).second && !pending.sending) consider(pending.due);
  }
  for (const auto& [key, series] : series_) {
    if (series.count == series.told) continue;
    consider(std::min(series.told_at + policy_.flush, series.last_at + policy_.idle));
  }
  return wake;
}

bool EventRecorder::idle() const {
  return pending_.empty();
}

// Takes one of the object's tokens for a new Event (RT-85).
bool EventRecorder::spend(const Regarding& regarding, core::EventType type, base::MonoTime now) {
  const double burst = policy_.burst;
  const auto refilled = [&](const Budget& budget) {
    const double periods = std::chrono::duration<double>(now - budget.at) /
                           std::chrono::duration<double>(policy_.refill);
    return std::min(burst, budget.tokens + periods);
  };
  if (budgets_.size() >= policy_.series) {
    std::erase_if(budgets_, [&](const auto& entry) { return refilled(entry.second) >= burst; });
    if (budgets_.size() >= policy_.series) budgets_.erase(budgets_.begin());
  }
  const auto [found, added] = budgets_.try_emplace({regarding.uid, type}, Budget{burst, now});
  Budget& budget = found->second;
  budget.tokens = refilled(budget);
  budget.at = now;
  if (budget.tokens < 1) return false;
  budget.tokens -= 1;
  return true;
}

void EventRecorder::begin(const SeriesKey& key,
                          const Regarding& regarding,
                          const core::EventNote& note,
                          base::Time time,
                          base::MonoTime now) {
  if (!spend(regarding, note.type, now)) {
    ++dropped_;
    return;
  }
  if (series_.size() >= policy_.series) {
    const auto oldest = std::min_element(
        series_.begin(), series_.end(),
        [](const auto& a, const auto& b) { return a.second.last_at < b.second.last_at; });
    series_.erase(oldest);
  }
  const api::ObjectKey event{.ns = regarding.key.ns, .name = event_name(regarding, note, time)};
  EventCall call{.id = 0,
                 .call = {.verb = kube::Verb::kCreate, .resource = api::kEvent, .key = event},
                 .request = kube::post_request(api::kEvent, event.ns,
                                               event_body(policy_, event, regarding, note, time))};
  if (!enqueue(std::move(call), note.type, now)) return;
  series_[key] = {
      .event = event, .count = 1, .told = 1, .last = time, .last_at = now, .told_at = now};
}

void EventRecorder::tell_count(Series& series, core::EventType type, base::MonoTime now) {
  EventCall call{.id = 0,
                 .call = {.verb = kube::Verb::kPatch, .resource = api::kEvent, .key = series.event},
                 .request = kube::merge_patch_request(api::kEvent, series.event,
                                                      series_patch(series.count, series.last))};
  series.told = series.count;
  series.told_at = now;
  static_cast<void>(enqueue(std::move(call), type, now));
}

// False: dropped, because the queue is full of what is at least as important (RT-85).
bool EventRecorder::enqueue(EventCall call, core::EventType type, base::MonoTime due) {
  if (pending_.size() >= policy_.queue) {
    const auto victim = std::find_if(pending_.begin(), pending_.end(), [](const Pending& p) {
      return !p.sending && p.type == core::EventType::kNormal;
    });
    const auto oldest =
        std::find_if(pending_.begin(), pending_.end(), [](const Pending& p) { return !p.sending; });
    ++dropped_;
    if (victim != pending_.end()) {
      pending_.erase(victim);
    } else if (type == core::EventType::kWarning && oldest != pending_.end()) {
      pending_.erase(oldest);
    } else {
      return false;
    }
  }
  call.id = next_id_++;
  const api::ObjectKey event = call.call.key;
  pending_.push_back({.call = std::move(call),
                      .event = event,
                      .type = type,
                      .tried = 0,
                      .due = due,
                      .sending = false});
  return true;
}

// Series that ended say how often it happened in all (RT-84).
void EventRecorder::expire(base::MonoTime now) {
  for (auto it = series_.begin(); it != series_.end();) {
    Series& series = it->second;
    const bool over = now - series.last_at >= policy_.idle;
    const bool long_silent = now - series.told_at >= policy_.flush;
    if (series.count > series.told && (over || long_silent)) {
      tell_count(series, it->first.type, now);
    }
    it = over ? series_.erase(it) : std::next(it);
  }
}

// The Event cannot be written: what else waits for it goes, and the next occurrence begins anew.
void EventRecorder::forget_event(const api::ObjectKey& event) {
  const api::ObjectKey gone = event;  // `event` may lie in what is erased
  std::erase_if(pending_, [&](const Pending& p) { return p.event == gone; });
  std::erase_if(series_, [&](const auto& entry) { return entry.second.event == gone; });
}

}  // namespace kaizen::reconcile
