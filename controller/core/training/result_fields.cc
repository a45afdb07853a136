#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/result.h"
#include "base/text.h"
#include "core/training/result_fields_internal.h"
#include "schema/json_document.h"
#include "stats/counts.h"
#include "stats/gate/bounds.h"

namespace kaizen::core {

namespace {

using schema::JsonNode;

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_letter(char c) {
  return is_lower(c) || (c >= 'A' && c <= 'Z');
}

bool all_of(std::string_view text, bool (*holds)(char)) {
  return std::all_of(text.begin(), text.end(), holds);
}

bool is_hex(std::string_view text, size_t digits) {
  return text.size() == digits &&
         all_of(text, [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
}

bool is_uri(std::string_view text) {
  constexpr size_t kMaxUri = 1024;
  const size_t colon = text.find("://");
  if (colon == std::string_view::npos || colon == 0 || text.size() > kMaxUri) return false;
  const std::string_view scheme = text.substr(0, colon);
  const std::string_view rest = text.substr(colon + 3);
  return is_lower(scheme[0]) && !rest.empty() &&
         all_of(scheme,
                [](char c) {
                  return is_lower(c) || is_digit(c) || c == '+' || c == '.' || c == '-';
                }) &&
         all_of(rest, [](char c) { return c >= '!' && c <= '~'; });
}

// Letters, digits and inner '-'; with `dots` also inner '.'.
bool is_name(std::string_view text, size_t max, bool dots) {
  if (text.empty() || text.size() > max) return false;
  const auto is_end = [](char c) { return is_lower(c) || is_digit(c); };
  return is_end(text.front()) && is_end(text.back()) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return is_end(c) || c == '-' || (dots && c == '.'); });
}

bool is_key(std::string_view text, size_t max) {
  return !text.empty() && text.size() <= max && all_of(text, [](char c) {
    return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '.';
  });
}

// Code points, as JSON Schema counts; the text is valid UTF-8.
bool is_at_most(std::string_view text, size_t characters) {
  const auto is_first_byte = [](char c) { return (static_cast<uint8_t>(c) & 0xC0U) != 0x80U; };
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), is_first_byte)) <= characters;
}

bool has_form(std::string_view text, TextForm form) {
  constexpr size_t kMaxName = 63;
  constexpr size_t kMaxObjectName = 253;
  switch (form) {
    case TextForm::kShort: return is_at_most(text, kMaxName);
    case TextForm::kVersion: return is_at_most(text, 128);
    case TextForm::kSlice: return !text.empty() && is_at_most(text, 128);
    case TextForm::kLong: return is_at_most(text, 256);
    case TextForm::kMethod: return is_at_most(text, 32);
    case TextForm::kMetric: return is_metric_name(text);
    case TextForm::kDigest: return is_digest(text);
    case TextForm::kUri: return is_uri(text);
    case TextForm::kName: return is_name(text, kMaxName, /*dots=*/false);
    case TextForm::kObjectName: return is_name(text, kMaxObjectName, /*dots=*/true);
    case TextForm::kKey: return is_key(text, kMaxObjectName);
    case TextForm::kNonce: return is_hex(text, 32);
  }
  return false;
}

// What people wrote for people: shown in status and events, so without control characters (RS-41).
bool is_free(TextForm form) {
  switch (form) {
    case TextForm::kShort:
    case TextForm::kVersion:
    case TextForm::kSlice:
    case TextForm::kLong:
    case TextForm::kMethod: return true;
    case TextForm::kMetric:
    case TextForm::kDigest:
    case TextForm::kUri:
    case TextForm::kName:
    case TextForm::kObjectName:
    case TextForm::kKey:
    case TextForm::kNonce: return false;
  }
  return true;
}

std::string_view form_text(TextForm form) {
  switch (form) {
    case TextForm::kShort: return "is longer than 63 characters";
    case TextForm::kVersion: return "is longer than 128 characters";
    case TextForm::kSlice: return "is empty or longer than 128 characters";
    case TextForm::kLong: return "is longer than 256 characters";
    case TextForm::kMethod: return "is longer than 32 characters";
    case TextForm::kMetric: return "is no name of a metric";
    case TextForm::kDigest: return "is not sha256: and 64 lower-case hex digits";
    case TextForm::kUri: return "is not scheme://... of at most 1024 printable characters";
    case TextForm::kName: return "is not made of at most 63 lower-case letters, digits and '-'";
    case TextForm::kObjectName: return "is no name of a ConfigMap";
    case TextForm::kKey: return "is no key of a ConfigMap";
    case TextForm::kNonce: return "is not 32 lower-case hex digits";
  }
  return {};
}

