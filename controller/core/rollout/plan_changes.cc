#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "api/kinds.h"
#include "api/object.h"
#include "core/extensions.h"
#include "core/names.h"
#include "core/plan.h"
#include "core/rollout/assessment_internal.h"
#include "core/rollout/desired_internal.h"
#include "core/rollout/plan_changes_internal.h"
#include "core/rollout/render_internal.h"
#include "schema/json_writer.h"

namespace kaizen::core {

namespace {

bool is_touched(const Assessment& facts, const api::Metadata& metadata) {
  return std::ranges::find(facts.snapshot->touched, metadata.uid) != facts.snapshot->touched.end();
}

// A74: the hash says whether the body is ours and current. Bodies are never compared: the server
// rewrites them.
bool is_current(const Assessment& facts, const api::Metadata& metadata, const Manifest& manifest) {
  const auto it = metadata.annotations.find(annotation::kHash);
  return it != metadata.annotations.end() && it->second == manifest.hash &&
         !is_touched(facts, metadata);
}

Apply apply_of(Stage stage, Manifest manifest, const api::Metadata& seen) {
  Apply apply;
  apply.stage = stage;
  apply.manifest = std::move(manifest);
  apply.uid = seen.uid;
  apply.resource_version = seen.resource_version;
  return apply;
}

Create create_of(Stage stage, Manifest manifest) {
  Create create;
  create.stage = stage;
  create.manifest = std::move(manifest);
  return create;
}

Delete delete_of(const api::Resource& resource, const api::Metadata& seen) {
  Delete removal;
  removal.stage = Stage::kRetire;
  removal.resource = resource;
  removal.key = {seen.ns, seen.name};
  removal.uid = seen.uid;
  return removal;
}

// A JSON Patch begins with the version it was decided on: stale is a conflict (RT-58).
schema::JsonWriter patch_writer(const api::Metadata& seen) {
  schema::JsonWriter writer;
  writer.begin_array();
  writer.begin_object();
  writer.key("op").string("replace");
  writer.key("path").string("/metadata/resourceVersion");
  writer.key("value").string(seen.resource_version);
  writer.end_object();
  return writer;
}

Patch patch_of(Stage stage,
               const api::Resource& resource,
               const api::Metadata& seen,
               schema::JsonWriter& writer) {
  Patch patch;
  patch.stage = stage;
  patch.resource = resource;
  patch.key = {seen.ns, seen.name};
  patch.uid = seen.uid;
  patch.ops = writer.end_array().take();
  return patch;
}

void plan_workload(const Assessment& facts,
                   const DesiredWorkload& workload,
                   std::vector<Effect>& effects) {
  const RevisionFacts& found = facts_of(facts, workload.revision);
  Manifest manifest =
      deployment_manifest(facts, workload.revision, workload.pod, workload.replicas);
  if (found.workload == nullptr) {
    effects.emplace_back(create_of(Stage::kProvision, std::move(manifest)));
    return;
  }
  const api::Metadata& seen = found.workload->metadata;
  if (!is_current(facts, seen, manifest) || found.wanted != workload.replicas) {
    effects.emplace_back(apply_of(workload.stage, std::move(manifest), seen));
  }
}

void plan_service(const Assessment& facts,
                  const DesiredService& desired,
                  const ServiceFacts& service,
                  std::vector<Effect>& effects) {
  Manifest manifest = service_manifest(facts, desired.name, desired.revision);
  if (!service.present()) {
    effects.emplace_back(create_of(Stage::kProvision, std::move(manifest)));
    return;
  }
  const bool selects_it =
      desired.revision.empty() ? service.both : service.selects == desired.revision;
  if (!selects_it || !is_current(facts, service.object->metadata, manifest)) {
    effects.emplace_back(apply_of(Stage::kRoute, std::move(manifest), service.object->metadata));
  }
}

void plan_outcome(const Assessment& facts,
                  const DesiredOutcome& desired,
                  std::vector<Effect>& effects) {
  const api::Metadata& seen = facts_of(facts, desired.revision).stored->metadata;
  schema::JsonWriter writer = patch_writer(seen);
  writer.begin_object();
  writer.key("op").string(desired.outcome.empty() ? "remove" : "add");
  writer.key("path").string("/metadata/annotations/kaizen.ml~1outcome");
  if (!desired.outcome.empty()) {
    writer.key("value").string(desired.outcome);
  }
  writer.end_object();
  effects.emplace_back(patch_of(Stage::kTell, api::kControllerRevision, seen, writer));
}

void plan_finalizer(const Assessment& facts, bool present, std::vector<Effect>& effects) {
  const api::Metadata& seen = facts.object().metadata;
  const auto it = std::ranges::find(seen.finalizers, kFinalizer);
  schema::JsonWriter writer = patch_writer(seen);
  writer.begin_object();
  if (present) {
    writer.key("op").string("add");
    writer.key("path").string(seen.finalizers.empty() ? "/metadata/finalizers"
                                                      : "/metadata/finalizers/-");
    writer.key("value");
    if (seen.finalizers.empty()) {
      writer.begin_array().string(kFinalizer).end_array();
    } else {
      writer.string(kFinalizer);
    }
    writer.end_object();
  } else {
    const std::string path =
        "/metadata/finalizers/" + std::to_string(std::distance(seen.finalizers.begin(), it));
    writer.key("op").string("test");
    writer.key("path").string(path);
    writer.key("value").string(kFinalizer);
    writer.end_object();
    writer.begin_object();
    writer.key("op").string("remove");
    writer.key("path").string(path);
    writer.end_object();
  }
  const Stage stage = present ? Stage::kProvision : Stage::kTell;
  effects.emplace_back(patch_of(stage, api::kModelDeployment, seen, writer));
}

void plan_route(const Assessment& facts, const RouteIntent& intent, std::vector<Effect>& effects) {
  auto writes = facts.router->render(intent, facts.route.objects);
  if (!writes.ok()) {
    return;  // assess_route has the reason: parse says the same of these objects
  }
  for (Effect& write : *writes) {
    effects.push_back(std::move(write));
  }
}

void drop_revision(const Assessment& facts,
                   const std::string& revision,
                   std::vector<Effect>& effects) {
  const RevisionFacts& found = facts_of(facts, revision);
  if (found.workload != nullptr) {
    effects.emplace_back(delete_of(api::kDeployment, found.workload->metadata));
  }
  effects.emplace_back(delete_of(api::kControllerRevision, found.stored->metadata));
}

// A24; within a stage the order is that of their making.
std::vector<Effect> in_stages(std::vector<Effect> effects) {
  std::vector<Effect> sorted;
  sorted.reserve(effects.size());
  for (const Stage stage : {Stage::kProvision, Stage::kRoute, Stage::kRetire, Stage::kTell}) {
    for (Effect& effect : effects) {
      if (stage_of(effect) == stage) {
        sorted.push_back(std::move(effect));
      }
    }
  }
  return sorted;
}

}  // namespace

std::vector<Effect> plan_changes(const Assessment& facts,
                                 const Desired& desired,
                                 bool status_changes) {
  std::vector<Effect> effects;
  if (desired.new_revision) {
    effects.emplace_back(
        create_of(Stage::kProvision, revision_manifest(facts, *desired.new_revision)));
  }
  for (const DesiredWorkload& workload : desired.workloads) {
    plan_workload(facts, workload, effects);
  }
  if (desired.main) {
    plan_service(facts, *desired.main, facts.main, effects);
  }
  if (desired.canary) {
    plan_service(facts, *desired.canary, facts.canary, effects);
  }
  if (desired.route) {
    plan_route(facts, *desired.route, effects);
  }
  for (const DesiredOutcome& outcome : desired.outcomes) {
    plan_outcome(facts, outcome, effects);
  }
  for (const std::string& revision : desired.dropped) {
    drop_revision(facts, revision, effects);
  }
  if (desired.finalizer && !status_changes) {
    plan_finalizer(facts, *desired.finalizer, effects);
  }
  return in_stages(std::move(effects));
}

}  // namespace kaizen::core
