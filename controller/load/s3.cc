#include "load/s3.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <pugixml.hpp>

#include "base/error.h"
#include "base/http.h"
#include "base/number.h"
#include "base/result.h"
#include "base/text.h"

namespace kaizen::load {

namespace {

constexpr size_t kShown = 200;  // SEC-18

// Keeps the slashes between names.
std::string encode_path(std::string_view path) {
  std::string out;
  for (const std::string_view name : base::split(path, '/')) {
    if (!out.empty()) out += '/';
    out += base::url_encode(name);
  }
  return out;
}

base::Error malformed(std::string_view what) {
  return base::Error{.action = base::Action::kTerminal,
                     .code = base::Code::kRejected,
                     .message = base::concat({"the listing of the bucket is unusable: ", what}),
                     .retry_after = {}};
}

// pugixml expands no entity but XML's own five and reads no DTD; it neither recurses nor follows a
// reference to anything outside.
bool parse(pugi::xml_document& document, std::string_view body) {
  return static_cast<bool>(document.load_buffer(body.data(), body.size(),
                                                pugi::parse_default | pugi::parse_ws_pcdata_single,
                                                pugi::encoding_utf8));
}

std::string_view text_of(const pugi::xml_node& parent, const char* name) {
  return parent.child(name).text().get();
}

std::string printable(std::string_view text) {
  std::string out = base::sanitize_utf8(text);
  std::ranges::replace_if(
      out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return base::truncate_utf8(out, kShown);
}

}  // namespace

base::HttpRequest object_request(std::string_view bucket, std::string_view key) {
  base::HttpRequest request;
  request.target = base::concat({"/", bucket, "/", encode_path(key)});
  return request;
}

base::HttpRequest list_request(std::string_view bucket,
                               std::string_view prefix,
                               std::string_view next) {
  base::HttpRequest request;
  // In the order in which they are signed.
  request.target = base::concat({"/", bucket, "?"});
  if (!next.empty()) {
    request.target += base::concat({"continuation-token=", base::url_encode(next), "&"});
  }
  request.target += base::concat({"list-type=2&max-keys=1000&prefix=", base::url_encode(prefix)});
  return request;
}

base::Result<S3Page> parse_page(std::string_view body) {
  pugi::xml_document document;
  if (!parse(document, body)) return malformed("it is not XML");
  const pugi::xml_node root = document.child("ListBucketResult");
  if (!root) return malformed("it is no ListBucketResult");
  S3Page page;
  for (const pugi::xml_node& contents : root.children("Contents")) {
    const std::optional<int64_t> size = base::parse_int(text_of(contents, "Size"));
    S3Object object{.key = std::string(text_of(contents, "Key")), .size = size.value_or(-1)};
    if (object.key.empty()) return malformed("an object has no Key");
    if (object.size < 0) {
      return malformed(base::concat({"object ", base::json_quote(printable(object.key)),
                                     " has no Size, or one that is no number"}));
    }
    page.objects.push_back(std::move(object));
  }
  if (text_of(root, "IsTruncated") == "true") {
    page.next = text_of(root, "NextContinuationToken");
    if (page.next.empty()) return malformed("it is cut and has no NextContinuationToken");
  }
  return page;
}

std::string parse_error(std::string_view body) {
  pugi::xml_document document;
  if (!parse(document, body)) return {};
  const pugi::xml_node root = document.child("Error");
  const std::string_view code = text_of(root, "Code");
  const std::string_view message = text_of(root, "Message");
  if (code.empty()) return printable(message);
  return printable(message.empty() ? std::string(code) : base::concat({code, ": ", message}));
}

}  // namespace kaizen::load
