// Checks statistics against vector files: each case's `in` is run through the functions of
// controller/stats, the result compared with its `out`. One thread.
#pragma once

#include <string>
#include <string_view>

namespace kaizen::vectors {

struct Report {
  int passed = 0;
  int failed = 0;
  std::string lines;  // one per trouble, each ended by a line feed
};

// `text` is one file: {"kind", "cases": [{"name", "in", "out"}]}; `path` is for the report. What is
// not of this form, of an unknown kind or without a case counts as one failure.
Report check_text(std::string_view path, std::string_view text);

// Every *.json of a folder, by name. No file, or one that cannot be read, is a failure.
Report check_folder(const std::string& folder);

}  // namespace kaizen::vectors
