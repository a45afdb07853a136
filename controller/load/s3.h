// S3: the two requests of its REST API that a load needs, and their answers. Path style: the bucket
// is the first name of the path, so that one certificate serves every bucket. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/http.h"
#include "base/result.h"

namespace kaizen::load {

struct S3Object {
  std::string key;
  int64_t size = 0;  // bytes

  bool operator==(const S3Object&) const = default;
};

// One page of ListObjectsV2.
struct S3Page {
  std::vector<S3Object> objects;
  std::string next;  // continuation token; empty: the last page

  bool operator==(const S3Page&) const = default;
};

// A page has at most 1000 keys of 1 KiB, each byte of which may be a five-letter entity.
inline constexpr size_t kMaxPageBytes = size_t{8} << 20U;

// GetObject, unsigned.
base::HttpRequest object_request(std::string_view bucket, std::string_view key);

// ListObjectsV2 of everything below `prefix`, unsigned. `next`: of the page before, empty for the
// first.
base::HttpRequest list_request(std::string_view bucket,
                               std::string_view prefix,
                               std::string_view next);

// Error (kRejected): no listing: not XML, another document, an object without key or size, a page
// that says there are more and not where.
base::Result<S3Page> parse_page(std::string_view body);

// "AccessDenied: Access Denied." from the body of an error answer, printable and at most 200 bytes
// (SEC-18); empty when there is none.
std::string parse_error(std::string_view body);

}  // namespace kaizen::load
