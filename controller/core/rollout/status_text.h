// Status text: what people read in status and events passes here, in one place: valid UTF-8, on one
// line, without what may be a credential, and cut at a bound with a visible "…" (MD-15, RT-60,
// SEC-26, SEC-47). Pure, any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kaizen::core {

inline constexpr size_t kMaxMessage = 512;  // bytes of a condition, of status.message (MD-15)
inline constexpr size_t kMaxNote = 1024;    // of an event (RT-83)

// At most `max_bytes`. Texts for people only: names and ids are never changed.
std::string shown(std::string_view text, size_t max_bytes = kMaxMessage);

}  // namespace kaizen::core
