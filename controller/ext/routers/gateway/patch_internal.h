// Patch: the JSON Patch (RFC 6902) that changes our two weights in a user's HTTPRoute and nothing
// else (TR-2, RT-57). RT-58: the first operation puts the resourceVersion as read, so a stale
// picture is a conflict; each backend is tested by name before its weight is replaced. Pure.
#pragma once

#include <optional>
#include <string>

#include "api/foreign.h"
#include "core/extensions.h"
#include "ext/routers/gateway/rule_internal.h"

namespace kaizen::ext::gateway {

// Brings the rule to intent.canary_weight. A canary backend that is missing is added at the end
// with weight 0 (R3-16), the weight follows in a later patch. nullopt: nothing to change.
std::optional<std::string> weights_patch(const core::RouteIntent& intent,
                                         const core::RouteObjects& objects,
                                         const Rule& rule);

// Takes us out of the rule: first all traffic to stable, then, when that is what the object says,
// the canary backend goes (R3-16). nullopt: nothing of ours is left.
std::optional<std::string> leaving_patch(const Rule& rule, const api::HttpRoute& route);

}  // namespace kaizen::ext::gateway
