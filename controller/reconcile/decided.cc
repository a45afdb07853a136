#include "reconcile/decided.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "api/model_deployment.h"
#include "api/tables.h"
#include "base/check.h"
#include "base/text.h"
#include "core/names.h"
#include "core/reasons.h"
#include "reconcile/kinds.h"
#include "schema/codec.h"

namespace kaizen::reconcile {
namespace {

constexpr size_t kMaxConditionMessage = 512;  // MD-15

template <class T>
std::optional<std::string> status_change(const kube::Object& before, const kube::Object& after) {
  return schema::merge_patch(value_of<T>(before)->status, value_of<T>(after)->status);
}

// In the place of what was there; Stalled and Reconciling never stand together.
void stall(std::vector<api::Condition>& conditions,
           std::string_view what,
           int64_t generation,
           base::Time now) {
  std::optional<base::Time> since = now;
  std::erase_if(conditions, [&](const api::Condition& condition) {
    if (condition.type == core::condition::kStalled && condition.status == "True") {
      since = condition.last_transition_time;
    }
    return condition.type == core::condition::kStalled ||
           condition.type == core::condition::kReconciling;
  });
  const std::string message =
      base::concat({"Deciding failed repeatedly: ", what,
                    ". Nothing is written for this object for about 17 minutes or until its spec "
                    "changes; please report it with the operator's log."});
  conditions.push_back({.type = std::string(core::condition::kStalled),
                        .status = "True",
                        .reason = core::text(core::reason::kInternalError),
                        .message = base::truncate_utf8(message, kMaxConditionMessage),
                        .observed_generation = generation,
                        .last_transition_time = since});
}

template <class T>
std::optional<std::string> stalled(const kube::Object& object,
                                   std::string_view what,
                                   base::Time now) {
  const T& value = *value_of<T>(object);
  auto status = value.status;
  stall(status.conditions, what, value.metadata.generation, now);
  return schema::merge_patch(value.status, status);
}

template <class T>
constexpr DecidedKind row(Watched id, std::string_view controller, std::string_view name_label) {
  return {.id = id,
          .controller = controller,
          .name_label = name_label,
          .status_change = &status_change<T>,
          .stalled = &stalled<T>};
}

constexpr DecidedKind kRows[] = {
    row<api::ModelDeployment>(Watched::kModelDeployment,
                              "modeldeployment",
                              core::label::kDeployment),
};

const DecidedKind* find(Watched id) {
  const auto* found = std::ranges::find(kRows, id, &DecidedKind::id);
  return found == std::ranges::end(kRows) ? nullptr : found;
}

}  // namespace

const api::Metadata& Subject::metadata() const {
  return metadata_of(key.kind, *object);
}

bool is_decided(Watched id) {
  return find(id) != nullptr;
}

const DecidedKind& decided(Watched id) {
  const DecidedKind* found = find(id);
  KAIZEN_CHECK(found != nullptr, "a kind that is not decided");
  return *found;
}

}  // namespace kaizen::reconcile
