// Transport: how kaizen talks HTTP to one server. Each instance is bound to one base URL with its
// credentials and trust; requests carry only path and query. Implementations:
// net/cpprest_transport.cc, and fakes in tests.
//
// A request may reach the server twice (docs/architecture.md, transport traps), so callers send
// only requests that tolerate double delivery (A25). Every method may be called from several
// threads at once and blocks the caller; it must never be called from a thread of cpprestsdk's own
// pool (A63).
#pragma once

#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/duration.h"
#include "base/http.h"
#include "base/result.h"

namespace kaizen::net {

// Takes the bytes of a streamed body in order. Called on the thread that called stream(); returns
// false to end it.
class ByteSink {
 public:
  ByteSink() = default;
  ByteSink(const ByteSink&) = delete;
  ByteSink& operator=(const ByteSink&) = delete;
  virtual ~ByteSink() = default;

  // The status line and headers, before the first byte. Called for 200, and for 206 when the
  // request has a Range; for any other status the body (up to the unary cap) is in the StreamEnd's
  // response.
  virtual void on_open(const base::HttpResponse& head) = 0;
  virtual bool on_bytes(std::string_view bytes) = 0;
};

enum class StreamEndKind : uint8_t {
  kServerEnded,  // complete: final chunk or Content-Length reached
  kIdle,         // no byte for `idle`
  kStopped,      // the stop token fired or the sink said so
  kCut,          // reset, truncated TLS or half-closed in the middle of the body (T7)
  kRefused,      // another status than asked for; `response` holds it
};

struct StreamEnd {
  StreamEndKind kind = StreamEndKind::kServerEnded;
  base::HttpResponse response;  // filled for kRefused
  std::string detail;
};

struct CallLimits {
  base::Duration total =
      std::chrono::seconds(30);              // RT-5: from the call to the last byte of the answer
  size_t max_body_bytes = size_t{4} << 20U;  // RT-6
  std::stop_token stop;  // fires: the call returns kCancelled within 100 ms (T2)
};

class Transport {
 public:
  Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  virtual ~Transport() = default;

  // One request, the whole answer, any HTTP status. Errors: kUnavailable (nothing was sent, or a
  // read was cut: safe to repeat), kUnknownOutcome (a write cut after the first byte was sent,
  // RT-66), kTimeout (total passed; the request may have been executed), kTls, kTooLarge,
  // kCancelled, kUnauthorized (no token could be read), kInvalid (a header value with CR or LF,
  // T12). 3xx is an answer, never followed (RT-4).
  virtual base::Result<base::HttpResponse> call(const base::HttpRequest& request,
                                                const CallLimits& limits) = 0;

  // Streams the body of the answer into `sink` until the server ends it, `idle` passes without a
  // byte, or `stop` fires. Errors as call(), before the head arrived; afterwards the end is
  // described by StreamEnd.
  virtual base::Result<StreamEnd> stream(const base::HttpRequest& request,
                                         base::Duration idle,
                                         ByteSink& sink,
                                         std::stop_token stop) = 0;
};

}  // namespace kaizen::net
