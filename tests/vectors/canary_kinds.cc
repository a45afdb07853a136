#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "stats/combine.h"
#include "stats/interval.h"
#include "stats/one_sample.h"
#include "stats/plan.h"
#include "stats/projection.h"
#include "stats/quantile.h"
#include "stats/sign.h"
#include "stats/srm.h"
#include "stats/two_sample.h"
#include "vectors/input.h"

namespace kaizen::vectors {

namespace {

using nlohmann::json;

constexpr double kUnit = 1.0;
constexpr double kHuge = 1e12;

json run_projection(Input& in) {
  const stats::Batch batch{.canary = in.counts("nC", "xC"), .stable = in.counts("nS", "xS")};
  const stats::Rates point{.canary = in.rate("tC"), .stable = in.rate("tS")};
  const stats::Line line = in.line();
  if (in.ok() && (batch.canary.n == 0 || batch.stable.n == 0)) in.fail("nC, nS: an empty arm");
  if (!in.ok()) return {};
  const double s = stats::project(static_cast<double>(batch.canary.n),
                                  static_cast<double>(batch.stable.n), point, line);
  return {{"s", s}, {"c", line.canary(s)}, {"logFactor", stats::log_factor(batch, point, line)}};
}

bool listed(const std::vector<double>& indexes, size_t index) {
  return std::find(indexes.begin(), indexes.end(), static_cast<double>(index)) != indexes.end();
}

json run_two_sample(Input& in) {
  const stats::Line line = in.line();
  const stats::Terms terms{.line = line,
                           .direction = in.direction(),
                           .level = in.rate("level"),
                           .restarts = in.restarts()};
  std::vector<stats::Counts> baseline;
  for (const std::vector<int64_t>& row : in.rows("baseline")) {
    if (row.size() != 2 || row[1] > row[0])
      in.fail("baseline: not pairs [n, x] with x <= n");
    else
      baseline.push_back({.n = row[0], .x = row[1]});
  }
  std::vector<stats::Batch> ticks;
  for (const std::vector<int64_t>& row : in.rows("ticks")) {
    if (row.size() != 4 || row[1] > row[0] || row[3] > row[2]) {
      in.fail("ticks: not lists [nC, xC, nS, xS] with x <= n");
    } else {
      ticks.push_back({.canary = {.n = row[0], .x = row[1]}, .stable = {.n = row[2], .x = row[3]}});
    }
  }
  const std::vector<double> restart_at = in.numbers("restartAt", 0.0, kHuge);
  if (!in.ok()) return {};

  stats::TwoSample test(terms, baseline);
  json wealths = json::array();
  json dispersions = json::array();
  int64_t first = -1;
  for (size_t i = 0; i < ticks.size(); ++i) {
    if (listed(restart_at, i)) test.restart();
    dispersions.push_back(test.dispersion());
    wealths.push_back(test.tick(ticks[i]));
    if (first < 0 && test.decided()) first = static_cast<int64_t>(i);
  }
  return {{"logWealth", wealths}, {"phi", dispersions}, {"firstDecision", first}};
}

std::optional<stats::CumulativeCounts> cumulative(const std::vector<int64_t>& row,
                                                  size_t from,
                                                  size_t boundaries) {
  stats::CumulativeCounts result{.n = row[from], .at_most = {}};
  for (size_t i = 0; i < boundaries; ++i) {
    result.at_most.push_back(row[from + 1 + i]);
    if (result.at_most.back() > result.n) return std::nullopt;
  }
  return result;
}

json run_quantile(Input& in) {
  const std::vector<double> boundaries = in.numbers("boundaries", 0.0, kHuge);
  const double relative = in.number("rel", 0.0, kHuge);
  const stats::Terms terms{.line = {.a = in.number("a", 0.0, 0.999), .b = 1.0},
                           .direction = +1,
                           .level = in.rate("level"),
                           .restarts = in.restarts()};
  const std::vector<double> restart_at = in.numbers("restartAt", 0.0, kHuge);
  std::vector<stats::CumulativeCounts> canary;
  std::vector<stats::CumulativeCounts> stable;
  for (const std::vector<int64_t>& row : in.rows("ticks")) {
    if (row.size() != 2 * (boundaries.size() + 1)) {
      in.fail("ticks: not lists [nC, [cumulative], nS, [cumulative]]");
      break;
    }
    const auto first = cumulative(row, 0, boundaries.size());
    const auto second = cumulative(row, boundaries.size() + 1, boundaries.size());
    if (!first || !second) {
      in.fail("ticks: a bucket above its total");
      break;
    }
    canary.push_back(*first);
    stable.push_back(*second);
  }
  if (in.ok() && !std::is_sorted(boundaries.begin(), boundaries.end())) {
    in.fail("boundaries: not rising");
  }
  const std::vector<stats::BoundaryPair> pairs = stats::boundary_pairs(boundaries, relative);
  if (in.ok() && pairs.empty()) in.fail("boundaries: no pair is far enough apart");
  if (!in.ok()) return {};

  stats::Quantile test(pairs, terms);
  json wealths = json::array();
  for (size_t i = 0; i < canary.size(); ++i) {
    if (listed(restart_at, i)) test.restart();
    wealths.push_back(test.tick(canary[i], stable[i]));
  }
  json indexes = json::array();
  for (const stats::BoundaryPair& pair : pairs) {
    indexes.push_back(json::array({pair.stable, pair.canary}));
  }
  return {{"pairs", indexes}, {"logWealth", wealths}};
}

json run_one_sample(Input& in) {
  const stats::Counts counts = in.counts("n", "x");
  const double limit = in.rate("limit");
  const int direction = in.direction();
  if (!in.ok()) return {};
  return {{"logE", stats::log_one_sample(counts, limit, direction)}};
}

json run_sign(Input& in) {
  const stats::Counts pairs = in.counts("n", "k");
  if (!in.ok()) return {};
  return {{"logE", stats::log_sign(pairs.n, pairs.x)}};
}

json run_srm(Input& in) {
  const int64_t canary = in.count("nC");
  const int64_t stable = in.count("nS");
  const stats::ShareCheck check{.weight = in.number("weight", 0.0, 1.0),
                                .tolerance = in.number("tol", 0.0, 1.0),
                                .concentration = in.number("conc", 1e-3, kHuge),
                                .design = in.number("design", 1.0, kHuge)};
  if (!in.ok()) return {};
  return {{"logE", stats::log_share_mismatch(canary, stable, check)}};
}

json run_beta_cs(Input& in) {
  const stats::Counts counts = in.counts("n", "x");
  const double alpha = in.rate("alpha");
  if (!in.ok()) return {};
  const stats::Interval interval = stats::rate_interval(counts, alpha);
  return {{"low", interval.low}, {"high", interval.high}};
}

json run_combine(Input& in) {
  const std::vector<double> wealths = in.numbers("wealths", 0.0, 1e300);
  const std::vector<double> weights = in.numbers("weights", 0.0, kHuge);
  if (in.ok() && wealths.size() != weights.size()) in.fail("weights: not one per wealth");
  if (in.ok() && std::none_of(weights.begin(), weights.end(), [](double w) { return w > 0.0; })) {
    in.fail("weights: all zero");
  }
  if (!in.ok()) return {};
  std::vector<stats::Weighted> metrics;
  for (size_t i = 0; i < wealths.size(); ++i) {
    metrics.push_back({.log_wealth = std::log(wealths[i]), .weight = weights[i]});
  }
  return {{"wealth", std::exp(stats::combine(metrics).log_wealth)}};
}

json run_plan(Input& in) {
  const stats::Rates truth{.canary = in.number("rateC", 0.0, kUnit),
                           .stable = in.number("rateS", 0.0, kUnit)};
  const double share = in.rate("share");
  const stats::Line line = in.line();
  const stats::Terms terms{.line = line,
                           .direction = in.direction(),
                           .level = in.rate("level"),
                           .restarts = in.restarts()};
  if (!in.ok()) return {};
  const std::optional<double> requests = stats::requests_to_decide(truth, share, terms);
  return {{"requests", requests ? json(*requests) : json(nullptr)}};
}

constexpr Kind kKinds[] = {
    {"projection", run_projection},
    {"twoSample", run_two_sample},
    {"quantile", run_quantile},
    {"oneSample", run_one_sample},
    {"sign", run_sign},
    {"srm", run_srm},
    {"betaCs", run_beta_cs},
    {"combine", run_combine},
    {"plan", run_plan},
};

}  // namespace

const Kind* canary_kind(std::string_view name) {
  const auto* const at = std::find_if(std::begin(kKinds), std::end(kKinds),
                                      [&](const Kind& kind) { return kind.name == name; });
  return at == std::end(kKinds) ? nullptr : at;
}

}  // namespace kaizen::vectors
