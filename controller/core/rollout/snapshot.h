// RolloutSnapshot: everything one decision about a ModelDeployment sees, taken from the caches
// under one lock (RT-41). Immutable; copying copies pointers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/foreign.h"
#include "api/model_deployment.h"
#include "base/ref.h"
#include "base/result.h"
#include "core/plan.h"
#include "core/settings.h"

namespace kaizen::core {

// The answer to a Probe of an earlier plan; one entry per request, in order.
struct Answer {
  std::string id;
  std::vector<base::Result<base::HttpResponse>> responses;
};

// A write of this object's plan that failed in this process and was not tried successfully since
// (A23). Lost at restart: the write is then tried again and fails again.
struct WriteFailure {
  std::string what;  // describe(effect)
  api::Resource resource;
  api::ObjectKey key;
  base::Error error;
};

// Another ModelDeployment that steers the same route rule (TR-5).
struct RouteClaim {
  api::ObjectKey owner;
  base::Time created;
};

struct RolloutSnapshot {
  base::Ref<api::ModelDeployment> object;
  std::string undecodable;  // RT-35: the object's decode error; `object` then holds metadata and
                            // status only
  std::vector<base::Ref<api::ControllerRevision>> revisions;  // label kaizen.ml/deployment=<name>
  std::vector<base::Ref<api::Deployment>> deployments;        // the same label
  std::vector<base::Ref<api::Pod>> pods;                      // the same label
  base::Ref<api::Service> main_service;                       // by name; null: absent
  base::Ref<api::Service> canary_service;
  std::vector<base::Ref<api::EndpointSlice>> slices;  // of both Services
  base::Ref<api::HttpRoute> route;                    // the one spec.traffic names or creates
  bool route_kind_available = true;
  std::vector<RouteClaim> rival_claims;
  std::vector<base::Uid> touched;  // children whose generation moved without us, or due for the
                                   // re-check after a start (A74)
  std::vector<Answer> answers;
  std::vector<WriteFailure> failures;
  Settings settings;
};

}  // namespace kaizen::core
