// Decision: what the evidence of a policy's checks amounts to, in numbers: the budget of false
// alarms (DR-89), which checks drifted (DR-92), the effect gate (DR-94) and quiet windows (DR-113).
// Everything is in natural logs, because evidence outgrows a double. Pure; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace kaizen::stats {

enum class Severity : uint8_t { kNone, kWarn, kAct };

// One check of one clock.
struct Stake {
  double share = 0.0;         // v_f: its weight by the sum of all weights
  double log_evidence = 0.0;  // ln M_{c,f}; -infinity for none
};

struct Budget {
  double windows_per_false_act = 0.0;  // W_c: falseActionEvery / the clock's window
  double clocks = 1.0;                 // they share equally
};

// ln R_c of DR-89: (1 / clocks / W_c) * sum of share * M. -infinity without evidence. A policy's S
// is the largest over its clocks.
double log_ratio(std::span<const Stake> checks, const Budget& budget);

// kAct at S >= 1, kWarn at S >= falseWarningEvery / falseActionEvery, both in the same unit.
Severity severity_of(double log_s, double false_warning_every, double false_action_every);

enum class Blame : uint8_t {
  kNone,
  kSuspect,    // at least a tenth of S comes from it
  kConfirmed,  // rejected by e-BH at level 1/W_c
};

// DR-92, one entry per check of the clock that acted; `log_s` is the policy's ln S.
std::vector<Blame> blame(std::span<const Stake> checks, const Budget& budget, double log_s);

// DR-94's default: below it evidence shrinks.
double default_min_effect(double delta, double eta);

// DR-94: an act needs the effect to be there now, measured on enough observations.
struct EffectGate {
  double min_effect = 0.0;
  double min_count = 100.0;
};

// kAct without the effect, or with too few observations, becomes kWarn; nothing else changes.
Severity gated(Severity severity, double effect, double n, const EffectGate& gate);

// DR-113: the effect of a confirmed or suspect check is within what n observations explain. False
// without observations: nothing was seen to be quiet.
bool is_quiet(double effect, double n, double delta, double min_effect);

}  // namespace kaizen::stats
