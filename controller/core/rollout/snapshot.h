// RolloutSnapshot: everything one decision about a ModelDeployment sees, taken from the caches
// under one lock (RT-41). Immutable; copying copies pointers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/foreign.h"
#include "api/model_deployment.h"
#include "base/ref.h"
#include "base/time.h"
#include "base/uid.h"
#include "core/observed.h"
#include "core/settings.h"

namespace kaizen::core {

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
