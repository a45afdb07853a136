#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "api/model_deployment.h"
#include "base/error.h"
#include "base/http.h"
#include "base/rng.h"
#include "base/time.h"
#include "core/extensions.h"
#include "core/reasons.h"
#include "ext/ext_test_support_internal.h"
#include "ext/sources/prometheus/prometheus.h"
#include "ext/sources/prometheus/prometheus_test_support_internal.h"

namespace kaizen::ext {
namespace {

using core::Counts;
using nlohmann::json;
using testing::bucket;
using ::testing::ElementsAre;
using testing::FakePrometheus;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kAt;
using testing::kBefore;
using testing::kCanaryPod;
using testing::kStablePod;
using testing::requests;
using ::testing::StartsWith;

constexpr const char* kTotalName = "http_requests_total";

core::Question errors_asked() {
  return testing::question({testing::error_rate()});
}

// ---- the error rate ----

TEST(PrometheusReading, MP5CountsOfATickAreTheIncrements) {
  const core::Reading reading = testing::healthy().ask(errors_asked());
  EXPECT_EQ(reading.preset, "http");
  EXPECT_EQ(reading.side, "Server");
  EXPECT_EQ(reading.reason, "Available");
  ASSERT_EQ(reading.signals.size(), 1);
  EXPECT_EQ(reading.signals[0].name, "errorRate");
  EXPECT_EQ(reading.signals[0].stable, (Counts{100, 1}));
  EXPECT_EQ(reading.signals[0].canary, (Counts{50, 3}));
}

// In bake only the promoted arm is asked (R3-20).
TEST(PrometheusReading, MP11AnArmThatIsNotAskedIsNotMissed) {
  core::Question question = errors_asked();
  question.stable.reset();
  const core::Reading reading = testing::healthy().ask(question);
  EXPECT_EQ(reading.reason, "Available");
  EXPECT_EQ(reading.signals[0].stable, std::nullopt);
  EXPECT_EQ(reading.signals[0].canary, (Counts{50, 3}));
}

TEST(PrometheusReading, RO23NoErrorSeriesBesideATotalIsZeroErrors) {
  FakePrometheus prometheus;
  prometheus.set(kTotalName, kBefore,
                 {requests(kStablePod, "200", "10"), requests(kCanaryPod, "200", "10")});
  prometheus.set(kTotalName, kAt,
                 {requests(kStablePod, "200", "30"), requests(kCanaryPod, "200", "15")});
  const core::Reading reading = prometheus.ask(errors_asked());
  EXPECT_EQ(reading.reason, "Available");
  EXPECT_EQ(reading.signals[0].stable, (Counts{20, 0}));
  EXPECT_EQ(reading.signals[0].canary, (Counts{5, 0}));
}

TEST(PrometheusReading, MP6ACanaryPodBornInTheTickCountsAtOnce) {
  FakePrometheus prometheus = testing::healthy();
  prometheus.set(kTotalName, kBefore, {requests(kStablePod, "200", "1000")});
  core::Question question = errors_asked();
  question.canary->known_pods[0].created = kBefore + std::chrono::seconds(2);
  EXPECT_EQ(prometheus.ask(question).signals[0].canary, (Counts{250, 3}));
}

TEST(PrometheusReading, MP6WhatIsFirstSeenHasNoCountsYet) {
  FakePrometheus prometheus = testing::healthy();
  prometheus.set(kTotalName, kBefore, {requests(kStablePod, "200", "1000")});
  const core::Reading reading = prometheus.ask(errors_asked());
  EXPECT_EQ(reading.reason, "NoTraffic");
  EXPECT_THAT(reading.message, HasSubstr("canary is seen for the first time"));
  EXPECT_EQ(reading.signals[0].canary, std::nullopt);
  EXPECT_EQ(reading.preset, "http");  // it knows both arms: that is settled
}

// Counted, and said to be nothing: neither good nor bad (RO-22).
TEST(PrometheusReading, RO22ATickWithoutRequestsIsNoTraffic) {
  FakePrometheus prometheus = testing::healthy();
  prometheus.set(kTotalName, kAt,
                 {requests(kStablePod, "200", "1099"), requests(kCanaryPod, "200", "200")});
  const core::Reading reading = prometheus.ask(errors_asked());
  EXPECT_EQ(reading.reason, "NoTraffic");
  EXPECT_EQ(reading.message, "no request was counted for canary in this tick");
  EXPECT_EQ(reading.signals[0].canary, (Counts{0, 0}));
}

TEST(PrometheusReading, MP5AFractionalCounterIsRefused) {
  FakePrometheus prometheus = testing::healthy();
  prometheus.set(kTotalName, kAt,
                 {requests(kStablePod, "200", "1099.5"), requests(kCanaryPod, "200", "247")});
  const core::Reading reading = prometheus.ask(errors_asked());
  EXPECT_EQ(reading.reason, "QueryFailed");
  EXPECT_THAT(reading.message, HasSubstr("of stable is not a whole number"));
}

// ---- which label tells an error ----

testing::Sample labelled(std::string_view pod, const testing::Labels& more, const char* value) {
  testing::Sample sample = requests(pod, "", value);
  sample.labels.erase("code");
  sample.labels.insert(more.begin(), more.end());
  return sample;
}

Counts canary_with(const testing::Labels& good, const testing::Labels& bad) {
  FakePrometheus prometheus = testing::healthy();
  prometheus.set(kTotalName, kBefore,
                 {requests(kStablePod, "200", "1000"), labelled(kCanaryPod, good, "10"),
                  labelled(kCanaryPod, bad, "1")});
  prometheus.set(kTotalName, kAt,
                 {requests(kStablePod, "200", "1009"), labelled(kCanaryPod, good, "20"),
                  labelled(kCanaryPod, bad, "4")});
  return prometheus.ask(errors_asked()).signals[0].canary.value_or(Counts{-1, -1});
}

TEST(PrometheusPresetHttp, MP17TheStatusLabelIsTheOneThatExists) {
  EXPECT_EQ(canary_with({{"code", "200"}}, {{"code", "503"}}), (Counts{13, 3}));
  EXPECT_EQ(canary_with({{"status", "2xx"}}, {{"status", "5xx"}}), (Counts{13, 3}));
  EXPECT_EQ(canary_with({{"status_code", "404"}}, {{"status_code", "500"}}), (Counts{13, 3}));
  EXPECT_EQ(canary_with({{"code", "OK"}}, {{"code", "5"}}), (Counts{13, 0}));
}

// A canary whose library names the label otherwise must not look free of errors.
TEST(PrometheusPresetHttp, MP8TheLabelIsFoundForEachArm) {
  EXPECT_EQ(canary_with({{"status", "200"}}, {{"status", "500"}}), (Counts{13, 3}));
}

TEST(PrometheusPresetHttp, MP12WithoutAStatusLabelErrorsAreUnavailable) {
  FakePrometheus prometheus = testing::healthy();
  prometheus.set(kTotalName, kAt,
                 {requests(kStablePod, "200", "1099"), labelled(kCanaryPod, {}, "247")});
  const core::Reading reading = prometheus.ask(errors_asked());
  EXPECT_EQ(reading.reason, "ErrorsUnavailable");
  EXPECT_THAT(reading.message,
              HasSubstr("canary has none of the labels code, status, status_code"));
}

// ---- answers that cannot be used ----

TEST(PrometheusReading, MP12OneUnusableAnswerOfTwoIsATickWithoutData) {
  for (const base::Time at : {kBefore, kAt}) {
    FakePrometheus prometheus = testing::healthy();
    prometheus.fail(kTotalName, at, testing::ok_response("<html></html>"));
    const core::Reading reading = prometheus.ask(errors_asked());
    EXPECT_EQ(reading.reason, "QueryFailed");
    EXPECT_EQ(reading.signals[0].stable, std::nullopt);
    EXPECT_EQ(reading.signals[0].canary, std::nullopt);
    EXPECT_EQ(
        reading.message,
        "metric source main, errorRate (http_requests_total): the answer is text/html instead "
        "of JSON; correct the source's url in the operator's configuration: it must lead to a "
        "Prometheus API");
  }
}

// R2-56: a tick later the same trouble has the same words, or status would be written for nothing.
TEST(PrometheusReading, RO24TheSameTroubleHasTheSameWordsAtEveryTick) {
  base::Error refused;
  refused.code = base::Code::kUnavailable;
  refused.message = "GET http://prometheus:9090/api/v1/query: connection refused";
  const std::vector<base::Result<base::HttpResponse>> troubles = {
      refused,
      testing::ok_response("<html></html>"),
      testing::ok_response("{"),
      testing::ok_response(testing::vector_body(kAt - std::chrono::hours(1), {{{}, "5"}})),
      testing::ok_response(testing::vector_body(kAt, {{{}, "NaN"}})),
  };
  for (const base::Result<base::HttpResponse>& trouble : troubles) {
    core::Question question =
        testing::question({testing::error_rate(), testing::latency(std::chrono::milliseconds(300)),
                           testing::ratio("part", "all")});
    const size_t count = prometheus_source().render(question).value().size();
    const std::vector<base::Result<base::HttpResponse>> answers(count, trouble);
    const core::Reading first = prometheus_source().parse(question, answers);
    question.previous = question.at;
    question.at = question.at + std::chrono::seconds(30);
    const core::Reading later = prometheus_source().parse(question, answers);
    ASSERT_EQ(first.signals.size(), 3U);
    for (size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(first.signals[i].reason, "QueryFailed");
      EXPECT_THAT(first.signals[i].message, StartsWith("metric source main, "));
      EXPECT_THAT(first.signals[i].message, HasSubstr("; "));
    }
    EXPECT_EQ(later.message, first.message);
  }
}

TEST(PrometheusReading, RO24AFailedBaselineSaysWhyForEachSignal) {
  const core::Question question =
      testing::question({testing::error_rate(), testing::ratio("part", "all")});
  const base::Duration interval = std::chrono::seconds(30);
  const size_t count = prometheus_source().render_baseline(question, interval).value().size();
  const core::BaselineReading reading = prometheus_source().parse_baseline(
      question, interval,
      std::vector<base::Result<base::HttpResponse>>(count, testing::ok_response("<html>")));
  ASSERT_EQ(reading.failures.size(), 2U);
  EXPECT_EQ(reading.failures[0],
            "metric source main, errorRate (http_requests_total): the answer is text/html instead "
            "of JSON; correct the source's url in the operator's configuration: it must lead to a "
            "Prometheus API");
  EXPECT_THAT(reading.failures[1], StartsWith("metric source main, rejections."));
}

// A history without series is no failure of the source.
TEST(PrometheusReading, RO24AnEmptyBaselineIsNoFailure) {
  const core::Question question = errors_asked();
  const base::Duration interval = std::chrono::seconds(30);
  const size_t count = prometheus_source().render_baseline(question, interval).value().size();
  const core::BaselineReading reading = prometheus_source().parse_baseline(
      question, interval,
      std::vector<base::Result<base::HttpResponse>>(
          count, testing::ok_response(
                     R"({"status":"success","data":{"resultType":"matrix","result":[]}})")));
  EXPECT_EQ(reading.failures, std::vector<std::string>{""});
  EXPECT_TRUE(reading.ticks[0].empty());
}

// MP-11: the two answers differ in warnings.
TEST(PrometheusReading, MP11APartialAnswerDropsTheTick) {
  FakePrometheus prometheus = testing::healthy();
  json body = json::parse(testing::vector_body(kAt, {requests(kStablePod, "200", "5")}));
  body["warnings"] = {"1 store did not answer"};
  prometheus.fail(kTotalName, kAt, testing::ok_response(body.dump()));
  const core::Reading reading = prometheus.ask(errors_asked());
  EXPECT_EQ(reading.reason, "QueryFailed");
  EXPECT_THAT(reading.message, HasSubstr("partial: 1 store did not answer"));
}

TEST(PrometheusReading, RO19ATimeoutIsNoData) {
  FakePrometheus prometheus = testing::healthy();
  base::Error late;
  late.code = base::Code::kTimeout;
  late.message = "nothing within 10s";
  prometheus.fail(kTotalName, kBefore, late);
  const core::Reading reading = prometheus.ask(errors_asked());
  EXPECT_EQ(reading.reason, "QueryFailed");
  EXPECT_THAT(reading.message, HasSubstr("no answer in time"));
}

TEST(PrometheusReading, RO19ALostAnswerOfOneSignalSparesTheOthers) {
  FakePrometheus prometheus = testing::healthy();
  prometheus.fail("seen_total", kAt, testing::ok_response("nonsense"));
  prometheus.set("seen_total", kBefore, {{{}, "1"}});
  const core::Reading reading = prometheus.ask(testing::question(
      {testing::error_rate(), testing::ratio("sum(seen_total)", "sum(seen_total)")}));
  EXPECT_EQ(reading.signals[0].reason, "Available");
  EXPECT_EQ(reading.signals[0].canary, (Counts{50, 3}));
  EXPECT_EQ(reading.signals[1].reason, "QueryFailed");
  EXPECT_EQ(reading.reason, "QueryFailed");
}

TEST(PrometheusReading, RO19AnswersThatDoNotFitTheQuestionAreDropped) {
  const std::vector<base::Result<base::HttpResponse>> one = {testing::ok_response("{}")};
  const core::Reading reading = prometheus_source().parse(errors_asked(), one);
  EXPECT_EQ(reading.reason, "QueryFailed");
  EXPECT_THAT(reading.message, HasSubstr("1 answers came to 3 queries"));
  ASSERT_EQ(reading.signals.size(), 1);
  EXPECT_EQ(reading.signals[0].reason, "QueryFailed");
}

// ---- nothing there (MP-19) ----

core::Reading without_series(const std::vector<testing::Sample>& up, core::Question question) {
  FakePrometheus prometheus;
  prometheus.set("(up{", kAt, up);
  return prometheus.ask(question);
}

TEST(PrometheusReading, MP19PodsThatNobodyScrapesAreNotScraped) {
  const core::Reading reading = without_series({}, errors_asked());
  EXPECT_EQ(reading.reason, "NotScraped");
  EXPECT_EQ(reading.preset, "");
  EXPECT_EQ(
      reading.message,
      "metric source main does not scrape pods ranker-4be2a9905d-* (no series up); let a "
      "PodMonitor or another scrape configuration read port http (or metrics), path /metrics, "
      "of the pods with label kaizen.ml/deployment");
}

TEST(PrometheusReading, MP19PodsThatAnswerNoScrapeAreNotScraped) {
  const core::Reading reading = without_series(
      {{{{"pod", std::string(kStablePod)}}, "0"}, {{{"pod", std::string(kCanaryPod)}}, "0"}},
      errors_asked());
  EXPECT_EQ(reading.reason, "NotScraped");
  EXPECT_THAT(reading.message, HasSubstr("in vain (up is 0)"));
}

TEST(PrometheusReading, MP19ScrapedPodsWithoutSeriesHaveNoTraffic) {
  const core::Reading reading = without_series(
      {{{{"pod", std::string(kStablePod)}}, "1"}, {{{"pod", std::string(kCanaryPod)}}, "1"}},
      errors_asked());
  EXPECT_EQ(reading.reason, "NoTraffic");
  EXPECT_THAT(reading.message, HasSubstr("are scraped and have no series http_requests_total"));
}

TEST(PrometheusReading, MP19AYoungPodIsNotACaseYet) {
  core::Question question = errors_asked();
  question.stable->known_pods[0].created = kAt - std::chrono::seconds(20);
  EXPECT_EQ(without_series({}, question).reason, "NoTraffic");
  question.stable->known_pods.clear();
  EXPECT_EQ(without_series({}, question).reason, "NoTraffic");
}

TEST(PrometheusReading, MP19OneArmThatIsNotScrapedIsEnough) {
  FakePrometheus prometheus = testing::healthy();
  prometheus.set(kTotalName, kAt, {requests(kStablePod, "200", "1099")});
  prometheus.set("(up{", kAt, {{{{"pod", std::string(kStablePod)}}, "1"}});
  const core::Reading reading = prometheus.ask(errors_asked());
  EXPECT_EQ(reading.reason, "NotScraped");
  EXPECT_THAT(reading.message, HasSubstr("ranker-6fd9a1c2d0-*"));
  EXPECT_EQ(reading.preset, "");
}

// ---- latency ----

FakePrometheus with_latency() {
  FakePrometheus prometheus = testing::healthy();
  const char* name = "http_request_duration_seconds_bucket";
  prometheus.set(name, kBefore,
                 {bucket(kStablePod, "0.1", "900"), bucket(kStablePod, "0.5", "990"),
                  bucket(kStablePod, "+Inf", "1010"), bucket(kCanaryPod, "0.1", "100"),
                  bucket(kCanaryPod, "0.5", "190"), bucket(kCanaryPod, "+Inf", "200")});
  prometheus.set(name, kAt,
                 {bucket(kStablePod, "0.1", "990"), bucket(kStablePod, "0.5", "1085"),
                  bucket(kStablePod, "+Inf", "1110"), bucket(kCanaryPod, "0.1", "110"),
                  bucket(kCanaryPod, "0.5", "220"), bucket(kCanaryPod, "+Inf", "250")});
  return prometheus;
}

TEST(PrometheusReading, MP15LatencyCountsWhatIsSlowerThanTheBoundary) {
  const core::Reading reading = with_latency().ask(
      testing::question({testing::error_rate(), testing::latency(std::chrono::milliseconds(300))}));
  EXPECT_EQ(reading.reason, "Available");
  EXPECT_EQ(reading.signals[1].threshold_used, std::chrono::milliseconds(500));
  EXPECT_EQ(reading.signals[1].stable, (Counts{100, 5}));
  EXPECT_EQ(reading.signals[1].canary, (Counts{50, 20}));
}

TEST(PrometheusReading, MP15ThresholdAboveBucketsIsItsOwnReason) {
  const core::Reading reading =
      with_latency().ask(testing::question({testing::latency(std::chrono::seconds(1))}));
  EXPECT_EQ(reading.reason, "ThresholdAboveBuckets");
  EXPECT_EQ(reading.signals[0].stable, std::nullopt);
}

TEST(PrometheusReading, MP13BucketsNotMonotoneIsItsOwnReason) {
  FakePrometheus prometheus = with_latency();
  prometheus.set("http_request_duration_seconds_bucket", kAt,
                 {bucket(kStablePod, "0.1", "1090"), bucket(kStablePod, "0.5", "1085"),
                  bucket(kStablePod, "+Inf", "1110"), bucket(kCanaryPod, "0.1", "110"),
                  bucket(kCanaryPod, "0.5", "220"), bucket(kCanaryPod, "+Inf", "250")});
  EXPECT_EQ(
      prometheus.ask(testing::question({testing::latency(std::chrono::milliseconds(100))})).reason,
      "BucketsNotMonotone");
}

TEST(PrometheusReading, MP12ABucketWithoutANumberIsRefused) {
  FakePrometheus prometheus = with_latency();
  prometheus.set("http_request_duration_seconds_bucket", kAt,
                 {bucket(kStablePod, "fast", "1"), bucket(kCanaryPod, "0.1", "110")});
  const core::Reading reading =
      prometheus.ask(testing::question({testing::latency(std::chrono::milliseconds(100))}));
  EXPECT_EQ(reading.reason, "QueryFailed");
  EXPECT_THAT(reading.message, HasSubstr("le is \"fast\""));
}

TEST(PrometheusReading, MP19AnExporterWithoutHistogramIsSaidSo) {
  const core::Reading reading = testing::healthy().ask(
      testing::question({testing::error_rate(), testing::latency(std::chrono::milliseconds(300))}));
  EXPECT_EQ(reading.signals[0].reason, "Available");
  EXPECT_EQ(reading.signals[1].reason, "NoTraffic");
  EXPECT_THAT(reading.signals[1].message,
              HasSubstr("no histogram http_request_duration_seconds of stable"));
}

// ---- custom ratios (MP-4) ----

core::Question ratio_asked() {
  core::Question question = testing::question({testing::ratio("part", "all")});
  question.canary.reset();
  return question;
}

FakePrometheus ratio(const std::vector<testing::Sample>& part_before,
                     const std::vector<testing::Sample>& part_after,
                     const std::vector<testing::Sample>& all_before,
                     const std::vector<testing::Sample>& all_after) {
  FakePrometheus prometheus;
  prometheus.set("part", kBefore, part_before);
  prometheus.set("part", kAt, part_after);
  prometheus.set("all", kBefore, all_before);
  prometheus.set("all", kAt, all_after);
  return prometheus;
}

testing::Sample of_pod(std::string_view pod, const char* value) {
  return {{{"pod", std::string(pod)}}, value};
}

TEST(PrometheusRatio, MP4OneSeriesIsSubtracted) {
  const core::Reading reading =
      ratio({{{}, "5"}}, {{{}, "8"}}, {{{}, "100"}}, {{{}, "140"}}).ask(ratio_asked());
  EXPECT_EQ(reading.reason, "Available");
  EXPECT_EQ(reading.signals[0].stable, (Counts{40, 3}));
}

// ST: LowerIsWorse counts what is missing.
TEST(PrometheusRatio, MP4TheComplementIsTheRest) {
  core::Question question = ratio_asked();
  question.signals[0].complement = true;
  EXPECT_EQ(
      ratio({{{}, "5"}}, {{{}, "8"}}, {{{}, "100"}}, {{{}, "140"}}).ask(question).signals[0].stable,
      (Counts{40, 37}));
}

// RO-21: several series are no data, and the last one does not win.
TEST(PrometheusRatio, RO21SeveralSeriesAreNoData) {
  const testing::Sample a = {{{"version", "1"}}, "5"};
  const testing::Sample b = {{{"version", "2"}}, "7"};
  const core::Reading reading =
      ratio({a, b}, {a, b}, {{{}, "100"}}, {{{}, "140"}}).ask(ratio_asked());
  EXPECT_EQ(reading.reason, "MultipleSeries");
  EXPECT_THAT(reading.message, HasSubstr("rejections.numerator of stable gives 2 series"));
  EXPECT_EQ(reading.signals[0].stable, std::nullopt);
}

TEST(PrometheusRatio, RO21SeveralSeriesOfOnePodAreNoData) {
  const std::vector<testing::Sample> twice = {
      {{{"pod", std::string(kStablePod)}, {"code", "200"}}, "5"},
      {{{"pod", std::string(kStablePod)}, {"code", "500"}}, "1"}};
  EXPECT_EQ(ratio(twice, twice, {{{}, "100"}}, {{{}, "140"}}).ask(ratio_asked()).reason,
            "MultipleSeries");
}

// The form of the design's own example: sum by (pod) (...).
TEST(PrometheusRatio, MP7OneSeriesForEachPodIsSubtractedPerPod) {
  core::Question question = ratio_asked();
  question.stable->known_pods.push_back(testing::old_pod("b"));
  // Pod b began anew, pod c has gone.
  const core::Reading reading =
      ratio({of_pod(kStablePod, "5"), of_pod("b", "50")},
            {of_pod(kStablePod, "8"), of_pod("b", "1")},
            {of_pod(kStablePod, "100"), of_pod("b", "500"), of_pod("c", "900")},
            {of_pod(kStablePod, "140"), of_pod("b", "10")})
          .ask(question);
  EXPECT_EQ(reading.reason, "Available");
  EXPECT_EQ(reading.signals[0].stable, (Counts{50, 4}));
}

// A sum over pods falls when one of them goes; taking the rest for new requests would invent them.
TEST(PrometheusRatio, MP7ASumThatFellIsNoData) {
  const core::Reading reading =
      ratio({{{}, "5"}}, {{{}, "8"}}, {{{}, "1000"}}, {{{}, "900"}}).ask(ratio_asked());
  EXPECT_EQ(reading.reason, "QueryFailed");
  EXPECT_THAT(reading.message, HasSubstr("denominator fell: a pod went or began anew"));
  EXPECT_THAT(reading.message, HasSubstr("sum by (pod)"));
}

TEST(PrometheusRatio, MP4NoSeriesIsNoData) {
  EXPECT_EQ(ratio({{{}, "5"}}, {{{}, "8"}}, {}, {}).ask(ratio_asked()).reason, "NoTraffic");
  // A missing numerator of a metric that only the user understands is not zero.
  const core::Reading reading = ratio({}, {}, {{{}, "100"}}, {{{}, "140"}}).ask(ratio_asked());
  EXPECT_EQ(reading.reason, "NoTraffic");
  EXPECT_THAT(reading.message, HasSubstr("rejections.numerator of stable gives no series"));
}

TEST(PrometheusRatio, MP5AFractionIsRefused) {
  EXPECT_EQ(
      ratio({{{}, "5.5"}}, {{{}, "8"}}, {{{}, "100"}}, {{{}, "140.2"}}).ask(ratio_asked()).reason,
      "QueryFailed");
}

TEST(PrometheusRatio, MP4MorePartThanWholeIsRefused) {
  const core::Reading reading =
      ratio({{{}, "5"}}, {{{}, "80"}}, {{{}, "100"}}, {{{}, "140"}}).ask(ratio_asked());
  EXPECT_EQ(reading.reason, "QueryFailed");
  EXPECT_THAT(reading.message, HasSubstr("grew by more than its denominator"));
}

TEST(PrometheusRatio, MP4AScalarWillDo) {
  FakePrometheus prometheus = ratio({}, {{{}, "8"}}, {{{}, "100"}}, {{{}, "140"}});
  prometheus.fail(
      "part", kBefore,
      testing::ok_response(
          R"({"status":"success","data":{"resultType":"scalar","result":[1783999970,"5"]}})"));
  EXPECT_EQ(prometheus.ask(ratio_asked()).signals[0].stable, (Counts{40, 3}));
}

// ---- traefik ----

core::Question routed() {
  core::Question question = errors_asked();
  question.preset = "";
  question.router = api::RouterType::kGatewayApi;
  return question;
}

testing::Sample proxied(const std::string& service, const std::string& code, const char* value) {
  return {
      {{"instance", "10.0.0.9:8082"}, {"service", service + "@kubernetesgateway"}, {"code", code}},
      value};
}

constexpr const char* kTraefikTotal = "traefik_service_requests_total";

FakePrometheus through_traefik(const std::string& stable, const std::string& canary) {
  FakePrometheus prometheus = testing::healthy();
  prometheus.set(kTraefikTotal, kBefore,
                 {proxied(stable, "200", "1000"), proxied(canary, "200", "100")});
  prometheus.set(
      kTraefikTotal, kAt,
      {proxied(stable, "200", "1090"), proxied(canary, "200", "108"), proxied(canary, "502", "2")});
  prometheus.set("traefik_config_last_reload_success", kAt, {{{}, "1"}});
  return prometheus;
}

TEST(PrometheusPresetTraefik, MP17TheRouterIsPreferredWhenItKnowsTheArms) {
  const core::Reading reading =
      through_traefik("shop-ranker-http-80", "shop-ranker-canary-http-80").ask(routed());
  EXPECT_EQ(reading.preset, "traefik");
  EXPECT_EQ(reading.side, "Router");  // MP-18
  EXPECT_EQ(reading.reason, "Available");
  EXPECT_EQ(reading.signals[0].stable, (Counts{90, 0}));
  EXPECT_EQ(reading.signals[0].canary, (Counts{10, 2}));
}

// docs/decisions/0013-traefik-metrics.md.
TEST(PrometheusPresetTraefik, MP17NamesOfOlderAndNewerReleasesAreKnown) {
  EXPECT_EQ(through_traefik("shop-ranker-80", "shop-ranker-canary-80").ask(routed()).preset,
            "traefik");
  const std::string route = "httproute-shop-ranker-gw-default-public-ep-web-0-1c0cf64bde37d9d0df06";
  EXPECT_EQ(through_traefik(route + "-svc-shop-ranker-0", route + "-svc-shop-ranker-canary-1")
                .ask(routed())
                .signals[0]
                .canary,
            (Counts{10, 2}));
}

TEST(PrometheusPresetTraefik, MP2ServicesOfOthersAreNotOurs) {
  for (const char* other : {"shop-ranker-http-8080", "shop-ranker-canary-2-http-80",
                            "other-ranker-canary-http-80", "shop-ranker-canary-http-80-wrr"}) {
    const core::Reading reading = through_traefik("shop-ranker-http-80", other).ask(routed());
    EXPECT_EQ(reading.signals[0].canary, std::nullopt) << other;
    EXPECT_EQ(reading.reason, "NoTraffic") << other;
  }
}

// The router knows stable; it would know canary if anybody had asked it. The choice is for the
// whole rollout and is not made on the absence of a first request.
TEST(PrometheusPresetTraefik, MP17ARouterThatKnowsOneArmIsWaitedFor) {
  FakePrometheus prometheus = testing::healthy();
  prometheus.set(kTraefikTotal, kAt, {proxied("shop-ranker-http-80", "200", "1090")});
  prometheus.set("traefik_config_last_reload_success", kAt, {{{}, "1"}});
  const core::Reading reading = prometheus.ask(routed());
  EXPECT_EQ(reading.preset, "");
  EXPECT_EQ(reading.side, "Router");
  EXPECT_EQ(reading.reason, "NoTraffic");
}

TEST(PrometheusPresetTraefik, MP17ARouterThatKnowsNeitherArmIsPassedOver) {
  const core::Reading reading = testing::healthy().ask(routed());
  EXPECT_EQ(reading.preset, "http");
  EXPECT_EQ(reading.side, "Server");
  EXPECT_EQ(reading.signals[0].canary, (Counts{50, 3}));
}

TEST(PrometheusPresetTraefik, MP17ALostAnswerDoesNotDecideTheChoice) {
  FakePrometheus prometheus = testing::healthy();
  prometheus.fail(kTraefikTotal, kAt, testing::ok_response(""));
  const core::Reading reading = prometheus.ask(routed());
  EXPECT_EQ(reading.preset, "");
  EXPECT_EQ(reading.reason, "QueryFailed");
}

TEST(PrometheusPresetTraefik, MP19ARouterThatNobodyScrapesIsSaidSo) {
  core::Question question = routed();
  question.preset = "traefik";
  const core::Reading reading = testing::healthy().ask(question);
  EXPECT_EQ(reading.reason, "NotScraped");
  EXPECT_THAT(reading.message, HasSubstr("no series of traefik at all"));
}

TEST(PrometheusPresetTraefik, MP19AScrapedRouterWithoutOurServiceHasNoTraffic) {
  FakePrometheus prometheus;
  prometheus.set("traefik_config_last_reload_success", kAt, {{{}, "1"}});
  core::Question question = routed();
  question.preset = "traefik";
  const core::Reading reading = prometheus.ask(question);
  EXPECT_EQ(reading.reason, "NoTraffic");
  EXPECT_THAT(reading.message, HasSubstr("no request for Service shop/ranker yet"));
}

// R3-20: the series begins with the first request; what it holds then is not this tick's.
TEST(PrometheusPresetTraefik, MP6ARouterSeriesFirstSeenOnlySetsTheBaseline) {
  FakePrometheus prometheus = through_traefik("shop-ranker-http-80", "shop-ranker-canary-http-80");
  prometheus.set(kTraefikTotal, kBefore, {proxied("shop-ranker-http-80", "200", "1000")});
  const core::Reading reading = prometheus.ask(routed());
  EXPECT_EQ(reading.preset, "traefik");
  EXPECT_EQ(reading.reason, "NoTraffic");
  EXPECT_EQ(reading.signals[0].canary, std::nullopt);
}

// The code of gRPC is its own: 0 is fine, 14 is unavailable, 5 is the client's.
TEST(PrometheusPresetTraefik, MP8GrpcCodesAreJudgedAsSuch) {
  FakePrometheus prometheus = through_traefik("shop-ranker-http-80", "shop-ranker-canary-http-80");
  prometheus.set(kTraefikTotal, kAt,
                 {proxied("shop-ranker-http-80", "200", "1090"),
                  proxied("shop-ranker-canary-http-80", "200", "100"),
                  proxied("shop-ranker-canary-http-80", "0", "50"),
                  proxied("shop-ranker-canary-http-80", "14", "3"),
                  proxied("shop-ranker-canary-http-80", "5", "7")});
  EXPECT_EQ(prometheus.ask(routed()).signals[0].canary, (Counts{60, 3}));
}

// ---- what a real Prometheus answered ----

// Answers as they were recorded, by query and instant.
class Recording {
 public:
  explicit Recording(const std::string& name)
      : json_(json::parse(testing::read_golden("prometheus/" + name))) {}