std::string_view kind_text(JsonNode::Kind kind) {
  switch (kind) {
    case JsonNode::Kind::kNull: return "is not null";
    case JsonNode::Kind::kBoolean: return "is neither true nor false";
    case JsonNode::Kind::kNumber: return "is not a number";
    case JsonNode::Kind::kString: return "is not a string";
    case JsonNode::Kind::kArray: return "is not a list";
    case JsonNode::Kind::kObject: return "is not an object";
  }
  return {};
}

}  // namespace

// ^[A-Za-z][A-Za-z0-9_.:@/-]{0,62}$
bool is_metric_name(std::string_view text) {
  constexpr size_t kMaxMetric = 63;
  constexpr std::string_view kOthers = "_.:@/-";
  return !text.empty() && text.size() <= kMaxMetric && is_letter(text[0]) &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return is_letter(c) || is_digit(c) || kOthers.find(c) != std::string_view::npos;
         });
}

bool is_digest(std::string_view text) {
  constexpr std::string_view kPrefix = "sha256:";
  return text.starts_with(kPrefix) && is_hex(text.substr(kPrefix.size()), 64);
}

Fields::Fields(const JsonNode& object, std::string path, FieldTrouble* trouble)
    : object_(&object), path_(std::move(path)), trouble_(trouble) {}

std::string Fields::path_of(std::string_view key) const {
  return path_.empty() ? std::string(key) : base::concat({path_, ".", key});
}

void Fields::fail(std::string_view key, std::string_view what) {
  if (ok()) trouble_->message = base::concat({path_of(key), ": ", what});
}

void Fields::adopt(const base::Result<base::Unit, stats::gate::Unbounded>& plausible) {
  if (ok() && !plausible.ok()) trouble_->message = path_of(plausible.error().message);
}

bool Fields::has(std::string_view key) const {
  const JsonNode* node = object_->find(key);
  return node != nullptr && node->kind != JsonNode::Kind::kNull;
}

void Fields::allow_only(std::span<const std::string_view> keys) {
  for (const auto& [key, value] : object_->members) {
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) fail(key, "is not known");
  }
}

const JsonNode* Fields::member(std::string_view key, JsonNode::Kind kind) {
  const JsonNode* node = object_->find(key);
  if (node == nullptr) return nullptr;
  if (node->kind == kind) return node;
  fail(key, kind_text(kind));
  return nullptr;
}

Fields Fields::inside(std::string_view key, const JsonNode& object) const {
  return {object, path_of(key), trouble_};
}

std::vector<Fields> Fields::list(std::string_view key, size_t max) {
  std::vector<Fields> fields;
  const JsonNode* node = member(key, JsonNode::Kind::kArray);
  if (node == nullptr) return fields;
  if (node->elements.size() > max) {
    fail(key, fmt::format("{} of them, at most {}", node->elements.size(), max));
    return fields;
  }
  for (size_t i = 0; i < node->elements.size(); ++i) {
    const std::string element = fmt::format("{}[{}]", key, i);
    if (node->elements[i].kind != JsonNode::Kind::kObject) fail(element, "is not an object");
    fields.push_back(inside(element, node->elements[i]));
  }
  return fields;
}

std::string Fields::text(std::string_view key, TextForm form, bool is_required) {
  const JsonNode* node = member(key, JsonNode::Kind::kString);
  if (node == nullptr) {
    if (is_required) fail(key, "is missing");
    return {};
  }
  std::string text = is_free(form) ? base::without_controls(node->text) : node->text;
  if (!has_form(text, form)) fail(key, form_text(form));
  return text;
}

std::optional<double> Fields::number(std::string_view key) {
  const JsonNode* node = member(key, JsonNode::Kind::kNumber);
  if (node == nullptr) return std::nullopt;
  return node->number;
}

double Fields::needed_number(std::string_view key) {
  const std::optional<double> value = number(key);
  if (!value) fail(key, "is missing");
  return value.value_or(0.0);
}

std::optional<int64_t> Fields::count(std::string_view key) {
  const std::optional<double> value = number(key);
  if (!value) return std::nullopt;
  if (*value >= 0.0 && *value <= static_cast<double>(stats::kMaxCount) &&
      std::floor(*value) == *value) {
    return static_cast<int64_t>(*value);
  }
  fail(key, "is not a whole number from 0 to 2^53 - 1");
  return std::nullopt;
}

int64_t Fields::needed_count(std::string_view key) {
  const std::optional<int64_t> value = count(key);
  if (!value) fail(key, "is missing");
  return value.value_or(0);
}

}  // namespace kaizen::core
