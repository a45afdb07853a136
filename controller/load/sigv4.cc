#include "load/sigv4.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/http.h"
#include "base/text.h"
#include "base/time.h"

namespace kaizen::load {

namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view kEmptyHash =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

// "20130524T000000Z"
std::string basic_time(base::Time at) {
  std::string text = base::format_time(at);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

std::string_view day_of(std::string_view basic_time) {
  return basic_time.substr(0, 8);
}

// Without blanks around it, and one for each run of them inside.
std::string trim_all(std::string_view value) {
  std::string out;
  for (const char c : base::trim(value)) {
    if (c != ' ' || !out.ends_with(' ')) out += c;
  }
  return out;
}

struct CanonicalHeaders {
  std::string lines;         // "name:value\n" each
  std::string signed_names;  // "host;x-amz-date"
};

CanonicalHeaders canonical(const std::vector<base::Header>& headers) {
  std::vector<std::pair<std::string, std::string>> sorted;
  for (const base::Header& header : headers) {
    sorted.emplace_back(base::to_lower_ascii(header.name), trim_all(header.value));
  }
  std::ranges::sort(sorted);  // a request of ours has no header twice
  CanonicalHeaders out;
  for (const auto& [name, value] : sorted) {
    out.lines += base::concat({name, ":", value, "\n"});
    if (!out.signed_names.empty()) out.signed_names += ';';
    out.signed_names += name;
  }
  return out;
}

// Sorted by name, then value, both as they are encoded.
std::string canonical_query(std::string_view query) {
  if (query.empty()) return {};
  std::vector<std::pair<std::string, std::string>> parameters;
  for (const std::string_view parameter : base::split(query, '&')) {
    const size_t equals = parameter.find('=');
    const bool has_value = equals != std::string_view::npos;
    parameters.emplace_back(parameter.substr(0, equals),
                            has_value ? parameter.substr(equals + 1) : std::string_view());
  }
  std::ranges::sort(parameters);
  std::string out;
  for (const auto& [name, value] : parameters) {
    out += base::concat({out.empty() ? "" : "&", name, "=", value});
  }
  return out;
}

std::string_view text_of(const std::array<uint8_t, 32>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// The key of one day, region and service, derived from the secret.
std::array<uint8_t, 32> signing_key(const AccessKey& key,
                                    const SigningScope& scope,
                                    std::string_view day) {
  const auto dated = base::hmac_sha256(base::concat({"AWS4", key.secret}), day);
  const auto regional = base::hmac_sha256(text_of(dated), scope.region);
  const auto of_service = base::hmac_sha256(text_of(regional), scope.service);
  return base::hmac_sha256(text_of(of_service), "aws4_request");
}

}  // namespace

std::string authorization(const base::HttpRequest& request,
                          std::string_view payload_hash,
                          const AccessKey& key,
                          const SigningScope& scope,
                          base::Time at) {
  const std::string_view target = request.target;
  const size_t question = target.find('?');
  const std::string_view query =
      question == std::string_view::npos ? std::string_view() : target.substr(question + 1);
  const CanonicalHeaders headers = canonical(request.headers);
  const std::string canonical_request =
      base::concat({request.method, "\n", target.substr(0, question), "\n", canonical_query(query),
                    "\n", headers.lines, "\n", headers.signed_names, "\n", payload_hash});
  const std::string time = basic_time(at);
  const std::string credential_scope =
      base::concat({day_of(time), "/", scope.region, "/", scope.service, "/aws4_request"});
  const std::string to_sign = base::concat(
      {kAlgorithm, "\n", time, "\n", credential_scope, "\n", base::sha256_hex(canonical_request)});
  const std::array<uint8_t, 32> derived = signing_key(key, scope, day_of(time));
  const std::string signature = base::to_hex(base::hmac_sha256(text_of(derived), to_sign));
  return base::concat({kAlgorithm, " Credential=", key.id, "/", credential_scope,
                       ", SignedHeaders=", headers.signed_names, ", Signature=", signature});
}

void sign(base::HttpRequest& request,
          std::string_view host,
          const AccessKey& key,
          const SigningScope& scope,
          base::Time at) {
  if (key.id.empty()) return;
  request.headers.push_back({.name = "X-Amz-Date", .value = basic_time(at)});
  request.headers.push_back({.name = "X-Amz-Content-Sha256", .value = std::string(kEmptyHash)});
  if (!key.session_token.empty()) {
    request.headers.push_back({.name = "X-Amz-Security-Token", .value = key.session_token});
  }
  base::HttpRequest sent = request;
  sent.headers.push_back({.name = "Host", .value = std::string(host)});
  request.headers.push_back(
      {.name = "Authorization", .value = authorization(sent, kEmptyHash, key, scope, at)});
}

}  // namespace kaizen::load
