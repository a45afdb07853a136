#include "stats/gate/bounds.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "base/check.h"
#include "base/result.h"
#include "stats/counts.h"
#include "stats/gate/quantiles.h"
#include "stats/interval.h"
#include "stats/score.h"

namespace kaizen::stats::gate {

namespace {

using Plausible = base::Result<base::Unit, Unbounded>;

Unbounded malformed(std::string field, std::string_view trouble) {
  std::string message = fmt::format("{}: {}", field, trouble);
  return {Unbounded::Why::kMalformed, std::move(field), std::move(message)};
}

Unbounded too_small(std::string field, std::string_view trouble) {
  std::string message = fmt::format("{}: {}", field, trouble);
  return {Unbounded::Why::kTooSmall, std::move(field), std::move(message)};
}

// Above 0.5 the lower end would lie above the upper one.
void check_level(double alpha) {
  KAIZEN_CHECK(alpha > 0.0 && alpha <= 0.5, "a one-sided level lies in (0, 0.5]");
}

Plausible count(std::string_view name, int64_t value) {
  if (value < 0) return malformed(std::string(name), fmt::format("{} is below 0", value));
  if (value > kMaxCount) {
    return malformed(std::string(name), fmt::format("{} is above 2^53 - 1", value));
  }
  return base::Unit{};
}

Plausible finite(std::string name, double value) {
  if (std::isfinite(value)) return base::Unit{};
  return malformed(std::move(name), fmt::format("{} is not a finite number", value));
}

// Of results: finite inputs may still overflow on the way.
Bounded<Bounds> finite_bounds(const Bounds& bounds, std::string_view field) {
  if (std::isfinite(bounds.estimate) && std::isfinite(bounds.lower) &&
      std::isfinite(bounds.upper)) {
    return bounds;
  }
  return malformed(std::string(field), "the numbers are too large to compare");
}

Plausible plausible_paired(const PairedCounts& counts) {
  KAIZEN_TRY(base::Unit done, count("n", counts.n));
  KAIZEN_TRY(done, count("b", counts.b));
  KAIZEN_TRY(done, count("c", counts.c));
  if (counts.b + counts.c > counts.n) {
    return malformed("b + c", fmt::format("{} of n = {}", counts.b + counts.c, counts.n));
  }
  return done;
}

Plausible plausible_moments(const Moments& moments) {
  KAIZEN_TRY(base::Unit done, count("n", moments.n));
  KAIZEN_TRY(done, finite("mean", moments.mean));
  KAIZEN_TRY(done, finite("var", moments.variance));
  if (moments.variance < 0.0) {
    return malformed("var", fmt::format("{} is below 0", moments.variance));
  }
  return done;
}

Plausible plausible_blocks(const Blocks& blocks) {
  for (size_t i = 0; i < blocks.size(); ++i) {
    const Block& block = blocks[i];
    const auto name = [&](std::string_view column) {
      return fmt::format("blocks[{}].{}", i, column);
    };
    const std::pair<std::string_view, double> columns[] = {
        {"numA", block.num_a}, {"denA", block.den_a}, {"numB", block.num_b}, {"denB", block.den_b}};
    for (const auto& [column, value] : columns) {
      if (!std::isfinite(value)) return finite(name(column), value);
      if (value < 0.0 && column.starts_with("den")) {
        return malformed(name(column), fmt::format("{} is below 0", value));
      }
    }
  }
  return base::Unit{};
}

Plausible plausible_unpaired(const UnpairedCounts& counts) {
  KAIZEN_TRY(const base::Unit done, plausible(counts.champion, "k1", "n1"));
  static_cast<void>(done);
  return plausible(counts.challenger, "k2", "n2");
}

Bounds around(double estimate, double half_width) {
  return {.estimate = estimate, .lower = estimate - half_width, .upper = estimate + half_width};
}

Share share_of(const Hits& hits) {
  return {.k = static_cast<double>(hits.k), .n = static_cast<double>(hits.n)};
}

Bounds with_ends(double estimate, const Interval& ends) {
  return {.estimate = estimate, .lower = ends.low, .upper = ends.high};
}

Bounded<base::Unit> both_arms(const UnpairedCounts& counts) {
  KAIZEN_TRY(const base::Unit done, plausible_unpaired(counts));
  if (counts.champion.n == 0) return too_small("n1", "no example");
  if (counts.challenger.n == 0) return too_small("n2", "no example");
  return done;
}

// A ratio of sums and what each cluster adds to its error: residuals sum to 0.
struct RatioOfSums {
  double ratio = 0.0;
  double mean_denominator = 0.0;

