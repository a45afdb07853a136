// The kinds of gate/: bounds and verdicts of the quality gate (GT-8 to GT-18).
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "stats/gate/bounds.h"
#include "stats/gate/judge.h"
#include "stats/gate/quantiles.h"
#include "vectors/input.h"

namespace kaizen::vectors {

namespace {

namespace gate = stats::gate;
using nlohmann::json;

constexpr double kLargest = 1e300;

double alpha_of(Input& in) {
  const double alpha = in.number("alpha", 0.0, 0.5);
  if (in.ok() && alpha == 0.0) in.fail("alpha: not above 0");
  return in.ok() ? alpha : 0.5;
}

// Also below 0 and above 2^53: what GT-20 refuses must reach the statistics.
int64_t raw_count(Input& in, const char* name) {
  constexpr double kFar = 1e18;
  const double number = in.number(name, -kFar, kFar);
  if (number != std::floor(number)) in.fail(fmt::format("{}: not an integer", name));
  return static_cast<int64_t>(number);
}

gate::Direction direction_of(Input& in) {
  const std::string name = in.text("direction");
  if (in.ok() && name != "Higher" && name != "Lower")
    in.fail("direction: neither Higher nor Lower");
  return name == "Lower" ? gate::Direction::kLower : gate::Direction::kHigher;
}

gate::Blocks blocks_of(Input& in) {
  const std::vector<double> num_a = in.reals("numA");
  const std::vector<double> den_a = in.reals("denA");
  const std::vector<double> num_b = in.reals("numB");
  const std::vector<double> den_b = in.reals("denB");
  if (in.ok() && (den_a.size() != num_a.size() || num_b.size() != num_a.size() ||
                  den_b.size() != num_a.size())) {
    in.fail("numA, denA, numB, denB: not of one length");
  }
  gate::Blocks blocks;
  for (size_t i = 0; i < num_a.size() && in.ok(); ++i) {
    blocks.push_back({num_a[i], den_a[i], num_b[i], den_b[i]});
  }
  return blocks;
}

gate::PairedCounts paired_of(Input& in) {
  return {.n = raw_count(in, "n"), .b = raw_count(in, "b"), .c = raw_count(in, "c")};
}

gate::Moments moments_of(Input& in) {
  return {.n = raw_count(in, "n"), .mean = in.real("mean"), .variance = in.real("var")};
}

gate::UnpairedCounts unpaired_of(Input& in) {
  return {.champion = {.k = raw_count(in, "k1"), .n = raw_count(in, "n1")},
          .challenger = {.k = raw_count(in, "k2"), .n = raw_count(in, "n2")}};
}

json no_bounds(const gate::Unbounded& unbounded) {
  const bool malformed = unbounded.why == gate::Unbounded::Why::kMalformed;
  return {{malformed ? "malformed" : "tooSmall", unbounded.field}};
}

json with_bounds(const gate::Bounds& bounds, gate::Verdict verdict) {
  return {{"estimate", bounds.estimate},
          {"lower", bounds.lower},
          {"upper", bounds.upper},
          {"verdict", gate::to_string(verdict)}};
}

// GT-7 and GT-8 over the bounds of any evidence.
json compare(Input& in, const gate::Evidence& evidence) {
  const double alpha = alpha_of(in);
  const gate::Direction direction = direction_of(in);
  const double margin = in.number("margin", 0.0, kLargest);
  const std::string require = in.text("require");
  if (in.ok() && require != "NonInferior" && require != "Superior") in.fail("require: unknown");
  if (!in.ok()) return {};
  const auto bounds = gate::difference(evidence, alpha);
  if (!bounds.ok()) return no_bounds(bounds.error());
  const gate::Bounds improvement = gate::oriented(*bounds, direction);
  const auto wanted =
      require == "Superior" ? gate::Require::kSuperior : gate::Require::kNonInferior;
  return with_bounds(improvement, gate::judge(improvement, wanted, margin));
}

json run_quantile(Input& in) {
  const double alpha = alpha_of(in);
  if (!in.has("degrees")) return {{"z", gate::upper_normal(alpha)}};
  const double degrees = in.number("degrees", 1.0, kLargest);
  if (!in.ok()) return {};
  return {{"t", gate::upper_student(alpha, degrees)}};
}

json run_paired(Input& in) {
  return compare(in, paired_of(in));
}

json run_blocks(Input& in) {
  return compare(in, blocks_of(in));
}

json run_moments(Input& in) {
  return compare(in, moments_of(in));
}

json run_unpaired(Input& in) {
  return compare(in, unpaired_of(in));
}

gate::Slice slice_of(Input& in) {
  gate::Slice slice{.samples = raw_count(in, "samples"), .evidence = {}};
  if (in.has("b")) {
    slice.evidence = paired_of(in);
  } else if (in.has("k1")) {
    slice.evidence = unpaired_of(in);
  } else if (in.has("mean")) {
    slice.evidence = moments_of(in);
  }
  return slice;
}

json slice_json(const gate::JudgedSlice& slice) {
  json result = slice.unbounded ? no_bounds(*slice.unbounded) : json::object();
  result["verdict"] = gate::to_string(slice.verdict);
  if (slice.improvement) {
    result["lower"] = slice.improvement->lower;
    result["upper"] = slice.improvement->upper;
  }
  return result;
}

json run_slices(Input& in) {
  const std::string mode = in.text("mode");
  const gate::SliceTerms terms{.mode = mode == "NonInferior"
                                           ? gate::SliceTerms::Mode::kNonInferior
                                           : gate::SliceTerms::Mode::kNoEvidenceOfHarm,
                               .direction = direction_of(in),
                               .margin = in.number("margin", 0.0, kLargest),
                               .min_samples = in.count("minSamples"),
                               .alpha = alpha_of(in)};
  if (mode != "NonInferior" && mode != "NoEvidenceOfHarm") in.fail("mode: unknown");
  std::vector<gate::Slice> slices;
  for (Input& part : in.objects("slices")) {
    slices.push_back(slice_of(part));
    in.adopt(part);
  }
  if (!in.ok()) return {};
  const gate::SliceVerdicts verdicts = gate::judge_slices(slices, terms);
  json judged = json::array();
  for (const gate::JudgedSlice& slice : verdicts.slices) judged.push_back(slice_json(slice));
  return {{"compared", verdicts.compared}, {"level", verdicts.level}, {"slices", judged}};
}

// "k" and "n": one entry per group.
std::vector<gate::Hits> groups_of(Input& in) {
  const std::vector<double> k = in.numbers("k", -1e15, 1e15);
  const std::vector<double> n = in.numbers("n", -1e15, 1e15);
  if (in.ok() && k.size() != n.size()) in.fail("k, n: not of one length");
  std::vector<gate::Hits> groups;
  for (size_t i = 0; i < k.size() && in.ok(); ++i) {
    groups.push_back({.k = static_cast<int64_t>(k[i]), .n = static_cast<int64_t>(n[i])});
  }
  return groups;
}

json disparity_json(const gate::Disparity& disparity) {
  json result = disparity.unbounded ? no_bounds(*disparity.unbounded) : json::object();
  result["verdict"] = gate::to_string(disparity.verdict);
  if (disparity.bounds) {
    result["pair"] = {disparity.first, disparity.second};
    result["estimate"] = disparity.bounds->estimate;
    result["lower"] = disparity.bounds->lower;
    result["upper"] = disparity.bounds->upper;
  }
  return result;
}

json run_gap(Input& in) {
  const std::vector<gate::Hits> groups = groups_of(in);
  const double limit = in.number("maxGap", 0.0, 1.0);
  const double alpha = alpha_of(in);
  if (!in.ok()) return {};
  return disparity_json(gate::judge_gap(groups, limit, alpha));
}

json run_ratio(Input& in) {
  const std::vector<gate::Hits> groups = groups_of(in);
  const double limit = in.number("minRatio", 1e-9, 1.0);
  const double alpha = alpha_of(in);
  if (!in.ok()) return {};
  return disparity_json(gate::judge_ratio(groups, limit, alpha));
}

gate::Floor floor_of(Input& in) {
  if (in.has("max")) return {.value = in.real("max"), .is_ceiling = true};
  return {.value = in.real("min"), .is_ceiling = false};
}

json run_floor(Input& in) {
  const gate::Floor floor = floor_of(in);
  if (in.has("value")) {
    const double value = in.real("value");
    return {{"verdict", gate::to_string(gate::judge_floor(value, floor))}};
  }
  const double alpha = alpha_of(in);
  std::optional<gate::Bounded<gate::Bounds>> level;
  if (in.has("k")) {
    const gate::Hits hits{.k = raw_count(in, "k"), .n = raw_count(in, "n")};
    if (in.ok()) level = gate::level(hits, alpha);
  } else if (in.has("mean")) {
    const gate::Moments moments = moments_of(in);
    if (in.ok()) level = gate::level(moments, alpha);
  } else {
    const gate::Blocks blocks = blocks_of(in);
    if (in.ok()) level = gate::level(blocks, alpha);
  }
  if (!level) return {};
  if (!level->ok()) return no_bounds(level->error());
  return with_bounds(**level, gate::judge_floor(**level, floor));
}

std::optional<double> optional_real(Input& in, const char* name) {
  if (!in.has(name)) return std::nullopt;
  return in.real(name);
}

json run_limit(Input& in) {
  const gate::LimitInput input{.value = in.real("value"),
                               .champion = optional_real(in, "champion")};
  const gate::Limit limit{.max = optional_real(in, "max"),
                          .max_increase = optional_real(in, "maxIncrease")};
  if (!in.ok()) return {};
  const gate::JudgedLimit judged = gate::judge_limit(input, limit);
  json result = {{"verdict", gate::to_string(judged.verdict)}};
  if (judged.increase) result["increase"] = *judged.increase;
  return result;
}

constexpr Kind kKinds[] = {
    {"quantile", run_quantile}, {"paired", run_paired},     {"blocks", run_blocks},
    {"moments", run_moments},   {"unpaired", run_unpaired}, {"slices", run_slices},
    {"gap", run_gap},           {"ratio", run_ratio},       {"floor", run_floor},
    {"limit", run_limit},
};

}  // namespace

const Kind* gate_kind(std::string_view name) {
  const auto* const at = std::find_if(std::begin(kKinds), std::end(kKinds),
                                      [&](const Kind& kind) { return kind.name == name; });
  return at == std::end(kKinds) ? nullptr : at;
}

}  // namespace kaizen::vectors
