#include "telemetry/process_stats.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

#include "base/number.h"
#include "base/text.h"

namespace kaizen::telemetry {

namespace {

std::string read_file(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Seconds since the epoch at which the machine booted: the line "btime N" of /proc/stat.
std::optional<double> boot_seconds() {
  const std::string text = read_file("/proc/stat");
  for (const std::string_view line : base::split(text, '\n')) {
    constexpr std::string_view kPrefix = "btime ";
    if (!line.starts_with(kPrefix)) continue;
    const std::optional<int64_t> seconds = base::parse_int(line.substr(kPrefix.size()));
    if (seconds) return static_cast<double>(*seconds);
  }
  return std::nullopt;
}

std::optional<double> count_open_fds() {
  std::error_code failed;
  double count = 0;
  for (std::filesystem::directory_iterator it("/proc/self/fd", failed), end; !failed && it != end;
       it.increment(failed)) {
    ++count;
  }
  if (failed) return std::nullopt;
  return count - 1;  // the one that lists them
}

}  // namespace

std::optional<ProcessStats> read_process_stats() {
  const std::optional<StatLine> stat = parse_stat_line(read_file("/proc/self/stat"));
  const std::optional<double> boot = boot_seconds();
  const std::optional<double> open_fds = count_open_fds();
  rlimit limit{};
  if (!stat || !boot || !open_fds || getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
  const auto ticks_per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
  const auto page_bytes = static_cast<double>(sysconf(_SC_PAGESIZE));
  return ProcessStats{
      .cpu_seconds = stat->cpu_ticks / ticks_per_second,
      .resident_bytes = stat->resident_pages * page_bytes,
      .open_fds = *open_fds,
      .max_fds = static_cast<double>(limit.rlim_cur),
      .start_seconds = *boot + stat->start_ticks / ticks_per_second,
  };
}

std::optional<StatLine> parse_stat_line(std::string_view text) {
  // proc(5): "pid (command) state ..."; the command may hold blanks and parentheses, so the fields
  // are counted from its last one. Field 3 is the first after it.
  const size_t command_end = text.rfind(')');
  if (command_end == std::string_view::npos) return std::nullopt;
  const std::vector<std::string_view> fields =
      base::split(base::trim(text.substr(command_end + 1)), ' ');
  constexpr size_t kFirst = 3;
  const auto field = [&](size_t number) -> std::optional<double> {
    if (number - kFirst >= fields.size()) return std::nullopt;
    return base::parse_decimal(fields[number - kFirst]);
  };
  const std::optional<double> user = field(14);
  const std::optional<double> system = field(15);
  const std::optional<double> start = field(22);
  const std::optional<double> pages = field(24);
  if (!user || !system || !start || !pages) return std::nullopt;
  return StatLine{.cpu_ticks = *user + *system, .start_ticks = *start, .resident_pages = *pages};
}

}  // namespace kaizen::telemetry
