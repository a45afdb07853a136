#include "app/kubeconfig.h"

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/yaml.h"
#include "base/base64.h"
#include "base/result.h"
#include "base/text.h"
#include "net/cpprest_transport.h"

namespace kaizen::app {

namespace {

constexpr std::array<std::string_view, 9> kTopKeys{"apiVersion",      "kind",       "preferences",
                                                   "current-context", "clusters",   "contexts",
                                                   "users",           "extensions", "namespace"};
constexpr std::array<std::string_view, 4> kContextKeys{"cluster", "user", "namespace",
                                                       "extensions"};
constexpr std::array<std::string_view, 8> kClusterKeys{"server",
                                                       "certificate-authority",
                                                       "certificate-authority-data",
                                                       "tls-server-name",
                                                       "insecure-skip-tls-verify",
                                                       "proxy-url",
                                                       "disable-compression",
                                                       "extensions"};
constexpr std::array<std::string_view, 15> kUserKeys{"token",
                                                     "tokenFile",
                                                     "client-certificate",
                                                     "client-certificate-data",
                                                     "client-key",
                                                     "client-key-data",
                                                     "exec",
                                                     "auth-provider",
                                                     "username",
                                                     "password",
                                                     "as",
                                                     "as-uid",
                                                     "as-groups",
                                                     "as-user-extra",
                                                     "extensions"};

// Known to kubectl and refused here, with what to do instead.
struct Refused {
  std::string_view key;
  std::string_view why;
};

constexpr std::array<Refused, 2> kRefusedOfCluster{{
    {"insecure-skip-tls-verify",
     "the server would not be verified; remove it and name its CA in certificate-authority"},
    {"proxy-url", "is not supported; set HTTPS_PROXY and NO_PROXY instead"},
}};
constexpr std::array<Refused, 8> kRefusedOfUser{{
    {"exec", "the operator runs no programs; use a token, a tokenFile or a client certificate"},
    {"auth-provider",
     "the operator runs no programs; use a token, a tokenFile or a client certificate"},
    {"username", "basic authentication is not supported; use a token or a client certificate"},
    {"password", "basic authentication is not supported; use a token or a client certificate"},
    {"as", "impersonation is not supported; use the credentials of a service account"},
    {"as-uid", "impersonation is not supported; use the credentials of a service account"},
    {"as-groups", "impersonation is not supported; use the credentials of a service account"},
    {"as-user-extra", "impersonation is not supported; use the credentials of a service account"},
}};

base::Result<base::Unit> refuse(const YamlValue& map, std::span<const Refused> refused) {
  for (const Refused& row : refused) {
    const std::optional<YamlValue> member = map.member(row.key);
    if (!member) continue;
    const base::Result<std::string> text = member->text();
    if (text.ok() && (*text == "false" || text->empty())) continue;
    return member->error(row.why);
  }
  return base::Unit{};
}

base::Result<std::string> text_of(const YamlValue& map, std::string_view name) {
  const std::optional<YamlValue> member = map.member(name);
  if (!member) return std::string();
  return member->text();
}

base::Result<std::string> decoded(const YamlValue& map, std::string_view name) {
  const std::optional<YamlValue> member = map.member(name);
  if (!member) return std::string();
  KAIZEN_TRY(const std::string text, member->text());
  std::optional<std::string> bytes = base::base64_decode(base::trim(text));
  if (!bytes) return member->error("is no base64");
  return *std::move(bytes);
}

// A path of the file, from the folder the file is in.
base::Result<std::string> path_of(const YamlValue& map,
                                  std::string_view name,
                                  std::string_view file) {
  KAIZEN_TRY(std::string path, text_of(map, name));
  if (path.empty() || path.starts_with('/')) return path;
  const size_t folder_end = file.rfind('/');
  if (folder_end == std::string_view::npos) return path;
  return base::concat({file.substr(0, folder_end + 1), path});
}

// The member `entry` of the list's item of that name: lists of a kubeconfig are lists of
// {name, <entry>}.
base::Result<YamlValue> find_entry(const YamlValue& root,
                                   std::string_view list_name,
                                   std::string_view entry,
                                   std::string_view name) {
  const std::optional<YamlValue> list = root.member(list_name);
  if (list) {
    KAIZEN_TRY(const std::vector<YamlValue> items, list->items());
    for (const YamlValue& item : items) {
      const std::array<std::string_view, 2> known{"name", entry};
      KAIZEN_TRY(const base::Unit keys, item.expect_keys(known));
      static_cast<void>(keys);
      KAIZEN_TRY(const std::string item_name, text_of(item, "name"));
      if (item_name != name) continue;
      const std::optional<YamlValue> found = item.member(entry);
      if (!found) return item.error(base::concat({"has no `", entry, "`"}));
      return *found;
    }
  }
  return list.value_or(root).error(
      base::concat({"there is no ", entry, " named `", name, "` in ", list_name}));
}

base::Result<base::Unit> read_cluster(const YamlValue& cluster,
                                      std::string_view file,
                                      net::Endpoint& out) {
  KAIZEN_TRY(const base::Unit keys, cluster.expect_keys(kClusterKeys));
  static_cast<void>(keys);
  KAIZEN_TRY(const base::Unit allowed, refuse(cluster, kRefusedOfCluster));
  static_cast<void>(allowed);
  KAIZEN_TRY(out.base_url, text_of(cluster, "server"));
  if (out.base_url.empty()) {
    return cluster.error("`server` is missing, e.g. server: https://127.0.0.1:6443");
  }
  KAIZEN_TRY(out.server_name, text_of(cluster, "tls-server-name"));
  KAIZEN_TRY(out.ca_pem, decoded(cluster, "certificate-authority-data"));
  // The data wins over the file, as in client-go.
  if (out.ca_pem.empty()) {
    KAIZEN_TRY(out.ca_file, path_of(cluster, "certificate-authority", file));
  }
  return base::Unit{};
}

base::Result<base::Unit> read_user(const YamlValue& user,
                                   std::string_view file,
                                   net::Endpoint& out) {
  KAIZEN_TRY(const base::Unit keys, user.expect_keys(kUserKeys));
  static_cast<void>(keys);
  KAIZEN_TRY(const base::Unit allowed, refuse(user, kRefusedOfUser));
  static_cast<void>(allowed);
  KAIZEN_TRY(out.token_file, path_of(user, "tokenFile", file));
  KAIZEN_TRY(out.token, text_of(user, "token"));
  KAIZEN_TRY(out.client_certificate_pem, decoded(user, "client-certificate-data"));
  if (out.client_certificate_pem.empty()) {
    KAIZEN_TRY(out.client_certificate_file, path_of(user, "client-certificate", file));
  }
  KAIZEN_TRY(out.client_key_pem, decoded(user, "client-key-data"));
  if (out.client_key_pem.empty()) {
    KAIZEN_TRY(out.client_key_file, path_of(user, "client-key", file));
  }
  const bool certificate =
      !out.client_certificate_pem.empty() || !out.client_certificate_file.empty();
  const bool key = !out.client_key_pem.empty() || !out.client_key_file.empty();
  if (certificate != key) {
    return user.error("a client certificate needs both client-certificate and client-key");
  }
  if (!certificate && out.token.empty() && out.token_file.empty()) {
    return user.error(
        "holds no credentials; a token, a tokenFile or a client certificate is "
        "needed");
  }
  return base::Unit{};
}

}  // namespace

base::Result<net::Endpoint> parse_kubeconfig(std::string_view text,
                                             std::string_view file,
                                             std::string_view context) {
  KAIZEN_TRY(const YamlNode tree, parse_yaml(text, file));
  const YamlValue root(tree, file);
  KAIZEN_TRY(const base::Unit top, root.expect_keys(kTopKeys));
  static_cast<void>(top);
  KAIZEN_TRY(std::string name, text_of(root, "current-context"));
  if (!context.empty()) name = std::string(context);
  if (name.empty()) {
    return root.error("`current-context` is missing; set it with kubectl config use-context");
  }
  KAIZEN_TRY(const YamlValue chosen, find_entry(root, "contexts", "context", name));
  KAIZEN_TRY(const base::Unit keys, chosen.expect_keys(kContextKeys));
  static_cast<void>(keys);
  KAIZEN_TRY(const std::string cluster_name, text_of(chosen, "cluster"));
  KAIZEN_TRY(const std::string user_name, text_of(chosen, "user"));
  KAIZEN_TRY(const YamlValue cluster, find_entry(root, "clusters", "cluster", cluster_name));
  KAIZEN_TRY(const YamlValue user, find_entry(root, "users", "user", user_name));
  net::Endpoint endpoint;
  KAIZEN_TRY(const base::Unit reached, read_cluster(cluster, file, endpoint));
  static_cast<void>(reached);
  KAIZEN_TRY(const base::Unit known, read_user(user, file, endpoint));
  static_cast<void>(known);
  return endpoint;
}

}  // namespace kaizen::app
