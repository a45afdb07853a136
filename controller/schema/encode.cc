#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/duration.h"
#include "base/number.h"
#include "base/result.h"
#include "base/text.h"
#include "base/time.h"
#include "base/uid.h"
#include "schema/codec.h"
#include "schema/describe.h"
#include "schema/json_value_internal.h"
#include "schema/resource.h"

namespace kaizen::schema {
namespace {

enum class Form : uint8_t { kWire, kCanonical };

using Members = std::vector<std::pair<std::string_view, std::string>>;

std::string value_text(const TypeInfo& type, const void* value, Form form);

// Exact, without exponent: reads back to the same double.
std::string fraction_text(double value) {
  std::array<char, 400> buffer{};  // 1e-308 has 17 digits after 307 zeros
  const auto [end, error] =
      std::to_chars(buffer.begin(), buffer.end(), value, std::chars_format::fixed);
  return {buffer.begin(), end};
}

// Whole seconds as Kubernetes writes them, the fraction only when there is one: exact both ways.
std::string time_text(base::Time time) {
  return time.unix_us() % 1'000'000 == 0 ? base::format_time(time) : base::format_time_us(time);
}

std::string text_or_integer(const std::string& text) {
  return base::parse_int(text) ? text : base::json_quote(text);
}

std::string enum_text(const TypeInfo& type, size_t value) {
  KAIZEN_CHECK(value < type.texts.size(), "an enum holds one of its values");
  return base::json_quote(type.texts[value]);
}

std::string raw_text(const TypeInfo& type, const void* value, Form form) {
  const std::string_view text = type.raw.text(value);
  if (form == Form::kWire) return std::string(text);
  base::Result<std::string> canonical = canonical_json(text);
  KAIZEN_CHECK(canonical.ok(), "RawJson holds JSON that was decoded or rendered by us");
  return std::move(canonical).value();
}

std::string list_text(const TypeInfo& type, const void* value, Form form) {
  const size_t size = type.list.size(value);
  const TypeInfo& element = type.element();
  std::string out = "[";
  for (size_t i = 0; i < size; ++i) {
    if (i > 0) out += ',';
    out += value_text(element, type.list.at(value, i), form);
  }
  return out + "]";
}

std::string map_text(const TypeInfo& type, const void* value, Form form) {
  const TypeInfo& element = type.element();
  std::string out = "{";
  for (size_t i = 0; i < type.map.size(value); ++i) {
    const auto [key, item] = type.map.at(value, i);
    if (i > 0) out += ',';
    out += base::concat({base::json_quote(key), ":", value_text(element, item, form)});
  }
  return out + "}";
}

std::string map_text(const StringMap& map) {
  std::string out = "{";
  for (const auto& [key, value] : map) {
    if (out.size() > 1) out += ',';
    out += base::concat({base::json_quote(key), ":", base::json_quote(value)});
  }
  return out + "}";
}

// A plain member with this value is not written (S: absent and zero are the same there).
bool is_zero(const TypeInfo& type, const void* value) {
  switch (type.shape) {
    case Shape::kString:
    case Shape::kText: return static_cast<const std::string*>(value)->empty();
    case Shape::kBool: return !*static_cast<const bool*>(value);
    case Shape::kInt32: return *static_cast<const int32_t*>(value) == 0;
    case Shape::kInt64: return *static_cast<const int64_t*>(value) == 0;
    case Shape::kList: return type.list.size(value) == 0;
    case Shape::kStringMap: return static_cast<const StringMap*>(value)->empty();
    case Shape::kMap: return type.map.size(value) == 0;
    case Shape::kDecimal: return !std::isfinite(*static_cast<const double*>(value));
    case Shape::kUid: return static_cast<const base::Uid*>(value)->empty();
    case Shape::kRawJson: return type.raw.text(value).empty();
    case Shape::kOptional: {
      const void* inner = type.optional.get(value);
      if (inner == nullptr) return true;
      const TypeInfo& element = type.element();
      return element.shape == Shape::kDecimal && is_zero(element, inner);
    }
    case Shape::kVia: return true;
    case Shape::kObject:
    case Shape::kEnum:
    case Shape::kDuration:
    case Shape::kTime:
    case Shape::kFraction: return false;
  }
  return false;
}

void collect(const TypeInfo& type, const void* object, Form form, Members* out) {
  for (const FieldInfo& row : type.fields) {
    if (row.options.decode_only || (row.options.not_hashed && form == Form::kCanonical)) continue;
    const TypeInfo& member = row.type();
    const void* value = row.look(object);
    if (row.name.empty()) {
      collect(member, value, form, out);
      continue;
    }
    if (is_zero(member, value) && !row.options.always) continue;
    std::string text = value_text(member, value, form);
    // An object member that holds nothing is absent; an optional one that is there is written even
    // so, except in the canonical form, where empty members do not exist (MD-2).
    const bool hollow = text == "{}" || text == "[]";
    const bool typed = member.shape != Shape::kRawJson;  // R2-30: `{}` means something in there
    if (hollow && typed && !row.options.always &&
        (member.shape == Shape::kObject || form == Form::kCanonical)) {
      continue;
    }
    out->emplace_back(row.name, std::move(text));
  }
}

std::string object_text(const TypeInfo& type, const void* object, Form form) {
  Members members;
  members.reserve(type.fields.size() + 2);
  if (type.resource != nullptr && form == Form::kWire) {
    members.emplace_back("apiVersion", base::json_quote(api_version(*type.resource)));
    members.emplace_back("kind", base::json_quote(type.resource->kind));
  }
  collect(type, object, form, &members);
  if (form == Form::kCanonical) {
    std::sort(members.begin(), members.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
  }
  std::string out = "{";
  for (const auto& [name, text] : members) {
    if (out.size() > 1) out += ',';
    out += base::concat({"\"", name, "\":", text});
  }
  return out + "}";
}

std::string value_text(const TypeInfo& type, const void* value, Form form) {
  switch (type.shape) {
    case Shape::kObject: return object_text(type, value, form);
    case Shape::kOptional: return value_text(type.element(), type.optional.get(value), form);
    case Shape::kList: return list_text(type, value, form);
    case Shape::kStringMap: return map_text(*static_cast<const StringMap*>(value));
    case Shape::kMap: return map_text(type, value, form);
    case Shape::kString: return base::json_quote(*static_cast<const std::string*>(value));
    case Shape::kText: return text_or_integer(*static_cast<const std::string*>(value));
    case Shape::kBool: return *static_cast<const bool*>(value) ? "true" : "false";
    case Shape::kInt32: return std::to_string(*static_cast<const int32_t*>(value));
    case Shape::kInt64: return std::to_string(*static_cast<const int64_t*>(value));
    case Shape::kEnum: return enum_text(type, *static_cast<const uint8_t*>(value));
    case Shape::kDuration:
      return base::json_quote(base::format_duration(*static_cast<const base::Duration*>(value)));
    case Shape::kTime: return base::json_quote(time_text(*static_cast<const base::Time*>(value)));
    case Shape::kFraction:
      return base::json_quote(fraction_text(*static_cast<const double*>(value)));
    case Shape::kDecimal:
      return base::json_quote(base::shortest_decimal(*static_cast<const double*>(value)));
    case Shape::kUid: return base::json_quote(to_string(*static_cast<const base::Uid*>(value)));
    case Shape::kRawJson: return raw_text(type, value, form);
    case Shape::kVia: break;
  }
  KAIZEN_CHECK(false, "this shape is never encoded");
}

JsonValue tree(const std::string& text) {
  base::Result<JsonValue> value = parse_json(text);
  KAIZEN_CHECK(value.ok(), "what encode wrote is JSON within the bounds");
  return std::move(value).value();
}

// Both are objects. RFC 7396: members of both are merged, new ones are set, lost ones are null.
JsonValue difference(const JsonValue& before, const JsonValue& after) {
  using Kind = JsonValue::Kind;
  const JsonValue null = {.kind = Kind::kScalar, .text = "null"};
  JsonValue patch = {.kind = Kind::kObject};
  auto old = before.members.begin();
  for (const auto& [key, value] : after.members) {
    for (; old != before.members.end() && old->first < key; ++old) {
      patch.members.emplace_back(old->first, null);
    }
    if (old == before.members.end() || old->first != key) {
      patch.members.emplace_back(key, value);
      continue;
    }
    const bool objects = old->second.kind == Kind::kObject && value.kind == Kind::kObject;
    if (!(old->second == value)) {
      patch.members.emplace_back(key, objects ? difference(old->second, value) : value);
    }
    ++old;
  }
  for (; old != before.members.end(); ++old) patch.members.emplace_back(old->first, null);
  return patch;
}

}  // namespace

std::string encode(const TypeInfo& type, const void* object) {
  return value_text(type, object, Form::kWire);
}

std::string canonical(const TypeInfo& type, const void* object) {
  return value_text(type, object, Form::kCanonical);
}

std::optional<std::string> merge_patch(const TypeInfo& type,
                                       const void* before,
                                       const void* after) {
  const std::string old_text = encode(type, before);
  const std::string new_text = encode(type, after);
  if (old_text == new_text) return std::nullopt;
  std::string out;
  append_json(difference(tree(old_text), tree(new_text)), /*keep_nulls=*/true, &out);
  return out;
}

}  // namespace kaizen::schema
