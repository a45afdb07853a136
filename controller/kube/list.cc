#include "kube/list.h"

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

simdjson::error_code read_item(const Kind& kind, ondemand::value item, ListPage* page) {
  if (!is_a(ondemand::json_type::object, item)) {
    ++page->skipped;
    return simdjson::SUCCESS;
  }
  ondemand::object object;
  if (const auto error = item.get_object().get(object)) return error;
  std::string_view json;
  if (const auto error = object.raw_json().get(json)) return error;
  Object decoded = decode_object(kind, json);
  if (decoded.head.key.name.empty()) {
    ++page->skipped;
  } else {
    page->objects.push_back(std::move(decoded));
  }
  return simdjson::SUCCESS;
}

simdjson::error_code read_items(const Kind& kind, ondemand::value value, Body* body) {
  body->has_items = true;
  // null is how Go writes an empty list that nobody made.
  if (is_a(ondemand::json_type::null, value)) return simdjson::SUCCESS;
  ondemand::array items;
  if (const auto error = value.get_array().get(items)) return error;
  for (auto next : items) {
    ondemand::value item;
    if (const auto error = std::move(next).get(item)) return error;
    if (const auto error = read_item(kind, item, &body->page)) return error;
  }
  return simdjson::SUCCESS;
}

simdjson::error_code read_metadata(ondemand::value value, Body* body) {
  return each_member(value, [&](std::string_view key, ondemand::value member) {
    if (key == "resourceVersion") return read_text(member, &body->page.resource_version);
    if (key == "continue") return read_text(member, &body->page.continue_token);
    return simdjson::SUCCESS;
  });
}

simdjson::error_code read_body(const Kind& kind, std::string& text, Body* body) {
  ondemand::parser parser;
  ondemand::document document;
  ondemand::object top;
  if (const auto error = parser.iterate(pad(text)).get(document)) return error;
  if (const auto error = document.get_object().get(top)) return error;
  return each_member(top, [&](std::string_view key, ondemand::value value) {
    if (key == "items") return read_items(kind, value, body);
    if (key == "metadata") return read_metadata(value, body);
    if (key == "kind") return read_text(value, &body->kind);
    if (key == "apiVersion") return read_text(value, &body->api_version);
    return simdjson::SUCCESS;
  });
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
