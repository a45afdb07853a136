#include "core/training/result.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "api/training_run.h"
#include "base/hash.h"
#include "base/order.h"
#include "base/result.h"
#include "base/text.h"
#include "base/time.h"
#include "base/uid.h"
#include "core/reasons.h"
#include "core/training/result_fields_internal.h"
#include "schema/json_document.h"
#include "stats/gate/bounds.h"

namespace kaizen::core {

namespace {

namespace gate = stats::gate;
using schema::JsonNode;

constexpr int kMaxDepth = 8;  // RS-40
constexpr std::string_view kSchema = "kaizen.result/v1";

// RS-10's bounds.
constexpr size_t kMaxMetrics = 256;
constexpr size_t kMaxArtifacts = 16;
constexpr size_t kMaxComparisons = 512;
constexpr size_t kMaxBlocks = 5000;
constexpr size_t kMaxGroups = 256;

constexpr std::string_view kTopLevel[] = {
    "schema",           "run",  "nonce", "stage",      "ref",      "metrics", "artifacts",
    "referenceProfile", "data", "tune",  "evaluation", "registry", "git"};
constexpr std::string_view kDataKeys[] = {"name", "uri",  "digest",       "version",
                                          "rows", "asOf", "schemaDigest", "missing"};
constexpr std::string_view kEvaluationKeys[] = {"dataset", "challenger", "champion", "comparisons",
                                                "groups"};

ResultProblem problem(const Reason& reason, std::string message) {
  return {.reason = &reason,
          .message =
              base::truncate_utf8(base::without_controls(message), api::training_limits::kDetail)};
}

ResultProblem malformed(std::string message) {
  return problem(reason::kResultMalformed, std::move(message));
}

// What later versions will take. Refused, because a program that sends it relies on it.
void refuse_postponed(Fields& root) {
  for (const std::string_view key : {"ref", "tune", "git"}) {
    if (root.has(key)) root.fail(key, "is not offered by this version of kaizen; leave it out");
  }
}

ReportedMetrics read_metrics(Fields& root) {
  ReportedMetrics metrics;
  const JsonNode* node = root.member("metrics", JsonNode::Kind::kObject);
  if (node == nullptr) return metrics;
  if (node->members.size() > kMaxMetrics) {
    root.fail("metrics", fmt::format("{} of them, at most {}", node->members.size(), kMaxMetrics));
    return metrics;
  }
  Fields fields = root.inside("metrics", *node);
  for (const auto& [name, value] : node->members) {
    if (!is_metric_name(name)) fields.fail(name, "is no name of a metric");
    if (value.kind != JsonNode::Kind::kNumber) fields.fail(name, "is not a number");
    metrics.emplace(name, value.number);
  }
  return metrics;
}

ReportedBlob read_blob(Fields& fields, bool is_named) {
  return {.name = fields.text("name", TextForm::kName, is_named),
          .uri = fields.text("uri", TextForm::kUri, true),
          .digest = fields.text("digest", TextForm::kDigest, true),
          .size_bytes = fields.count("sizeBytes"),
          .version = fields.text("version", TextForm::kVersion, false)};
}

std::vector<ReportedBlob> read_artifacts(Fields& root) {
  std::vector<ReportedBlob> artifacts;
  std::set<std::string, std::less<>> names;
  for (Fields& fields : root.list("artifacts", kMaxArtifacts)) {
    artifacts.push_back(read_blob(fields, /*is_named=*/true));
    if (!names.insert(artifacts.back().name).second) fields.fail("name", "is there twice");
  }
  return artifacts;
}

std::optional<ReportedProfile> read_profile(Fields& root) {
  const JsonNode* node = root.member("referenceProfile", JsonNode::Kind::kObject);
  if (node == nullptr) return std::nullopt;
  Fields fields = root.inside("referenceProfile", *node);
  const bool is_config_map = fields.has("configMap");
  return ReportedProfile{.config_map = fields.text("configMap", TextForm::kObjectName, false),
                         .key = fields.text("key", TextForm::kKey, is_config_map),
                         .uri = fields.text("uri", TextForm::kUri, !is_config_map),
                         .digest = fields.text("digest", TextForm::kDigest, true)};
}

std::optional<ReportedData> read_data(Fields& root) {
  const JsonNode* node = root.member("data", JsonNode::Kind::kObject);
  if (node == nullptr) return std::nullopt;
  Fields fields = root.inside("data", *node);
  fields.allow_only(kDataKeys);
  ReportedData data{.name = fields.text("name", TextForm::kShort, false),
                    .uri = fields.text("uri", TextForm::kUri, false),
                    .digest = fields.text("digest", TextForm::kDigest, false),
                    .version = fields.text("version", TextForm::kVersion, false),
                    .rows = fields.count("rows"),
                    .as_of = std::nullopt,
                    .schema_digest = fields.text("schemaDigest", TextForm::kDigest, false),
                    .missing = fields.number("missing")};
  const std::string as_of = fields.text("asOf", TextForm::kShort, false);
  data.as_of = base::parse_time(as_of);
  if (!as_of.empty() && !data.as_of) fields.fail("asOf", "is not an instant as RFC 3339 writes it");
  if (data.missing && !(*data.missing >= 0.0 && *data.missing <= 1.0)) {
    fields.fail("missing", "is not a share from 0 to 1");
  }
  return data;
}

std::optional<api::RegistryStatus> read_registry(Fields& root) {
  const JsonNode* node = root.member("registry", JsonNode::Kind::kObject);
  if (node == nullptr) return std::nullopt;
  Fields fields = root.inside("registry", *node);
  return api::RegistryStatus{.name = fields.text("name", TextForm::kLong, false),
                             .version = fields.text("version", TextForm::kVersion, false),
                             .uri = fields.text("uri", TextForm::kUri, false)};
}

void read_paired(Fields& fields, ReportedComparison& comparison) {
  const JsonNode* node = fields.member("paired", JsonNode::Kind::kObject);
  if (node == nullptr) return;
  if (!comparison.n) fields.fail("n", "is missing: paired needs it");
  Fields paired = fields.inside("paired", *node);
  comparison.paired = gate::PairedCounts{
      .n = comparison.n.value_or(0), .b = paired.needed_count("b"), .c = paired.needed_count("c")};
  paired.adopt(gate::plausible(*comparison.paired));
}

void read_moments(Fields& fields, ReportedComparison& comparison) {
  const JsonNode* node = fields.member("moments", JsonNode::Kind::kObject);
  if (node == nullptr) return;
  if (!comparison.n) fields.fail("n", "is missing: moments need it");
  Fields moments = fields.inside("moments", *node);
  comparison.moments = gate::Moments{.n = comparison.n.value_or(0),
                                     .mean = moments.needed_number("mean"),
                                     .variance = moments.needed_number("var")};
  moments.adopt(gate::plausible(*comparison.moments));
}

void read_counts(Fields& fields, ReportedComparison& comparison) {
  const JsonNode* node = fields.member("counts", JsonNode::Kind::kObject);
  if (node == nullptr) return;
  Fields counts = fields.inside("counts", *node);
  comparison.challenger_hits =
      gate::Hits{.k = counts.needed_count("k2"), .n = counts.needed_count("n2")};
  counts.adopt(gate::plausible(*comparison.challenger_hits, "k2", "n2"));
  if (!counts.has("k1") && !counts.has("n1")) return;
  comparison.champion_hits =
      gate::Hits{.k = counts.needed_count("k1"), .n = counts.needed_count("n1")};
  counts.adopt(gate::plausible(*comparison.champion_hits, "k1", "n1"));
}

void read_blocks(Fields& fields, ReportedComparison& comparison) {
  const JsonNode* node = fields.member("blocks", JsonNode::Kind::kArray);
  if (node == nullptr) return;
  if (node->elements.size() > kMaxBlocks) {
    fields.fail("blocks", fmt::format("{} of them, at most {}", node->elements.size(), kMaxBlocks));
    return;
  }
  for (size_t i = 0; i < node->elements.size(); ++i) {
    const std::vector<JsonNode>& row = node->elements[i].elements;
    const bool is_row =
        row.size() == 4 && std::all_of(row.begin(), row.end(), [](const JsonNode& cell) {
          return cell.kind == JsonNode::Kind::kNumber;
        });
    if (!is_row) {
      fields.fail(fmt::format("blocks[{}]", i), "is not [numA, denA, numB, denB]");
      return;
    }
    comparison.blocks.push_back({.num_a = row[0].number,
                                 .den_a = row[1].number,
                                 .num_b = row[2].number,
                                 .den_b = row[3].number});
  }
  fields.adopt(gate::plausible(comparison.blocks));
}

void read_interval(Fields& fields, ReportedComparison& comparison) {
  const JsonNode* node = fields.member("interval", JsonNode::Kind::kObject);
  if (node == nullptr) return;
  Fields interval = fields.inside("interval", *node);
  comparison.interval =
      ReportedInterval{.lower = interval.needed_number("lower"),
                       .upper = interval.needed_number("upper"),
                       .confidence = interval.needed_number("confidence"),
                       .method = interval.text("method", TextForm::kMethod, true)};
  if (comparison.interval->upper < comparison.interval->lower) {
    interval.fail("upper", "is below lower");
  }
  if (!(comparison.interval->confidence > 0.5 && comparison.interval->confidence < 1.0)) {
    interval.fail("confidence", "is not inside (0.5, 1)");
  }
}

ReportedComparison read_comparison(Fields& fields) {
  ReportedComparison comparison;
  comparison.metric = fields.text("metric", TextForm::kMetric, true);
  if (fields.has("slice")) comparison.slice = fields.text("slice", TextForm::kSlice, true);
  comparison.dataset = fields.text("dataset", TextForm::kDigest, false);
  if (!comparison.dataset.empty() && comparison.slice != kSinceOnset) {
    fields.fail("dataset", "only slice since-onset has a data set of its own (GT-1)");
  }
  comparison.champion = fields.number("champion");
  comparison.challenger = fields.needed_number("challenger");
  comparison.n = fields.count("n");
  if (fields.has("method")) {
    fields.fail("method",
                "bootstrap is not offered by this version of kaizen; without method, blocks are "
                "compared by Student's t");
  }
  read_paired(fields, comparison);
  read_blocks(fields, comparison);
  read_moments(fields, comparison);
  read_counts(fields, comparison);
  read_interval(fields, comparison);
  return comparison;
}

ReportedGroup read_group(Fields& fields) {
  ReportedGroup group{.metric = fields.text("metric", TextForm::kMetric, true),
                      .dimension = fields.text("dimension", TextForm::kShort, true),
                      .group = fields.text("group", TextForm::kShort, true),
                      .hits = {.k = fields.needed_count("k"), .n = fields.needed_count("n")}};
  fields.adopt(gate::plausible(group.hits, "k", "n"));
  return group;
}

std::optional<ReportedEvaluation> read_evaluation(Fields& root) {
  const JsonNode* node = root.member("evaluation", JsonNode::Kind::kObject);
  if (node == nullptr) return std::nullopt;
  Fields fields = root.inside("evaluation", *node);
  fields.allow_only(kEvaluationKeys);
  ReportedEvaluation evaluation;
  evaluation.dataset = fields.text("dataset", TextForm::kDigest, true);
  evaluation.challenger = fields.text("challenger", TextForm::kDigest, true);
  if (fields.has("champion")) {
    evaluation.champion = fields.text("champion", TextForm::kDigest, true);
  }
  if (!fields.has("comparisons")) fields.fail("comparisons", "is missing");
  std::set<std::pair<std::string, std::string>> compared;
  for (Fields& item : fields.list("comparisons", kMaxComparisons)) {
    ReportedComparison comparison = read_comparison(item);
    // Which of the two would be judged? Nobody could say, so neither is.
    if (!compared.emplace(comparison.metric, comparison.slice).second) {
      item.fail("slice",
                fmt::format("{} on {} is compared twice", comparison.metric, comparison.slice));
    }
    evaluation.comparisons.push_back(std::move(comparison));
  }
  std::set<std::tuple<std::string, std::string, std::string>> grouped;
  for (Fields& item : fields.list("groups", kMaxGroups)) {
    ReportedGroup group = read_group(item);
    if (!grouped.emplace(group.metric, group.dimension, group.group).second) {
      item.fail("group", "is there twice");
    }
    evaluation.groups.push_back(std::move(group));
  }
  return evaluation;
}

// RS-2. Before the sections: of a foreign document it matters that it is foreign.
std::optional<ResultProblem> foreign(Fields& root, const ResultIdentity& expected) {
  const std::string run = root.text("run", TextForm::kShort, true);
  const std::string stage = root.text("stage", TextForm::kShort, true);
  const std::string nonce = root.text("nonce", TextForm::kNonce, true);
  if (!root.ok()) return malformed(root.trouble());
  const auto mismatch = [](std::string_view field, std::string_view found, std::string_view want) {
    return problem(reason::kResultMismatch,
                   fmt::format("{}: {} is reported, {} is expected", field, found, want));
  };
  const std::optional<base::Uid> uid = base::parse_uid(run);
  if (!uid || *uid != expected.run) return mismatch("run", run, base::to_string(expected.run));
  if (stage != expected.stage) return mismatch("stage", stage, expected.stage);
  if (nonce != expected.nonce) {
    return problem(reason::kResultMismatch,
                   "nonce: not the value of KAIZEN_RESULT_NONCE of this attempt");
  }
  return std::nullopt;
}

ResultProblem unreadable(const ResultBytes& result, const std::string& message) {
  if (result.cut_at && result.bytes.size() == *result.cut_at) {
    return problem(reason::kResultTooLarge,
                   fmt::format("cut at {} bytes; use result.from ConfigMap", *result.cut_at));
  }
  return malformed(message);
}

}  // namespace

const ReportedBlob* ResultDocument::artifact(std::string_view name) const {
  const auto at = std::find_if(artifacts.begin(), artifacts.end(),
                               [&](const ReportedBlob& blob) { return blob.name == name; });
  return at == artifacts.end() ? nullptr : &*at;
}

ResultOr<ResultDocument> read_result(const ResultBytes& result, const ResultIdentity& expected) {
  if (result.bytes.empty()) return problem(reason::kResultMissing, "no result was written");
  if (result.bytes.size() > kMaxResultBytes) {
    return problem(reason::kResultTooLarge,
                   fmt::format("{} bytes, at most {}", result.bytes.size(), kMaxResultBytes));
  }
  const auto node =
      schema::parse_strict(result.bytes, {.max_bytes = kMaxResultBytes, .max_depth = kMaxDepth});
  if (!node.ok()) return unreadable(result, node.error().message);
  if (node->kind != JsonNode::Kind::kObject) return malformed("not an object");

  FieldTrouble trouble;
  Fields root(*node, "", &trouble);
  if (root.text("schema", TextForm::kShort, true) != kSchema) {
    root.fail("schema", fmt::format("is not {}", kSchema));
  }
  root.allow_only(kTopLevel);
  if (auto other = foreign(root, expected)) return *std::move(other);
  refuse_postponed(root);
  ResultDocument document;
  document.metrics = read_metrics(root);
  document.artifacts = read_artifacts(root);
  document.reference_profile = read_profile(root);
  document.data = read_data(root);
  document.evaluation = read_evaluation(root);
  document.registry = read_registry(root);
  if (!root.ok()) return malformed(root.trouble());
  return document;
}

std::optional<ResultProblem> missing_part(const ResultDocument& document,
                                          const ResultNeeds& needs) {
  const auto missing = [](std::string_view what) {
    return problem(reason::kResultMissing, fmt::format("{}: not reported", what));
  };
  if (needs.data && !document.data) return missing("data");
  if (needs.evaluation && !document.evaluation) return missing("evaluation");
  if (needs.model && document.artifact("model") == nullptr) {
    return missing("artifacts: one of the name model");
  }
  return std::nullopt;
}

std::string result_nonce(const base::Uid& run, std::string_view stage, int32_t attempt) {
  constexpr size_t kDigits = 32;  // 128 bits
  return base::sha256_hex(fmt::format("{}\n{}\n{}", base::to_string(run), stage, attempt))
      .substr(0, kDigits);
}

std::vector<api::MetricValue> kept_metrics(std::vector<api::MetricValue> before,
                                           const ReportedMetrics& metrics,
                                           std::string_view stage,
                                           const std::optional<api::Gate>& gate) {
  std::set<std::string, std::less<>> named;
  if (gate) {
    if (gate->primary) named.insert(gate->primary->metric);
    for (const api::GateComparison& budget : gate->budgets) named.insert(budget.metric);
    for (const api::GateFloor& floor : gate->floors) named.insert(floor.metric);
    if (gate->slices) named.insert(gate->slices->metric);
    for (const api::GateFairness& fairness : gate->fairness) named.insert(fairness.metric);
    for (const api::GateLimit& limit : gate->limits) named.insert(limit.metric);
  }
  std::vector<api::MetricValue> kept = std::move(before);
  std::erase_if(kept, [&](const api::MetricValue& metric) { return metric.stage == stage; });
  for (const auto& [name, value] : metrics) {
    kept.push_back({.name = name, .value = {value}, .stage = std::string(stage)});
  }
  base::sort_stably(kept, [&](const api::MetricValue& a, const api::MetricValue& b) {
    const bool a_first = named.contains(a.name);
    const bool b_first = named.contains(b.name);
    return a_first == b_first ? a.name < b.name : a_first;
  });
  if (kept.size() > api::training_limits::kMetrics) kept.resize(api::training_limits::kMetrics);
  return kept;
}

gate::Evidence evidence_of(const ReportedComparison& comparison) {
  if (comparison.paired) return *comparison.paired;
  if (!comparison.blocks.empty()) return comparison.blocks;
  if (comparison.moments) return *comparison.moments;
  if (comparison.champion_hits && comparison.challenger_hits) {
    return gate::UnpairedCounts{.champion = *comparison.champion_hits,
                                .challenger = *comparison.challenger_hits};
  }
  return {};
}

int64_t samples_of(const ReportedComparison& comparison) {
  if (comparison.paired || comparison.moments) return comparison.n.value_or(0);
  if (!comparison.blocks.empty()) {
    return comparison.n.value_or(static_cast<int64_t>(comparison.blocks.size()));
  }
  if (comparison.challenger_hits) {
    if (!comparison.champion_hits) return comparison.challenger_hits->n;
    return std::min(comparison.champion_hits->n, comparison.challenger_hits->n);
  }
  return comparison.n.value_or(0);
}

}  // namespace kaizen::core
