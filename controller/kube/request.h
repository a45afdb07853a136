// Requests to the Kubernetes API as values: which URL, verb, headers and body each write and read
// is (RT-15, RT-28, RT-50 … RT-65). The only place that knows the API's paths. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/duration.h"
#include "base/http.h"
#include "base/uid.h"
#include "schema/resource.h"

namespace kaizen::kube {

inline constexpr std::string_view kFieldManager = "kaizen";

// Which objects of a kind a list or watch covers.
struct Scope {
  std::string ns;  // empty: all namespaces
  std::string label_selector;
  std::string field_selector;

  bool operator==(const Scope&) const = default;
};

// "/apis/apps/v1/namespaces/shop/deployments/ranker/status"
std::string collection_path(const schema::Resource& resource, std::string_view ns);
std::string object_path(const schema::Resource& resource,
                        const schema::ObjectKey& key,
                        std::string_view subresource = "");

struct ListOptions {
  int32_t limit = 0;  // 0: no paging
  std::string continue_token;
  std::string resource_version;  // "" most recent (RT-24)
};

base::HttpRequest list_request(const schema::Resource& resource,
                               const Scope& scope,
                               const ListOptions& options);

struct WatchOptions {
  std::string resource_version;
  bool send_initial_events = false;  // RT-27
  base::Duration timeout{};          // RT-28, whole seconds
};

base::HttpRequest watch_request(const schema::Resource& resource,
                                const Scope& scope,
                                const WatchOptions& options);

// No resourceVersion: a quorum read ("live GET").
base::HttpRequest get_request(const schema::Resource& resource, const schema::ObjectKey& key);

// Server-side apply that creates and never changes (A25): carries resourceVersion "1". `body` is an
// encoded object with a "metadata" member.
base::HttpRequest create_request(const schema::Resource& resource,
                                 const schema::ObjectKey& key,
                                 std::string_view body);

// Server-side apply of that very object (A26): carries uid and resourceVersion.
base::HttpRequest apply_request(const schema::Resource& resource,
                                const schema::ObjectKey& key,
                                std::string_view body,
                                const base::Uid& uid,
                                std::string_view resource_version);

// JSON Patch; `ops` is the array, which names the resourceVersion itself (RT-58).
base::HttpRequest json_patch_request(const schema::Resource& resource,
                                     const schema::ObjectKey& key,
                                     std::string_view ops);

// JSON merge patch of the member `status` through the subresource, with resourceVersion (RT-59,
// R3-23).
base::HttpRequest status_request(const schema::Resource& resource,
                                 const schema::ObjectKey& key,
                                 std::string_view status_merge_patch,
                                 std::string_view resource_version);

// Background propagation and UID precondition, always (RT-65).
base::HttpRequest delete_request(const schema::Resource& resource,
                                 const schema::ObjectKey& key,
                                 const base::Uid& uid);

// POST with dryRun=All and fieldValidation=Strict: nothing is stored (A45).
base::HttpRequest dry_run_request(const schema::Resource& resource,
                                  std::string_view ns,
                                  std::string_view body);

// Plain POST by name, for Events only: a second delivery is AlreadyExists.
base::HttpRequest post_request(const schema::Resource& resource,
                               std::string_view ns,
                               std::string_view body);

// JSON merge patch without precondition, for Event series only.
base::HttpRequest merge_patch_request(const schema::Resource& resource,
                                      const schema::ObjectKey& key,
                                      std::string_view patch);

}  // namespace kaizen::kube