  base::Time from() const { return base::Time::from_unix_s(json_.at("from").get<int64_t>()); }

  base::Time to() const { return base::Time::from_unix_s(json_.at("to").get<int64_t>()); }

  std::vector<base::Result<base::HttpResponse>> answers(
      const std::vector<base::HttpRequest>& asked) const {
    std::vector<base::Result<base::HttpResponse>> out;
    for (const base::HttpRequest& request : asked) out.push_back(answer(request));
    return out;
  }

 private:
  base::HttpResponse answer(const base::HttpRequest& request) const {
    const std::string time = testing::parameter(request, "time");
    for (const json& entry : json_.at("answers")) {
      if (entry["query"] != testing::parameter(request, "query")) continue;
      if (entry.contains("time") && entry["time"].dump() != time) continue;
      return testing::ok_response(entry["body"].dump());
    }
    ADD_FAILURE() << "not recorded: " << request.target;
    return {};
  }

  json json_;
};

core::Question recorded_question(const Recording& recording, const std::string& preset) {
  core::Question question =
      testing::question({testing::error_rate(), testing::latency(std::chrono::milliseconds(250))});
  question.router = api::RouterType::kGatewayApi;
  question.preset = preset;
  question.at = recording.to();
  return question;
}

core::Reading read_recorded(const Recording& recording, const std::string& preset) {
  core::Question question = recorded_question(recording, preset);
  question.previous = recording.from();
  const auto asked = prometheus_source().render(question);
  EXPECT_TRUE(asked.ok());
  return prometheus_source().parse(question, recording.answers(*asked));
}

// The two servers had counted this themselves: 216 requests with 1 error and 12 above 250 ms, and
// 24 with 2 and 7.
TEST(PrometheusRecorded, MP5HttpCountsAreThoseOfTheServers) {
  const core::Reading reading = read_recorded(Recording("tick.json"), "http");
  EXPECT_EQ(reading.reason, "Available");
  EXPECT_EQ(reading.signals[0].stable, (Counts{216, 1}));
  EXPECT_EQ(reading.signals[0].canary, (Counts{24, 2}));
  EXPECT_EQ(reading.signals[1].stable, (Counts{216, 12}));
  EXPECT_EQ(reading.signals[1].canary, (Counts{24, 7}));
}

// Seen from the proxy, whose label `service` had to make way for one of the scrape's; its next
// boundary is 300 ms.
TEST(PrometheusRecorded, MP17TraefikCountsTheSameAndIsPreferred) {
  const core::Reading reading = read_recorded(Recording("tick.json"), "");
  EXPECT_EQ(reading.preset, "traefik");
  EXPECT_EQ(reading.reason, "Available");
  EXPECT_EQ(reading.signals[0].stable, (Counts{216, 1}));
  EXPECT_EQ(reading.signals[0].canary, (Counts{24, 2}));
  EXPECT_EQ(reading.signals[1].threshold_used, std::chrono::milliseconds(300));
  EXPECT_EQ(reading.signals[1].stable, (Counts{216, 12}));
  EXPECT_EQ(reading.signals[1].canary, (Counts{24, 7}));
}

// Pods whose exporter Prometheus could not read: `up` was 0.
TEST(PrometheusRecorded, MP19AFailingScrapeIsNotScraped) {
  const core::Reading reading = read_recorded(Recording("down.json"), "http");
  EXPECT_EQ(reading.reason, "NotScraped");
  EXPECT_THAT(reading.message, HasSubstr("in vain (up is 0)"));
}

// Traefik's own exposition has the names that the preset asks for.
TEST(PrometheusRecorded, MP17TheExpositionOfTraefikHasTheseNames) {
  const std::string text = testing::read_golden("traefik/metrics.txt");
  for (const char* line :
       {"\ntraefik_service_requests_total{code=\"200\",method=\"GET\",protocol=\"http\",service=\""
        "shop-ranker-canary-http-80@kubernetesgateway\"} 36\n",
        "\ntraefik_service_request_duration_seconds_bucket{code=\"200\",method=\"GET\",protocol="
        "\"http\",service=\"shop-ranker-http-80@kubernetesgateway\",le=\"0.3\"} ",
        "\ntraefik_config_last_reload_success "}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

// F-17: recorded bodies with bytes changed, cut or doubled. Nothing crashes, and what is read is
// either unusable or a count that adds up.
TEST(PrometheusRecorded, SEC40DamagedAnswersAreNoDataOrSoundCounts) {
  const Recording recording("tick.json");
  core::Question question = recorded_question(recording, "");
  question.previous = recording.from();
  const auto asked = prometheus_source().render(question);
  ASSERT_TRUE(asked.ok());
  base::Rng rng(7);
  for (int round = 0; round < 500; ++round) {
    std::vector<base::Result<base::HttpResponse>> answers = recording.answers(*asked);
    std::string& body = answers[rng.next() % answers.size()].value().body;
    for (uint64_t i = 0; i <= rng.next() % 4; ++i) {
      const size_t at = rng.next() % body.size();
      switch (rng.next() % 3) {
        case 0: body[at] = static_cast<char>(rng.next() % 256); break;
        case 1: body.resize(std::max<size_t>(at, 1)); break;
        default: body.insert(at, body.substr(0, rng.next() % 64)); break;
      }
    }
    for (const core::SignalReading& signal : prometheus_source().parse(question, answers).signals) {
      for (const std::optional<Counts>& counts : {signal.stable, signal.canary}) {
        if (!counts) continue;
        EXPECT_GE(counts->bad, 0) << round;
        EXPECT_LE(counts->bad, counts->n) << round;
      }
    }
  }
}

// ---- baseline (R3-20) ----

core::BaselineReading read_baseline(const Recording& recording, const std::string& preset) {
  const core::Question question = recorded_question(recording, preset);
  const base::Duration interval = std::chrono::seconds(5);
  const auto asked = prometheus_source().render_baseline(question, interval);
  EXPECT_TRUE(asked.ok());
  return prometheus_source().parse_baseline(question, interval, recording.answers(*asked));
}

TEST(PrometheusRecorded, MP11TheBaselineIsTheTicksThatHadRequests) {
  const core::BaselineReading http = read_baseline(Recording("baseline.json"), "http");
  EXPECT_EQ(http.preset, "http");
  ASSERT_EQ(http.ticks.size(), 2);
  // The counter is first seen 65 s in, with 39: that only sets the baseline.
  EXPECT_THAT(http.ticks[0], ElementsAre(Counts{15, 0}, Counts{27, 0}, Counts{67, 0}, Counts{63, 0},
                                         Counts{50, 1}, Counts{9, 0}));
  // The histogram was there before the first request.
  EXPECT_THAT(http.ticks[1], ElementsAre(Counts{39, 2}, Counts{15, 2}, Counts{27, 3}, Counts{67, 2},
                                         Counts{63, 2}, Counts{50, 5}, Counts{9, 0}));
}

TEST(PrometheusRecorded, MP17TheBaselinePrefersTheRouterToo) {
  const core::BaselineReading reading = read_baseline(Recording("baseline.json"), "");
  EXPECT_EQ(reading.preset, "traefik");
  EXPECT_EQ(reading.side, "Router");
  EXPECT_EQ(reading.ticks[0].size(), 12);
  EXPECT_EQ(reading.ticks[0].front(), (Counts{36, 0}));
}

TEST(PrometheusBaseline, MP12AnUnusableAnswerGivesNoTicks) {
  core::Question question = errors_asked();
  const std::vector<base::Result<base::HttpResponse>> answers = {
      testing::ok_response("<html></html>")};
  const core::BaselineReading reading =
      prometheus_source().parse_baseline(question, std::chrono::seconds(30), answers);
  EXPECT_EQ(reading.preset, "");
  ASSERT_EQ(reading.ticks.size(), 1);
  EXPECT_THAT(reading.ticks[0], IsEmpty());
  EXPECT_THAT(
      prometheus_source().parse_baseline(question, std::chrono::seconds(30), {}).ticks.front(),
      IsEmpty());
}

// One unknown value costs the two ticks it belongs to.
TEST(PrometheusBaseline, MP12NotANumberCostsItsTicksOnly) {
  core::Question question = errors_asked();
  json values = json::array();
  for (int i = 0; i <= 20; ++i) {
    values.push_back({1783999400 + 30 * i, i == 5 ? "NaN" : std::to_string(100 * i)});
  }
  const json body = {{"status", "success"},
                     {"data",
                      {{"resultType", "matrix"},
                       {"result",
                        {{{"metric", {{"pod", kStablePod}, {"instance", "a"}, {"code", "200"}}},
                          {"values", values}}}}}}};
  const std::vector<base::Result<base::HttpResponse>> answers = {testing::ok_response(body.dump())};
  const core::BaselineReading reading =
      prometheus_source().parse_baseline(question, std::chrono::seconds(30), answers);
  EXPECT_EQ(reading.ticks[0].size(), 18);
  EXPECT_EQ(reading.ticks[0][4], (Counts{100, 0}));
}

}  // namespace
}  // namespace kaizen::ext
