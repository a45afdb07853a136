// LogLine as text, and the limiter that keeps one message from flooding the log (RT-93, S55). Pure:
// the adapter passes the time. LogLimiter is not synchronised, its owner holds a lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "telemetry/telemetry.h"

namespace kaizen::telemetry {

// RT-93: what a log collector accepts in one piece.
inline constexpr size_t kMaxLogLineBytes = size_t{8} << 10U;

std::string_view to_string(Level level);

// "debug", "info", "warn", "error"; nullopt: another text.
std::optional<Level> parse_level(std::string_view text);

// One JSON object without line end: ts, level, msg, kind, ns, name, rev, the fields in their order,
// suppressed. Empty head members and a zero count are left out. Valid UTF-8 and at most
// kMaxLogLineBytes: a value that does not fit is cut, what follows it is left out, and
// "truncated":true says so.
std::string format_log_line(const LogLine& line, base::Time at, int64_t suppressed);

// At most one line per (kind, ns, name, msg) in 10 s.
class LogLimiter {
 public:
  // nullopt: leave the line out. Otherwise how many of its kind were left out since the last one.
  std::optional<int64_t> admit(const LogLine& line, base::MonoTime now);

  size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    base::MonoTime last;
    int64_t suppressed = 0;
  };

  void forget_old(base::MonoTime now);

  std::map<std::string, Entry, std::less<>> entries_;
  base::MonoTime next_sweep_;
};

}  // namespace kaizen::telemetry
