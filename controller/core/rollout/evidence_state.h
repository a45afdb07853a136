// StoredEvidence: what status.analysis.state holds: the statistics of the rollout and the digest of
// the question that filled them, in base64 with a version of its own (R3-18, MD-15). Pure, any
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "stats/analysis_state.h"

namespace kaizen::core {

struct StoredEvidence {
  uint64_t digest = 0;  // question_digest when the counting began
  stats::AnalysisState state;

  bool operator==(const StoredEvidence&) const = default;
};

// At most 12 KiB.
std::string store_evidence(const StoredEvidence& evidence);

// Exactly what was stored. Error: kTerminal, the text is damaged or of a version unknown here; the
// message begins with StateDiscarded, the step starts again, nothing is misread.
base::Result<StoredEvidence> load_evidence(std::string_view text);

}  // namespace kaizen::core
