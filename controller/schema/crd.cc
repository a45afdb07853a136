#include "schema/crd.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/text.h"
#include "schema/describe.h"
#include "schema/resource.h"

namespace kaizen::schema {
namespace {

constexpr int32_t kMaxDuration = 24;
constexpr int32_t kMaxFraction = 16;
constexpr int32_t kMaxDecimal = 32;
constexpr int32_t kMaxUid = 36;
constexpr int32_t kMaxTime = 40;
constexpr size_t kMaxLine = 140;
constexpr std::string_view kDurationPattern = "^([0-9]+(ms|s|m|h))+$";  // MD-14
constexpr std::string_view kFractionPattern = "^[0-9]+(\\.[0-9]+)?%?$";
constexpr std::string_view kDecimalPattern = "^-?[0-9]{1,15}(\\.[0-9]{1,12})?$";
constexpr std::string_view kQuantityPattern =
    "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?$";
constexpr Rule kLongestDuration[] = {
    {"duration(self) <= duration('8760h')", "a duration is at most 8760h (one year)"},
};

// A small ordered tree that is printed as YAML; scalars are text that is ready to print.
// NOLINTBEGIN(readability-redundant-member-init): else GCC warns where one is left out
struct Yaml {
  std::string scalar{};
  std::vector<std::pair<std::string, Yaml>> members{};
  std::vector<Yaml> items{};

