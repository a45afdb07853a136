#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/http.h"
#include "base/result.h"
#include "base/text.h"
#include "net/request_check_internal.h"

namespace kaizen::net {
namespace {

constexpr size_t kMaxWarnings = 16;
constexpr size_t kMaxWarningBytes = 1024;

bool is_token_character(char c) {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return true;
  return std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_token_character);
}

bool breaks_header(char c) {
  return c == '\r' || c == '\n' || c == '\0';
}

bool is_hex_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// Path and query of RFC 3986, section 3: everything else must be percent-encoded, or the library
// refuses to send it.
bool is_target(std::string_view text) {
  static constexpr std::string_view kOthers = "-._~!$&'()*+,;=:@/?";
  if (!text.starts_with('/')) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size() || !is_hex_digit(text[i + 1]) || !is_hex_digit(text[i + 2])) {
        return false;
      }
      i += 2;
      continue;
    }
    const bool is_alphanumeric =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!is_alphanumeric && kOthers.find(c) == std::string_view::npos) return false;
  }
  return true;
}

bool is_written_by_transport(std::string_view name) {
  static constexpr std::array<std::string_view, 4> kNames{"host", "content-length",
                                                          "transfer-encoding", "connection"};
  return std::ranges::find(kNames, base::to_lower_ascii(name)) != kNames.end();
}

}  // namespace

base::Result<base::Unit> check_header(const base::Header& header) {
  if (!is_token(header.name)) {
    return base::invalid(base::concat(
        {"header ", base::json_quote(header.name), ": its name holds a character that none may"}));
  }
  if (std::ranges::any_of(header.value, breaks_header)) {
    return base::invalid(
        base::concat({"header ", header.name, ": its value holds a line break or a NUL"}));
  }
  return base::Unit{};
}

base::Result<base::Unit> check_request(const base::HttpRequest& request) {
  if (!is_token(request.method)) {
    return base::invalid(
        base::concat({"method ", base::json_quote(request.method), " is no HTTP method"}));
  }
  if (!is_target(request.target)) {
    const std::string_view path =
        std::string_view(request.target).substr(0, request.target.find('?'));
    return base::invalid(base::concat(
        {"target ", base::json_quote(path),
         ": it must begin with /, and what RFC 3986 does not allow in path and query must be "
         "percent-encoded"}));
  }
  for (const base::Header& header : request.headers) {
    KAIZEN_TRY(const base::Unit checked, check_header(header));
    static_cast<void>(checked);
    if (is_written_by_transport(header.name)) {
      return base::invalid(base::concat({"header ", header.name, ": the transport writes it"}));
    }
  }
  return base::Unit{};
}

base::Result<std::vector<base::Header>> parse_header_lines(std::string_view text) {
  std::vector<base::Header> headers;
  size_t number = 0;
  for (const std::string_view piece : base::split(text, '\n')) {
    ++number;
    const std::string_view line = base::trim(piece);
    if (line.empty() || line.starts_with('#')) continue;
    const size_t colon = line.find(':');
    base::Header header{.name = std::string(base::trim(line.substr(0, colon))), .value = ""};
    if (colon != std::string_view::npos) header.value = base::trim(line.substr(colon + 1));
    if (colon == std::string_view::npos || !check_header(header) ||
        is_written_by_transport(header.name)) {
      return base::invalid(
          base::concat({"line ", std::to_string(number), " is no header; write Name: value"}));
    }
    headers.push_back(std::move(header));
  }
  return headers;
}

std::vector<std::string> parse_warnings(std::string_view value) {
  std::vector<std::string> texts;
  std::string text;
  bool quoted = false;
  for (size_t i = 0; i < value.size() && texts.size() < kMaxWarnings; ++i) {
    const char c = value[i];
    if (c == '"') {
      if (quoted && !text.empty()) {
        texts.push_back(base::truncate_utf8(base::sanitize_utf8(text), kMaxWarningBytes));
      }
      text.clear();
      quoted = !quoted;
      // A date may follow in quotes of its own; it is the second of a pair and no text.
      if (!quoted && value.substr(i + 1).starts_with(" \"")) {
        const size_t end = value.find('"', i + 3);
        if (end == std::string_view::npos) break;
        i = end;
      }
    } else if (quoted) {
      const bool escaped = c == '\\' && i + 1 < value.size();
      text.push_back(escaped ? value[++i] : c);
    }
  }
  return texts;
}

bool is_read(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

}  // namespace kaizen::net
