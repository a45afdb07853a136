// The watch machine against a real API server: with etcd 3.6 it starts by watch-list, with Debian's
// 3.4 the server refuses that in the stream and it lists (RT-27). Both end with the same store.
//
//   watch_real CLUSTER_STATE watch-list|list      from inside the cluster's network
#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/rng.h"
#include "base/text.h"
#include "kube/outcome.h"
#include "kube/request.h"
#include "kube/store.h"
#include "kube/watch.h"
#include "net/cpprest_transport.h"

namespace kaizen {
namespace {

constexpr schema::Resource kConfigMap = {"", "v1", "ConfigMap", "configmaps"};
constexpr std::string_view kSelector = "kaizen.ml/test=watch";

class SystemClock : public base::Clock {
 public:
  base::Time now() const override {
    return base::Time::from_unix_us(since_epoch<std::chrono::system_clock>());
  }

  base::MonoTime mono() const override {
    return base::MonoTime::from_us(since_epoch<std::chrono::steady_clock>());
  }

 private:
  template <class C>
  static int64_t since_epoch() {
    return std::chrono::duration_cast<std::chrono::microseconds>(C::now().time_since_epoch())
        .count();
  }
};

kube::Object decode(std::string_view text) {
  kube::Object object;
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return object;
  const auto& metadata = json["metadata"];
  object.head.key = {metadata.value("namespace", ""), metadata.value("name", "")};
  object.head.uid = base::parse_uid(metadata.value("uid", "")).value_or(base::Uid{});
  object.head.resource_version = metadata.value("resourceVersion", "");
  object.value = std::make_shared<const std::string>(json.value("data", nlohmann::json()).dump());
  return object;
}

bool same(const void* a, const void* b) {
  return *static_cast<const std::string*>(a) == *static_cast<const std::string*>(b);
}

[[noreturn]] void fail(const std::string& what) {
  std::printf("FAILED: %s\n", what.c_str());
  std::exit(1);
}

// Turns the machine on this thread until `enough` says so; every second it gets a tick.
class Driver {
 public:
  explicit Driver(net::Transport& transport, const base::Clock& clock)
      : transport_(transport), clock_(clock) {}

  void run_until(const std::function<bool()>& enough) {
    const base::MonoTime deadline = clock_.mono() + std::chrono::seconds(60);
    while (!enough()) {
      if (clock_.mono() > deadline) fail("not within a minute: " + problem_);
      if (!call_) {
        take(started_ ? machine_.step(kube::WatchInput::Tick{}, clock_.mono())
                      : machine_.step(kube::WatchInput::Start{}, clock_.mono()));
        started_ = true;
        continue;
      }
      const kube::WatchCall call = *std::exchange(call_, std::nullopt);
      if (call.stream) {
        stream(call, enough);
      } else {
        ++lists;
        net::CallLimits limits;
        limits.total = call.limit;
        limits.max_body_bytes = call.max_body_bytes;
        take(machine_.step(kube::WatchInput::Answer{transport_.call(call.request, limits)},
                           clock_.mono()));
      }
    }
  }

  kube::Store store{kube::Kind{kConfigMap, &decode, &same}};
  kube::WatchMachine machine_{kube::Kind{kConfigMap, &decode, &same},
                              kube::Scope{"default", std::string(kSelector), ""}, base::Rng(7)};
  int lists = 0;
  int refusals = 0;

 private:
  struct Sink : net::ByteSink {
    Sink(Driver& d, const std::function<bool()>& e) : driver(d), enough(e) {}

    void on_open(const base::HttpResponse& /*head*/) override {
      driver.take(driver.machine_.step(kube::WatchInput::Opened{}, driver.clock_.mono()));
    }

    bool on_bytes(std::string_view bytes) override {
      return driver.take(
                 driver.machine_.step(kube::WatchInput::Bytes{bytes}, driver.clock_.mono())) &&
             !enough();
    }

    Driver& driver;
    const std::function<bool()>& enough;
  };

  void stream(const kube::WatchCall& call, const std::function<bool()>& enough) {
    Sink sink(*this, enough);
    auto end = transport_.stream(call.request, call.limit, sink, {});
    take(machine_.step(kube::WatchInput::Ended{std::move(end)}, clock_.mono()));
  }

  bool take(kube::WatchOutput output) {
    for (const kube::Delta& delta : output.deltas) store.apply(delta);
    if (output.call) call_ = std::move(output.call);
    if (output.restart == kube::WatchRestart::kRefused) ++refusals;
    if (!output.problem.empty()) problem_ = output.problem;
    return !output.stop_stream;
  }

  net::Transport& transport_;
  const base::Clock& clock_;
  std::optional<kube::WatchCall> call_;
  bool started_ = false;
  std::string problem_;
};

void post(net::Transport& transport, const std::string& name) {
  const std::string body = base::concat(
      {R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")", name,
       R"(","namespace":"default","labels":{"kaizen.ml/test":"watch"}},"data":{"k":"v"}})"});
  const auto answer = transport.call(kube::post_request(kConfigMap, "default", body), {});
  if (!answer.ok()) fail("create " + name + ": " + answer.error().message);
  if (answer->status >= 300) fail("create " + name + ": " + answer->body);
}

void remove(net::Transport& transport, const kube::Object& object) {
  const auto answer =
      transport.call(kube::delete_request(kConfigMap, object.head.key, object.head.uid), {});
  if (!answer.ok() || answer->status >= 300) fail("delete " + object.head.key.name);
}

int run(const std::vector<std::string>& arguments) {
  const SystemClock clock;
  net::Endpoint endpoint;
  endpoint.base_url = "https://10.98.0.1:6443";
  endpoint.ca_file = arguments[0] + "/pki/ca.crt";
  endpoint.token = "admin-token";
  auto transport = net::make_cpprest_transport(endpoint, clock, {});
  if (!transport.ok()) fail(transport.error().message);
  for (const char* name : {"one", "two", "three"}) post(**transport, name);

  Driver driver(**transport, clock);
  driver.run_until([&] { return driver.machine_.state() == kube::WatchState::kSynced; });
  if (driver.store.size() != 3) fail("synced with " + std::to_string(driver.store.size()));
  std::printf("synced with 3 objects after %d list requests, %d refusals\n", driver.lists,
              driver.refusals);
  const bool listed = driver.lists > 0;
  if (listed != (arguments[1] == "list")) fail("RT-27: wanted to start by " + arguments[1]);

  post(**transport, "four");
  remove(**transport, *driver.store.find({"default", "one"}));
  driver.run_until([&] {
    return driver.store.size() == 3 && driver.store.find({"default", "four"}) != nullptr;
  });
  if (driver.store.find({"default", "one"}) != nullptr) fail("a deleted object is still cached");
  std::printf("1 passed, 0 failed\n");
  return 0;
}

}  // namespace
}  // namespace kaizen

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: watch_real CLUSTER_STATE watch-list|list\n");
    return 2;
  }
  return kaizen::run({argv + 1, argv + argc});
}
