// Describe: the descriptor tables from which decode, encode, canonical form, merge patch and the
// CRD are derived (A40). A table is data: one row per member with its JSON name, its type, its
// bounds, its text. Constants, made by the api room; any thread.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/duration.h"
#include "base/time.h"
#include "base/uid.h"
#include "schema/codec.h"
#include "schema/resource.h"

namespace kaizen::schema {

using StringMap = std::map<std::string, std::string, std::less<>>;

enum class Shape : uint8_t {
  kObject,
  kOptional,
  kList,
  kStringMap,
  kMap,  // by name, of any described type
  kString,
  kText,  // a string member whose JSON may be a string or an integer (Kubernetes int-or-string)
  kBool,
  kInt32,
  kInt64,
  kEnum,
  kDuration,
  kTime,
  kFraction,
  kDecimal,
  kUid,
  kRawJson,
  kVia,  // decoded as another type, then converted; never encoded
};

struct TypeInfo;
using TypeFn = const TypeInfo& (*)();

// One CEL rule of an object: `rule` must hold, else the server says `message`, which names the
// field and the remedy.
struct Rule {
  std::string_view rule;
  std::string_view message;
};

// GCC warns about every member that a designated initializer leaves out unless it has one of its
// own.
// NOLINTBEGIN(readability-redundant-member-init)

// What the table says about a member besides its name and type. Bounds go to the CRD, where the
// API server enforces them; `always` and `drop_key` are for the codec.
struct FieldOptions {
  std::string_view doc{};
  bool required = false;
  std::optional<int64_t> min{};
  std::optional<int64_t> max{};
  int32_t min_length = 0;
  int32_t max_length = 0;      // of a string, of each string of a list, of each value of a map
  int32_t min_items = 0;       // of a list
  int32_t max_items = 0;       // of a list
  int32_t max_properties = 0;  // of a map
  std::string_view pattern{};  // of a string, a decimal, of each string of a list or value of a map
  std::string_view default_json{};  // never on members that enter the revision hash (MD-3)
  std::span<const std::string_view> allowed{};  // of a string: these and no others
  std::span<const Rule> rules{};                // CEL on the member itself, unless an object
  TypeFn typed_part = nullptr;                  // of passthrough JSON: the little that has a schema
  bool quantities = false;          // a map whose values may be integers ("cpu": 1), kept as text
  std::string_view list_map_key{};  // a list that server-side apply merges by this member
  bool list_set = false;            // a list of texts that holds each one once
  bool always = false;              // a plain member that is written even when zero
  bool decode_only = false;
  bool encode_only = false;
  bool not_hashed = false;      // left out of the canonical form (MD-1)
  std::string_view drop_key{};  // a key of a map that is not kept (RT-39)
};

struct FieldInfo {
  std::string_view name{};  // "a/b/c": a member of inner objects; "": embedded, its rows are ours
  TypeFn type = nullptr;
  void* (*reach)(void* object) = nullptr;
  const void* (*look)(const void* object) = nullptr;
  FieldOptions options{};
};

struct OptionalOps {
  void* (*emplace)(void* optional);          // engaged with a default value
  const void* (*get)(const void* optional);  // nullptr: absent
  void* (*edit)(void* optional);             // the same, to change it
};

struct ListOps {
  void (*clear)(void* list);
  void* (*append)(void* list);
  size_t (*size)(const void* list);
  const void* (*at)(const void* list, size_t index);
  void* (*edit)(void* list, size_t index);
};

struct MapOps {
  void (*clear)(void* map);
  void* (*insert)(void* map, std::string_view key);  // a default value, in place of what was there
  size_t (*size)(const void* map);
  std::pair<std::string_view, const void*> (*at)(const void* map, size_t index);  // by key
  void* (*edit)(void* map, size_t index);
};

// For kVia: makes a value of the other type, has it decoded, and stores what it means.
struct ViaOps {
  using DecodeFn = bool (*)(void* context, const TypeInfo& type, void* object);
  bool (*decode)(DecodeFn decode, void* context, void* member);
};

// For kRawJson: the member's own type, which belongs to a room above.
struct RawOps {
  void (*set)(void* member, std::string text);
  std::string_view (*text)(const void* member);  // empty: absent
};

struct TypeInfo {
  Shape shape = Shape::kObject;
  std::string_view name{};  // objects: the struct; scalars: what a message calls the form
  std::string_view doc{};
  std::span<const FieldInfo> fields{};
  std::span<const Rule> rules{};
  const Resource* resource = nullptr;         // top-level kinds
  TypeFn element = nullptr;                   // of kOptional, kList and kMap
  std::span<const std::string_view> texts{};  // of kEnum, by value
  OptionalOps optional{};
  ListOps list{};
  MapOps map{};
  ViaOps via{};
  RawOps raw{};
};

// NOLINTEND(readability-redundant-member-init)

namespace describe_detail {

template <class T>
struct TypeSource {
  static constexpr TypeFn kFn = &type_of<T>;
};

template <class T>
struct TypeSource<std::optional<T>> {
  static const TypeInfo& get() {
    static constexpr TypeInfo kInfo = {
        .shape = Shape::kOptional,
        .element = TypeSource<T>::kFn,
        .optional = {.emplace = [](void* o) -> void* {
                       return &static_cast<std::optional<T>*>(o)->emplace();
                     },
                     .get = [](const void* o) -> const void* {
                       const auto& optional = *static_cast<const std::optional<T>*>(o);
                       return optional ? &*optional : nullptr;
                     },
                     .edit = [](void* o) -> void* {
                       auto& optional = *static_cast<std::optional<T>*>(o);
                       return optional ? &*optional : nullptr;
                     }}};
    return kInfo;
  }

