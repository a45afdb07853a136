#include <string>

#include "app/version.h"
#include "base/text.h"

namespace kaizen::app {

namespace {

// As Go names them, which is what people filter audit logs for.
#if defined(__x86_64__)
constexpr std::string_view kArchitecture = "amd64";
#elif defined(__aarch64__)
constexpr std::string_view kArchitecture = "arm64";
#else
#error "name this architecture"
#endif

}  // namespace

std::string user_agent() {
  const Version& built = version();
  return base::concat({"kaizen/", built.number, " (linux/", kArchitecture, ") ", built.revision});
}

}  // namespace kaizen::app
