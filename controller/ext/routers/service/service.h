// Router "Service": one Service over both revisions, the canary's share is its share of the ready
// pods (TR-10). The weight is written by nobody: core sets the selector that main_selector() names
// and runs candidate_size() pods. Stateless, any thread.
#pragma once

#include "core/extensions.h"

namespace kaizen::ext {

const core::Router& service_router();

}  // namespace kaizen::ext