  double residual(double numerator, double denominator) const {
    return (numerator - ratio * denominator) / mean_denominator;
  }
};

// `name`: of the denominator.
Bounded<RatioOfSums> ratio_of_sums(const Blocks& blocks,
                                   double Block::* numerator,
                                   double Block::* denominator,
                                   std::string_view name) {
  double numerators = 0.0;
  double denominators = 0.0;
  for (const Block& block : blocks) {
    numerators += block.*numerator;
    denominators += block.*denominator;
  }
  if (denominators == 0.0) return too_small(std::string(name), "sums to 0");
  const RatioOfSums result{.ratio = numerators / denominators,
                           .mean_denominator = denominators / static_cast<double>(blocks.size())};
  if (std::isfinite(denominators) && std::isfinite(result.ratio)) return result;
  return malformed("blocks", "the sums are beyond what a double holds");
}

// Student's bounds of an estimate whose clusters have these squared residuals.
Bounded<Bounds> student_bounds(double estimate, double squares, size_t clusters, double alpha) {
  const auto k = static_cast<double>(clusters);
  const double error = std::sqrt(squares / (k * (k - 1.0)));
  return finite_bounds(around(estimate, upper_student(alpha, k - 1.0) * error), "blocks");
}

Bounded<base::Unit> enough_blocks(const Blocks& blocks) {
  KAIZEN_TRY(const base::Unit done, plausible_blocks(blocks));
  if (blocks.size() < static_cast<size_t>(kFewestBlocks)) {
    return too_small("blocks",
                     fmt::format("{}, at least {} are needed", blocks.size(), kFewestBlocks));
  }
  return done;
}

}  // namespace

Bounded<Bounds> difference(const PairedCounts& counts, double alpha) {
  check_level(alpha);
  KAIZEN_TRY(const base::Unit done, plausible_paired(counts));
  static_cast<void>(done);
  if (counts.n == 0) return too_small("n", "no example");
  const double n = static_cast<double>(counts.n) + 2.0;
  const double b = static_cast<double>(counts.b) + 0.5;
  const double c = static_cast<double>(counts.c) + 0.5;
  const auto concordant = static_cast<double>(counts.n - counts.b - counts.c) + 1.0;
  // (b + c) - (c - b)^2 / n without its cancellation.
  const double error = std::sqrt(((b + c) * concordant + 4.0 * b * c) / n) / n;
  return around((c - b) / n, upper_normal(alpha) * error);
}

Bounded<Bounds> difference(const Blocks& blocks, double alpha) {
  check_level(alpha);
  KAIZEN_TRY(const base::Unit done, enough_blocks(blocks));
  static_cast<void>(done);
  KAIZEN_TRY(const RatioOfSums champion,
             ratio_of_sums(blocks, &Block::num_a, &Block::den_a, "denA"));
  KAIZEN_TRY(const RatioOfSums challenger,
             ratio_of_sums(blocks, &Block::num_b, &Block::den_b, "denB"));
  double squares = 0.0;
  for (const Block& block : blocks) {
    const double residual =
        challenger.residual(block.num_b, block.den_b) - champion.residual(block.num_a, block.den_a);
    squares += residual * residual;
  }
  return student_bounds(challenger.ratio - champion.ratio, squares, blocks.size(), alpha);
}

Bounded<Bounds> difference(const Moments& moments, double alpha) {
  return level(moments, alpha);
}

Bounded<Bounds> difference(const UnpairedCounts& counts, double alpha) {
  check_level(alpha);
  KAIZEN_TRY(const base::Unit done, both_arms(counts));
  static_cast<void>(done);
  const Share first = share_of(counts.champion);
  const Share second = share_of(counts.challenger);
  return with_ends(second.rate() - first.rate(), newcombe(first, second, upper_normal(alpha)));
}

Bounded<Bounds> difference(const Evidence& evidence, double alpha) {
  if (const auto* paired = std::get_if<PairedCounts>(&evidence)) return difference(*paired, alpha);
  if (const auto* blocks = std::get_if<Blocks>(&evidence)) return difference(*blocks, alpha);
  if (const auto* moments = std::get_if<Moments>(&evidence)) return difference(*moments, alpha);
  if (const auto* arms = std::get_if<UnpairedCounts>(&evidence)) return difference(*arms, alpha);
  return too_small("evidence", "two numbers without paired, blocks, moments or counts");
}

Bounded<Bounds> log_ratio(const UnpairedCounts& counts, double alpha) {
  check_level(alpha);
  KAIZEN_TRY(const base::Unit done, both_arms(counts));
  static_cast<void>(done);
  if (counts.champion.k == 0) return too_small("k1", "0 hits have no ratio");
  if (counts.challenger.k == 0) return too_small("k2", "0 hits have no ratio");
  const auto relative_variance = [](const Hits& hits) {
    return static_cast<double>(hits.n - hits.k) /
           (static_cast<double>(hits.n) * static_cast<double>(hits.k));
  };
  const double variance = relative_variance(counts.champion) + relative_variance(counts.challenger);
  if (variance == 0.0) return too_small("k1, k2", "nothing but hits in both: no variance is known");
  const double estimate =
      std::log(share_of(counts.challenger).rate()) - std::log(share_of(counts.champion).rate());
  return around(estimate, upper_normal(alpha) * std::sqrt(variance));
}

Bounded<Bounds> level(const Hits& hits, double alpha) {
  check_level(alpha);
  KAIZEN_TRY(const base::Unit done, plausible(hits, "k2", "n2"));
  static_cast<void>(done);
  if (hits.n == 0) return too_small("n2", "no example");
  const Share share = share_of(hits);
  return with_ends(share.rate(), wilson(share, upper_normal(alpha)));
}

Bounded<Bounds> level(const Blocks& blocks, double alpha) {
  check_level(alpha);
  KAIZEN_TRY(const base::Unit done, enough_blocks(blocks));
  static_cast<void>(done);
  KAIZEN_TRY(const RatioOfSums challenger,
             ratio_of_sums(blocks, &Block::num_b, &Block::den_b, "denB"));
  double squares = 0.0;
  for (const Block& block : blocks) {
    const double residual = challenger.residual(block.num_b, block.den_b);
    squares += residual * residual;
  }
  return student_bounds(challenger.ratio, squares, blocks.size(), alpha);
}

Bounded<Bounds> level(const Moments& moments, double alpha) {
  check_level(alpha);
  KAIZEN_TRY(const base::Unit done, plausible_moments(moments));
  static_cast<void>(done);
  if (moments.n < kFewestMoments) {
    return too_small("n", fmt::format("{}, at least {} are needed", moments.n, kFewestMoments));
  }
  const auto n = static_cast<double>(moments.n);
  const double half = upper_student(alpha, n - 1.0) * std::sqrt(moments.variance / n);
  return finite_bounds(around(moments.mean, half), "mean");
}

base::Result<base::Unit, Unbounded> plausible(const Evidence& evidence) {
  if (const auto* paired = std::get_if<PairedCounts>(&evidence)) return plausible_paired(*paired);
  if (const auto* blocks = std::get_if<Blocks>(&evidence)) return plausible_blocks(*blocks);
  if (const auto* moments = std::get_if<Moments>(&evidence)) return plausible_moments(*moments);
  if (const auto* arms = std::get_if<UnpairedCounts>(&evidence)) return plausible_unpaired(*arms);
  return base::Unit{};
}

base::Result<base::Unit, Unbounded> plausible(const Hits& hits,
                                              std::string_view k_name,
                                              std::string_view n_name) {
  KAIZEN_TRY(base::Unit done, count(k_name, hits.k));
  KAIZEN_TRY(done, count(n_name, hits.n));
  if (hits.k > hits.n) {
    return malformed(std::string(k_name), fmt::format("{} of {} = {}", hits.k, n_name, hits.n));
  }
  return done;
}

}  // namespace kaizen::stats::gate
