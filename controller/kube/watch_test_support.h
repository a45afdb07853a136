// WatchRig: turns a WatchMachine by hand in simulated time, takes its deltas into a Store, and
// holds both sides to the protocol of kube/watch.h. Tests of this room only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/duration.h"
#include "base/error.h"
#include "base/http.h"
#include "base/time.h"
#include "kube/kube_test_support.h"
#include "kube/object.h"
#include "kube/store.h"
#include "kube/watch.h"
#include "net/transport.h"

namespace kaizen::kube {

class WatchRig {
 public:
  explicit WatchRig(uint64_t seed = 1);

  WatchOutput start();
  WatchOutput answer(base::HttpResponse response);
  WatchOutput answer_ok(std::string body);
  WatchOutput answer_error(base::Code code);
  WatchOutput opened();
  WatchOutput bytes(std::string_view bytes);
  WatchOutput ended(net::StreamEndKind kind);
  WatchOutput refused(base::HttpResponse response);
  WatchOutput stream_error(base::Code code);
  WatchOutput tick();  // at the time it asked for
  WatchOutput reconsider();
  void pass(base::Duration span);

  // A machine that has just published `specs` at `version` and watches, by watch-list or, when
  // `by_list`, by a list (the server refuses watch-lists).
  void sync(const std::vector<ToySpec>& specs, std::string_view version, bool by_list = false);

  // The request that is pending, "(none)" without one.
  std::string target() const;
  bool streaming() const;
  bool listing() const;

  bool waiting() const { return wake_at_.has_value(); }

  base::Duration waits() const;
  std::vector<std::string> contents() const;  // "a:1@10"

  base::MonoTime now = base::MonoTime::from_us(1'000'000'000);
  WatchMachine machine;
  Store store;
  std::optional<WatchCall> call;  // the pending one
  std::vector<Change> changes;    // of the last step
  bool stopping = false;

 private:
  WatchOutput step(WatchInput::Any input);
  void check(const WatchOutput& out);

  std::optional<base::MonoTime> wake_at_;
};

// timeoutSeconds of a watch's target.
int64_t timeout_seconds(std::string_view target);

}  // namespace kaizen::kube
