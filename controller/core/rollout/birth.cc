// Birth and death of the object: first sight, lost status, the first revision, the start of a
// rollout, deletion.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/model_deployment.h"
#include "base/text.h"
#include "core/names.h"
#include "core/plan.h"
#include "core/reasons.h"
#include "core/rollout/assessment_internal.h"
#include "core/rollout/defaults.h"
#include "core/rollout/evidence.h"
#include "core/rollout/policies_internal.h"
#include "core/rollout/turn_internal.h"

namespace kaizen::core {

namespace {

std::string_view stored_outcome(const RevisionFacts& revision) {
  if (revision.stored == nullptr) {
    return {};
  }
  const auto it = revision.stored->metadata.annotations.find(annotation::kOutcome);
  return it == revision.stored->metadata.annotations.end() ? std::string_view()
                                                           : std::string_view(it->second);
}

// AD-1: what served before status was lost. The role's Service knows; when it selects both arms,
// the revision the spec asks for is the one on trial.
std::string surviving_stable(const Assessment& facts) {
  if (facts.main.present() && facts_of(facts, facts.main.selects).stored != nullptr) {
    return facts.main.selects;
  }
  std::vector<std::pair<int64_t, std::string>> serving;
  for (const auto& [name, revision] : facts.revisions) {
    if (revision.stored != nullptr && revision.ready > 0 && stored_outcome(revision).empty()) {
      serving.emplace_back(revision.stored->revision, name);
    }
  }
  std::ranges::sort(serving);
  if (serving.size() > 1) {
    std::erase_if(serving, [&facts](const auto& entry) {
      return entry.second == facts.target.spec_revision;
    });
  }
  return serving.empty() ? std::string() : serving.front().second;
}

// A second revision that may still get traffic.
std::string surviving_candidate(const Assessment& facts, const std::string& stable) {
  if (facts.canary.present() && !facts.canary.selects.empty() && facts.canary.selects != stable) {
    return facts.canary.selects;
  }
  if (facts.main.present() && facts.main.both) {
    for (const auto& [name, revision] : facts.revisions) {
      if (name != stable && revision.wanted > 0) {
        return name;
      }
    }
  }
  return {};
}

void restore(Turn& turn, const std::string& stable) {
  api::ModelDeploymentStatus& status = turn.status;
  const Assessment& facts = turn.facts;
  status.stable = describe_revision(facts, stable);
  set_weight(turn, 0);
  const std::string& target = facts.target.spec_revision;
  const std::string_view outcome = stored_outcome(facts_of(facts, target));
  if (target != stable && !outcome.empty()) {
    api::AbortedStatus aborted;
    aborted.revision = target;
    aborted.reason = outcome;
    aborted.at = turn.now();
    aborted.attempts = 1;
    status.aborted = std::move(aborted);
  }
  const std::string candidate = surviving_candidate(facts, stable);
  tell(turn, EventType::kWarning, reason::kRestored, "Restore",
       base::concat({"status was lost: revision ", stable, " serves and is taken as stable",
                     candidate.empty() ? "" : ", traffic is taken back from ", candidate}));
  if (candidate.empty()) {
    enter_phase(turn, api::Phase::kIdle);
    return;
  }
  status.candidate = describe_revision(facts, candidate);
  api::AbortStatus abort;
  abort.reason = reason::kSuperseded.name;
  abort.message = "status was lost in mid-rollout";
  abort.since = turn.now();
  status.abort = std::move(abort);
  status.sampling_since = turn.now();
  enter_phase(turn, api::Phase::kAborting);
}

// Somebody wrote into status: a phase without what it is about. Nothing can be concluded from it,
// so it counts as lost (AD-1); what people asked and were told is kept.
bool is_torn(const api::ModelDeploymentStatus& status, api::Phase phase) {
  switch (phase) {
    case api::Phase::kProgressing:
    case api::Phase::kPaused:
    case api::Phase::kAwaitingApproval:
      return !status.stable || !status.candidate || !status.step || status.step->index < 0 ||
             status.steps.empty() || !status.weight;
    case api::Phase::kPreparing:
    case api::Phase::kHeld:
    case api::Phase::kAborting: return !status.stable || !status.candidate;
    case api::Phase::kPromoting:
    case api::Phase::kRollingBack: return !status.stable || (!status.candidate && !status.previous);
    case api::Phase::kIdle:
    case api::Phase::kBaking: return !status.stable;
    case api::Phase::kInitializing: return false;
    case api::Phase::kDeleting: return true;  // `leave` stands before: nobody deletes this object
  }
  return false;
}

api::ModelDeploymentStatus what_people_know(api::ModelDeploymentStatus status) {
  api::ModelDeploymentStatus kept;
  kept.observed_generation = status.observed_generation;
  kept.history = std::move(status.history);
  kept.last_request = std::move(status.last_request);
  kept.handled_requests = std::move(status.handled_requests);
  kept.paused_by = std::move(status.paused_by);
  kept.aborted = std::move(status.aborted);
  kept.collision_count = status.collision_count;
  kept.conditions = std::move(status.conditions);
  kept.replicas = status.replicas;
  kept.selector = std::move(status.selector);
  return kept;
}

bool first_is_approved(const Turn& turn) {
  const auto& approvals = turn.status.approvals;
  return !promotion_is_manual(turn.spec()) ||
         std::ranges::any_of(approvals, [](const api::ApprovalStatus& approval) {
           return approval.step == kFirstApproval && approval.at.has_value();
         });
}

void ask_first_approval(Turn& turn) {
  if (open_approval(turn.status) != nullptr) {
    return;
  }
  api::ApprovalStatus approval;
  approval.step = kFirstApproval;
  approval.revision = candidate_of(turn.status);
  turn.status.approvals.clear();
  turn.status.approvals.push_back(std::move(approval));
  tell(turn, EventType::kNormal, reason::kApprovalRequired, "Approve",
       base::concat({"the first revision ", candidate_of(turn.status),
                     " is ready and waits for approval: request approve with target ",
                     candidate_of(turn.status)}));
}

void choose_first(Turn& turn) {
  turn.status.candidate = describe_revision(turn.facts, turn.facts.target.revision);
  turn.status.approvals.clear();
  turn.status.collision_count = turn.facts.target.collision_count;
  turn.status.started_at = turn.now();
  api::ProgressStatus progress;
  progress.since = turn.now();
  turn.status.progress = progress;
  set_weight(turn, 0);
  tell(turn, EventType::kNormal, reason::kRevisionCreated, "Prepare",
       base::concat({"revision ", turn.facts.target.revision, " is the first"}));
}

void serve_first(Turn& turn) {
  api::ModelDeploymentStatus& status = turn.status;
  const std::string revision(candidate_of(status));
  status.stable = describe_revision(turn.facts, revision);
  status.stable->promoted_at = turn.now();
  add_history(turn, revision, reason::kPromoted, reason::kInitializing);
  tell(turn, EventType::kNormal, reason::kPromoted, "Promote",
       base::concat({"first revision ", revision, " serves"}));
  status.candidate.reset();
  status.approvals.clear();
  status.progress.reset();
  status.started_at.reset();
  enter_phase(turn, api::Phase::kIdle);
}

}  // namespace

bool leave(Turn& turn) {
  const auto& deletion = turn.facts.object().metadata.deletion_timestamp;
  if (!deletion) {
    return false;
  }
  api::ModelDeploymentStatus& status = turn.status;
  if (!in_phase(turn, api::Phase::kDeleting)) {
    if (status.analysis) {
      close_analysis(*status.analysis, status.analysis->last_data ? "Inconclusive" : "Skipped");
    }
    enter_phase(turn, api::Phase::kDeleting);
  }
  // RO-47: home first. When nobody can serve there, waiting longer than two minutes helps nobody.
  const bool waited = turn.now() >= *deletion + 2 * kRoutePatience;
  if (intended_weight(status) != 0 && (main_can_serve(turn.facts) || waited)) {
    set_weight(turn, 0);
  }
  return true;
}

bool keep_undecodable(Turn& turn) {
  return !turn.facts.snapshot->undecodable.empty();
}

bool first_sight(Turn& turn) {
  if (turn.status.phase && !is_torn(turn.status, *turn.status.phase)) {
    return false;
  }
  turn.status = what_people_know(std::move(turn.status));
  if (turn.facts.request.swallowed) {
    answer(turn, "Refused",
           base::concat({"request ", turn.facts.request.unhandled_id,
                         " was there before kaizen saw the object: not carried out"}));
  }
  const std::string stable = surviving_stable(turn.facts);
  if (!stable.empty()) {
    restore(turn, stable);
    return true;
  }
  enter_phase(turn, api::Phase::kInitializing);
  if (!turn.facts.unusable && !turn.facts.target.revision.empty()) {
    choose_first(turn);
  }
  return true;
}

bool initialize(Turn& turn) {
  if (!in_phase(turn, api::Phase::kInitializing)) {
    return false;
  }
  const Assessment& facts = turn.facts;
  if (facts.unusable || facts.target.revision.empty()) {
    return true;
  }
  if (candidate_of(turn.status) != facts.target.revision) {
    choose_first(turn);
    return true;
  }
  const RevisionFacts& first = facts_of(facts, facts.target.revision);
  if (facts.replicas() == 0) {
    if (first.workload != nullptr && !facts.blocked) {
      serve_first(turn);
    }
    return true;
  }
  if (!first_is_approved(turn)) {
    if (first.ready > 0) {
      ask_first_approval(turn);
    }
    return true;
  }
  const bool serves = facts.main.selects == facts.target.revision && first.main_endpoints > 0 &&
                      first.canary_endpoints > 0;
  if (serves && facts.route.in_force && !facts.blocked) {
    serve_first(turn);
  }
  return true;
}

bool start(Turn& turn) {
  if (!in_phase(turn, api::Phase::kIdle)) {
    return false;
  }
  api::ModelDeploymentStatus& status = turn.status;
  const std::string& spec_revision = turn.facts.target.spec_revision;
  if (!spec_revision.empty() && status.aborted && !aborted_of(status).empty() &&
      aborted_of(status) != spec_revision) {
    status.aborted.reset();  // RO-5: revert and re-apply is a retry
    status.rollback_target.reset();
    return true;
  }
  if (status.rollback_target && aborted_of(status).empty() && stable_of(status) != spec_revision) {
    status.rollback_target.reset();  // cleared by a change of the MD-1 input (R3-8)
    return true;
  }
  if (status.previous && status.previous->keep_until &&
      turn.now() >= *status.previous->keep_until) {
    status.previous.reset();
  }
  if (may_start(turn)) {
    start_rollout(turn);
  }
  return true;
}

}  // namespace kaizen::core