  static constexpr TypeFn kFn = &get;
};

template <class T>
struct TypeSource<std::vector<T>> {
  static const TypeInfo& get() {
    static constexpr TypeInfo kInfo = {
        .shape = Shape::kList,
        .element = TypeSource<T>::kFn,
        .list = {
            .clear = [](void* l) { static_cast<std::vector<T>*>(l)->clear(); },
            .append = [](void* l) -> void* {
              return &static_cast<std::vector<T>*>(l)->emplace_back();
            },
            .size = [](const void* l) { return static_cast<const std::vector<T>*>(l)->size(); },
            .at = [](const void* l, size_t i) -> const void* {
              return &(*static_cast<const std::vector<T>*>(l))[i];
            },
            .edit = [](void* l, size_t i) -> void* {
              return &(*static_cast<std::vector<T>*>(l))[i];
            }}};
    return kInfo;
  }

  static constexpr TypeFn kFn = &get;
};

template <class T>
  requires(!std::same_as<T, std::string>)  // a StringMap has a table of its own
struct TypeSource<std::map<std::string, T, std::less<>>> {
  using Map = std::map<std::string, T, std::less<>>;

  static const TypeInfo& get() {
    static constexpr TypeInfo kInfo = {
        .shape = Shape::kMap,
        .element = TypeSource<T>::kFn,
        .map = {
            .clear = [](void* m) { static_cast<Map*>(m)->clear(); },
            .insert = [](void* m, std::string_view key) -> void* {
              return &static_cast<Map*>(m)->insert_or_assign(std::string(key), T{}).first->second;
            },
            .size = [](const void* m) { return static_cast<const Map*>(m)->size(); },
            .at = [](const void* m, size_t i) -> std::pair<std::string_view, const void*> {
              const auto it =
                  std::next(static_cast<const Map*>(m)->begin(), static_cast<std::ptrdiff_t>(i));
              return {it->first, &it->second};
            },
            .edit = [](void* m, size_t i) -> void* {
              return &std::next(static_cast<Map*>(m)->begin(), static_cast<std::ptrdiff_t>(i))
                          ->second;
            }}};
    return kInfo;
  }

