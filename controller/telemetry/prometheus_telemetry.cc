#include "telemetry/prometheus_telemetry.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/thread_annotations.h"
#include "telemetry/log_line.h"
#include "telemetry/names.h"
#include "telemetry/process_stats.h"
#include "telemetry/telemetry.h"

namespace kaizen::telemetry {

namespace {

// RT-90: more series of one metric than this are folded into one whose labels are all "other".
constexpr size_t kMaxSeries = 1000;
constexpr size_t kMaxLabelBytes = 128;

using Values = std::vector<std::string>;

// One series in the library's registry: the member of the metric's type is set.
struct Series {
  prometheus::Counter* counter = nullptr;
  prometheus::Gauge* gauge = nullptr;
  prometheus::Histogram* histogram = nullptr;
};

// One metric: its family in the library's registry and the series made so far.
struct Row {
  const MetricInfo* info = nullptr;
  prometheus::Family<prometheus::Counter>* counters = nullptr;
  prometheus::Family<prometheus::Gauge>* gauges = nullptr;
  prometheus::Family<prometheus::Histogram>* histograms = nullptr;
  std::map<Values, Series> series;
  std::set<Values> folded;  // bounded by kMaxSeries too: more than that is only "at least"
};

bool is_closed_and_unknown(std::string_view label, std::string_view value) {
  for (const ClosedLabel& closed : kClosedLabels) {
    if (closed.name == label) return std::ranges::find(closed.values, value) == closed.values.end();
  }
  return false;
}

std::string label_value(std::string_view label, std::string_view value) {
  const bool strange = value.size() > kMaxLabelBytes || !base::is_valid_utf8(value);
  return std::string(strange || is_closed_and_unknown(label, value) ? "Other" : value);
}

prometheus::Labels to_labels(const MetricInfo& info, const Values& values) {
  prometheus::Labels out;
  for (size_t i = 0; i < values.size(); ++i) out.emplace(info.labels[i], values[i]);
  return out;
}

bool before(const prometheus::ClientMetric& a, const prometheus::ClientMetric& b) {
  return std::ranges::lexicographical_compare(a.label, b.label, [](const auto& x, const auto& y) {
    return std::tie(x.name, x.value) < std::tie(y.name, y.value);
  });
}

}  // namespace

struct PrometheusTelemetry::Impl {
  Impl(const base::Clock& the_clock, TelemetryOptions the_options)
      : clock(the_clock), options(std::move(the_options)) {
    const base::MutexLock lock(metrics_mutex);
    for (const MetricInfo* info : kAllMetrics) rows.emplace(info->name, make_row(*info));
  }

  Row make_row(const MetricInfo& info) {
    const std::string name(info.name);
    const std::string help(info.help);
    Row row;
    row.info = &info;
    switch (info.type) {
      case MetricType::kCounter:
        row.counters = &prometheus::BuildCounter().Name(name).Help(help).Register(registry);
        break;
      case MetricType::kGauge:
        row.gauges = &prometheus::BuildGauge().Name(name).Help(help).Register(registry);
        break;
      case MetricType::kHistogram:
        row.histograms = &prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
        break;
    }
    return row;
  }

  Row& row_of(const MetricInfo& info, MetricType type) KAIZEN_REQUIRES(metrics_mutex) {
    const auto found = rows.find(info.name);
    KAIZEN_CHECK(found != rows.end(), "a metric that telemetry/names.h does not list");
    KAIZEN_CHECK(info.type == type, "a metric used as another type");
    return found->second;
  }

  // The series of these labels, within the bounds of RT-90.
  Series& series_of(Row& row, std::initializer_list<std::string_view> given)
      KAIZEN_REQUIRES(metrics_mutex) {
    const MetricInfo& info = *row.info;
    KAIZEN_CHECK(given.size() == info.labels.size(), "a metric with the wrong number of labels");
    Values values;
    for (const std::string_view value : given) {
      values.push_back(label_value(info.labels[values.size()], value));
    }
    const auto found = row.series.find(values);
    if (found != row.series.end()) return found->second;
    if (row.series.size() >= kMaxSeries) {
      if (row.folded.size() < kMaxSeries) row.folded.insert(std::move(values));
      values.assign(info.labels.size(), "other");
    }
    const auto [place, is_new] = row.series.try_emplace(std::move(values));
    if (is_new) place->second = make_series(row, place->first);
    return place->second;
  }

