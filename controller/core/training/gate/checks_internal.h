// Checks: what each part of a gate makes of a result. Internal to core/training/gate; pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/training_pipeline.h"
#include "api/training_run.h"
#include "core/training/gate/gate.h"
#include "core/training/result.h"

namespace kaizen::core {

// What a check that did not pass does to the gate (GT-9, GT-15).
enum class GateEffect : uint8_t {
  kNone,
  kFail,          // measured and not good enough
  kInconclusive,  // onInconclusive decides
  kAskForSmall,   // a slice too small: slices.onTooSmall RequireApproval
  kRejectSmall,   // ... Reject
};

struct GateCheck {
  api::GateEvidence evidence;
  std::string detail;  // for people; empty where the numbers say it all
  GateEffect effect = GateEffect::kNone;
};

// Either every check, or why nothing was measured.
struct GateChecks {
  std::vector<GateCheck> checks;
  std::optional<ResultProblem> problem;  // ResultMissing, ResultMalformed or InvalidSpec
  std::vector<std::string> notes;        // what was left out, for people
};

// `counts_since_onset`: the slice of that name lies in a set that may judge (R2-21).
GateChecks run_checks(const api::Gate& gate,
                      const ResultDocument& document,
                      const GateSubject& subject,
                      bool counts_since_onset);

// nullopt: the gate can be judged; else InvalidSpec and the field.
std::optional<std::string> gate_trouble(const api::Gate& gate);

// GT-23's canonical JSON.
std::string evidence_json(const GateOutcome& outcome,
                          const std::vector<GateCheck>& checks,
                          const GateSubject& subject,
                          api::Decimal confidence);

// "primary recall on all: Fail, -0.004 to -0.003, needs at least -0.002".
std::string describe(const GateCheck& check);

}  // namespace kaizen::core
