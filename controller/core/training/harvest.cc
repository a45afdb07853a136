#include "core/training/harvest.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "api/foreign.h"
#include "api/training_pipeline.h"
#include "api/training_run.h"
#include "base/hash.h"
#include "base/order.h"
#include "base/scrub.h"
#include "base/text.h"
#include "core/reasons.h"
#include "core/training/gate/gate.h"
#include "core/training/result.h"

namespace kaizen::core {

namespace {

constexpr std::string_view kData = "data";
constexpr std::string_view kTrain = "train";
constexpr std::string_view kModel = "model";

ResultOr<Harvest> harvested(const ResultBytes& bytes, const ResultIdentity& expected) {
  auto document = read_result(bytes, expected);
  if (!document.ok()) return std::move(document).error();
  return Harvest{.digest = base::concat({"sha256:", base::sha256_hex(bytes.bytes)}),
                 .document = std::move(document).value()};
}

ResultProblem missing(std::string_view what) {
  return {.reason = &reason::kResultMissing,
          .message = base::truncate_utf8(what, api::training_limits::kDetail)};
}

// The last `max_bytes` bytes, from a code point on.
std::string_view tail(std::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  text.remove_prefix(text.size() - max_bytes);
  while (!text.empty() && (static_cast<unsigned char>(text.front()) & 0xC0U) == 0x80U) {
    text.remove_prefix(1);
  }
  return text;
}

bool is_of(std::string_view artifact, std::string_view stage) {
  if (artifact == kModel) return stage == kTrain;
  if (artifact == kSinceOnset) return stage == kData;
  return true;
}

int rank_of(std::string_view artifact) {
  if (artifact == kModel) return 0;
  return artifact == kSinceOnset ? 1 : 2;
}

// What status cannot hold beyond its bound is what has no meaning to kaizen.
void keep_artifacts(const std::vector<ReportedBlob>& reported,
                    std::string_view stage,
                    std::vector<api::ArtifactStatus>& kept) {
  for (const ReportedBlob& blob : reported) {
    if (!is_of(blob.name, stage)) continue;
    std::erase_if(kept,
                  [&](const api::ArtifactStatus& artifact) { return artifact.name == blob.name; });
    kept.push_back({.name = blob.name,
                    .uri = blob.uri,
                    .digest = blob.digest,
                    .size_bytes = blob.size_bytes.value_or(0)});
  }
  base::sort_stably(kept, [](const api::ArtifactStatus& a, const api::ArtifactStatus& b) {
    return rank_of(a.name) < rank_of(b.name);
  });
  if (kept.size() > api::training_limits::kArtifacts) kept.resize(api::training_limits::kArtifacts);
}

// RS-10 counts characters, status counts bytes (RT-60).
std::string shown_version(std::string_view version) {
  return base::truncate_utf8(version, api::training_limits::kVersion);
}

void keep_model(const ResultDocument& document,
                std::string_view stage,
                api::TrainingRunStatus& status) {
  const ReportedBlob* model = document.artifact(kModel);
  if (model == nullptr || stage != kTrain) return;
  status.model = api::ModelRecord{.uri = model->uri,
                                  .digest = model->digest,
                                  .version = shown_version(model->version),
                                  .size_bytes = model->size_bytes.value_or(0),
                                  .revision = "",
                                  .training_run = "",
                                  .promoted_at = std::nullopt};
}

}  // namespace

size_t termination_message_limit(size_t containers) {
  constexpr size_t kPerContainer = 4096;
  constexpr size_t kPerPod = 12288;
  return std::min(kPerContainer, kPerPod / std::max<size_t>(containers, 1));
}

ResultOr<Harvest> harvest_message(std::span<const PodReport> reports,
                                  const ResultIdentity& expected) {
  const PodReport* newest = nullptr;
  for (const PodReport& report : reports) {
    if (report.exit_code != 0) continue;
    // The name decides between pods of one second, so that every look finds the same one.
    const bool is_newer = newest == nullptr || newest->created < report.created ||
                          (newest->created == report.created && newest->pod < report.pod);
    if (is_newer) newest = &report;
  }
  if (newest == nullptr) {
    return missing("no pod of the stage's primary role ended with exit code 0");
  }
  return harvested(
      {.bytes = newest->message, .cut_at = termination_message_limit(newest->containers)},
      expected);
}

std::string result_config_map_name(std::string_view child) {
  return base::concat({child, "-result"});
}

ResultOr<Harvest> harvest_config_map(const api::ConfigMap* config_map,
                                     std::string_view key,
                                     const ResultIdentity& expected) {
  if (config_map == nullptr) return missing("the stage wrote no ConfigMap with its result");
  const auto at = config_map->data.find(key);
  if (at == config_map->data.end()) {
    return missing(fmt::format("ConfigMap {} has no key {}", config_map->metadata.name, key));
  }
  return harvested({.bytes = at->second, .cut_at = std::nullopt}, expected);
}

std::string failure_message(std::string_view termination_message) {
  std::string text = base::scrub(base::sanitize_utf8(base::trim(termination_message)));
  std::replace(text.begin(), text.end(), '\n', ' ');
  std::replace(text.begin(), text.end(), '\t', ' ');
  return std::string(tail(base::without_controls(text), api::training_limits::kDetail));
}

void keep_harvest(const Harvest& harvest,
                  std::string_view stage,
                  const std::optional<api::Gate>& gate,
                  api::TrainingRunStatus& status) {
  const ResultDocument& document = harvest.document;
  for (api::StageStatus& entry : status.stages) {
    if (entry.name == stage) entry.result_digest = harvest.digest;
  }
  status.metrics = kept_metrics(std::move(status.metrics), document.metrics, stage, gate);
  keep_artifacts(document.artifacts, stage, status.artifacts);
  keep_model(document, stage, status);
  const auto& profile = document.reference_profile;
  if (profile && !profile->config_map.empty()) {
    status.reference_profile = api::ProfileRef{
        .config_map = profile->config_map, .key = profile->key, .digest = profile->digest};
  }
  if (!document.registry) return;
  status.registry = api::RegistryStatus{
      .name = base::truncate_utf8(document.registry->name, api::training_limits::kDetail),
      .version = shown_version(document.registry->version),
      .uri = document.registry->uri};
}

api::StringMap evidence_files(const GateOutcome& outcome, std::string_view result) {
  constexpr size_t kMaxBytes = size_t{900} * 1024;
  api::StringMap files;
  size_t left = kMaxBytes;
  if (outcome.evidence_json.size() <= left) {
    files.emplace("evidence.json", outcome.evidence_json);
    left -= outcome.evidence_json.size();
  }
  if (result.size() <= left) files.emplace("result.json", result);
  return files;
}

}  // namespace kaizen::core
