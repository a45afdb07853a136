// Toys: a kind that exists only in tests, its objects, and answers recorded from a real
// kube-apiserver 1.36.3 (testdata/). Tests of this room only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/http.h"
#include "base/uid.h"
#include "kube/object.h"
#include "kube/store.h"
#include "schema/resource.h"

namespace kaizen::kube {

struct Toy {
  int64_t x = 0;      // spec.x
  std::string owner;  // label "owner", also under index 0
  std::string text;   // data.text, of ConfigMaps

  bool operator==(const Toy&) const = default;
};

inline constexpr schema::Resource kToys = {"example.com", "v1", "Toy", "toys"};
inline constexpr schema::Resource kConfigMaps = {"", "v1", "ConfigMap", "configmaps"};

// An "x" that is no number is a parse_error, found before metadata when it stands before it.
Kind toy_kind();
Kind config_map_kind();

const Toy& toy_of(const Object& object);

// 1 → "00000000-0000-0000-0000-000000000001".
base::Uid uid(int n);

struct ToySpec {
  std::string name = "a";
  int uid = 1;
  std::string version = "10";
  int64_t x = 0;
  std::string owner = "nobody";
};

// As the API server writes a custom resource: members in alphabetical order.
std::string toy_json(const ToySpec& spec);
Object toy(const ToySpec& spec);

Delta upsert(const ToySpec& spec);
Delta removal(const ToySpec& spec);
Delta replacement(const std::vector<ToySpec>& specs, std::string_view version);
Delta progress(std::string_view version);

// Frames of a watch, each with its newline.
std::string frame(std::string_view type, std::string_view object);
std::string bookmark(std::string_view version, bool initial_events_end = false);

// {"apiVersion":…,"items":[…],"kind":"ToyList","metadata":{…}}, as of a custom resource.
std::string toy_list(const std::vector<ToySpec>& specs,
                     std::string_view version,
                     std::string_view continue_token = "");

// A file of testdata/.
std::string recorded_text(std::string_view file);

// The answer "# name status: ..." of testdata/answers.txt.
base::HttpResponse recorded(std::string_view name);

}  // namespace kaizen::kube
