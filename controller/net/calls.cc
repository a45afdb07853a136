#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "base/duration.h"
#include "base/error.h"
#include "base/http.h"
#include "base/number.h"
#include "base/result.h"
#include "base/text.h"
#include "base/time.h"
#include "net/calls_internal.h"
#include "net/connection_internal.h"
#include "net/cpprest_transport.h"
#include "net/exchange_internal.h"
#include "net/permits_internal.h"
#include "net/presence_internal.h"
#include "net/request_check_internal.h"
#include "net/retry_internal.h"
#include "net/transport.h"
#include "net/trust_internal.h"

namespace kaizen::net {
namespace {

// A connection that was idle for longer may be closed by the library (after 30 s) or the server any
// moment; a new one costs less than a request sent twice.
constexpr std::chrono::seconds kMaxIdle{25};
// How long a finished exchange may take to let go of its connection, before that is given up.
constexpr base::Duration kReleasePatience = std::chrono::milliseconds(100);
// How long a transport that goes away waits for exchanges that were given up.
constexpr base::Duration kFarewellPatience = std::chrono::seconds(1);
constexpr std::chrono::seconds kRefusedBody{30};       // RT-5, for the body of a refused stream
constexpr size_t kMaxRefusedBytes = size_t{4} << 20U;  // RT-6
constexpr std::chrono::hours kStreamTotal{24};         // streams end by `idle` and by their server
constexpr base::Duration kAfterTlsFailure = std::chrono::seconds(30);  // RT §1.11

Instant steady_now() {
  return std::chrono::steady_clock::now();
}

bool pause(base::Duration span, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, span, [] { return false; });
  return !stop.stop_requested();
}

// The last of several headers of one name is sent: the request's own over the endpoint's.
void set_header(std::vector<base::Header>& headers, const base::Header& header) {
  const std::string name = base::to_lower_ascii(header.name);
  std::erase_if(headers,
                [&](const base::Header& h) { return base::to_lower_ascii(h.name) == name; });
  headers.push_back(header);
}

std::optional<int64_t> content_length(const base::HttpResponse& head) {
  const auto text = base::find_header(head.headers, "Content-Length");
  if (!text) return std::nullopt;
  const std::optional<int64_t> bytes = base::parse_int(base::trim(*text));
  return bytes && *bytes >= 0 ? bytes : std::nullopt;
}

bool is_chunked(const base::HttpResponse& head) {
  const auto coding = base::find_header(head.headers, "Transfer-Encoding");
  return coding && base::to_lower_ascii(*coding).find("chunked") != std::string::npos;
}

bool has_body(std::string_view method, int32_t status) {
  return method != "HEAD" && status != 204 && status != 304;
}

// The library takes the end of the connection for the end of a body that has neither a length nor
// chunks; a cut cannot be told from it.
bool has_visible_end(std::string_view method, const base::HttpResponse& head) {
  return !has_body(method, head.status) || is_chunked(head) || content_length(head);
}

// Whether the sink gets the body: 206 is an answer only to who asked for a part.
bool is_content(const base::HttpRequest& request, const base::HttpResponse& head) {
  return head.status == 200 || (head.status == 206 && base::find_header(request.headers, "Range"));
}

// Why an answer that the library calls complete is none; empty: it is one.
std::string flaw(std::string_view method, const base::HttpResponse& answer) {
  if (answer.status < 200 || answer.status > 599) {
    return base::concat({"status ", std::to_string(answer.status), " is no answer"});
  }
  if (!has_visible_end(method, answer)) {
    return "its end cannot be told from a cut: it has neither Content-Length nor chunks";
  }
  if (!has_body(method, answer.status) || is_chunked(answer)) return {};
  const bool fits = static_cast<size_t>(content_length(answer).value_or(0)) == answer.body.size();
  return fits ? "" : "its body is not as long as Content-Length says";
}

// What became of a stream after its head.
StreamEnd stream_end(Wake wake, const ExchangeEnd& end, bool has_visible_end) {
  switch (wake) {
    case Wake::kProgress:
    case Wake::kEnded: break;
    case Wake::kStopped:
      return {.kind = StreamEndKind::kStopped, .response = {}, .detail = "stopped"};
    case Wake::kTooLarge:
      return {.kind = StreamEndKind::kCut, .response = {}, .detail = "a chunk is over 8 MiB"};
    case Wake::kIdle:
    case Wake::kDeadline:
    case Wake::kNotConnected:
      return {.kind = StreamEndKind::kIdle, .response = {}, .detail = "no byte arrived"};
  }
  if (!end.failure.empty()) {
    return {.kind = StreamEndKind::kCut, .response = {}, .detail = end.failure};
  }
  if (has_visible_end) return {.kind = StreamEndKind::kServerEnded, .response = {}, .detail = {}};
  return {.kind = StreamEndKind::kCut,
          .response = {},
          .detail = "the connection ended; without chunks or a length no end can be told"};
}

class Permit {
 public:
  explicit Permit(Permits& permits) : permits_(permits) {}

