// Bounds of status in tests: which of its names were cut. A message may lose its end; a name, a
// word or a number that is cut means something else, so what writes it must keep it short. Tests
// only.
#pragma once

#include <string>
#include <vector>

#include "schema/describe.h"

namespace kaizen::core::testing_support {

// "status.held_reason: …", for each text with a bound of at most 256 that ends with "…".
std::vector<std::string> cut_names(const schema::TypeInfo& type,
                                   const schema::FieldOptions& options,
                                   const void* value,
                                   const std::string& path);

}  // namespace kaizen::core::testing_support
