#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/result.h"
#include "base/text.h"
#include "ext/sources/prometheus/promql_internal.h"

namespace kaizen::ext::prometheus {
namespace {

// R2-31: the grammar of all kinds. What a Ratio cannot use is known, so that the message can say
// so.
constexpr std::array<std::string_view, 14> kKnownNames = {
    "ns",      "pods",  "workload", "svc", "route",    "rule",   "backend",
    "cluster", "model", "rev",      "w",   "matchers", "window", "cohort"};

// The inside of a string between `quote_mark`s. Error text when it cannot be said there.
base::Result<std::string> escape(std::string_view text, char quote_mark, std::string_view field) {
  if (quote_mark == '`') {
    if (text.find('`') == std::string_view::npos) return std::string(text);
    return base::invalid(base::concat(
        {field, ": a value with a back quote cannot stand in a raw string; use double quotes"}));
  }
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || c == quote_mark) out += '\\';
    out += c;
  }
  return out;
}

// Walks over PromQL just far enough to know in which string, and behind which operator, a
// placeholder stands.
class Filler {
 public:
  Filler(std::string_view promql, std::span<const Placeholder> values, std::string_view field)
      : rest_(promql), values_(values), field_(field) {}

  base::Result<std::string> run() {
    while (!rest_.empty()) {
      if (rest_.starts_with("${")) {
        KAIZEN_TRY(const std::string value, placeholder());
        out_ += value;
      } else if (quote_mark_ == '\0') {
        step_outside();
      } else {
        step_inside();
      }
    }
    return std::move(out_);
  }

 private:
  void take(size_t count) {
    out_ += rest_.substr(0, count);
    rest_.remove_prefix(std::min(count, rest_.size()));
  }

  void step_outside() {
    if (rest_.front() == '#') {  // a comment reaches to the end of the line
      take(std::min(rest_.find('\n'), rest_.size()));
      return;
    }
    if (rest_.front() == '"' || rest_.front() == '\'' || rest_.front() == '`') {
      quote_mark_ = rest_.front();
      const std::string_view before = base::trim(out_);
      behind_regex_ = before.ends_with("=~") || before.ends_with("!~");
    }
    take(1);
  }

  void step_inside() {
    if (rest_.front() == '\\' && quote_mark_ != '`') {
      take(2);
      return;
    }
    if (rest_.front() == quote_mark_) quote_mark_ = '\0';
    take(1);
  }

  base::Result<std::string> placeholder() {
    const size_t end = rest_.find('}');
    const std::string_view name = rest_.substr(2, end == std::string_view::npos ? end : end - 2);
    const auto value = std::ranges::find(values_, name, &Placeholder::name);
    if (end == std::string_view::npos || value == values_.end()) return unknown(name);
    rest_.remove_prefix(end + 1);
    if (quote_mark_ == '\0') {
      return fault(
          {"${", name, "} stands outside of a quoted label value; write it inside quotes"});
    }
    if (value->is_regex && !behind_regex_) {
      return fault({"${", name, "} is a regular expression; compare it with =~"});
    }
    const bool quoted = behind_regex_ && !value->is_regex;
    return escape(quoted ? regex_quote(value->value) : value->value, quote_mark_, field_);
  }

  base::Error unknown(std::string_view name) const {
    std::vector<std::string> names;
    for (const Placeholder& value : values_) {
      names.push_back(base::concat({"${", value.name, "}"}));
    }
    const bool elsewhere = std::ranges::find(kKnownNames, name) != kKnownNames.end();
    return fault({elsewhere ? "placeholder not available here: ${" : "unknown placeholder ${",
                  base::truncate_utf8(name, 40), "}; a counter may use ", base::join(names, " ")});
  }

  base::Error fault(std::initializer_list<std::string_view> parts) const {
    return base::invalid(base::concat({field_, ": ", base::concat(parts)}));
  }

  std::string_view rest_;
  std::span<const Placeholder> values_;
  std::string_view field_;
  std::string out_;
  char quote_mark_ = '\0';  // of the string we are in; '\0' outside of strings
  bool behind_regex_ = false;
};

}  // namespace

std::string quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string regex_quote(std::string_view text) {
  constexpr std::string_view kSpecial = "\\.+*?()|[]{}^$";
  std::string out;
  for (const char c : text) {
    if (kSpecial.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

base::Result<std::string> fill(std::string_view promql,
                               std::span<const Placeholder> values,
                               std::string_view field) {
  return Filler(promql, values, field).run();
}

}  // namespace kaizen::ext::prometheus
