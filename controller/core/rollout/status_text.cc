#include "core/rollout/status_text.h"

#include <cstddef>
#include <string>
#include <string_view>

#include "base/scrub.h"
#include "base/text.h"

namespace kaizen::core {

namespace {

// Words of a kubelet or a server may hold line feeds and escapes for terminals.
bool is_control(char c) {
  return (c >= 0 && c < ' ') || c == '\x7F';
}

}  // namespace

std::string shown(std::string_view text, size_t max_bytes) {
  std::string clean = base::sanitize_utf8(base::trim(text));
  for (char& c : clean) {
    if (is_control(c)) c = ' ';
  }
  return base::truncate_utf8(base::scrub(clean), max_bytes);
}

}  // namespace kaizen::core
