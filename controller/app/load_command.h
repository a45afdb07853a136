// LoadCommand: `kaizen load`: fetches a model into a folder, as the init container of a model
// server's pod or by hand. The edge around load/: environment, files, time, the termination
// message. Called by main; blocks until the model is there or will not be.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "app/arguments.h"
#include "app/environment.h"
#include "base/clock.h"
#include "base/duration.h"
#include "load/loader.h"

namespace kaizen::app {

// What the command reaches that is not on its command line.
struct LoadContext {
  Environment environment;
  const base::Clock& clock;
  load::Attendant& attendant;
  std::function<void(std::string_view)> print;  // standard output
  uint64_t seed = 0;
};

// The exit status: 0, or one of load::ExitStatus. On success {"digest","bytes","seconds"} goes to
// standard output and into the report file (MD-7); on failure the last note, and the report, say
// what, where and what to do.
int run_load(const LoadArguments& arguments, const LoadContext& context);

// With the process's own environment, clock and standard streams. The first thing it does is to let
// SIGTERM end it: nothing half done can be seen.
int run_load(const LoadArguments& arguments);

}  // namespace kaizen::app
