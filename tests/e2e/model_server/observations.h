// Observations: what the model was asked and what it answered, for those who watch for drift:
// classic histograms of the images' measures and of the confidence, answers by class, and how
// often an answer was wrong where the truth came with the question. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace kaizen::e2e {

class Observations {
 public:
  // Every series exists from the start with 0: what a counter counted before its first scrape is
  // lost. `histograms`: bounds by the names of softmax.h.
  Observations(std::vector<std::string> classes,
               const std::map<std::string, std::vector<double>>& histograms);

  // `answer`: index of a class.
  void record(const std::vector<double>& features, size_t answer, double confidence);
  void record_truth(bool right);

  std::string exposition() const;

 private:
  struct Histogram {
    std::vector<double> bounds;
    std::vector<uint64_t> counts;  // one more than bounds; not cumulative
    double sum = 0;

    void add(double value);
    void write(std::string_view name, std::string_view labels, std::string& text) const;
  };

  void add(std::string_view name, double value);

  const std::vector<std::string> classes_;
  mutable std::mutex mutex_;
  std::map<std::string, Histogram, std::less<>> histograms_;
  std::vector<uint64_t> answers_;
  uint64_t truths_ = 0;
  uint64_t misses_ = 0;
};

}  // namespace kaizen::e2e
