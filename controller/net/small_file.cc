#include <cerrno>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/error.h"
#include "base/result.h"
#include "base/text.h"
#include "net/small_file_internal.h"
#include "net/unique_fd_internal.h"

namespace kaizen::net {
namespace {

base::Error unreadable(const std::string& path, std::string_view why) {
  return {.action = base::Action::kRetryCall,
          .code = base::Code::kUnavailable,
          .message = base::concat({"read ", path, ": ", why})};
}

std::string last_error() {
  return std::generic_category().message(errno);
}

}  // namespace

base::Result<std::string> read_small_file(const std::string& path, size_t max_bytes) {
  // O_NONBLOCK: opening a FIFO would wait for its writer.
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd.valid()) return unreadable(path, last_error());
  struct stat info{};
  if (::fstat(fd.get(), &info) != 0) return unreadable(path, last_error());
  if (!S_ISREG(info.st_mode)) return unreadable(path, "it is no regular file");
  // One byte more than allowed tells a file that is too large, whatever its size was before.
  std::string content(max_bytes + 1, '\0');
  size_t length = 0;
  while (length < content.size()) {
    const ssize_t got = ::read(fd.get(), content.data() + length, content.size() - length);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unreadable(path, last_error());
    if (got == 0) break;
    length += static_cast<size_t>(got);
  }
  if (length > max_bytes) {
    return unreadable(path,
                      base::concat({"it is larger than ", std::to_string(max_bytes), " bytes"}));
  }
  content.resize(length);
  return content;
}

}  // namespace kaizen::net
