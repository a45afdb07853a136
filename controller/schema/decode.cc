#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <simdjson.h>

#include "base/check.h"
#include "base/duration.h"
#include "base/error.h"
#include "base/number.h"
#include "base/result.h"
#include "base/text.h"
#include "base/time.h"
#include "base/uid.h"
#include "schema/codec.h"
#include "schema/describe.h"
#include "schema/json_read_internal.h"

namespace kaizen::schema {
namespace {

constexpr size_t kMaxQuoted = 64;                // bytes of a refused value that a message repeats
constexpr size_t kMaxKept = size_t{256} * 1024;  // a larger text gets a reader of its own
constexpr int32_t kInt32Max = 2147483647;        // of both signs, but for the last negative one

// Where the decoder stands, as a list through the stack: a path becomes text only in an error.
struct Path {
  const Path* parent = nullptr;
  std::string_view key;
  size_t index = 0;
  bool is_index = false;
};

// The row of a member and the object it lies in. `inside`: rows lie below this member ("a/b").
struct Hit {
  const FieldInfo* row = nullptr;
  void* owner = nullptr;
  bool inside = false;
};

// Whose members are read: the object, its table, and the part of their paths that is behind us.
struct Owner {
  const TypeInfo* type = nullptr;
  std::string_view prefix;
  void* object = nullptr;
};

constexpr TypeInfo kInnerObject = {.shape = Shape::kObject};
constexpr TypeInfo kQuantity = {.shape = Shape::kText, .name = "a quantity such as 1, 500m or 2Gi"};

class Decoder {
 public:
  bool any(const TypeInfo& type, ondemand::value value, void* target, const Path& path);
  bool document(const TypeInfo& type, ondemand::document* document, void* target);

  base::Error take_error() {
    KAIZEN_CHECK(error_.has_value(), "a failed decode says why");
    return std::move(*error_);
  }

 private:
  bool members(const Owner& owner, ondemand::object object, const Path& path);
  bool member(const Owner& owner, ondemand::field field, const Path& path);
  bool list(const TypeInfo& type, ondemand::value value, void* target, const Path& path);
  bool map(const TypeInfo& type, ondemand::value value, void* target, const Path& path);
  bool string_map(ondemand::value value,
                  const FieldOptions& options,
                  StringMap* target,
                  const Path& path);
  bool scalar(const TypeInfo& type, ondemand::value value, void* target, const Path& path);
  bool number_scalar(const TypeInfo& type, ondemand::value value, void* target, const Path& path);
  bool text_scalar(const TypeInfo& type, std::string_view text, void* target, const Path& path);
  bool integer(const TypeInfo& type, ondemand::value value, int64_t* target, const Path& path);
  bool raw(const TypeInfo& type, ondemand::value value, void* target, const Path& path);

  bool fail(const Path& path, std::string_view what);
  bool fail_json(const Path& path, simdjson::error_code error);
  bool fail_form(const TypeInfo& type, std::string_view got, const Path& path);

