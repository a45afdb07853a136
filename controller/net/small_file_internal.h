// Small files that others replace under us: tokens, certificates, header lists. Any thread; reads
// from disk.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"

namespace kaizen::net {

inline constexpr size_t kMaxTokenBytes = size_t{64} << 10U;  // RT-18
inline constexpr size_t kMaxTrustBytes = size_t{1} << 20U;   // a bundle of some hundred CAs

// The whole content. Error (kRetryCall, kUnavailable): it cannot be opened, is no regular file
// (a FIFO or device would block or never end), or is larger than `max_bytes`. Links are followed:
// mounted tokens are links (RT-18).
base::Result<std::string> read_small_file(const std::string& path, size_t max_bytes);

}  // namespace kaizen::net
