#include "base/http.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/duration.h"
#include "base/number.h"
#include "base/text.h"

namespace kaizen::base {

std::optional<std::string_view> find_header(const std::vector<Header>& headers,
                                            std::string_view name) {
  const std::string wanted = to_lower_ascii(name);
  for (const Header& header : headers) {
    if (to_lower_ascii(header.name) == wanted) return header.value;
  }
  return std::nullopt;
}

std::optional<Duration> retry_after(const std::vector<Header>& headers) {
  const std::optional<std::string_view> text = find_header(headers, "Retry-After");
  if (!text) return std::nullopt;
  const std::optional<int64_t> seconds = parse_int(trim(*text));
  if (!seconds || *seconds < 0) return std::nullopt;
  return std::chrono::seconds(std::min<int64_t>(*seconds, 60));
}

}  // namespace kaizen::base
