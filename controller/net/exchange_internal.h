// Exchange: one request and its answer, shared by the thread that waits for it and the library's
// threads that carry it out. The waiting thread is its own watchdog: it holds the deadline, the
// idle limit, the stop token and the bound on memory, and leaves whenever one of them says so,
// whatever the library is doing. Every exchange belongs to one call; both sides hold it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/duration.h"
#include "base/http.h"
#include "net/socket_internal.h"
#include "net/unique_fd_internal.h"

namespace kaizen::net {

using Instant = std::chrono::steady_clock::time_point;

// RT-6. The library collects the head, and each chunk, in memory of its own before it hands over
// anything; `kReadAhead` is what it may have read beyond that in one step.
inline constexpr size_t kMaxHeadBytes = size_t{64} << 10U;
inline constexpr size_t kReadAhead = size_t{128} << 10U;
inline constexpr size_t kMaxStreamBlock = size_t{8} << 20U;  // two frames of 4 MiB
inline constexpr size_t kInboxHighWater = size_t{1} << 20U;  // a slow sink stops the server

struct ExchangeRules {
  bool tls = true;
  bool streams = false;  // hand over as it comes, instead of the whole body at the end
  size_t max_body_bytes = 0;
  base::Duration connect{};
  Instant deadline;
  std::optional<base::Duration> idle;
};

enum class Wake : uint8_t {
  kProgress,      // streams only: a head or bytes to take
  kEnded,         // see end()
  kDeadline,      // the total
  kIdle,          // no byte for `idle`
  kStopped,       // the stop token
  kNotConnected,  // no connection within `connect`
  kTooLarge,      // head, chunk or body over its bound
};

// How the library ended it. `failure` empty: the answer is complete.
struct ExchangeEnd {
  std::string failure;
  bool is_tls_failure = false;  // certificate, alert or protocol: no reset and no end of stream
};

enum class BodyVerdict : uint8_t { kTaken, kWait, kRefused };

class Exchange {
 public:
  Exchange(const ExchangeRules& rules, std::stop_token stop);

  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange() = default;

  // Also from the start, when the process has no descriptor left for it.
  bool is_over() const;

  // --- the library's threads; none of them blocks ---

  // The connection that will carry the request, once more when the library repeats it on another
  // one. False: a used connection that its peer has closed, or the caller has left; nothing was
  // sent on it.
  bool attach(int socket, bool is_used);
  void on_handshake_done();
  void on_tls_failure(std::string_view what);
  void on_head(base::HttpResponse head);
  // kWait: call again nothing, `resume` is called when there is room. kRefused: end it.
  BodyVerdict on_body(std::string_view bytes, std::function<void()> resume);
  void on_end(std::string failure, bool is_tls_failure);
  // The library holds nothing of this exchange any more.
  void on_released();

  // --- the waiting thread ---

  // Blocks until there is something for the caller; ends of an exchange come before its own limits.
  Wake wait();
  // After wait() said kEnded.
  ExchangeEnd end() const;
  std::optional<base::HttpResponse> take_head();
  // Of the head, once it arrived, also after take_head(): 0 and empty before.
  int32_t status() const;
  std::string warning() const;
  std::string take_bytes();
  // The sink took its time: the idle limit begins anew.
  void note_progress();
  // From here on this total, instead of the rules'.
  void end_by(Instant deadline);
  // The caller leaves: later bytes are refused, a waiting library goes on. No wait() after it.
  void leave();

  // Leaves, and ends the TCP connection: what the library is doing on it fails, on its own thread.
  // Closing it from here would pull it from under a TLS record that another thread is reading.
  // False: there is no connection to end yet.
  bool break_off();
  // True once the library let go of everything, so that its connection can be used again.
  bool wait_released(base::Duration patience);

  // A byte of the request may have reached the server.
  bool was_sent() const;
  bool is_stale() const;
  // Where it stands, for messages: "connecting", "in the TLS handshake", …
  std::string_view stage() const;

 private:
  std::optional<Wake> ready();
  std::optional<Wake> over_limit(Instant now);
  std::optional<Wake> over_memory(const Traffic& seen);
  int timeout_ms(Instant now) const;
  void mark_read_position();
  bool is_connected(const std::optional<Traffic>& seen) const;
  bool has_sent() const;
  void poke() const;
  void sleep_until_poked(int timeout_ms);

  const std::stop_token stop_;
  UniqueFd wakeups_;  // eventfd
  UniqueFd events_;   // epoll over wakeups_ and the socket, edge-triggered
  const Instant started_;

  mutable std::mutex mutex_;  // of what follows
  ExchangeRules rules_;
  std::condition_variable released_changed_;
  UniqueFd socket_;
  Traffic at_start_;          // of a used connection, when this request began
  uint64_t handed_over_ = 0;  // bytes read by the library when it last gave us some
  std::optional<base::HttpResponse> head_;
  bool head_arrived_ = false;
  int32_t status_ = 0;
  std::string warning_;
  std::string inbox_;
  uint64_t body_bytes_ = 0;
  std::vector<std::function<void()>> waiting_;
  std::optional<ExchangeEnd> end_;
  std::string tls_failure_;
  bool handshake_done_ = false;
  bool attached_ = false;
  bool repeated_ = false;
  bool stale_ = false;
  bool too_large_ = false;
  bool left_ = false;
  bool sent_when_left_ = false;
  bool released_ = false;
  uint64_t last_received_ = 0;
  Instant connecting_since_;
  Instant progress_at_;
  // Last, so that it is destroyed before what its callback uses.
  std::optional<std::stop_callback<std::function<void()>>> on_stop_;
};

}  // namespace kaizen::net
