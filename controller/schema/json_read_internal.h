// JSON reading shared by decode.cc and json_value.cc: a padded buffer with simdjson's parser, and
// the bounds every text is held to (RT-40). Internal to schema; one thread per Reader.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <simdjson.h>

#include "base/result.h"

namespace kaizen::schema {

inline constexpr size_t kMaxJsonBytes = size_t{2} * 1024 * 1024;  // RT-40
inline constexpr int kMaxJsonDepth = 64;                          // RT-40

namespace ondemand = simdjson::ondemand;

class JsonReader {
 public:
  // The document over a copy of `json`, valid until the next call. Error: too large, nested deeper
  // than `max_depth`, or not JSON as far as its structure shows.
  base::Result<base::Unit> open(std::string_view json, int max_depth, ondemand::document* document);

 private:
  ondemand::parser parser_;
  std::string buffer_;  // keeps its capacity, so that a stream of objects allocates once
};

// Whether nothing follows what was read.
bool at_end(ondemand::document* document);

// The deepest nesting of objects and arrays outside strings; wrong only for texts that are no JSON.
int json_depth(std::string_view json);

// "spec.steps[1].weight: not JSON: ..." for whatever simdjson says.
base::Error json_error(std::string_view path, simdjson::error_code error);

// The value's text without white space outside strings, every part of it checked, appended to
// `out`. Its nesting must have been bounded by JsonReader::open.
simdjson::error_code append_compact(ondemand::value value, std::string* out);

}  // namespace kaizen::schema
