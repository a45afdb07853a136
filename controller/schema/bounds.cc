#include "schema/bounds.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "schema/describe.h"

namespace kaizen::schema {

namespace {

constexpr std::string_view kEllipsis = "\xE2\x80\xA6";

// The server counts code points, not bytes.
bool begins_character(char byte) {
  return (static_cast<uint8_t>(byte) & 0xC0U) != 0x80U;
}

size_t characters(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(text, begins_character));
}

// The first `count` characters.
std::string_view prefix(std::string_view text, size_t count) {
  size_t seen = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (begins_character(text[i]) && ++seen > count) return text.substr(0, i);
  }
  return text;
}

class Checker {
 public:
  void any(const TypeInfo& type,
           const FieldOptions& options,
           const void* value,
           const std::string& path);

  std::vector<std::string> take() { return std::move(found_); }

 private:
  void object(const TypeInfo& type, const void* value, const std::string& path);
  void list(const TypeInfo& type,
            const FieldOptions& options,
            const void* value,
            const std::string& path);
  void map(const TypeInfo& type,
           const FieldOptions& options,
           const void* value,
           const std::string& path);
  void texts(const FieldOptions& options, const StringMap& value, const std::string& path);
  void text(const FieldOptions& options, std::string_view value, const std::string& path);
  void number(const FieldOptions& options, int64_t value, const std::string& path);
  void code(const TypeInfo& type, uint8_t value, const std::string& path);
  void size(size_t is, int32_t least, int32_t most, std::string_view what, const std::string& path);

  std::vector<std::string> found_;
};

void Checker::any(const TypeInfo& type,
                  const FieldOptions& options,
                  const void* value,
                  const std::string& path) {
  switch (type.shape) {
    case Shape::kObject: object(type, value, path); return;
    case Shape::kOptional:
      if (const void* inner = type.optional.get(value)) any(type.element(), options, inner, path);
      return;
    case Shape::kList: list(type, options, value, path); return;
    case Shape::kMap: map(type, options, value, path); return;
    case Shape::kStringMap: texts(options, *static_cast<const StringMap*>(value), path); return;
    case Shape::kString:
    case Shape::kText: text(options, *static_cast<const std::string*>(value), path); return;
    case Shape::kInt32: number(options, *static_cast<const int32_t*>(value), path); return;
    case Shape::kInt64: number(options, *static_cast<const int64_t*>(value), path); return;
    case Shape::kEnum: code(type, *static_cast<const uint8_t*>(value), path); return;
    case Shape::kBool:
    case Shape::kDuration:
    case Shape::kTime:
    case Shape::kFraction:
    case Shape::kDecimal:
    case Shape::kUid:
    case Shape::kRawJson:
    case Shape::kVia: return;
  }
}

void Checker::object(const TypeInfo& type, const void* value, const std::string& path) {
  for (const FieldInfo& row : type.fields) {
    if (row.options.decode_only) continue;  // never written
    const std::string here = row.name.empty() || path.empty() ? base::concat({path, row.name})
                                                              : base::concat({path, ".", row.name});
    any(row.type(), row.options, row.look(value), here);
  }
}

void Checker::list(const TypeInfo& type,
                   const FieldOptions& options,
                   const void* value,
                   const std::string& path) {
  const size_t count = type.list.size(value);
  size(count, options.min_items, options.max_items, "entries", path);
  for (size_t i = 0; i < count; ++i) {
    any(type.element(), options, type.list.at(value, i), fmt::format("{}[{}]", path, i));
  }
}

void Checker::map(const TypeInfo& type,
                  const FieldOptions& options,
                  const void* value,
                  const std::string& path) {
  const size_t count = type.map.size(value);
  size(count, 0, options.max_properties, "entries", path);
  for (size_t i = 0; i < count; ++i) {
    const auto [key, entry] = type.map.at(value, i);
    any(type.element(), options, entry, base::concat({path, ".", key}));
  }
}

void Checker::texts(const FieldOptions& options, const StringMap& value, const std::string& path) {
  size(value.size(), 0, options.max_properties, "entries", path);
  for (const auto& [key, entry] : value) text(options, entry, base::concat({path, ".", key}));
}

void Checker::text(const FieldOptions& options, std::string_view value, const std::string& path) {
  if (!base::is_valid_utf8(value)) found_.push_back(base::concat({path, ": is not UTF-8"}));
  if (value.empty() && !options.required && !options.always) return;  // is not written
  size(characters(value), options.min_length, options.max_length, "characters", path);
  if (!options.allowed.empty() &&
      std::ranges::find(options.allowed, value) == options.allowed.end()) {
    found_.push_back(base::concat({path, ": \"", value, "\" is not one of the allowed words"}));
  }
}

void Checker::number(const FieldOptions& options, int64_t value, const std::string& path) {
  if (options.min && value < *options.min) {
    found_.push_back(fmt::format("{}: {}, at least {} is allowed", path, value, *options.min));
  }
  if (options.max && value > *options.max) {
    found_.push_back(fmt::format("{}: {}, at most {} is allowed", path, value, *options.max));
  }
}

void Checker::code(const TypeInfo& type, uint8_t value, const std::string& path) {
  if (value < type.texts.size()) return;
  found_.push_back(fmt::format("{}: {} is no value of {}", path, value, type.name));
}

void Checker::size(size_t is,
                   int32_t least,
                   int32_t most,
                   std::string_view what,
                   const std::string& path) {
  if (is < static_cast<size_t>(std::max(0, least))) {
    found_.push_back(fmt::format("{}: {} {}, at least {} are allowed", path, is, what, least));
  }
  if (most > 0 && is > static_cast<size_t>(most)) {
    found_.push_back(fmt::format("{}: {} {}, at most {} are allowed", path, is, what, most));
  }
}

void cut(std::string& text, int32_t most) {
  if (most <= 0 || characters(text) <= static_cast<size_t>(most)) return;
  text = base::concat({prefix(text, static_cast<size_t>(most) - 1), kEllipsis});
}

void cut_any(const TypeInfo& type, const FieldOptions& options, void* value) {
  switch (type.shape) {
    case Shape::kObject:
      for (const FieldInfo& row : type.fields) {
        if (!row.options.decode_only) cut_any(row.type(), row.options, row.reach(value));
      }
      return;
    case Shape::kOptional:
      if (void* inner = type.optional.edit(value)) cut_any(type.element(), options, inner);
      return;
    case Shape::kList:
      for (size_t i = 0; i < type.list.size(value); ++i) {
        cut_any(type.element(), options, type.list.edit(value, i));
      }
      return;
    case Shape::kMap:
      for (size_t i = 0; i < type.map.size(value); ++i) {
        cut_any(type.element(), options, type.map.edit(value, i));
      }
      return;
    case Shape::kStringMap:
      for (auto& [key, entry] : *static_cast<StringMap*>(value)) cut(entry, options.max_length);
      return;
    case Shape::kString:
    case Shape::kText: cut(*static_cast<std::string*>(value), options.max_length); return;
    case Shape::kBool:
    case Shape::kInt32:
    case Shape::kInt64:
    case Shape::kEnum:
    case Shape::kDuration:
    case Shape::kTime:
    case Shape::kFraction:
    case Shape::kDecimal:
    case Shape::kUid:
    case Shape::kRawJson:
    case Shape::kVia: return;
  }
}

}  // namespace

std::vector<std::string> broken_bounds(const TypeInfo& type, const void* value) {
  Checker checker;
  checker.any(type, {}, value, "");
  return checker.take();
}

void cut_texts(const TypeInfo& type, void* value) {
  cut_any(type, {}, value);
}

}  // namespace kaizen::schema
