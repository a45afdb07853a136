#include "app/api_server.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "app/file.h"
#include "app/kubeconfig.h"
#include "app/url.h"
#include "base/error.h"
#include "base/number.h"
#include "base/result.h"
#include "base/text.h"
#include "net/cpprest_transport.h"

namespace kaizen::app {

namespace {

// RT-17: where the kubelet puts them.
constexpr std::string_view kTokenFile = "/var/run/secrets/kubernetes.io/serviceaccount/token";
constexpr std::string_view kCaFile = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt";

base::Result<net::Endpoint> from_pod(const Environment& environment) {
  const std::string host = environment("KUBERNETES_SERVICE_HOST").value_or("");
  const std::string port = environment("KUBERNETES_SERVICE_PORT").value_or("");
  if (host.empty() || port.empty()) {
    return base::invalid(
        "find the API server: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set, so "
        "this is no pod; name the server with --kubeconfig, or with --server, --token-file and "
        "--ca-file");
  }
  const std::optional<int64_t> number = base::parse_int(port);
  if (!number || *number < 1 || *number > 65535) {
    return base::invalid(base::concat(
        {"find the API server: KUBERNETES_SERVICE_PORT is `", port, "`, a port is wanted"}));
  }
  const bool ipv6 = host.find(':') != std::string::npos;
  net::Endpoint endpoint;
  endpoint.base_url = base::concat({"https://", ipv6 ? "[" : "", host, ipv6 ? "]" : "", ":", port});
  endpoint.token_file = kTokenFile;
  endpoint.ca_file = kCaFile;
  return endpoint;
}

base::Result<net::Endpoint> from_flags(const ApiServerFlags& flags) {
  if (flags.server.empty()) {
    return base::invalid(
        "find the API server: --token-file and --ca-file need --server, e.g. "
        "--server=https://127.0.0.1:6443");
  }
  if (flags.token_file.empty() && flags.server.starts_with("https://")) {
    return base::invalid("find the API server: --server needs --token-file: who we are there");
  }
  net::Endpoint endpoint;
  endpoint.base_url = flags.server;
  endpoint.token_file = flags.token_file;
  endpoint.ca_file = flags.ca_file;
  return endpoint;
}

base::Error refused(const net::Endpoint& endpoint, std::string_view why) {
  return base::invalid(base::concat({"find the API server: ", endpoint.base_url, " ", why}));
}

// Nothing goes over the network in the clear (SEC-28). A proxy on this machine, such as `kubectl
// proxy`, adds its own credentials, so none may be given.
base::Result<base::Unit> check_url(const net::Endpoint& endpoint, const BaseUrl& url) {
  if (!url.path.empty()) {
    return refused(endpoint, "has a path; an API server below a path is not supported");
  }
  if (url.https) return base::Unit{};
  if (url.host != "127.0.0.1" && url.host != "localhost") {
    return refused(endpoint,
                   "is no https:// URL; plain http is possible only for a proxy on "
                   "http://127.0.0.1:<port>");
  }
  if (!endpoint.token.empty() || !endpoint.token_file.empty()) {
    return refused(endpoint,
                   "would get the token unencrypted; use https:// or leave the token out");
  }
  return base::Unit{};
}

base::Result<net::Endpoint> choose(const ApiServerFlags& flags, const Environment& environment) {
  const bool direct = !flags.server.empty() || !flags.token_file.empty() || !flags.ca_file.empty();
  if (flags.kubeconfig.empty()) {
    if (!flags.context.empty()) {
      return base::invalid("find the API server: --context needs --kubeconfig");
    }
    return direct ? from_flags(flags) : from_pod(environment);
  }
  if (direct) {
    return base::invalid(
        "find the API server: --kubeconfig excludes --server, --token-file and --ca-file; give "
        "one or the other");
  }
  KAIZEN_TRY(const std::string text, read_file(flags.kubeconfig));
  return parse_kubeconfig(text, flags.kubeconfig, flags.context);
}

}  // namespace

base::Result<net::Endpoint> find_api_server(const ApiServerFlags& flags,
                                            const Environment& environment) {
  KAIZEN_TRY(net::Endpoint endpoint, choose(flags, environment));
  const base::Result<BaseUrl> url = parse_base_url(endpoint.base_url);
  if (!url.ok()) {
    return base::invalid(
        base::concat({"find the API server: the server's URL ", url.error().message}));
  }
  KAIZEN_TRY(const base::Unit safe, check_url(endpoint, *url));
  static_cast<void>(safe);
  endpoint.base_url = url->origin;
  KAIZEN_TRY(endpoint.proxy, proxy_of(*url, environment));
  return endpoint;
}

}  // namespace kaizen::app
