#include "schema/resource.h"

#include <string>

#include "base/text.h"

namespace kaizen::schema {

std::string api_version(const Resource& resource) {
  if (resource.group.empty()) return std::string(resource.version);
  return base::concat({resource.group, "/", resource.version});
}

}  // namespace kaizen::schema
