// PromQL as text: how values get into it. kaizen has no parser for it (R2-16); what it must know of
// the language is where a string begins and ends. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace kaizen::ext::prometheus {

// `text` as a PromQL string with its quotes (MP-3).
std::string quote(std::string_view text);

// A regular expression (RE2) that matches exactly `text`.
std::string regex_quote(std::string_view text);

// The value of ${name} for one arm.
struct Placeholder {
  std::string_view name;
  std::string value;
  bool is_regex = false;  // stands only behind =~ and !~, as it is
};

// `promql` with every ${name} replaced (MP-4); the value is escaped for the string it stands in and
// regex-quoted behind =~ and !~ (MP-3). Error (kTerminal), beginning with `field`: an unknown name,
// one outside of a quoted string, a regular expression behind = or !=. A bare $ is text (R2-31).
base::Result<std::string> fill(std::string_view promql,
                               std::span<const Placeholder> values,
                               std::string_view field);

}  // namespace kaizen::ext::prometheus
