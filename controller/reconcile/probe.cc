#include "reconcile/probe.h"

#include <algorithm>

#include "base/check.h"

namespace kaizen::reconcile {

ProbeMachine::ProbeMachine(ProbeLimits limits) : limits_(limits) {}

void ProbeMachine::plan(const ProbeOwner& owner, const std::vector<core::Probe>& probes) {
  const size_t count = std::min(probes.size(), limits_.per_owner);
  std::map<std::string, Entry> named;
  std::map<std::string, Entry>& known = owners_[owner];
  for (size_t i = 0; i < count; ++i) {
    const core::Probe& probe = probes[i];
    const auto before = known.find(probe.id);
    if (before == known.end()) {
      if (!named.try_emplace(probe.id, Entry{.probe = probe, .state = State::kWaiting}).second) {
        continue;
      }
      due_.insert({.at = probe.not_before, .owner = owner, .id = probe.id});
    } else {
      named.emplace(probe.id, std::move(before->second));
      known.erase(before);
    }
  }
  for (const auto& [id, entry] : known) drop(owner, id, entry);
  if (named.empty()) {
    owners_.erase(owner);
  } else {
    known = std::move(named);
  }
}

std::optional<ProbeJob> ProbeMachine::take(base::Time now) {
  if (asking_ >= static_cast<size_t>(limits_.concurrent)) return std::nullopt;
  for (auto it = due_.begin(); it != due_.end() && it->at <= now; ++it) {
    Entry& entry = owners_.at(it->owner).at(it->id);
    int32_t& busy = per_endpoint_[entry.probe.endpoint];
    if (busy >= limits_.per_endpoint) continue;
    ++busy;
    ++asking_;
    entry.state = State::kAsking;
    ProbeJob job{.owner = it->owner, .probe = entry.probe};
    due_.erase(it);
    return job;
  }
  return std::nullopt;
}

void ProbeMachine::finish(const ProbeJob& job) {
  const auto busy = per_endpoint_.find(job.probe.endpoint);
  KAIZEN_CHECK(asking_ > 0 && busy != per_endpoint_.end(),
               "finish() of a probe that was not taken");
  --asking_;
  if (--busy->second == 0) per_endpoint_.erase(busy);
  const auto owner = owners_.find(job.owner);
  if (owner == owners_.end()) return;
  const auto entry = owner->second.find(job.probe.id);
  // Forgotten and named again while it was being asked: that one waits for its own turn.
  if (entry == owner->second.end() || entry->second.state != State::kAsking) return;
  entry->second.state = State::kAnswered;
  entry->second.probe.requests.clear();  // never asked again; its size need not stay
}

void ProbeMachine::forget(const Key& key) {
  auto it = owners_.lower_bound(ProbeOwner{.key = key, .uid = {}});
  while (it != owners_.end() && it->first.key == key) {
    for (const auto& [id, entry] : it->second) drop(it->first, id, entry);
    it = owners_.erase(it);
  }
}

std::optional<base::Time> ProbeMachine::next_at() const {
  if (due_.empty()) return std::nullopt;
  return due_.begin()->at;
}

void ProbeMachine::drop(const ProbeOwner& owner, const std::string& id, const Entry& entry) {
  if (entry.state == State::kWaiting) {
    due_.erase({.at = entry.probe.not_before, .owner = owner, .id = id});
  }
}

}  // namespace kaizen::reconcile
