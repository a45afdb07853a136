// PrometheusTelemetry: the Telemetry of the running operator: counters in memory, shown as text for
// Prometheus, and log lines to a sink. Owned by app, outlives everything that reports to it. Any
// thread.
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "telemetry/telemetry.h"

namespace kaizen::telemetry {

struct TelemetryOptions {
  Level level = Level::kInfo;  // lines below it are left out
  // Takes one finished line with its line end; calls do not overlap.
  std::function<void(std::string_view)> sink;
  // kaizen_build_info
  std::string version;
  std::string revision;
  std::string compiler;
};

class PrometheusTelemetry final : public Telemetry {
 public:
  // `clock` outlives it.
  PrometheusTelemetry(const base::Clock& clock, TelemetryOptions options);
  ~PrometheusTelemetry() override;

  void count(const MetricInfo& info,
             std::initializer_list<std::string_view> labels,
             double by) override;
  void set(const MetricInfo& info,
           std::initializer_list<std::string_view> labels,
           double value) override;
  void observe(const MetricInfo& info,
               std::initializer_list<std::string_view> labels,
               double value) override;
  void log(const LogLine& line) override;

  // Prometheus text format 0.0.4: families and series in alphabetical order, those of the process
  // itself read now.
  std::string exposition();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kaizen::telemetry
