// YamlNode: a small YAML document as a tree, with the line of everything in it, and YamlValue, the
// way to read it strictly: each error names file, line, path and remedy. For the files a person
// writes (configuration, kubeconfig), within the bounds of SEC-41. Values, any thread; no exception
// of the library leaves parse_yaml().
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace kaizen::app {

struct YamlNode {
  enum class Kind : uint8_t { kNull, kScalar, kList, kMap };

  Kind kind = Kind::kNull;
  int32_t line = 0;       // from 1
  std::string key = {};   // of a map's child
  std::string text = {};  // of a scalar
  std::vector<YamlNode> children = {};
};

// One document of at most 1 MiB and 32 levels, without anchors, aliases, tags, merge keys and
// repeated keys (SEC-41). An empty text is a null. Error (kTerminal): names `file` and line.
base::Result<YamlNode> parse_yaml(std::string_view text, std::string_view file);

// A node with the way to it. `node` and `file` outlive it.
class YamlValue {
 public:
  YamlValue(const YamlNode& node, std::string_view file) : node_(&node), file_(file) {}

  // A map (or nothing at all) that has no other keys than these.
  base::Result<base::Unit> expect_keys(std::span<const std::string_view> known) const;

  // nullopt: absent or null.
  std::optional<YamlValue> member(std::string_view name) const;

  // Of a list; null is an empty one.
  base::Result<std::vector<YamlValue>> items() const;

  base::Result<std::string> text() const;

  // "read FILE: line 7: metricSources.sources[0].url: MESSAGE"
  base::Error error(std::string_view message) const;

 private:
  YamlValue(const YamlNode& node, std::string_view file, std::string path)
      : node_(&node), file_(file), path_(std::move(path)) {}

  const YamlNode* node_;
  std::string_view file_;
  std::string path_;
};

}  // namespace kaizen::app
