#include "core/rollout/evidence_questions.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/foreign.h"
#include "api/model_deployment.h"
#include "base/duration.h"
#include "base/hash.h"
#include "base/number.h"
#include "base/text.h"
#include "base/time.h"
#include "base/uid.h"
#include "core/extensions.h"
#include "core/names.h"
#include "core/rollout/analysis_setup.h"
#include "core/rollout/defaults.h"
#include "core/rollout/evidence.h"
#include "core/rollout/revision.h"
#include "core/rollout/snapshot.h"
#include "core/settings.h"
#include "schema/json_writer.h"

namespace kaizen::core {

namespace {

constexpr base::Duration kSlowTick = std::chrono::minutes(5);  // R2-56

constexpr size_t kKeyDigits = 16;  // 64 bits of the digest

base::Duration whole_intervals(base::Duration span, base::Duration interval) {
  return (span + interval - base::Duration(1)) / interval * interval;
}

// A name as a regular expression that matches it alone: of what a name may hold, only the dot means
// something else there.
std::string quoted(std::string_view name) {
  return base::replace_all(name, ".", "\\.");
}

// When the counters of a container began anew (MP-7).
std::optional<base::Time> last_restart(const api::Pod& pod) {
  std::optional<base::Time> last;
  for (const api::ContainerStatus& container : pod.status.container_statuses) {
    if (container.restart_count == 0 || !container.state.started_at) continue;
    if (!last || *last < *container.state.started_at) last = container.state.started_at;
  }
  return last;
}

Arm arm(const RolloutSnapshot& snapshot, std::string_view revision, std::string service) {
  const std::string& deployment = snapshot.object->metadata.name;
  Arm made;
  made.revision = std::string(revision);
  made.workload = workload_name(deployment, revision);
  made.pods = base::concat({quoted(made.workload), "-[a-z0-9]+-[a-z0-9]{5}"});  // MP-1
  made.service = std::move(service);
  for (const auto& pod : snapshot.pods) {
    const auto of = pod->metadata.labels.find(label::kRevision);
    if (of == pod->metadata.labels.end() || of->second != revision) continue;
    const std::optional<base::Time> created = pod->metadata.creation_timestamp;
    if (!created) continue;
    made.known_pods.push_back(
        {.name = pod->metadata.name, .created = *created, .restarted = last_restart(*pod)});
  }
  return made;
}

std::string route_name(const api::ModelDeployment& object) {
  const api::Traffic traffic = object.spec.traffic.value_or(api::Traffic{});
  const api::GatewayApiSpec gateway = traffic.gateway_api.value_or(api::GatewayApiSpec{});
  return gateway.http_route ? gateway.http_route->name : object.metadata.name;  // else our own
}

Question common(const EvidenceInput& input,
                const ResolvedAnalysis& resolved,
                const MetricSource& source) {
  const api::ModelDeployment& object = *input.snapshot->object;
  Question question;
  question.ns = object.metadata.ns;
  question.deployment = object.metadata.name;
  if (object.spec.model) question.model = object.spec.model->name;
  if (question.model.empty()) question.model = object.metadata.name;
  question.router = router_type_of(object.spec);
  if (question.router == api::RouterType::kGatewayApi) question.route = route_name(object);
  question.port = service_port_of(object.spec);
  question.side = resolved.side;
  for (const ResolvedMetric& metric : resolved.metrics) question.signals.push_back(metric.signal);
  question.source = source;
  return question;
}

void write_arm(schema::JsonWriter& json, const std::optional<Arm>& arm) {
  if (!arm) {
    json.null();
    return;
  }
  json.begin_array();
  json.string(arm->revision).string(arm->workload).string(arm->pods).string(arm->service);
  json.end_array();
}

}  // namespace

TickClock tick_clock(const ResolvedAnalysis& resolved, const MetricSource& source, bool slow) {
  const base::Duration length =
      slow ? std::max(resolved.interval, whole_intervals(kSlowTick, resolved.interval))
           : resolved.interval;
  return {.interval = resolved.interval, .length = length, .lag = source.scrape_interval};
}

base::Time instant_from(const TickClock& clock, base::Time time) {
  const base::Time floor = base::floor_to(time, clock.interval);
  return floor == time ? floor : floor + clock.interval;
}

base::Time first_instant(const TickClock& clock, base::Time samples_from) {
  return instant_from(clock, samples_from + clock.lag);
}

base::Time tick_end(const TickClock& clock,
                    base::Time from,
                    base::Time now,
                    base::Duration patience) {
  // A stored cursor may lie between two instants when the interval was edited.
  const base::Time first = base::floor_to(from, clock.interval) + clock.length;
  if (now < first + clock.lag) return first;
  const base::Duration step = end_step(clock, patience);
  return first + (now - clock.lag - first) / step * step;
}

base::Duration end_step(const TickClock& clock, base::Duration patience) {
  return std::max(clock.length, whole_intervals(patience, clock.interval));
}

bool gap_too_long(const TickClock& clock, base::Time previous, base::Time now) {
  return now - clock.lag - previous >= (kMaxGapTicks + 1) * clock.length;
}

base::Time last_instant(const TickClock& clock, base::Time now) {
  return base::floor_to(now - clock.lag, clock.interval);
}

Question question_for(const EvidenceInput& input,
                      const ResolvedAnalysis& resolved,
                      const MetricSource& source,
                      const api::AnalysisStatus& analysis) {
  const std::string& name = input.snapshot->object->metadata.name;
  Question question = common(input, resolved, source);
  if (analysis.source && analysis.source->frozen_at) question.preset = analysis.source->preset;
  if (input.sampling == Sampling::kBake) {
    question.canary = arm(*input.snapshot, input.candidate_revision, name);  // R3-20
    return question;
  }
  question.stable = arm(*input.snapshot, input.stable_revision, name);
  question.canary = arm(*input.snapshot, input.candidate_revision, canary_service_name(name));
  return question;
}

Question baseline_question(const EvidenceInput& input,
                           const ResolvedAnalysis& resolved,
                           const MetricSource& source,
                           base::Time at) {
  Question question = common(input, resolved, source);
  question.stable =
      arm(*input.snapshot, input.stable_revision, input.snapshot->object->metadata.name);
  question.previous = at - kMaxGapTicks * resolved.interval;
  question.at = at;
  return question;
}

std::string question_key(const RolloutSnapshot& snapshot, const Question& question) {
  schema::JsonWriter json;
  json.begin_array();
  json.string(base::to_string(snapshot.object->metadata.uid));
  json.string(question.model).string(question.route).integer(question.port);
  json.integer(static_cast<int64_t>(question.router)).integer(static_cast<int64_t>(question.side));
  json.string(question.preset);
  write_arm(json, question.stable);
  write_arm(json, question.canary);
  json.integer(question.previous.unix_us());
  for (const Signal& signal : question.signals) {
    json.string(signal.name).integer(static_cast<int64_t>(signal.kind));
    json.integer(signal.threshold.count()).string(signal.numerator).string(signal.denominator);
    json.boolean(signal.complement);
  }
  const MetricSource& source = question.source;
  json.string(source.name).string(source.path_prefix).string(source.namespace_label);
  json.string(source.pod_label).integer(source.scrape_interval.count());
  json.end_array();
  return base::concat({"metrics/", question.ns, "/", question.deployment, "/",
                       base::sha256_hex(json.take()).substr(0, kKeyDigits)});
}

std::string probe_id(std::string_view question_key, base::Time at) {
  return base::concat({question_key, "@", std::to_string(at.unix_us())});
}

std::vector<Answered> answers_to(const RolloutSnapshot& snapshot, std::string_view question_key) {
  std::vector<Answered> found;
  for (const Answer& answer : snapshot.answers) {
    const std::string_view id = answer.id;
    if (!id.starts_with(question_key) || id.size() <= question_key.size() ||
        id[question_key.size()] != '@') {
      continue;
    }
    const auto at = base::parse_int(id.substr(question_key.size() + 1));
    if (at) found.push_back({.at = base::Time::from_unix_us(*at), .answer = &answer});
  }
  std::sort(found.begin(), found.end(),
            [](const Answered& a, const Answered& b) { return a.at < b.at; });
  return found;
}

}  // namespace kaizen::core
