// The Transport over cpprestsdk: one instance per server (RT-1 … RT-19, T1 … T14). The library's
// traps and what is done about each are listed in docs/decisions/0004. Blocks the caller; any
// thread but those of cpprestsdk's own pool (A63).
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/duration.h"
#include "base/http.h"
#include "base/result.h"
#include "net/transport.h"

namespace kaizen::net {

// Where and how to connect. Files are read again when they may have changed (RT-18, RT-19).
struct Endpoint {
  std::string base_url;     // "https://10.96.0.1:443", no path
  std::string ca_file;      // PEM; with it, only this CA is trusted (RT-2); empty: system roots
  std::string ca_pem;       // the same, inline (kubeconfig)
  std::string server_name;  // verified instead of the URL's host when set
  std::string token_file;
  std::string token;  // inline; token_file wins
  std::string client_certificate_file;
  std::string client_key_file;
  std::string client_certificate_pem;
  std::string client_key_pem;
  std::vector<base::Header> headers;  // sent with every request (User-Agent, tenant)
  std::string headers_file;           // "Name: value" lines, read again like a token
  std::string proxy;                  // RT-11, resolved by the caller from the environment
  size_t max_connections = 16;        // RT-10: unary calls at a time; each stream has its own
  base::Duration connect = std::chrono::seconds(10);  // RT-5: TCP and TLS together
  // Client-side limiter (RT-14); 0: none.
  double requests_per_second = 0;
  double burst = 0;
};

// What happened to one request sent (a retry is one more), for metrics; called on the calling
// thread.
struct CallReport {
  std::string_view method;
  std::string_view host;
  std::string_view target;  // of the request: path and query
  int status = 0;           // 0: no answer
  base::Duration took{};
  // "", "token_unreadable", "token_empty", "headers_unreadable", "headers_unparsable",
  // "trust_unreadable", "trust_unparsable": the old value is still used (RT-18, RT-19).
  std::string_view problem;
  std::span<const std::string> warnings;  // texts of the Warning headers (RT-16)
};

using CallObserver = std::function<void(const CallReport&)>;

// Gives cpprestsdk its pool of 4 threads (A63; left alone it starts 40). The first thing main does
// with the library; make_cpprest_transport does it when nobody has.
void start_cpprest_threads();

// Error (kTerminal): the URL, a certificate or a proxy (socks5) that cannot be used. `clock`
// outlives the transport.
base::Result<std::unique_ptr<Transport>> make_cpprest_transport(Endpoint endpoint,
                                                                const base::Clock& clock,
                                                                CallObserver observer);

}  // namespace kaizen::net
