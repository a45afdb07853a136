#include "app/yaml.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <yaml-cpp/anchor.h>
#include <yaml-cpp/emitterstyle.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "base/error.h"
#include "base/result.h"
#include "base/text.h"

namespace kaizen::app {

namespace {

// SEC-41.
constexpr size_t kMaxBytes = size_t{1} << 20U;
constexpr size_t kMaxDepth = 32;

base::Error problem(std::string_view file, int32_t line, std::string_view what) {
  return base::invalid(base::concat({"read ", file, ": line ", std::to_string(line), ": ", what}));
}

// Builds the tree from the parser's events. After the first problem it takes nothing in any more:
// the parser cannot be stopped from here without an exception.
class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(std::string_view file) : file_(file) {}

  base::Result<YamlNode> take() {
    if (problem_) return *problem_;
    return std::move(root_);
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) refuse(mark, "a second document; one file holds one document");
  }

  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (is_plain(mark, {}, anchor)) add({.line = line_of(mark)}, mark);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    static_cast<void>(anchor);
    refuse(mark, "an alias (*name); write the value out");
  }

  void OnScalar(const YAML::Mark& mark,
                const std::string& tag,
                YAML::anchor_t anchor,
                const std::string& value) override {
    if (!is_plain(mark, tag, anchor)) return;
    // What YAML calls null comes as a scalar when it is written out.
    const bool null = tag == kPlainTag && (value == "null" || value == "~");
    add({.kind = null ? YamlNode::Kind::kNull : YamlNode::Kind::kScalar,
         .line = line_of(mark),
         .text = null ? "" : value},
        mark);
  }

  void OnSequenceStart(const YAML::Mark& mark,
                       const std::string& tag,
                       YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    static_cast<void>(style);
    open(mark, tag, anchor, YamlNode::Kind::kList);
  }

  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark,
                  const std::string& tag,
                  YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    static_cast<void>(style);
    open(mark, tag, anchor, YamlNode::Kind::kMap);
  }

  void OnMapEnd() override { close(); }

 private:
  static constexpr std::string_view kPlainTag = "?";
  static constexpr std::string_view kQuotedTag = "!";

  // A list or map that is being read; in a map keys and values take turns.
  struct Open {
    YamlNode node;
    std::optional<std::string> key;
  };

  static int32_t line_of(const YAML::Mark& mark) { return mark.line + 1; }

  void refuse(const YAML::Mark& mark, std::string_view what) {
    if (!problem_) problem_ = problem(file_, line_of(mark), what);
  }

  bool is_plain(const YAML::Mark& mark, std::string_view tag, YAML::anchor_t anchor) {
    if (anchor != 0) refuse(mark, "an anchor (&name); write the value out where it is used");
    if (!tag.empty() && tag != kPlainTag && tag != kQuotedTag) {
      refuse(mark, "a tag (!name); remove it");
    }
    return !problem_;
  }

  void open(const YAML::Mark& mark,
            std::string_view tag,
            YAML::anchor_t anchor,
            YamlNode::Kind kind) {
    if (stack_.size() >= kMaxDepth) refuse(mark, "nested more than 32 levels deep");
    if (!is_plain(mark, tag, anchor)) return;
    if (!stack_.empty() && stack_.back().node.kind == YamlNode::Kind::kMap && !stack_.back().key) {
      return refuse(mark, "a key that is a list or a map; a key is a word");
    }
    stack_.push_back({.node = {.kind = kind, .line = line_of(mark)}, .key = {}});
  }

  void close() {
    if (problem_) return;
    YamlNode node = std::move(stack_.back().node);
    stack_.pop_back();
    place(std::move(node));
  }

  void add(YamlNode node, const YAML::Mark& mark) {
    const bool is_key =
        !stack_.empty() && stack_.back().node.kind == YamlNode::Kind::kMap && !stack_.back().key;
    if (!is_key) return place(std::move(node));
    const std::vector<YamlNode>& siblings = stack_.back().node.children;
    if (node.text == "<<") return refuse(mark, "a merge key (<<); write the values out");
    if (std::ranges::find(siblings, node.text, &YamlNode::key) != siblings.end()) {
      return refuse(mark, base::concat({"the key `", node.text, "` is here twice"}));
    }
    stack_.back().key = std::move(node.text);
  }

  // A finished value goes to whom it belongs.
  void place(YamlNode node) {
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = stack_.back();
    if (parent.key) node.key = *std::exchange(parent.key, std::nullopt);
    parent.node.children.push_back(std::move(node));
  }

  std::string_view file_;
  int documents_ = 0;
  std::optional<base::Error> problem_;
  YamlNode root_;
  std::vector<Open> stack_;
};

