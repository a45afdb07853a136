#include "ext/routers/service/service.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "api/model_deployment.h"
#include "base/result.h"
#include "core/extensions.h"
#include "core/plan.h"

namespace kaizen::ext {
namespace {

// R2-6: weight 0 and promotion are selector writes; old pods stay warm without traffic.
core::MainSelector main_selector(int32_t canary_weight) {
  if (canary_weight <= 0) return core::MainSelector::kRole;
  return canary_weight >= 100 ? core::MainSelector::kCandidate : core::MainSelector::kBoth;
}

// R3-11: c such that c/(N+c) is nearest to the weight, at least one pod, at most as many as stable
// has. At weight 0 that one pod proves that the revision starts.
int32_t candidate_size(int32_t replicas, int32_t weight) {
  if (replicas <= 0) return 0;
  if (weight > 50) return replicas;
  if (weight <= 0) return 1;
  const int64_t rest = 100 - weight;
  const int64_t rounded = (2 * int64_t{replicas} * weight + rest) / (2 * rest);
  return static_cast<int32_t>(std::clamp<int64_t>(rounded, 1, replicas));
}

double real_share(int32_t replicas, int32_t weight) {
  if (weight <= 0 || replicas <= 0) return 0;
  if (weight >= 100) return 100;
  const double candidate = candidate_size(replicas, weight);
  return 100.0 * candidate / (replicas + candidate);
}

// R2-7: the default steps adapt to what pods can carry. The first step is one pod; above 50 % there
// is nothing between that and all of it.
std::vector<api::CanaryStep> default_steps(int32_t replicas) {
  const int64_t pods = int64_t{std::max(replicas, 1)} + 1;
  const int64_t one_pod = std::clamp<int64_t>((200 + pods) / (2 * pods), 1, 50);  // round(100/pods)
  std::vector<api::CanaryStep> steps;
  for (const int64_t weight : {one_pod, int64_t{50}}) {
    if (!steps.empty() && steps.back().weight == weight) continue;
    api::CanaryStep step;
    step.weight = static_cast<int32_t>(weight);
    step.hold = std::chrono::minutes(5);
    steps.push_back(std::move(step));
  }
  return steps;
}

base::Result<std::vector<core::Effect>> render(const core::RouteIntent&,
                                               const core::RouteObjects&) {
  return std::vector<core::Effect>{};
}

// 0 and 100 are what the selector says, never what the pods of the moment amount to: while it
// selects both revisions, a pod that becomes ready gets traffic at once.
core::RouteState parse(const core::RouteIntent&, const core::RouteObjects& objects) {
  core::RouteState state;
  if (objects.main == nullptr || objects.main_selects == core::MainSelector::kRole) return state;
  if (objects.main_selects == core::MainSelector::kCandidate) {
    state.canary_weight = 100;
    return state;
  }
  const int64_t ready = int64_t{objects.stable_ready} + objects.candidate_ready;
  const double share =
      ready == 0 ? 0 : 100.0 * objects.candidate_ready / static_cast<double>(ready);
  state.canary_weight = static_cast<int32_t>(std::clamp<int64_t>(std::llround(share), 1, 99));
  return state;
}

}  // namespace

const core::Router& service_router() {
  // Nothing but Services and their endpoints, which core itself reads and writes: no needs.
  static constexpr core::Router kRouter = {
      .name = "Service",
      .type = api::RouterType::kService,
      .needs = {},
      .main_selector = &main_selector,
      .candidate_size = &candidate_size,
      .real_share = &real_share,
      .default_steps = &default_steps,
      .render = &render,
      .parse = &parse,
  };
  return kRouter;
}

}  // namespace kaizen::ext
