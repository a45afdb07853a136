#include "core/rollout/revision.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "api/foreign.h"
#include "api/model_deployment.h"
#include "api/tables.h"  // IWYU pragma: keep (the tables behind encode, decode and canonical)
#include "base/error.h"
#include "base/hash.h"
#include "base/result.h"
#include "base/text.h"
#include "schema/codec.h"

namespace kaizen::core {

namespace {

constexpr size_t kRevisionDigits = 10;  // 40 bits: a name stays readable, MD-5 covers collisions
constexpr int64_t kDataSchema = 1;      // MD-4

base::Error bad_data(const api::ControllerRevision& revision, std::string_view why) {
  return base::invalid(base::concat({"read ControllerRevision ", revision.metadata.ns, "/",
                                     revision.metadata.name, ": data: ", why}));
}

}  // namespace

base::Result<std::string> revision_input(const api::ModelDeploymentSpec& spec) {
  api::RevisionInput input{
      .model = spec.model, .image = spec.image, .runtime = spec.runtime, .template_ = {}};
  if (!spec.template_.empty()) {
    auto text = schema::canonical_json(spec.template_.text());
    if (!text.ok()) {
      return base::invalid(base::concat({"spec.template: ", text.error().message}));
    }
    // The member itself is ours: empty it merges nothing and is left out like every other (MD-2);
    // what is empty inside of it has a meaning and stays (R2-30).
    if (*text != "{}" && *text != "null") input.template_ = api::RawJson(std::move(text).value());
  }
  return schema::canonical(input);
}

std::string revision_name(std::string_view input, int32_t collision_count) {
  std::string hashed(input);
  if (collision_count > 0) hashed += std::to_string(collision_count);
  return base::sha256_hex(hashed).substr(0, kRevisionDigits);
}

std::string workload_name(std::string_view deployment, std::string_view revision) {
  return base::concat({deployment, "-", revision});
}

std::string revision_data(std::string_view input, std::string_view pod_template) {
  const api::RevisionData data{.schema = kDataSchema,
                               .spec = api::RawJson(std::string(input)),
                               .pod = api::RawJson(std::string(pod_template))};
  return schema::encode(data);
}

base::Result<api::RevisionData> parse_revision_data(const api::ControllerRevision& revision) {
  if (revision.data.empty()) {
    return bad_data(revision, "it is empty; kaizen did not make this object, delete or rename it");
  }
  auto data = schema::decode<api::RevisionData>(revision.data.text());
  if (!data.ok()) return bad_data(revision, data.error().message);
  if (data->schema != kDataSchema) {
    return bad_data(revision, base::concat({"it has schema ", std::to_string(data->schema),
                                            " and this release reads ", std::to_string(kDataSchema),
                                            "; run the release that wrote it, or a newer one"}));
  }
  if (data->spec.empty()) return bad_data(revision, "member spec is missing");
  if (data->pod.empty()) return bad_data(revision, "member pod is missing");
  return std::move(data).value();
}

}  // namespace kaizen::core
