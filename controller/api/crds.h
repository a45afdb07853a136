// The CRD settings of kaizen's own kinds, for hack/schema. Constants.
#pragma once

#include <span>

#include "schema/crd.h"

namespace kaizen::api {

const schema::CrdSettings& model_deployment_crd();

}  // namespace kaizen::api
