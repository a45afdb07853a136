// What tests of the loader share: a clock that waiting moves, a folder in memory, a server that
// answers from a script.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/duration.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/http.h"
#include "base/result.h"
#include "base/rng.h"
#include "base/text.h"
#include "base/time.h"
#include "load/folder.h"
#include "load/listing.h"
#include "load/loader.h"
#include "load/model_uri.h"
#include "load/outcome.h"
#include "net/transport.h"

namespace kaizen::load::testing {

using namespace std::chrono_literals;

class HandClock final : public base::Clock {
 public:
  base::Time now() const override { return *base::parse_time("2026-07-14T03:00:00Z") + elapsed_; }

  base::MonoTime mono() const override { return base::MonoTime() + elapsed_; }

  void advance(base::Duration span) { elapsed_ += span; }

 private:
  base::Duration elapsed_{};
};

// Waiting takes no time but the clock's.
class PatientAttendant final : public Attendant {
 public:
  explicit PatientAttendant(HandClock& clock) : clock_(clock) {}

  void pause(base::Duration span) override {
    clock_.advance(span);
    pauses.push_back(span);
  }

  void note(std::string_view line) override { notes.emplace_back(line); }

  std::vector<base::Duration> pauses;
  std::vector<std::string> notes;

 private:
  HandClock& clock_;
};

class MemoryFolder final : public Folder {
 public:
  Outcome<std::vector<FileDigest>> present() override {
    std::vector<FileDigest> files;
    for (const auto& [path, content] : published) {
      files.push_back({path, static_cast<int64_t>(content.size()), base::sha256_hex(content)});
    }
    return files;
  }

  Outcome<base::Unit> begin() override {
    partial.clear();
    open_.clear();
    return kDone;
  }

  Outcome<base::Unit> create(std::string_view path) override {
    EXPECT_TRUE(open_.empty());
    open_ = path;
    EXPECT_TRUE(partial.emplace(open_, "").second) << path;
    return kDone;
  }

  Outcome<base::Unit> append(std::string_view bytes) override {
    if (room && bytes.size() > *room) {
      return Failure{ExitStatus::kCannotCreate, "write: No space left on device"};
    }
    partial.at(open_).append(bytes);
    return kDone;
  }

  Outcome<base::Unit> clear() override {
    partial.at(open_).clear();
    return kDone;
  }

  Outcome<base::Unit> close() override {
    open_.clear();
    return kDone;
  }

  Outcome<base::Unit> publish() override {
    EXPECT_TRUE(open_.empty());
    published = std::exchange(partial, {});
    return kDone;
  }

  std::map<std::string, std::string> published;
  std::map<std::string, std::string> partial;
  std::optional<size_t> room;

 private:
  std::string open_;
};

// One answer of the server.
struct Reply {
  int32_t status = 200;
  std::vector<base::Header> headers = {};
  std::string body = {};  // sent in blocks of 4 bytes
  net::StreamEndKind end = net::StreamEndKind::kServerEnded;
  std::optional<base::Error> error = std::nullopt;  // instead of all that
  bool has_length = true;  // Content-Length of `body`, unless `headers` has one
};

inline Reply whole(std::string body, std::string etag = "\"v1\"") {
  return {.headers = {{"ETag", std::move(etag)}}, .body = std::move(body)};
}

// The first bytes of a content of that length, then a cut.
inline Reply cut(std::string first, size_t length, std::string etag = "\"v1\"") {
  return {.headers = {{"ETag", std::move(etag)}, {"Content-Length", std::to_string(length)}},
          .body = std::move(first),
          .end = net::StreamEndKind::kCut};
}

// The rest of a content from `first` on.
inline Reply rest(std::string body, size_t first, std::string etag = "\"v1\"") {
  const std::string length = std::to_string(first + body.size());
  const std::string last = std::to_string(first + body.size() - 1);
  return {.status = 206,
          .headers = {{"ETag", std::move(etag)},
                      {"Content-Range",
                       base::concat({"bytes ", std::to_string(first), "-", last, "/", length})}},
          .body = std::move(body)};
}

inline Reply refusal(int32_t status,
                     std::string body = {},
                     std::vector<base::Header> headers = {}) {
  return {.status = status, .headers = std::move(headers), .body = std::move(body)};
}

inline Reply failing(base::Code code, std::string message = "connection refused") {
  return {.error = base::Error{base::Action::kRetryCall, code, std::move(message), {}}};
}

class ScriptedTransport final : public net::Transport {
 public:
  explicit ScriptedTransport(HandClock& clock) : clock_(clock) {}

