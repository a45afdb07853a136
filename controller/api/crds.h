// The CRD settings of kaizen's own kinds, for hack/schema. Constants.
#pragma once

#include <span>

#include "schema/crd.h"

namespace kaizen::api {

// One per kind, in the order people meet them.
std::span<const schema::CrdSettings> crds();

}  // namespace kaizen::api
