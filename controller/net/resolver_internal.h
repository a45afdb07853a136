// Resolver: names to IPv4 addresses without making the caller wait for longer than it may.
// cpprestsdk would resolve on one thread for the whole process, so that one hanging name stops
// every new connection; here a lookup runs on a thread of its own, at most one per resolver. One
// per transport; any thread.
#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"

namespace kaizen::net {

class Resolver {
 public:
  Resolver();

  // The addresses in the order the system gives them, dotted decimal; a literal gives itself.
  // Blocks until `deadline`. Errors: kUnavailable (not found, or no answer in time), kCancelled.
  // A lookup that is given up goes on in the background and serves the next caller.
  base::Result<std::vector<std::string>> addresses(const std::string& host,
                                                   std::chrono::steady_clock::time_point deadline,
                                                   const std::stop_token& stop);

 private:
  struct Lookup;

  static bool start(const std::shared_ptr<Lookup>& lookup, const std::string& host);

  std::shared_ptr<Lookup> lookup_;
};

}  // namespace kaizen::net
