#include "base/scrub.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/text.h"

namespace kaizen::base {
namespace {

constexpr std::string_view kHidden = "***";
constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kValueEnds = " \t\r\n\"'`,;&<>()[]{}|";

// How names of secrets end, in lower case.
constexpr auto kSecretNames = std::to_array<std::string_view>(
    {"token", "password", "passwd", "pwd", "secret", "apikey", "api_key", "api-key", "access_key",
     "accesskey", "accesskeyid", "signature", "credential", "sig"});

// Words before a credential in an authorization header.
constexpr auto kSchemes = std::to_array<std::string_view>({"bearer", "basic"});

constexpr size_t kShortestJwt = 20;

// A place of the text that must not be shown: [begin, end).
struct Secret {
  size_t begin = 0;
  size_t end = 0;
};

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

size_t end_of_value(std::string_view text, size_t begin) {
  return std::min(text.size(), text.find_first_of(kValueEnds, begin));
}

// "authentication", "Token": a word that people write.
bool is_plain_word(std::string_view word) {
  return std::ranges::all_of(word, is_letter) &&
         std::ranges::none_of(word.substr(std::min<size_t>(1, word.size())),
                              [](char c) { return c >= 'A' && c <= 'Z'; });
}

// "://user:password@": what stands before the last '@' of the authority.
std::optional<Secret> user_info(std::string_view text, size_t at) {
  constexpr std::string_view kSlashes = "://";
  if (!text.substr(at).starts_with(kSlashes)) return std::nullopt;
  const size_t begin = at + kSlashes.size();
  const size_t end = std::min(text.size(), text.find_first_of("/?# \t\r\n\"'<>", begin));
  const size_t sign = text.substr(begin, end - begin).rfind('@');
  if (sign == std::string_view::npos || sign == 0) return std::nullopt;
  return Secret{.begin = begin, .end = begin + sign};
}

// "Bearer x" and "Basic x".
std::optional<Secret> authorization(std::string_view text, size_t at) {
  for (const std::string_view scheme : kSchemes) {
    if (to_lower_ascii(text.substr(at, scheme.size())) != scheme) continue;
    const size_t blank = at + scheme.size();
    const size_t begin = std::min(text.size(), text.find_first_not_of(kBlanks, blank));
    const size_t end = end_of_value(text, begin);
    if (begin == blank || begin == end || is_plain_word(text.substr(begin, end - begin))) continue;
    return Secret{.begin = begin, .end = end};
  }
  return std::nullopt;
}

// `at` is an '=' or ':' after a name: token=x, password="x", "secret": "x".
std::optional<Secret> named_value(std::string_view text, size_t at) {
  size_t name_end = at;
  const bool quoted = name_end > 0 && text[name_end - 1] == '"';
  if (quoted) --name_end;
  if (text[at] == ':' && !quoted) return std::nullopt;  // "token: unexpected end" is a sentence
  size_t name_begin = name_end;
  while (name_begin > 0 && is_name_character(text[name_begin - 1])) --name_begin;
  const std::string name = to_lower_ascii(text.substr(name_begin, name_end - name_begin));
  const bool secret = std::ranges::any_of(
      kSecretNames, [&name](std::string_view ending) { return name.ends_with(ending); });
  if (!secret) return std::nullopt;
  const size_t begin = std::min(text.size(), text.find_first_not_of(" \"'", at + 1));
  const char before = text[begin - 1];
  const bool in_quotes = before == '"' || before == '\'';
  const size_t end =
      in_quotes ? std::min(text.size(), text.find(before, begin)) : end_of_value(text, begin);
  if (begin == end) return std::nullopt;
  return Secret{.begin = begin, .end = end};
}

std::optional<Secret> web_token(std::string_view text, size_t at) {
  if (!text.substr(at).starts_with("eyJ")) return std::nullopt;
  const size_t end = end_of_value(text, at);
  const std::string_view word = text.substr(at, end - at);
  if (word.size() < kShortestJwt || word.find('.') == std::string_view::npos) return std::nullopt;
  return Secret{.begin = at, .end = end};
}

std::optional<Secret> secret_at(std::string_view text, size_t at) {
  switch (text[at]) {
    case ':':
      if (auto found = user_info(text, at)) return found;
      return named_value(text, at);
    case '=': return named_value(text, at);
    case 'b':
    case 'B': return authorization(text, at);
    case 'e': return web_token(text, at);
    default: return std::nullopt;
  }
}

}  // namespace

std::string scrub(std::string_view text) {
  std::string out;
  size_t shown = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const std::optional<Secret> secret = secret_at(text, i);
    if (!secret) continue;
    out += text.substr(shown, secret->begin - shown);
    out += kHidden;
    shown = secret->end;
    i = secret->end - 1;
  }
  out += text.substr(shown);
  return out;
}

}  // namespace kaizen::base
