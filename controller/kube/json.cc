#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <simdjson.h>

#include "base/uid.h"
#include "kube/json_internal.h"
#include "kube/object.h"

namespace kaizen::kube {
namespace {

// Metadata in one forward pass: the members may stand in any order and be of any type.
void scan_metadata(ondemand::object metadata, HeadScan* scan) {
  Head& head = scan->head;
  for (auto next : metadata) {
    ondemand::field field;
    if (std::move(next).get(field)) return;
    std::string_view key;
    if (field.unescaped_key().get(key)) return;
    std::string_view text;
    ondemand::object object;
    if (key == "annotations") {
      if (field.value().get_object().get(object)) continue;
      scan->initial_events_end = string_member(object, "k8s.io/initial-events-end") == "true";
    } else if (key == "generation") {
      int64_t generation = 0;
      if (!field.value().get_int64().get(generation)) head.generation = generation;
    } else if (key == "name") {
      if (!field.value().get_string().get(text)) head.key.name = text;
    } else if (key == "namespace") {
      if (!field.value().get_string().get(text)) head.key.ns = text;
    } else if (key == "resourceVersion") {
      if (!field.value().get_string().get(text)) head.resource_version = text;
    } else if (key == "uid") {
      if (!field.value().get_string().get(text))
        head.uid = base::parse_uid(text).value_or(base::Uid{});
    } else if (key == "deletionTimestamp") {
      head.deleting = !field.value().get_string().get(text);
    }
  }
}

}  // namespace

simdjson::padded_string_view pad(std::string& text) {
  text.reserve(text.size() + simdjson::SIMDJSON_PADDING);
  return simdjson::padded_string_view(text.data(), text.size(), text.capacity());
}

HeadScan scan_head(std::string_view json) {
  HeadScan scan;
  std::string copy(json);
  ondemand::parser parser;
  ondemand::document document;
  ondemand::object metadata;
  if (parser.iterate(pad(copy)).get(document)) return scan;
  if (document.find_field_unordered("metadata").get_object().get(metadata)) return scan;
  scan_metadata(metadata, &scan);
  return scan;
}

Object decode_object(const Kind& kind, std::string_view json) {
  Object object = kind.decode(json);
  if (!object.parse_error.empty()) object.head = scan_head(json).head;
  return object;
}

std::string string_member(ondemand::object& object, std::string_view name) {
  std::string_view text;
  if (object.find_field_unordered(name).get_string().get(text)) return {};
  return std::string(text);
}

}  // namespace kaizen::kube
