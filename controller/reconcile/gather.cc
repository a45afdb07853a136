#include "reconcile/gather.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "api/kinds.h"
#include "base/check.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/uid.h"
#include "core/names.h"

namespace kaizen::reconcile {
namespace {

// Rule index of the route that the ModelDeployment steers; nullopt: none, or it is not clear which
// (then it is Stalled and steers nothing).
std::optional<size_t> steered_rule(const api::ModelDeployment& deployment,
                                   const api::HttpRoute& route) {
  const auto& rules = route.spec.rules;
  const auto& gateway = deployment.spec.traffic->gateway_api;
  if (!gateway->http_route) return 0;  // a route of its own has one rule
  const api::HttpRouteTarget& target = *gateway->http_route;
  if (target.rule_name) {
    const auto found = std::find_if(rules.begin(), rules.end(), [&](const auto& rule) {
      return rule.name == target.rule_name;
    });
    if (found == rules.end()) return std::nullopt;
    return static_cast<size_t>(found - rules.begin());
  }
  if (target.rule) {
    const auto index = static_cast<size_t>(*target.rule);
    return *target.rule >= 0 && index < rules.size() ? std::optional(index) : std::nullopt;
  }
  return rules.size() == 1 ? std::optional<size_t>(0) : std::nullopt;
}

class Gatherer {
 public:
  Gatherer(const WorldState& world, const schema::ObjectKey& key, base::MonoTime now)
      : world_(world), key_(key), now_(now) {}

  Gathered gather() {
    const auto object = world_.store(Watched::kModelDeployment).find(key_);
    if (!object) return {};
    result_.subject = {.key = {Watched::kModelDeployment, key_}, .object = object};
    auto& snapshot = result_.snapshot;
    snapshot.object = value_of<api::ModelDeployment>(*object);
    snapshot.undecodable = object->parse_error;
    const auto ledger = world_.ledgers.find({Watched::kModelDeployment, key_});
    if (ledger != world_.ledgers.end() && ledger->second.uid == uid()) ledger_ = &ledger->second;
    add_children();
    add_services();
    add_route();
    add_failures();
    return std::move(result_);
  }

 private:
  const base::Uid& uid() const { return result_.snapshot.object->metadata.uid; }

  // By the deployment label; `owned`: only what this incarnation controls.
  template <class T>
  std::vector<base::Ref<T>> labelled(Watched id, bool owned) const {
    std::vector<base::Ref<T>> found;
    const std::string value = index_value(key_.ns, key_.name);
    for (const auto& object :
         world_.store(id).by_index(static_cast<uint8_t>(Index::kDeployment), value)) {
      if (owned && !is_owned_by(metadata_of(id, *object), uid())) continue;
      found.push_back(value_of<T>(*object));
    }
    return found;
  }

  void add_children() {
    auto& snapshot = result_.snapshot;
    snapshot.revisions = labelled<api::ControllerRevision>(Watched::kControllerRevision, true);
    snapshot.deployments = labelled<api::Deployment>(Watched::kDeployment, true);
    snapshot.pods = labelled<api::Pod>(Watched::kPod, false);
    for (const auto& deployment : snapshot.deployments) check_touched(deployment->metadata);
  }

  base::Ref<api::Service> service(const std::string& name) {
    const auto object = world_.store(Watched::kService).find({.ns = key_.ns, .name = name});
    if (!object) return nullptr;
    auto service = value_of<api::Service>(*object);
    if (is_owned_by(service->metadata, uid())) check_touched(service->metadata);
    return service;
  }

  void add_services() {
    auto& snapshot = result_.snapshot;
    const std::string canary = core::canary_service_name(key_.name);
    snapshot.main_service = service(key_.name);
    snapshot.canary_service = service(canary);
    for (const std::string& name : {key_.name, canary}) {
      const auto slices =
          world_.store(Watched::kEndpointSlice)
              .by_index(static_cast<uint8_t>(Index::kService), index_value(key_.ns, name));
      for (const auto& slice : slices) {
        snapshot.slices.push_back(value_of<api::EndpointSlice>(*slice));
      }
    }
  }

  void add_route() {
    auto& snapshot = result_.snapshot;
    snapshot.route_kind_available = world_.available.at(static_cast<size_t>(Watched::kHttpRoute));
    const std::string name = route_name(*snapshot.object);
    if (name.empty()) return;
    const auto object = world_.store(Watched::kHttpRoute).find({.ns = key_.ns, .name = name});
    if (!object) return;
    snapshot.route = value_of<api::HttpRoute>(*object);
    if (is_owned_by(snapshot.route->metadata, uid())) check_touched(snapshot.route->metadata);
    add_rivals(index_value(key_.ns, name));
  }

  void add_rivals(const std::string& route) {
    auto& snapshot = result_.snapshot;
    const auto rule = steered_rule(*snapshot.object, *snapshot.route);
    if (!rule) return;
    for (const auto& object : world_.store(Watched::kModelDeployment)
                                  .by_index(static_cast<uint8_t>(Index::kRoute), route)) {
      const auto rival = value_of<api::ModelDeployment>(*object);
      if (rival->metadata.uid == uid() || steered_rule(*rival, *snapshot.route) != rule) continue;
      snapshot.rival_claims.push_back(
          {.owner = object->head.key,
           .created = rival->metadata.creation_timestamp.value_or(base::Time())});
    }
  }

  void add_failures() {
    if (ledger_ == nullptr) return;
    const int64_t generation = result_.snapshot.object->metadata.generation;
    for (const Failure& failure : ledger_->failures) {
      if (failure.generation != generation) continue;
      result_.snapshot.failures.push_back(failure.failure);
      if (failure.retry_at > now_) look_again_at(failure.retry_at);
    }
  }

  // A74: a generation that is not the one our last write left, or, for a child this process has not
  // written yet, the check that follows a start.
  void check_touched(const api::Metadata& child) {
    const auto* known = [&]() -> const int64_t* {
      if (ledger_ == nullptr) return nullptr;
      const auto found = ledger_->generations.find(child.uid);
      return found == ledger_->generations.end() ? nullptr : &found->second;
    }();
    if (known != nullptr) {
      if (*known != child.generation) result_.snapshot.touched.push_back(child.uid);
      return;
    }
    const auto span = static_cast<uint64_t>(kStartRecheckSpan.count());
    const uint64_t offset = base::spread_hash(base::to_string(child.uid)) % span;
    const base::MonoTime due = world_.started + base::Duration(static_cast<int64_t>(offset));
    if (due <= now_) {
      result_.snapshot.touched.push_back(child.uid);
    } else {
      look_again_at(due);
    }
  }

  void look_again_at(base::MonoTime at) {
    if (!result_.recheck_at || at < *result_.recheck_at) result_.recheck_at = at;
  }

  const WorldState& world_;
  const schema::ObjectKey& key_;
  base::MonoTime now_;
  const Ledger* ledger_ = nullptr;
  Gathered result_;
};

}  // namespace

Gathered gather(const WorldState& world, const schema::ObjectKey& key, base::MonoTime now) {
  return Gatherer(world, key, now).gather();
}

Picture look(const WorldState& world, const Key& key, base::MonoTime now) {
  Picture picture;
  KAIZEN_CHECK(key.kind == Watched::kModelDeployment, "a kind that is not decided");
  Gathered gathered = gather(world, key.object, now);
  picture.subject = std::move(gathered.subject);
  picture.snapshot = std::move(gathered.snapshot);
  picture.recheck_at = gathered.recheck_at;
  return picture;
}

}  // namespace kaizen::reconcile
