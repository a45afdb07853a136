#include "kube/request.h"

#include <chrono>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include <simdjson.h>

#include "base/check.h"
#include "base/http.h"
#include "base/text.h"
#include "base/uid.h"
#include "kube/json_internal.h"
#include "schema/json_writer.h"
#include "schema/resource.h"

namespace kaizen::kube {
namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kApplyPatch = "application/apply-patch+yaml";  // JSON is YAML
constexpr std::string_view kMergePatch = "application/merge-patch+json";
constexpr std::string_view kJsonPatch = "application/json-patch+json";

// No live object has it: a server-side apply that carries it creates or conflicts (A25).
constexpr std::string_view kNeverLive = "1";

struct Parameter {
  std::string_view name;
  std::string_view value;
};

constexpr Parameter kManager = {"fieldManager", kFieldManager};
constexpr Parameter kForce = {"force", "true"};           // RT-56: only for objects we own
constexpr Parameter kWarn = {"fieldValidation", "Warn"};  // RT-64
constexpr Parameter kStrict = {"fieldValidation", "Strict"};
constexpr Parameter kDryRun = {"dryRun", "All"};

// Parameters with an empty value are left out.
std::string target(std::string path, std::initializer_list<Parameter> parameters) {
  char separator = '?';
  for (const Parameter& parameter : parameters) {
    if (parameter.value.empty()) continue;
    path += separator;
    path += parameter.name;
    path += '=';
    path += base::url_encode(parameter.value);
    separator = '&';
  }
  return path;
}

base::HttpRequest read_request(std::string target) {
  return {.method = "GET",
          .target = std::move(target),
          .headers = {{"Accept", std::string(kJson)}},
          .body = {}};
}

base::HttpRequest write_request(std::string_view method,
                                std::string target,
                                std::string_view content_type,
                                std::string body) {
  return {.method = std::string(method),
          .target = std::move(target),
          .headers = {{"Accept", std::string(kJson)}, {"Content-Type", std::string(content_type)}},
          .body = std::move(body)};
}

// The members of `metadata` without those that the caller sets anew.
void append_members(ondemand::object metadata, std::string* out) {
  for (auto next : metadata) {
    ondemand::field field;
    KAIZEN_CHECK(!std::move(next).get(field), "metadata that we rendered does not parse");
    std::string_view key;
    KAIZEN_CHECK(!field.unescaped_key().get(key), "metadata that we rendered does not parse");
    if (key == "uid" || key == "resourceVersion") continue;
    const std::string name = base::json_quote(key);
    std::string_view value;
    KAIZEN_CHECK(!simdjson::to_json_string(field.value()).get(value),
                 "metadata that we rendered does not parse");
    *out += base::concat({",", name, ":", base::trim(value)});
  }
}

// `body` with `identity` as the first members of its metadata. What fails here was rendered by us:
// sending it without its condition would break RT-50, so it ends the process.
std::string with_identity(std::string_view body, std::string_view identity) {
  std::string text(body);
  ondemand::parser parser;
  ondemand::document document;
  ondemand::object metadata;
  std::string_view raw;
  KAIZEN_CHECK(!parser.iterate(pad(text)).get(document), "the body to apply is no JSON");
  KAIZEN_CHECK(!document.find_field_unordered("metadata").get_object().get(metadata),
               "the body to apply has no metadata");
  KAIZEN_CHECK(!metadata.raw_json().get(raw), "the metadata to apply does not end");
  const auto begin = static_cast<size_t>(raw.data() - text.data());

  std::string out = text.substr(0, begin);
  out += '{';
  out += identity;
  KAIZEN_CHECK(!metadata.reset().error(), "the metadata to apply does not begin");
  append_members(metadata, &out);
  out += '}';
  out += std::string_view(text).substr(begin + raw.size());
  return out;
}

}  // namespace

std::string collection_path(const schema::Resource& resource, std::string_view ns) {
  std::string path = resource.group.empty()
                         ? base::concat({"/api/", resource.version})
                         : base::concat({"/apis/", resource.group, "/", resource.version});
  if (!ns.empty()) path += base::concat({"/namespaces/", base::url_encode(ns)});
  path += base::concat({"/", resource.plural});
  return path;
}

std::string object_path(const schema::Resource& resource,
                        const schema::ObjectKey& key,
                        std::string_view subresource) {
  KAIZEN_CHECK(!key.name.empty(), "an object's path needs its name");
  std::string path = collection_path(resource, key.ns);
  path += base::concat({"/", base::url_encode(key.name)});
  if (!subresource.empty()) path += base::concat({"/", subresource});
  return path;
}

