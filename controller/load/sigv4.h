// SigV4: AWS's Signature Version 4 over requests without a body ("Authenticating Requests (AWS
// Signature Version 4)" in the Amazon S3 API reference). Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/http.h"
#include "base/time.h"

namespace kaizen::load {

struct AccessKey {
  std::string id;
  std::string secret;
  std::string session_token;  // empty: none

  bool operator==(const AccessKey&) const = default;
};

struct SigningScope {
  std::string region;
  std::string service = "s3";
};

// The value of `Authorization`. `request.target` is percent-encoded as the service wants it
// (url_encode() of each name and value); every header of `request` is signed, among them must be
// Host and X-Amz-Date of `at`. `payload_hash`: 64 hex digits.
std::string authorization(const base::HttpRequest& request,
                          std::string_view payload_hash,
                          const AccessKey& key,
                          const SigningScope& scope,
                          base::Time at);

// Adds X-Amz-Date, X-Amz-Content-Sha256, X-Amz-Security-Token when there is one, and Authorization
// to a request without a body. `host` is what the transport will send as Host, which it writes
// itself. Without a key's id the request stays as it is: anonymous.
void sign(base::HttpRequest& request,
          std::string_view host,
          const AccessKey& key,
          const SigningScope& scope,
          base::Time at);

}  // namespace kaizen::load
