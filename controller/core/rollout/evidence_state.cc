#include "core/rollout/evidence_state.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/base64.h"
#include "base/error.h"
#include "base/result.h"
#include "base/text.h"
#include "stats/analysis_state.h"

namespace kaizen::core {

namespace {

constexpr char kVersion = 1;
constexpr size_t kDigestBytes = sizeof(uint64_t);
constexpr size_t kHeaderBytes = 1 + kDigestBytes;  // fits in the 16 that stats/ leaves

base::Error discarded(std::string_view why) {
  return base::invalid(
      base::concat({"StateDiscarded: analysis.state: ", why, "; the step starts again"}));
}

}  // namespace

std::string store_evidence(const StoredEvidence& evidence) {
  std::string bytes(1, kVersion);
  for (size_t i = 0; i < kDigestBytes; ++i) {
    bytes.push_back(static_cast<char>(evidence.digest >> (8U * i) & 0xFFU));
  }
  bytes += stats::encode(evidence.state);
  return base::base64_encode(bytes);
}

base::Result<StoredEvidence> load_evidence(std::string_view text) {
  const std::optional<std::string> bytes = base::base64_decode(text);
  if (!bytes) return discarded("it is not base64");
  if (bytes->size() < kHeaderBytes) return discarded("it is too short");
  if (bytes->front() != kVersion) return discarded("its version is not known here");
  StoredEvidence evidence;
  for (size_t i = 0; i < kDigestBytes; ++i) {
    evidence.digest |= uint64_t{static_cast<uint8_t>((*bytes)[1 + i])} << (8U * i);
  }
  KAIZEN_TRY(evidence.state, stats::decode(std::string_view(*bytes).substr(kHeaderBytes)));
  return evidence;
}

}  // namespace kaizen::core
