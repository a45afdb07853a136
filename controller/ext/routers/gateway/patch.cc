#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/foreign.h"
#include "base/text.h"
#include "core/extensions.h"
#include "ext/routers/gateway/patch_internal.h"
#include "ext/routers/gateway/rule_internal.h"
#include "schema/json_writer.h"

namespace kaizen::ext::gateway {
namespace {

// Builds the array of operations for one route and rule.
class Operations {
 public:
  Operations(const api::HttpRoute& route, const Rule& rule) : route_(route), rule_(rule) {
    json_.begin_array();
    operation("replace", "/metadata/resourceVersion");
    json_.key("value").string(route.metadata.resource_version).end_object();
  }

  // The backend at that position is the one that was read.
  void test(size_t position) {
    operation("test", base::concat({path(position), "/name"}));
    json_.key("value").string(backend(position).name).end_object();
  }

  void set_weight(size_t position, int64_t weight) {
    // A replace of a member that is absent is refused.
    const bool present = backend(position).weight.has_value();
    operation(present ? "replace" : "add", base::concat({path(position), "/weight"}));
    json_.key("value").integer(weight).end_object();
  }

  void append_backend(const std::string& name, int32_t port) {
    operation("add", base::concat({backends_path(), "/-"}));
    json_.key("value").begin_object().key("group").string("").key("kind").string("Service");
    json_.key("name").string(name).key("port").integer(port).key("weight").integer(0);
    json_.end_object().end_object();
  }

  void remove_backend(size_t position) {
    operation("remove", path(position));
    json_.end_object();
  }

  std::string take() {
    json_.end_array();
    return json_.take();
  }

 private:
  const api::BackendRef& backend(size_t position) const {
    return route_.spec.rules[rule_.index].backend_refs[position];
  }

  std::string backends_path() const {
    return base::concat({"/spec/rules/", std::to_string(rule_.index), "/backendRefs"});
  }

  std::string path(size_t position) const {
    return base::concat({backends_path(), "/", std::to_string(position)});
  }

  void operation(std::string_view op, std::string_view path) {
    json_.begin_object().key("op").string(op).key("path").string(path);
  }

  const api::HttpRoute& route_;
  const Rule& rule_;
  schema::JsonWriter json_;
};

// All weights in one request (RT-58).
std::string both_weights(const api::HttpRoute& route, const Rule& rule, const Weights& weights) {
  Operations operations(route, rule);
  if (rule.stable) operations.test(*rule.stable);
  if (rule.canary) operations.test(*rule.canary);
  if (rule.stable) operations.set_weight(*rule.stable, weights.stable);
  if (rule.canary) operations.set_weight(*rule.canary, weights.canary);
  return operations.take();
}

}  // namespace

std::optional<std::string> weights_patch(const core::RouteIntent& intent,
                                         const core::RouteObjects& objects,
                                         const Rule& rule) {
  const api::HttpRoute& route = *objects.route;
  if (!rule.stable) return std::nullopt;  // a problem of the rule; the caller knows
  if (!rule.canary) {
    // A backend without its Service would make the gateway refuse the whole rule.
    if (objects.canary == nullptr) return std::nullopt;
    Operations operations(route, rule);
    operations.test(*rule.stable);
    const int64_t stable = wanted_weights(rule, 0).stable;
    if (stable != rule.stable_weight) operations.set_weight(*rule.stable, stable);
    operations.append_backend(intent.canary_service, intent.port);
    return operations.take();
  }
  const Weights wanted = wanted_weights(rule, intent.canary_weight);
  if (wanted == Weights{.stable = rule.stable_weight, .canary = rule.canary_weight}) {
    return std::nullopt;
  }
  return both_weights(route, rule, wanted);
}

std::optional<std::string> leaving_patch(const Rule& rule, const api::HttpRoute& route) {
  if (!rule.canary) return std::nullopt;
  const Weights wanted = wanted_weights(rule, 0);
  const bool at_rest = rule.canary_weight == 0 && rule.stable_weight == wanted.stable;
  if (rule.stable && !at_rest) return both_weights(route, rule, wanted);
  Operations operations(route, rule);
  operations.test(*rule.canary);
  operations.remove_backend(*rule.canary);
  return operations.take();
}

}  // namespace kaizen::ext::gateway
