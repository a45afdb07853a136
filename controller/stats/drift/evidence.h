// Evidence: the default drift detector, a betting e-detector on yes/no events (DR-80 to DR-87;
// Shin, Ramdas, Rinaldo, "E-detectors: a nonparametric framework for sequential change detection",
// 2023). A `DriftNull` says what counts as no drift; it is built once per pinned reference. The
// state is one log wealth per component; it lives in status between windows (DR-85). Pure; any
// thread. A window costs no allocation.
//
//   numeric or categorical check:  auto null = event_null(probabilities, n_ref, terms)
//   performance check:             auto null = performance_null(baseline, n_ref, terms)
//   each window:                   updated = update(std::move(state), {n, k}, null)
//
// What a policy makes of the evidence of its checks is in decision.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "stats/drift/unusable.h"

namespace kaizen::stats {

inline constexpr double kReferenceZ = 3.29;   // DR-81: a normal error exceeds it once in 2,000
inline constexpr double kUntestable = 0.995;  // DR-81: no room above such a null rate to bet on

// A reference below it gives the reason ReferenceThin (DR-57); per slot where there are slots.
inline constexpr double kThinReference = 1000.0;

enum class Side : uint8_t {
  kMore,  // bets that the event became more frequent
  kLess,  // ... rarer
};

// Sums of products of e-values over start times; both bound the mean time to a false alarm.
enum class Accumulation : uint8_t {
  kShiryaevRoberts,  // what warns and acts
  kCusum,            // its largest term only
};

struct Component {
  uint16_t event = 0;
  Side side = Side::kMore;
  double null_rate = 0.0;  // m: the largest rate of the event that is no drift
  double bet_rate = 0.0;   // p1 > m
  double log_hit = 0.0;    // ln(p1 / m)
  double log_miss = 0.0;   // ln((1 - p1) / (1 - m))

  bool operator==(const Component&) const = default;
};

// DR-94's effect.
enum class EffectKind : uint8_t {
  kGap,       // max over events of |p - q|
  kIncrease,  // p - baseline: fewer bad ones are no drift
};

struct DriftNull {
  std::vector<double> probabilities;  // per event, of the reference
  std::vector<Component> components;  // by event, + before -; empty: nothing is testable
  double delta = 0.0;                 // tolerance, and how far beyond it the bets stand: what the
  double eta = 0.0;                   // gate of DR-94 and the quiet of DR-113 are made of
  double cap = 500.0;                 // effective observations per window (DR-82)
  double design_effect = 1.0;         // >= 1: observations per independent one
  Accumulation accumulation = Accumulation::kShiryaevRoberts;
  EffectKind effect = EffectKind::kGap;

  bool operator==(const DriftNull&) const = default;
};

// How far a share may move, and how far beyond that the bet stands. Evidence grows once a gap
// exceeds about delta + eta/2 and shrinks below it.
struct Sensitivity {
  double delta = 0.0;
  double eta = 0.0;
};

// DR-84: of the slowest clock, when it says nothing itself.
inline constexpr Sensitivity kLowSensitivity{.delta = 0.10, .eta = 0.15};
inline constexpr Sensitivity kMediumSensitivity{.delta = 0.05, .eta = 0.10};
inline constexpr Sensitivity kHighSensitivity{.delta = 0.02, .eta = 0.06};

// What the user's clock and check say; rates, not percent.
struct NullTerms {
  double delta = kMediumSensitivity.delta;  // tolerance of a CDF or a share
  double eta = kMediumSensitivity.eta;      // how far beyond it the bet stands
  double reference_z = kReferenceZ;
  double cap = 500.0;
  double design_effect = 1.0;
  Accumulation accumulation = Accumulation::kShiryaevRoberts;
};

struct PerformanceTerms {
  std::optional<double> delta = std::nullopt;  // default max(0.005, 0.25 * baseline)
  std::optional<double> eta = std::nullopt;    // default max(0.005, 0.5 * baseline)
  double reference_z = kReferenceZ;
  double cap = 500.0;  // of a rate of one half; scaled by 0.25 / (m * (1 - m)) (DR-87)
  double design_effect = 1.0;
  Accumulation accumulation = Accumulation::kShiryaevRoberts;
};

// DR-81 and DR-57. `probabilities`: of each event under the reference; `reference_count`: its
// observations, whose sampling error widens the null. kNoBins, kNonFinite, kEmptyReference, or
// kImplausible for a probability outside [0, 1].
Measured<DriftNull> event_null(std::span<const double> probabilities,
                               double reference_count,
                               const NullTerms& terms);

// DR-87: the one event "bad", side + only. `reference_count` nullopt: the baseline is a number of
// the user's, without sampling error.
Measured<DriftNull> performance_null(double baseline,
                                     std::optional<double> reference_count,
                                     const PerformanceTerms& terms);

// DR-104: a share that may be at most `maximum`; the maximum itself is the null rate.
Measured<DriftNull> quality_null(double maximum, const PerformanceTerms& terms);

// One window of one check. A count of NaN: the window cannot say, because its buckets lack that cut
// point (DR-44).
struct WindowCounts {
  double n = 0.0;             // observations
  std::span<const double> k;  // per event of the null, 0 <= k <= n
};

enum class Reading : uint8_t {
  kEvaluated,
  kNoData,           // n = 0, or no event can be counted: nothing changed
  kImplausible,      // not finite, negative, or more hits than observations: nothing changed
  kNothingTestable,  // DR-83: the null has no component, M = 0; the effect is measured
};

struct Updated {
  std::vector<double> state;  // as given when nothing changed
  Reading reading = Reading::kNoData;
  double log_evidence = -std::numeric_limits<double>::infinity();  // ln M after this window
  double effect = 0.0;  // DR-94, in this window; 0 without a reading
};

// Evidence that has not begun: M = 0 in every component.
std::vector<double> fresh_state(const DriftNull& null);

// Takes one window (DR-82, DR-83) and rounds the state to what is stored (DR-85), so that a restart
// changes nothing. `state` must have one entry per component: `decode_evidence` sees to that. Hits
// beyond n by the error of `increase` count as n (see the .cc). A component whose event the window
// cannot count starts anew when it can: its evidence leaves with its weight (DR-44).
Updated update(std::vector<double> state, const WindowCounts& window, const DriftNull& null);

// ln M of a state: the mean over all its components, those without evidence included.
double log_evidence(std::span<const double> state);

// DR-96: there is no evidence now, so a drift that shows later begins after this window.
bool is_at_rest(std::span<const double> state, Accumulation accumulation);

// DR-85: "v1:" and the base64 of float32, little endian, in component order.
std::string encode_evidence(std::span<const double> state);

// The state that `encode_evidence` was given. Another version, another number of components, or a
// value that no evidence has, is an error: the caller starts from `fresh_state` and tells
// EvidenceReset.
base::Result<std::vector<double>> decode_evidence(std::string_view text, size_t components);

// ---- The pieces, for reference values ----

// DR-82 and DR-83 in double, without the rounding of DR-85. The window must be plausible.
void accumulate(std::span<double> state, const WindowCounts& window, const DriftNull& null);

// One step of DR-83 of a single component.
double accumulated(double log_wealth, double log_e, Accumulation accumulation);

// DR-87: ln e of a bounded score against "its mean is at most m", 0 < m < 1, 0 < c < 1; a score
// outside [0, 1] counts as the nearer end.
double log_e_of_score(double score, double m, double c);

// DR-86: the e-value of a p-value, 0 < kappa < 1; p is floored at 1e-12.
double e_of_p(double p, double kappa = 0.5);

}  // namespace kaizen::stats
