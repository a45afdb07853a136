// ProcessStats: what the kernel knows about this process (UX-80's process_* metrics). Reads /proc;
// any thread.
#pragma once

#include <optional>
#include <string_view>

namespace kaizen::telemetry {

struct ProcessStats {
  double cpu_seconds = 0;
  double resident_bytes = 0;
  double open_fds = 0;
  double max_fds = 0;
  double start_seconds = 0;  // since the Unix epoch
};

// nullopt: /proc is not there or reads differently.
std::optional<ProcessStats> read_process_stats();

// The fields of a /proc/<pid>/stat line that count, in ticks and pages; nullopt: another form.
struct StatLine {
  double cpu_ticks = 0;
  double start_ticks = 0;  // since boot
  double resident_pages = 0;
};

std::optional<StatLine> parse_stat_line(std::string_view text);

}  // namespace kaizen::telemetry
