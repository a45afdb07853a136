// Access: how to reach the server of a model and as whom, from the variables that S3 tools share.
// The caller says where the variables come from: files of a mounted Secret, the environment. Pure.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "load/model_uri.h"
#include "load/outcome.h"
#include "load/sigv4.h"

namespace kaizen::load {

// Everything that may come from the mounted files.
inline constexpr std::array<std::string_view, 9> kAccessNames = {
    "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL",  "AWS_REGION",
    "AWS_DEFAULT_REGION",  "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",   "HTTP_BEARER_TOKEN", "ca.crt"};

using Lookup = std::function<std::optional<std::string>(std::string_view name)>;

struct Access {
  std::string origin;     // "https://s3.eu-central-1.amazonaws.com"
  std::string authority;  // of it, as the transport sends it in Host
  std::string region;     // s3
  AccessKey key;          // s3; without an id: anonymous
  std::string token;      // http(s): bearer token, empty for none
};

// s3: AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL (default: Amazon's of the region), AWS_REGION or
// AWS_DEFAULT_REGION (default us-east-1), AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
// AWS_SESSION_TOKEN. https: HTTP_BEARER_TOKEN. Values are trimmed, empty is absent. Failures
// (kConfiguration): half a key, another way to get one, an endpoint that is none, a token for http.
Outcome<Access> read_access(const ModelUri& uri, const Lookup& lookup);

}  // namespace kaizen::load