  void put(std::string_view key, Yaml value) {
    members.emplace_back(std::string(key), std::move(value));
  }
};

// NOLINTEND(readability-redundant-member-init)

// Text that means itself in YAML 1.1 and 1.2 is printed plainly, the rest in JSON's quotes.
bool is_plain(std::string_view text) {
  constexpr std::string_view kWords[] = {"true", "false", "null", "yes", "no",
                                         "on",   "off",   "y",    "n"};
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto inner = [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '/' || c == '_';
  };
  if (text.empty() || !letter(text.front()) || !std::all_of(text.begin(), text.end(), inner)) {
    return false;
  }
  const std::string lower = base::to_lower_ascii(text);
  return std::find(std::begin(kWords), std::end(kWords), lower) == std::end(kWords);
}

Yaml text(std::string_view value) {
  return {.scalar = is_plain(value) ? std::string(value) : base::json_quote(value)};
}

Yaml number(int64_t value) {
  return {.scalar = std::to_string(value)};
}

Yaml truth() {
  return {.scalar = "true"};
}

Yaml texts(std::span<const std::string_view> values) {
  Yaml list;
  for (const std::string_view value : values) list.items.push_back(text(value));
  return list;
}

std::string one_line_list(const Yaml& value) {
  std::string out = "[";
  for (const Yaml& item : value.items) {
    if (item.scalar.empty()) return {};
    if (out.size() > 1) out += ", ";
    out += item.scalar;
  }
  return out + "]";
}

// "{type: string, maxLength: 64}" or "[a, b]" when there are only scalars and the line stays short:
// most of a CRD's bytes would be indentation. Empty: not in one line.
std::string one_line(const Yaml& value, size_t before) {
  std::string out = "{";
  for (const auto& [key, member] : value.members) {
    const std::string text = member.items.empty() ? member.scalar : one_line_list(member);
    if (text.empty()) return {};
    if (out.size() > 1) out += ", ";
    out += base::concat({key, ": ", text});
  }
  out += '}';
  if (!value.items.empty()) out = one_line_list(value);
  const bool single = value.members.size() == 1;  // stays a block, for those who add members
  return !single && before + out.size() <= kMaxLine ? out : std::string();
}

void print(const Yaml& value, int indent, std::string* out);

// Lists stand at the indentation of their key, as kubectl prints them.
void print_item(const Yaml& item, int indent, std::string* out) {
  const std::string space(static_cast<size_t>(indent), ' ');
  const std::string line = item.members.empty() ? item.scalar : one_line(item, space.size() + 2);
  if (!line.empty()) {
    out->append(base::concat({space, "- ", line, "\n"}));
    return;
  }
  std::string block;
  print(item, indent + 2, &block);
  block[static_cast<size_t>(indent)] = '-';
  out->append(block);
}

void print(const Yaml& value, int indent, std::string* out) {
  const std::string space(static_cast<size_t>(indent), ' ');
  for (const auto& [key, member] : value.members) {
    const std::string name = base::concat({space, key, ":"});
    const bool leaf = member.members.empty() && member.items.empty();
    const std::string line = leaf ? member.scalar : one_line(member, name.size() + 1);
    if (leaf || !line.empty()) {
      out->append(base::concat({name, " ", line.empty() ? "{}" : line, "\n"}));
      continue;
    }
    out->append(name + "\n");
    print(member, indent + 2, out);
    for (const Yaml& item : member.items) print_item(item, indent, out);
  }
}

// Where in the CRD a schema stands.
struct Place {
  bool open = false;  // in passthrough JSON: unknown members are kept, here and below
  bool rules = true;  // not in the status, which only the operator writes
};

Yaml schema_of(const TypeInfo& type, const FieldOptions& options, Place place);

void put_rules(std::span<const Rule> rules, Place place, Yaml* schema) {
  if (rules.empty() || !place.rules) return;
  Yaml list;
  for (const Rule& rule : rules) {
    Yaml entry;
    entry.put("rule", text(rule.rule));
    entry.put("message", text(rule.message));
    list.items.push_back(std::move(entry));
  }
  schema->put("x-kubernetes-validations", std::move(list));
}

void put_string(int32_t max_length, std::string_view pattern, Yaml* schema) {
  schema->put("type", text("string"));
  KAIZEN_CHECK(max_length > 0, "every string of a CRD has a maxLength (SEC-46)");
  schema->put("maxLength", number(max_length));
  if (!pattern.empty()) schema->put("pattern", text(pattern));
}

void put_enum(std::span<const std::string_view> values, Yaml* schema) {
  size_t longest = 0;
  for (const std::string_view value : values) longest = std::max(longest, value.size());
  put_string(static_cast<int32_t>(longest), {}, schema);
  schema->put("enum", texts(values));
}

void put_integer(std::string_view format, const FieldOptions& options, Yaml* schema) {
  schema->put("type", text("integer"));
  schema->put("format", text(format));
  if (options.min) schema->put("minimum", number(*options.min));
  if (options.max) schema->put("maximum", number(*options.max));
}

void put_object(const TypeInfo& type, Place place, Yaml* schema) {
  schema->put("type", text("object"));
  if (place.open) schema->put("x-kubernetes-preserve-unknown-fields", truth());
  Yaml properties;
  std::vector<std::string_view> required;
  for (const FieldInfo& row : type.fields) {
    KAIZEN_CHECK(!row.name.empty() && row.name.find('/') == std::string_view::npos,
                 "rows of own kinds are members of the object itself");
    if (row.options.required) required.push_back(row.name);
    properties.put(row.name, schema_of(row.type(), row.options, place));
  }
  schema->put("properties", std::move(properties));
  if (!required.empty()) schema->put("required", texts(required));
  put_rules(type.rules, place, schema);
}

void put_list(const TypeInfo& type, const FieldOptions& options, Place place, Yaml* schema) {
  schema->put("type", text("array"));
  KAIZEN_CHECK(options.max_items > 0, "every list of a CRD has maxItems (SEC-46)");
  if (options.min_items > 0) schema->put("minItems", number(options.min_items));
  schema->put("maxItems", number(options.max_items));
  const FieldOptions of_element = {.max_length = options.max_length, .pattern = options.pattern};
  schema->put("items", schema_of(type.element(), of_element, place));
  put_rules(options.rules, place, schema);
  if (options.list_set) schema->put("x-kubernetes-list-type", text("set"));
  if (options.list_map_key.empty()) return;  // atomic
  schema->put("x-kubernetes-list-type", text("map"));
  const std::string_view keys[] = {options.list_map_key};
  schema->put("x-kubernetes-list-map-keys", texts(keys));
}

void put_map_type(const FieldOptions& options, Yaml* schema) {
  schema->put("type", text("object"));
  KAIZEN_CHECK(options.max_properties > 0, "every map of a CRD has maxProperties (SEC-46)");
  schema->put("maxProperties", number(options.max_properties));
}

void put_map(const TypeInfo& type, const FieldOptions& options, Place place, Yaml* schema) {
  put_map_type(options, schema);
  const FieldOptions of_element = {.max_length = options.max_length, .pattern = options.pattern};
  schema->put("additionalProperties", schema_of(type.element(), of_element, place));
  put_rules(options.rules, place, schema);
}

void put_string_map(const FieldOptions& options, Place place, Yaml* schema) {
  put_map_type(options, schema);
  Yaml value;
  if (options.quantities) {
    Yaml alternatives;
    for (const std::string_view alternative : {"integer", "string"}) {
      Yaml entry;
      entry.put("type", text(alternative));
      alternatives.items.push_back(std::move(entry));
    }
    value.put("anyOf", std::move(alternatives));
    value.put("x-kubernetes-int-or-string", truth());
    value.put("maxLength", number(options.max_length));
    value.put("pattern", text(kQuantityPattern));
  } else {
    put_string(options.max_length, options.pattern, &value);
  }
  schema->put("additionalProperties", std::move(value));
  put_rules(options.rules, place, schema);
}

void put_text(const TypeInfo& type, const FieldOptions& options, Place place, Yaml* schema) {
  if (type.shape == Shape::kDuration) {
    put_string(kMaxDuration, kDurationPattern, schema);
    put_rules(options.rules.empty() ? kLongestDuration : options.rules, place, schema);
    return;
  }
  if (type.shape == Shape::kFraction) {
    put_string(kMaxFraction, kFractionPattern, schema);
  } else if (type.shape == Shape::kDecimal) {
    const std::string_view pattern = options.pattern.empty() ? kDecimalPattern : options.pattern;
    put_string(kMaxDecimal, place.rules ? pattern : std::string_view(), schema);
  } else if (type.shape == Shape::kUid) {
    put_string(kMaxUid, {}, schema);
  } else if (type.shape == Shape::kTime) {
    put_string(kMaxTime, {}, schema);
    schema->put("format", text("date-time"));
  } else if (!options.allowed.empty()) {
    put_enum(options.allowed, schema);
  } else {
    put_string(options.max_length, options.pattern, schema);
    if (options.min_length > 0) schema->put("minLength", number(options.min_length));
  }
  put_rules(options.rules, place, schema);
}

void put_shape(const TypeInfo& type, const FieldOptions& options, Place place, Yaml* schema) {
  switch (type.shape) {
    case Shape::kObject: put_object(type, place, schema); return;
    case Shape::kOptional: put_shape(type.element(), options, place, schema); return;
    case Shape::kList: put_list(type, options, place, schema); return;
    case Shape::kStringMap: put_string_map(options, place, schema); return;
    case Shape::kMap: put_map(type, options, place, schema); return;
    case Shape::kString:
    case Shape::kDuration:
    case Shape::kFraction:
    case Shape::kDecimal:
    case Shape::kUid:
    case Shape::kTime: put_text(type, options, place, schema); return;
    case Shape::kBool: schema->put("type", text("boolean")); return;
    case Shape::kInt32: put_integer("int32", options, schema); return;
    case Shape::kInt64: put_integer("int64", options, schema); return;
    case Shape::kEnum: put_enum(type.texts, schema); return;
    case Shape::kRawJson:
      KAIZEN_CHECK(options.typed_part != nullptr, "passthrough JSON of a CRD names its typed part");
      put_object(options.typed_part(), {.open = true, .rules = place.rules}, schema);
      return;
    case Shape::kText:
    case Shape::kVia: break;
  }
  KAIZEN_CHECK(false, "this shape has no place in a CRD of ours");
}

// The text of an object is its member's, or its own in a list.
std::string_view doc_of(const TypeInfo& type, const FieldOptions& options) {
  if (!options.doc.empty()) return options.doc;
  return type.shape == Shape::kOptional ? doc_of(type.element(), options) : type.doc;
}

Yaml schema_of(const TypeInfo& type, const FieldOptions& options, Place place) {
  Yaml schema;
  const std::string_view doc = doc_of(type, options);
  if (!doc.empty()) schema.put("description", text(doc));
  put_shape(type, options, place, &schema);
  const std::string_view default_json = options.default_json;
  if (!default_json.empty()) schema.put("default", {.scalar = std::string(default_json)});
  return schema;
}

// The whole object: apiVersion, kind and metadata belong to the API server.
Yaml root_schema(const TypeInfo& kind) {
  Yaml schema;
  schema.put("description", text(kind.doc));
  schema.put("type", text("object"));
  Yaml properties;
  std::vector<std::string_view> required;
  for (const std::string_view name : {"apiVersion", "kind"}) {
    Yaml property;
    put_string(253, {}, &property);
    properties.put(name, std::move(property));
  }
  for (const FieldInfo& row : kind.fields) {
    if (row.options.required) required.push_back(row.name);
    if (row.name != "metadata") {
      properties.put(row.name, schema_of(row.type(), row.options, {.rules = row.name != "status"}));
      continue;
    }
    Yaml metadata;
    metadata.put("type", text("object"));
    properties.put(row.name, std::move(metadata));
  }
  schema.put("properties", std::move(properties));
  if (!required.empty()) schema.put("required", texts(required));
  put_rules(kind.rules, {}, &schema);
  return schema;
}

Yaml names_of(const CrdSettings& settings) {
  const Resource& resource = *settings.kind->resource;
  Yaml names;
  names.put("kind", text(resource.kind));
  names.put("listKind", text(base::concat({resource.kind, "List"})));
  names.put("plural", text(resource.plural));
  names.put("singular", text(base::to_lower_ascii(resource.kind)));
  if (!settings.short_names.empty()) names.put("shortNames", texts(settings.short_names));
  if (!settings.categories.empty()) names.put("categories", texts(settings.categories));
  return names;
}

Yaml version_of(const CrdSettings& settings) {
  Yaml version;
  version.put("name", text(settings.kind->resource->version));
  version.put("served", truth());
  version.put("storage", truth());
  Yaml subresources;
  subresources.put("status", {});
  if (!settings.scale_spec.empty()) {
    Yaml scale;
    scale.put("specReplicasPath", text(settings.scale_spec));
    scale.put("statusReplicasPath", text(settings.scale_status));
    scale.put("labelSelectorPath", text(settings.scale_selector));
    subresources.put("scale", std::move(scale));
  }
  version.put("subresources", std::move(subresources));
  Yaml columns;
  for (const PrinterColumn& column : settings.columns) {
    Yaml entry;
    entry.put("name", text(column.name));
    entry.put("type", text(column.type));
    entry.put("jsonPath", text(column.json_path));
    if (column.wide) entry.put("priority", number(1));
    columns.items.push_back(std::move(entry));
  }
  if (!columns.items.empty()) version.put("additionalPrinterColumns", std::move(columns));
  Yaml schema;
  schema.put("openAPIV3Schema", root_schema(*settings.kind));
  version.put("schema", std::move(schema));
  return version;
}

}  // namespace

std::string crd_yaml(const CrdSettings& settings) {
  KAIZEN_CHECK(settings.kind != nullptr && settings.kind->resource != nullptr,
               "a CRD is made of a top-level kind");
  const Resource& resource = *settings.kind->resource;
  Yaml metadata;
  metadata.put("name", text(base::concat({resource.plural, ".", resource.group})));
  Yaml spec;
  spec.put("group", text(resource.group));
  spec.put("names", names_of(settings));
  spec.put("scope", text("Namespaced"));
  Yaml versions;
  versions.items.push_back(version_of(settings));
  spec.put("versions", std::move(versions));
  Yaml crd;
  crd.put("apiVersion", text("apiextensions.k8s.io/v1"));
  crd.put("kind", text("CustomResourceDefinition"));
  crd.put("metadata", std::move(metadata));
  crd.put("spec", std::move(spec));
  std::string out = "# Written by kaizen-schema from the tables in controller/api.\n";
  print(crd, 0, &out);
  return out;
}

}  // namespace kaizen::schema
