#include "telemetry/log_line.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/duration.h"
#include "base/text.h"
#include "base/time.h"
#include "telemetry/telemetry.h"

namespace kaizen::telemetry {

namespace {

constexpr base::Duration kOnePer = std::chrono::seconds(10);  // RT-93
// An entry that still owes a count is kept longer: its message may come again.
constexpr base::Duration kKeepCount = std::chrono::minutes(1);
// More different lines than this within 10 s are a flood by themselves: the table stays this small
// and lines beyond it are written without a count.
constexpr size_t kMaxEntries = 4096;

constexpr std::array<std::pair<Level, std::string_view>, 4> kLevels{{
    {Level::kDebug, "debug"},
    {Level::kInfo, "info"},
    {Level::kWarn, "warn"},
    {Level::kError, "error"},
}};

// Appends members while they fit into the line.
class LineBuilder {
 public:
  explicit LineBuilder(size_t budget) : budget_(budget) {}

  // A value longer than `max_bytes` is cut; one that does not fit into the line is cut further, and
  // nothing follows it.
  void text(std::string_view key, std::string_view value, size_t max_bytes) {
    if (full_) return;
    const std::string name = base::json_quote(key);
    const std::string clean = base::sanitize_utf8(value);
    size_t keep = std::min(clean.size(), max_bytes);
    std::string quoted = base::json_quote(base::truncate_utf8(clean, keep));
    cut_ = cut_ || keep < clean.size();
    while (!fits(name, quoted) && keep > 0) {
      // Quoting makes a byte at most six long, so halving ends after few rounds.
      keep /= 2;
      quoted = base::json_quote(base::truncate_utf8(clean, keep));
      full_ = true;
    }
    cut_ = cut_ || full_;
    if (fits(name, quoted)) append(name, quoted);
  }

  void raw(std::string_view key, std::string_view json) { append(base::json_quote(key), json); }

  bool is_cut() const { return cut_; }

  std::string take() { return std::move(text_) + "}"; }

 private:
  bool fits(std::string_view name, std::string_view json) const {
    return text_.size() + name.size() + json.size() + 2 <= budget_;  // comma and colon
  }

  void append(std::string_view name, std::string_view json) {
    text_ += text_.empty() ? "{" : ",";
    text_ += name;
    text_ += ":";
    text_ += json;
  }

  size_t budget_;
  std::string text_;
  bool cut_ = false;
  bool full_ = false;
};

std::string limiter_key(const LogLine& line) {
  constexpr std::string_view kSeparator("\0", 1);
  return base::concat(
      {line.kind, kSeparator, line.ns, kSeparator, line.name, kSeparator, line.msg});
}

}  // namespace

std::string_view to_string(Level level) {
  switch (level) {
    case Level::kDebug: return "debug";
    case Level::kInfo: return "info";
    case Level::kWarn: return "warn";
    case Level::kError: return "error";
  }
  return "error";
}

std::optional<Level> parse_level(std::string_view text) {
  for (const auto& [level, name] : kLevels) {
    if (name == text) return level;
  }
  return std::nullopt;
}

std::string format_log_line(const LogLine& line, base::Time at, int64_t suppressed) {
  constexpr size_t kTail = 64;  // ,"suppressed":<19 digits>,"truncated":true}
  constexpr size_t kMaxMessage = 2048;
  constexpr size_t kMaxName = 253;  // Kubernetes' longest
  LineBuilder builder(kMaxLogLineBytes - kTail);
  builder.text("ts", base::format_time_us(at), kMaxName);
  builder.text("level", to_string(line.level), kMaxName);
  builder.text("msg", line.msg, kMaxMessage);
  const std::array<std::pair<std::string_view, std::string_view>, 4> head{
      {{"kind", line.kind}, {"ns", line.ns}, {"name", line.name}, {"rev", line.rev}}};
  for (const auto& [key, value] : head) {
    if (!value.empty()) builder.text(key, value, kMaxName);
  }
  for (const auto& [key, value] : line.fields) builder.text(key, value, kMaxLogLineBytes);
  if (suppressed > 0) builder.raw("suppressed", std::to_string(suppressed));
  if (builder.is_cut()) builder.raw("truncated", "true");
  return builder.take();
}

std::optional<int64_t> LogLimiter::admit(const LogLine& line, base::MonoTime now) {
  forget_old(now);
  const std::string key = limiter_key(line);
  const auto found = entries_.find(key);
  if (found == entries_.end()) {
    if (entries_.size() < kMaxEntries) entries_.emplace(key, Entry{now, 0});
    return 0;
  }
  Entry& entry = found->second;
  if (now - entry.last < kOnePer) {
    ++entry.suppressed;
    return std::nullopt;
  }
  entry.last = now;
  return std::exchange(entry.suppressed, 0);
}

void LogLimiter::forget_old(base::MonoTime now) {
  if (now < next_sweep_ && entries_.size() < kMaxEntries) return;
  next_sweep_ = now + kOnePer;
  std::erase_if(entries_, [now](const auto& item) {
    const base::Duration age = now - item.second.last;
    return age >= (item.second.suppressed == 0 ? kOnePer : kKeepCount);
  });
}

}  // namespace kaizen::telemetry
