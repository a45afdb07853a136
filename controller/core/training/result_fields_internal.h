// Fields: the members of one object of a result, each read with its form and bound. All share one
// FieldTrouble: after the first trouble everything reads as empty, so that a section is read
// without a check after each member. Internal to core/training; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "schema/json_document.h"
#include "stats/gate/bounds.h"

namespace kaizen::core {

// What RS-10 asks of a text.
enum class TextForm : uint8_t {
  kShort,       // at most 63 characters
  kVersion,     // at most 128
  kSlice,       // at most 128, not empty
  kLong,        // at most 256
  kMethod,      // at most 32
  kMetric,      // is_metric_name
  kDigest,      // "sha256:" and 64 lower-case hex digits
  kUri,         // scheme://, printable ASCII, at most 1024
  kName,        // as of an artifact: lower-case letters, digits, inner '-'
  kObjectName,  // of a ConfigMap: kName with inner '.', at most 253
  kKey,         // in a ConfigMap: letters, digits, '-', '_', '.', at most 253
  kNonce,       // 32 lower-case hex digits
};

bool is_metric_name(std::string_view text);
bool is_digest(std::string_view text);

struct FieldTrouble {
  std::string message;  // "evaluation.comparisons[3].n: is missing"; empty: none
};

class Fields {
 public:
  // `object` must live as long; `path`: where it stands in the document.
  Fields(const schema::JsonNode& object, std::string path, FieldTrouble* trouble);

  bool ok() const { return trouble_->message.empty(); }

  const std::string& trouble() const { return trouble_->message; }

  // Only the first one is kept.
  void fail(std::string_view key, std::string_view what);
  void adopt(const base::Result<base::Unit, stats::gate::Unbounded>& plausible);

  // A member that is there and not null.
  bool has(std::string_view key) const;

  void allow_only(std::span<const std::string_view> keys);

  // nullptr: absent, or of another kind, which is a trouble.
  const schema::JsonNode* member(std::string_view key, schema::JsonNode::Kind kind);

  // Fields of a member of this object.
  Fields inside(std::string_view key, const schema::JsonNode& object) const;

  // The elements of a list of objects; none: absent.
  std::vector<Fields> list(std::string_view key, size_t max);

  std::string text(std::string_view key, TextForm form, bool is_required);
  std::optional<double> number(std::string_view key);
  double needed_number(std::string_view key);

  // A whole number from 0 to 2^53 - 1 (RS-44).
  std::optional<int64_t> count(std::string_view key);
  int64_t needed_count(std::string_view key);

 private:
  std::string path_of(std::string_view key) const;

  const schema::JsonNode* object_;
  std::string path_;
  FieldTrouble* trouble_;
};

}  // namespace kaizen::core
