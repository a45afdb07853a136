#include <cstdint>
#include <string_view>
#include <utility>

#include "api/foreign.h"
#include "api/kinds.h"
#include "api/object.h"
#include "base/hash.h"
#include "base/http.h"
#include "base/text.h"
#include "core/extensions.h"
#include "core/names.h"
#include "core/plan.h"
#include "core/rollout/assessment_internal.h"
#include "core/rollout/defaults.h"
#include "core/rollout/render_internal.h"
#include "core/rollout/revision.h"
#include "schema/codec.h"
#include "schema/resource.h"

namespace kaizen::core {

namespace {

api::StringMap object_labels(const Assessment& facts, std::string_view revision) {
  api::StringMap labels;
  labels.emplace(label::kManagedBy, label::kManager);
  labels.emplace(label::kDeployment, facts.name());
  if (!revision.empty()) {
    labels.emplace(label::kRevision, revision);
  }
  return labels;
}

api::StringMap pod_selector(const Assessment& facts, std::string_view revision) {
  api::StringMap selector;
  selector.emplace(label::kDeployment, facts.name());
  if (!revision.empty()) {
    selector.emplace(label::kRevision, revision);
  }
  return selector;
}

api::Metadata owned_metadata(const Assessment& facts,
                             std::string_view name,
                             std::string_view revision) {
  api::Metadata metadata;
  metadata.name = name;
  metadata.ns = facts.ns();
  metadata.labels = object_labels(facts, revision);
  api::OwnerReference owner;
  owner.api_version = schema::api_version(api::kModelDeployment);
  owner.kind = api::kModelDeployment.kind;
  owner.name = facts.name();
  owner.uid = facts.object().metadata.uid;
  owner.controller = true;
  owner.block_owner_deletion = true;
  metadata.owner_references.push_back(std::move(owner));
  return metadata;
}

// The hash is that of the body without its own annotation.
template <class T>
Manifest finish(const api::Resource& resource, T object) {
  Manifest manifest;
  manifest.resource = resource;
  manifest.key = {object.metadata.ns, object.metadata.name};
  manifest.hash = base::sha256_hex(schema::encode(object));
  object.metadata.annotations.emplace(annotation::kHash, manifest.hash);
  manifest.body = schema::encode(object);
  return manifest;
}

}  // namespace

Manifest deployment_manifest(const Assessment& facts,
                             std::string_view revision,
                             const api::RawJson& pod,
                             int32_t replicas) {
  api::Deployment object;
  object.metadata = owned_metadata(facts, workload_name(facts.name(), revision), revision);
  object.spec.replicas = replicas;
  object.spec.selector = api::LabelSelector{pod_selector(facts, revision)};
  object.spec.template_ = pod;
  return finish(api::kDeployment, std::move(object));
}

Manifest service_manifest(const Assessment& facts,
                          const std::string& service,
                          std::string_view revision) {
  api::Service object;
  object.metadata = owned_metadata(facts, service, "");
  object.spec.selector = pod_selector(facts, revision);
  bool first = true;
  for (const RuntimePort& port : facts.extensions->runtimes.front().ports(facts.spec())) {
    api::ServicePort entry;
    entry.name = port.name;
    entry.port = first ? service_port_of(facts.spec()) : port.port;
    // By name: during a rollout one Service meets pods of two revisions, which may listen
    // elsewhere.
    entry.target_port = port.name;
    if (port.name == "grpc") {
      entry.app_protocol = "kubernetes.io/h2c";
    }
    object.spec.ports.push_back(std::move(entry));
    first = false;
  }
  return finish(api::kService, std::move(object));
}

Manifest revision_manifest(const Assessment& facts, int64_t number) {
  const std::string& revision = facts.target.spec_revision;
  api::ControllerRevision object;
  object.metadata = owned_metadata(facts, workload_name(facts.name(), revision), revision);
  object.data = api::RawJson(revision_data(facts.target.input, facts.target.pod));
  object.revision = number;
  return finish(api::kControllerRevision, std::move(object));
}

Probe dry_run_probe(const Assessment& facts, const Manifest& manifest) {
  Probe probe;
  probe.id = base::concat({"dry-run/", manifest.key.ns, "/", manifest.key.name, "/",
                           std::string_view(manifest.hash).substr(0, 16)});
  probe.endpoint = kKubeEndpoint;
  probe.not_before = base::Time();
  base::HttpRequest request;
  request.method = "POST";
  request.target = base::concat({"/apis/apps/v1/namespaces/", base::url_encode(facts.ns()),
                                 "/deployments?dryRun=All&fieldValidation=Strict"
                                 "&fieldManager=kaizen"});
  request.headers.push_back({"Content-Type", "application/json"});
  request.headers.push_back({"Accept", "application/json"});
  request.body = manifest.body;
  probe.requests.push_back(std::move(request));
  return probe;
}

}  // namespace kaizen::core
