// The drift statistics as the cases of tests/vectors/drift ask for them.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/duration.h"
#include "base/time.h"
#include "stats/drift/adwin.h"
#include "stats/drift/charts.h"
#include "stats/drift/chi_square.h"
#include "stats/drift/decision.h"
#include "stats/drift/divergence.h"
#include "stats/drift/episode.h"
#include "stats/drift/evidence.h"
#include "stats/drift/fairness.h"
#include "stats/drift/histogram.h"
#include "stats/drift/kolmogorov.h"
#include "stats/drift/multiple_testing.h"
#include "stats/drift/shift.h"
#include "stats/drift/unusable.h"
#include "stats/drift/wasserstein.h"
#include "stats/numerics.h"
#include "vectors/input.h"

namespace kaizen::vectors {

namespace {

using nlohmann::json;

constexpr double kHuge = 1e15;

json trouble(stats::Unusable unusable) {
  return {{"error", stats::to_string(unusable)}};
}

// A statistic of two histograms: `measure` gets the checked pair.
template <class Measure>
json of_bins(Input& in, const Measure& measure) {
  const std::vector<double> reference = in.reals("reference");
  const std::vector<double> current = in.reals("current");
  if (!in.ok()) return {};
  const auto bins = stats::BinPair::of(reference, current);
  return bins.ok() ? measure(*bins) : trouble(bins.error());
}

json run_psi(Input& in) {
  return of_bins(in, [](const stats::BinPair& bins) -> json {
    const stats::Psi value = stats::psi(bins);
    return {{"psi", value.psi},
            {"bins", value.bins},
            {"df", value.df},
            {"scale", value.scale},
            {"pValue", value.p_value}};
  });
}

json run_kl(Input& in) {
  return of_bins(in, [](const auto& bins) -> json { return {{"klNats", stats::kl(bins)}}; });
}

json run_js(Input& in) {
  return of_bins(
      in, [](const auto& bins) -> json { return {{"jsDistance", stats::js_distance(bins)}}; });
}

json run_hellinger(Input& in) {
  return of_bins(in,
                 [](const auto& bins) -> json { return {{"hellinger", stats::hellinger(bins)}}; });
}

json run_tv_linf(Input& in) {
  return of_bins(in, [](const auto& bins) -> json {
    return {{"totalVariation", stats::total_variation(bins)},
            {"lInfinity", stats::l_infinity(bins)}};
  });
}

json run_ks_buckets(Input& in) {
  return of_bins(in, [](const auto& bins) -> json {
    constexpr double kRankError = 0.01;
    const stats::Ks exact = stats::ks_buckets(bins);
    const stats::Ks sketched = stats::ks_buckets(bins, kRankError);
    return {{"d", exact.d},
            {"pValue", exact.p_value},
            {"dAdjustedRankError0.01", sketched.d_adjusted},
            {"pValueRankError0.01", sketched.p_value}};
  });
}

json run_ks_samples(Input& in) {
  if (in.has("lambda")) return {{"q", stats::kolmogorov_q(in.number("lambda", 0.0, kHuge))}};
  const std::vector<double> reference = in.reals("reference");
  const std::vector<double> current = in.reals("current");
  if (!in.ok()) return {};
  const auto value = stats::ks_samples(reference, current);
  if (!value.ok()) return trouble(value.error());
  return {{"d", value->d}, {"pValue", value->p_value}};
}

json run_chi_square(Input& in) {
  const bool ordered = in.flag("ordered");
  return of_bins(in, [&](const auto& bins) -> json {
    const stats::ChiSquare value =
        stats::chi_square(bins, ordered ? stats::Scale::kOrdered : stats::Scale::kCategorical);
    return {{"statistic", value.statistic},
            {"df", value.df},
            {"pValue", value.p_value},
            {"cramersV", value.cramers_v},
            {"bins", value.bins}};
  });
}

json run_wasserstein(Input& in) {
  if (in.has("referenceSamples")) {
    const std::vector<double> reference = in.reals("referenceSamples");
    const std::vector<double> current = in.reals("currentSamples");
    if (!in.ok()) return {};
    const auto value = stats::wasserstein_samples(reference, current);
    return value.ok() ? json{{"w1", *value}} : trouble(value.error());
  }
  const std::vector<double> bounds = in.reals("bounds");
  stats::Range range;
  if (in.has("min")) range.min = in.real("min");
  if (in.has("max")) range.max = in.real("max");
  return of_bins(in, [&](const auto& bins) -> json {
    const auto value = stats::wasserstein_buckets(bins, bounds, range);
    if (!value.ok()) return trouble(value.error());
    return {{"w1", value->w1}, {"truncatedMass", value->truncated_mass}};
  });
}

json run_ztests(Input& in) {
  const bool proportions = in.has("k0");
  const auto value = [&]() -> stats::Measured<stats::Shift> {
    if (proportions) {
      return stats::proportion_shift({.hits = in.real("k0"), .count = in.real("n0")},
                                     {.hits = in.real("k1"), .count = in.real("n1")});
    }
    return stats::mean_shift(
        {.count = in.real("n0"), .mean = in.real("mean0"), .variance = in.real("var0")},
        {.count = in.real("n1"), .mean = in.real("mean1"), .variance = in.real("var1")});
  }();
  if (!in.ok()) return {};
  if (!value.ok()) return trouble(value.error());
  return {{"z", value->z},
          {"pValue", value->p_value},
          {"effect", value->effect ? json(*value->effect) : json(nullptr)}};
}

json run_multiple_testing(Input& in) {
  if (in.has("p")) {
    const std::vector<double> p = in.numbers("p", 0.0, 1.0);
    const double level = in.rate("q");
    if (!in.ok()) return {};
    const stats::Adjusted adjusted = stats::benjamini_hochberg(p, level);
    return {{"adjusted", adjusted.p}, {"reject", adjusted.rejected}};
  }
  std::vector<double> log_e = in.numbers("e", 0.0, kHuge);
  const double level = in.rate("alpha");
  if (!in.ok()) return {};
  for (double& value : log_e) value = std::log(value);
  const stats::EBh result = stats::e_bh(log_e, level);
  return {{"k", result.k}, {"reject", result.rejected}};
}

// The indexes at which a detector alarms over `x`.
template <class Detector>
json alarms(Input& in, Detector detector) {
  const std::vector<double> values = in.reals("x");
  json indexes = json::array();
  for (size_t i = 0; i < values.size(); ++i) {
    if (detector.update(values[i])) indexes.push_back(i);
  }
  return {{"alarmIndices", indexes}};
}

std::optional<stats::PageHinkley::Mode> mode_of(std::string_view name) {
  if (name == "up") return stats::PageHinkley::Mode::kUp;
  if (name == "down") return stats::PageHinkley::Mode::kDown;
  if (name == "both") return stats::PageHinkley::Mode::kBoth;
  return std::nullopt;
}

json run_page_hinkley(Input& in) {
  Input parameters = in.object("parameters");
  const auto mode = mode_of(parameters.text("mode"));
  if (!mode) parameters.fail("mode: neither up, down nor both");
  const stats::PageHinkley::Terms terms{.min_instances = parameters.count("minInstances"),
                                        .delta = parameters.number("delta", 0.0, kHuge),
                                        .threshold = parameters.number("threshold", 0.0, kHuge),
                                        .alpha = parameters.number("alpha", 0.0, 1.0),
                                        .mode = mode.value_or(stats::PageHinkley::Mode::kBoth)};
  in.adopt(parameters);
  if (!in.ok()) return {};
  return alarms(in, stats::PageHinkley(terms));
}

json run_adwin(Input& in) {
  Input parameters = in.object("parameters");
  const stats::Adwin::Terms terms{
      .delta = parameters.rate("delta"),
      .clock = static_cast<int64_t>(parameters.number("clock", 1.0, 1e6)),
      .max_buckets = static_cast<size_t>(parameters.number("maxBuckets", 2.0, 1e3)),
      .min_window = static_cast<int64_t>(parameters.number("minWindowLength", 1.0, 1e6)),
      .grace = static_cast<int64_t>(parameters.number("gracePeriod", 1.0, 1e6))};
  in.adopt(parameters);
  if (!in.ok()) return {};
  return alarms(in, stats::Adwin(terms));
}

json run_control_charts(Input& in) {
  if (in.has("arlTwoSided")) {
    const double k = in.number("k", 1e-3, 10.0);
    const double windows = in.number("arlTwoSided", 1.0, 1e9);
    if (!in.ok()) return {};
    return {{"h", stats::cusum_limit(k, windows)}};
  }
  Input parameters = in.object("parameters");
  const double mean = parameters.number("mu", -kHuge, kHuge);
  const double sigma = parameters.number("sigma", 1e-9, kHuge);
  if (parameters.has("lambda")) {
    const stats::Ewma::Terms terms{.mean = mean,
                                   .sigma = sigma,
                                   .lambda = parameters.rate("lambda"),
                                   .limit = parameters.number("L", 0.0, kHuge)};
    in.adopt(parameters);
    return in.ok() ? alarms(in, stats::Ewma(terms)) : json();
  }
  const stats::Cusum::Terms terms{.mean = mean,
                                  .sigma = sigma,
                                  .k = parameters.number("k", 0.0, kHuge),
                                  .h = parameters.number("h", 0.0, kHuge)};
  in.adopt(parameters);
  return in.ok() ? alarms(in, stats::Cusum(terms)) : json();
}

stats::Accumulation accumulation(Input& in) {
  const std::string mode = in.text("mode");
  if (in.ok() && mode != "SR" && mode != "CUSUM") in.fail("mode: neither SR nor CUSUM");
  return mode == "CUSUM" ? stats::Accumulation::kCusum : stats::Accumulation::kShiryaevRoberts;
}

json components_of(const stats::DriftNull& null) {
  json components = json::array();
  for (const stats::Component& component : null.components) {
    components.push_back({{"event", component.event},
                          {"sign", component.side == stats::Side::kMore ? 1 : -1},
                          {"m", component.null_rate},
                          {"p1", component.bet_rate}});
  }
  return components;
}

struct Window {
  double n = 0.0;
  std::vector<double> k;
};

// ln M after each window, without the rounding of the stored state.
json evidence_after(std::vector<double>& state,
                    const std::vector<Window>& windows,
                    const stats::DriftNull& null) {
  json result = json::array();
  for (const Window& window : windows) {
    stats::accumulate(state, {.n = window.n, .k = window.k}, null);
    result.push_back(stats::log_evidence(state));
  }
  return result;
}

json run_sequence(Input& in) {
  Input reference = in.object("reference");
  const std::vector<double> probabilities = reference.numbers("F", 0.0, 1.0);
  const double n = reference.number("n", 1.0, kHuge);
  Input parameters = in.object("parameters");
  const stats::NullTerms terms{.delta = parameters.number("tolerance", 0.0, 1.0),
                               .eta = parameters.number("eta", 0.0, 1.0),
                               .reference_z = parameters.number("zRef", 0.0, 100.0),
                               .cap = parameters.number("cap", 1.0, kHuge),
                               .design_effect = parameters.number("designEffect", 1.0, kHuge),
                               .accumulation = accumulation(parameters)};
  in.adopt(reference);
  in.adopt(parameters);
  std::vector<Window> windows;
  for (Input& item : in.objects("windows")) {
    Window window{.n = item.number("n", 0.0, kHuge), .k = item.numbers("k", 0.0, kHuge)};
    if (window.k.size() != probabilities.size()) item.fail("k: not one per event");
    in.adopt(item);
    windows.push_back(window);
  }
  if (!in.ok()) return {};
  const auto null = stats::event_null(probabilities, n, terms);
  if (!null.ok()) return trouble(null.error());
  std::vector<double> state = stats::fresh_state(*null);
  const json log_m = evidence_after(state, windows, *null);
  return {{"components", components_of(*null)}, {"logM", log_m}, {"logMComponentsLast", state}};
}

json run_performance(Input& in) {
  const double baseline = in.number("baseline", 0.0, 1.0);
  std::optional<double> count;
  if (in.has("referenceCount")) count = in.number("referenceCount", 1.0, kHuge);
  const stats::PerformanceTerms terms{.delta = std::nullopt,
                                      .eta = std::nullopt,
                                      .reference_z = in.number("zRef", 0.0, 100.0),
                                      .cap = in.number("cap", 1.0, kHuge),
                                      .design_effect = in.number("designEffect", 1.0, kHuge),
                                      .accumulation = accumulation(in)};
  std::vector<Window> windows;
  for (Input& item : in.objects("windows")) {
    windows.push_back({.n = item.number("n", 0.0, kHuge), .k = {item.number("bad", 0.0, kHuge)}});
    in.adopt(item);
  }
  if (!in.ok()) return {};
  const auto null = stats::performance_null(baseline, count, terms);
  if (!null.ok()) return trouble(null.error());
  if (null->components.empty()) return {{"components", json::array()}};
  std::vector<double> state = stats::fresh_state(*null);
  const json log_m = evidence_after(state, windows, *null);
  return {{"m", null->components[0].null_rate},
          {"p1", null->components[0].bet_rate},
          {"effectiveCap", null->cap},
          {"logM", log_m}};
}

json run_bounded(Input& in) {
  const double m = in.rate("m");
  const std::vector<double> bets = in.numbers("c", 1e-9, 1.0 - 1e-9);
  const stats::Accumulation mode = accumulation(in);
  const std::vector<double> scores = in.numbers("x", -kHuge, kHuge);
  if (!in.ok()) return {};
  std::vector<double> state(bets.size(), std::log(0.0));
  json log_m = json::array();
  for (const double score : scores) {
    for (size_t i = 0; i < bets.size(); ++i) {
      state[i] = stats::accumulated(state[i], stats::log_e_of_score(score, m, bets[i]), mode);
    }
    log_m.push_back(stats::log_evidence(state));
  }
  return {{"logM", log_m}};
}

json run_state(Input& in) {
  const std::vector<double> log_m = in.reals("logM");
  if (!in.ok()) return {};
  const std::string text = stats::encode_evidence(log_m);
  const auto read = stats::decode_evidence(text, log_m.size());
  if (!read.ok()) return {{"error", read.error().message}};
  return {{"state", text}, {"rounded", *read}};
}

json run_evidence(Input& in) {
  if (in.has("reference")) return run_sequence(in);
  if (in.has("baseline")) return run_performance(in);
  if (in.has("m")) return run_bounded(in);
  if (in.has("logM")) return run_state(in);
  const double p = in.number("p", 0.0, 1.0);
  const double kappa = in.rate("kappa");
  if (!in.ok()) return {};
  return {{"e", stats::e_of_p(p, kappa)}};
}

json run_histogram_counts(Input& in) {
  const std::vector<double> cumulative = in.reals("cumulative");
  if (!in.ok()) return {};
  return {{"bins", stats::bins_from_cumulative(cumulative)}};
}

json run_fairness(Input& in) {
  Input object = in.object("groups");
  const std::vector<std::string> names = object.names();
  std::vector<stats::Group> groups;
  for (const std::string& name : names) {
    Input group = object.object(name.c_str());
    groups.push_back(
        {.name = name, .favourable = group.real("favourable"), .count = group.real("n")});
    in.adopt(group);
  }
  in.adopt(object);
  if (!in.ok()) return {};
  const auto value = stats::fairness(groups, 0.0);
  if (!value.ok()) return trouble(value.error());
  return {{"highest", groups[value->highest].name},
          {"lowest", groups[value->lowest].name},
          {"difference", value->difference},
          {"differenceLower", value->difference_low},
          {"differenceUpper", value->difference_high},
          {"ratio", value->ratio ? json(*value->ratio) : json(nullptr)},
          {"fourFifthsPass", value->four_fifths_pass}};
}

std::string_view severity_name(stats::Severity severity) {
  switch (severity) {
    case stats::Severity::kNone: return "ok";
    case stats::Severity::kWarn: return "warn";
    case stats::Severity::kAct: return "act";
  }
  return "";
}

// The events of one step as the vectors write them.
void tell(json& events,
          size_t at,
          const stats::EpisodeChange& change,
          const stats::EpisodeState& state) {
  const auto add = [&](const std::string& event) { events.push_back(json::array({at, event})); };
  if (change.went_blind) add("blind");
  if (change.sighted) add("sighted");
  if (change.opened) add(fmt::format("open p-{} {}", state.sequence, severity_name(state.open)));
  if (change.escalated) add(fmt::format("escalate p-{} act", state.sequence));
  if (change.closed) add(fmt::format("close p-{}", state.sequence));
}

std::optional<stats::Severity> severity_of(std::string_view name) {
  for (const auto severity :
       {stats::Severity::kNone, stats::Severity::kWarn, stats::Severity::kAct}) {
    if (severity_name(severity) == name) return severity;
  }
  return std::nullopt;
}

json run_episodes(Input& in) {
  Input parameters = in.object("parameters");
  const auto small = [&](const char* name, double low) {
    return static_cast<int32_t>(parameters.number(name, low, 1e6));
  };
  const stats::EpisodeTerms terms{.m = static_cast<size_t>(small("m", 1.0)),
                                  .n = static_cast<size_t>(small("n", 1.0)),
                                  .close_after = small("closeAfter", 1.0),
                                  .cooldown = base::Duration(small("cooldown", 0.0) * 1'000'000LL),
                                  .no_data_grace = small("noDataAfter", 1.0)};
  if (parameters.ok() && terms.m > terms.n) parameters.fail("m > n");
  in.adopt(parameters);
  const std::vector<std::string> verdicts = in.texts("verdicts");
  json events = json::array();
  stats::EpisodeState state;
  for (size_t i = 0; i < verdicts.size() && in.ok(); ++i) {
    if (verdicts[i] == "nodata") {
      tell(events, i, stats::step_without_data(state, terms), state);
      continue;
    }
    const std::optional<stats::Severity> severity = severity_of(verdicts[i]);
    if (!severity) {
      in.fail(fmt::format("verdicts: {} is none", verdicts[i]));
      break;
    }
    const stats::Verdict verdict{.severity = *severity,
                                 .quiet = *severity == stats::Severity::kNone};
    const auto now = base::Time::from_unix_s(static_cast<int64_t>(i));
    tell(events, i, stats::step(state, verdict, terms, now), state);
  }
  return {{"events", events}};
}

constexpr Kind kKinds[] = {
    {"psi", run_psi},
    {"kl", run_kl},
    {"js", run_js},
    {"hellinger", run_hellinger},
    {"tv_linf", run_tv_linf},
    {"ks_buckets", run_ks_buckets},
    {"ks_samples", run_ks_samples},
    {"chi2", run_chi_square},
    {"wasserstein", run_wasserstein},
    {"ztests", run_ztests},
    {"multiple_testing", run_multiple_testing},
    {"page_hinkley", run_page_hinkley},
    {"adwin", run_adwin},
    {"control_charts", run_control_charts},
    {"edetector", run_evidence},
    {"histogram_counts", run_histogram_counts},
    {"fairness", run_fairness},
    {"episodes", run_episodes},
};

}  // namespace

const Kind* drift_kind(std::string_view name) {
  const auto* const at = std::find_if(std::begin(kKinds), std::end(kKinds),
                                      [&](const Kind& kind) { return kind.name == name; });
  return at == std::end(kKinds) ? nullptr : at;
}

}  // namespace kaizen::vectors
