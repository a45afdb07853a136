// Traffic: what the two Services select and which weight the route carries (section 5, RO-11 …
// RO-14, TR-9). A selector moves only when nobody notices; a weight only to those who are ready.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "api/model_deployment.h"
#include "core/extensions.h"
#include "core/names.h"
#include "core/rollout/assessment_internal.h"
#include "core/rollout/defaults.h"
#include "core/rollout/desired_internal.h"
#include "core/rollout/turn_internal.h"

namespace kaizen::core {

namespace {

using Status = api::ModelDeploymentStatus;

bool is_router_service(const Assessment& facts) {
  return facts.router->type == api::RouterType::kService;
}

bool first_may_serve(const Assessment& facts, const Status& status) {
  const bool approved = std::ranges::any_of(status.approvals, [](const api::ApprovalStatus& entry) {
    return entry.step == kFirstApproval && entry.at.has_value();
  });
  return !promotion_is_manual(facts.spec()) || approved;
}

// The first revision gets its Services once a pod of it is ready (R3-12), and not before somebody
// approved where that is asked (AD-10).
std::optional<std::string> first_selector(const Assessment& facts, const Status& status) {
  std::string candidate(candidate_of(status));
  if (candidate.empty() || facts_of(facts, candidate).ready == 0 ||
      !first_may_serve(facts, status)) {
    return std::nullopt;
  }
  return candidate;
}

// Revision that Service <name> should select; "" for both.
std::optional<std::string> wanted_main(const Assessment& facts, const Status& status) {
  if (status.phase == api::Phase::kInitializing) {
    return first_selector(facts, status);
  }
  std::string stable(stable_of(status));
  if (stable.empty()) {
    return std::nullopt;
  }
  if (candidate_of(status).empty()) {
    return stable;
  }
  switch (facts.router->main_selector(intended_weight(status))) {
    case MainSelector::kRole: return stable;
    case MainSelector::kBoth: return std::string();
    case MainSelector::kCandidate: return std::string(candidate_of(status));
  }
  return stable;
}

bool selects(const ServiceFacts& service, const std::string& revision) {
  return revision.empty() ? service.both : service.selects == revision;
}

// Ready pods the selector would find.
int32_t ready_behind(const Assessment& facts, const Status& status, const std::string& revision) {
  if (!revision.empty()) {
    return facts_of(facts, revision).ready;
  }
  return facts_of(facts, stable_of(status)).ready + facts_of(facts, candidate_of(status)).ready;
}

// RO-13, RO-14. A Service that is absent, or finds nobody anyway, may get any selector.
bool may_move_main(const Assessment& facts, const Status& status, const std::string& revision) {
  if (!facts.main.present() || facts.main.ready == 0) {
    return true;
  }
  if (ready_behind(facts, status, revision) == 0) {
    return false;
  }
  const bool in_order =
      status.phase == api::Phase::kPromoting || status.phase == api::Phase::kRollingBack;
  return is_router_service(facts) || !in_order || facts.route.full;
}

// R2-4: the one exception to RO-13.
bool takes_back_by_selector(const Assessment& facts, const Status& status) {
  return status.phase == api::Phase::kAborting && status.abort && status.abort->since &&
         facts.now >= *status.abort->since + kRoutePatience &&
         facts_of(facts, stable_of(status)).ready >= std::max(1, facts.replicas());
}

bool may_move_canary(const Assessment& facts, const Status& status, const std::string& revision) {
  if (!facts.canary.present()) {
    return true;
  }
  if (facts.canary.ready == 0 && facts.route.zero) {
    return true;
  }
  const bool finds_somebody = facts_of(facts, revision).ready > 0 || facts.canary.ready == 0;
  return finds_somebody && (facts.route.zero || takes_back_by_selector(facts, status));
}

// The candidate once it can carry its first step, stable before and after (RO-14).
std::string canary_on_trial(const Assessment& facts, const Status& status) {
  const std::string candidate(candidate_of(status));
  const RevisionFacts& found = facts_of(facts, candidate);
  const bool is_there = facts.canary.selects == candidate && found.ready > 0;
  const int32_t first =
      facts.router->candidate_size(facts.replicas(), step_weight(status.steps, 0));
  const bool is_ready = found.ready >= std::clamp(first, 1, std::max(1, facts.replicas()));
  return is_there || is_ready ? candidate : std::string(stable_of(status));
}

std::optional<std::string> wanted_canary(const Assessment& facts, const Status& status) {
  if (status.phase == api::Phase::kInitializing) {
    return first_selector(facts, status);
  }
  std::string stable(stable_of(status));
  if (stable.empty()) {
    return std::nullopt;
  }
  const std::string candidate(candidate_of(status));
  if (candidate.empty() || status.phase == api::Phase::kAborting) {
    return stable;
  }
  if (status.phase == api::Phase::kRollingBack) {
    return facts_of(facts, candidate).ready > 0 ? candidate : stable;
  }
  return canary_on_trial(facts, status);
}

void want_main(const Assessment& facts, const Status& status, Desired& desired) {
  const auto revision = wanted_main(facts, status);
  if (!revision || facts.main.foreign) {
    return;
  }
  const bool stays = facts.main.present() && selects(facts.main, *revision);
  if (stays || may_move_main(facts, status, *revision)) {
    desired.main = DesiredService{facts.name(), *revision};
  }
}

void want_canary(const Assessment& facts, const Status& status, Desired& desired) {
  const auto revision = wanted_canary(facts, status);
  if (!revision || facts.canary.foreign) {
    return;
  }
  const bool stays = facts.canary.present() && selects(facts.canary, *revision);
  if (stays || may_move_canary(facts, status, *revision)) {
    desired.canary = DesiredService{canary_service_name(facts.name()), *revision};
  }
}

// TR-9: no weight on a Service that has no ready endpoint, unless neither has.
bool may_carry(const Assessment& facts, int32_t weight) {
  if (weight == 0) {
    return facts.main.ready > 0;
  }
  const bool home = weight == 100 || facts.main.ready > 0 || facts.canary.ready == 0;
  return facts.canary.ready > 0 && home;
}

void want_route(const Assessment& facts, const Status& status, Desired& desired) {
  const bool waiting = status.phase == api::Phase::kInitializing &&
                       (!facts.main.present() || !facts.canary.present());
  if (is_router_service(facts) || facts.unusable || facts.route.conflict ||
      is_fought_over(status, facts.now) || waiting || !may_carry(facts, intended_weight(status))) {
    return;
  }
  desired.route = facts.route.intent;
  desired.route->canary_weight = intended_weight(status);
}

bool has_finalizer(const Assessment& facts) {
  const auto& finalizers = facts.object().metadata.finalizers;
  return std::ranges::find(finalizers, kFinalizer) != finalizers.end();
}

bool needs_no_write(const Assessment& facts, const RouteIntent& intent) {
  const auto writes = facts.router->render(intent, facts.route.objects);
  return writes.ok() && writes->empty();
}

// RO-47, RO-48, R3-16: the weight goes home and is accepted (a dead gateway is not waited for
// longer than 60 s), then our backend goes, then the finalizer. What is absent is clean (R2-36).
void want_farewell(const Assessment& facts, const Status& status, Desired& desired) {
  if (!has_finalizer(facts)) {
    return;  // owned objects go by garbage collection; nothing else was touched (RT-70)
  }
  const bool gone = facts.route.state.problem == RouteProblem::kMissing ||
                    facts.route.state.problem == RouteProblem::kUnavailable;
  if (facts.namespace_ending || gone || is_router_service(facts)) {
    desired.finalizer = false;
    return;
  }
  desired.route = facts.route.intent;
  desired.route->canary_weight = intended_weight(status);
  const auto& deletion = facts.object().metadata.deletion_timestamp;
  const bool waited = deletion && facts.now >= *deletion + kRoutePatience;
  const bool home = facts.route.state.canary_weight == 0 && (facts.route.state.accepted || waited);
  if (!home || intended_weight(status) != 0) {
    return;
  }
  desired.route->leaving = true;
  if (needs_no_write(facts, *desired.route)) {
    desired.finalizer = false;
  }
}

}  // namespace

void want_traffic(const Assessment& facts, const Status& status, Desired& desired) {
  if (status.phase == api::Phase::kDeleting) {
    want_farewell(facts, status, desired);
    return;
  }
  want_main(facts, status, desired);
  want_canary(facts, status, desired);
  want_route(facts, status, desired);
  if (desired.route && steers_foreign_route(facts.spec()) && !has_finalizer(facts)) {
    // RT-70: first the finalizer, seen; then the first write outside of what we own.
    if (!needs_no_write(facts, *desired.route)) {
      desired.finalizer = true;
    }
    desired.route.reset();
  }
}

}  // namespace kaizen::core
