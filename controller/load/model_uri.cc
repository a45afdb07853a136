#include "load/model_uri.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/result.h"
#include "base/text.h"
#include "load/paths.h"

namespace kaizen::load {

namespace {

constexpr std::string_view kS3 = "s3://";
constexpr std::string_view kHttp = "http://";
constexpr std::string_view kHttps = "https://";

base::Error fault(std::string_view shown, std::string_view what) {
  return base::invalid(base::concat({"model URI ", shown, ": ", what}));
}

// S3's rule for buckets, which is also what keeps one from being a path or a host.
bool is_bucket(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  };
  return name.size() >= 3 && name.size() <= 63 && std::ranges::all_of(name, allowed) &&
         name.find("..") == std::string_view::npos && name.front() != '.' && name.front() != '-';
}

base::Result<ModelUri> parse_s3(std::string_view text) {
  const std::string_view rest = text.substr(kS3.size());
  const size_t slash = rest.find('/');
  ModelUri uri{.scheme = Scheme::kS3,
               .origin = {},
               .target = {},
               .file_name = {},
               .bucket = std::string(rest.substr(0, slash)),
               .key = std::string(slash == std::string_view::npos ? "" : rest.substr(slash + 1)),
               .shown = std::string(text)};
  if (!is_bucket(uri.bucket)) {
    return fault("s3://…", "the bucket's name is not 3 to 63 of a-z, 0-9, - and .");
  }
  // A key may end with a slash: the folder. Inside, it is a path like those below it.
  std::string_view path = uri.key;
  if (path.ends_with('/')) path.remove_suffix(1);
  if (!uri.key.empty()) {
    const base::Result<base::Unit> usable = check_path(path);
    if (!usable.ok()) {
      return fault(base::concat({kS3, uri.bucket, "/…"}),
                   base::concat({"its ", usable.error().message}));
    }
    uri.file_name = std::string(path.substr(path.rfind('/') + 1));
  }
  return uri;
}

std::optional<uint8_t> hex_value(char c) {
  if (c >= '0' && c <= '9') return static_cast<uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<uint8_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<uint8_t>(c - 'A' + 10);
  return std::nullopt;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const std::optional<uint8_t> high = hex_value(text[i + 1]);
    const std::optional<uint8_t> low = hex_value(text[i + 2]);
    if (!high || !low) return std::nullopt;
    out += static_cast<char>(*high * 16 + *low);
    i += 2;
  }
  return out;
}

base::Result<ModelUri> parse_http(std::string_view text, std::string_view prefix) {
  const std::string_view rest = text.substr(prefix.size());
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  // What comes before an @ may be a password: nothing of such a text is shown.
  if (authority.find('@') != std::string_view::npos) {
    return fault(base::concat({prefix, "…"}),
                 "it holds a user name; credentials belong into a Secret (spec.model.loader)");
  }
  const std::string_view path =
      rest.substr(authority.size(), rest.find_first_of("?#") - authority.size());
  ModelUri uri{.scheme = prefix == kHttps ? Scheme::kHttps : Scheme::kHttp,
               .origin = base::concat({prefix, authority}),
               .target = std::string(rest.substr(authority.size())),
               .file_name = {},
               .bucket = {},
               .key = {},
               .shown = base::concat({prefix, authority, path})};
  if (authority.empty()) return fault(uri.shown, "it names no host");
  if (uri.target.find('#') != std::string::npos) {
    return fault(uri.shown, "it has a fragment (#…); remove it");
  }
  const std::optional<std::string> name = percent_decode(path.substr(path.rfind('/') + 1));
  if (path.empty() || !name || name->empty()) {
    return fault(uri.shown,
                 "its path does not end with the name of a file; over http(s) one file "
                 "is loaded, for a folder use s3://");
  }
  const base::Result<base::Unit> usable = check_path(*name);
  if (!usable.ok() || name->find('/') != std::string::npos) {
    return fault(uri.shown, "the last name of its path cannot be the name of a file");
  }
  uri.file_name = *name;
  return uri;
}

}  // namespace

base::Result<ModelUri> parse_model_uri(std::string_view text) {
  if (text.starts_with(kS3)) return parse_s3(text);
  if (text.starts_with(kHttps)) return parse_http(text, kHttps);
  if (text.starts_with(kHttp)) return parse_http(text, kHttp);
  return base::invalid(
      "model URI: this loader reads s3://, https:// and http://; for another source set "
      "spec.model.loader.type None and let the model server fetch it");
}

}  // namespace kaizen::load
