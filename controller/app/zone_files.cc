#include "app/zone_files.h"

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "app/file.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/ref.h"
#include "base/result.h"
#include "base/text.h"
#include "core/schedule/time_zone.h"
#include "core/schedule/zone_data.h"
#include "core/schedule/zone_file.h"

namespace kaizen::app {

namespace {

namespace fs = std::filesystem;

constexpr size_t kMostFiles = 5'000;  // tzdata has about 1,300, links and both trees included

base::Error problem(const std::string& directory, std::string_view what) {
  return base::invalid(base::concat({"read time zones of ", directory, ": ", what}));
}

// Names of files below `directory`, with what they hold; sorted.
using Files = std::map<std::string, std::string>;

bool is_other_tree(const fs::path& relative) {
  return relative == "posix" || relative == "right";
}

bool is_wanted(const std::string& name) {
  return core::is_zone_name(name) && name != "localtime" && name != "posixrules";
}

base::Result<Files> read_files(const std::string& directory) {
  Files files;
  size_t seen = 0;
  std::error_code failed;
  fs::recursive_directory_iterator entry(directory, failed);
  while (!failed && entry != fs::recursive_directory_iterator()) {
    if (++seen > kMostFiles) {
      return problem(directory, base::concat({"more than ", std::to_string(kMostFiles), " files"}));
    }
    const fs::path relative = entry->path().lexically_relative(directory);
    std::error_code unknown;
    if (is_other_tree(relative)) {
      entry.disable_recursion_pending();
    } else if (is_wanted(relative.string()) && fs::is_regular_file(entry->path(), unknown)) {
      KAIZEN_TRY(files[relative.string()], read_file(entry->path().string()));
    }
    entry.increment(failed);
  }
  if (failed) return problem(directory, failed.message());
  return files;
}

// "# version 2025b" is the first line of tzdata.zi.
std::string version_of(const Files& files) {
  constexpr std::string_view kStart = "# version ";
  const auto file = files.find("tzdata.zi");
  if (file == files.end() || !file->second.starts_with(kStart)) return "";
  const std::string_view line = base::split(file->second, '\n').front();
  return base::sanitize_utf8(base::truncate_utf8(line.substr(kStart.size()), 16));
}

}  // namespace

base::Result<LoadedZones> load_zones(const std::string& directory) {
  KAIZEN_TRY(const Files files, read_files(directory));
  core::ZoneData data;
  data.version = version_of(files);
  LoadedZones loaded;
  std::string listing;
  std::map<std::string_view, base::Ref<core::TimeZone>>
      by_content;  // many names have the same file
  for (const auto& [name, bytes] : files) {
    if (!core::is_zone_file(bytes)) continue;
    listing += base::concat({base::sha256_hex(bytes), "  ", name, "\n"});
    base::Ref<core::TimeZone>& zone = by_content[bytes];
    if (zone == nullptr) {
      base::Result<core::TimeZone> parsed = core::parse_zone_file(bytes);
      if (!parsed.ok()) {
        loaded.problems.push_back(
            base::concat({directory, "/", name, ": ", parsed.error().message}));
        continue;
      }
      zone = base::make_ref(std::move(parsed).value());
    }
    data.zones[name] = zone;
  }
  if (data.zones.empty()) return problem(directory, "no TZif file is there");
  data.sha256 = base::sha256_hex(listing);
  loaded.data = base::make_ref(std::move(data));
  return loaded;
}

}  // namespace kaizen::app
