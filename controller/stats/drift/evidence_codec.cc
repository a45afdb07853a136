#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/base64.h"
#include "base/error.h"
#include "base/result.h"
#include "base/text.h"
#include "stats/drift/evidence.h"

namespace kaizen::stats {

namespace {

constexpr std::string_view kVersion = "v1:";
constexpr size_t kBytes = sizeof(float);

static_assert(std::numeric_limits<float>::is_iec559 && sizeof(float) == 4, "DR-85 stores float32");

base::Error reset(std::string_view why) {
  return base::invalid(
      base::concat({"EvidenceReset: state: ", why, "; evidence of this check starts again"}));
}

}  // namespace

std::string encode_evidence(std::span<const double> state) {
  std::string bytes;
  bytes.reserve(state.size() * kBytes);
  for (const double log_wealth : state) {
    const auto bits = std::bit_cast<uint32_t>(static_cast<float>(log_wealth));
    for (size_t i = 0; i < kBytes; ++i) bytes.push_back(static_cast<char>(bits >> (8 * i) & 0xffU));
  }
  return base::concat({kVersion, base::base64_encode(bytes)});
}

base::Result<std::vector<double>> decode_evidence(std::string_view text, size_t components) {
  if (!text.starts_with(kVersion)) return reset("its version is not known here");
  const std::optional<std::string> bytes = base::base64_decode(text.substr(kVersion.size()));
  if (!bytes) return reset("it is damaged");
  if (bytes->size() != components * kBytes) return reset("it is of other components");
  std::vector<double> state;
  state.reserve(components);
  for (size_t at = 0; at < bytes->size(); at += kBytes) {
    uint32_t bits = 0;
    for (size_t i = 0; i < kBytes; ++i) {
      bits |= static_cast<uint32_t>(static_cast<uint8_t>((*bytes)[at + i])) << (8 * i);
    }
    const auto value = static_cast<double>(std::bit_cast<float>(bits));
    const bool no_evidence = std::isinf(value) && value < 0.0;
    if (!no_evidence && !std::isfinite(value)) return reset("it is impossible");
    state.push_back(value);
  }
  return state;
}

}  // namespace kaizen::stats
