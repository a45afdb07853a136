#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/duration.h"
#include "base/http.h"
#include "net/exchange_internal.h"
#include "net/socket_internal.h"
#include "net/unique_fd_internal.h"

namespace kaizen::net {
namespace {

bool watch(const UniqueFd& events, const UniqueFd& fd, uint32_t what) {
  epoll_event event{};
  event.events = what;
  return events.valid() && fd.valid() &&
         ::epoll_ctl(events.get(), EPOLL_CTL_ADD, fd.get(), &event) == 0;
}

uint64_t since(uint64_t now, uint64_t then) {
  return now > then ? now - then : 0;
}

}  // namespace

Exchange::Exchange(const ExchangeRules& rules, std::stop_token stop)
    : stop_(std::move(stop)),
      wakeups_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      events_(::epoll_create1(EPOLL_CLOEXEC)),
      started_(std::chrono::steady_clock::now()),
      rules_(rules),
      connecting_since_(started_),
      progress_at_(started_) {
  if (!watch(events_, wakeups_, EPOLLIN)) {
    end_ = ExchangeEnd{.failure = "no file descriptor is left", .is_tls_failure = false};
  }
  if (stop_.stop_possible()) on_stop_.emplace(stop_, [this] { poke(); });
}

bool Exchange::is_over() const {
  const std::lock_guard lock(mutex_);
  return end_.has_value();
}

bool Exchange::attach(int socket, bool is_used) {
  const std::lock_guard lock(mutex_);
  repeated_ = attached_;
  attached_ = true;
  if (is_used && net::is_stale(socket)) {
    stale_ = true;
    return false;
  }
  if (left_) return false;
  // Refused options leave a connection that is found dead later: no reason to have none.
  if (!is_used) static_cast<void>(set_liveness_options(socket));
  socket_ = duplicate(socket);
  handshake_done_ = is_used;
  connecting_since_ = std::chrono::steady_clock::now();
  at_start_ = is_used ? traffic(socket).value_or(Traffic{}) : Traffic{};
  mark_read_position();
  // Unwatched, it is still looked at whenever something else wakes the caller.
  static_cast<void>(watch(events_, socket_, EPOLLIN | EPOLLRDHUP | EPOLLET));
  poke();
  return true;
}

void Exchange::on_handshake_done() {
  const std::lock_guard lock(mutex_);
  handshake_done_ = true;
  mark_read_position();
  poke();
}

void Exchange::on_tls_failure(std::string_view what) {
  const std::lock_guard lock(mutex_);
  tls_failure_ = what;
}

void Exchange::on_head(base::HttpResponse head) {
  const std::lock_guard lock(mutex_);
  size_t bytes = 0;
  for (const base::Header& header : head.headers) bytes += header.name.size() + header.value.size();
  status_ = head.status;
  warning_ = base::find_header(head.headers, "Warning").value_or("");
  head_arrived_ = true;
  if (bytes > kMaxHeadBytes) {
    too_large_ = true;
  } else {
    head_ = std::move(head);
  }
  if (rules_.streams || too_large_) poke();
}

BodyVerdict Exchange::on_body(std::string_view bytes, std::function<void()> resume) {
  const std::lock_guard lock(mutex_);
  if (left_ || too_large_) return BodyVerdict::kRefused;
  // A negative chunk size arrives as an enormous one; nothing of it may be touched.
  const size_t room = rules_.streams ? kMaxStreamBlock : rules_.max_body_bytes - inbox_.size();
  if (bytes.size() > room) {
    too_large_ = true;
    poke();
    return BodyVerdict::kRefused;
  }
  inbox_.append(bytes);
  body_bytes_ += bytes.size();
  mark_read_position();
  if (!rules_.streams) return BodyVerdict::kTaken;
  poke();
  if (inbox_.size() < kInboxHighWater) return BodyVerdict::kTaken;
  waiting_.push_back(std::move(resume));
  return BodyVerdict::kWait;
}

void Exchange::on_end(std::string failure, bool is_tls_failure) {
  const std::lock_guard lock(mutex_);
  if (!tls_failure_.empty() && !head_arrived_) {
    failure = std::exchange(tls_failure_, {});
    is_tls_failure = true;
  }
  end_ = ExchangeEnd{.failure = std::move(failure), .is_tls_failure = is_tls_failure};
  poke();
}

void Exchange::on_released() {
  const std::lock_guard lock(mutex_);
  released_ = true;
  released_changed_.notify_all();
}

Wake Exchange::wait() {
  while (true) {
    if (const std::optional<Wake> wake = ready()) return *wake;
    if (stop_.stop_requested()) return Wake::kStopped;
    const Instant now = std::chrono::steady_clock::now();
    if (const std::optional<Wake> wake = over_limit(now)) return *wake;
    sleep_until_poked(timeout_ms(now));
  }
}

ExchangeEnd Exchange::end() const {
  const std::lock_guard lock(mutex_);
  return end_.value_or(ExchangeEnd{});
}

std::optional<base::HttpResponse> Exchange::take_head() {
  const std::lock_guard lock(mutex_);
  return std::exchange(head_, std::nullopt);
}

int32_t Exchange::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

std::string Exchange::warning() const {
  const std::lock_guard lock(mutex_);
  return warning_;
}

std::string Exchange::take_bytes() {
  std::vector<std::function<void()>> resumed;
  std::string bytes;
  {
    const std::lock_guard lock(mutex_);
    bytes.swap(inbox_);
    resumed.swap(waiting_);
  }
  for (const std::function<void()>& resume : resumed) resume();
  return bytes;
}

void Exchange::note_progress() {
  const std::lock_guard lock(mutex_);
  progress_at_ = std::chrono::steady_clock::now();
}

void Exchange::end_by(Instant deadline) {
  const std::lock_guard lock(mutex_);
  rules_.deadline = deadline;
}

bool Exchange::break_off() {
  bool is_broken = false;
  {
    const std::lock_guard lock(mutex_);
    is_broken = socket_.valid() && ::shutdown(socket_.get(), SHUT_RDWR) == 0;
  }
  leave();
  return is_broken;
}

void Exchange::leave() {
  std::vector<std::function<void()>> resumed;
  on_stop_.reset();
  {
    const std::lock_guard lock(mutex_);
    sent_when_left_ = has_sent();
    left_ = true;
    // The library may hold this object for a while; descriptors are not to be held with it.
    socket_ = UniqueFd();
    events_ = UniqueFd();
    wakeups_ = UniqueFd();
    resumed.swap(waiting_);
  }
  for (const std::function<void()>& resume : resumed) resume();
}

bool Exchange::wait_released(base::Duration patience) {
  std::unique_lock lock(mutex_);
  return released_changed_.wait_for(lock, patience, [this] { return released_; });
}

bool Exchange::was_sent() const {
  const std::lock_guard lock(mutex_);
  return left_ ? sent_when_left_ : has_sent();
}

bool Exchange::is_stale() const {
  const std::lock_guard lock(mutex_);
  return stale_ && !repeated_;
}

std::string_view Exchange::stage() const {
  const std::lock_guard lock(mutex_);
  if (head_arrived_) return "in the body of the answer";
  const std::optional<Traffic> seen = traffic(socket_.get());
  if (!attached_ || (seen && !seen->connected)) return "connecting";
  if (rules_.tls && !handshake_done_) return "in the TLS handshake";
  return "waiting for the answer";
}

std::optional<Wake> Exchange::ready() {
  const std::lock_guard lock(mutex_);
  if (rules_.streams && (head_ || (head_arrived_ && !inbox_.empty()))) return Wake::kProgress;
  if (too_large_) return Wake::kTooLarge;
  if (end_) return Wake::kEnded;
  return std::nullopt;
}

std::optional<Wake> Exchange::over_limit(Instant now) {
  const std::lock_guard lock(mutex_);
  const std::optional<Traffic> seen = traffic(socket_.get());
  if (seen && seen->bytes_received != last_received_) {
    last_received_ = seen->bytes_received;
    progress_at_ = now;
  }
  if (seen) {
    if (const std::optional<Wake> wake = over_memory(*seen)) return wake;
  }
  if (now >= rules_.deadline) return Wake::kDeadline;
  if (!is_connected(seen) && now - connecting_since_ >= rules_.connect) return Wake::kNotConnected;
  if (rules_.idle && now - progress_at_ >= *rules_.idle) return Wake::kIdle;
  return std::nullopt;
}

// The head and every chunk are collected by the library before we see a byte of them, so the bound
// is on what it has read and not handed over. It goes on to the first chunk before its other thread
// hands over the head, so until then that may be a chunk as well.
std::optional<Wake> Exchange::over_memory(const Traffic& seen) {
  size_t bound = rules_.streams ? kMaxStreamBlock : rules_.max_body_bytes - inbox_.size();
  if (!head_arrived_) bound += kMaxHeadBytes;
  if (since(seen.bytes_read(), handed_over_) <= bound + kReadAhead) return std::nullopt;
  too_large_ = true;
  return Wake::kTooLarge;
}

int Exchange::timeout_ms(Instant now) const {
  const std::lock_guard lock(mutex_);
  Instant until = rules_.deadline;
  if (rules_.idle) until = std::min(until, progress_at_ + *rules_.idle);
  if (!head_arrived_ && !is_connected(traffic(socket_.get()))) {
    until = std::min(until, connecting_since_ + rules_.connect);
  }
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - now).count();
  constexpr int64_t kLongest = 60'000;  // nothing depends on it
  return static_cast<int>(std::clamp<int64_t>(left, 0, kLongest));
}

