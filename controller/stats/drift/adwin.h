// Adwin: a window over a stream that shrinks when its older and newer halves differ (DR-77; Bifet,
// Gavalda, "Learning from time-changing data with adaptive windowing", 2007), with river 0.26.1's
// arithmetic. Memory grows with the logarithm of the stream. One owner, one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kaizen::stats {

class Adwin {
 public:
  struct Terms {
    double delta = 0.002;  // in (0, 1): confidence of each cut
    int64_t clock = 1;     // a scan every so many values
    size_t max_buckets = 5;
    int64_t min_window = 5;  // of each half
    int64_t grace = 10;      // no scan up to this width
  };

  explicit Adwin(const Terms& terms);

  // True: a cut, and the detector is empty again. NaN and infinities are no data.
  bool update(double x);

  int64_t width() const { return state_.width; }

 private:
  struct Entry {
    double total = 0.0;
    double variance = 0.0;  // times its points
  };

  // rows[i]: entries of 2^i points each, oldest first.
  struct State {
    std::vector<std::vector<Entry>> rows{{}};
    int64_t width = 0;
    double total = 0.0;
    double variance = 0.0;
    int64_t updates = 0;
  };

  void insert(double x);
  void compress();
  bool scan();
  bool cut_somewhere();
  bool differs(double n0, double n1, double gap) const;
  void drop_oldest();

  Terms terms_;
  State state_;
};

}  // namespace kaizen::stats