  Permit(const Permit&) = delete;
  Permit& operator=(const Permit&) = delete;

  ~Permit() { permits_.give_back(); }

 private:
  Permits& permits_;
};

}  // namespace

Calls::Calls(Endpoint endpoint,
             Server server,
             std::unique_ptr<Trust> trust,
             const base::Clock& clock,
             CallObserver observer)
    : endpoint_(std::move(endpoint)),
      server_(std::move(server)),
      trust_(std::move(trust)),
      clock_(clock),
      observer_(std::move(observer)),
      credentials_({.token_file = endpoint_.token_file,
                    .token = endpoint_.token,
                    .headers_file = endpoint_.headers_file},
                   clock),
      permits_(endpoint_.max_connections),
      limiter_(endpoint_.requests_per_second, endpoint_.burst),
      jitter_(std::random_device{}()),
      presence_(std::make_shared<Presence>()) {}

Calls::~Calls() {
  idle_.clear();
  // What is there after that is the library's alone: it reaches nothing of this object.
  static_cast<void>(presence_->wait_gone(kFarewellPatience));
}

base::Result<base::HttpResponse> Calls::call(const base::HttpRequest& request,
                                             const CallLimits& limits) {
  KAIZEN_CHECK(limits.total > base::Duration::zero(), "a call needs a total above zero (T1)");
  KAIZEN_TRY(const base::Unit checked, check_request(request));
  static_cast<void>(checked);
  const Instant deadline = steady_now() + limits.total;
  Retry retry;
  while (true) {
    Sent sent = call_once(request, limits, deadline);
    const std::optional<base::Duration> wait = next_wait(retry, sent);
    if (!wait || steady_now() + *wait >= deadline) return std::move(sent.result);
    if (!pause(*wait, limits.stop)) {
      return error(base::Code::kCancelled, request, "stopped before it was sent again");
    }
  }
}

base::Result<StreamEnd> Calls::stream(const base::HttpRequest& request,
                                      base::Duration idle,
                                      ByteSink& sink,
                                      std::stop_token stop) {
  KAIZEN_CHECK(idle > base::Duration::zero(), "a stream needs an idle limit above zero (T5)");
  KAIZEN_TRY(const base::Unit checked, check_request(request));
  static_cast<void>(checked);
  Retry retry;
  while (true) {
    KAIZEN_TRY(const Trip trip, prepare(request, steady_now() + kStreamTotal, stop));
    base::Result<StreamEnd> result = stream_once(trip, idle, sink);
    const bool unauthorized =
        result.ok() && result->kind == StreamEndKind::kRefused && result->response.status == 401;
    const bool again =
        unauthorized && credentials_.drop_read_before(trip.sent_at) && retry.after_unauthorized();
    if (!again) return result;
  }
}

base::Result<Calls::Trip> Calls::prepare(const base::HttpRequest& request,
                                         Instant deadline,
                                         const std::stop_token& stop) {
  Trip trip{.request = request,
            .deadline = deadline,
            .stop = stop,
            .headers = {},
            .trust = {},
            .sent_at = {},
            .problem = {}};
  KAIZEN_TRY(const base::Unit waited, wait_for_limiter(trip));
  static_cast<void>(waited);
  KAIZEN_TRY(const base::Unit added, add_headers(trip));
  static_cast<void>(added);
  trip.trust = trust_->now();
  if (trip.problem.empty()) trip.problem = trip.trust.problem;
  trip.sent_at = clock_.mono();
  return trip;
}

