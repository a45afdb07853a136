// Trust: the CA and client certificate of one server, read again at most once per 5 minutes
// (RT-19). One per transport, which calls it from any thread; reads files.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/duration.h"
#include "base/result.h"
#include "base/thread_annotations.h"
#include "base/time.h"
#include "net/tls_internal.h"

namespace kaizen::net {

inline constexpr base::Duration kTrustAge = std::chrono::minutes(5);

// A file wins over the same text inline.
// NOLINTBEGIN(readability-redundant-member-init): else GCC warns where one is left out
struct TrustSources {
  std::string ca_file = {};
  std::string ca_pem = {};
  std::string certificate_file = {};
  std::string certificate_pem = {};
  std::string key_file = {};
  std::string key_pem = {};
};

// NOLINTEND(readability-redundant-member-init)

class Trust {
 public:
  // Reads everything once. Error (kTerminal): it cannot be read or used.
  static base::Result<std::unique_ptr<Trust>> load(TrustSources sources, const base::Clock& clock);

  // What new connections use. A new `generation` means: connections made with the old one are not
  // to be used again. `problem`: a file was read now, could not be used, and the old one stays.
  struct Now {
    std::shared_ptr<const TlsMaterial> material;
    int64_t generation = 0;
    std::string_view problem;
  };

  Now now() KAIZEN_EXCLUDES(mutex_);

 private:
  Trust(TrustSources sources, const base::Clock& clock, TlsPem pem, Now first);

  std::string_view refresh() KAIZEN_REQUIRES(mutex_);

  const TrustSources sources_;
  const base::Clock& clock_;
  base::Mutex mutex_;
  TlsPem pem_ KAIZEN_GUARDED_BY(mutex_);
  Now current_ KAIZEN_GUARDED_BY(mutex_);
  base::MonoTime read_at_ KAIZEN_GUARDED_BY(mutex_);
};

}  // namespace kaizen::net
