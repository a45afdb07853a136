// Router "GatewayAPI": the canary's share is a weight in an HTTPRoute. Two forms: a route that the
// user owns (spec.traffic.gatewayAPI.httpRoute), in which only the weights of our two backends are
// changed, by JSON Patch (RT-57, RT-58); and a route of ours (`create`), applied as a whole
// (R2-13). Stateless, any thread.
#pragma once

#include "core/extensions.h"

namespace kaizen::ext {

const core::Router& gateway_router();

}  // namespace kaizen::ext
