#include "drive/drive_test_support.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <gtest/gtest.h>

#include "base/text.h"

namespace kaizen::drive {

namespace {

constexpr auto kPatience = std::chrono::seconds(30);

base::Error cancelled() {
  return {.action = base::Action::kRetryCall,
          .code = base::Code::kCancelled,
          .message = "stopped",
          .retry_after = {}};
}

}  // namespace

base::Time ManualClock::now() const {
  return base::Time::from_unix_s(1'784'000'000) + base::Duration(passed_us_.load());
}

base::MonoTime ManualClock::mono() const {
  return base::MonoTime::from_us(1'000'000'000 + (passed_us_ += step_us_.load()));
}

void ManualClock::advance(base::Duration span) {
  passed_us_ += span.count();
}

void ManualClock::run_by(base::Duration step) {
  step_us_ = step.count();
}

void Recorder::change(const telemetry::MetricInfo& info,
                      std::initializer_list<std::string_view> labels,
                      const std::function<void(double&)>& how) {
  EXPECT_EQ(info.labels.size(), labels.size()) << info.name;
  std::string series = base::concat({info.name, "{"});
  for (const std::string_view label : labels) {
    series += base::concat({series.ends_with('{') ? "" : ",", label});
  }
  const std::lock_guard lock(mutex_);
  how(values_[series + "}"]);
  changed_.notify_all();
}

void Recorder::count(const telemetry::MetricInfo& info,
                     std::initializer_list<std::string_view> labels,
                     double by) {
  EXPECT_GE(by, 0) << info.name;
  change(info, labels, [by](double& value) { value += by; });
}

void Recorder::set(const telemetry::MetricInfo& info,
                   std::initializer_list<std::string_view> labels,
                   double value) {
  change(info, labels, [value](double& old) { old = value; });
}

void Recorder::observe(const telemetry::MetricInfo& info,
                       std::initializer_list<std::string_view> labels,
                       double value) {
  EXPECT_GE(value, 0) << info.name;
  change(info, labels, [](double& old) { old += 1; });
}

void Recorder::log(const telemetry::LogLine& line) {
  std::string text = base::concat({line.msg, "|", line.kind});
  for (const auto& [key, value] : line.fields) text += base::concat({"|", key, "=", value});
  if (action_ && text.find(awaited_) != std::string::npos) action_();
  const std::lock_guard lock(mutex_);
  lines_.push_back(std::move(text));
  changed_.notify_all();
}

double Recorder::value(const std::string& series) const {
  const std::lock_guard lock(mutex_);
  const auto found = values_.find(series);
  return found == values_.end() ? 0 : found->second;
}

bool Recorder::await_value(const std::string& series, double at_least) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [&] {
    const auto found = values_.find(series);
    return found != values_.end() && found->second >= at_least;
  });
}

std::vector<std::string> Recorder::lines() const {
  const std::lock_guard lock(mutex_);
  return lines_;
}

bool Recorder::await_line(std::string_view part) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [&] {
    return std::ranges::any_of(
        lines_, [&](const std::string& line) { return line.find(part) != std::string::npos; });
  });
}

void Recorder::when_line(std::string part, std::function<void()> action) {
  awaited_ = std::move(part);
  action_ = std::move(action);
}

base::Result<base::HttpResponse> HoldingTransport::call(const base::HttpRequest& request,
                                                        const net::CallLimits& limits) {
  if (!pass(request, request.method, limits.stop)) return cancelled();
  if (auto refusal = refusal_of(request)) return *std::move(refusal);
  return inner_.call(request, limits);
}

base::Result<net::StreamEnd> HoldingTransport::stream(const base::HttpRequest& request,
                                                      base::Duration idle,
                                                      net::ByteSink& sink,
                                                      std::stop_token stop) {
  if (!pass(request, "STREAM", stop)) return cancelled();
  if (auto refusal = refusal_of(request)) {
    if (!refusal->ok()) return refusal->error();
    return net::StreamEnd{
        .kind = net::StreamEndKind::kRefused, .response = **std::move(refusal), .detail = {}};
  }
  return inner_.stream(request, idle, sink, std::move(stop));
}

bool HoldingTransport::pass(const base::HttpRequest& request,
                            std::string_view verb,
                            const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  seen_.push_back(base::concat({verb, " ", request.target}));
  changed_.notify_all();
  const auto rule = [&]() -> const Rule* {
    for (const Rule& candidate : rules_) {
      const bool part = request.target.find(candidate.part) != std::string::npos;
      if (part && candidate.method == verb) return &candidate;
    }
    return nullptr;
  };
  if (rule() == nullptr) return true;
  ++held_;
  changed_.notify_all();
  if (rule()->deaf) {
    changed_.wait(lock, [&] { return rule() == nullptr; });
    return true;
  }
  return changed_.wait(lock, stop, [&] { return rule() == nullptr; });
}

std::optional<base::Result<base::HttpResponse>> HoldingTransport::refusal_of(
    const base::HttpRequest& request) {
  const std::lock_guard lock(mutex_);
  for (const Refusal& refusal : refusals_) {
    if (request.target.find(refusal.part) != std::string::npos) return refusal.answer;
  }
  return std::nullopt;
}

void HoldingTransport::refuse(std::string part, base::Result<base::HttpResponse> answer) {
  const std::lock_guard lock(mutex_);
  refusals_.push_back({std::move(part), std::move(answer)});
}

void HoldingTransport::hold(std::string method, std::string part, bool deaf) {
  const std::lock_guard lock(mutex_);
  rules_.push_back({std::move(method), std::move(part), deaf});
}

void HoldingTransport::release() {
  const std::lock_guard lock(mutex_);
  rules_.clear();
  refusals_.clear();
  changed_.notify_all();
}

bool HoldingTransport::await_held(size_t count) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [&] { return held_ >= count; });
}

std::vector<std::string> HoldingTransport::seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

bool HoldingTransport::await_seen(std::string_view part,
                                  size_t count,
                                  base::Duration patience) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience, [&] {
    const auto matches = [&](const std::string& line) {
      return line.find(part) != std::string::npos;
    };
    return static_cast<size_t>(std::ranges::count_if(seen_, matches)) >= count;
  });
}

Decisions& Decisions::get() {
  static Decisions the_one;
  return the_one;
}

void Decisions::reset(Script script) {
  const std::lock_guard lock(mutex_);
  script_ = std::move(script);
  names_.clear();
}

core::Plan Decisions::decide(const core::RolloutSnapshot& snapshot, base::Time now) {
  Script script;
  {
    const std::lock_guard lock(mutex_);
    names_.push_back(snapshot.object->metadata.name);
    script = script_;
    changed_.notify_all();
  }
  return script ? script(snapshot, now) : core::Plan{};
}

std::vector<std::string> Decisions::names() const {
  const std::lock_guard lock(mutex_);
  return names_;
}

size_t Decisions::count(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  return static_cast<size_t>(std::ranges::count(names_, name));
}

bool Decisions::await_count(std::string_view name, size_t at_least) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [&] {
    return static_cast<size_t>(std::ranges::count(names_, name)) >= at_least;
  });
}

core::Plan scripted_decide(const core::RolloutSnapshot& snapshot,
                           const core::Extensions& extensions,
                           base::Time now) {
  static_cast<void>(extensions);
  return Decisions::get().decide(snapshot, now);
}

void Latch::open() {
  const std::lock_guard lock(mutex_);
  open_ = true;
  changed_.notify_all();
}

bool Latch::wait() const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [&] { return open_; });
}

}  // namespace kaizen::drive
