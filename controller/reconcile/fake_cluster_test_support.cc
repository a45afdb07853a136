#include "reconcile/fake_cluster_test_support.h"

#include <algorithm>
#include <map>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace kaizen::reconcile {
namespace {

using Json = nlohmann::json;

std::vector<Json> all(const FakeApiServer& server, const api::Resource& resource) {
  std::vector<Json> objects;
  for (const auto& key : server.keys(resource)) {
    objects.push_back(Json::parse(server.json(resource, key)));
  }
  return objects;
}

api::ObjectKey key_of(const Json& object) {
  return {.ns = object["metadata"]["namespace"], .name = object["metadata"]["name"]};
}

bool includes(const Json& labels, const Json& selector) {
  if (!selector.is_object() || selector.empty()) return false;
  return std::all_of(selector.items().begin(), selector.items().end(), [&](const auto& wanted) {
    return labels.contains(wanted.key()) && labels[wanted.key()] == wanted.value();
  });
}

Json pod_of(const Json& deployment, const std::string& name, int number) {
  const Json& meta = deployment["spec"]["template"]["metadata"];
  const Json labels = meta.value("labels", Json::object());
  const bool ready = !labels.contains("broken");
  return {
      {"metadata",
       {{"name", name},
        {"namespace", deployment["metadata"]["namespace"]},
        {"labels", labels},
        {"ownerReferences", Json::array({{{"apiVersion", "apps/v1"},
                                          {"kind", "ReplicaSet"},
                                          {"name", deployment["metadata"]["name"]},
                                          {"uid", deployment["metadata"]["uid"]},
                                          {"controller", true}}})}}},
      {"status",
       {{"phase", "Running"},
        {"podIP", "10.0.0." + std::to_string(number)},
        {"conditions", Json::array({{{"type", "Ready"}, {"status", ready ? "True" : "False"}}})},
        {"containerStatuses",
         Json::array({{{"name", "model"}, {"ready", ready}, {"restartCount", 0}}})}}}};
}

bool is_ready(const Json& pod) {
  return pod["status"]["conditions"][0]["status"] == "True";
}

void settle_deployment(FakeApiServer& server, const Json& deployment) {
  const int replicas = deployment["spec"].value("replicas", 1);
  const std::string name = deployment["metadata"]["name"];
  int ready = 0;
  for (int i = 0; i < replicas; ++i) {
    const Json pod = pod_of(deployment, name + "-" + std::to_string(i), i + 1);
    if (!server.has(api::kPod, key_of(pod))) server.put(api::kPod, pod.dump());
    if (is_ready(pod)) ++ready;
  }
  for (const auto& key : server.keys(api::kPod)) {
    const auto number = key.name.substr(key.name.rfind('-') + 1);
    const bool ours = key.name.substr(0, key.name.rfind('-')) == name;
    if (ours && std::stoi(number) >= replicas) server.remove(api::kPod, key);
  }
  const Json status = {{"observedGeneration", deployment["metadata"].value("generation", 0)},
                       {"replicas", replicas},
                       {"readyReplicas", ready}};
  server.edit(api::kDeployment, key_of(deployment), Json{{"status", status}}.dump());
}

void settle_service(FakeApiServer& server, const Json& service) {
  Json endpoints = Json::array();
  for (const Json& pod : all(server, api::kPod)) {
    if (!includes(pod["metadata"]["labels"], service["spec"].value("selector", Json()))) continue;
    endpoints.push_back({{"addresses", Json::array({pod["status"]["podIP"]})},
                         {"conditions", {{"ready", is_ready(pod)}}},
                         {"targetRef", {{"kind", "Pod"}, {"name", pod["metadata"]["name"]}}}});
  }
  Json labels = service["metadata"].value("labels", Json::object());
  labels["kubernetes.io/service-name"] = service["metadata"]["name"];
  const std::string name = service["metadata"]["name"];
  const Json slice = {{"metadata",
                       {{"name", name + "-x"},
                        {"namespace", service["metadata"]["namespace"]},
                        {"labels", labels},
                        {"ownerReferences", Json::array({{{"apiVersion", "v1"},
                                                          {"kind", "Service"},
                                                          {"name", name},
                                                          {"uid", service["metadata"]["uid"]},
                                                          {"controller", true}}})}}},
                      {"endpoints", endpoints}};
  server.put(api::kEndpointSlice, slice.dump());
}

void accept_route(FakeApiServer& server, const Json& route) {
  const Json generation = route["metadata"].value("generation", 1);
  Json conditions = Json::array();
  for (const char* type : {"Accepted", "ResolvedRefs"}) {
    conditions.push_back({{"type", type}, {"status", "True"}, {"observedGeneration", generation}});
  }
  const Json parent = {{"parentRef", {{"name", "gateway"}}},
                       {"controllerName", "example.com/gateway"},
                       {"conditions", conditions}};
  server.edit(api::kHttpRoute, key_of(route),
              Json{{"status", {{"parents", Json::array({parent})}}}}.dump());
}

}  // namespace

