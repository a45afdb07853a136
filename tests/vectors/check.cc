#include "vectors/check.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <vector>

#include <fmt/format.h>
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

namespace kaizen::vectors {

namespace {

using nlohmann::json;

constexpr double kTolerance = 1e-9;  // relative above 1, absolute below
constexpr double kUnit = 1.0;
constexpr double kHuge = 1e12;

// A case's `in`, read with its bounds: the statistics end the process on impossible values, so each
// is checked here. After the first trouble everything reads as 0 and `error` says what it was.
class Input {
 public:
  explicit Input(const json& object) : object_(object) {
    if (!object.is_object()) fail("in: not an object");
  }

  bool ok() const { return error_.empty(); }

  const std::string& error() const { return error_; }

  double number(const char* name, double low, double high) {
    return checked(name, member(name), low, high);
  }

  // Strictly between 0 and 1.
  double rate(const char* name) {
    const double value = number(name, 0.0, 1.0);
    if (ok() && (value <= 0.0 || value >= 1.0)) fail(fmt::format("{}: not inside (0, 1)", name));
    return value;
  }

  int64_t count(const char* name) { return integer(name, member(name)); }

  int direction() {
    const double value = number("direction", -1.0, 1.0);
    if (ok() && value != 1.0 && value != -1.0) fail("direction: neither 1 nor -1");
    return value < 0.0 ? -1 : 1;
  }

  int32_t restarts() { return static_cast<int32_t>(number("restarts", 0.0, 1e6)); }

  stats::Line line() { return {.a = number("a", 0.0, 0.999), .b = number("b", 1e-3, 1e3)}; }

  stats::Counts counts(const char* n, const char* x) {
    const stats::Counts value{.n = count(n), .x = count(x)};
    if (ok() && !stats::plausible(value)) fail(fmt::format("{} > {}", x, n));
    return value;
  }

  std::vector<double> numbers(const char* name, double low, double high) {
    std::vector<double> values;
    for (const json& item : list(name)) values.push_back(checked(name, item, low, high));
    return values;
  }

  // [[integer or list of integers, ...], ...], flattened per row.
  std::vector<std::vector<int64_t>> rows(const char* name) {
    std::vector<std::vector<int64_t>> result;
    for (const json& item : list(name)) {
      if (!item.is_array()) fail(fmt::format("{}: not a list of lists", name));
      std::vector<int64_t>& row = result.emplace_back();
      for (const json& cell : item) {
        if (cell.is_array()) {
          for (const json& inner : cell) row.push_back(integer(name, inner));
        } else {
          row.push_back(integer(name, cell));
        }
      }
    }
    return result;
  }

  void fail(std::string why) {
    if (error_.empty()) error_ = std::move(why);
  }

 private:
  const json& member(const char* name) {
    static const json none;
    const auto at = object_.is_object() ? object_.find(name) : object_.end();
    if (at != object_.end()) return *at;
    fail(fmt::format("{}: missing", name));
    return none;
  }

  const json& list(const char* name) {
    static const json none = json::array();
    const json& value = member(name);
    if (value.is_array()) return value;
    fail(fmt::format("{}: not a list", name));
    return none;
  }

  double checked(const char* name, const json& value, double low, double high) {
    const double number = value.is_number() ? value.get<double>() : std::nan("");
    if (number >= low && number <= high) return number;
    fail(fmt::format("{}: not a number from {} to {}", name, low, high));
    return 0.0;
  }

  int64_t integer(const char* name, const json& value) {
    const double number = checked(name, value, 0.0, static_cast<double>(stats::kMaxCount));
    if (number != std::floor(number)) fail(fmt::format("{}: not an integer", name));
    return static_cast<int64_t>(number);
  }

  const json& object_;
  std::string error_;
};

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

struct Kind {
  std::string_view name;
  json (*run)(Input&);
};

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

bool same(const json& actual, const json& expected) {
  if (actual.is_number() && expected.is_number()) {
    const auto x = actual.get<double>();
    const auto y = expected.get<double>();
    return std::abs(x - y) <= kTolerance * std::max({1.0, std::abs(x), std::abs(y)});
  }
  if (actual.type() != expected.type() || actual.size() != expected.size()) return false;
  if (actual.is_array()) {
    return std::equal(actual.begin(), actual.end(), expected.begin(), same);
  }
  if (!actual.is_object()) return actual == expected;
  for (const auto& [key, value] : actual.items()) {
    const auto at = expected.find(key);
    if (at == expected.end() || !same(value, *at)) return false;
  }
  return true;
}

std::string text_of(const json& object, const char* name) {
  const auto at = object.is_object() ? object.find(name) : object.end();
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

void check_case(std::string_view path, const Kind& kind, const json& item, Report& report) {
  std::string name = text_of(item, "name");
  if (name.empty()) name = "(a case without a name)";
  std::string why;
  if (!item.is_object() || !item.contains("in") || !item.contains("out")) {
    why = ": no in or no out";
  } else {
    Input in(item["in"]);
    const json actual = kind.run(in);
    if (!in.ok()) {
      why = ": " + in.error();
    } else if (same(actual, item["out"])) {
      ++report.passed;
      return;
    }
  }
  ++report.failed;
  report.lines += fmt::format("MISMATCH {} {}{}\n", path, name, why);
}

}  // namespace

Report check_text(std::string_view path, std::string_view text) {
  const auto refused = [&](std::string_view why) {
    return Report{.passed = 0, .failed = 1, .lines = fmt::format("ERROR {}: {}\n", path, why)};
  };
  const json document = json::parse(text, nullptr, false);
  if (document.is_discarded()) return refused("not JSON (which has no NaN and no Infinity)");
  if (!document.is_object()) return refused("not an object");
  const std::string name = text_of(document, "kind");
  const auto* kind = std::find_if(std::begin(kKinds), std::end(kKinds),
                                  [&](const Kind& known) { return known.name == name; });
  if (kind == std::end(kKinds)) return refused(fmt::format("unknown kind \"{}\"", name));
  const auto cases = document.find("cases");
  if (cases == document.end() || !cases->is_array() || cases->empty()) return refused("no case");
  Report report;
  for (const json& item : *cases) check_case(path, *kind, item, report);
  return report;
}

Report check_folder(const std::string& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    if (at->path().extension() == ".json") files.push_back(at->path());
  }
  if (error) {
    return {
        .passed = 0, .failed = 1, .lines = fmt::format("ERROR {}: {}\n", folder, error.message())};
  }
  if (files.empty()) {
    return {.passed = 0, .failed = 1, .lines = fmt::format("ERROR {}: no *.json\n", folder)};
  }
  std::sort(files.begin(), files.end());
  Report total;
  for (const std::filesystem::path& path : files) {
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    const Report report =
        file.is_open() && !file.bad()
            ? check_text(path.string(), text)
            : Report{.passed = 0,
                     .failed = 1,
                     .lines = fmt::format("ERROR {}: cannot be read\n", path.string())};
    total.passed += report.passed;
    total.failed += report.failed;
    total.lines += report.lines;
  }
  return total;
}

}  // namespace kaizen::vectors
