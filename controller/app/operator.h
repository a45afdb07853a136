// The operator: everything wired together, run until a signal ends it. All wiring, no logic.
#pragma once

#include "app/arguments.h"

namespace kaizen::app {

// The process's exit status: 0 after a signal and an orderly end, 1 when something could not be
// started or ended, 2 for a mistake in flags or files. Blocks; on main, once, before any other
// thread exists.
int run_operator(const OperatorArguments& arguments);

}  // namespace kaizen::app
