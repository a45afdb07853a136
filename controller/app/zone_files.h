// ZoneFiles: reads the machine's time zones into values at the start (TG-12), so that nothing else
// opens a file for them and no name from outside ever becomes a path.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/ref.h"
#include "base/result.h"
#include "core/schedule/zone_data.h"

namespace kaizen::app {

inline constexpr const char* kZoneDirectory = "/usr/share/zoneinfo";

struct LoadedZones {
  base::Ref<core::ZoneData> data;
  std::vector<std::string> problems;  // one per TZif file that could not be used
};

// Every TZif file below `directory`, named by its path there, but for the trees `posix` and `right`
// and the machine's own `localtime`. Links to files are followed. Blocks, for some 20 ms; any
// thread. Error (kTerminal): the directory cannot be read, holds no zone, or too many files.
base::Result<LoadedZones> load_zones(const std::string& directory);

}  // namespace kaizen::app
