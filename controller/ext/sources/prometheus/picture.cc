#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "base/time.h"
#include "core/extensions.h"
#include "ext/sources/prometheus/answer_internal.h"
#include "ext/sources/prometheus/increase_internal.h"
#include "ext/sources/prometheus/latency_internal.h"
#include "ext/sources/prometheus/picture_internal.h"
#include "ext/sources/prometheus/preset_internal.h"

namespace kaizen::ext::prometheus {
namespace {

const Point* point_at(const Series& series, base::Time at) {
  const base::Time ms = base::Time::from_unix_us(at.unix_us() / 1000 * 1000);
  const auto found = std::ranges::find(series.points, ms, &Point::at);
  return found == series.points.end() ? nullptr : &*found;
}

// Calls `each(series, value)` for what belongs to the arm and has a value then.
template <class Each>
void for_arm(const View& view, const std::vector<Series>& series, Picture* out, Each each) {
  for (const Series& one : series) {
    if (!view.preset->belongs_to(*view.question, *view.arm, one.labels)) continue;
    const Point* point = point_at(one, view.at);
    if (point == nullptr) continue;
    if (std::isnan(point->value)) {
      out->broken = true;
    } else {
      each(one, point->value);
    }
  }
}

Process& process_of(const View& view, const Series& series, Picture* out) {
  Process& process = out->processes[view.preset->process(*view.question, series.labels)];
  if (view.preset->side == kServer) {
    process.pod = label(series.labels, view.question->source.pod_label);
  }
  return process;
}

void add(Process* process, std::string_view name, double value) {
  process->counters.try_emplace(std::string(name), 0).first->second += value;
}

}  // namespace

Picture total_picture(const View& view, const std::vector<Series>& series) {
  Picture picture;
  for_arm(view, series, &picture, [&](const Series& one, double value) {
    const Outcome outcome = view.preset->outcome(one.labels);
    if (outcome == Outcome::kUnknown) picture.unclassified = true;
    Process& process = process_of(view, one, &picture);
    add(&process, kTotal, value);
    if (outcome == Outcome::kError) add(&process, kErrors, value);
  });
  return picture;
}

std::string bucket_picture(const View& view, const std::vector<Series>& series, Picture* out) {
  std::string fault;
  for_arm(view, series, out, [&](const Series& one, double value) {
    const std::optional<std::string> boundary = boundary_text(label(one.labels, "le"));
    if (!boundary) {
      fault = base::concat({"a bucket's le is \"", label(one.labels, "le"), "\", not a number"});
      return;
    }
    add(&process_of(view, one, out), *boundary, value);
  });
  return fault;
}

std::optional<Picture> custom_picture(const core::Question& question,
                                      base::Time at,
                                      const std::vector<Series>& series) {
  Picture picture;
  for (const Series& one : series) {
    const std::string pod(label(one.labels, question.source.pod_label));
    if (series.size() > 1 && (pod.empty() || picture.processes.contains(pod))) return std::nullopt;
    const Point* point = point_at(one, at);
    if (point == nullptr) continue;
    if (std::isnan(point->value)) {
      picture.broken = true;
      continue;
    }
    Process& process = picture.processes[pod];
    process.pod = pod;
    add(&process, kTotal, point->value);
  }
  return picture;
}

}  // namespace kaizen::ext::prometheus
