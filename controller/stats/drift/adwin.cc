#include "stats/drift/adwin.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/check.h"

namespace kaizen::stats {

namespace {

double points_of(size_t row) {
  return std::ldexp(1.0, static_cast<int>(row));
}

}  // namespace

Adwin::Adwin(const Terms& terms) : terms_(terms) {
  KAIZEN_CHECK(terms.delta > 0.0 && terms.delta < 1.0, "a level is a probability");
  KAIZEN_CHECK(
      terms.clock >= 1 && terms.max_buckets >= 2 && terms.min_window >= 1 && terms.grace >= 1,
      "a scan compares two halves of the window");
}

bool Adwin::update(double x) {
  if (!std::isfinite(x)) return false;
  insert(x);
  compress();
  if (!scan()) return false;
  state_ = State();
  return true;
}

void Adwin::insert(double x) {
  ++state_.width;
  if (state_.width > 1) {
    const auto before = static_cast<double>(state_.width - 1);
    const double gap = x - state_.total / before;
    state_.variance += before * gap * gap / static_cast<double>(state_.width);
  }
  state_.total += x;
  state_.rows[0].push_back({.total = x, .variance = 0.0});
}

void Adwin::compress() {
  for (size_t i = 0; state_.rows[i].size() > terms_.max_buckets; ++i) {
    if (i + 1 == state_.rows.size()) state_.rows.emplace_back();
    std::vector<Entry>& row = state_.rows[i];
    const double n = points_of(i);
    const double gap = row[0].total / n - row[1].total / n;
    state_.rows[i + 1].push_back(
        {.total = row[0].total + row[1].total,
         .variance = row[0].variance + row[1].variance + n * 0.5 * (gap * gap)});
    row.erase(row.begin(), row.begin() + 2);
  }
}

bool Adwin::scan() {
  ++state_.updates;
  if (state_.updates % terms_.clock != 0 || state_.width <= terms_.grace) return false;
  bool found = false;
  while (cut_somewhere()) {
    found = true;
    drop_oldest();
  }
  return found;
}

// From the oldest entry on: is there a place where what is older differs from what is newer?
bool Adwin::cut_somewhere() {
  double n0 = 0.0;
  auto n1 = static_cast<double>(state_.width);
  double older = 0.0;
  double newer = state_.total;
  for (size_t i = state_.rows.size(); i-- > 0;) {
    const double n = points_of(i);
    for (size_t k = 0; k < state_.rows[i].size(); ++k) {
      n0 += n;
      n1 -= n;
      older += state_.rows[i][k].total;
      newer -= state_.rows[i][k].total;
      if (i == 0 && k + 1 == state_.rows[0].size()) return false;  // nothing is newer
      const auto least = static_cast<double>(terms_.min_window);
      if (n0 >= least && n1 >= least && differs(n0, n1, older / n0 - newer / n1)) return true;
    }
  }
  return false;
}

bool Adwin::differs(double n0, double n1, double gap) const {
  const auto width = static_cast<double>(state_.width);
  const auto least = static_cast<double>(terms_.min_window);
  const double confidence = std::log(2.0 * std::log(width) / terms_.delta);
  const double m = 1.0 / (n0 - least + 1.0) + 1.0 / (n1 - least + 1.0);
  const double bar =
      std::sqrt(2.0 * m * (state_.variance / width) * confidence) + 2.0 / 3.0 * confidence * m;
  return std::abs(gap) > bar;
}

void Adwin::drop_oldest() {
  std::vector<Entry>& row = state_.rows.back();
  const double n = points_of(state_.rows.size() - 1);
  const Entry oldest = row.front();
  row.erase(row.begin());
  state_.width -= static_cast<int64_t>(n);
  state_.total -= oldest.total;
  const auto left = static_cast<double>(state_.width);
  const double gap = oldest.total / n - state_.total / left;
  state_.variance -= oldest.variance + n * left * (gap * gap) / (n + left);
  if (row.empty()) state_.rows.pop_back();
}

}  // namespace kaizen::stats
