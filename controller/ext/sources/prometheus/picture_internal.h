// From the series of an answer to the picture of one arm (increase_internal.h). Pure.
#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "core/extensions.h"
#include "ext/sources/prometheus/answer_internal.h"
#include "ext/sources/prometheus/increase_internal.h"
#include "ext/sources/prometheus/preset_internal.h"

namespace kaizen::ext::prometheus {

// What of an answer is one arm's: of a preset's query, and at which instant.
struct View {
  const core::Question* question = nullptr;
  const Preset* preset = nullptr;
  const core::Arm* arm = nullptr;
  base::Time at;
};

Picture total_picture(const View& view, const std::vector<Series>& series);

// Error text when a series has no usable `le`; "" otherwise.
std::string bucket_picture(const View& view, const std::vector<Series>& series, Picture* out);

// A custom counter: one series, or one for each pod (RO-21). nullopt: several that cannot be told
// apart by pod.
std::optional<Picture> custom_picture(const core::Question& question,
                                      base::Time at,
                                      const std::vector<Series>& series);

}  // namespace kaizen::ext::prometheus
