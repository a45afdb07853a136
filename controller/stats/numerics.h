// Numerics shared by the tests of a canary: rates kept off 0 and 1, sums of exponentials, the log
// of the beta function, and the clamp of ST-18. Pure functions of doubles; any thread.
#pragma once

#include <span>

namespace kaizen::stats {

// Every rate lies in [kEpsilon, 1 - kEpsilon], so that no logarithm of it is infinite (R3-21).
inline constexpr double kEpsilon = 1e-9;

// exp(700) is still a double; nobody needs to tell larger evidence apart (ST-18).
inline constexpr double kMaxLogWealth = 700.0;

// `rate` moved into [kEpsilon, 1 - kEpsilon].
double clip(double rate);

// log(p / (1 - p)); `rate` must lie strictly between 0 and 1.
double logit(double rate);

// The inverse of `logit`; never overflows.
double expit(double log_odds);

// log(sum of exp(values)) without overflow; -infinity for no value or only -infinities.
double log_sum_exp(std::span<const double> values);

// log B(a, b), a and b > 0, from log-gamma (ST-18).
double log_beta(double a, double b);

// Kullback-Leibler divergence of Bernoulli(p) from Bernoulli(q), in nats; 0 < q < 1.
double bernoulli_divergence(double p, double q);

// A log wealth as status and decisions see it: within ±kMaxLogWealth. NaN ends the process (ST-18).
double clamp_log(double log_wealth);

}  // namespace kaizen::stats
