// Listing: the digest of a folder (TP-41): SHA-256 of one line per file, `<sha256>  <size>
// <path>\n`, sorted by path, byte by byte. Whoever publishes a model computes the same:
// docs/guides/model-loading.md. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kaizen::load {

struct FileDigest {
  std::string path;    // relative, as check_path()
  int64_t size = 0;    // bytes
  std::string sha256;  // 64 lower-case hex digits

  bool operator==(const FileDigest&) const = default;
};

// The text that is hashed.
std::string listing_of(std::vector<FileDigest> files);

// "sha256:" and 64 hex digits.
std::string listing_digest(std::vector<FileDigest> files);

// Of a single file: its own.
std::string file_digest(const FileDigest& file);

// ^sha256:[0-9a-f]{64}$
bool is_digest(std::string_view text);

// Whether files of a folder are what `digest` says: the folder's listing, or, when it holds one
// file and no folder, that file.
bool matches(const std::vector<FileDigest>& files, std::string_view digest);

int64_t total_size(const std::vector<FileDigest>& files);

}  // namespace kaizen::load