base::Result<base::Unit> Calls::wait_for_limiter(const Trip& trip) {
  std::optional<base::Duration> wait;
  {
    const std::lock_guard lock(mutex_);
    const auto patience = std::chrono::duration_cast<base::Duration>(trip.deadline - steady_now());
    wait = limiter_.take(clock_.mono(), patience);
  }
  if (!wait) {
    return error(base::Code::kUnavailable, trip.request,
                 "our own limit of requests per second leaves no room before the deadline");
  }
  if (*wait > base::Duration::zero() && !pause(*wait, trip.stop)) {
    return error(base::Code::kCancelled, trip.request, "stopped before it was sent");
  }
  return base::Unit{};
}

base::Result<base::Unit> Calls::add_headers(Trip& trip) {
  KAIZEN_TRY(const Credentials::Now credentials, credentials_.now());
  trip.problem = credentials.problem;
  trip.headers = {{.name = "User-Agent", .value = "kaizen"},
                  {.name = "Accept", .value = "application/json"}};  // RT-15
  if (!credentials.token.empty()) {
    trip.headers.push_back(
        {.name = "Authorization", .value = base::concat({"Bearer ", credentials.token})});
  }
  for (const base::Header& header : endpoint_.headers) set_header(trip.headers, header);
  for (const base::Header& header : credentials.headers) set_header(trip.headers, header);
  for (const base::Header& header : trip.request.headers) set_header(trip.headers, header);
  return base::Unit{};
}

ExchangeRules Calls::rules(const Trip& trip) const {
  return {.tls = server_.url.tls,
          .streams = false,
          .max_body_bytes = 0,
          .connect = endpoint_.connect,
          .deadline = trip.deadline,
          .idle = std::nullopt};
}

base::Result<Calls::Opened> Calls::open(const Trip& trip, const ExchangeRules& rules) {
  while (!rules.streams) {
    std::unique_ptr<Connection> used = take_idle(trip.trust.generation);
    if (used == nullptr) break;
    Opened opened = exchange_on(std::move(used), trip, rules);
    if (!opened.exchange->is_stale()) return opened;
  }
  const Instant patience = std::min<Instant>(trip.deadline, steady_now() + endpoint_.connect);
  const std::string& host = server_.proxy ? server_.proxy->host : server_.url.host;
  KAIZEN_TRY(const std::vector<std::string> addresses,
             resolver_.addresses(host, patience, trip.stop));
  for (size_t i = 0;; ++i) {
    Opened opened = exchange_on(std::make_unique<Connection>(server_, addresses.at(i), trip.trust),
                                trip, rules);
    if (i + 1 == addresses.size() || !may_try_next_address(opened, trip)) return opened;
    abandon(opened);
  }
}

std::shared_ptr<Exchange> Calls::new_exchange(const ExchangeRules& rules,
                                              const std::stop_token& stop) {
  presence_->enter();
  return {new Exchange(rules, stop), [presence = presence_](const Exchange* exchange) {
            delete exchange;
            presence->leave();
          }};
}

Calls::Opened Calls::exchange_on(std::unique_ptr<Connection> connection,
                                 const Trip& trip,
                                 const ExchangeRules& rules) {
  const Instant started = steady_now();
  Opened opened{.connection = std::move(connection),
                .exchange = new_exchange(rules, trip.stop),
                .wake = Wake::kEnded};
  if (!opened.exchange->is_over()) {
    opened.connection->start(trip.request, trip.headers, opened.exchange);
  }
  opened.wake = opened.exchange->wait();
  if (!opened.exchange->is_stale()) report(trip, started, *opened.exchange);
  return opened;
}

bool Calls::may_try_next_address(const Opened& opened, const Trip& trip) const {
  if (steady_now() >= trip.deadline || opened.exchange->was_sent()) return false;
  if (opened.wake == Wake::kNotConnected) return true;
  const ExchangeEnd end = opened.exchange->end();
  return opened.wake == Wake::kEnded && !end.failure.empty() && !end.is_tls_failure;
}

void Calls::abandon(Opened& opened) {
  if (opened.exchange->break_off()) {
    opened.connection->finish();
  } else {
    opened.connection->cancel();
  }
  opened.connection.reset();
}

