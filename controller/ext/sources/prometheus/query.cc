#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/duration.h"
#include "base/error.h"
#include "base/http.h"
#include "base/result.h"
#include "base/text.h"
#include "base/time.h"
#include "core/extensions.h"
#include "ext/sources/prometheus/preset_internal.h"
#include "ext/sources/prometheus/promql_internal.h"
#include "ext/sources/prometheus/query_internal.h"

namespace kaizen::ext::prometheus {
namespace {

using Queries = std::vector<Query>;

// A query travels in the target of a GET, which the transport may send twice without harm and which
// proxies that let only reads through let through. Common proxies take 8 KiB for the request line.
constexpr size_t kMaxTarget = 7'500;

bool asks(const core::Question& question, core::SignalKind kind) {
  return std::ranges::any_of(question.signals,
                             [&](const core::Signal& signal) { return signal.kind == kind; });
}

bool is_label_name(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !name.empty() && letter(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

base::Result<base::Unit> check(const core::Question& question) {
  for (const std::string& name : {question.source.namespace_label, question.source.pod_label}) {
    if (is_label_name(name)) continue;
    return base::invalid(base::concat({"metric source ", question.source.name, ": label ", name,
                                       " of its configuration is not a label name"}));
  }
  return base::Unit{};
}

void add_preset(const core::Question& question,
                const Preset& preset,
                const std::vector<bool>& instants,
                Queries* out) {
  const auto add = [&](Use use, bool earlier, std::string promql) {
    Query query;
    query.use = use;
    query.preset = &preset;
    query.earlier = earlier;
    query.promql = std::move(promql);
    out->push_back(std::move(query));
  };
  for (const bool earlier : instants) {
    if (asks(question, core::SignalKind::kErrorRate)) {
      add(Use::kTotal, earlier, preset.total_query(question));
    }
    if (asks(question, core::SignalKind::kLatency)) {
      add(Use::kBuckets, earlier, preset.bucket_query(question));
    }
  }
}

std::vector<Placeholder> placeholders(const core::Question& question, const core::Arm& arm) {
  std::vector<Placeholder> values = {
      {"ns", question.ns},  {"pods", arm.pods, true},  {"workload", arm.workload},
      {"svc", arm.service}, {"model", question.model}, {"rev", arm.revision},
  };
  if (!question.route.empty()) values.push_back({"route", question.route});
  return values;
}

base::Result<base::Unit> add_ratio(const core::Question& question,
                                   size_t position,
                                   const std::vector<bool>& instants,
                                   Queries* out) {
  const core::Signal& signal = question.signals[position];
  for (const bool canary : {false, true}) {
    const std::optional<core::Arm>& arm = canary ? question.canary : question.stable;
    if (!arm) continue;
    for (const Use use : {Use::kNumerator, Use::kDenominator}) {
      const bool above = use == Use::kNumerator;
      const std::string field = base::concat(
          {"spec.analysis.metrics ", signal.name, ".", above ? "numerator" : "denominator"});
      KAIZEN_TRY(const std::string promql, fill(above ? signal.numerator : signal.denominator,
                                                placeholders(question, *arm), field));
      for (const bool earlier : instants) {
        Query query;
        query.use = use;
        query.signal = position;
        query.canary = canary;
        query.earlier = earlier;
        query.promql = promql;
        out->push_back(std::move(query));
      }
    }
  }
  return base::Unit{};
}

base::Result<Queries> queries(const core::Question& question, const std::vector<bool>& instants) {
  KAIZEN_TRY(const base::Unit checked, check(question));
  static_cast<void>(checked);
  Queries out;
  if (asks(question, core::SignalKind::kErrorRate) || asks(question, core::SignalKind::kLatency)) {
    KAIZEN_TRY(const std::vector<const Preset*> presets, candidates(question));
    for (const Preset* preset : presets) {
      add_preset(question, *preset, instants, &out);
      if (instants.size() == 1) continue;  // the baseline needs no reason for having no data
      Query query;
      query.use = Use::kScraped;
      query.preset = preset;
      query.promql = preset->scraped_query(question);
      out.push_back(std::move(query));
    }
  }
  for (size_t i = 0; i < question.signals.size(); ++i) {
    if (question.signals[i].kind != core::SignalKind::kRatio) continue;
    KAIZEN_TRY(const base::Unit added, add_ratio(question, i, instants, &out));
    static_cast<void>(added);
  }
  return out;
}

// Unix seconds; Prometheus counts in milliseconds.
std::string seconds(base::Time time) {
  const int64_t ms = time.unix_us() / 1000;
  return ms % 1000 == 0 ? fmt::format("{}", ms / 1000)
                        : fmt::format("{}.{:03}", ms / 1000, ms % 1000);
}

base::Result<base::HttpRequest> get(const core::Question& question,
                                    const Query& query,
                                    std::string_view path,
                                    std::string_view times) {
  base::HttpRequest request;
  request.target = base::concat(
      {question.source.path_prefix, path, "?query=", base::url_encode(query.promql), times});
  if (request.target.size() > kMaxTarget) {
    return base::invalid(
        fmt::format("a metric query is {} bytes long once encoded, at most {} fit into a request; "
                    "shorten it: {}",
                    request.target.size(), kMaxTarget, base::truncate_utf8(query.promql, 100)));
  }
  request.headers = {{"Accept", "application/json"}};
  return request;
}

}  // namespace

base::Result<Queries> tick_queries(const core::Question& question) {
  return queries(question, {true, false});
}

base::Result<Queries> baseline_queries(const core::Question& question) {
  core::Question stable = question;
  stable.canary.reset();
  return queries(stable, {false});
}

base::Result<base::HttpRequest> instant_request(const core::Question& question,
                                                const Query& query) {
  const base::Time at = query.earlier ? question.previous : question.at;
  return get(question, query, "/api/v1/query", base::concat({"&time=", seconds(at)}));
}

base::Result<base::HttpRequest> range_request(const core::Question& question,
                                              const Query& query,
                                              base::Duration interval) {
  const base::Time start = question.at - interval * kBaselineTicks;
  return get(question, query, "/api/v1/query_range",
             base::concat({"&start=", seconds(start), "&end=", seconds(question.at),
                           "&step=", seconds(base::Time::from_unix_us(interval.count()))}));
}

}  // namespace kaizen::ext::prometheus
