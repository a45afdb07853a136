// The watch machine against a model of the API server that fails at random: whatever happens, the
// cache is exactly what the server had at the version the cache claims.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/duration.h"
#include "base/error.h"
#include "base/number.h"
#include "base/rng.h"
#include "base/text.h"
#include "base/uid.h"
#include "kube/kube_test_support.h"
#include "kube/store.h"
#include "kube/watch.h"
#include "kube/watch_test_support.h"
#include "net/transport.h"

namespace kaizen::kube {
namespace {

using net::StreamEndKind;
using namespace std::chrono_literals;  // NOLINT: 30s, as in base/duration.h

using World = std::map<std::string, ToySpec>;  // by name

class Dice {
 public:
  explicit Dice(uint64_t seed) : rng_(seed) {}

  size_t below(size_t n) { return static_cast<size_t>(rng_.next() % n); }

  bool percent(size_t share) { return below(100) < share; }

 private:
  base::Rng rng_;
};

// Every version the collection ever had.
class Server {
 public:
  void change(Dice* dice) {
    World next = history.at(version);
    ++version;
    const std::string name(1, static_cast<char>('a' + dice->below(6)));
    const auto found = next.find(name);
    std::string type = "MODIFIED";
    ToySpec spec{.name = name,
                 .uid = 1,
                 .version = std::to_string(version),
                 .x = version,
                 .owner = dice->percent(50) ? "red" : "blue"};
    if (found == next.end()) {
      type = "ADDED";
      spec.uid = ++uids;
      next[name] = spec;
    } else if (dice->percent(40)) {
      type = "DELETED";
      spec.uid = found->second.uid;
      next.erase(name);
    } else {
      spec.uid = found->second.uid;
      next[name] = spec;
    }
    events[version] = frame(type, toy_json(spec));
    history[version] = std::move(next);
  }

  int64_t version = 95;
  int64_t floor = 0;  // older versions are compacted away
  int uids = 0;
  std::map<int64_t, World> history = {{95, {}}};
  std::map<int64_t, std::string> events;
};

std::string parameter(std::string_view target, std::string_view name) {
  const std::string wanted = base::concat({name, "="});
  for (const std::string_view part : base::split(target.substr(target.find('?') + 1), '&')) {
    if (part.starts_with(wanted)) return std::string(part.substr(wanted.size()));
  }
  return "";
}

class Story {
 public:
  explicit Story(uint64_t seed) : rig_(seed), dice_(seed * 7919) { rig_.start(); }

  void step(bool faults) {
    faults_ = faults;
    if (faults && dice_.percent(40)) server_.change(&dice_);
    if (faults && dice_.percent(2)) server_.floor = server_.version - 2;
    if (faults && dice_.percent(2)) {
      rig_.reconsider();
      take_changes();
      if (rig_.stopping) return;
    }
    rig_.pass(std::chrono::milliseconds(dice_.below(3000)));
    if (rig_.waiting()) {
      rig_.tick();
    } else if (rig_.listing()) {
      list();
    } else {
      stream();
    }
    take_changes();
  }

  void verify() const {
    const std::string_view mark = rig_.store.high_water();
    if (mark.empty()) {
      ASSERT_EQ(rig_.store.size(), 0U);
      return;
    }
    std::vector<std::string> expected;
    for (const auto& [name, spec] : server_.history.at(*base::parse_int(mark))) {
      expected.push_back(name + ":" + base::to_string(uid(spec.uid)).back() + "@" + spec.version);
    }
    ASSERT_EQ(rig_.contents(), expected) << "at " << mark;
    // Who only listens to the changes knows the same.
    std::vector<std::string> told;
    for (const auto& [name, text] : told_) told.push_back(text);
    ASSERT_EQ(told, expected) << "at " << mark;
  }

  bool is_current() const {
    return rig_.store.synced() && rig_.store.high_water() == std::to_string(server_.version);
  }

  std::string pending() const { return rig_.target(); }

 private:
  void list() {
    open_ = false;
    if (faults_ && dice_.percent(15)) {
      rig_.answer_error(dice_.percent(50) ? base::Code::kUnavailable : base::Code::kTimeout);
      return;
    }
    if (faults_ && dice_.percent(15)) {
      rig_.answer(recorded(dice_.percent(50) ? "webhook-down" : "unauthorized"));
      return;
    }
    const std::string target = rig_.target();
    const std::string token = parameter(target, "continue");
    const int64_t at = base::parse_int(token.substr(0, token.find('.'))).value_or(server_.version);
    const std::string after = token.empty() ? "" : token.substr(token.find('.') + 1);
    if (at < server_.floor) {
      rig_.answer(recorded("expired-continue"));
      return;
    }
    if (faults_ && !parameter(target, "resourceVersion").empty() && dice_.percent(30)) {
      rig_.answer(recorded("too-large-version"));
      return;
    }
    const bool paged = !parameter(target, "limit").empty();
    std::vector<ToySpec> page;
    std::string next;
    for (const auto& [name, spec] : server_.history.at(at)) {
      if (name <= after) continue;
      if (paged && page.size() == 2) {  // a page of two, whatever was asked for
        next = std::to_string(at) + "." + page.back().name;
        break;
      }
      page.push_back(spec);
    }
    rig_.answer_ok(toy_list(page, std::to_string(at), next));
  }