Calls::Sent Calls::call_once(const base::HttpRequest& request,
                             const CallLimits& limits,
                             Instant deadline) {
  base::Result<Trip> trip = prepare(request, deadline, limits.stop);
  if (!trip) return {.result = trip.error(), .sent_at = {}, .nothing_sent = false};
  Sent sent{.result = base::Error{}, .sent_at = trip->sent_at, .nothing_sent = false};
  if (!permits_.take(deadline, limits.stop)) {
    const bool stopped = limits.stop.stop_requested();
    sent.result = error(
        stopped ? base::Code::kCancelled : base::Code::kUnavailable, request,
        stopped ? "stopped before it was sent" : "all connections were in use until the deadline");
    return sent;
  }
  const Permit permit(permits_);
  ExchangeRules call_rules = rules(*trip);
  call_rules.max_body_bytes = limits.max_body_bytes;
  base::Result<Opened> opened = open(*trip, call_rules);
  if (!opened) {
    sent.nothing_sent = opened.error().code == base::Code::kUnavailable;
    sent.result = error(opened.error().code, request, opened.error().message);
    return sent;
  }
  sent.result = conclude(*trip, *opened);
  sent.nothing_sent = !sent.result.ok() && !opened->exchange->was_sent();
  return sent;
}

base::Result<base::HttpResponse> Calls::conclude(const Trip& trip, Opened& opened) {
  Exchange& exchange = *opened.exchange;
  const bool is_complete = opened.wake == Wake::kEnded && exchange.end().failure.empty();
  std::optional<base::HttpResponse> answer = exchange.take_head();
  if (!is_complete || !answer) {
    const base::Error problem = failure(trip, exchange, opened.wake);
    abandon(opened);
    return problem;
  }
  answer->body = exchange.take_bytes();
  if (const std::string what = flaw(trip.request.method, *answer); !what.empty()) {
    abandon(opened);
    return error(
        is_read(trip.request.method) ? base::Code::kUnavailable : base::Code::kUnknownOutcome,
        trip.request, base::concat({"the answer is unusable: ", what}));
  }
  exchange.leave();
  opened.connection->finish();
  if (!server_.proxy && exchange.wait_released(kReleasePatience)) {
    keep(std::move(opened.connection));
  }
  return *std::move(answer);
}

base::Result<StreamEnd> Calls::stream_once(const Trip& trip, base::Duration idle, ByteSink& sink) {
  ExchangeRules stream_rules = rules(trip);
  stream_rules.streams = true;
  stream_rules.idle = idle;
  base::Result<Opened> opened = open(trip, stream_rules);
  if (!opened) return error(opened.error().code, trip.request, opened.error().message);
  std::optional<base::HttpResponse> head = opened->exchange->take_head();
  if (!head || opened->wake != Wake::kProgress || head->status < 200) {
    const base::Error problem = failure(trip, *opened->exchange, opened->wake);
    abandon(*opened);
    return problem;
  }
  StreamEnd end;
  if (is_content(trip.request, *head)) {
    sink.on_open(*head);
    end = follow(*opened, has_visible_end(trip.request.method, *head), sink);
  } else {
    end = refused(*opened, *std::move(head));
  }
  abandon(*opened);
  return end;
}

StreamEnd Calls::follow(Opened& opened, bool has_visible_end, ByteSink& sink) {
  Exchange& exchange = *opened.exchange;
  while (true) {
    const Wake wake = exchange.wait();
    if (wake != Wake::kProgress) return stream_end(wake, exchange.end(), has_visible_end);
    const std::string bytes = exchange.take_bytes();
    if (!bytes.empty() && !sink.on_bytes(bytes)) {
      return {.kind = StreamEndKind::kStopped, .response = {}, .detail = "the receiver said so"};
    }
    exchange.note_progress();
  }
}

StreamEnd Calls::refused(Opened& opened, base::HttpResponse head) {
  Exchange& exchange = *opened.exchange;
  StreamEnd end{.kind = StreamEndKind::kRefused, .response = std::move(head), .detail = {}};
  exchange.end_by(steady_now() + kRefusedBody);
  Wake wake = Wake::kProgress;
  while (wake == Wake::kProgress) {
    wake = exchange.wait();
    end.response.body += exchange.take_bytes();
    if (end.response.body.size() > kMaxRefusedBytes) wake = Wake::kTooLarge;
  }
  if (wake == Wake::kEnded && exchange.end().failure.empty()) return end;
  // Half a body must not be taken for a whole one.
  end.response.body.clear();
  end.detail = wake == Wake::kTooLarge ? "the body is over 4 MiB" : "the body was cut";
  return end;
}

