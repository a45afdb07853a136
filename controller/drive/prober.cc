#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/http.h"
#include "base/result.h"
#include "base/text.h"
#include "base/time.h"
#include "core/plan.h"
#include "drive/prober_internal.h"
#include "net/transport.h"
#include "reconcile/probe.h"
#include "reconcile/wake.h"
#include "telemetry/names.h"

namespace kaizen::drive {

namespace {

// The label `result` as far as HTTP shows it; what the numbers say is told in the object's status.
std::string_view result_of(const base::Result<base::HttpResponse>& answer) {
  if (!answer.ok()) return answer.error().code == base::Code::kTimeout ? "timeout" : "error";
  return answer->status == 200 ? "ok" : "error";
}

// Would the other requests of the probe fare no better? So it is with a source that cannot be
// reached, and with one that lets the first wait in vain; one slow query after others that were
// answered says nothing about the next. Asked one by one, ten requests to a source that is down
// take a hundred seconds, and only then is it said (RO-24).
bool speaks_for_all(const base::Result<base::HttpResponse>& answer, bool answered_before) {
  if (answer.ok()) return false;
  const base::Code code = answer.error().code;
  if (code == base::Code::kTimeout) return !answered_before;
  return code == base::Code::kUnavailable || code == base::Code::kTls ||
         code == base::Code::kCancelled;
}

}  // namespace

void Prober::run() {
  while (const std::optional<reconcile::ProbeJob> job = parts_.probes->take(beat_)) {
    const bool wanted = parts_.observations->put(job->owner, ask(job->probe));
    parts_.probes->finish(*job);
    if (!wanted) continue;
    parts_.queue->add({{.key = job->owner.key,
                        .lane = reconcile::Lane::kNormal,
                        .trigger = reconcile::Trigger::kAnswer}});
  }
  beat_.rest();
}

core::Answer Prober::ask(const core::Probe& probe) {
  core::Answer answer{.id = probe.id, .responses = {}};
  net::Transport* const transport = transport_of(probe.endpoint);
  for (const base::HttpRequest& request : probe.requests) {
    if (transport == nullptr) {
      answer.responses.emplace_back(
          base::invalid(base::concat({"ask metric source ", probe.endpoint,
                                      ": the operator's configuration names no such source"})));
      continue;
    }
    answer.responses.push_back(send(probe, *transport, request));
    if (speaks_for_all(answer.responses.back(), answer.responses.size() > 1)) {
      const base::Result<base::HttpResponse> same = answer.responses.back();
      answer.responses.resize(probe.requests.size(), same);
      break;
    }
  }
  return answer;
}

base::Result<base::HttpResponse> Prober::send(const core::Probe& probe,
                                              net::Transport& transport,
                                              const base::HttpRequest& request) {
  const base::MonoTime started = parts_.clock->mono();
  base::Result<base::HttpResponse> answer =
      transport.call(request, {.total = probe.timeout,
                               .max_body_bytes = parts_.probes->limits().max_body_bytes,
                               .stop = parts_.stop});
  if (probe.endpoint != core::kKubeEndpoint) {
    const base::Duration took = parts_.clock->mono() - started;
    parts_.telemetry->count(telemetry::kMetricQueries, {probe.endpoint, result_of(answer)});
    parts_.telemetry->observe(telemetry::kMetricQuerySeconds, {probe.endpoint},
                              std::chrono::duration<double>(took).count());
  }
  return answer;
}

net::Transport* Prober::transport_of(std::string_view endpoint) const {
  if (endpoint == core::kKubeEndpoint) return parts_.api;
  const auto found = parts_.sources.find(std::string(endpoint));
  return found == parts_.sources.end() ? nullptr : found->second;
}

}  // namespace kaizen::drive
