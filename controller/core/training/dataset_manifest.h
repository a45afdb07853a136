// DatasetVersion: what a data set's manifest says (RS-30): a small JSON document that a producer of
// data replaces after the data itself, polled over https (TG-18) or pushed as an annotation
// (TG-19). Plain values, pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace kaizen::core {

inline constexpr size_t kMaxManifestBytes = size_t{64} * 1024;

struct DatasetVersion {
  std::string version;  // 1 to 128 characters
  std::string uri;
  std::string digest;           // "sha256:..."; empty: pinning is Weak
  std::optional<int64_t> rows;  // none: minNewRows cannot be met
  std::optional<base::Time> created_at;

  bool operator==(const DatasetVersion&) const = default;
};

// Error, kInvalid: no manifest of this form; the message names the field. Strict like a result
// (RS-40), an unknown key included: a mistyped `digest` would leave data unpinned unnoticed.
base::Result<DatasetVersion> read_dataset_manifest(std::string_view json);

}  // namespace kaizen::core
