#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/http.h"
#include "base/result.h"
#include "base/text.h"
#include "base/thread_annotations.h"
#include "base/time.h"
#include "net/credentials_internal.h"
#include "net/request_check_internal.h"
#include "net/small_file_internal.h"

namespace kaizen::net {
namespace {

base::Error without_credentials(const std::string& message) {
  return {.action = base::Action::kRetryCall,
          .code = base::Code::kUnauthorized,
          .message = base::concat({"no credentials: ", message, "; it is read again next time"})};
}

struct Rejected {
  std::string_view problem;
  std::string message;
};

base::Result<std::string, Rejected> read_token(const std::string& path) {
  base::Result<std::string> text = read_small_file(path, kMaxTokenBytes);
  if (!text) return Rejected{.problem = "token_unreadable", .message = text.error().message};
  std::string token(base::trim(*text));
  if (token.empty()) {
    return Rejected{.problem = "token_empty", .message = base::concat({path, " is empty"})};
  }
  if (!check_header({.name = "Authorization", .value = token})) {
    return Rejected{.problem = "token_unreadable",
                    .message = base::concat({path, " holds more than one line"})};
  }
  return token;
}

base::Result<std::vector<base::Header>, Rejected> read_headers(const std::string& path) {
  base::Result<std::string> text = read_small_file(path, kMaxTokenBytes);
  if (!text) return Rejected{.problem = "headers_unreadable", .message = text.error().message};
  base::Result<std::vector<base::Header>> headers = parse_header_lines(*text);
  if (!headers) {
    return Rejected{.problem = "headers_unparsable",
                    .message = base::concat({path, ": ", headers.error().message})};
  }
  return std::move(headers).value();
}

// Keeps the old value when the file gives none; the next call tries again.
template <class Cached, class Read>
base::Result<std::string_view> refresh(Cached& cached, base::MonoTime now, Read read) {
  if (cached.value && !cached.stale && now - cached.read < kTokenAge) return std::string_view();
  auto fresh = read();
  if (fresh) {
    cached = {.value = std::move(fresh).value(), .read = now, .stale = false};
    return std::string_view();
  }
  if (!cached.value) return without_credentials(fresh.error().message);
  return fresh.error().problem;
}

}  // namespace

Credentials::Credentials(CredentialSources sources, const base::Clock& clock)
    : sources_(std::move(sources)), clock_(clock) {}

base::Result<Credentials::Now> Credentials::now() {
  const base::MonoTime now = clock_.mono();
  const base::MutexLock lock(mutex_);
  Now result{.token = sources_.token, .headers = {}, .problem = {}};
  if (!sources_.token_file.empty()) {
    KAIZEN_TRY(result.problem, refresh_token(now));
    result.token = token_.value.value_or("");
  }
  if (!sources_.headers_file.empty()) {
    KAIZEN_TRY(const std::string_view problem, refresh_headers(now));
    if (result.problem.empty()) result.problem = problem;
    result.headers = headers_.value.value_or(std::vector<base::Header>());
  }
  return result;
}

bool Credentials::drop_read_before(base::MonoTime sent) {
  const base::MutexLock lock(mutex_);
  if (token_.value && token_.read <= sent) token_.stale = true;
  if (headers_.value && headers_.read <= sent) headers_.stale = true;
  return token_.value.has_value() || headers_.value.has_value();
}

base::Result<std::string_view> Credentials::refresh_token(base::MonoTime now) {
  return refresh(token_, now, [this] { return read_token(sources_.token_file); });
}

base::Result<std::string_view> Credentials::refresh_headers(base::MonoTime now) {
  return refresh(headers_, now, [this] { return read_headers(sources_.headers_file); });
}

}  // namespace kaizen::net
