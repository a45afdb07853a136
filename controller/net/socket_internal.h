// What the kernel knows of a connection that cpprestsdk made: the library hides whether anything
// was sent and how much it holds in memory, and offers no place to set options after connecting.
// Functions over descriptors; any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "net/unique_fd_internal.h"

namespace kaizen::net {

// Keepalive after 30 s, every 10 s, 3 times; TCP_USER_TIMEOUT 45 s (RT-8): a half-open connection
// is found in a minute instead of a quarter of an hour. Works before connecting. False: refused by
// the kernel.
bool set_liveness_options(int socket);

// Closed by the peer, broken, or holding bytes that nobody asked for: not to be used again.
bool is_stale(int socket);

struct Traffic {
  bool connected = false;  // the TCP handshake was completed, even if it is closed by now
  uint64_t bytes_sent = 0;
  uint64_t bytes_received = 0;
  uint64_t bytes_unread = 0;  // received, but still in the kernel

  uint64_t bytes_read() const {
    return bytes_received > bytes_unread ? bytes_received - bytes_unread : 0;
  }
};

// nullopt: the kernel does not count (no TCP, or an emulated kernel).
std::optional<Traffic> traffic(int socket);

// A second descriptor of the same connection.
UniqueFd duplicate(int fd);

}  // namespace kaizen::net
