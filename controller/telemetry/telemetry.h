// Telemetry: what the operator says about itself: metrics with names from telemetry/names.h and log
// lines (S55, RT-93). The interface is what pure rooms may hold; adapters are
// telemetry/prometheus_telemetry.h and fakes in tests. Every method may be called from any thread,
// never blocks for long and never fails.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace kaizen::telemetry {

enum class MetricType : uint8_t { kCounter, kGauge, kHistogram };

// One row of telemetry/names.h. Label values are enums or kinds, never names of objects (RT-90).
struct MetricInfo {
  MetricType type = MetricType::kCounter;
  std::string_view name;
  std::string_view help;
  std::span<const std::string_view> labels;
  std::span<const double> buckets;  // histograms, ascending
};

enum class Level : uint8_t { kDebug, kInfo, kWarn, kError };

// One JSON line: ts, level, msg, kind, ns, name, rev, then `fields` in order.
// NOLINTBEGIN(readability-redundant-member-init): else GCC warns where one is left out
struct LogLine {
  Level level = Level::kInfo;
  std::string_view msg = {};
  std::string_view kind = {};
  std::string_view ns = {};
  std::string_view name = {};
  std::string_view rev = {};
  std::initializer_list<std::pair<std::string_view, std::string_view>> fields = {};
};

// NOLINTEND(readability-redundant-member-init)

class Telemetry {
 public:
  Telemetry() = default;
  Telemetry(const Telemetry&) = delete;
  Telemetry& operator=(const Telemetry&) = delete;
  virtual ~Telemetry() = default;

  // `labels` are the values, in the order of info.labels.
  virtual void count(const MetricInfo& info,
                     std::initializer_list<std::string_view> labels,
                     double by = 1.0) = 0;
  virtual void set(const MetricInfo& info,
                   std::initializer_list<std::string_view> labels,
                   double value) = 0;
  virtual void observe(const MetricInfo& info,
                       std::initializer_list<std::string_view> labels,
                       double value) = 0;

  virtual void log(const LogLine& line) = 0;
};

}  // namespace kaizen::telemetry
