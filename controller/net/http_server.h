// HttpServer: our own small endpoints (/livez, /readyz, /metrics) over Boost.Beast, plain HTTP/1.1
// (R2-42, R3-22). Two threads of its own; bounded in header and body size, time and connections.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/duration.h"
#include "base/http.h"
#include "base/result.h"

namespace kaizen::net {

struct ServerLimits {
  size_t max_header_bytes = 16U << 10U;
  size_t max_body_bytes = 64U << 10U;
  size_t max_connections = 64;
  base::Duration request_deadline = std::chrono::seconds(10);
  base::Duration idle = std::chrono::seconds(60);  // keep-alive
};

class HttpServer {
 public:
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  virtual ~HttpServer() = default;  // stops and joins

  virtual uint16_t port() const = 0;  // the bound one, also when 0 was asked for

 protected:
  HttpServer() = default;
};

// Listens at once. `handler` outlives the server and is called from its threads. Error: address in
// use, not permitted.
base::Result<std::unique_ptr<HttpServer>> start_http_server(const std::string& address,
                                                            uint16_t port,
                                                            base::HttpHandler& handler,
                                                            const ServerLimits& limits = {});

}  // namespace kaizen::net
