// Credentials: the bearer token and the extra headers of one server, read again when they are old
// (RT-18). One per transport, which calls it from any thread; reads files, never the network.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/duration.h"
#include "base/http.h"
#include "base/result.h"
#include "base/thread_annotations.h"
#include "base/time.h"

namespace kaizen::net {

// 60 s less 10 s leeway, as client-go: a mounted token lives for at least minutes after its
// replacement is there.
inline constexpr base::Duration kTokenAge = std::chrono::seconds(50);

// NOLINTBEGIN(readability-redundant-member-init): else GCC warns where one is left out
struct CredentialSources {
  std::string token_file = {};
  std::string token = {};
  std::string headers_file = {};
};

// NOLINTEND(readability-redundant-member-init)

class Credentials {
 public:
  Credentials(CredentialSources sources, const base::Clock& clock);

  // What to send now. `problem` says that an old value is used because the file gave none
  // (CallReport). Error (kRetryCall, kUnauthorized): there is no old value either.
  struct Now {
    std::string token;
    std::vector<base::Header> headers;
    std::string_view problem;
  };

  base::Result<Now> now() KAIZEN_EXCLUDES(mutex_);

  // After a 401: forgets what was read before the request was sent. False: nothing here could
  // change by reading again.
  bool drop_read_before(base::MonoTime sent) KAIZEN_EXCLUDES(mutex_);

 private:
  template <class T>
  struct Cached {
    std::optional<T> value;
    base::MonoTime read;
    bool stale = true;
  };

  base::Result<std::string_view> refresh_token(base::MonoTime now) KAIZEN_REQUIRES(mutex_);
  base::Result<std::string_view> refresh_headers(base::MonoTime now) KAIZEN_REQUIRES(mutex_);

  CredentialSources sources_;
  const base::Clock& clock_;
  base::Mutex mutex_;
  Cached<std::string> token_ KAIZEN_GUARDED_BY(mutex_);
  Cached<std::vector<base::Header>> headers_ KAIZEN_GUARDED_BY(mutex_);
};

}  // namespace kaizen::net
