// CallWatcher: turns the transports' reports into metrics and log lines (UX-80, RT-16, RT-18,
// RT-91). One for all transports; any thread.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/thread_annotations.h"
#include "base/time.h"
#include "net/cpprest_transport.h"
#include "telemetry/telemetry.h"

namespace kaizen::app {

// When the same warning was logged last (RT-16: once per kind and text in an hour). A machine; its
// owner holds a lock.
class WarningLog {
 public:
  // Whether to log it now.
  bool admit(const std::string& kind, const std::string& text, base::MonoTime now);

  size_t size() const { return told_.size(); }

 private:
  std::map<std::pair<std::string, std::string>, base::MonoTime> told_;
};

class CallWatcher {
 public:
  // Both outlive it.
  CallWatcher(const base::Clock& clock, telemetry::Telemetry& telemetry)
      : clock_(clock), telemetry_(telemetry) {}

  CallWatcher(const CallWatcher&) = delete;
  CallWatcher& operator=(const CallWatcher&) = delete;

  // A request to the API server.
  void on_api_call(const net::CallReport& report);

  // A request to a metric source.
  void on_source_call(const net::CallReport& report);

 private:
  void tell_problem(const net::CallReport& report);
  void tell_warning(std::string_view kind, const std::string& text);

  const base::Clock& clock_;
  telemetry::Telemetry& telemetry_;
  base::Mutex mutex_;
  WarningLog warnings_ KAIZEN_GUARDED_BY(mutex_);
  // By host and problem: one for each endpoint and member of an enum.
  std::map<std::string, base::MonoTime> problems_told_ KAIZEN_GUARDED_BY(mutex_);
};

}  // namespace kaizen::app
