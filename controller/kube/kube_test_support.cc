#include "kube/kube_test_support.h"

#include <cstdint>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <simdjson.h>
#include <source_dir.h>

#include "base/check.h"
#include "base/http.h"
#include "base/number.h"
#include "base/ref.h"
#include "base/text.h"
#include "base/uid.h"
#include "kube/object.h"
#include "kube/store.h"

namespace kaizen::kube {
namespace {

namespace ondemand = simdjson::ondemand;

std::string text_at(simdjson::dom::element element, std::string_view pointer) {
  std::string_view text;
  return element.at_pointer(pointer).get_string().get(text) ? std::string() : std::string(text);
}

// The decoder of tests: a DOM, and nothing after the first member it does not understand.
Object decode(std::string_view json) {
  Object object;
  Toy toy;
  simdjson::dom::parser parser;
  simdjson::dom::element element;
  if (const auto error = parser.parse(simdjson::padded_string(json)).get(element)) {
    object.parse_error = simdjson::error_message(error);
    object.value = base::make_ref(std::move(toy));
    return object;
  }
  simdjson::dom::element x;
  if (!element.at_pointer("/spec/x").get(x) && x.get_int64().get(toy.x)) {
    object.parse_error = "spec.x: not a whole number";
    object.value = base::make_ref(std::move(toy));
    return object;
  }
  object.head.key = {.ns = text_at(element, "/metadata/namespace"),
                     .name = text_at(element, "/metadata/name")};
  object.head.uid = base::parse_uid(text_at(element, "/metadata/uid")).value_or(base::Uid{});
  object.head.resource_version = text_at(element, "/metadata/resourceVersion");
  object.head.deleting = !text_at(element, "/metadata/deletionTimestamp").empty();
  toy.owner = text_at(element, "/metadata/labels/owner");
  toy.text = text_at(element, "/data/text");
  if (!toy.owner.empty()) object.indexes.push_back({.index = 0, .value = toy.owner});
  object.value = base::make_ref(std::move(toy));
  return object;
}

bool same_toy(const void* a, const void* b) {
  return *static_cast<const Toy*>(a) == *static_cast<const Toy*>(b);
}

}  // namespace

Kind toy_kind() {
  return {.resource = kToys, .decode = decode, .same_content = same_toy};
}

Kind config_map_kind() {
  return {.resource = kConfigMaps, .decode = decode, .same_content = same_toy};
}

const Toy& toy_of(const Object& object) {
  return *std::static_pointer_cast<const Toy>(object.value);
}

base::Uid uid(int n) {
  const std::string digits = std::to_string(n);
  return base::parse_uid("00000000-0000-0000-0000-" + std::string(12 - digits.size(), '0') + digits)
      .value_or(base::Uid{});
}

std::string toy_json(const ToySpec& spec) {
  return base::concat(
      {R"({"apiVersion":"example.com/v1","kind":"Toy","metadata":{"labels":{"owner":")", spec.owner,
       R"("},)"
       R"("name":")",
       spec.name, R"(","namespace":"shop","resourceVersion":")", spec.version, R"(","uid":")",
       base::to_string(uid(spec.uid)), R"("},"spec":{"x":)", std::to_string(spec.x), "}}"});
}

Object toy(const ToySpec& spec) {
  return decode(toy_json(spec));
}

Delta upsert(const ToySpec& spec) {
  return {.kind = Delta::Kind::kUpsert, .objects = {toy(spec)}, .resource_version = spec.version};
}

Delta removal(const ToySpec& spec) {
  return {.kind = Delta::Kind::kDelete, .objects = {toy(spec)}, .resource_version = spec.version};
}

Delta replacement(const std::vector<ToySpec>& specs, std::string_view version) {
  Delta delta{
      .kind = Delta::Kind::kReplace, .objects = {}, .resource_version = std::string(version)};
  for (const ToySpec& spec : specs) delta.objects.push_back(toy(spec));
  return delta;
}

Delta progress(std::string_view version) {
  return {.kind = Delta::Kind::kProgress, .objects = {}, .resource_version = std::string(version)};
}

std::string frame(std::string_view type, std::string_view object) {
  return base::concat({R"({"type":")", type, R"(","object":)", object, "}\n"});
}

std::string bookmark(std::string_view version, bool initial_events_end) {
  const std::string_view mark =
      initial_events_end ? R"("annotations":{"k8s.io/initial-events-end":"true"},)" : "";
  return frame("BOOKMARK",
               base::concat({R"({"apiVersion":"example.com/v1","kind":"Toy",)", R"("metadata":{)",
                             mark, R"("resourceVersion":")", version, R"("}})"}));
}

std::string toy_list(const std::vector<ToySpec>& specs,
                     std::string_view version,
                     std::string_view continue_token) {
  std::vector<std::string> items;
  items.reserve(specs.size());
  for (const ToySpec& spec : specs) items.push_back(toy_json(spec));
  return base::concat({R"({"apiVersion":"example.com/v1","items":[)", base::join(items, ","),
                       R"(],"kind":"ToyList","metadata":{"continue":")", continue_token,
                       R"(","resourceVersion":")", version, R"("}})"});
}

std::string recorded_text(std::string_view file) {
  std::ifstream in(base::concat({KAIZEN_SOURCE_DIR, "/controller/kube/testdata/", file}));
  KAIZEN_CHECK(in.good(), "a recorded file is missing");
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

base::HttpResponse recorded(std::string_view name) {
  const std::string file = recorded_text("answers.txt");
  const std::string mark = base::concat({"# ", name, " "});
  std::istringstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(mark)) continue;
    base::HttpResponse response;
    response.status =
        static_cast<int32_t>(base::parse_int(line.substr(mark.size(), 3)).value_or(0));
    std::getline(lines, response.body);
    return response;
  }
  ADD_FAILURE() << "no recorded answer " << name;
  return {};
}

}  // namespace kaizen::kube