  static constexpr TypeFn kFn = &get;
};

template <class Via, auto Convert, class Member>
const TypeInfo& via_type() {
  static constexpr TypeInfo kInfo = {
      .shape = Shape::kVia,
      .via = {.decode = [](ViaOps::DecodeFn decode, void* context, void* member) {
        Via made;
        if (!decode(context, type_of<Via>(), &made)) return false;
        *static_cast<Member*>(member) = Convert(made);
        return true;
      }}};
  return kInfo;
}

template <class T>
struct MemberOf;

template <class C, class M>
struct MemberOf<M C::*> {
  using Class = C;
  using Member = M;
};

// Converts to every member of an aggregate; only named in unevaluated expressions.
struct AnyMember {
  template <class T>
  operator T() const {  // NOLINT: implicit is what makes it fit
    __builtin_unreachable();
  }
};

template <class T, class... Members>
consteval size_t arity() {
  if constexpr (requires { T{std::declval<Members>()..., std::declval<AnyMember>()}; }) {
    return arity<T, Members..., AnyMember>();
  } else {
    return sizeof...(Members);
  }
}

}  // namespace describe_detail

// A row: `field<&CanaryStep::weight>("weight", {.doc = "...", .max = 100})`.
template <auto Pointer>
constexpr FieldInfo field(std::string_view name, const FieldOptions& options = {}) {
  using Traits = describe_detail::MemberOf<decltype(Pointer)>;
  using Class = typename Traits::Class;
  return {.name = name,
          .type = describe_detail::TypeSource<typename Traits::Member>::kFn,
          .reach = [](void* object) -> void* { return &(static_cast<Class*>(object)->*Pointer); },
          .look = [](const void* object) -> const void* {
            return &(static_cast<const Class*>(object)->*Pointer);
          },
          .options = options};
}

// A string member whose JSON is a string or an integer; integers are written back as such.
template <auto Pointer>
constexpr FieldInfo text_field(std::string_view name, const FieldOptions& options = {}) {
  FieldInfo row = field<Pointer>(name, options);
  row.type = []() -> const TypeInfo& {
    static constexpr TypeInfo kInfo = {.shape = Shape::kText, .name = "a string or an integer"};
    return kInfo;
  };
  return row;
}

// The rows of the member's own table stand for members of the object around it.
template <auto Pointer>
constexpr FieldInfo embedded() {
  return field<Pointer>("");
}

// Decoded as a `Via`, of which `Convert` makes the member.
template <auto Pointer, class Via, auto Convert>
constexpr FieldInfo via_field(std::string_view name) {
  using Member = typename describe_detail::MemberOf<decltype(Pointer)>::Member;
  FieldInfo row = field<Pointer>(name, {.decode_only = true});
  row.type = &describe_detail::via_type<Via, Convert, Member>;
  return row;
}

template <class... Rules>
constexpr std::array<Rule, sizeof...(Rules)> rules(const Rules&... all) {
  return {all...};
}

// Number of members of an aggregate, found by the compiler (A41).
template <class T>
inline constexpr size_t kArity = describe_detail::arity<T>();

}  // namespace kaizen::schema

// KAIZEN_DESCRIBE(T, rows, text): defines type_of<T>() in namespace kaizen::schema from `rows`, a
// constexpr array of FieldInfo at namespace scope. A member without a row does not compile (A41).
#define KAIZEN_DESCRIBE(T, rows, text) KAIZEN_DESCRIBE_ALL(T, rows, text, nullptr, kNoRules)

#define KAIZEN_DESCRIBE_RULES(T, rows, text, rules) \
  KAIZEN_DESCRIBE_ALL(T, rows, text, nullptr, rules)

// The same for a top-level kind, which is written with apiVersion and kind.
#define KAIZEN_DESCRIBE_KIND(T, rows, text, resource, rules) \
  KAIZEN_DESCRIBE_ALL(T, rows, text, &(resource), rules)

#define KAIZEN_DESCRIBE_ALL(T, rows, text, resource_pointer, rule_array)                      \
  template <>                                                                                 \
  const TypeInfo& type_of<T>() {                                                              \
    static_assert(kArity<T> == std::size(rows), #T ": the table has not one row per member"); \
    static constexpr TypeInfo kInfo = {.shape = Shape::kObject,                               \
                                       .name = #T,                                            \
                                       .doc = (text),                                         \
                                       .fields = (rows),                                      \
                                       .rules = (rule_array),                                 \
                                       .resource = (resource_pointer)};                       \
    return kInfo;                                                                             \
  }

// KAIZEN_ENUM(T, last, texts...): the JSON texts of an enum, in the order of its values, which
// count up from 0 to `last`. Its underlying type must be uint8_t.
#define KAIZEN_ENUM(T, last, ...)                                                               \
  template <>                                                                                   \
  const TypeInfo& type_of<T>() {                                                                \
    static_assert(std::is_same_v<std::underlying_type_t<T>, uint8_t>);                          \
    static constexpr std::array kTexts = std::to_array<std::string_view>({__VA_ARGS__});        \
    static_assert(kTexts.size() == static_cast<size_t>(last) + 1, #T ": one text per value");   \
    static constexpr TypeInfo kInfo = {                                                         \
        .shape = Shape::kEnum, .name = #T, .texts = std::span<const std::string_view>(kTexts)}; \
    return kInfo;                                                                               \
  }

namespace kaizen::schema {

inline constexpr std::array<Rule, 0> kNoRules = {};

template <>
const TypeInfo& type_of<std::string>();
template <>
const TypeInfo& type_of<bool>();
template <>
const TypeInfo& type_of<int32_t>();
template <>
const TypeInfo& type_of<int64_t>();
template <>
const TypeInfo& type_of<base::Duration>();
template <>
const TypeInfo& type_of<base::Time>();
template <>
const TypeInfo& type_of<base::Uid>();
template <>
const TypeInfo& type_of<StringMap>();

}  // namespace kaizen::schema
