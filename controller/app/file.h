// Files that the command line names: read whole, bounded. Blocks; any thread.
#pragma once

#include <string>

#include "base/result.h"

namespace kaizen::app {

// At most 1 MiB of a regular file (SEC-41, SEC-45). Error (kTerminal): names the file and what the
// system said.
base::Result<std::string> read_file(const std::string& path);

}  // namespace kaizen::app
