// Signals: how the process is told to end (RT-86). For main only, which calls block_stop_signals()
// before anything starts a thread.
#pragma once

#include <string_view>

namespace kaizen::app {

// SIGTERM and SIGINT wait for await_stop_signal(), in this thread and all it starts. SIGPIPE is
// ignored: writing to a closed socket is an error, not the end.
void block_stop_signals();

// Blocks until one of them came; its name.
std::string_view await_stop_signal();

// From now on the next one ends the process at once, with that status.
void exit_on_next_signal(int status = 1);

}  // namespace kaizen::app
