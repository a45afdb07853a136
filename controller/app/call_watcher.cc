#include "app/call_watcher.h"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "base/duration.h"
#include "base/text.h"
#include "base/thread_annotations.h"
#include "base/time.h"
#include "kube/target.h"
#include "net/cpprest_transport.h"
#include "telemetry/names.h"
#include "telemetry/telemetry.h"

namespace kaizen::app {

namespace {

constexpr base::Duration kWarnAgain = std::chrono::hours(1);       // RT-16
constexpr base::Duration kProblemAgain = std::chrono::minutes(1);  // RT-18
// A server that words each warning differently must not fill the memory.
constexpr size_t kMaxWarnings = 1024;
constexpr size_t kMaxWarningBytes = 512;

// As client-go names a request without an answer.
std::string code_of(const net::CallReport& report) {
  return report.status == 0 ? "<error>" : std::to_string(report.status);
}

double seconds(base::Duration span) {
  return std::chrono::duration<double>(span).count();
}

}  // namespace

bool WarningLog::admit(const std::string& kind, const std::string& text, base::MonoTime now) {
  std::erase_if(told_, [now](const auto& item) { return now - item.second >= kWarnAgain; });
  if (told_.size() >= kMaxWarnings) return false;
  return told_.try_emplace({kind, text.substr(0, kMaxWarningBytes)}, now).second;
}

void CallWatcher::on_api_call(const net::CallReport& report) {
  const kube::Target asked = kube::read_target(report.method, report.target);
  const std::string code = code_of(report);
  telemetry_.count(telemetry::kRestRequests, {code, report.method, report.host});
  telemetry_.count(telemetry::kApiRequests, {asked.verb, asked.resource, code});
  // A watch lasts as long as it is allowed to, which says nothing.
  if (asked.verb != "watch") {
    telemetry_.observe(telemetry::kApiSeconds, {asked.verb}, seconds(report.took));
  }
  tell_problem(report);
  for (const std::string& text : report.warnings) tell_warning(asked.resource, text);
}

void CallWatcher::on_source_call(const net::CallReport& report) {
  telemetry_.count(telemetry::kRestRequests, {code_of(report), report.method, report.host});
  tell_problem(report);
}

void CallWatcher::tell_problem(const net::CallReport& report) {
  if (report.problem.empty()) return;
  telemetry_.count(telemetry::kCredentialProblems, {report.host, report.problem});
  bool tell = false;
  {
    const base::MutexLock lock(mutex_);
    base::MonoTime& told =
        problems_told_[std::string(report.host) + ' ' + std::string(report.problem)];
    const base::MonoTime now = clock_.mono();
    tell = told == base::MonoTime() || now - told >= kProblemAgain;
    if (tell) told = now;
  }
  if (!tell) return;
  telemetry_.log({.level = telemetry::Level::kWarn,
                  .msg = "a credential file cannot be used, the last good content stays in use",
                  .fields = {{"host", report.host}, {"problem", report.problem}}});
}

void CallWatcher::tell_warning(std::string_view kind, const std::string& text) {
  telemetry_.count(telemetry::kApiWarnings, {kind});
  {
    const base::MutexLock lock(mutex_);
    if (!warnings_.admit(std::string(kind), text, clock_.mono())) return;
  }
  // The text belongs to the message: lines of one kind and message within 10 s are one (RT-93).
  telemetry_.log({.level = telemetry::Level::kWarn,
                  .msg = base::concat({"the API server warns: ", text}),
                  .kind = kind});
}

}  // namespace kaizen::app
