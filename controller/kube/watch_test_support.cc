#include "kube/watch_test_support.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/duration.h"
#include "base/error.h"
#include "base/http.h"
#include "base/number.h"
#include "base/ref.h"
#include "base/rng.h"
#include "base/time.h"
#include "base/uid.h"
#include "kube/kube_test_support.h"
#include "kube/object.h"
#include "kube/store.h"
#include "kube/watch.h"
#include "net/transport.h"

namespace kaizen::kube {

WatchRig::WatchRig(uint64_t seed)
    : machine(toy_kind(), Scope{}, base::Rng(seed)), store(toy_kind()) {}

WatchOutput WatchRig::start() {
  return step(WatchInput::Start{});
}

WatchOutput WatchRig::answer(base::HttpResponse response) {
  EXPECT_TRUE(listing()) << "an answer to " << target();
  call.reset();
  return step(WatchInput::Answer{std::move(response)});
}

WatchOutput WatchRig::answer_ok(std::string body) {
  return answer({.status = 200, .headers = {}, .body = std::move(body)});
}

WatchOutput WatchRig::answer_error(base::Code code) {
  EXPECT_TRUE(listing()) << "an answer to " << target();
  call.reset();
  return step(WatchInput::Answer{
      base::Error{.action = base::Action::kRetryCall, .code = code, .message = "no answer"}});
}

WatchOutput WatchRig::opened() {
  EXPECT_TRUE(streaming());
  return step(WatchInput::Opened{});
}

WatchOutput WatchRig::bytes(std::string_view bytes) {
  EXPECT_TRUE(streaming());
  return step(WatchInput::Bytes{bytes});
}

WatchOutput WatchRig::ended(net::StreamEndKind kind) {
  EXPECT_TRUE(streaming());
  call.reset();
  return step(WatchInput::Ended{net::StreamEnd{.kind = kind, .response = {}, .detail = ""}});
}

WatchOutput WatchRig::refused(base::HttpResponse response) {
  EXPECT_TRUE(streaming());
  call.reset();
  return step(WatchInput::Ended{net::StreamEnd{
      .kind = net::StreamEndKind::kRefused, .response = std::move(response), .detail = ""}});
}

WatchOutput WatchRig::stream_error(base::Code code) {
  EXPECT_TRUE(streaming());
  call.reset();
  return step(WatchInput::Ended{
      base::Error{.action = base::Action::kRetryCall, .code = code, .message = "no stream"}});
}

WatchOutput WatchRig::tick() {
  EXPECT_TRUE(waiting());
  if (wake_at_ && *wake_at_ > now) now = *wake_at_;
  return step(WatchInput::Tick{});
}

WatchOutput WatchRig::reconsider() {
  return step(WatchInput::Reconsider{});
}

void WatchRig::pass(base::Duration span) {
  now = now + span;
}

void WatchRig::sync(const std::vector<ToySpec>& specs, std::string_view version, bool by_list) {
  start();
  opened();
  if (by_list) {
    bytes(frame("ERROR", R"({"kind":"Status","reason":"InternalError","code":500})"));
    ended(net::StreamEndKind::kStopped);
    answer_ok(toy_list(specs, version));
    opened();
  } else {
    std::string stream;
    for (const ToySpec& spec : specs) stream += frame("ADDED", toy_json(spec));
    bytes(stream + bookmark(version, true));
  }
  EXPECT_EQ(machine.state(), WatchState::kSynced);
}

std::string WatchRig::target() const {
  return call ? call->request.target : "(none)";
}

bool WatchRig::streaming() const {
  return call && call->stream;
}

bool WatchRig::listing() const {
  return call && !call->stream;
}

base::Duration WatchRig::waits() const {
  return wake_at_ ? *wake_at_ - now : base::Duration{-1};
}

std::vector<std::string> WatchRig::contents() const {
  std::vector<std::string> out;
  out.reserve(store.size());
  for (const base::Ref<Object>& object : store.all()) {
    out.push_back(object->head.key.name + ":" + base::to_string(object->head.uid).back() + "@" +
                  object->head.resource_version);
  }
  return out;
}

WatchOutput WatchRig::step(WatchInput::Any input) {
  WatchOutput out = machine.step(std::move(input), now);
  check(out);
  return out;
}

// Exactly one thing is pending after every step.
void WatchRig::check(const WatchOutput& out) {
  if (out.call) {
    EXPECT_FALSE(call) << "a second call: " << out.call->request.target;
    EXPECT_EQ(out.call->request.method, "GET");
    EXPECT_GT(out.call->limit, base::Duration{});
    call = out.call;
    stopping = false;
  }
  if (out.stop_stream) {
    EXPECT_TRUE(streaming());
    EXPECT_FALSE(stopping) << "stopped twice";
    EXPECT_FALSE(out.call);
    stopping = true;
  }
  wake_at_ = out.wake_at;
  EXPECT_NE(call.has_value(), wake_at_.has_value()) << "one thing is pending";
  changes.clear();
  for (const Delta& delta : out.deltas) {
    for (Change& change : store.apply(delta)) changes.push_back(std::move(change));
  }
}

int64_t timeout_seconds(std::string_view target) {
  constexpr std::string_view kName = "timeoutSeconds=";
  const size_t at = target.find(kName);
  if (at == std::string_view::npos) return -1;
  const std::string_view rest = target.substr(at + kName.size());
  return base::parse_int(rest.substr(0, rest.find('&'))).value_or(-1);
}

}  // namespace kaizen::kube
