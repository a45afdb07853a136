// The target as a fact: which revision the spec asks for, whether the spec can be carried out, and
// what the server says to a template it has not seen (A45).
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>

#include "api/foreign.h"
#include "api/model_deployment.h"
#include "base/error.h"
#include "base/http.h"
#include "base/text.h"
#include "base/time.h"
#include "core/extensions.h"
#include "core/names.h"
#include "core/plan.h"
#include "core/reasons.h"
#include "core/rollout/assessment_internal.h"
#include "core/rollout/defaults.h"
#include "core/rollout/render_internal.h"
#include "core/rollout/revision.h"
#include "core/rollout/snapshot.h"
#include "schema/codec.h"
#include "schema/describe.h"

namespace kaizen::core {

namespace {

// What kaizen reads of a Status, the API server's form of a refusal.
struct Refusal {
  std::string message;
};

}  // namespace

}  // namespace kaizen::core

namespace kaizen::schema {

constexpr FieldInfo kRefusalFields[] = {
    field<&core::Refusal::message>("message"),
};
KAIZEN_DESCRIBE(core::Refusal, kRefusalFields, "")

}  // namespace kaizen::schema

namespace kaizen::core {

namespace {

constexpr int32_t kMaxCollisions = 100;  // beyond it the stored data is not what it seems

Problem invalid_spec(std::initializer_list<std::string_view> parts) {
  return Problem{reason::kInvalidSpec, base::concat(parts)};
}

// What CEL refuses at admission is checked again here: an object may be older than the rule, or
// have been stored without it (UX-13).
std::optional<Problem> check_traffic(const api::ModelDeploymentSpec& spec) {
  if (!spec.traffic || router_type_of(spec) != api::RouterType::kGatewayApi) {
    return std::nullopt;
  }
  if (!spec.traffic->gateway_api) {
    return invalid_spec(
        {"spec.traffic.gatewayAPI is missing: router GatewayAPI needs httpRoute or "
         "create"});
  }
  const api::GatewayApiSpec& gateway = *spec.traffic->gateway_api;
  if (gateway.http_route.has_value() == gateway.create.has_value()) {
    return invalid_spec({"spec.traffic.gatewayAPI needs exactly one of httpRoute and create"});
  }
  if (gateway.http_route && gateway.http_route->rule && gateway.http_route->rule_name) {
    return invalid_spec(
        {"spec.traffic.gatewayAPI.httpRoute: ruleName and rule exclude each other"});
  }
  return std::nullopt;
}

// What the API has already and no decision acts on yet: served as if it were not there, a model
// would count as verified, or as the pipeline's, and be neither.
std::optional<Problem> check_model(const api::ModelDeploymentSpec& spec) {
  if (spec.model && spec.model->from) {
    return invalid_spec(
        {"spec.model.from is not built yet: remove it, and write uri, version and digest"});
  }
  if (spec.model && spec.model->loader) {
    return invalid_spec(
        {"spec.model.loader is not built yet: remove it; the image brings its model"});
  }
  return std::nullopt;
}

std::optional<Problem> check_steps(const api::ModelDeploymentSpec& spec) {
  if (!spec.strategy || !spec.strategy->canary) {
    return std::nullopt;
  }
  const auto& steps = spec.strategy->canary->steps;
  for (size_t i = 0; i < steps.size(); ++i) {
    const int32_t weight = steps[i].weight.value_or(0);
    if (weight < 0 || weight > 100) {
      return invalid_spec({"spec.strategy.canary.steps[", std::to_string(i), "].weight is ",
                           std::to_string(weight), ": use 0 to 100"});
    }
  }
  return std::nullopt;
}

std::optional<Problem> check_spec(const Assessment& facts) {
  const api::ModelDeploymentSpec& spec = facts.spec();
  if (facts.name().size() > kMaxName) {
    return invalid_spec({"metadata.name has ", std::to_string(facts.name().size()),
                         " characters: names of at most 35 leave room for what is derived from "
                         "them"});
  }
  if (!spec.model && spec.image.empty() && spec.template_.empty()) {
    return invalid_spec({"spec has neither model, image nor template: name what shall run"});
  }
  if (spec.replicas && *spec.replicas < 0) {
    return invalid_spec({"spec.replicas is negative: use 0 or more"});
  }
  if (auto problem = check_model(spec)) {
    return problem;
  }
  if (auto problem = check_traffic(spec)) {
    return problem;
  }
  return check_steps(spec);
}

bool holds_input(const api::ControllerRevision& stored, std::string_view input) {
  const auto data = parse_revision_data(stored);
  return data.ok() && data->spec.text() == input;
}

// MD-5: a stored revision of the computed name that holds other data is a collision. A revision
// that already holds the input keeps its name whatever the count says now.
void find_revision(Assessment& facts) {
  Target& target = facts.target;
  target.collision_count = facts.before().collision_count;
  if (target.collision_count > 0) {
    for (const auto& [name, revision] : facts.revisions) {
      if (revision.stored != nullptr && holds_input(*revision.stored, target.input)) {
        target.spec_revision = name;
        return;
      }
    }
  }
  for (int32_t tries = 0; tries < kMaxCollisions; ++tries) {
    target.spec_revision = revision_name(target.input, target.collision_count);
    const RevisionFacts& found = facts_of(facts, target.spec_revision);
    if (found.stored == nullptr || holds_input(*found.stored, target.input)) {
      return;
    }
    ++target.collision_count;
  }
  target.spec_revision.clear();
  facts.unusable = Problem{
      reason::kInternalError,
      base::concat({"100 stored revisions of ", facts.name(),
                    " hold other data than their names say: delete those ControllerRevisions"})};
}

bool is_waiting_error(const base::Error& error) {
  return error.action == base::Action::kRetryCall || error.action == base::Action::kRetryReconcile;
}

// 409: a Deployment of that name exists, so the strict decoding before it passed.
bool is_accepted(int32_t status) {
  return (status >= 200 && status < 300) || status == 409;
}

bool is_refused(int32_t status) {
  return status >= 400 && status < 500 && status != 401 && status != 408 && status != 429;
}

std::string refusal_text(const base::HttpResponse& response) {
  const auto refusal = schema::decode<Refusal>(response.body);
  if (refusal.ok() && !refusal->message.empty()) {
    return refusal->message;
  }
  return base::concat({"HTTP ", std::to_string(response.status), " without a message"});
}

const Answer* answer_of(const RolloutSnapshot& snapshot, std::string_view id) {
  const auto it = std::ranges::find(snapshot.answers, id, &Answer::id);
  return it == snapshot.answers.end() || it->responses.empty() ? nullptr : &*it;
}

// True: the answer settles it.
bool judge(DryRunFacts& dry_run, const Answer& answer) {
  const auto& result = answer.responses.front();
  if (!result.ok()) {
    if (is_waiting_error(result.error())) {
      return false;
    }
    dry_run.state = DryRun::kRejected;
    dry_run.message = result.error().message;
    return true;
  }
  if (is_accepted(result->status)) {
    dry_run.state = DryRun::kAccepted;
    return true;
  }
  if (!is_refused(result->status)) {
    return false;
  }
  dry_run.state = DryRun::kRejected;
  dry_run.message = refusal_text(*result);
  return true;
}

// Asks until there is an answer that settles it: after one that does not, a new question each
// minute.
void ask_server(Assessment& facts) {
  const Manifest manifest =
      deployment_manifest(facts, facts.target.spec_revision, api::RawJson(facts.target.pod), 1);
  DryRunFacts& dry_run = facts.dry_run;
  dry_run.state = DryRun::kWaiting;
  dry_run.message = "the API server is asked whether it accepts the pod template";
  const Probe first = dry_run_probe(facts, manifest);
  dry_run.probes.push_back(first);
  const Answer* answer = answer_of(*facts.snapshot, first.id);
  if (answer == nullptr || judge(dry_run, *answer)) {
    return;
  }
  Probe again = first;
  again.not_before = base::floor_to(facts.now, 1min);
  again.id += base::concat({"@", base::format_time(again.not_before)});
  const Answer* second = answer_of(*facts.snapshot, again.id);
  dry_run.probes.push_back(std::move(again));
  if (second == nullptr || !judge(dry_run, *second)) {
    dry_run.message =
        "the API server did not answer whether it accepts the pod template; asked "
        "again each minute";
  }
}

void render_pod(Assessment& facts) {
  const RuntimeInput input = {
      .deployment = facts.name(), .revision = facts.target.spec_revision, .spec = &facts.spec()};
  auto pod = facts.extensions->runtimes.front().render(input);
  if (!pod.ok()) {
    facts.unusable = invalid_spec({pod.error().message});
    return;
  }
  facts.target.pod = std::move(pod).value();
  ask_server(facts);
}

}  // namespace

void assess_target(Assessment& facts) {
  facts.unusable = check_spec(facts);
  if (facts.unusable) {
    return;
  }
  auto input = revision_input(facts.spec());
  if (!input.ok()) {
    facts.unusable = invalid_spec({input.error().message});
    return;
  }
  facts.target.input = std::move(input).value();
  find_revision(facts);
  if (facts.unusable) {
    return;
  }
  const auto& rollback = facts.before().rollback_target;
  facts.target.revision = rollback ? rollback->revision : facts.target.spec_revision;
  if (facts_of(facts, facts.target.spec_revision).stored == nullptr) {
    render_pod(facts);
  }
}

}  // namespace kaizen::core
