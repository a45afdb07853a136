// Calls: the Transport to one server: limits, credentials, retries and connections around single
// exchanges (RT-5, RT-10 … RT-19). Any thread; blocks the caller.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/duration.h"
#include "base/error.h"
#include "base/http.h"
#include "base/result.h"
#include "base/rng.h"
#include "base/time.h"
#include "net/connection_internal.h"
#include "net/cpprest_transport.h"
#include "net/credentials_internal.h"
#include "net/exchange_internal.h"
#include "net/limiter_internal.h"
#include "net/permits_internal.h"
#include "net/presence_internal.h"
#include "net/resolver_internal.h"
#include "net/retry_internal.h"
#include "net/transport.h"
#include "net/trust_internal.h"

namespace kaizen::net {

class Calls final : public Transport {
 public:
  Calls(Endpoint endpoint,
        Server server,
        std::unique_ptr<Trust> trust,
        const base::Clock& clock,
        CallObserver observer);
  Calls(const Calls&) = delete;
  Calls& operator=(const Calls&) = delete;
  ~Calls() override;  // may wait for a second: see Presence

  base::Result<base::HttpResponse> call(const base::HttpRequest& request,
                                        const CallLimits& limits) override;
  base::Result<StreamEnd> stream(const base::HttpRequest& request,
                                 base::Duration idle,
                                 ByteSink& sink,
                                 std::stop_token stop) override;

 private:
  // One request on its way, and what is to be reported about it.
  struct Trip {
    const base::HttpRequest& request;
    Instant deadline;
    std::stop_token stop;
    std::vector<base::Header> headers;
    Trust::Now trust;
    base::MonoTime sent_at;
    std::string_view problem;
  };

  // An exchange after its first wake-up: its end, or a stream's head, or a limit.
  struct Opened {
    std::unique_ptr<Connection> connection;
    std::shared_ptr<Exchange> exchange;
    Wake wake = Wake::kEnded;
  };

  // What came of a call, and what the retry rules need to know.
  struct Sent {
    base::Result<base::HttpResponse> result;
    base::MonoTime sent_at;
    bool nothing_sent = false;
  };

  base::Result<Trip> prepare(const base::HttpRequest& request,
                             Instant deadline,
                             const std::stop_token& stop);
  base::Result<base::Unit> wait_for_limiter(const Trip& trip);
  base::Result<base::Unit> add_headers(Trip& trip);
  ExchangeRules rules(const Trip& trip) const;

  base::Result<Opened> open(const Trip& trip, const ExchangeRules& rules);
  std::shared_ptr<Exchange> new_exchange(const ExchangeRules& rules, const std::stop_token& stop);
  Opened exchange_on(std::unique_ptr<Connection> connection,
                     const Trip& trip,
                     const ExchangeRules& rules);
  bool may_try_next_address(const Opened& opened, const Trip& trip) const;
  static void abandon(Opened& opened);

  Sent call_once(const base::HttpRequest& request, const CallLimits& limits, Instant deadline);
  base::Result<base::HttpResponse> conclude(const Trip& trip, Opened& opened);

  base::Result<StreamEnd> stream_once(const Trip& trip, base::Duration idle, ByteSink& sink);
  static StreamEnd follow(Opened& opened, bool has_visible_end, ByteSink& sink);
  static StreamEnd refused(Opened& opened, base::HttpResponse head);

  std::optional<base::Duration> next_wait(Retry& retry, const Sent& sent);
  std::unique_ptr<Connection> take_idle(int64_t trust_generation);
  void keep(std::unique_ptr<Connection> connection);
  base::Error error(base::Code code, const base::HttpRequest& request, std::string_view what) const;
  base::Error failure(const Trip& trip, const Exchange& exchange, Wake wake) const;
  void report(const Trip& trip, Instant started, const Exchange& exchange) const;
  double jitter();

  const Endpoint endpoint_;
  const Server server_;
  const std::unique_ptr<Trust> trust_;
  const base::Clock& clock_;
  const CallObserver observer_;
  Credentials credentials_;
  Resolver resolver_;
  Permits permits_;
  std::mutex mutex_;  // of the members below; never held while anything blocks
  Limiter limiter_;
  base::Rng jitter_;
  std::vector<std::unique_ptr<Connection>> idle_;  // at most max_connections, newest last
  const std::shared_ptr<Presence> presence_;
};

}  // namespace kaizen::net
