#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/result.h"
#include "base/text.h"
#include "net/resolver_internal.h"
#include "net/url_internal.h"

namespace kaizen::net {
namespace {

using Addresses = base::Result<std::vector<std::string>>;

constexpr size_t kMaxAddresses = 16;  // a name with more is tried at its first ones

base::Error not_resolved(const std::string& host, std::string_view why) {
  return {.action = base::Action::kRetryCall,
          .code = base::Code::kUnavailable,
          .message = base::concat({"resolve ", host, ": ", why})};
}

Addresses look_up(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_INET;  // docs/decisions/0004: no IPv6 with cpprestsdk
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* first = nullptr;
  const int failure = ::getaddrinfo(host.c_str(), nullptr, &hints, &first);
  if (failure != 0) return not_resolved(host, ::gai_strerror(failure));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(first, &::freeaddrinfo);
  std::vector<std::string> found;
  for (const addrinfo* item = first; item != nullptr && found.size() < kMaxAddresses;
       item = item->ai_next) {
    const auto* address = reinterpret_cast<const sockaddr_in*>(item->ai_addr);
    std::array<char, INET_ADDRSTRLEN> text{};
    ::inet_ntop(AF_INET, &address->sin_addr, text.data(), text.size());
    found.emplace_back(text.data());
  }
  if (found.empty()) return not_resolved(host, "it has no IPv4 address");
  return found;
}

}  // namespace

// Shared with the thread of the lookup, which may outlive the resolver.
struct Resolver::Lookup {
  std::mutex mutex;
  std::condition_variable_any changed;
  bool running = false;
  size_t round = 0;  // counts finished lookups
  Addresses last = std::vector<std::string>();
};

bool Resolver::start(const std::shared_ptr<Lookup>& lookup, const std::string& host) {
  try {
    // Detached: nothing can interrupt getaddrinfo, and its thread touches only what it shares.
    std::thread([shared = lookup, host] {
      Addresses found = look_up(host);
      const std::lock_guard guard(shared->mutex);
      shared->last = std::move(found);
      shared->running = false;
      ++shared->round;
      shared->changed.notify_all();
    }).detach();
  } catch (const std::system_error&) {
    return false;
  }
  return true;
}

Resolver::Resolver() : lookup_(std::make_shared<Lookup>()) {}

base::Result<std::vector<std::string>> Resolver::addresses(
    const std::string& host,
    std::chrono::steady_clock::time_point deadline,
    const std::stop_token& stop) {
  if (is_ipv4_address(host)) return std::vector<std::string>{host};
  std::unique_lock lock(lookup_->mutex);
  const size_t round = lookup_->round;
  if (!lookup_->running) {
    if (!start(lookup_, host)) return not_resolved(host, "no thread is left for it");
    lookup_->running = true;
  }
  const bool answered =
      lookup_->changed.wait_until(lock, stop, deadline, [&] { return lookup_->round != round; });
  if (answered) return lookup_->last;
  if (stop.stop_requested()) {
    return base::Error{.action = base::Action::kRetryCall,
                       .code = base::Code::kCancelled,
                       .message = base::concat({"resolve ", host, ": stopped"})};
  }
  return not_resolved(host, "no answer in time");
}

}  // namespace kaizen::net
