#include "app/file.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/result.h"
#include "base/text.h"

namespace kaizen::app {

namespace {

constexpr size_t kMaxBytes = size_t{1} << 20U;

base::Error problem(const std::string& path, std::string_view what) {
  return base::invalid(base::concat({"read ", path, ": ", what}));
}

base::Error system_problem(const std::string& path) {
  return problem(path, std::generic_category().message(errno));
}

}  // namespace

base::Result<std::string> read_file(const std::string& path) {
  // Mounted ConfigMaps are links, so links are followed; a fifo must not block the start.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return system_problem(path);
  base::Result<std::string> read = std::string();
  struct stat status{};
  std::array<char, 16384> bytes{};
  if (fstat(fd, &status) != 0) {
    read = system_problem(path);
  } else if (!S_ISREG(status.st_mode)) {
    read = problem(path, "is no regular file");
  }
  while (read.ok()) {
    const ssize_t got = ::read(fd, bytes.data(), bytes.size());
    if (got == 0) break;
    if (got < 0) {
      read = system_problem(path);
    } else if (read->size() + static_cast<size_t>(got) > kMaxBytes) {
      read = problem(path, "is larger than 1 MiB");
    } else {
      read->append(bytes.data(), static_cast<size_t>(got));
    }
  }
  close(fd);
  return read;
}

}  // namespace kaizen::app