std::string_view kind_name(YamlNode::Kind kind) {
  switch (kind) {
    case YamlNode::Kind::kNull: return "nothing";
    case YamlNode::Kind::kScalar: return "a single value";
    case YamlNode::Kind::kList: return "a list";
    case YamlNode::Kind::kMap: return "a map";
  }
  return "nothing";
}

}  // namespace

base::Result<YamlNode> parse_yaml(std::string_view text, std::string_view file) {
  if (text.size() > kMaxBytes) {
    return base::invalid(base::concat({"read ", file, ": larger than 1 MiB"}));
  }
  if (!base::is_valid_utf8(text)) {
    return base::invalid(base::concat({"read ", file, ": is not UTF-8 text"}));
  }
  TreeBuilder builder(file);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& failed) {
    return problem(file, failed.mark.line + 1, failed.msg);
  }
  return builder.take();
}

base::Result<base::Unit> YamlValue::expect_keys(std::span<const std::string_view> known) const {
  if (node_->kind == YamlNode::Kind::kNull) return base::Unit{};
  if (node_->kind != YamlNode::Kind::kMap) {
    return error(base::concat({"is ", kind_name(node_->kind), ", a map is wanted"}));
  }
  for (const YamlNode& child : node_->children) {
    if (std::ranges::find(known, child.key) != known.end()) continue;
    std::string names;
    for (const std::string_view name : known) {
      names += base::concat({names.empty() ? "" : ", ", name});
    }
    const std::string path = base::concat({path_, path_.empty() ? "" : ".", child.key});
    return YamlValue(child, file_, path)
        .error(base::concat({"unknown key; remove it or use one of: ", names}));
  }
  return base::Unit{};
}

std::optional<YamlValue> YamlValue::member(std::string_view name) const {
  const auto found = std::ranges::find(node_->children, name, &YamlNode::key);
  if (node_->kind != YamlNode::Kind::kMap || found == node_->children.end() ||
      found->kind == YamlNode::Kind::kNull) {
    return std::nullopt;
  }
  return YamlValue(*found, file_, base::concat({path_, path_.empty() ? "" : ".", name}));
}

base::Result<std::vector<YamlValue>> YamlValue::items() const {
  std::vector<YamlValue> items;
  if (node_->kind == YamlNode::Kind::kNull) return items;
  if (node_->kind != YamlNode::Kind::kList) {
    return error(base::concat({"is ", kind_name(node_->kind), ", a list is wanted"}));
  }
  for (const YamlNode& child : node_->children) {
    items.push_back(
        YamlValue(child, file_, base::concat({path_, "[", std::to_string(items.size()), "]"})));
  }
  return items;
}

base::Result<std::string> YamlValue::text() const {
  if (node_->kind == YamlNode::Kind::kScalar) return node_->text;
  return error(base::concat({"is ", kind_name(node_->kind), ", a text is wanted"}));
}

base::Error YamlValue::error(std::string_view message) const {
  const std::string where = path_.empty() ? "" : base::concat({path_, ": "});
  return problem(file_, node_->line, base::concat({where, message}));
}

}  // namespace kaizen::app
