// FakeApiServer: a small Kubernetes API server in memory, as a Transport, for tests of this room
// and of those above it. It keeps what the executor relies on: resourceVersions, generations, UIDs,
// server-side apply that creates, updates, conflicts or does nothing (C-1 … C-11), status
// subresources, JSON and merge patches, preconditions, finalizers, dry runs, lists and watches with
// label selectors. Deterministic; faults are injected per request. Any thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "api/kinds.h"
#include "base/http.h"
#include "base/result.h"
#include "base/uid.h"
#include "net/transport.h"
#include "reconcile/world.h"

namespace kaizen::reconcile {

// What goes wrong with the next requests that match.
struct Fault {
  enum class Kind : uint8_t {
    kReplyLost,   // carried out, the answer never arrives
    kLostBefore,  // not carried out, the answer never arrives
    kNotSent,     // refused before anything was sent
    kTwice,       // carried out twice, the second answer arrives
    kAnswer,      // not carried out, `status` and `body` are the answer
    kCutAnswer,   // carried out, the answer is cut in the middle
  };

  Kind kind = Kind::kReplyLost;
  std::string method = {};  // empty: any
  std::string part = {};    // of the target; empty: any
  int32_t times = 1;
  int32_t status = 500;
  std::string body = {};
};

// "Status" with that code, reason and message.
std::string status_body(int32_t code, std::string_view reason, std::string_view message);

struct SeenRequest {
  base::HttpRequest request;
  int32_t status = 0;  // of the answer; 0: there was none
};

class FakeApiServer final : public net::Transport {
 public:
  FakeApiServer();
  FakeApiServer(const FakeApiServer&) = delete;
  FakeApiServer& operator=(const FakeApiServer&) = delete;
  ~FakeApiServer() override;

  base::Result<base::HttpResponse> call(const base::HttpRequest& request,
                                        const net::CallLimits& limits) override;
  base::Result<net::StreamEnd> stream(const base::HttpRequest& request,
                                      base::Duration idle,
                                      net::ByteSink& sink,
                                      std::stop_token stop) override;

  // ---- what others do to the cluster, without a request of ours ----

  // Creates the object, or replaces the members that `json` names.
  void put(const api::Resource& resource, std::string_view json);
  // JSON merge patch, status included.
  void edit(const api::Resource& resource, const api::ObjectKey& key, std::string_view patch);
  void remove(const api::Resource& resource, const api::ObjectKey& key);
  // Deletes what a gone owner leaves behind.
  void collect_garbage();

  // ---- faults ----

  void inject(Fault fault);
  // Called before a request is carried out; for races.
  void on_request(std::function<void(const base::HttpRequest&)> hook);
  void forbid(std::string_view method, std::string_view plural, bool forbidden = true);
  void end_namespace(std::string_view ns);

  // ---- what is there ----

  bool has(const api::Resource& resource, const api::ObjectKey& key) const;
  // Empty: absent.
  std::string json(const api::Resource& resource, const api::ObjectKey& key) const;
  std::string version(const api::Resource& resource, const api::ObjectKey& key) const;
  base::Uid uid(const api::Resource& resource, const api::ObjectKey& key) const;
  size_t count(const api::Resource& resource) const;
  std::vector<api::ObjectKey> keys(const api::Resource& resource) const;
  // How many objects of the kind were ever created.
  size_t created(const api::Resource& resource) const;

  std::vector<SeenRequest> log() const;
  void clear_log();
  // Requests but for GET.
  std::vector<SeenRequest> writes() const;

  // Everything that happened to the kind after `seen`, as a watch with that selector delivers it;
  // moves `seen` on. The first time (0) one consistent list.
  std::vector<kube::Delta> deltas(Watched id, uint64_t& seen) const;

 private:
  struct Impl;

  std::unique_ptr<Impl> impl_;
};

// Delivers what happened at the server to a World, kind by kind or all at once.
class FakeWatches {
 public:
  FakeWatches(const FakeApiServer& server, World& world) : server_(server), world_(world) {}

  std::vector<Wake> deliver();
  std::vector<Wake> deliver(Watched id);

 private:
  const FakeApiServer& server_;
  World& world_;
  std::array<uint64_t, kWatchedCount> seen_{};
};

}  // namespace kaizen::reconcile
