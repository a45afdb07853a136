// Drain: how long a revision without traffic keeps its pods for the requests that are still under
// way.
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "api/foreign.h"
#include "api/model_deployment.h"
#include "api/tables.h"  // IWYU pragma: keep
#include "base/duration.h"
#include "core/rollout/assessment_internal.h"
#include "core/rollout/revision.h"
#include "schema/codec.h"

namespace kaizen::core {

namespace {

constexpr int64_t kDefaultGrace = 30;  // Kubernetes's, where the template says nothing
constexpr int64_t kLongestGrace = 60;  // MD section 5: an abort does not wait longer

}  // namespace

base::Duration drain_of(const Assessment& facts, std::string_view revision) {
  int64_t grace = kDefaultGrace;
  const RevisionFacts& found = facts_of(facts, revision);
  const auto data = found.stored == nullptr ? base::Result<api::RevisionData>(api::RevisionData())
                                            : parse_revision_data(*found.stored);
  if (data.ok() && !data->pod.text().empty()) {
    const auto pod = schema::decode<api::PodGrace>(data->pod.text());
    if (pod.ok()) grace = pod->seconds.value_or(kDefaultGrace);
  }
  return std::chrono::seconds(std::clamp<int64_t>(grace, 0, kLongestGrace));
}

std::string_view leaving_of(const api::ModelDeploymentStatus& status) {
  if (status.phase == api::Phase::kAborting) {
    return candidate_of(status);
  }
  return status.phase == api::Phase::kRollingBack ? previous_of(status) : std::string_view();
}

bool has_drained(const Assessment& facts, const api::ModelDeploymentStatus& status) {
  return status.abort && status.abort->zero_at &&
         facts.now >= *status.abort->zero_at + drain_of(facts, leaving_of(status));
}

}  // namespace kaizen::core
