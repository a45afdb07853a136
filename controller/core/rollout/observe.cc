// Observe: what every turn writes down before the chain of policies runs: counts, the weight in
// force, the evidence. Claims only what the snapshot shows (A21).
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "api/model_deployment.h"
#include "api/object.h"
#include "base/duration.h"
#include "base/text.h"
#include "base/time.h"
#include "core/extensions.h"
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

constexpr size_t kEditsKept = 3;            // TR-6 counts three
constexpr base::Duration kEditsFor = 5min;  // within that time

void count_pods(Turn& turn) {
  api::ModelDeploymentStatus& status = turn.status;
  status.selector = deployment_selector(turn.facts.name());
  status.replicas = 0;
  for (const auto& [name, revision] : turn.facts.revisions) {
    status.replicas += revision.pods;
  }
  for (auto* role : {&status.stable, &status.candidate}) {
    if (role->has_value()) {
      const RevisionFacts& found = facts_of(turn.facts, (*role)->revision);
      (*role)->replicas = found.pods;
      (*role)->ready = found.ready;
    }
  }
}

// TR-6: somebody changed weights that were in force. They are written again; the count decides
// whether that is a fight.
void note_edit(Turn& turn, api::WeightStatus& weight) {
  weight.applied_at.reset();
  weight.samples_from.reset();
  weight.written_at = turn.now();
  if (!turn.status.route_edits) {
    turn.status.route_edits.emplace();
  }
  auto& edits = turn.status.route_edits->at;
  std::erase_if(edits, [&turn](base::Time at) { return turn.now() - at >= kEditsFor; });
  edits.push_back(turn.now());
  if (edits.size() > kEditsKept) {
    edits.erase(edits.begin());
  }
  tell(turn, EventType::kWarning, reason::kRouteConflict, "Route",
       base::concat({"the weight was changed by somebody else to ",
                     std::to_string(turn.facts.route.state.canary_weight), " %, ",
                     std::to_string(edits.size()), " changes within 5 minutes: ",
                     std::to_string(weight.intended), " % is written again"}));
}

// The weight of the step is in force: from here its samples count (MD section 5, line 5).
void begin_sampling(Turn& turn, api::WeightStatus& weight) {
  api::ModelDeploymentStatus& status = turn.status;
  if (!status.step || !is_canary_phase(status) || in_phase(turn, api::Phase::kPromoting)) {
    return;
  }
  api::StepStatus& step = *status.step;
  if (weight.intended != step_weight(status.steps, static_cast<size_t>(step.index))) {
    return;
  }
  const bool judged = turn.facts.evidence.configured && weight.intended > 0;
  const base::Time from = turn.now() + (judged ? settle_of(turn.spec()) : base::Duration(0));
  weight.samples_from = from;
  step.hold_until = from + current_step(turn).hold.value_or(base::Duration(0));
  if (status.analysis) {
    start_step(*status.analysis, *turn.facts.snapshot, status.steps);
  }
}

void see_weight(Turn& turn) {
  const RouteFacts& route = turn.facts.route;
  auto& weight = turn.status.weight;
  if (!weight || route.state.problem != RouteProblem::kNone) {
    return;
  }
  const bool changed = weight->applied != route.state.canary_weight;
  weight->applied = route.state.canary_weight;
  if (weight->applied_at && !route.as_intended && !route.conflict) {
    note_edit(turn, *weight);
    return;
  }
  if (weight->applied_at || !route.in_force) {
    return;
  }
  weight->applied_at = turn.now();
  if (changed) {
    tell(turn, EventType::kNormal, reason::kWeightApplied, "Route",
         base::concat({"weight ", std::to_string(weight->intended), " % is in force",
                       weight->applied == weight->intended
                           ? ""
                           : ", real share " + std::to_string(weight->applied) + " %"}));
  }
  begin_sampling(turn, *weight);
}

void fold_evidence(Turn& turn) {
  const Evidence& evidence = turn.facts.evidence;
  if (!turn.facts.evidence_read || !evidence.status) {
    return;
  }
  api::AnalysisStatus& analysis = turn.status.analysis.emplace(*evidence.status);
  if (evidence.state_discarded) {
    tell(turn, EventType::kWarning, reason::kStateDiscarded, "Analyze",
         "stored evidence could not be read: the step's samples begin again");
    if (is_canary_phase(turn.status)) {
      start_step(analysis, *turn.facts.snapshot, turn.status.steps);
    }
  }
}

// progressDeadline counts from the last increase of ready pods; readiness that was lost counts from
// the last change (R2-29).
void see_progress(Turn& turn) {
  auto& progress = turn.status.progress;
  if (!progress || !turn.status.candidate) {
    return;
  }
  const bool was_paused = std::ranges::find(turn.status.conditions, condition::kPaused,
                                            &api::Condition::type) != turn.status.conditions.end();
  if (was_paused && !is_paused(turn)) {
    progress->since = turn.now();
  }
  const int32_t ready = is_canary_phase(turn.status)
                            ? carrying_pods(turn)
                            : facts_of(turn.facts, candidate_of(turn.status)).ready;
  const bool regaining = turn.status.held_reason == reason::kEndpointsMissing.name;
  if (ready > progress->ready || (regaining && ready != progress->ready)) {
    progress->ready = ready;
    progress->since = turn.now();
  }
  // Fewer are needed than once were (an external scaler, RO-43): that is no loss.
  const int32_t wanted = std::max(1, wanted_size(turn));
  if (is_canary_phase(turn.status) && progress->ready > wanted) {
    progress->ready = wanted;
  }
}

}  // namespace

void observe(Turn& turn) {
  turn.status.observed_generation = turn.facts.object().metadata.generation;
  if (!turn.facts.snapshot->undecodable.empty()) {
    return;
  }
  count_pods(turn);
  fold_evidence(turn);
  see_progress(turn);
  see_weight(turn);
}

}  // namespace kaizen::core
