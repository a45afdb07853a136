// The route as facts: which weight is in force, whether the endpoints agree, who else steers it.
#include <cstddef>
#include <optional>
#include <string_view>
#include <tuple>

#include "api/kinds.h"
#include "api/model_deployment.h"
#include "base/duration.h"
#include "base/text.h"
#include "base/time.h"
#include "core/extensions.h"
#include "core/names.h"
#include "core/reasons.h"
#include "core/rollout/assessment_internal.h"
#include "core/rollout/defaults.h"
#include "core/rollout/snapshot.h"

namespace kaizen::core {

namespace {

constexpr size_t kEditsToHold = 3;            // TR-6
constexpr base::Duration kEditWindow = 5min;  // TR-6

// The revision on trial; the first revision of all holds the stable role from the beginning.
std::string_view trial_of(const Assessment& facts) {
  return stable_of(facts.before()).empty() ? std::string_view() : candidate_of(facts.before());
}

std::string_view role_of(const Assessment& facts) {
  const std::string_view stable = stable_of(facts.before());
  return stable.empty() ? candidate_of(facts.before()) : stable;
}

MainSelector main_selects(const Assessment& facts) {
  if (facts.main.both) {
    return MainSelector::kBoth;
  }
  const std::string_view candidate = trial_of(facts);
  const bool by_candidate = !candidate.empty() && facts.main.selects == candidate;
  return by_candidate ? MainSelector::kCandidate : MainSelector::kRole;
}

void read_router(Assessment& facts) {
  const RolloutSnapshot& snapshot = *facts.snapshot;
  RouteFacts& route = facts.route;
  const auto& status = facts.before();
  route.intent.ns = facts.ns();
  route.intent.deployment = facts.name();
  route.intent.canary_service = canary_service_name(facts.name());
  route.intent.owner_uid = facts.object().metadata.uid;
  route.intent.port = service_port_of(facts.spec());
  route.intent.canary_weight = intended_weight(status);
  const auto& traffic = facts.spec().traffic;
  route.intent.traffic = traffic ? &*traffic : nullptr;

  route.objects.kind_available = snapshot.route_kind_available;
  route.objects.route = snapshot.route;
  route.objects.main = facts.main.present() ? snapshot.main_service : nullptr;
  route.objects.canary = facts.canary.present() ? snapshot.canary_service : nullptr;
  route.objects.main_selects = main_selects(facts);
  route.objects.stable_ready = facts_of(facts, role_of(facts)).main_endpoints;
  const RevisionFacts& candidate = facts_of(facts, trial_of(facts));
  route.objects.candidate_ready = facts.router->type == api::RouterType::kService
                                      ? candidate.main_endpoints
                                      : candidate.canary_endpoints;
  route.state = facts.router->parse(route.intent, route.objects);
}

// Router Service: the selector is the weight, the endpoints show whether it is in force.
void judge_service_router(Assessment& facts) {
  RouteFacts& route = facts.route;
  const MainSelector wanted = facts.router->main_selector(route.intent.canary_weight);
  const bool no_candidate = trial_of(facts).empty();
  const MainSelector selects = route.objects.main_selects;
  route.as_intended = facts.main.present() && (no_candidate || selects == wanted);
  const bool candidate_listed = route.objects.candidate_ready > 0;
  const bool stable_listed = route.objects.stable_ready > 0;
  route.zero = facts.main.object == nullptr ||
               (selects == MainSelector::kRole && !candidate_listed && !facts.main.both);
  route.full = selects == MainSelector::kCandidate && candidate_listed && !stable_listed;
  switch (wanted) {
    case MainSelector::kRole: route.in_force = route.as_intended && route.zero; break;
    case MainSelector::kBoth: route.in_force = route.as_intended && candidate_listed; break;
    case MainSelector::kCandidate: route.in_force = route.as_intended && route.full; break;
  }
}

void judge_route_object(Assessment& facts) {
  RouteFacts& route = facts.route;
  const bool sound = route.state.problem == RouteProblem::kNone;
  // Without the object, or without our backend in it, no request takes this way.
  const bool gone = route.state.problem == RouteProblem::kMissing ||
                    route.state.problem == RouteProblem::kUnavailable;
  const bool accepted = sound && route.state.accepted;
  route.as_intended = sound && route.state.canary_weight == route.intent.canary_weight;
  route.in_force = route.as_intended && accepted;
  route.zero = gone || (accepted && route.state.canary_weight == 0);
  route.full = accepted && route.state.canary_weight == 100;
}

std::optional<Problem> older_rival(const Assessment& facts) {
  const api::Metadata& mine = facts.object().metadata;
  const base::Time created = mine.creation_timestamp.value_or(base::Time());
  const api::ObjectKey key = {mine.ns, mine.name};
  for (const RouteClaim& rival : facts.snapshot->rival_claims) {
    if (std::tie(rival.created, rival.owner) < std::tie(created, key)) {
      return Problem{
          reason::kRouteConflict,
          base::concat({"ModelDeployment ", rival.owner.ns, "/", rival.owner.name,
                        " is older and steers the same route rule: name another rule, or delete ",
                        "one of the two"})};
    }
  }
  return std::nullopt;
}

// TR-6: who edits three times in five minutes means it; no second writer then.
std::optional<Problem> editing_rival(const Assessment& facts) {
  const auto& edits = facts.before().route_edits;
  if (!edits || !is_fought_over(facts.before(), facts.now)) {
    return std::nullopt;
  }
  return Problem{reason::kRouteConflict,
                 base::concat({"the weights of the route were changed by somebody else 3 times "
                               "within 5 minutes, last at ",
                               base::format_time(edits->at.back()),
                               ": written again 5 minutes after the last change"})};
}

}  // namespace

bool is_fought_over(const api::ModelDeploymentStatus& status, base::Time now) {
  const auto& edits = status.route_edits;
  return edits && edits->at.size() >= kEditsToHold && now - edits->at.back() < kEditWindow &&
         edits->at.back() - edits->at[edits->at.size() - kEditsToHold] < kEditWindow;
}

void assess_route(Assessment& facts) {
  read_router(facts);
  if (facts.router->type == api::RouterType::kService) {
    judge_service_router(facts);
  } else {
    judge_route_object(facts);
  }
  facts.route.conflict = older_rival(facts);
  if (!facts.route.conflict) {
    facts.route.conflict = editing_rival(facts);
  }
}

}  // namespace kaizen::core