  void stream() {
    if (rig_.stopping) {
      open_ = false;
      rig_.ended(StreamEndKind::kStopped);
    } else if (!open_) {
      open_stream();
    } else if (faults_ && dice_.percent(6)) {
      open_ = false;
      const std::vector<StreamEndKind> ends = {StreamEndKind::kServerEnded, StreamEndKind::kCut,
                                               StreamEndKind::kIdle, StreamEndKind::kStopped};
      rig_.ended(ends[dice_.below(ends.size())]);
    } else {
      send();
    }
  }

  void open_stream() {
    queue_.clear();
    if (faults_ && dice_.percent(15)) {
      rig_.stream_error(base::Code::kUnavailable);
      return;
    }
    if (faults_ && dice_.percent(10)) {
      const std::vector<std::string> answers = {"gate-off", "too-large-version", "webhook-down",
                                                "forbidden", "no-kind"};
      rig_.refused(recorded(answers[dice_.below(answers.size())]));
      return;
    }
    rig_.opened();
    open_ = true;
    initial_ = false;
    position_ = server_.version;
    const std::string target = rig_.target();
    const int64_t from = base::parse_int(parameter(target, "resourceVersion")).value_or(0);
    if (!parameter(target, "sendInitialEvents").empty()) {
      if (faults_ && dice_.percent(15)) {
        queue_ = recorded_text("watch_errors.txt");
        return;
      }
      for (const auto& [name, spec] : server_.history.at(position_)) {
        queue_ += frame("ADDED", toy_json(spec));
      }
      initial_ = true;
    } else if (from < server_.floor) {
      queue_ = frame("ERROR", R"({"kind":"Status","reason":"Expired","code":410})");
    } else {
      position_ = from;
    }
  }

  void send() {
    while (position_ < server_.version && dice_.percent(70)) {
      ++position_;
      queue_ += server_.events.at(position_);
    }
    if (initial_ && dice_.percent(50)) {
      queue_ += bookmark(std::to_string(position_), true);
      initial_ = false;
    } else if (!initial_ && dice_.percent(10)) {
      queue_ += bookmark(std::to_string(position_));
    }
    if (faults_ && dice_.percent(3)) queue_ += "<html>a proxy says no</html>\n";
    if (faults_ && dice_.percent(3)) {
      queue_ += frame("ERROR", R"({"kind":"Status","reason":"InternalError","code":500})");
    }
    const size_t length = queue_.empty() ? 0 : 1 + dice_.below(queue_.size());
    rig_.bytes(std::string_view(queue_).substr(0, length));
    queue_.erase(0, length);
  }

  void take_changes() {
    for (const Change& change : rig_.changes) {
      if (change.before) {
        const std::string& name = change.before->head.key.name;
        EXPECT_EQ(told_[name], text(*change.before));
        told_.erase(name);
      }
      if (change.after) told_[change.after->head.key.name] = text(*change.after);
    }
    rig_.changes.clear();
  }

  static std::string text(const Object& object) {
    return object.head.key.name + ":" + base::to_string(object.head.uid).back() + "@" +
           object.head.resource_version;
  }

  WatchRig rig_;
  Dice dice_;
  Server server_;
  bool faults_ = true;
  bool open_ = false;
  bool initial_ = false;
  int64_t position_ = 0;
  std::string queue_;
  std::map<std::string, std::string> told_;
};

TEST(WatchProperty, RT26TheCacheIsAlwaysOneVersionOfTheServer) {
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE(seed);
    Story run(seed);
    for (int i = 0; i < 400; ++i) {
      run.step(true);
      run.verify();
      if (testing::Test::HasFatalFailure() || testing::Test::HasNonfatalFailure()) return;
    }
    int healed = 0;
    while (!run.is_current() && healed < 2000) {
      run.step(false);
      run.verify();
      if (testing::Test::HasFatalFailure()) return;
      ++healed;
    }
    ASSERT_TRUE(run.is_current()) << "stuck at " << run.pending();
  }
}

}  // namespace
}  // namespace kaizen::kube
