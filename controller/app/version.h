// Version: what this binary was built from. Constant data; version.cc is made by the build
// (cmake/version.cmake).
#pragma once

#include <string>
#include <string_view>

namespace kaizen::app {

struct Version {
  std::string_view number;    // "0.1.0"
  std::string_view revision;  // of the source, "unknown" outside of a repository
  std::string_view compiler;  // "GNU 12.2.0"
};

const Version& version();

// "kaizen/0.1.0 (linux/amd64) 1a2b3c4d5e6f" (RT-15).
std::string user_agent();

}  // namespace kaizen::app
