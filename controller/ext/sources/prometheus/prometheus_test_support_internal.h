// A Prometheus in a test: series by metric and instant, answered in the form of its HTTP API.
// Tests only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/http.h"
#include "base/result.h"
#include "base/time.h"
#include "core/extensions.h"
#include "ext/sources/prometheus/prometheus.h"

namespace kaizen::ext::testing {

inline const base::Time kAt = base::Time::from_unix_s(1'784'000'000);  // a multiple of 30 s + 20 s
inline const base::Time kBefore = kAt - std::chrono::seconds(30);

inline constexpr std::string_view kStablePod = "ranker-4be2a9905d-7c9f4b8d6c-x2x4z";
inline constexpr std::string_view kCanaryPod = "ranker-6fd9a1c2d0-5d8c7b9f44-q9k2m";

inline core::Arm arm(const std::string& revision, const std::string& service) {
  core::Arm out;
  out.revision = revision;
  out.workload = "ranker-" + revision;
  out.pods = out.workload + "-[a-z0-9]+-[a-z0-9]{5}";  // MP-1
  out.service = service;
  return out;
}

inline core::PodFact old_pod(std::string_view name) {
  core::PodFact fact;
  fact.name = name;
  fact.created = kBefore - std::chrono::hours(1);
  return fact;
}

inline core::Signal error_rate() {
  core::Signal signal;
  signal.name = "errorRate";
  return signal;
}

inline core::Signal latency(base::Duration threshold) {
  core::Signal signal;
  signal.name = "latency";
  signal.kind = core::SignalKind::kLatency;
  signal.threshold = threshold;
  return signal;
}

inline core::Signal ratio(const std::string& numerator, const std::string& denominator) {
  core::Signal signal;
  signal.name = "rejections";
  signal.kind = core::SignalKind::kRatio;
  signal.numerator = numerator;
  signal.denominator = denominator;
  return signal;
}

// Both arms with one old pod each, preset http.
inline core::Question question(std::vector<core::Signal> signals) {
  core::Question out;
  out.ns = "shop";
  out.deployment = "ranker";
  out.model = "ranker";
  out.preset = "http";
  out.stable = arm("4be2a9905d", "ranker");
  out.stable->known_pods = {old_pod(kStablePod)};
  out.canary = arm("6fd9a1c2d0", "ranker-canary");
  out.canary->known_pods = {old_pod(kCanaryPod)};
  out.previous = kBefore;
  out.at = kAt;
  out.signals = std::move(signals);
  out.source.name = "main";
  return out;
}

// The query of a request, decoded, and its parameters.
struct Asked {
  std::string query;
  std::string time;  // of an instant query
};

inline std::string url_decode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
    i += 2;
  }
  return out;
}

inline std::string parameter(const base::HttpRequest& request, const std::string& name) {
  const size_t start = request.target.find(name + "=");
  if (start == std::string::npos) return "";
  const size_t value = start + name.size() + 1;
  const size_t end = std::min(request.target.find('&', value), request.target.size());
  return url_decode(std::string_view(request.target).substr(value, end - value));
}

inline base::HttpResponse ok_response(std::string body) {
  base::HttpResponse response;
  response.status = 200;
  response.headers = {{"Content-Type", "application/json"}};
  response.body = std::move(body);
  return response;
}

using Labels = std::map<std::string, std::string>;

struct Sample {
  Labels labels;
  std::string value;
};

inline std::string vector_body(base::Time at, const std::vector<Sample>& samples) {
  nlohmann::json result = nlohmann::json::array();
  for (const Sample& sample : samples) {
    result.push_back({{"metric", sample.labels},
                      {"value", {static_cast<double>(at.unix_us()) / 1e6, sample.value}}});
  }
  return nlohmann::json{{"status", "success"},
                        {"data", {{"resultType", "vector"}, {"result", result}}}}
      .dump();
}

// Answers whatever names a metric with the series set for it at that instant; what was not set is
// an empty vector.
class FakePrometheus {
 public:
  void set(const std::string& metric, base::Time at, std::vector<Sample> samples) {
    series_[{metric, at}] = std::move(samples);
  }

  // The next answers of that metric at that instant are this response instead.
  void fail(const std::string& metric, base::Time at, base::Result<base::HttpResponse> response) {
    failures_.insert_or_assign({metric, at}, std::move(response));
  }

  core::Reading ask(const core::Question& asked) const {
    const auto requests = prometheus_source().render(asked);
    EXPECT_TRUE(requests.ok()) << requests.error().message;
    if (!requests.ok()) return {};
    std::vector<base::Result<base::HttpResponse>> responses;
    for (const base::HttpRequest& request : *requests) responses.push_back(answer(request));
    return prometheus_source().parse(asked, responses);
  }

 private:
  using Key = std::pair<std::string, base::Time>;

  base::Result<base::HttpResponse> answer(const base::HttpRequest& request) const {
    const std::string query = parameter(request, "query");
    const base::Time at = base::Time::from_unix_s(std::stoll(parameter(request, "time")));
    for (const auto& [key, response] : failures_) {
      if (key.second == at && query.find(key.first) != std::string::npos) return response;
    }
    for (const auto& [key, samples] : series_) {
      if (key.second == at && query.find(key.first) != std::string::npos) {
        return ok_response(vector_body(at, samples));
      }
    }
    return ok_response(vector_body(at, {}));
  }

  std::map<Key, std::vector<Sample>> series_;
  std::map<Key, base::Result<base::HttpResponse>> failures_;
};

inline Sample requests(std::string_view pod, const std::string& code, const std::string& value) {
  return {{{"pod", std::string(pod)}, {"instance", "10.0.0.1:8080"}, {"code", code}}, value};
}

inline Sample bucket(std::string_view pod, const std::string& le, const std::string& value) {
  return {{{"pod", std::string(pod)}, {"instance", "10.0.0.1:8080"}, {"le", le}}, value};
}

// 100 requests and 1 error of stable, 50 and 3 of canary between the two instants.
inline FakePrometheus healthy() {
  FakePrometheus prometheus;
  prometheus.set("http_requests_total", kBefore,
                 {requests(kStablePod, "200", "1000"), requests(kStablePod, "500", "10"),
                  requests(kCanaryPod, "200", "200")});
  prometheus.set("http_requests_total", kAt,
                 {requests(kStablePod, "200", "1099"), requests(kStablePod, "500", "11"),
                  requests(kCanaryPod, "200", "247"), requests(kCanaryPod, "500", "3")});
  return prometheus;
}

}  // namespace kaizen::ext::testing
