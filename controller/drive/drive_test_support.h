// What drive's tests share: clocks the test moves, telemetry it can wait for, a transport that
// holds requests back, and a decide function that does what the test says. Any thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/duration.h"
#include "base/http.h"
#include "base/result.h"
#include "base/time.h"
#include "core/extensions.h"
#include "core/plan.h"
#include "core/rollout/snapshot.h"
#include "net/transport.h"
#include "telemetry/telemetry.h"

namespace kaizen::drive {

// Stands until it is moved. With a step it moves by itself each time somebody looks at it.
class ManualClock final : public base::Clock {
 public:
  base::Time now() const override;
  base::MonoTime mono() const override;

  void advance(base::Duration span);
  void run_by(base::Duration step);

 private:
  mutable std::atomic<int64_t> passed_us_ = 0;
  std::atomic<int64_t> step_us_ = 0;
};

// Counts and lines, kept. Waiting ends with false after 30 s of real time.
class Recorder final : public telemetry::Telemetry {
 public:
  void count(const telemetry::MetricInfo& info,
             std::initializer_list<std::string_view> labels,
             double by) override;
  void set(const telemetry::MetricInfo& info,
           std::initializer_list<std::string_view> labels,
           double value) override;
  void observe(const telemetry::MetricInfo& info,
               std::initializer_list<std::string_view> labels,
               double value) override;
  void log(const telemetry::LogLine& line) override;

  // "name{a,b}": of a counter the sum, of a gauge the last value, of a histogram the count.
  double value(const std::string& series) const;
  bool await_value(const std::string& series, double at_least) const;

  // "msg|kind|field=value|…"
  std::vector<std::string> lines() const;
  bool await_line(std::string_view part) const;
  // Calls `action` on the thread that logs such a line, before log() returns. Set it before there
  // are threads.
  void when_line(std::string part, std::function<void()> action);

 private:
  void change(const telemetry::MetricInfo& info,
              std::initializer_list<std::string_view> labels,
              const std::function<void(double&)>& how);

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::map<std::string, double> values_;
  std::vector<std::string> lines_;
  std::string awaited_;
  std::function<void()> action_;
};

// Passes requests on and remembers them. Holds back those it is told to until they are released or
// their stop token fires, and answers others in the server's place.
class HoldingTransport final : public net::Transport {
 public:
  explicit HoldingTransport(net::Transport& inner) : inner_(inner) {}

  base::Result<base::HttpResponse> call(const base::HttpRequest& request,
                                        const net::CallLimits& limits) override;
  base::Result<net::StreamEnd> stream(const base::HttpRequest& request,
                                      base::Duration idle,
                                      net::ByteSink& sink,
                                      std::stop_token stop) override;

  // Requests with that method whose target holds `part`. `deaf`: not even a stop token helps.
  void hold(std::string method, std::string part, bool deaf = false);
  // Requests and streams whose target holds `part` get this answer or error.
  void refuse(std::string part, base::Result<base::HttpResponse> answer);
  void release();  // of both
  bool await_held(size_t count) const;

  // "PATCH /apis/…", streams as "STREAM /apis/…".
  std::vector<std::string> seen() const;
  bool await_seen(std::string_view part,
                  size_t count,
                  base::Duration patience = std::chrono::seconds(30)) const;

 private:
  struct Rule {
    std::string method;
    std::string part;
    bool deaf = false;
  };

  struct Refusal {
    std::string part;
    base::Result<base::HttpResponse> answer;
  };

  std::optional<base::Result<base::HttpResponse>> refusal_of(const base::HttpRequest& request);

  // False: stopped while it was held.
  bool pass(const base::HttpRequest& request, std::string_view verb, const std::stop_token& stop);

  net::Transport& inner_;
  mutable std::mutex mutex_;
  mutable std::condition_variable_any changed_;
  std::vector<Rule> rules_;
  std::vector<Refusal> refusals_;
  std::vector<std::string> seen_;
  size_t held_ = 0;  // so far
};

// What decide() does and how often it was called. One per process: decide is a plain function.
class Decisions {
 public:
  using Script = std::function<core::Plan(const core::RolloutSnapshot&, base::Time)>;

  static Decisions& get();

  // Forgets everything. Without a script a decision wants nothing.
  void reset(Script script = {});

  core::Plan decide(const core::RolloutSnapshot& snapshot, base::Time now);

  // Names of the objects in the order of their decisions.
  std::vector<std::string> names() const;
  size_t count(std::string_view name) const;
  bool await_count(std::string_view name, size_t at_least) const;

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  Script script_;
  std::vector<std::string> names_;
};

core::Plan scripted_decide(const core::RolloutSnapshot& snapshot,
                           const core::Extensions& extensions,
                           base::Time now);

// Opened once; wait() ends with false after 30 s of real time.
class Latch {
 public:
  void open();
  bool wait() const;

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  bool open_ = false;
};

}  // namespace kaizen::drive
