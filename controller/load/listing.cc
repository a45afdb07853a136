#include "load/listing.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/text.h"

namespace kaizen::load {

namespace {

constexpr std::string_view kPrefix = "sha256:";
constexpr size_t kDigits = 64;

bool is_lower_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

}  // namespace

std::string listing_of(std::vector<FileDigest> files) {
  std::ranges::sort(files, {}, &FileDigest::path);
  std::string text;
  for (const FileDigest& file : files) {
    text += base::concat({file.sha256, "  ", std::to_string(file.size), "  ", file.path, "\n"});
  }
  return text;
}

std::string listing_digest(std::vector<FileDigest> files) {
  return base::concat({kPrefix, base::sha256_hex(listing_of(std::move(files)))});
}

std::string file_digest(const FileDigest& file) {
  return base::concat({kPrefix, file.sha256});
}

bool is_digest(std::string_view text) {
  if (!text.starts_with(kPrefix)) return false;
  const std::string_view digits = text.substr(kPrefix.size());
  return digits.size() == kDigits && std::ranges::all_of(digits, is_lower_hex);
}

bool matches(const std::vector<FileDigest>& files, std::string_view digest) {
  if (files.empty()) return false;
  const bool is_single = files.size() == 1 && files.front().path.find('/') == std::string::npos;
  return (is_single && file_digest(files.front()) == digest) || listing_digest(files) == digest;
}

int64_t total_size(const std::vector<FileDigest>& files) {
  int64_t bytes = 0;
  for (const FileDigest& file : files) bytes += file.size;
  return bytes;
}

}  // namespace kaizen::load