  static Series make_series(const Row& row, const Values& values) {
    const MetricInfo& info = *row.info;
    const prometheus::Labels labels = to_labels(info, values);
    Series made;
    switch (info.type) {
      case MetricType::kCounter: made.counter = &row.counters->Add(labels); break;
      case MetricType::kGauge: made.gauge = &row.gauges->Add(labels); break;
      case MetricType::kHistogram: {
        const prometheus::Histogram::BucketBoundaries bounds(info.buckets.begin(),
                                                             info.buckets.end());
        made.histogram = &row.histograms->Add(labels, bounds);
        break;
      }
    }
    return made;
  }

  void set_gauge(const MetricInfo& info, double value) KAIZEN_REQUIRES(metrics_mutex) {
    series_of(row_of(info, MetricType::kGauge), {}).gauge->Set(value);
  }

  void read_process() KAIZEN_REQUIRES(metrics_mutex) {
    const std::optional<ProcessStats> stats = read_process_stats();
    if (!stats) return;
    Row& cpu_row = row_of(kProcessCpuSeconds, MetricType::kCounter);
    prometheus::Counter& cpu = *series_of(cpu_row, {}).counter;
    cpu.Increment(std::max(0.0, stats->cpu_seconds - cpu.Value()));
    set_gauge(kProcessResidentBytes, stats->resident_bytes);
    set_gauge(kProcessOpenFds, stats->open_fds);
    set_gauge(kProcessMaxFds, stats->max_fds);
    set_gauge(kProcessStartSeconds, stats->start_seconds);
  }

  void count_folded() KAIZEN_REQUIRES(metrics_mutex) {
    size_t folded = 0;
    for (const auto& [name, row] : rows) folded += row.folded.size();
    set_gauge(kSeriesDropped, static_cast<double>(folded));
  }

  const base::Clock& clock;
  const TelemetryOptions options;
  prometheus::Registry registry;  // has its own lock
  base::Mutex metrics_mutex;
  std::map<std::string_view, Row> rows KAIZEN_GUARDED_BY(metrics_mutex);
  base::Mutex log_mutex;
  LogLimiter limiter KAIZEN_GUARDED_BY(log_mutex);
};

PrometheusTelemetry::PrometheusTelemetry(const base::Clock& clock, TelemetryOptions options)
    : impl_(std::make_unique<Impl>(clock, std::move(options))) {
  const TelemetryOptions& given = impl_->options;
  set(kBuildInfo, {given.version, given.revision, given.compiler}, 1);
  count(kLogSuppressed, {}, 0);
}

PrometheusTelemetry::~PrometheusTelemetry() = default;

void PrometheusTelemetry::count(const MetricInfo& info,
                                std::initializer_list<std::string_view> labels,
                                double by) {
  const base::MutexLock lock(impl_->metrics_mutex);
  impl_->series_of(impl_->row_of(info, MetricType::kCounter), labels).counter->Increment(by);
}

void PrometheusTelemetry::set(const MetricInfo& info,
                              std::initializer_list<std::string_view> labels,
                              double value) {
  const base::MutexLock lock(impl_->metrics_mutex);
  impl_->series_of(impl_->row_of(info, MetricType::kGauge), labels).gauge->Set(value);
}

void PrometheusTelemetry::observe(const MetricInfo& info,
                                  std::initializer_list<std::string_view> labels,
                                  double value) {
  const base::MutexLock lock(impl_->metrics_mutex);
  impl_->series_of(impl_->row_of(info, MetricType::kHistogram), labels).histogram->Observe(value);
}

void PrometheusTelemetry::log(const LogLine& line) {
  if (line.level < impl_->options.level || !impl_->options.sink) return;
  const base::Time at = impl_->clock.now();
  const base::MonoTime now = impl_->clock.mono();
  {
    const base::MutexLock lock(impl_->log_mutex);
    const std::optional<int64_t> suppressed = impl_->limiter.admit(line, now);
    if (suppressed) {
      impl_->options.sink(format_log_line(line, at, *suppressed) + "\n");
      return;
    }
  }
  count(kLogSuppressed, {}, 1);
}

std::string PrometheusTelemetry::exposition() {
  std::vector<prometheus::MetricFamily> families;
  {
    const base::MutexLock lock(impl_->metrics_mutex);
    impl_->read_process();
    impl_->count_folded();
    families = impl_->registry.Collect();
  }
  std::ranges::sort(families, {}, &prometheus::MetricFamily::name);
  for (prometheus::MetricFamily& family : families) std::ranges::sort(family.metric, before);
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace kaizen::telemetry
