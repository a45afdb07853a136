// Steps: entering and leaving them, and what a step needs before it may be left.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "api/model_deployment.h"
#include "base/check.h"
#include "base/text.h"
#include "base/time.h"
#include "core/plan.h"
#include "core/reasons.h"
#include "core/rollout/assessment_internal.h"
#include "core/rollout/defaults.h"
#include "core/rollout/turn_internal.h"

namespace kaizen::core {

namespace {

// RO-37: edits of the spec's steps count from the next step. Default steps stay those chosen at the
// start (R3-4).
void read_steps_again(Turn& turn) {
  const auto& strategy = turn.spec().strategy;
  if (strategy && strategy->canary && !strategy->canary->steps.empty()) {
    turn.status.steps = strategy->canary->steps;
  }
}

std::string percent(int32_t weight) {
  return base::concat({std::to_string(weight), " %"});
}

}  // namespace

int32_t step_weight(const std::vector<api::CanaryStep>& steps, size_t index) {
  for (size_t i = std::min(index + 1, steps.size()); i > 0; --i) {
    if (steps[i - 1].weight) {
      return *steps[i - 1].weight;
    }
  }
  return 0;
}

std::string step_name(const std::vector<api::CanaryStep>& steps, size_t index) {
  if (index < steps.size() && !steps[index].name.empty()) {
    return steps[index].name;
  }
  return base::concat({"step-", std::to_string(index + 1)});
}

const api::CanaryStep& current_step(const Turn& turn) {
  static const api::CanaryStep kNone;
  if (!turn.status.step || turn.status.steps.empty()) {
    return kNone;
  }
  const auto index = static_cast<size_t>(std::max(0, turn.status.step->index));
  return turn.status.steps[std::min(index, turn.status.steps.size() - 1)];
}

api::StepStatus& step_of(Turn& turn) {
  KAIZEN_CHECK(turn.status.step.has_value(), "a phase between two steps is without one");
  return *turn.status.step;
}

void enter_step(Turn& turn, size_t index) {
  enter_phase(turn, api::Phase::kProgressing);
  api::StepStatus step;
  step.index = static_cast<int32_t>(index);
  step.name = step_name(turn.status.steps, index);
  step.started_at = turn.now();
  const std::string name = step.name;
  turn.status.step = std::move(step);
  api::ProgressStatus progress;
  progress.ready = carrying_pods(turn);
  progress.since = turn.now();
  turn.status.progress = progress;
  const int32_t weight = step_weight(turn.status.steps, index);
  if (weight <= intended_weight(turn.status)) {
    set_weight(turn, weight);  // needs no capacity that is not there
  }
  tell(turn, EventType::kNormal, reason::kStepStarted, "Step",
       base::concat({"step ", std::to_string(index + 1), " of ",
                     std::to_string(turn.status.steps.size()), " (", name, "): revision ",
                     candidate_of(turn.status), " to ", percent(weight)}));
}

void leave_step(Turn& turn) {
  const auto next = static_cast<size_t>(step_of(turn).index) + 1;
  read_steps_again(turn);
  if (next < turn.status.steps.size()) {
    enter_step(turn, next);
    return;
  }
  pass_gate(turn);
}

const api::ApprovalStatus* open_approval(const api::ModelDeploymentStatus& status) {
  const std::string name = status.step ? status.step->name : std::string(kFirstApproval);
  const auto it =
      std::ranges::find_if(status.approvals, [&name](const api::ApprovalStatus& approval) {
        return !approval.at && approval.step == name;
      });
  return it == status.approvals.end() ? nullptr : &*it;
}

api::ApprovalStatus* open_approval(api::ModelDeploymentStatus& status) {
  const api::ApprovalStatus* found = open_approval(std::as_const(status));
  return found == nullptr ? nullptr
                          : &status.approvals[static_cast<size_t>(found - status.approvals.data())];
}

void await_approval(Turn& turn, api::ApprovalStatus& approval) {
  enter_phase(turn, api::Phase::kAwaitingApproval);
  const api::CanaryStep& step = current_step(turn);
  if (step.approval && step.approval->timeout && !approval.deadline) {
    approval.deadline = turn.now() + *step.approval->timeout;
  }
  const std::string until =
      approval.deadline ? base::concat({", until ", base::format_time(*approval.deadline)}) : "";
  tell(turn, EventType::kNormal, reason::kApprovalRequired, "Approve",
       base::concat({"revision ", candidate_of(turn.status), " waits for approval (", approval.step,
                     ") at ", percent(intended_weight(turn.status)), until,
                     ": request approve or reject with target ", candidate_of(turn.status)}));
}

void pass_gate(Turn& turn) {
  // Everything that is still open holds: promotion.approval, approvals of steps that were skipped,
  // and those whose step the spec has dropped meanwhile (R2-60).
  auto& approvals = turn.status.approvals;
  const auto open = std::ranges::find_if(
      approvals, [](const api::ApprovalStatus& approval) { return !approval.at; });
  if (open != approvals.end()) {
    api::StepStatus& step = step_of(turn);
    step.index = std::max(0, static_cast<int32_t>(turn.status.steps.size()) - 1);
    step.name = open->step;
    await_approval(turn, *open);
    return;
  }
  enter_phase(turn, api::Phase::kPromoting);
  api::ProgressStatus progress;
  progress.ready = carrying_pods(turn);
  progress.since = turn.now();
  turn.status.progress = progress;
}

bool hold_is_over(const Turn& turn) {
  const auto& step = turn.status.step;
  return step && step->hold_until && turn.now() >= *step->hold_until && turn.status.weight &&
         turn.status.weight->applied_at && turn.facts.route.in_force;
}

bool requirement_is_met(const Turn& turn) {
  if (intended_weight(turn.status) == 0) {
    return true;
  }
  const bool evidence =
      requirement_of(turn.spec(), current_step(turn)) == api::Requirement::kEvidence;
  if (!turn.facts.evidence.configured) {
    return !evidence;
  }
  return evidence ? turn.facts.evidence.evidence : turn.facts.evidence.no_harm;
}

}  // namespace kaizen::core