base::HttpRequest list_request(const schema::Resource& resource,
                               const Scope& scope,
                               const ListOptions& options) {
  const std::string limit = options.limit > 0 ? std::to_string(options.limit) : "";
  // RT-26: the token carries the version, naming one beside it is refused.
  const bool first = options.continue_token.empty();
  const std::string_view version = first ? options.resource_version : std::string_view();
  return read_request(target(collection_path(resource, scope.ns),
                             {{"labelSelector", scope.label_selector},
                              {"fieldSelector", scope.field_selector},
                              {"limit", limit},
                              {"continue", options.continue_token},
                              {"resourceVersion", version},
                              {"resourceVersionMatch", version.empty() ? "" : "NotOlderThan"}}));
}

base::HttpRequest watch_request(const schema::Resource& resource,
                                const Scope& scope,
                                const WatchOptions& options) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(options.timeout).count();
  KAIZEN_CHECK(seconds > 0, "a watch without a timeout of ours lives as long as the server likes");
  const std::string timeout = std::to_string(seconds);
  const bool initial = options.send_initial_events;
  return read_request(target(collection_path(resource, scope.ns),
                             {{"watch", "true"},
                              {"allowWatchBookmarks", "true"},
                              {"timeoutSeconds", timeout},
                              {"labelSelector", scope.label_selector},
                              {"fieldSelector", scope.field_selector},
                              {"resourceVersion", options.resource_version},
                              {"sendInitialEvents", initial ? "true" : ""},
                              {"resourceVersionMatch", initial ? "NotOlderThan" : ""}}));
}

base::HttpRequest get_request(const schema::Resource& resource, const schema::ObjectKey& key) {
  return read_request(object_path(resource, key));
}

base::HttpRequest create_request(const schema::Resource& resource,
                                 const schema::ObjectKey& key,
                                 std::string_view body) {
  const std::string identity =
      base::concat({R"("resourceVersion":)", base::json_quote(kNeverLive)});
  return write_request("PATCH", target(object_path(resource, key), {kManager, kForce, kWarn}),
                       kApplyPatch, with_identity(body, identity));
}

base::HttpRequest apply_request(const schema::Resource& resource,
                                const schema::ObjectKey& key,
                                std::string_view body,
                                const base::Uid& uid,
                                std::string_view resource_version) {
  KAIZEN_CHECK(!uid.empty() && !resource_version.empty(),
               "an apply names the object it was decided on (A26)");
  const std::string identity =
      base::concat({R"("uid":)", base::json_quote(base::to_string(uid)), R"(,"resourceVersion":)",
                    base::json_quote(resource_version)});
  return write_request("PATCH", target(object_path(resource, key), {kManager, kForce, kWarn}),
                       kApplyPatch, with_identity(body, identity));
}

base::HttpRequest json_patch_request(const schema::Resource& resource,
                                     const schema::ObjectKey& key,
                                     std::string_view ops) {
  return write_request("PATCH", target(object_path(resource, key), {kManager, kWarn}), kJsonPatch,
                       std::string(ops));
}

base::HttpRequest status_request(const schema::Resource& resource,
                                 const schema::ObjectKey& key,
                                 std::string_view status_merge_patch,
                                 std::string_view resource_version) {
  KAIZEN_CHECK(!resource_version.empty(), "a status write names the state it was decided on (A20)");
  schema::JsonWriter writer;
  writer.begin_object();
  writer.key("metadata").begin_object();
  writer.key("resourceVersion").string(resource_version).end_object();
  writer.key("status").raw(status_merge_patch).end_object();
  return write_request("PATCH", target(object_path(resource, key, "status"), {kManager, kWarn}),
                       kMergePatch, writer.take());
}

base::HttpRequest delete_request(const schema::Resource& resource,
                                 const schema::ObjectKey& key,
                                 const base::Uid& uid) {
  KAIZEN_CHECK(!uid.empty(), "a deletion names the incarnation it means (RT-65)");
  schema::JsonWriter writer;
  writer.begin_object();
  writer.key("kind").string("DeleteOptions").key("apiVersion").string("v1");
  writer.key("propagationPolicy").string("Background");
  writer.key("preconditions").begin_object();
  writer.key("uid").string(base::to_string(uid)).end_object();
  writer.end_object();
  return write_request("DELETE", object_path(resource, key), kJson, writer.take());
}

base::HttpRequest dry_run_request(const schema::Resource& resource,
                                  std::string_view ns,
                                  std::string_view body) {
  return write_request("POST", target(collection_path(resource, ns), {kDryRun, kStrict, kManager}),
                       kJson, std::string(body));
}

base::HttpRequest post_request(const schema::Resource& resource,
                               std::string_view ns,
                               std::string_view body) {
  return write_request("POST", target(collection_path(resource, ns), {kManager, kWarn}), kJson,
                       std::string(body));
}

base::HttpRequest merge_patch_request(const schema::Resource& resource,
                                      const schema::ObjectKey& key,
                                      std::string_view patch) {
  return write_request("PATCH", target(object_path(resource, key), {kManager, kWarn}), kMergePatch,
                       std::string(patch));
}

}  // namespace kaizen::kube