std::optional<base::Duration> Calls::next_wait(Retry& retry, const Sent& sent) {
  if (sent.result.ok()) {
    if (sent.result->status != 401) return retry.after_answer(*sent.result, jitter());
    const bool again = credentials_.drop_read_before(sent.sent_at) && retry.after_unauthorized();
    return again ? std::optional(base::Duration{}) : std::nullopt;
  }
  const bool is_safe = sent.nothing_sent && sent.result.error().code == base::Code::kUnavailable;
  return is_safe ? std::optional(retry.after_nothing_sent(jitter())) : std::nullopt;
}

std::unique_ptr<Connection> Calls::take_idle(int64_t trust_generation) {
  std::vector<std::unique_ptr<Connection>> outdated;  // closed after the lock is gone
  const std::lock_guard lock(mutex_);
  for (std::unique_ptr<Connection>& connection : idle_) {
    const bool is_usable =
        connection->trust_generation() == trust_generation && !connection->was_idle_for(kMaxIdle);
    if (!is_usable) outdated.push_back(std::move(connection));
  }
  std::erase(idle_, nullptr);
  if (idle_.empty()) return nullptr;
  std::unique_ptr<Connection> newest = std::move(idle_.back());
  idle_.pop_back();
  return newest;
}

void Calls::keep(std::unique_ptr<Connection> connection) {
  const std::lock_guard lock(mutex_);
  if (idle_.size() < endpoint_.max_connections) idle_.push_back(std::move(connection));
}

base::Error Calls::error(base::Code code,
                         const base::HttpRequest& request,
                         std::string_view what) const {
  const std::string_view path =
      std::string_view(request.target).substr(0, request.target.find('?'));
  base::Error result{
      .action =
          code == base::Code::kTooLarge ? base::Action::kAwaitChange : base::Action::kRetryCall,
      .code = code,
      .message = base::concat({request.method, " ", server_.url.tls ? "https://" : "http://",
                               server_.url.authority(), path, ": ", what}),
      .retry_after = {}};
  if (code == base::Code::kTls) result.retry_after = kAfterTlsFailure;
  return result;
}

base::Error Calls::failure(const Trip& trip, const Exchange& exchange, Wake wake) const {
  const std::string_view stage = exchange.stage();
  switch (wake) {
    case Wake::kDeadline:
      return error(exchange.was_sent() ? base::Code::kTimeout : base::Code::kUnavailable,
                   trip.request, base::concat({"no complete answer before the deadline, ", stage}));
    case Wake::kIdle:
      return error(base::Code::kTimeout, trip.request,
                   base::concat({"no byte arrived for too long, ", stage}));
    case Wake::kStopped: return error(base::Code::kCancelled, trip.request, "stopped");
    case Wake::kNotConnected:
      return error(base::Code::kUnavailable, trip.request,
                   base::concat({"no connection within ", base::format_duration(endpoint_.connect),
                                 ", ", stage}));
    case Wake::kTooLarge:
      return error(base::Code::kTooLarge, trip.request,
                   "the answer's head or body is larger than it may be");
    case Wake::kEnded:
    case Wake::kProgress: break;
  }
  const ExchangeEnd end = exchange.end();
  const std::string what = base::concat({end.failure, ", ", stage});
  if (end.is_tls_failure) return error(base::Code::kTls, trip.request, what);
  const bool is_safe = is_read(trip.request.method) || !exchange.was_sent();
  return error(is_safe ? base::Code::kUnavailable : base::Code::kUnknownOutcome, trip.request,
               what);
}

void Calls::report(const Trip& trip, Instant started, const Exchange& exchange) const {
  if (!observer_) return;
  const std::vector<std::string> warnings = parse_warnings(exchange.warning());
  observer_({.method = trip.request.method,
             .host = server_.url.host,
             .target = trip.request.target,
             .status = exchange.status(),
             .took = std::chrono::duration_cast<base::Duration>(steady_now() - started),
             .problem = trip.problem,
             .warnings = warnings});
}

double Calls::jitter() {
  const std::lock_guard lock(mutex_);
  return jitter_.unit();
}

}  // namespace kaizen::net
