#include <cstdint>
#include <string>
#include <string_view>

#include <simdjson.h>

#include "base/uid.h"
#include "kube/json_internal.h"
#include "kube/object.h"

namespace kaizen::kube {
namespace {

simdjson::error_code read_annotation(std::string_view key, ondemand::value value, HeadScan* scan) {
  if (key != "k8s.io/initial-events-end") return simdjson::SUCCESS;
  std::string text;
  const auto error = read_text(value, &text);
  scan->initial_events_end = text == "true";
  return error;
}

simdjson::error_code read_metadata(std::string_view key, ondemand::value value, HeadScan* scan) {
  Head& head = scan->head;
  if (key == "name") return read_text(value, &head.key.name);
  if (key == "namespace") return read_text(value, &head.key.ns);
  if (key == "resourceVersion") return read_text(value, &head.resource_version);
  if (key == "generation") return read_integer(value, &head.generation);
  if (key == "annotations") {
    return each_member(value, [&](std::string_view name, ondemand::value annotation) {
      return read_annotation(name, annotation, scan);
    });
  }
  std::string text;
  if (key == "uid") {
    const auto error = read_text(value, &text);
    head.uid = base::parse_uid(text).value_or(base::Uid{});
    return error;
  }
  if (key == "deletionTimestamp") {
    const auto error = read_text(value, &text);
    head.deleting = !text.empty();
    return error;
  }
  return simdjson::SUCCESS;
}

}  // namespace

simdjson::padded_string_view pad(std::string& text) {
  text.reserve(text.size() + simdjson::SIMDJSON_PADDING);
  return simdjson::padded_string_view(text.data(), text.size(), text.capacity());
}

bool is_a(ondemand::json_type type, ondemand::value& value) {
  ondemand::json_type actual{};
  return !value.type().get(actual) && actual == type;
}

simdjson::error_code read_text(ondemand::value value, std::string* out) {
  if (!is_a(ondemand::json_type::string, value)) return simdjson::SUCCESS;
  std::string_view text;
  if (const auto error = value.get_string().get(text)) return error;
  *out = text;
  return simdjson::SUCCESS;
}

simdjson::error_code read_integer(ondemand::value value, int64_t* out) {
  if (!is_a(ondemand::json_type::number, value)) return simdjson::SUCCESS;
  int64_t number = 0;
  if (!value.get_int64().get(number)) *out = number;  // a fraction breaks nothing
  return simdjson::SUCCESS;
}

HeadScan scan_head(std::string_view json) {
  HeadScan scan;
  std::string copy(json);
  ondemand::parser parser;
  ondemand::document document;
  ondemand::object object;
  if (parser.iterate(pad(copy)).get(document)) return scan;
  if (document.get_object().get(object)) return scan;
  // Broken JSON further on takes nothing away from what was read.
  static_cast<void>(each_member(object, [&](std::string_view key, ondemand::value value) {
    if (key != "metadata") return simdjson::SUCCESS;
    return each_member(value, [&](std::string_view name, ondemand::value member) {
      return read_metadata(name, member, &scan);
    });
  }));
  return scan;
}

Object decode_object(const Kind& kind, std::string_view json) {
  Object object = kind.decode(json);
  if (!object.parse_error.empty()) object.head = scan_head(json).head;
  return object;
}

}  // namespace kaizen::kube