  // The next answer to that target; the last one stays.
  void answer(const std::string& target, Reply reply) {
    replies_[target].push_back(std::move(reply));
  }

  base::Result<base::HttpResponse> call(const base::HttpRequest& request,
                                        const net::CallLimits& limits) override {
    EXPECT_EQ(limits.max_body_bytes, size_t{8} << 20U);
    const Reply reply = next(request);
    if (reply.error) return *reply.error;
    return base::HttpResponse{reply.status, headers_of(reply), reply.body};
  }

  base::Result<net::StreamEnd> stream(const base::HttpRequest& request,
                                      base::Duration idle,
                                      net::ByteSink& sink,
                                      std::stop_token stop) override {
    EXPECT_EQ(idle, base::Duration(60s));
    const Reply reply = next(request);
    if (reply.error) return *reply.error;
    const base::HttpResponse head{reply.status, headers_of(reply), {}};
    const bool is_part = reply.status == 206 && base::find_header(request.headers, "Range");
    if (reply.status != 200 && !is_part) {
      return net::StreamEnd{
          net::StreamEndKind::kRefused, {reply.status, headers_of(reply), reply.body}, {}};
    }
    sink.on_open(head);
    for (size_t at = 0; at < reply.body.size(); at += 4) {
      clock_.advance(block_takes);
      if (stop.stop_requested()) return ended(net::StreamEndKind::kStopped);
      if (!sink.on_bytes(std::string_view(reply.body).substr(at, 4))) {
        return ended(net::StreamEndKind::kStopped);
      }
    }
    return ended(reply.end);
  }

  std::vector<base::HttpRequest> requests;
  base::Duration block_takes{};

 private:
  static net::StreamEnd ended(net::StreamEndKind kind) {
    return {kind, {}, kind == net::StreamEndKind::kIdle ? "no byte arrived" : "connection reset"};
  }

  static std::vector<base::Header> headers_of(const Reply& reply) {
    std::vector<base::Header> headers = reply.headers;
    if (reply.has_length && !base::find_header(headers, "Content-Length")) {
      headers.push_back({"Content-Length", std::to_string(reply.body.size())});
    }
    return headers;
  }

  Reply next(const base::HttpRequest& request) {
    requests.push_back(request);
    std::deque<Reply>& waiting = replies_[request.target];
    if (waiting.empty()) return refusal(404);
    Reply reply = waiting.front();
    if (waiting.size() > 1) waiting.pop_front();
    return reply;
  }

  HandClock& clock_;
  std::map<std::string, std::deque<Reply>> replies_;
};

// A loader with everything around it.
class LoaderTest : public ::testing::Test {
 protected:
  LoaderTest() : attendant_(clock_), server_(clock_) {}

  void order(const std::string& uri, std::string digest = {}) {
    order_.uri = *parse_model_uri(uri);
    order_.digest = std::move(digest);
    if (order_.uri.scheme != Scheme::kS3) return;
    order_.access.authority = "s3.example";
    order_.access.region = "us-east-1";
    order_.access.key = {"id", "hush-hush", ""};
  }

  Outcome<Loaded> load() {
    return load_model(order_, {server_, clock_, folder_, attendant_, jitter_});
  }

  Failure failure() {
    const Outcome<Loaded> loaded = load();
    EXPECT_FALSE(loaded.ok());
    EXPECT_TRUE(folder_.published.empty());
    return loaded.ok() ? Failure{} : loaded.error();
  }

  // Headers of the n-th request; empty when it has none of that name.
  std::string sent(size_t n, std::string_view name) const {
    return std::string(base::find_header(server_.requests.at(n).headers, name).value_or(""));
  }

  HandClock clock_;
  PatientAttendant attendant_;
  ScriptedTransport server_;
  MemoryFolder folder_;
  base::Rng jitter_{7};
  LoadOrder order_;
};

}  // namespace kaizen::load::testing
