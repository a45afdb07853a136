// Bench: what the measures share. Numbers are ratios within one run or counts; nothing here passes
// or fails on time.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace kaizen::bench {

// Calls of operator new since the process started, of all threads.
uint64_t allocations();

// The fastest of `runs` calls, in microseconds: the one least disturbed by others.
template <class F>
double fastest_us(int runs, F&& call) {
  double best = 1e18;
  for (int i = 0; i < runs; ++i) {
    const auto started = std::chrono::steady_clock::now();
    call();
    const std::chrono::duration<double, std::micro> took =
        std::chrono::steady_clock::now() - started;
    if (took.count() < best) best = took.count();
  }
  return best;
}

// The whole file; ends the process with a message when it cannot be read.
std::string read_file(const std::string& path);

// A list of ModelDeployments as the API server sent it: our decoder against simdjson alone.
int bench_decode(const std::string& list_file);

// Reconcile of one settled object whose world was recorded from a real cluster: FOLDER holds one
// list per watched kind, <plural>.json.
int bench_reconcile(const std::string& folder);

// The evidence of one drift tick: 64 checks of two clocks.
int bench_drift_tick();

// Searches for slots of schedules in the time zone of that TZif file: months looked at and cost.
int bench_schedule(const std::string& zone_file);

}  // namespace kaizen::bench
