#include "core/training/gate/gate.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "api/training_pipeline.h"
#include "api/training_run.h"
#include "base/check.h"
#include "base/hash.h"
#include "base/order.h"
#include "base/text.h"
#include "base/time.h"
#include "core/reasons.h"
#include "core/training/gate/checks_internal.h"
#include "core/training/gate/data_gate.h"
#include "core/training/result.h"

namespace kaizen::core {

namespace {

// What the evaluation set is to this run.
enum class Pinned : uint8_t {
  kStrong,    // an Evaluation data set whose digest was known before
  kUnknown,   // GT-4: some Evaluation data set has no digest to compare with, or there is none
  kLeak,      // GT-5
  kMismatch,  // every Evaluation data set has a digest, and it is none of them
};

// What the model may have learned from: also the data set that a snapshot was collected from, and a
// snapshot that names no data set (GT-41).
bool is_learned(const std::string& digest, const GateSubject& subject) {
  bool is_snapshot_learned = subject.snapshot && subject.snapshot->digest == digest;
  for (const api::RunDataset& dataset : subject.datasets) {
    switch (dataset.role) {
      case api::DatasetRole::kTrain:
      case api::DatasetRole::kValidation:
        if (dataset.digest == digest) return true;
        break;
      case api::DatasetRole::kEvaluation:
      case api::DatasetRole::kReference:
        if (subject.snapshot && subject.snapshot->name == dataset.name) is_snapshot_learned = false;
        break;
    }
  }
  return is_snapshot_learned;
}

// GT-41: a snapshot replaces the data set it names.
std::string pinned_digest(const api::RunDataset& dataset, const GateSubject& subject) {
  if (is_replaced_by(dataset, subject.snapshot)) return subject.snapshot->digest;
  return dataset.pinning == api::Pinning::kStrong ? dataset.digest : "";
}

Pinned pinning_of(const std::string& evaluated, const GateSubject& subject) {
  if (is_learned(evaluated, subject)) return Pinned::kLeak;
  bool is_open = false;
  bool any = false;
  for (const api::RunDataset& dataset : subject.datasets) {
    if (dataset.role != api::DatasetRole::kEvaluation) continue;
    const std::string digest = pinned_digest(dataset, subject);
    if (digest == evaluated) return Pinned::kStrong;
    is_open = is_open || digest.empty();
    any = true;
  }
  return is_open || !any ? Pinned::kUnknown : Pinned::kMismatch;
}

// Of the slice since-onset, which may lie in a set of its own: one that was fixed before evaluate
// began, and that nothing was learned from (R2-21).
bool counts_since_onset(const ReportedEvaluation& evaluation,
                        const GateSubject& subject,
                        Pinned pinned) {
  for (const ReportedComparison& comparison : evaluation.comparisons) {
    if (comparison.slice != kSinceOnset || comparison.dataset.empty()) continue;
    if (comparison.dataset == evaluation.dataset) continue;
    if (is_learned(comparison.dataset, subject)) return false;
    const bool is_collected = comparison.dataset == subject.since_onset;
    if (!is_collected && pinning_of(comparison.dataset, subject) != Pinned::kStrong) return false;
    return true;
  }
  return pinned == Pinned::kStrong;
}

GateOutcome failed(const Reason& reason, std::string message) {
  GateOutcome outcome;
  outcome.reason = &reason;
  outcome.message =
      base::truncate_utf8(base::without_controls(message), api::training_limits::kMessage);
  return outcome;
}

// GT-2. nullopt: the result is about these two models.
std::optional<std::string> foreign_models(const ReportedEvaluation& evaluation,
                                          const GateSubject& subject) {
  const auto wrong = [](std::string_view which, std::string_view found, std::string_view want) {
    return fmt::format("evaluation.{}: {} was evaluated, this run's is {}", which, found, want);
  };
  if (evaluation.challenger != subject.challenger) {
    return wrong("challenger", evaluation.challenger, subject.challenger);
  }
  const std::string found = evaluation.champion.value_or("none");
  if (!subject.champion) {
    if (evaluation.champion) return wrong("champion", found, "none");
    return std::nullopt;
  }
  if (!evaluation.champion) return wrong("champion", found, *subject.champion);
  if (!subject.champion->empty() && *subject.champion != *evaluation.champion) {
    return wrong("champion", found, *subject.champion);
  }
  return std::nullopt;
}

// What speaks against passing, worst first.
struct Objection {
  api::GateResult result;
  const Reason* reason;
};

Objection reject(const Reason& reason) {
  return {.result = api::GateResult::kRejected, .reason = &reason};
}

Objection ask(const Reason& reason) {
  return {.result = api::GateResult::kRequiresApproval, .reason = &reason};
}

bool any_with(const std::vector<GateCheck>& checks, GateEffect effect) {
  return std::any_of(checks.begin(), checks.end(),
                     [&](const GateCheck& check) { return check.effect == effect; });
}

// TG-18: one of its versions came with two digests, so nobody knows which one this run has read.
bool is_mutated(const GateSubject& subject) {
  return std::any_of(subject.datasets.begin(), subject.datasets.end(),
                     [&](const api::RunDataset& dataset) {
                       return dataset.mutated && !is_replaced_by(dataset, subject.snapshot);
                     });
}

std::vector<Objection> objections(const api::Gate& gate,
                                  const std::vector<GateCheck>& checks,
                                  const GateSubject& subject,
                                  Pinned pinned) {
  std::vector<Objection> found;
  if (any_with(checks, GateEffect::kFail)) found.push_back(reject(reason::kGateRejected));
  if (any_with(checks, GateEffect::kInconclusive)) {
    switch (gate.on_inconclusive) {
      case api::OnInconclusive::kReject: found.push_back(reject(reason::kInconclusive)); break;
      case api::OnInconclusive::kRequireApproval:
        found.push_back(ask(reason::kInconclusive));
        break;
    }
  }
  if (any_with(checks, GateEffect::kRejectSmall)) found.push_back(reject(reason::kTooSmall));
  if (any_with(checks, GateEffect::kAskForSmall)) found.push_back(ask(reason::kTooSmall));
  if (!subject.champion) {
    switch (gate.on_no_champion) {
      case api::OnNoChampion::kReject: found.push_back(reject(reason::kNoChampion)); break;
      case api::OnNoChampion::kRequireApproval: found.push_back(ask(reason::kNoChampion)); break;
      case api::OnNoChampion::kPass: break;
    }
  }
  if (pinned == Pinned::kUnknown) found.push_back(ask(reason::kEvaluationUnpinned));
  if (is_mutated(subject)) found.push_back(ask(reason::kDatasetMutated));
  if (subject.champion && subject.champion->empty()) {
    found.push_back(ask(reason::kChampionUnpinned));
  }
  base::sort_stably(found, [](const Objection& a, const Objection& b) {
    return a.result == api::GateResult::kRejected && b.result != api::GateResult::kRejected;
  });
  return found;
}

std::string message_of(const std::vector<Objection>& found, const GateChecks& run) {
  std::vector<std::string> parts;
  for (const GateEffect effect : {GateEffect::kFail, GateEffect::kRejectSmall,
                                  GateEffect::kInconclusive, GateEffect::kAskForSmall}) {
    for (const GateCheck& check : run.checks) {
      if (check.effect == effect) parts.push_back(describe(check));
    }
  }
  if (parts.empty()) parts.push_back(fmt::format("{} checks passed", run.checks.size()));
  for (const Objection& objection : found) {
    const bool is_check = objection.reason == &reason::kGateRejected ||
                          objection.reason == &reason::kInconclusive ||
                          objection.reason == &reason::kTooSmall;
    if (!is_check) parts.emplace_back(objection.reason->meaning);
  }
  parts.insert(parts.end(), run.notes.begin(), run.notes.end());
  return base::truncate_utf8(base::join(parts, "; "), api::training_limits::kMessage);
}

void seal(GateOutcome& outcome,
          const GateChecks& run,
          const GateSubject& subject,
          const api::Gate& gate) {
  for (const GateCheck& check : run.checks) outcome.evidence.push_back(check.evidence);
  outcome.evidence_json = evidence_json(outcome, run.checks, subject, gate.confidence);
  outcome.evidence_digest = base::concat({"sha256:", base::sha256_hex(outcome.evidence_json)});
}

}  // namespace

GateSubject gate_subject(const api::TrainingRun& run) {
  GateSubject subject{.challenger = run.status.model ? run.status.model->digest : "",
                      .champion = std::nullopt,
                      .datasets = run.spec.datasets,
                      .snapshot = run.status.data,
                      .since_onset = "",
                      .is_drift = run.spec.trigger.type == api::TriggerType::kDrift};
  if (run.status.champion) subject.champion = run.status.champion->digest;
  for (const api::ArtifactStatus& artifact : run.status.artifacts) {
    if (artifact.name == kSinceOnset) subject.since_onset = artifact.digest;
  }
  return subject;
}

GateOutcome judge_gate(const api::Gate& gate,
                       const ResultDocument& document,
                       const GateSubject& subject) {
  if (const auto trouble = gate_trouble(gate)) return failed(reason::kInvalidSpec, *trouble);
  if (!document.evaluation) return failed(reason::kResultMissing, "evaluation: not reported");
  const ReportedEvaluation& evaluation = *document.evaluation;
  if (const auto trouble = foreign_models(evaluation, subject)) {
    return failed(reason::kResultMismatch, *trouble);
  }
  GateOutcome outcome;
  outcome.evaluation_digest = evaluation.dataset;
  const Pinned pinned = pinning_of(evaluation.dataset, subject);
  if (pinned == Pinned::kMismatch) {
    return failed(reason::kResultMismatch,
                  fmt::format("evaluation.dataset: {} is no Evaluation data set of this run",
                              evaluation.dataset));
  }
  if (pinned == Pinned::kLeak) {
    outcome.result = api::GateResult::kRejected;
    outcome.reason = &reason::kEvaluationLeak;
    outcome.message = fmt::format("evaluation.dataset: {} is also what the model was trained on",
                                  evaluation.dataset);
    seal(outcome, {}, subject, gate);
    return outcome;
  }
  const GateChecks run =
      run_checks(gate, document, subject, counts_since_onset(evaluation, subject, pinned));
  if (run.problem) return failed(*run.problem->reason, run.problem->message);
  const std::vector<Objection> found = objections(gate, run.checks, subject, pinned);
  outcome.result = found.empty() ? api::GateResult::kPassed : found.front().result;
  if (!found.empty()) outcome.reason = found.front().reason;
  outcome.message = message_of(found, run);
  seal(outcome, run, subject, gate);
  return outcome;
}

api::GateStatus gate_status(const GateOutcome& outcome,
                            base::Time now,
                            std::string_view evidence_config_map) {
  KAIZEN_CHECK(outcome.result.has_value(), "a gate that has not judged has no status");
  api::GateStatus status{.result = outcome.result,
                         .reason = outcome.reason == nullptr ? "" : text(*outcome.reason),
                         .message = outcome.message,
                         .evaluated_at = now,
                         .evaluation_digest = outcome.evaluation_digest,
                         .evidence_digest = outcome.evidence_digest,
                         .evidence_config_map = std::string(evidence_config_map),
                         .evidence = outcome.evidence};
  const auto order = [](const api::GateEvidence& evidence) {
    switch (evidence.verdict) {
      case api::CheckVerdict::kFail: return 0;
      case api::CheckVerdict::kInconclusive: return 1;
      case api::CheckVerdict::kTooSmall: return 2;
      case api::CheckVerdict::kPass: return 3;
    }
    return 3;
  };
  base::sort_stably(status.evidence, [&](const api::GateEvidence& a, const api::GateEvidence& b) {
    return order(a) < order(b);
  });
  if (status.evidence.size() > api::training_limits::kEvidence) {
    status.evidence.resize(api::training_limits::kEvidence);
  }
  for (api::GateEvidence& check : status.evidence) {
    check.slice = base::truncate_utf8(check.slice, api::training_limits::kSlice);
  }
  return status;
}

}  // namespace kaizen::core