  std::optional<base::Error> error_;  // the first one
};

std::string path_text(const Path& path) {
  if (path.parent == nullptr) return {};
  const std::string before = path_text(*path.parent);
  if (path.is_index) return fmt::format("{}[{}]", before, path.index);
  return before.empty() ? std::string(path.key) : base::concat({before, ".", path.key});
}

std::string_view type_name(ondemand::json_type type) {
  switch (type) {
    case ondemand::json_type::array: return "a list";
    case ondemand::json_type::object: return "an object";
    case ondemand::json_type::number: return "a number";
    case ondemand::json_type::string: return "a string";
    case ondemand::json_type::boolean: return "a boolean";
    case ondemand::json_type::null: return "null";
  }
  return "something else";
}

// Does a row called `row` ("a/b") stand for `key` below `prefix` ("a/"), or for something in it?
Hit match(const FieldInfo& row, std::string_view prefix, std::string_view key, void* owner) {
  std::string_view name = row.name;
  if (!name.starts_with(prefix)) return {};
  name.remove_prefix(prefix.size());
  if (name.find('/') == std::string_view::npos) {
    return name == key ? Hit{.row = &row, .owner = owner} : Hit{};
  }
  if (name.size() > key.size() && name.starts_with(key) && name[key.size()] == '/') {
    return {.row = &row, .owner = owner, .inside = true};
  }
  return {};
}

Hit find(const TypeInfo& type, std::string_view prefix, std::string_view key, void* owner) {
  for (const FieldInfo& row : type.fields) {
    const Hit hit = row.name.empty() ? find(row.type(), prefix, key, row.reach(owner))
                                     : match(row, prefix, key, owner);
    if (hit.row != nullptr && !hit.row->options.encode_only) return hit;
  }
  return {};
}

bool Decoder::document(const TypeInfo& type, ondemand::document* document, void* target) {
  const Path root;
  ondemand::object top;
  if (const auto error = document->get_object().get(top)) {
    return error == simdjson::INCORRECT_TYPE ? fail(root, "an object is expected")
                                             : fail_json(root, error);
  }
  bool good = true;
  // A member that cannot be decoded does not keep the others from being decoded: an object whose
  // spec is wrong still has its metadata and its status (RT-35).
  for (auto next : top) {
    ondemand::field field;
    if (const auto error = std::move(next).get(field)) return fail_json(root, error);
    good = member({.type = &type, .prefix = {}, .object = target}, field, root) && good;
  }
  if (good && !at_end(document)) return fail(root, "more than one JSON value");
  return good;
}

bool Decoder::any(const TypeInfo& type, ondemand::value value, void* target, const Path& path) {
  switch (type.shape) {
    case Shape::kObject: {
      ondemand::object object;
      if (value.get_object().get(object)) return scalar(type, value, target, path);
      return members({.type = &type, .prefix = {}, .object = target}, object, path);
    }
    case Shape::kOptional: return any(type.element(), value, type.optional.emplace(target), path);
    case Shape::kList: return list(type, value, target, path);
    case Shape::kStringMap: return string_map(value, {}, static_cast<StringMap*>(target), path);
    case Shape::kMap: return map(type, value, target, path);
    case Shape::kRawJson: return raw(type, value, target, path);
    case Shape::kVia: {
      struct Context {
        Decoder* decoder = nullptr;
        ondemand::value value;
        const Path* path = nullptr;
      } context = {this, value, &path};

      return type.via.decode(
          [](void* opaque, const TypeInfo& via, void* object) {
            auto& c = *static_cast<Context*>(opaque);
            return c.decoder->any(via, c.value, object, *c.path);
          },
          &context, target);
    }
    case Shape::kString:
    case Shape::kText:
    case Shape::kBool:
    case Shape::kInt32:
    case Shape::kInt64:
    case Shape::kEnum:
    case Shape::kDuration:
    case Shape::kTime:
    case Shape::kFraction:
    case Shape::kDecimal:
    case Shape::kUid: return scalar(type, value, target, path);
  }
  return fail(path, "a type this decoder does not know");
}

bool Decoder::members(const Owner& owner, ondemand::object object, const Path& path) {
  for (auto next : object) {
    ondemand::field field;
    if (const auto error = std::move(next).get(field)) return fail_json(path, error);
    if (!member(owner, field, path)) return false;
  }
  return true;
}

// A member without a row is left alone: the iterator steps over it without looking inside.
bool Decoder::member(const Owner& owner, ondemand::field field, const Path& path) {
  std::string_view key;
  if (const auto error = field.unescaped_key().get(key)) return fail_json(path, error);
  const Hit hit = find(*owner.type, owner.prefix, key, owner.object);
  if (hit.row == nullptr) return true;
  const Path here = {.parent = &path, .key = key};
  ondemand::value value = field.value();
  ondemand::json_type json_type{};
  if (const auto error = value.type().get(json_type)) return fail_json(here, error);
  if (json_type == ondemand::json_type::null) {  // absent; the type is told from one letter
    bool null = false;
    const auto error = value.is_null().get(null);
    return !error && null ? true : fail_json(here, error ? error : simdjson::N_ATOM_ERROR);
  }
  if (hit.inside) {
    ondemand::object inner;
    if (value.get_object().get(inner)) return scalar(kInnerObject, value, nullptr, here);
    const std::string below = base::concat({owner.prefix, key, "/"});
    return members({.type = owner.type, .prefix = below, .object = owner.object}, inner, here);
  }
  const TypeInfo& type = hit.row->type();
  void* target = hit.row->reach(hit.owner);
  if (type.shape == Shape::kStringMap) {
    return string_map(value, hit.row->options, static_cast<StringMap*>(target), here);
  }
  return any(type, value, target, here);
}

bool Decoder::list(const TypeInfo& type, ondemand::value value, void* target, const Path& path) {
  ondemand::array array;
  if (value.get_array().get(array)) return scalar(type, value, target, path);
  type.list.clear(target);
  const TypeInfo& element_type = type.element();
  size_t index = 0;
  for (auto next : array) {
    const Path here = {.parent = &path, .key = {}, .index = index++, .is_index = true};
    ondemand::value element;
    if (const auto error = std::move(next).get(element)) return fail_json(here, error);
    if (!any(element_type, element, type.list.append(target), here)) return false;
  }
  return true;
}

bool Decoder::map(const TypeInfo& type, ondemand::value value, void* target, const Path& path) {
  ondemand::object object;
  if (value.get_object().get(object)) return scalar(type, value, target, path);
  type.map.clear(target);
  const TypeInfo& element_type = type.element();
  for (auto next : object) {
    ondemand::field field;
    if (const auto error = std::move(next).get(field)) return fail_json(path, error);
    std::string_view key;
    if (const auto error = field.unescaped_key().get(key)) return fail_json(path, error);
    const Path here = {.parent = &path, .key = key};
    if (!any(element_type, field.value(), type.map.insert(target, key), here)) return false;
  }
  return true;
}

bool Decoder::string_map(ondemand::value value,
                         const FieldOptions& options,
                         StringMap* target,
                         const Path& path) {
  ondemand::object object;
  if (value.get_object().get(object)) return scalar(type_of<StringMap>(), value, target, path);
  target->clear();
  for (auto next : object) {
    ondemand::field field;
    if (const auto error = std::move(next).get(field)) return fail_json(path, error);
    std::string_view key;
    if (const auto error = field.unescaped_key().get(key)) return fail_json(path, error);
    if (!options.drop_key.empty() && key == options.drop_key) continue;
    const Path here = {.parent = &path, .key = key};
    std::string text;
    const TypeInfo& wanted = options.quantities ? kQuantity : type_of<std::string>();
    if (!scalar(wanted, field.value(), &text, here)) return false;
    target->insert_or_assign(std::string(key), std::move(text));
  }
  return true;
}

// Also the way of every wrong type: whatever is not the form the type asks for ends in a message.
bool Decoder::scalar(const TypeInfo& type, ondemand::value value, void* target, const Path& path) {
  ondemand::json_type json_type{};
  if (const auto error = value.type().get(json_type)) return fail_json(path, error);
  if (json_type == ondemand::json_type::string) {
    std::string_view text;
    if (const auto error = value.get_string().get(text)) return fail_json(path, error);
    return text_scalar(type, text, target, path);
  }
  if (json_type == ondemand::json_type::number) return number_scalar(type, value, target, path);
  if (json_type == ondemand::json_type::boolean && type.shape == Shape::kBool) {
    if (const auto error = value.get_bool().get(*static_cast<bool*>(target))) {
      return fail_json(path, error);
    }
    return true;
  }
  return fail_form(type, type_name(json_type), path);
}

bool Decoder::number_scalar(const TypeInfo& type,
                            ondemand::value value,
                            void* target,
                            const Path& path) {
  if (type.shape == Shape::kInt64) {
    return integer(type, value, static_cast<int64_t*>(target), path);
  }
  if (type.shape != Shape::kInt32 && type.shape != Shape::kText) {
    return fail_form(type, type_name(ondemand::json_type::number), path);
  }
  int64_t number = 0;
  if (!integer(type, value, &number, path)) return false;
  if (type.shape == Shape::kText) {
    *static_cast<std::string*>(target) = std::to_string(number);
    return true;
  }
  if (number > kInt32Max || number < -int64_t{kInt32Max} - 1) {
    return fail_form(type, std::to_string(number), path);
  }
  *static_cast<int32_t*>(target) = static_cast<int32_t>(number);
  return true;
}

bool Decoder::integer(const TypeInfo& type,
                      ondemand::value value,
                      int64_t* target,
                      const Path& path) {
  if (value.get_int64().get(*target) == simdjson::SUCCESS) return true;
  double number = 0;
  if (const auto error = value.get_double().get(number)) return fail_json(path, error);
  constexpr double kExact = 9007199254740992;  // 2^53: above it a double no longer counts by one
  if (std::floor(number) != number || std::fabs(number) > kExact) {
    return fail_form(type, base::format_decimal(number, 6), path);
  }
  *target = static_cast<int64_t>(number);
  return true;
}

bool Decoder::text_scalar(const TypeInfo& type,
                          std::string_view text,
                          void* target,
                          const Path& path) {
  switch (type.shape) {
    case Shape::kString:
    case Shape::kText: *static_cast<std::string*>(target) = text; return true;
    case Shape::kEnum:
      for (size_t i = 0; i < type.texts.size(); ++i) {
        if (type.texts[i] != text) continue;
        *static_cast<uint8_t*>(target) = static_cast<uint8_t>(i);
        return true;
      }
      break;
    case Shape::kDuration:
      if (const auto parsed = base::parse_duration(text)) {
        *static_cast<base::Duration*>(target) = *parsed;
        return true;
      }
      break;
    case Shape::kTime:
      if (const auto parsed = base::parse_time(text)) {
        *static_cast<base::Time*>(target) = *parsed;
        return true;
      }
      break;
    case Shape::kFraction:
      if (const auto parsed = base::parse_fraction(text)) {
        *static_cast<double*>(target) = *parsed;
        return true;
      }
      break;
    case Shape::kDecimal:
      if (const auto parsed = base::parse_decimal(text)) {
        *static_cast<double*>(target) = *parsed;
        return true;
      }
      break;
    case Shape::kUid:
      if (const auto parsed = base::parse_uid(text)) {
        *static_cast<base::Uid*>(target) = *parsed;
        return true;
      }
      break;
    case Shape::kObject:
    case Shape::kOptional:
    case Shape::kList:
    case Shape::kStringMap:
    case Shape::kMap:
    case Shape::kBool:
    case Shape::kInt32:
    case Shape::kInt64:
    case Shape::kRawJson:
    case Shape::kVia: break;
  }
  return fail_form(type, base::json_quote(base::truncate_utf8(text, kMaxQuoted)), path);
}

bool Decoder::raw(const TypeInfo& type, ondemand::value value, void* target, const Path& path) {
  std::string text;
  if (const auto error = append_compact(value, &text)) return fail_json(path, error);
  type.raw.set(target, std::move(text));
  return true;
}

bool Decoder::fail(const Path& path, std::string_view what) {
  if (error_) return false;
  const std::string where = path_text(path);
  error_ = base::invalid(base::concat({where.empty() ? "object" : where, ": ", what}));
  return false;
}

bool Decoder::fail_json(const Path& path, simdjson::error_code error) {
  if (error_) return false;
  const std::string where = path_text(path);
  error_ = json_error(where.empty() ? "object" : where, error);
  return false;
}

bool Decoder::fail_form(const TypeInfo& type, std::string_view got, const Path& path) {
  std::string wanted(type.name);
  if (type.shape == Shape::kObject || type.shape == Shape::kMap) wanted = "an object";
  if (type.shape == Shape::kList) wanted = "a list";
  if (type.shape == Shape::kEnum) {
    wanted = "one of";
    std::string_view separator = " ";
    for (const std::string_view text : type.texts) {
      wanted += base::concat({separator, text});
      separator = ", ";
    }
  }
  return fail(path, fmt::format("{} is not {}", got, wanted));
}

base::Result<base::Unit> decode_with(JsonReader* reader,
                                     const TypeInfo& type,
                                     std::string_view json,
                                     void* object) {
  ondemand::document document;
  KAIZEN_TRY(const base::Unit opened, reader->open(json, kMaxJsonDepth, &document));
  Decoder decoder;
  if (!decoder.document(type, &document, object)) return decoder.take_error();
  return opened;
}

}  // namespace

base::Result<base::Unit> decode_into(const TypeInfo& type, std::string_view json, void* object) {
  KAIZEN_CHECK(type.shape == Shape::kObject, "only objects stand alone");
  if (json.size() > kMaxKept) {
    JsonReader reader;
    return decode_with(&reader, type, json, object);
  }
  // One per thread: a list of a thousand objects must not allocate a thousand parsers.
  thread_local JsonReader reader;
  return decode_with(&reader, type, json, object);
}

}  // namespace kaizen::schema
