// Pods: how many each revision should have (MD section 5, Scale), and which revisions are kept.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "api/model_deployment.h"
#include "api/object.h"
#include "base/check.h"
#include "core/names.h"
#include "core/plan.h"
#include "core/reasons.h"
#include "core/rollout/assessment_internal.h"
#include "core/rollout/defaults.h"
#include "core/rollout/desired_internal.h"
#include "core/rollout/revision.h"
#include "core/rollout/turn_internal.h"

namespace kaizen::core {

namespace {

using Status = api::ModelDeploymentStatus;

// Size for the step and for the weight it still has: a smaller step gives pods back only once its
// weight is decided. Never below one, so that there is somebody to judge.
int32_t canary_size(const Assessment& facts, const Status& status) {
  const int32_t replicas = facts.replicas();
  if (replicas == 0) {
    return 0;
  }
  const size_t index = status.step ? static_cast<size_t>(std::max(0, status.step->index)) : 0;
  const int32_t weight =
      std::max(step_weight(status.steps, index), std::max(0, intended_weight(status)));
  return std::clamp(facts.router->candidate_size(replicas, weight), 1, replicas);
}

// A candidate that never got traffic has nothing to drain.
bool candidate_has_drained(const Assessment& facts, const Status& status) {
  const bool untouched = status.abort && status.abort->zero_at && !status.sampling_since;
  return untouched || has_drained(facts, status);
}

// RO-9, RO-10: as many pods as there are until nothing can reach them, then none; never more.
int32_t leaving_size(const Assessment& facts, std::string_view revision, bool drained) {
  const RevisionFacts& found = facts_of(facts, revision);
  return drained && is_out_of_traffic(facts, revision) ? 0 : found.wanted;
}

int32_t candidate_size_in_phase(const Assessment& facts, const Status& status) {
  KAIZEN_CHECK(status.phase.has_value(), "before its first phase nothing is desired");
  switch (*status.phase) {
    case api::Phase::kInitializing:
    case api::Phase::kPromoting:
    case api::Phase::kRollingBack: return facts.replicas();
    case api::Phase::kAborting:
      return leaving_size(facts, candidate_of(status), candidate_has_drained(facts, status));
    case api::Phase::kPreparing:
    case api::Phase::kProgressing:
    case api::Phase::kHeld:
    case api::Phase::kPaused:
    case api::Phase::kAwaitingApproval:
    case api::Phase::kIdle:
    case api::Phase::kBaking:
    case api::Phase::kDeleting: return canary_size(facts, status);
  }
  return canary_size(facts, status);
}

// Old stable: full size while it is the way back (RO-49), then nothing. In a roll back it is the
// bad revision on its way out.
int32_t previous_size(const Assessment& facts, const Status& status) {
  if (status.phase == api::Phase::kRollingBack) {
    return leaving_size(facts, previous_of(status), has_drained(facts, status));
  }
  return facts.replicas();
}

int32_t wanted_pods(const Assessment& facts, const Status& status, std::string_view revision) {
  if (revision == stable_of(status)) {
    return facts.replicas();
  }
  if (revision == candidate_of(status)) {
    return candidate_size_in_phase(facts, status);
  }
  if (revision == previous_of(status)) {
    return previous_size(facts, status);
  }
  // Initializing has no stable revision yet: what served before the target changed goes on until
  // Service <name> has moved.
  return leaving_size(facts, revision, true);
}

// The template: what is stored, or what is about to be stored in the same plan.
api::RawJson pod_of(const Assessment& facts, std::string_view revision) {
  const RevisionFacts& found = facts_of(facts, revision);
  if (found.stored != nullptr) {
    auto data = parse_revision_data(*found.stored);
    return data.ok() ? data->pod : api::RawJson();
  }
  const bool accepted = facts.dry_run.state == DryRun::kAccepted;
  return revision == facts.target.spec_revision && accepted ? api::RawJson(facts.target.pod)
                                                            : api::RawJson();
}

void want_workload(const Assessment& facts,
                   const Status& status,
                   std::string_view revision,
                   Desired& desired) {
  const RevisionFacts& found = facts_of(facts, revision);
  DesiredWorkload workload;
  workload.revision = revision;
  workload.replicas = wanted_pods(facts, status, revision);
  const bool has_role = revision == stable_of(status) || revision == candidate_of(status);
  if (found.workload == nullptr && (!has_role || revision.empty())) {
    return;  // nothing to shrink
  }
  if (found.workload == nullptr && status.phase == api::Phase::kAborting &&
      revision == candidate_of(status)) {
    return;  // RO-10: an abort makes no pods
  }
  workload.pod = pod_of(facts, revision);
  if (workload.pod.empty()) {
    return;
  }
  workload.stage = workload.replicas < found.wanted ? Stage::kRetire : Stage::kProvision;
  desired.workloads.push_back(std::move(workload));
}

void want_new_revision(const Assessment& facts, const Status& status, Desired& desired) {
  const std::string& revision = facts.target.spec_revision;
  const bool has_role = revision == stable_of(status) || revision == candidate_of(status);
  if (facts.unusable || revision.empty() || !has_role || facts.target.pod.empty() ||
      facts_of(facts, revision).stored != nullptr || facts.dry_run.state != DryRun::kAccepted ||
      status.phase == api::Phase::kAborting) {
    return;
  }
  int64_t number = 0;
  for (const auto& [name, found] : facts.revisions) {
    number = found.stored != nullptr ? std::max(number, found.stored->revision) : number;
  }
  desired.new_revision = number + 1;
}

// RO-58: the newest of those without a role are kept, the rest go with their Deployments.
void drop_old(const Assessment& facts, const Status& status, Desired& desired) {
  if (status.phase != api::Phase::kIdle) {
    return;
  }
  const std::string_view rollback = status.rollback_target
                                        ? std::string_view(status.rollback_target->revision)
                                        : std::string_view();
  std::vector<std::pair<int64_t, std::string>> free;
  for (const auto& [name, found] : facts.revisions) {
    const bool kept = name == stable_of(status) || name == candidate_of(status) ||
                      name == previous_of(status) || name == aborted_of(status) ||
                      name == rollback || name == facts.target.spec_revision;
    if (!kept && found.stored != nullptr && found.pods == 0 && found.wanted == 0) {
      free.emplace_back(found.stored->revision, name);
    }
  }
  std::ranges::sort(free, std::greater<>());
  const auto limit = static_cast<size_t>(history_limit_of(facts.spec()));
  for (size_t i = limit; i < free.size(); ++i) {
    desired.dropped.push_back(free[i].second);
  }
}

void want_outcome(const Assessment& facts,
                  std::string_view revision,
                  std::string_view outcome,
                  Desired& desired) {
  const RevisionFacts& found = facts_of(facts, revision);
  if (found.stored == nullptr) {
    return;
  }
  const auto it = found.stored->metadata.annotations.find(annotation::kOutcome);
  const std::string_view now = it == found.stored->metadata.annotations.end()
                                   ? std::string_view()
                                   : std::string_view(it->second);
  if (now != outcome) {
    desired.outcomes.push_back({std::string(revision), std::string(outcome)});
  }
}

// AD-1: the mark survives the loss of status. It is set before status says it (R3-14), and goes
// when the revision gets a role again.
void want_outcomes(const Assessment& facts, const Status& status, Desired& desired) {
  const bool mark = status.abort && status.abort->mark;
  if (status.phase == api::Phase::kAborting) {
    if (mark) {
      want_outcome(facts, candidate_of(status), reason::kAborted, desired);
    }
    return;
  }
  if (status.phase == api::Phase::kRollingBack) {
    if (mark) {
      const std::string_view bad = status.candidate ? stable_of(status) : previous_of(status);
      want_outcome(facts, bad, reason::kRolledBack, desired);
    }
    return;
  }
  want_outcome(facts, stable_of(status), "", desired);
  want_outcome(facts, candidate_of(status), "", desired);
}

}  // namespace

bool is_out_of_traffic(const Assessment& facts, std::string_view revision) {
  const RevisionFacts& found = facts_of(facts, revision);
  return facts.main.selects != revision && facts.canary.selects != revision &&
         found.main_endpoints == 0 && found.canary_endpoints == 0;
}

void want_workloads(const Assessment& facts, const Status& status, Desired& desired) {
  want_new_revision(facts, status, desired);
  for (const auto& [revision, found] : facts.revisions) {
    want_workload(facts, status, revision, desired);
  }
  const std::string_view candidate = candidate_of(status);
  const std::string_view stable = stable_of(status);
  for (const std::string_view role : {stable, candidate}) {
    if (!role.empty() && !facts.revisions.contains(role)) {
      want_workload(facts, status, role, desired);
    }
  }
  drop_old(facts, status, desired);
  want_outcomes(facts, status, desired);
}

}  // namespace kaizen::core
