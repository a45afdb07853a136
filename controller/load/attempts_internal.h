// Attempts: how long a load goes on trying. One value per load, its thread only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/duration.h"
#include "base/error.h"
#include "base/http.h"
#include "base/result.h"
#include "base/time.h"
#include "load/loader.h"
#include "load/outcome.h"

namespace kaizen::load {

// What may pass: the same request is sent again.
struct Trouble {
  std::string message;
  base::Duration retry_after{};  // what the server asks for; zero: the backoff decides
};

struct Success {};

// What one attempt came to.
using Attempt = std::variant<Success, Trouble, Failure>;

// What a transport's error means for a load of `shown`.
Attempt judge_error(const base::Error& error, std::string_view shown);

// What an answer without content means. `is_anonymous`: no credentials were sent.
Attempt judge_answer(const base::HttpResponse& answer, std::string_view shown, bool is_anonymous);

class Attempts {
 public:
  Attempts(const LoadOrder& order, const LoadParts& parts);

  // Failure: no time is left, or it is to stop.
  Outcome<base::Unit> check() const;

  // Something new arrived: the patience begins anew.
  void note_progress();

  // True once in 30 s: a load that takes long says how far it is.
  bool is_time_to_tell();

  // Waits before the next attempt. Failure: not again.
  Outcome<base::Unit> wait_after(const Trouble& trouble);

 private:
  const LoadOrder& order_;
  const LoadParts& parts_;
  const base::MonoTime deadline_;
  base::MonoTime progress_at_;
  base::MonoTime told_at_;
  int64_t failures_ = 0;  // since the last progress
};

}  // namespace kaizen::load