void settle_cluster(FakeApiServer& server) {
  server.collect_garbage();
  for (const Json& deployment : all(server, api::kDeployment))
    settle_deployment(server, deployment);
  for (const Json& service : all(server, api::kService)) settle_service(server, service);
  for (const Json& route : all(server, api::kHttpRoute)) accept_route(server, route);
  server.collect_garbage();
}

size_t ready_behind(const FakeApiServer& server, const api::ObjectKey& service) {
  if (!server.has(api::kService, service)) return 0;
  const Json selector = Json::parse(server.json(api::kService, service))["spec"]["selector"];
  size_t ready = 0;
  for (const Json& pod : all(server, api::kPod)) {
    if (includes(pod["metadata"]["labels"], selector) && is_ready(pod)) ++ready;
  }
  return ready;
}

FakeOperator::FakeOperator(FakeApiServer& server,
                           Clocks& clocks,
                           Decide decide,
                           core::Extensions extensions)
    : server_(server),
      clocks_(clocks),
      world_(clocks.mono),
      watches_(server, world_),
      reconciler_({.world = &world_,
                   .observations = &observations_,
                   .transport = &server,
                   .telemetry = &telemetry_,
                   .decide = decide,
                   .extensions = extensions,
                   .settings = {}}) {}

bool FakeOperator::work(std::stop_token stop) {
  bool worked = false;
  while (!stop.stop_requested()) {
    settle_cluster(server_);
    if (!deliver() && !ask_one() && !decide_one(stop)) break;
    worked = true;
  }
  return worked;
}

std::optional<base::MonoTime> FakeOperator::next() const {
  auto next = queue_.next_wake();
  if (const auto at = probes_.next_at()) {
    const base::MonoTime due = clocks_.mono + std::max(*at - clocks_.wall, base::Duration(0));
    if (!next || due < *next) next = due;
  }
  return next;
}

bool FakeOperator::run_until(const std::function<bool()>& done, base::Duration limit) {
  const base::MonoTime end = clocks_.mono + limit;
  while (true) {
    work();
    if (done()) return true;
    const auto at = next();
    if (!at || *at > end) return false;
    clocks_.advance(std::max(*at - clocks_.mono, base::Duration(1)));
  }
}

void FakeOperator::wake(const Key& key, Trigger trigger) {
  queue_.add({.key = key, .lane = Lane::kNormal, .trigger = trigger}, clocks_.mono);
}

bool FakeOperator::deliver() {
  bool woke = false;
  for (const Wake& wake : watches_.deliver()) {
    queue_.add(wake, clocks_.mono);
    woke = true;
  }
  return woke;
}

bool FakeOperator::ask_one() {
  const auto job = probes_.take(clocks_.wall);
  if (!job) return false;
  core::Answer answer{.id = job->probe.id, .responses = {}};
  for (const auto& request : job->probe.requests) {
    if (job->probe.endpoint == core::kKubeEndpoint) {
      answer.responses.push_back(server_.call(request, {}));
    } else {
      answer.responses.emplace_back(base::Error{.action = base::Action::kRetryCall,
                                                .code = base::Code::kUnavailable,
                                                .message = "no metric source",
                                                .retry_after = {}});
    }
  }
  observations_.put(job->owner, std::move(answer));
  probes_.finish(*job);
  queue_.add({.key = job->owner.key, .lane = Lane::kNormal, .trigger = Trigger::kAnswer},
             clocks_.mono);
  return true;
}

bool FakeOperator::decide_one(const std::stop_token& stop) {
  const auto taken = queue_.take(clocks_.mono);
  if (!taken) return false;
  const auto report = reconciler_.reconcile({.key = taken->key,
                                             .trigger = taken->trigger,
                                             .now = clocks_.wall,
                                             .mono = clocks_.mono,
                                             .stop = stop});
  ++decisions_;
  if (report.probes) probes_.plan(report.owner, *report.probes);
  for (const auto& note : report.events) {
    told_.push_back(base::concat({note.reason, ": ", note.note}));
  }
  queue_.done(taken->key, report.outcome, clocks_.mono);
  if (report.gone) {
    queue_.forget(taken->key);
    probes_.forget(taken->key);
  }
  return true;
}

}  // namespace kaizen::reconcile
