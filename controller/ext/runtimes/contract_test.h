// Contract of a runtime (A51): what every one of them keeps, checked through its functions alone.
// Tests only.
#pragma once

#include <string>

#include "api/model_deployment.h"
#include "core/extensions.h"

namespace kaizen::ext::testing {

// A spec that every runtime can run.
inline api::ModelDeploymentSpec plain_spec() {
  api::ModelDeploymentSpec spec;
  spec.image = "ghcr.io/example/ranker:1";
  spec.model.emplace();
  spec.model->uri = "s3://models/ranker/1";
  spec.model->version = "1";
  return spec;
}

inline core::RuntimeInput runtime_input(const api::ModelDeploymentSpec& spec) {
  core::RuntimeInput input;
  input.deployment = "ranker";
  input.revision = "6fd9a1c2d0";
  input.spec = &spec;
  return input;
}

}  // namespace kaizen::ext::testing
