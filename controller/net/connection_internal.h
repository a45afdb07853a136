// Connection: one http_client of cpprestsdk that carries one exchange at a time and therefore has
// one TCP connection; only so is it known which connection carries which request. Owned by one
// thread at a time; what happens to an exchange arrives on the library's threads.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/http.h"
#include "net/exchange_internal.h"
#include "net/tls_internal.h"
#include "net/trust_internal.h"
#include "net/url_internal.h"

namespace kaizen::net {

// What all connections of one transport have in common.
struct Server {
  ServerUrl url;
  std::optional<ProxyUrl> proxy;
  TlsPeer peer;
};

class Connection {
 public:
  // `address` is the server's, or the proxy's when there is one. Connects with the first exchange.
  Connection(const Server& server, const std::string& address, const Trust::Now& trust);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  int64_t trust_generation() const { return trust_generation_; }

  bool was_idle_for(std::chrono::steady_clock::duration span) const {
    return std::chrono::steady_clock::now() - used_at_ >= span;
  }

  // Returns at once; whatever happens reaches `exchange`.
  void start(const base::HttpRequest& request,
             const std::vector<base::Header>& headers,
             const std::shared_ptr<Exchange>& exchange);

  // Ends an exchange that has no TCP connection yet (Exchange::break_off ends the others). Does not
  // wait.
  void cancel();

  // The exchange is over: complete, so that the connection can carry another one, or broken off.
  void finish();

 private:
  struct Library;

  const int64_t trust_generation_;
  Instant used_at_ = std::chrono::steady_clock::now();
  std::unique_ptr<Library> library_;
};

}  // namespace kaizen::net
