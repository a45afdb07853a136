#include "load/access.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "base/text.h"
#include "load/model_uri.h"
#include "load/outcome.h"

namespace kaizen::load {

namespace {

constexpr std::string_view kDefaultRegion = "us-east-1";
constexpr std::string_view kHttps = "https://";
constexpr std::string_view kHttp = "http://";

Failure misconfigured(std::string message) {
  return {.status = ExitStatus::kConfiguration, .message = std::move(message)};
}

// The first of them that says something; empty: none does.
std::string first_of(const Lookup& lookup, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    const std::optional<std::string> value = lookup(name);
    const std::string_view text = value ? base::trim(*value) : std::string_view();
    if (!text.empty()) return std::string(text);
  }
  return {};
}

// What the transport writes into Host: lower case, the port only when it is not the scheme's own.
Outcome<std::string> authority_of(std::string_view origin) {
  const bool is_tls = origin.starts_with(kHttps);
  if (!is_tls && !origin.starts_with(kHttp)) {
    return misconfigured("AWS_ENDPOINT_URL: it begins with https:// or http://");
  }
  std::string authority = base::to_lower_ascii(origin.substr((is_tls ? kHttps : kHttp).size()));
  if (authority.empty() || authority.find_first_of("/?#@") != std::string::npos) {
    return misconfigured(
        "AWS_ENDPOINT_URL: it is a scheme and a host with an optional port, nothing else");
  }
  const std::string_view own_port = is_tls ? ":443" : ":80";
  if (authority.ends_with(own_port)) authority.resize(authority.size() - own_port.size());
  return authority;
}

// Ways to a key that common tools know and this loader does not: better said than silently
// anonymous.
Outcome<base::Unit> refuse_other_ways(const Lookup& lookup) {
  static constexpr std::array<std::string_view, 4> kOthers = {
      "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
      "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_PROFILE"};
  for (const std::string_view name : kOthers) {
    if (first_of(lookup, {name}).empty()) continue;
    return misconfigured(base::concat({name,
                                       " is set, but this loader reads AWS_ACCESS_KEY_ID and "
                                       "AWS_SECRET_ACCESS_KEY only; name a Secret that holds "
                                       "them in spec.model.loader.credentials"}));
  }
  return kDone;
}

Outcome<Access> s3_access(const Lookup& lookup) {
  Access access;
  access.region = first_of(lookup, {"AWS_REGION", "AWS_DEFAULT_REGION"});
  if (access.region.empty()) access.region = kDefaultRegion;
  access.origin = first_of(lookup, {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"});
  if (access.origin.empty()) {
    access.origin = base::concat({"https://s3.", access.region, ".amazonaws.com"});
  }
  if (access.origin.ends_with('/')) access.origin.pop_back();
  KAIZEN_TRY(access.authority, authority_of(access.origin));
  access.key = {.id = first_of(lookup, {"AWS_ACCESS_KEY_ID"}),
                .secret = first_of(lookup, {"AWS_SECRET_ACCESS_KEY"}),
                .session_token = first_of(lookup, {"AWS_SESSION_TOKEN"})};
  if (access.key.id.empty() != access.key.secret.empty()) {
    const std::string_view missing =
        access.key.id.empty() ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY";
    return misconfigured(base::concat(
        {"half an access key: ", missing, " is missing; set both, or none for a public bucket"}));
  }
  if (access.key.id.empty()) {
    KAIZEN_TRY(const base::Unit none, refuse_other_ways(lookup));
    static_cast<void>(none);
  }
  return access;
}

}  // namespace

Outcome<Access> read_access(const ModelUri& uri, const Lookup& lookup) {
  if (uri.scheme == Scheme::kS3) return s3_access(lookup);
  Access access;
  access.origin = uri.origin;
  access.token = first_of(lookup, {"HTTP_BEARER_TOKEN"});
  if (uri.scheme == Scheme::kHttp && !access.token.empty()) {
    return misconfigured(base::concat({"HTTP_BEARER_TOKEN is set, but ", uri.shown,
                                       " is not https: a token is not sent where all can read it; "
                                       "use https, or remove the token"}));
  }
  return access;
}

}  // namespace kaizen::load
