#include "kube/list.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <simdjson.h>

#include "base/error.h"
#include "base/result.h"
#include "base/text.h"
#include "kube/json_internal.h"
#include "kube/object.h"
#include "schema/resource.h"

namespace kaizen::kube {
namespace {

// What the members of the body say; they come in any order (custom resources: items first).
struct Body {
  ListPage page;
  std::string kind;
  std::string api_version;
  bool has_items = false;
};

simdjson::error_code read_items(const Kind& kind, ondemand::value value, Body* body) {
  bool null = false;
  if (const auto error = value.is_null().get(null)) return error;
  body->has_items = true;
  if (null) return simdjson::SUCCESS;  // how Go writes an empty list that nobody made
  ondemand::array items;
  if (const auto error = value.get_array().get(items)) return error;
  for (auto next : items) {
    ondemand::value item;
    if (const auto error = std::move(next).get(item)) return error;
    ondemand::object object;
    if (item.get_object().get(object)) {
      ++body->page.skipped;
      continue;
    }
    std::string_view json;
    if (const auto error = object.raw_json().get(json)) return error;
    Object decoded = decode_object(kind, json);
    if (decoded.head.key.name.empty()) {
      ++body->page.skipped;
    } else {
      body->page.objects.push_back(std::move(decoded));
    }
  }
  return simdjson::SUCCESS;
}

simdjson::error_code read_member(const Kind& kind, ondemand::field field, Body* body) {
  std::string_view key;
  if (const auto error = field.unescaped_key().get(key)) return error;
  if (key == "items") return read_items(kind, field.value(), body);
  std::string_view text;
  if (key == "kind") {
    if (const auto error = field.value().get_string().get(text)) return error;
    body->kind = text;
  } else if (key == "apiVersion") {
    if (const auto error = field.value().get_string().get(text)) return error;
    body->api_version = text;
  } else if (key == "metadata") {
    ondemand::object metadata;
    if (const auto error = field.value().get_object().get(metadata)) return error;
    body->page.resource_version = string_member(metadata, "resourceVersion");
    body->page.continue_token = string_member(metadata, "continue");
  }
  return simdjson::SUCCESS;
}

simdjson::error_code read_body(const Kind& kind, std::string& text, Body* body) {
  ondemand::parser parser;
  ondemand::document document;
  ondemand::object top;
  if (const auto error = parser.iterate(pad(text)).get(document)) return error;
  if (const auto error = document.get_object().get(top)) return error;
  for (auto next : top) {
    ondemand::field field;
    if (const auto error = std::move(next).get(field)) return error;
    if (const auto error = read_member(kind, field, body)) return error;
  }
  return simdjson::SUCCESS;
}

}  // namespace

base::Result<ListPage> decode_list(const Kind& kind, std::string body) {
  Body read;
  if (const auto error = read_body(kind, body, &read)) {
    return base::invalid(fmt::format("a list of {} does not parse: {}", kind.resource.plural,
                                     simdjson::error_message(error)));
  }
  const std::string wanted = base::concat({kind.resource.kind, "List"});
  const std::string wanted_version = schema::api_version(kind.resource);
  if (read.kind != wanted || read.api_version != wanted_version) {
    return base::invalid(
        base::truncate_utf8(fmt::format("expected a {} {}, got a body of kind '{} {}'",
                                        wanted_version, wanted, read.api_version, read.kind),
                            300));
  }
  if (!read.has_items || read.page.resource_version.empty()) {
    return base::invalid(
        fmt::format("a {} {} without items or resourceVersion", wanted_version, wanted));
  }
  return std::move(read.page);
}

}  // namespace kaizen::kube
