#include "reconcile/observations.h"

#include <iterator>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace kaizen::reconcile {
namespace {

size_t size_of(const core::Answer& answer) {
  size_t total = answer.id.size();
  for (const auto& response : answer.responses) {
    if (!response.ok()) {
      total += response.error().message.size();
      continue;
    }
    total += response->body.size();
    for (const auto& header : response->headers) total += header.name.size() + header.value.size();
  }
  return total;
}

// The answer as an error of each of its requests that had one.
void replace_by_error(core::Answer& answer) {
  for (auto& response : answer.responses) {
    if (!response.ok()) continue;
    response =
        base::Error{.action = base::Action::kRetryCall,
                    .code = base::Code::kTooLarge,
                    .message = base::concat({"the answer to ", answer.id,
                                             " was dropped: all answers together would exceed ",
                                             std::to_string(kMaxAnswerBytes >> 20U), " MiB"}),
                    .retry_after = {}};
  }
}

}  // namespace

void Observations::want(const ProbeOwner& owner, const std::vector<core::Probe>& probes) {
  const base::MutexLock lock(mutex_);
  if (probes.empty()) {
    drop(owner);
    return;
  }
  Kept& kept = owners_[owner];
  kept.wanted.clear();
  for (const auto& probe : probes) kept.wanted.insert(probe.id);
  for (auto it = kept.answers.begin(); it != kept.answers.end();) {
    if (kept.wanted.contains(it->first)) {
      ++it;
      continue;
    }
    bytes_ -= size_of(it->second);
    it = kept.answers.erase(it);
  }
}

bool Observations::put(const ProbeOwner& owner, core::Answer answer) {
  const base::MutexLock lock(mutex_);
  const auto found = owners_.find(owner);
  if (found == owners_.end() || !found->second.wanted.contains(answer.id)) return false;
  if (bytes_ + size_of(answer) > kMaxAnswerBytes) replace_by_error(answer);
  const size_t size = size_of(answer);
  const auto [kept, added] = found->second.answers.try_emplace(answer.id, std::move(answer));
  if (added) bytes_ += size;  // a second answer to one question is not taken: the first may be used
  return true;
}

std::vector<core::Answer> Observations::of(const ProbeOwner& owner) const {
  const base::MutexLock lock(mutex_);
  std::vector<core::Answer> answers;
  const auto found = owners_.find(owner);
  if (found == owners_.end()) return answers;
  for (const auto& [id, answer] : found->second.answers) answers.push_back(answer);
  return answers;
}

void Observations::forget(const Key& key) {
  const base::MutexLock lock(mutex_);
  // Owners are ordered by key first: those of one key lie together.
  auto it = owners_.lower_bound(ProbeOwner{.key = key, .uid = {}});
  while (it != owners_.end() && it->first.key == key) {
    for (const auto& [id, answer] : it->second.answers) bytes_ -= size_of(answer);
    it = owners_.erase(it);
  }
}

size_t Observations::bytes() const {
  const base::MutexLock lock(mutex_);
  return bytes_;
}

void Observations::drop(const ProbeOwner& owner) {
  const auto found = owners_.find(owner);
  if (found == owners_.end()) return;
  for (const auto& [id, answer] : found->second.answers) bytes_ -= size_of(answer);
  owners_.erase(found);
}

}  // namespace kaizen::reconcile
