// Text: the few operations on strings that every room needs (S34). Pure; views in, strings out.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kaizen::base {

// The parts one after another.
std::string concat(std::initializer_list<std::string_view> parts);

std::string join(std::span<const std::string> parts, std::string_view separator);

// The pieces between separators; "a,,b" gives three. An empty text gives one empty piece.
std::vector<std::string_view> split(std::string_view text, char separator);

// Without leading and trailing blanks, tabs, carriage returns and line feeds.
std::string_view trim(std::string_view text);

std::string to_lower_ascii(std::string_view text);

// Every occurrence of `from` replaced by `to`; `from` must not be empty.
std::string replace_all(std::string_view text, std::string_view from, std::string_view to);

// At most `max_bytes`, cut on a code point (RT-60); a cut text ends with "…" when there is room for
// it.
std::string truncate_utf8(std::string_view text, size_t max_bytes);

// Valid UTF-8: each invalid byte becomes U+FFFD (RT-93).
std::string sanitize_utf8(std::string_view text);

bool is_valid_utf8(std::string_view text);

// Without control characters (C0, DEL and C1): for what strangers wrote and people read (RS-41).
// The text must be valid UTF-8.
std::string without_controls(std::string_view text);

// `text` as a JSON string with its quotes: escapes control characters, quote and backslash; invalid
// UTF-8 is replaced.
std::string json_quote(std::string_view text);

// Percent-encodes everything but unreserved characters (RFC 3986, section 2.3): for path segments
// and query values.
std::string url_encode(std::string_view text);

}  // namespace kaizen::base
