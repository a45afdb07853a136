// The extensions this release is built with, in one readable list (A15). Static, immutable.
#pragma once

#include "core/extensions.h"

namespace kaizen::ext {

const core::Extensions& extensions();

}  // namespace kaizen::ext
