#include "core/training/dataset_manifest.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/result.h"
#include "base/text.h"
#include "base/time.h"
#include "core/training/result_fields_internal.h"
#include "schema/json_document.h"

namespace kaizen::core {

namespace {

using schema::JsonNode;

constexpr int kMaxDepth = 2;
constexpr std::string_view kSchema = "kaizen.dataset/v1";
constexpr std::string_view kKeys[] = {"schema", "version", "uri", "digest", "rows", "createdAt"};

}  // namespace

base::Result<DatasetVersion> read_dataset_manifest(std::string_view json) {
  KAIZEN_TRY(const JsonNode node,
             schema::parse_strict(json, {.max_bytes = kMaxManifestBytes, .max_depth = kMaxDepth}));
  if (node.kind != JsonNode::Kind::kObject) return base::invalid("not an object");
  FieldTrouble trouble;
  Fields root(node, "", &trouble);
  if (root.text("schema", TextForm::kShort, true) != kSchema) {
    root.fail("schema", base::concat({"is not ", kSchema}));
  }
  root.allow_only(kKeys);
  DatasetVersion version{.version = root.text("version", TextForm::kVersion, true),
                         .uri = root.text("uri", TextForm::kUri, true),
                         .digest = root.text("digest", TextForm::kDigest, false),
                         .rows = root.count("rows"),
                         .created_at = std::nullopt};
  if (version.version.empty()) root.fail("version", "is empty");
  const std::string created = root.text("createdAt", TextForm::kShort, false);
  version.created_at = base::parse_time(created);
  if (!created.empty() && !version.created_at) {
    root.fail("createdAt", "is not an instant as RFC 3339 writes it");
  }
  if (!root.ok()) return base::invalid(base::without_controls(root.trouble()));
  return version;
}

}  // namespace kaizen::core
