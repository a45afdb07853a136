#include "app/model_folder.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/result.h"
#include "base/text.h"
#include "load/listing.h"
#include "load/loader.h"
#include "load/outcome.h"

namespace kaizen::app {

namespace {

namespace fs = std::filesystem;
using Done = load::Outcome<base::Unit>;

// The model server runs as another user, and only reads.
constexpr mode_t kFolderMode = 0755;
constexpr mode_t kFileMode = 0644;
constexpr size_t kBlock = size_t{1} << 20U;

load::Failure problem(std::string_view what, std::string_view path, const std::error_code& why) {
  const bool is_full = why == std::errc::no_space_on_device ||
                       why == std::error_code(EDQUOT, std::generic_category());
  return {.status = load::ExitStatus::kCannotCreate,
          .message = base::concat({what, " ", path, ": ", why.message(),
                                   is_full ? "; give the volume more room" : ""})};
}

std::error_code last_error() {
  return {errno, std::generic_category()};
}

std::string without_slashes(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

// One open file of the model, closed at the end of the scope.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}

  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }

  int get() const { return fd_; }

 private:
  const int fd_;
};

load::Outcome<load::FileDigest> hash_file(const std::string& path, std::string name) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (file.get() < 0) return problem("read", path, last_error());
  base::Sha256 hash;
  load::FileDigest digest{.path = std::move(name), .size = 0, .sha256 = {}};
  std::string block(kBlock, '\0');
  while (true) {
    const ssize_t got = ::read(file.get(), block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return problem("read", path, last_error());
    if (got == 0) break;
    hash.add(std::string_view(block).substr(0, static_cast<size_t>(got)));
    digest.size += got;
  }
  digest.sha256 = hash.finish_hex();
  return digest;
}

// What is written is on the disk before the name says that it is complete.
Done sync_folder(const std::string& path) {
  const Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0 || ::fsync(folder.get()) != 0) return problem("sync", path, last_error());
  return load::kDone;
}

Done sync_folders(const std::string& top) {
  std::error_code error;
  auto entries = fs::recursive_directory_iterator(top, error);
  for (; !error && entries != fs::recursive_directory_iterator(); entries.increment(error)) {
    if (!entries->is_directory(error)) continue;
    KAIZEN_TRY(const base::Unit synced, sync_folder(entries->path().string()));
    static_cast<void>(synced);
  }
  if (error) return problem("sync", top, error);
  return sync_folder(top);
}

Done make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), kFolderMode) != 0 && errno != EEXIST) {
    return problem("create", path, last_error());
  }
  // Whatever the umask is.
  if (::chmod(path.c_str(), kFolderMode) != 0) return problem("create", path, last_error());
  return load::kDone;
}

}  // namespace

ModelFolder::ModelFolder(std::string path)
    : path_(without_slashes(std::move(path))), partial_(base::concat({path_, ".partial"})) {}

ModelFolder::~ModelFolder() {
  forget();
}

load::Outcome<std::vector<load::FileDigest>> ModelFolder::present() {
  std::vector<load::FileDigest> files;
  std::error_code error;
  if (!fs::is_directory(fs::symlink_status(path_, error))) return files;
  auto entries = fs::recursive_directory_iterator(path_, error);
  for (; !error && entries != fs::recursive_directory_iterator(); entries.increment(error)) {
    const fs::file_status status = entries->symlink_status(error);
    if (error) break;
    if (fs::is_directory(status)) continue;
    if (!fs::is_regular_file(status) || files.size() == load::kMaxFiles) {
      return std::vector<load::FileDigest>{};
    }
    std::string name = entries->path().lexically_relative(path_).string();
    KAIZEN_TRY(load::FileDigest digest, hash_file(entries->path().string(), std::move(name)));
    files.push_back(std::move(digest));
  }
  if (error) return problem("read", path_, error);
  return files;
}

Done ModelFolder::begin() {
  forget();
  std::error_code error;
  fs::remove_all(partial_, error);
  if (error) return problem("remove", partial_, error);
  return make_folder(partial_);
}

Done ModelFolder::create(std::string_view path) {
  KAIZEN_CHECK(file_ < 0, "one file at a time");
  KAIZEN_TRY(const base::Unit made, make_folders(path));
  static_cast<void>(made);
  open_path_ = base::concat({partial_, "/", path});
  file_ =
      ::open(open_path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kFileMode);
  if (file_ < 0 || ::fchmod(file_, kFileMode) != 0) {
    return problem("create", open_path_, last_error());
  }
  return load::kDone;
}

Done ModelFolder::append(std::string_view bytes) {
  KAIZEN_CHECK(file_ >= 0, "a file is open");
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return problem("write", open_path_, last_error());
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return load::kDone;
}

Done ModelFolder::clear() {
  KAIZEN_CHECK(file_ >= 0, "a file is open");
  if (::ftruncate(file_, 0) != 0 || ::lseek(file_, 0, SEEK_SET) != 0) {
    return problem("empty", open_path_, last_error());
  }
  return load::kDone;
}

Done ModelFolder::close() {
  KAIZEN_CHECK(file_ >= 0, "a file is open");
  const bool is_synced = ::fsync(file_) == 0;
  const std::error_code why = last_error();
  ::close(std::exchange(file_, -1));
  if (!is_synced) return problem("sync", open_path_, why);
  return load::kDone;
}

Done ModelFolder::publish() {
  KAIZEN_TRY(const base::Unit synced, sync_folders(partial_));
  static_cast<void>(synced);
  // Nobody ever sees half of it: a name appears, or two names change places.
  const bool is_new = ::access(path_.c_str(), F_OK) != 0 && errno == ENOENT;
  const unsigned int how = is_new ? RENAME_NOREPLACE : RENAME_EXCHANGE;
  if (::renameat2(AT_FDCWD, partial_.c_str(), AT_FDCWD, path_.c_str(), how) != 0) {
    return problem("rename", base::concat({partial_, " to ", path_}), last_error());
  }
  const fs::path parent = fs::path(path_).parent_path();
  return sync_folder(parent.empty() ? "." : parent.string());
}

// The folders on the way to a file of the partial folder.
Done ModelFolder::make_folders(std::string_view path) const {
  for (size_t slash = path.find('/'); slash != std::string_view::npos;
       slash = path.find('/', slash + 1)) {
    KAIZEN_TRY(const base::Unit made,
               make_folder(base::concat({partial_, "/", path.substr(0, slash)})));
    static_cast<void>(made);
  }
  return load::kDone;
}

void ModelFolder::forget() {
  if (file_ >= 0) ::close(std::exchange(file_, -1));
  std::error_code ignored;  // it is in the way of nothing: the next load removes it
  fs::remove_all(partial_, ignored);
}

}  // namespace kaizen::app
