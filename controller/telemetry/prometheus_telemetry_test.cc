#include "telemetry/prometheus_telemetry.h"

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "source_dir.h"
#include "telemetry/names.h"
#include "telemetry/telemetry_test_support.h"

namespace kaizen::telemetry {
namespace {

using testing::HasSubstr;
using testing::Not;

class Prometheus : public testing::Test {
 protected:
  std::vector<std::string> lines_of(std::string_view metric) {
    std::vector<std::string> found;
    const std::string text = telemetry.exposition();
    for (const std::string_view line : base::split(text, '\n')) {
      if (line.starts_with(base::concat({metric, "{"})) ||
          line.starts_with(base::concat({metric, " "}))) {
        found.emplace_back(line);
      }
    }
    return found;
  }

  StandingClock clock;
  std::string log_text;
  PrometheusTelemetry telemetry{clock,
                                {.level = Level::kInfo,
                                 .sink = [this](std::string_view line) { log_text += line; },
                                 .version = "0.1.0",
                                 .revision = "abc1234",
                                 .compiler = "GCC 12.2.0"}};
};

// Every metric once, with labels that are allowed.
void touch_everything(Telemetry& telemetry) {
  for (const MetricInfo* info : kAllMetrics) {
    if (info->name.starts_with("process_") || info->name == kBuildInfo.name) continue;
    // Open labels show their own name, closed ones a value of theirs.
    std::vector<std::string_view> values;
    for (const std::string_view label : info->labels) {
      std::string_view value = label;
      for (const ClosedLabel& closed : kClosedLabels) {
        if (closed.name == label) value = closed.values.front();
      }
      values.push_back(value);
    }
    const auto use = [&](std::initializer_list<std::string_view> labels) {
      switch (info->type) {
        case MetricType::kCounter: telemetry.count(*info, labels, 1); break;
        case MetricType::kGauge: telemetry.set(*info, labels, 2.5); break;
        case MetricType::kHistogram: telemetry.observe(*info, labels, 0.07); break;
      }
    };
    switch (values.size()) {
      case 0: use({}); break;
      case 1: use({values[0]}); break;
      case 2: use({values[0], values[1]}); break;
      default: use({values[0], values[1], values[2]}); break;
    }
  }
}

// The process's own numbers differ in every run.
std::string mask_process(const std::string& text) {
  std::string out;
  for (const std::string_view line : base::split(text, '\n')) {
    const bool masked = line.starts_with("process_");
    if (masked) {
      out += base::concat({line.substr(0, line.find(' ')), " 1"});
    } else {
      out += line;
    }
    out += "\n";
  }
  out.pop_back();  // split() saw an empty piece behind the last line end
  return out;
}

// Written out in full, and read by promtool in a test of its own. KAIZEN_UPDATE_GOLDEN=1 rewrites
// it.
TEST_F(Prometheus, UX80RT91GoldenExposition) {
  const std::string path =
      std::string(kaizen_source_dir()) + "/controller/telemetry/testdata/exposition.txt";
  touch_everything(telemetry);

  const std::string text = mask_process(telemetry.exposition());

  if (std::getenv("KAIZEN_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << text;
  std::ifstream file(path);
  const std::string golden{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  EXPECT_EQ(text, golden);
}

TEST_F(Prometheus, UX80NamesAndLabelsOfControllerRuntime) {
  telemetry.count(kReconcileTotal, {"modeldeployment", "requeue_after"}, 3);
  telemetry.set(kQueueDepth, {"modeldeployment", "modeldeployment", ""}, 7);
  telemetry.count(kRestRequests, {"200", "PATCH", "10.0.0.1:443"}, 1);

  EXPECT_THAT(lines_of("controller_runtime_reconcile_total"),
              testing::ElementsAre("controller_runtime_reconcile_total{controller="
                                   "\"modeldeployment\",result=\"requeue_after\"} 3"));
  EXPECT_THAT(lines_of("workqueue_depth"),
              testing::ElementsAre("workqueue_depth{controller=\"modeldeployment\",name="
                                   "\"modeldeployment\",priority=\"\"} 7"));
  EXPECT_THAT(lines_of("rest_client_requests_total"),
              testing::ElementsAre("rest_client_requests_total{code=\"200\",host=\"10.0.0.1:443\","
                                   "method=\"PATCH\"} 1"));
}

TEST_F(Prometheus, UX80BucketsOfControllerRuntime) {
  telemetry.observe(kReconcileSeconds, {"modeldeployment"}, 0.3);
  telemetry.observe(kQueueWaitSeconds, {"q", "q"}, 5);

  const std::string text = telemetry.exposition();

  EXPECT_THAT(lines_of("controller_runtime_reconcile_time_seconds_bucket").size(), 41U);
  EXPECT_THAT(text, HasSubstr("controller_runtime_reconcile_time_seconds_bucket{controller="
                              "\"modeldeployment\",le=\"0.25\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("controller_runtime_reconcile_time_seconds_bucket{controller="
                              "\"modeldeployment\",le=\"0.3\"} 1\n"));
  EXPECT_THAT(lines_of("workqueue_queue_duration_seconds_bucket").size(), 13U);
}

TEST_F(Prometheus, UX80MetricsOfTheProcess) {
  const std::string text = telemetry.exposition();

  for (const std::string name :
       {"process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds",
        "process_max_fds", "process_start_time_seconds"}) {
    EXPECT_THAT(text, HasSubstr("\n" + name + " ")) << name;
  }
}

TEST_F(Prometheus, RT91BuildInfo) {
  EXPECT_THAT(lines_of("kaizen_build_info"),
              testing::ElementsAre("kaizen_build_info{compiler=\"GCC 12.2.0\",revision=\"abc1234\","
                                   "version=\"0.1.0\"} 1"));
}

TEST_F(Prometheus, RT90UnknownValueOfAClosedLabelIsOther) {
  telemetry.count(kReconcileTotal, {"modeldeployment", "some text of a server"}, 1);

  EXPECT_THAT(lines_of("controller_runtime_reconcile_total"),
              testing::ElementsAre("controller_runtime_reconcile_total{controller="
                                   "\"modeldeployment\",result=\"Other\"} 1"));
}

TEST_F(Prometheus, RT90MessagesAreNoLabelValues) {
  telemetry.set(kCacheObjects, {std::string(129, 'x')}, 1);
  telemetry.set(kQuarantined, {"bad \xFF bytes"}, 1);

  EXPECT_THAT(lines_of("kaizen_cache_objects"),
              testing::ElementsAre("kaizen_cache_objects{resource=\"Other\"} 1"));
  EXPECT_THAT(lines_of("kaizen_quarantined"),
              testing::ElementsAre("kaizen_quarantined{kind=\"Other\"} 1"));
}

TEST_F(Prometheus, RT90SeriesBeyond1000AreFoldedIntoOther) {
  for (int i = 0; i < 1200; ++i) {
    telemetry.count(kStaleEvents, {base::concat({"r", std::to_string(i)})}, 1);
  }
  telemetry.count(kStaleEvents, {"r0"}, 1);

  EXPECT_EQ(lines_of("kaizen_stale_events_total").size(), 1001U);
  EXPECT_THAT(telemetry.exposition(),
              HasSubstr("kaizen_stale_events_total{resource=\"other\"} 200\n"));
  EXPECT_THAT(telemetry.exposition(), HasSubstr("kaizen_stale_events_total{resource=\"r0\"} 2\n"));
  EXPECT_THAT(lines_of("kaizen_metric_series_dropped"),
              testing::ElementsAre("kaizen_metric_series_dropped 200"));
}

TEST_F(Prometheus, RT93RepeatedLinesAreCountedNotWritten) {
  for (int i = 0; i < 5; ++i) telemetry.log({.msg = "same"});
  clock.mono_time = clock.mono_time + std::chrono::seconds(10);
  telemetry.log({.msg = "same"});

  EXPECT_EQ(log_text,
            "{\"ts\":\"2026-07-14T03:33:20.000000Z\",\"level\":\"info\",\"msg\":\"same\"}\n"
            "{\"ts\":\"2026-07-14T03:33:20.000000Z\",\"level\":\"info\",\"msg\":\"same\","
            "\"suppressed\":4}\n");
  EXPECT_THAT(lines_of("kaizen_log_suppressed_total"),
              testing::ElementsAre("kaizen_log_suppressed_total 4"));
}

TEST_F(Prometheus, LinesBelowTheLevelAreLeftOut) {
  telemetry.log({.level = Level::kDebug, .msg = "hidden"});
  telemetry.log({.level = Level::kWarn, .msg = "shown"});

  EXPECT_THAT(log_text, Not(HasSubstr("hidden")));
  EXPECT_THAT(log_text, HasSubstr("shown"));
}

TEST_F(Prometheus, A62CountsFromManyThreads) {
  constexpr int kThreads = 4;
  constexpr int kEach = 500;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([this, t] {
        for (int i = 0; i < kEach; ++i) {
          telemetry.count(kQueueAdds, {"q", "q"}, 1);
          telemetry.observe(kQueueWorkSeconds, {"q", "q"}, 0.001);
          if (i % 100 == 0) telemetry.log({.msg = std::to_string(t)});
          if (i % 250 == 0) {
            EXPECT_FALSE(telemetry.exposition().empty());
          }
        }
      });
    }
  }

  EXPECT_THAT(lines_of("workqueue_adds_total"),
              testing::ElementsAre("workqueue_adds_total{controller=\"q\",name=\"q\"} 2000"));
  EXPECT_THAT(lines_of("workqueue_work_duration_seconds_count"),
              testing::ElementsAre(
                  "workqueue_work_duration_seconds_count{controller=\"q\",name=\"q\"} 2000"));
}

}  // namespace
}  // namespace kaizen::telemetry
