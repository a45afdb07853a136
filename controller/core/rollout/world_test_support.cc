#include "core/rollout/world_test_support.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <gmock/gmock.h>

#include "api/foreign.h"
#include "api/kinds.h"
#include "api/model_deployment.h"
#include "api/object.h"
#include "base/error.h"
#include "base/http.h"
#include "base/number.h"
#include "base/ref.h"
#include "base/time.h"
#include "base/uid.h"
#include "core/extensions.h"
#include "core/names.h"
#include "core/plan.h"
#include "core/rollout/advance_internal.h"
#include "core/rollout/assessment_internal.h"
#include "core/rollout/bounds_test_support.h"
#include "core/rollout/decide.h"
#include "core/rollout/fake_extensions_test_support.h"
#include "core/rollout/snapshot.h"
#include "core/settings.h"
#include "schema/bounds.h"
#include "schema/codec.h"

namespace kaizen::core::testing_support {

namespace {

base::Uid uid_of(int64_t number) {
  base::Uid uid;
  for (size_t i = 0; i < 8; ++i) {
    uid.bytes[15 - i] = static_cast<uint8_t>((number >> (8 * i)) & 0xff);
  }
  return uid;
}

std::string label_of(const api::StringMap& map, std::string_view key) {
  const auto it = map.find(key);
  return it == map.end() ? std::string() : it->second;
}

api::ModelDeploymentSpec parse_spec(const std::string& text) {
  auto spec = schema::decode<api::ModelDeploymentSpec>(text);
  EXPECT_TRUE(spec.ok()) << (spec.ok() ? "" : spec.error().message);
  return spec.ok() ? *spec : api::ModelDeploymentSpec();
}

template <class T>
std::vector<base::Ref<T>> refs(const std::map<std::string, T>& objects) {
  std::vector<base::Ref<T>> result;
  for (const auto& [name, object] : objects) {
    result.push_back(base::make_ref(object));
  }
  return result;
}

template <class T>
base::Ref<T> ref_of(const std::map<std::string, T>& objects, const std::string& name) {
  const auto it = objects.find(name);
  return it == objects.end() ? nullptr : base::make_ref(it->second);
}

// Somebody else holds an object of that name (RT-54).
base::Error conflict() {
  return {base::Action::kTerminal, base::Code::kAlreadyExists, "belongs to somebody else", {}};
}

// kstatus and INV-46, INV-47: what every written status must keep.
void check_conditions(const api::ModelDeploymentStatus& before,
                      const api::ModelDeploymentStatus& after) {
  int moving = 0;
  for (const api::Condition& condition : after.conditions) {
    const bool only_true = condition.type == "Reconciling" || condition.type == "Stalled" ||
                           condition.type == "AwaitingApproval" || condition.type == "Paused" ||
                           condition.type == "Inconclusive" || condition.type == "RolledBack";
    EXPECT_TRUE(!only_true || condition.status == "True") << condition.type;
    moving += condition.type == "Reconciling" || condition.type == "Stalled" ? 1 : 0;
    EXPECT_LE(condition.message.size(), 512U) << "MD-15";
    EXPECT_FALSE(condition.reason.empty()) << condition.type;
    const auto old = std::ranges::find(before.conditions, condition.type, &api::Condition::type);
    const bool stays = old != before.conditions.end() && old->status == condition.status;
    EXPECT_TRUE(!stays || old->last_transition_time == condition.last_transition_time)
        << "INV-46: " << condition.type;
  }
  EXPECT_LE(moving, 1) << "Reconciling and Stalled at once";
  EXPECT_GE(after.observed_generation, before.observed_generation);
  EXPECT_LE(after.history.size(), 20U);
}

// A status beyond a bound of its table is refused by the API server, at every attempt: the rollout
// stands still for ever. Texts for people may be cut; a word, a name or a number that is cut says
// something else.
void check_bounds(const api::ModelDeploymentStatus& status) {
  EXPECT_THAT(schema::broken_bounds(status), ::testing::IsEmpty()) << "SEC-46";
  EXPECT_THAT(cut_names(schema::type_of<api::ModelDeploymentStatus>(), {}, &status, "status"),
              ::testing::IsEmpty());
}

template <class T>
T decode_body(const std::string& body) {
  auto object = schema::decode<T>(body);
  EXPECT_TRUE(object.ok()) << (object.ok() ? "" : object.error().message) << "\n" << body;
  return object.ok() ? *object : T();
}

}  // namespace

World::World(const std::string& spec, const std::string& name)
    : now(base::Time::from_unix_s(1'784'000'100)) {
  object.metadata.name = name;
  object.metadata.ns = "shop";
  object.metadata.uid = uid_of(1);
  object.metadata.generation = 1;
  object.metadata.creation_timestamp = now;
  object.metadata.resource_version = "1000";
  object.spec = parse_spec(spec);
  MetricSource source;
  source.name = "main";
  settings.metric_sources.push_back(source);
  settings.default_metric_source = "main";
}

void World::set_spec(const std::string& spec) {
  object.spec = parse_spec(spec);
  ++object.metadata.generation;
  stamp(object.metadata);
}

void World::request(const std::string& id,
                    const std::string& verb,
                    const std::string& target,
                    const std::string& parameters) {
  auto& annotations = object.metadata.annotations;
  annotations["request.kaizen.ml/id"] = id;
  annotations["request.kaizen.ml/verb"] = verb;
  annotations["request.kaizen.ml/by"] = requester;
  annotations["request.kaizen.ml/target"] = target;
  if (parameters.empty()) {
    annotations.erase("request.kaizen.ml/parameters");
  } else {
    annotations["request.kaizen.ml/parameters"] = parameters;
  }
  stamp(object.metadata);
}

void World::remove() {
  if (object.metadata.finalizers.empty()) {
    exists = false;
    return;
  }
  object.metadata.deletion_timestamp = now;
  stamp(object.metadata);
}

void World::stamp(api::Metadata& metadata) {
  metadata.resource_version = std::to_string(++next_version_);
}

Extensions World::extensions() const {
  return fake_extensions();
}

RolloutSnapshot World::snapshot() const {
  RolloutSnapshot result;
  result.object = base::make_ref(object);
  result.revisions = refs(revisions);
  result.deployments = refs(deployments);
  result.pods = refs(pods);
  result.slices = refs(slices);
  result.main_service = ref_of(services, object.metadata.name);
  result.canary_service = ref_of(services, canary_service());
  result.route = route ? base::make_ref(*route) : nullptr;
  result.route_kind_available = route_kind_available;
  result.rival_claims = rivals;
  result.touched = touched;
  result.answers = answers_;
  result.failures = failures;
  result.settings = settings;
  return result;
}

Plan World::decide_once() const {
  source_answer() = {{truth.stable_n / 2, truth.stable_bad / 2},
                     {truth.canary_n / 2, truth.canary_bad / 2},
                     truth.reachable};
  const RolloutSnapshot seen = snapshot();
  Plan plan = decide(seen, extensions(), now);
  if (next_version_ % 8 == 0) {  // now and then: it costs as much as the rest
    EXPECT_EQ(plan, decide(snapshot(), extensions(), now))
        << "A1: the same arguments, another plan";
  }
  EXPECT_TRUE(!plan.next_at || *plan.next_at > now) << "A29: next_at is not ahead";
  EXPECT_TRUE(std::ranges::is_sorted(plan.effects, {}, stage_of)) << "A24";
  return plan;
}

// ---- a decision carried out ----

bool World::is_dead(bool before) {
  if (before) {
    ++writes;
  }
  if (cut.at != writes || cut.written == before) {
    return false;
  }
  cut.at = -1;
  restart();
  return true;
}

void World::restart() {
  answers_.clear();
  failures.clear();
}

bool World::write_status(const api::ModelDeploymentStatus& status) {
  if (is_dead(true)) {
    return false;
  }
  api::ModelDeploymentStatus sampled = object.status;
  sampled.analysis = status.analysis;
  sampled.next_at = status.next_at;
  sampled.message = status.message;
  sampled.conditions = status.conditions;
  if (!(sampled == status)) {
    turning_points.push_back(writes);
  }
  auto stored = schema::decode<api::ModelDeploymentStatus>(schema::encode(status));
  EXPECT_TRUE(stored.ok());
  EXPECT_EQ(*stored, status) << "status does not survive its JSON form";
  EXPECT_LE(schema::encode(status).size(), 32U * 1024U) << "MD-15";
  check_conditions(object.status, status);
  check_bounds(status);
  object.status = *stored;
  stamp(object.metadata);
  check_traffic();
  return !is_dead(false);
}

bool World::turn() {
  if (!exists) {
    return false;
  }
  const Plan plan = decide_once();
  const RolloutSnapshot seen = snapshot();
  const auto status = advance(assess(seen, extensions(), now)).status;
  EXPECT_EQ(plan.status.has_value(), status != object.status) << "A21: status and its patch differ";
  if (plan.status && !write_status(status)) {
    return true;
  }
  for (const Effect& effect : plan.effects) {
    if (!write_result.ok()) {
      WriteFailure failure = {describe(effect), api::kDeployment, {}, write_result.error()};
      failures = {failure};
      return false;
    }
    if (is_dead(true)) {
      return true;
    }
    log.push_back(describe(effect));
    turning_points.push_back(writes);
    if (!act(effect)) {  // A23: the rest is decided anew
      failures = {{describe(effect), api::kDeployment, {}, conflict()}};
      return plan.status.has_value();
    }
    check_traffic();
    if (is_dead(false)) {
      return true;
    }
  }
  events.insert(events.end(), plan.events.begin(), plan.events.end());
  const size_t known = answers_.size();
  answer_probes(plan);
  return plan.status.has_value() || !plan.effects.empty() || answers_.size() != known;
}

bool World::act(const Effect& effect) {
  if (const auto* write = std::get_if<Create>(&effect)) return create(*write);
  if (const auto* write = std::get_if<Apply>(&effect)) return apply(*write);
  if (const auto* write = std::get_if<Patch>(&effect)) return patch(*write);
  return erase(std::get<Delete>(effect));
}

bool World::create(const Create& effect) {
  const auto add = [this, &effect](auto& objects, auto decoded) {
    if (objects.contains(effect.manifest.key.name)) return false;
    decoded.metadata.uid = uid_of(++next_uid_);
    decoded.metadata.generation = 1;
    decoded.metadata.creation_timestamp = now;
    EXPECT_EQ(label_of(decoded.metadata.annotations, annotation::kHash), effect.manifest.hash);
    EXPECT_EQ(label_of(decoded.metadata.labels, label::kManagedBy), "kaizen");
    EXPECT_TRUE(decoded.metadata.owner_references.size() == 1 &&
                decoded.metadata.owner_references.front().uid == object.metadata.uid)
        << "RT-68";
    stamp(decoded.metadata);
    objects.emplace(effect.manifest.key.name, std::move(decoded));
    return true;
  };
  const api::Resource& kind = effect.manifest.resource;
  if (kind == api::kDeployment) {
    return add(deployments, decode_body<api::Deployment>(effect.manifest.body));
  }
  if (kind == api::kControllerRevision) {
    return add(revisions, decode_body<api::ControllerRevision>(effect.manifest.body));
  }
  return add(services, decode_body<api::Service>(effect.manifest.body));
}

bool World::apply(const Apply& effect) {
  const auto change = [this, &effect](auto& objects, auto decoded) {
    const auto it = objects.find(effect.manifest.key.name);
    const bool fits = it != objects.end() && it->second.metadata.uid == effect.uid &&
                      it->second.metadata.resource_version == effect.resource_version;
    EXPECT_TRUE(fits) << "A26: " << describe(effect) << " does not fit what it was decided on";
    if (!fits) return false;
    it->second.spec = decoded.spec;
    for (const auto& [key, value] : decoded.metadata.annotations) {
      it->second.metadata.annotations[key] = value;
    }
    ++it->second.metadata.generation;
    stamp(it->second.metadata);
    return true;
  };
  if (effect.manifest.resource == api::kDeployment) {
    return change(deployments, decode_body<api::Deployment>(effect.manifest.body));
  }
  return change(services, decode_body<api::Service>(effect.manifest.body));
}

bool World::patch(const Patch& effect) {
  const auto fits = [&effect](const api::Metadata& metadata) {
    const bool same = metadata.uid == effect.uid &&
                      effect.ops.find(metadata.resource_version) != std::string::npos;
    EXPECT_TRUE(same) << "RT-58: " << describe(effect) << " is stale: " << effect.ops;
    return same;
  };
  if (effect.resource == api::kModelDeployment) {
    if (!fits(object.metadata)) return false;
    const bool adds = effect.ops.find(R"("op":"add")") != std::string::npos;
    object.metadata.finalizers.clear();
    if (adds) object.metadata.finalizers.emplace_back(kFinalizer);
    stamp(object.metadata);
    exists = adds || !object.metadata.deletion_timestamp;
    return true;
  }
  if (effect.resource == api::kControllerRevision) {
    api::Metadata& metadata = revisions.at(effect.key.name).metadata;
    if (!fits(metadata)) return false;
    metadata.annotations.erase(std::string(annotation::kOutcome));
    for (const std::string outcome : {"Aborted", "RolledBack"}) {
      if (effect.ops.find("\"value\":\"" + outcome + "\"") != std::string::npos) {
        metadata.annotations[std::string(annotation::kOutcome)] = outcome;
      }
    }
    stamp(metadata);
    return true;
  }
  if (!route || !fits(route->metadata)) return false;
  EXPECT_TRUE(object.metadata.finalizers.size() == 1) << "RT-70: no finalizer before the route";
  auto& backends = route->spec.rules.front().backend_refs;
  std::erase_if(backends, [this](const auto& ref) { return ref.name == canary_service(); });
  const auto weight = effect.ops.find("weight=");
  backends.front().weight = 100;
  if (weight != std::string::npos) {
    const auto percent = base::parse_int(std::string_view(effect.ops).substr(weight + 7));
    api::BackendRef canary = backends.front();
    canary.name = canary_service();
    canary.weight = static_cast<int32_t>(*percent);
    backends.front().weight = 100 - *canary.weight;
    backends.push_back(canary);
  }
  ++route->metadata.generation;
  stamp(route->metadata);
  return true;
}

bool World::erase(const Delete& effect) {
  if (effect.resource == api::kDeployment) {
    EXPECT_EQ(deployments.at(effect.key.name).metadata.uid, effect.uid);
    deployments.erase(effect.key.name);
  } else {
    EXPECT_EQ(revisions.at(effect.key.name).metadata.uid, effect.uid);
    revisions.erase(effect.key.name);
  }
  ++next_version_;
  return true;
}

void World::answer_probes(const Plan& plan) {
  std::vector<Answer> kept;
  for (const Probe& probe : plan.probes) {
    const auto known = std::ranges::find(answers_, probe.id, &Answer::id);
    if (known != answers_.end()) {
      kept.push_back(*known);
      continue;
    }
    const bool dry_run = probe.endpoint == kKubeEndpoint;
    if (probe.not_before > now || (dry_run && !dry_run_answers)) {
      continue;
    }
    base::HttpResponse response;
    response.status = dry_run ? (template_refused ? 422 : 201) : 200;
    response.body = dry_run ? R"({"kind":"Status","message":"spec.template.spec.x: unknown"})" : "";
    Answer answer;
    answer.id = probe.id;
    for (size_t i = 0; i < probe.requests.size(); ++i) {
      if (!dry_run && !truth.reachable) {
        answer.responses.emplace_back(
            base::Error{base::Action::kRetryCall, base::Code::kTimeout, truth.trouble, {}});
      } else {
        answer.responses.emplace_back(response);
      }
    }
    kept.push_back(std::move(answer));
  }
  answers_ = std::move(kept);
}

}  // namespace kaizen::core::testing_support
