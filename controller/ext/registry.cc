#include "ext/registry.h"

#include <array>

#include "core/extensions.h"
#include "ext/routers/gateway/gateway.h"
#include "ext/routers/service/service.h"
#include "ext/runtimes/custom/custom.h"
#include "ext/sources/prometheus/prometheus.h"

namespace kaizen::ext {

const core::Extensions& extensions() {
  static const std::array<core::Router, 2> kRouters = {service_router(), gateway_router()};
  static const std::array<core::Runtime, 1> kRuntimes = {custom_runtime()};
  static const std::array<core::Source, 1> kSources = {prometheus_source()};
  static const core::Extensions kExtensions = {
      .routers = kRouters, .runtimes = kRuntimes, .sources = kSources};
  return kExtensions;
}

}  // namespace kaizen::ext