void Exchange::mark_read_position() {
  const std::optional<Traffic> seen = traffic(socket_.get());
  handed_over_ = seen ? seen->bytes_read() : 0;
}

bool Exchange::is_connected(const std::optional<Traffic>& seen) const {
  if (head_arrived_) return true;
  if (!attached_) return false;
  if (rules_.tls) return handshake_done_;
  return !seen || seen->connected;
}

bool Exchange::has_sent() const {
  if (repeated_) return true;  // the first copy went out on a connection that was closed
  if (!attached_ || stale_) return false;
  if (rules_.tls && !handshake_done_) return false;
  const std::optional<Traffic> seen = traffic(socket_.get());
  return !seen || since(seen->bytes_sent, at_start_.bytes_sent) > 0;
}

void Exchange::poke() const {
  if (!wakeups_.valid()) return;
  const uint64_t one = 1;
  // Full: it is awake anyway.
  [[maybe_unused]] const ssize_t written = ::write(wakeups_.get(), &one, sizeof one);
}

void Exchange::sleep_until_poked(int timeout_ms) {
  std::array<epoll_event, 4> events{};
  static_cast<void>(
      ::epoll_wait(events_.get(), events.data(), static_cast<int>(events.size()), timeout_ms));
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(wakeups_.get(), &count, sizeof count);
}

}  // namespace kaizen::net
