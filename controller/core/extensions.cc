#include "core/extensions.h"

#include "api/model_deployment.h"
#include "base/check.h"

namespace kaizen::core {

const Router& router_of(const Extensions& extensions, api::RouterType type) {
  for (const Router& router : extensions.routers) {
    if (router.type == type) {
      return router;
    }
  }
  base::check_failed(__FILE__, __LINE__, "router_of", "the table of routers lacks a type");
}

}  // namespace kaizen::core
