#include "load/paths.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/result.h"
#include "base/text.h"

namespace kaizen::load {

namespace {

constexpr size_t kMaxPath = 1024;  // S3's bound for a key
constexpr size_t kMaxName = 255;   // NAME_MAX of Linux's file systems
constexpr size_t kShown = 200;     // of a foreign text in a message (SEC-18)

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

// Empty: the name may be made.
std::string_view flaw_of(std::string_view name) {
  if (name.empty()) return "holds an empty name (a slash at an end, or two in a row)";
  if (name == "." || name == "..") return "leaves its folder: it holds . or ..";
  if (name.size() > kMaxName) return "holds a name of more than 255 bytes";
  return {};
}

base::Error fault(std::string_view path, std::string_view what) {
  return base::invalid(
      base::concat({"path ", base::json_quote(base::truncate_utf8(path, kShown)), " ", what}));
}

}  // namespace

base::Result<base::Unit> check_path(std::string_view path) {
  if (path.size() > kMaxPath) return fault(path, "has more than 1024 bytes");
  if (!base::is_valid_utf8(path)) return fault(path, "is not UTF-8");
  if (std::ranges::any_of(path, is_control)) return fault(path, "holds a control character");
  for (const std::string_view name : base::split(path, '/')) {
    if (const std::string_view flaw = flaw_of(name); !flaw.empty()) return fault(path, flaw);
  }
  return base::Unit{};
}

base::Result<base::Unit> check_paths(std::vector<std::string>& paths) {
  std::ranges::sort(paths);
  for (size_t i = 0; i < paths.size(); ++i) {
    KAIZEN_TRY(const base::Unit usable, check_path(paths[i]));
    static_cast<void>(usable);
    if (i > 0 && paths[i] == paths[i - 1]) return fault(paths[i], "is there twice");
    // Between "a" and "a/b" others may stand ("a.b"), so each folder of a path is looked up.
    for (size_t slash = paths[i].find('/'); slash != std::string::npos;
         slash = paths[i].find('/', slash + 1)) {
      const std::string folder = paths[i].substr(0, slash);
      if (std::ranges::binary_search(paths, folder)) {
        return fault(folder, "is a file and the folder of another file");
      }
    }
  }
  return base::Unit{};
}

}  // namespace kaizen::load
