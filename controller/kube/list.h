// ListPage: the answer to one LIST, decoded item by item in one forward pass. Pure, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "kube/object.h"

namespace kaizen::kube {

struct ListPage {
  std::vector<Object> objects;  // in the order of the body, broken ones with parse_error (RT-35)
  std::string resource_version;
  std::string continue_token;  // empty: the last page
  uint32_t skipped = 0;        // items that are no object or name none
};

// The body is taken over and gone afterwards (A71). Error (kInvalid): it is no list of that kind,
// or its JSON breaks off; then nothing of it may be used.
base::Result<ListPage> decode_list(const Kind& kind, std::string body);

}  // namespace kaizen::kube
