// The quality gate: is the model that a run has made good enough to replace the one that serves
// (GT-1 to GT-24, R2-21)? A pure function of the gate of the spec, the evaluate stage's result and
// what the two models and the data sets are. Recomputing it from the stored result gives the same
// bytes on any machine (GT-23).
//
// Asked once, when stage evaluate has succeeded and its result is read, with status.model and
// status.champion pinned before (GT-2):
//
//   const auto outcome = judge_gate(*resolved.gate, harvest->document, gate_subject(run));
//   if (!outcome.result)  the run has Failed with outcome.reason, outcome.message (GT-3)
//   status.gate = gate_status(outcome, now, name);   // ConfigMap `name` holds evidence_files()
//   switch (*outcome.result)  Passed, Rejected (run Rejected with outcome.reason), RequiresApproval
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/training_pipeline.h"
#include "api/training_run.h"
#include "base/time.h"
#include "core/reasons.h"
#include "core/training/result.h"

namespace kaizen::core {

// What is judged, as status pinned it when evaluate started (GT-2).
struct GateSubject {
  std::string challenger;               // digest
  std::optional<std::string> champion;  // digest; empty: it serves, nobody knows its digest
  std::vector<api::RunDataset> datasets;
  std::optional<api::DataStatus> snapshot;  // what the data stage collected instead (GT-41)
  std::string since_onset;  // digest of the data stage's artifact since-onset; empty: none
  bool is_drift = false;    // the run's trigger is Drift (R2-21)
};

GateSubject gate_subject(const api::TrainingRun& run);

struct GateOutcome {
  // nullopt: it was not measured, so the run has Failed (GT-3).
  std::optional<api::GateResult> result;
  const Reason* reason = nullptr;           // nullptr: Passed
  std::string message;                      // at most 512 bytes
  std::string evaluation_digest;            // of the evaluation set; empty: not reported
  std::vector<api::GateEvidence> evidence;  // of every check, in the order of the gate
  std::string evidence_json;                // all of it, canonical (RFC 8785); empty when Failed
  std::string evidence_digest;              // "sha256:" of evidence_json
};

// `gate` is of a spec that the API server accepted; what could mislead is checked again and is
// Failed with InvalidSpec.
GateOutcome judge_gate(const api::Gate& gate,
                       const ResultDocument& document,
                       const GateSubject& subject);

// As status keeps it: at most 40 checks, those that did not pass first. Only for an outcome that
// has a result.
api::GateStatus gate_status(const GateOutcome& outcome,
                            base::Time now,
                            std::string_view evidence_config_map);

}  // namespace kaizen::core
