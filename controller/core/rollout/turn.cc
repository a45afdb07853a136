#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "api/foreign.h"
#include "api/model_deployment.h"
#include "base/text.h"
#include "base/time.h"
#include "core/names.h"
#include "core/plan.h"
#include "core/reasons.h"
#include "core/rollout/assessment_internal.h"
#include "core/rollout/defaults.h"
#include "core/rollout/request.h"
#include "core/rollout/revision.h"
#include "core/rollout/status_text.h"
#include "core/rollout/turn_internal.h"
#include "schema/codec.h"

namespace kaizen::core {

namespace {

constexpr size_t kMaxReason = 320;  // of a history entry: 20 of them share 32 KiB
constexpr size_t kMaxHistory = 20;  // MD-15

// Nothing when the stored input cannot be read: only texts for people depend on it.
std::optional<api::Model> stored_model(const api::ControllerRevision& stored) {
  const auto data = parse_revision_data(stored);
  if (!data.ok()) {
    return std::nullopt;
  }
  const auto input = schema::decode<api::RevisionInput>(data->spec.text());
  return input.ok() ? input->model : std::nullopt;
}

}  // namespace

void tell(Turn& turn,
          EventType type,
          const Reason& reason,
          std::string_view action,
          std::string_view note) {
  EventNote event;
  event.type = type;
  event.reason = reason.name;
  event.action = action;
  event.note = shown(note, kMaxNote);
  turn.events.push_back(std::move(event));
}

void answer(Turn& turn, std::string_view outcome, std::string message) {
  const RequestReading& reading = turn.facts.request;
  api::LastRequest last;
  last.id = reading.unhandled_id;
  if (reading.request) {
    last.verb = to_string(reading.request->verb);
    last.by = reading.request->by;
  }
  last.outcome = outcome;
  last.message = shown(message);
  last.time = turn.now();
  const bool refused = outcome == "Refused";
  tell(turn, refused ? EventType::kWarning : EventType::kNormal,
       refused ? reason::kStaleRequest : reason::kRequestHandled, "HandleRequest",
       base::concat({"request ", last.id, last.verb.empty() ? "" : " (", last.verb,
                     last.verb.empty() ? "" : ")", last.by.empty() ? "" : " by ", last.by, ": ",
                     outcome, ": ", message}));
  turn.status.last_request = std::move(last);
  mark_handled(turn.status, reading.unhandled_id);
  turn.request_answered = true;
}

void enter_phase(Turn& turn, api::Phase phase) {
  turn.status.phase = phase;
  turn.status.held_reason.clear();
}

bool in_phase(const Turn& turn, api::Phase phase) {
  return turn.status.phase == phase;
}

std::optional<base::Time> overdue_since(const Turn& turn) {
  const auto& progress = turn.status.progress;
  if (!progress || !progress->since ||
      turn.now() < *progress->since + progress_deadline_of(turn.spec())) {
    return std::nullopt;
  }
  return progress->since;
}

bool before_no_return(const Turn& turn) {
  return turn.status.candidate && turn.status.stable &&
         (in_phase(turn, api::Phase::kPreparing) || in_phase(turn, api::Phase::kHeld) ||
          in_phase(turn, api::Phase::kPaused) || is_canary_phase(turn.status));
}

bool is_paused(const Turn& turn) {
  return turn.spec().paused || turn.status.paused_by.has_value();
}

void set_weight(Turn& turn, int32_t percent) {
  if (!turn.status.weight) {
    turn.status.weight.emplace();
  }
  api::WeightStatus& weight = *turn.status.weight;
  weight.intended = percent;
  weight.written_at = turn.now();
  weight.applied_at.reset();
  weight.samples_from.reset();
}

bool main_can_serve(const Assessment& facts) {
  return facts.main.ready > 0 || facts.canary.ready == 0;
}

int32_t carrying_pods(const Turn& turn) {
  const RevisionFacts& candidate = facts_of(turn.facts, candidate_of(turn.status));
  if (turn.facts.router->type == api::RouterType::kGatewayApi) {
    return candidate.canary_endpoints;
  }
  const bool seen = turn.status.weight && turn.status.weight->applied_at.has_value() &&
                    turn.status.weight->intended > 0;
  return seen ? candidate.main_endpoints : candidate.ready;
}

bool only_two_have_pods(const Turn& turn) {
  return std::ranges::all_of(turn.facts.revisions, [&turn](const auto& entry) {
    return entry.first == stable_of(turn.status) || entry.first == candidate_of(turn.status) ||
           entry.second.pods == 0;
  });
}

api::RevisionStatus describe_revision(const Assessment& facts, std::string_view revision) {
  api::RevisionStatus result;
  result.revision = revision;
  const RevisionFacts& found = facts_of(facts, revision);
  result.replicas = found.pods;
  result.ready = found.ready;
  const auto fill = [&result](const std::optional<api::Model>& model) {
    if (model) {
      result.version = model->version;
      result.digest = model->digest;
      result.uri = model->uri;
    }
  };
  if (revision == facts.target.spec_revision) {
    fill(facts.spec().model);
  } else if (found.stored != nullptr) {
    fill(stored_model(*found.stored));
  }
  return result;
}

bool outcome_is_stored(const Turn& turn, std::string_view revision, std::string_view outcome) {
  const auto& stored = facts_of(turn.facts, revision).stored;
  if (stored == nullptr) {
    return true;  // nothing left to carry the mark; status does
  }
  const auto it = stored->metadata.annotations.find(annotation::kOutcome);
  return it != stored->metadata.annotations.end() && it->second == outcome;
}

void add_history(Turn& turn,
                 std::string_view revision,
                 std::string_view outcome,
                 std::string_view reason) {
  api::HistoryEntry entry;
  entry.revision = revision;
  const api::RevisionStatus described = describe_revision(turn.facts, revision);
  entry.version = described.version;
  entry.digest = described.digest;
  entry.training_run = described.training_run;
  entry.outcome = outcome;
  entry.verdict = turn.status.analysis ? turn.status.analysis->verdict : "Skipped";
  entry.reason = shown(reason, kMaxReason);
  entry.started_at = turn.status.started_at;
  entry.ended_at = turn.now();
  auto& history = turn.status.history;
  history.insert(history.begin(), std::move(entry));
  if (history.size() > kMaxHistory) {
    history.resize(kMaxHistory);
  }
}

}  // namespace kaizen::core
