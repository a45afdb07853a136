#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/kinds.h"
#include "api/model_deployment.h"
#include "api/object.h"
#include "base/check.h"
#include "base/duration.h"
#include "base/error.h"
#include "base/number.h"
#include "base/text.h"
#include "core/extensions.h"
#include "core/reasons.h"
#include "core/rollout/assessment_internal.h"
#include "core/rollout/defaults.h"
#include "core/rollout/evidence.h"
#include "core/rollout/request.h"
#include "core/rollout/snapshot.h"

namespace kaizen::core {

namespace {

constexpr base::Duration kSlowAfter = 1h;  // R2-56: Held that long samples every 5 minutes

std::optional<Problem> route_problem(const Assessment& facts) {
  const RouteState& state = facts.route.state;
  switch (state.problem) {
    case RouteProblem::kNone: return std::nullopt;
    case RouteProblem::kMissing:
    case RouteProblem::kAmbiguous: return Problem{reason::kRouteNotFound, state.message};
    case RouteProblem::kUnavailable: return Problem{reason::kRouterUnsupported, state.message};
    case RouteProblem::kForeign: return Problem{reason::kAdoptionConflict, state.message};
    case RouteProblem::kUnrepresentable:
      return Problem{reason::kWeightNotRepresentable, state.message};
  }
  return std::nullopt;
}

std::optional<Problem> foreign_service(const Assessment& facts) {
  for (const ServiceFacts* service : {&facts.main, &facts.canary}) {
    if (service->foreign) {
      return Problem{reason::kAdoptionConflict,
                     base::concat({"Service ", service->object->metadata.name,
                                   " exists and is not ours: rename or delete it"})};
    }
  }
  return std::nullopt;
}

// R2-7: a written weight is a promise. Only overshoot breaks it; default steps adapt themselves.
std::optional<Problem> weight_problem(const Assessment& facts) {
  const auto& spec = facts.spec();
  if (!spec.strategy || !spec.strategy->canary || facts.replicas() == 0) {
    return std::nullopt;
  }
  const auto& steps = spec.strategy->canary->steps;
  for (size_t i = 0; i < steps.size(); ++i) {
    const int32_t weight = steps[i].weight.value_or(0);
    if (weight <= 0) {
      continue;
    }
    const double real = facts.router->real_share(facts.replicas(), weight);
    if (real > 2.0 * weight) {
      return Problem{
          reason::kWeightNotRepresentable,
          base::concat({"spec.strategy.canary.steps[", std::to_string(i), "].weight is ",
                        std::to_string(weight), " but with ", std::to_string(facts.replicas()),
                        " replicas one pod gets ", base::format_percent(real / 100.0, 3),
                        ": raise replicas or the weight, or use router GatewayAPI"})};
    }
  }
  return std::nullopt;
}

std::optional<Problem> blocking_problem(const Assessment& facts) {
  if (auto problem = foreign_service(facts)) {
    return problem;
  }
  if (facts.route.conflict) {
    return facts.route.conflict;
  }
  if (auto problem = route_problem(facts)) {
    return problem;
  }
  if (facts.dry_run.state == DryRun::kRejected) {
    return Problem{reason::kInvalidTemplate,
                   base::concat({"the API server refuses the pod template: ", facts.dry_run.message,
                                 "; correct spec.template"})};
  }
  const bool rollback = facts.before().rollback_target.has_value();
  if (rollback && facts_of(facts, facts.target.revision).stored == nullptr) {
    return Problem{reason::kRevisionNotFound,
                   base::concat({"revision ", facts.target.revision,
                                 ", to which a rollback was requested, is not stored any more: "
                                 "change the spec or roll back to another one"})};
  }
  return std::nullopt;
}

// A write that cannot succeed until something changes outside. AdoptionConflict's message has its
// next step already.
std::optional<Problem> refused_write(const WriteFailure& failure) {
  const auto problem = [&failure](const Reason& reason, std::string_view remedy = "") {
    return Problem{reason, base::concat({failure_text(failure), remedy})};
  };
  switch (failure.error.code) {
    case base::Code::kForbidden:
      return problem(reason::kForbidden, "; grant it to the operator, which tries again by itself");
    case base::Code::kAlreadyExists: return problem(reason::kAdoptionConflict);
    case base::Code::kRejected:
    case base::Code::kInvalid:
    case base::Code::kTooLarge:
      return failure.resource == api::kDeployment
                 ? problem(reason::kInvalidTemplate, "; correct spec.template")
                 : problem(reason::kInvalidSpec, "; correct the spec");
    case base::Code::kNotFound:
    case base::Code::kConflict:
    case base::Code::kUnauthorized:
    case base::Code::kExpired:
    case base::Code::kThrottled:
    case base::Code::kUnavailable:
    case base::Code::kUnknownOutcome:
    case base::Code::kTimeout:
    case base::Code::kTls:
    case base::Code::kCancelled:
    case base::Code::kNamespaceEnding:
    case base::Code::kInternal: return std::nullopt;
  }
  return std::nullopt;
}

void assess_failures(Assessment& facts) {
  for (const WriteFailure& failure : facts.snapshot->failures) {
    if (failure.error.code == base::Code::kNamespaceEnding) {
      facts.namespace_ending = true;
    }
    if (!facts.refused) {
      facts.refused = refused_write(failure);
    }
  }
}

Sampling sampling_of(const Assessment& facts) {
  const auto& status = facts.before();
  if (status.phase == api::Phase::kBaking) {
    return Sampling::kBake;
  }
  if (!is_canary_phase(status)) {
    return Sampling::kNone;
  }
  const bool promoting = status.phase == api::Phase::kPromoting;
  const int32_t weight = intended_weight(status);
  const bool both_arms = weight > 0 && !(promoting && weight == 100);
  const bool settled = status.weight && status.weight->samples_from &&
                       facts.now >= *status.weight->samples_from && facts.route.in_force;
  return both_arms && settled ? Sampling::kCanary : Sampling::kSettling;  // A31, RO-25, RO-27
}

bool held_for_long(const Assessment& facts) {
  const auto& status = facts.before();
  const auto held =
      std::ranges::find(status.conditions, condition::kInconclusive, &api::Condition::type);
  if (status.phase != api::Phase::kHeld || held == status.conditions.end()) {
    return false;
  }
  const auto& since = held->last_transition_time;
  return since && facts.now - *since >= kSlowAfter;
}

bool has_evidence_phase(const api::ModelDeploymentStatus& status) {
  return status.phase == api::Phase::kPreparing || status.phase == api::Phase::kBaking ||
         is_canary_phase(status);
}

void assess_evidence(Assessment& facts) {
  const auto& status = facts.before();
  if (!has_evidence_phase(status)) {
    return;
  }
  EvidenceInput input;
  input.snapshot = facts.snapshot;
  input.extensions = facts.extensions;
  input.now = facts.now;
  input.sampling = sampling_of(facts);
  input.baseline_wanted =
      input.sampling == Sampling::kNone || input.sampling == Sampling::kSettling;
  input.slow = held_for_long(facts);
  if (input.sampling == Sampling::kBake) {
    input.candidate_revision = stable_of(status);
  } else {
    input.stable_revision = stable_of(status);
    input.candidate_revision = candidate_of(status);
  }
  if (status.weight && status.weight->samples_from) {
    input.samples_from = *status.weight->samples_from;
  }
  facts.evidence = read_evidence(input);
  facts.evidence_read = true;
}

}  // namespace

std::string failure_text(const WriteFailure& failure) {
  const std::string& message = failure.error.message;
  return message.starts_with(failure.what) ? message : base::concat({failure.what, ": ", message});
}

const RevisionFacts& facts_of(const Assessment& facts, std::string_view revision) {
  static const RevisionFacts kNobody;
  const auto it = facts.revisions.find(revision);
  return it == facts.revisions.end() ? kNobody : it->second;
}

std::string_view stable_of(const api::ModelDeploymentStatus& status) {
  return status.stable ? std::string_view(status.stable->revision) : std::string_view();
}

std::string_view candidate_of(const api::ModelDeploymentStatus& status) {
  return status.candidate ? std::string_view(status.candidate->revision) : std::string_view();
}

std::string_view previous_of(const api::ModelDeploymentStatus& status) {
  return status.previous ? std::string_view(status.previous->revision) : std::string_view();
}

std::string_view aborted_of(const api::ModelDeploymentStatus& status) {
  return status.aborted ? std::string_view(status.aborted->revision) : std::string_view();
}

int32_t intended_weight(const api::ModelDeploymentStatus& status) {
  return status.weight ? status.weight->intended : 0;
}

bool is_canary_phase(const api::ModelDeploymentStatus& status) {
  if (!status.phase) {
    return false;
  }
  switch (*status.phase) {
    case api::Phase::kProgressing:
    case api::Phase::kPaused:
    case api::Phase::kAwaitingApproval: return true;
    case api::Phase::kHeld:  // also for want of room, before the first step
      return status.step.has_value();
    case api::Phase::kPromoting:  // until the point of no return (R2-26)
      return status.candidate.has_value();
    case api::Phase::kInitializing:
    case api::Phase::kIdle:
    case api::Phase::kPreparing:
    case api::Phase::kBaking:
    case api::Phase::kAborting:
    case api::Phase::kRollingBack:
    case api::Phase::kDeleting: return false;
  }
  return false;
}

Assessment assess(const RolloutSnapshot& snapshot, const Extensions& extensions, base::Time now) {
  KAIZEN_CHECK(!extensions.runtimes.empty(), "a release has at least one runtime");
  Assessment facts;
  facts.snapshot = &snapshot;
  facts.extensions = &extensions;
  facts.now = now;
  facts.router = &router_of(extensions, router_type_of(facts.spec()));
  facts.request = read_request(facts.object().metadata, facts.before());
  assess_children(facts);
  assess_failures(facts);
  if (!snapshot.undecodable.empty()) {
    return facts;  // without a spec there is nothing to compare the rest with
  }
  assess_target(facts);
  assess_route(facts);
  if (!facts.unusable) {
    facts.blocked = blocking_problem(facts);
    const bool would_start =
        candidate_of(facts.before()).empty() && facts.target.revision != stable_of(facts.before());
    if (!facts.blocked && would_start) {
      facts.blocked = weight_problem(facts);
    }
  }
  if (!facts.object().metadata.deletion_timestamp) {
    assess_evidence(facts);
  }
  return facts;
}

}  // namespace kaizen::core
