#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>  // NOLINT(misc-include-cleaner): IPPROTO_TCP
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "net/socket_internal.h"
#include "net/unique_fd_internal.h"

// Names of sockets come from headers of the kernel that only these may include.
// NOLINTBEGIN(misc-include-cleaner)

namespace kaizen::net {
namespace {

constexpr int kKeepAliveIdleSeconds = 30;
constexpr int kKeepAliveIntervalSeconds = 10;
constexpr int kKeepAliveProbes = 3;
constexpr int kUserTimeoutMs = 45'000;

bool set_option(int socket, int level, int name, int value) {
  return ::setsockopt(socket, level, name, &value, sizeof value) == 0;
}

// States of net/tcp_states.h, which user space has no header for beside glibc's netinet/tcp.h; that
// one clashes with linux/tcp.h.
constexpr uint8_t kTcpSynSent = 2;

}  // namespace

bool set_liveness_options(int socket) {
  return set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1) &&
         set_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, kKeepAliveIdleSeconds) &&
         set_option(socket, IPPROTO_TCP, TCP_KEEPINTVL, kKeepAliveIntervalSeconds) &&
         set_option(socket, IPPROTO_TCP, TCP_KEEPCNT, kKeepAliveProbes) &&
         set_option(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, kUserTimeoutMs);
}

bool is_stale(int socket) {
  char byte = 0;
  const ssize_t got = ::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

std::optional<Traffic> traffic(int socket) {
  tcp_info info{};
  socklen_t length = sizeof info;
  if (::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return std::nullopt;
  if (length < offsetof(tcp_info, tcpi_bytes_sent) + sizeof info.tcpi_bytes_sent) {
    return std::nullopt;
  }
  int unread = 0;
  if (::ioctl(socket, FIONREAD, &unread) != 0) unread = 0;
  const bool never_connected = info.tcpi_state == kTcpSynSent || info.tcpi_segs_in == 0;
  return Traffic{.connected = !never_connected,
                 .bytes_sent = info.tcpi_bytes_sent,
                 .bytes_received = info.tcpi_bytes_received,
                 .bytes_unread = static_cast<uint64_t>(std::max(0, unread))};
}

UniqueFd duplicate(int fd) {
  return UniqueFd(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
}

}  // namespace kaizen::net

// NOLINTEND(misc-include-cleaner)
