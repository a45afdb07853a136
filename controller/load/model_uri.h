// ModelUri: where a model lies, in the parts the loader needs. Pure; a value, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace kaizen::load {

enum class Scheme : uint8_t { kHttp, kHttps, kS3 };

struct ModelUri {
  Scheme scheme = Scheme::kHttps;
  // http and https: one file.
  std::string origin;     // "https://models.example.com:8443"
  std::string target;     // path and query as written
  std::string file_name;  // last name of the path, decoded
  // s3: the object, or all objects below it as a folder.
  std::string bucket;
  std::string key;  // as written, not percent-encoded; empty: the whole bucket

  // For messages: without the query, which may hold a signature (SEC-25).
  std::string shown;

  bool operator==(const ModelUri&) const = default;
};

// "s3://bucket/key", "http://host[:port]/path", "https://…". Errors (kTerminal): another scheme,
// user information, a fragment, an http(s) path that names no file, a bucket or key that cannot be
// one. The message does not repeat what may be a password.
base::Result<ModelUri> parse_model_uri(std::string_view text);

}  // namespace kaizen::load
