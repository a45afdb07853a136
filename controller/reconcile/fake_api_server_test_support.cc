#include "reconcile/fake_api_server_test_support.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace kaizen::reconcile {
namespace {

using Json = nlohmann::json;

constexpr uint64_t kFirstVersion = 1000;
constexpr std::string_view kStamp = "2026-01-01T00:00:00Z";

struct Stored {
  Json object;
  Json applied;  // what manager kaizen applied last: what it owns
};

struct Logged {
  uint64_t version = 0;
  std::string collection;  // path of the kind, all namespaces
  std::string type;        // ADDED, MODIFIED, DELETED
  Json object;
};

// "/apis/apps/v1/namespaces/shop/deployments/ranker/status?x=y" taken apart.
struct Target {
  std::string prefix;  // "/apis/apps/v1"
  std::string ns;
  std::string plural;
  std::string name;
  std::string subresource;
  std::map<std::string, std::string> query;

  std::string collection() const { return prefix + "/" + plural; }
};

std::string decode_url(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

Target parse_target(const std::string& text) {
  Target target;
  const size_t mark = text.find('?');
  if (mark != std::string::npos) {
    for (const auto pair : base::split(std::string_view(text).substr(mark + 1), '&')) {
      const size_t equals = pair.find('=');
      const auto value = equals == std::string_view::npos ? "" : pair.substr(equals + 1);
      target.query[std::string(pair.substr(0, equals))] = decode_url(value);
    }
  }
  const auto parts = base::split(std::string_view(text).substr(0, mark), '/');
  const size_t head = parts.at(1) == "api" ? 3 : 4;
  size_t next = head;
  for (size_t i = 1; i < head; ++i) target.prefix += base::concat({"/", parts.at(i)});
  if (parts.size() > head + 1 && parts[head] == "namespaces") {
    target.ns = decode_url(parts[head + 1]);
    next += 2;
  }
  target.plural = std::string(parts.at(next));
  if (parts.size() > next + 1) target.name = decode_url(parts[next + 1]);
  if (parts.size() > next + 2) target.subresource = std::string(parts[next + 2]);
  return target;
}

Target target_of(const api::Resource& resource, const api::ObjectKey& key) {
  Target target;
  target.prefix = resource.group.empty()
                      ? base::concat({"/api/", resource.version})
                      : base::concat({"/apis/", resource.group, "/", resource.version});
  target.plural = std::string(resource.plural);
  target.ns = key.ns;
  target.name = key.name;
  return target;
}

std::string_view header(const base::HttpRequest& request, std::string_view name) {
  return base::find_header(request.headers, name).value_or("");
}

base::HttpResponse answer(int32_t status, std::string body) {
  return {
      .status = status, .headers = {{"Content-Type", "application/json"}}, .body = std::move(body)};
}

base::HttpResponse refuse(int32_t code, std::string_view reason, std::string_view message) {
  return answer(code, status_body(code, reason, message));
}

base::HttpResponse refuse_with_cause(int32_t code,
                                     std::string_view reason,
                                     std::string_view cause,
                                     std::string_view field) {
  Json status = Json::parse(status_body(code, reason, "refused"));
  status["details"]["causes"] = Json::array({{{"reason", cause}, {"field", field}}});
  return answer(code, status.dump());
}

// Members that `before` owned and `after` does not name any more go.
void release(const Json& before, const Json& after, Json& object) {
  if (!before.is_object() || !object.is_object()) return;
  for (const auto& [name, value] : before.items()) {
    if (!object.contains(name)) continue;
    if (!after.is_object() || !after.contains(name)) {
      object.erase(name);
    } else {
      release(value, after.at(name), object.at(name));
    }
  }
}

void merge(const Json& patch, Json& object) {
  if (!patch.is_object() || !object.is_object()) {
    object = patch;
    return;
  }
  for (const auto& [name, value] : patch.items()) {
    if (value.is_object() && object.contains(name)) {
      merge(value, object[name]);
    } else {
      object[name] = value;
    }
  }
}

// nullopt: the patch does not fit, as a failing `test`.
std::optional<Json> json_patched(const Json& object, const Json& ops) {
  Json result = object;
  for (const Json& op : ops) {
    const Json::json_pointer path(op.at("path").get<std::string>());
    const std::string kind = op.at("op");
    const bool append = !path.empty() && path.back() == "-";
    if (!append && kind != "add" && !result.contains(path)) return std::nullopt;
    if (kind == "test") {
      if (result.at(path) != op.at("value")) return std::nullopt;
      continue;
    }
    if (path.to_string() == "/metadata/resourceVersion") {
      result["metadata"]["resourceVersion"] = op.at("value");
      continue;
    }
    result = result.patch(Json::array({op}));
  }
  return result;
}

std::string member(const Stored& stored, const char* name) {
  return stored.object["metadata"].value(name, std::string());
}

bool has_generation(const Target& target) {
  return target.plural == "deployments" || target.plural == "modeldeployments" ||
         target.plural == "httproutes";
}

bool selected(const Json& object, const std::string& selector) {
  if (selector.empty()) return true;
  const size_t equals = selector.find('=');
  const Json labels = object["metadata"].value("labels", Json::object());
  return labels.value(selector.substr(0, equals), std::string()) == selector.substr(equals + 1);
}

}  // namespace

std::string status_body(int32_t code, std::string_view reason, std::string_view message) {
  return Json{{"kind", "Status"}, {"apiVersion", "v1"}, {"status", "Failure"},
              {"code", code},     {"reason", reason},   {"message", message}}
      .dump();
}

struct FakeApiServer::Impl {
  mutable std::mutex mutex;
  std::condition_variable_any changed;
  std::map<std::string, std::map<api::ObjectKey, Stored>> objects;  // by collection
  std::vector<Logged> events;
  std::vector<SeenRequest> requests;
  std::vector<Fault> faults;
  std::set<std::pair<std::string, std::string>> forbidden;
  std::set<std::string> ending;
  std::function<void(const base::HttpRequest&)> hook;
  uint64_t version = kFirstVersion;
  uint64_t uids = 0;
  std::map<std::string, size_t> created;

  Stored* find(const Target& target) {
    auto& kind = objects[target.collection()];
    const auto found = kind.find({.ns = target.ns, .name = target.name});
    return found == kind.end() ? nullptr : &found->second;
  }

  void log(const Target& target, std::string_view type, const Json& object) {
    events.push_back({version, target.collection(), std::string(type), object});
    changed.notify_all();
  }

  std::string next_uid() {
    const std::string digits = std::to_string(++uids);
    return "00000000-0000-4000-8000-" + std::string(12 - digits.size(), '0') + digits;
  }

  Stored& insert(const Target& target, Json object) {
    Json& metadata = object["metadata"];
    metadata["name"] = target.name;
    metadata["namespace"] = target.ns;
    metadata["uid"] = next_uid();
    metadata["resourceVersion"] = std::to_string(++version);
    metadata["creationTimestamp"] = kStamp;
    if (has_generation(target)) metadata["generation"] = 1;
    Stored& stored = objects[target.collection()][{.ns = target.ns, .name = target.name}];
    stored.object = std::move(object);
    ++created[target.collection()];
    log(target, "ADDED", stored.object);
    return stored;
  }

  // Stores what became of the object; the answer is what the server tells about it.
  Json replace(const Target& target, Stored& stored, Json object) {
    if (object == stored.object) return object;  // C-7
    if (has_generation(target) &&
        object.value("spec", Json()) != stored.object.value("spec", Json())) {
      object["metadata"]["generation"] = stored.object["metadata"].value("generation", 0) + 1;
    }
    const Json& metadata = object["metadata"];
    const bool ends = metadata.contains("deletionTimestamp") &&
                      metadata.value("finalizers", Json::array()).empty();
    if (ends) {
      const Json told = object;  // RT-52: with the version before
      erase(target);
      return told;
    }
    object["metadata"]["resourceVersion"] = std::to_string(++version);
    stored.object = object;
    log(target, "MODIFIED", object);
    return object;
  }

  void erase(const Target& target) {
    Json last = find(target)->object;
    last["metadata"]["resourceVersion"] = std::to_string(++version);
    objects[target.collection()].erase({.ns = target.ns, .name = target.name});
    log(target, "DELETED", last);
  }

  base::HttpResponse apply(const Target& target, const base::HttpRequest& request) {
    Json body = Json::parse(request.body, nullptr, false);
    if (!body.is_object()) return refuse(400, "BadRequest", "no JSON");
    const std::string uid = body["metadata"].value("uid", "");
    const std::string wanted = body["metadata"].value("resourceVersion", "");
    body["metadata"].erase("uid");
    body["metadata"].erase("resourceVersion");
    Stored* stored = find(target);
    if (stored == nullptr) {
      if (!uid.empty()) return refuse(409, "Conflict", "uid mismatch");  // C-5
      if (ending.contains(target.ns)) {
        return refuse_with_cause(403, "Forbidden", "NamespaceTerminating", "metadata.namespace");
      }
      Stored& made = insert(target, body);  // C-1, C-4
      made.applied = body;
      return answer(201, made.object.dump());
    }
    if (!uid.empty() && uid != member(*stored, "uid")) {
      return refuse_with_cause(422, "Invalid", "FieldValueInvalid", "metadata.uid");  // C-6
    }
    if (!wanted.empty() && wanted != member(*stored, "resourceVersion")) {
      return refuse(409, "Conflict", "the object has been modified");  // C-1, C-2
    }
    Json object = stored->object;
    release(stored->applied, body, object);
    merge(body, object);
    stored->applied = body;
    return answer(200, replace(target, *stored, std::move(object)).dump());
  }

  base::HttpResponse merge_patch(const Target& target, const base::HttpRequest& request) {
    Json patch = Json::parse(request.body, nullptr, false);
    if (!patch.is_object()) return refuse(400, "BadRequest", "no JSON");
    Stored* stored = find(target);
    if (stored == nullptr) return refuse(404, "NotFound", "not found");  // C-11
    const std::string wanted =
        patch.value("metadata", Json::object()).value("resourceVersion", std::string());
    if (!wanted.empty() && wanted != member(*stored, "resourceVersion")) {
      return refuse(409, "Conflict", "the object has been modified");
    }
    Json object = stored->object;
    if (target.subresource == "status") {
      object.merge_patch(Json{{"status", patch.value("status", Json::object())}});
    } else {
      if (patch.contains("metadata")) patch["metadata"].erase("resourceVersion");
      object.merge_patch(patch);
    }
    return answer(200, replace(target, *stored, std::move(object)).dump());
  }

  base::HttpResponse json_patch(const Target& target, const base::HttpRequest& request) {
    const Json ops = Json::parse(request.body, nullptr, false);
    if (!ops.is_array()) return refuse(400, "BadRequest", "no JSON patch");
    Stored* stored = find(target);
    if (stored == nullptr) return refuse(404, "NotFound", "not found");
    auto object = json_patched(stored->object, ops);
    if (!object) return refuse(422, "Invalid", "the server rejected our request");
    if ((*object)["metadata"]["resourceVersion"] != stored->object["metadata"]["resourceVersion"]) {
      return refuse(409, "Conflict", "the object has been modified");
    }
    return answer(200, replace(target, *stored, std::move(*object)).dump());
  }

  base::HttpResponse post(Target target, const base::HttpRequest& request) {
    const Json body = Json::parse(request.body, nullptr, false);
    if (!body.is_object()) return refuse(400, "BadRequest", "no JSON");
    target.name = body["metadata"].value("name", "");
    if (target.query["dryRun"] == "All") return answer(201, body.dump());
    if (find(target) != nullptr) return refuse(409, "AlreadyExists", "already exists");
    if (ending.contains(target.ns)) {
      return refuse_with_cause(403, "Forbidden", "NamespaceTerminating", "metadata.namespace");
    }
    return answer(201, insert(target, body).object.dump());
  }

  base::HttpResponse remove(const Target& target, const base::HttpRequest& request) {
    Stored* stored = find(target);
    if (stored == nullptr) return refuse(404, "NotFound", "not found");  // C-10
    const Json body = Json::parse(request.body, nullptr, false);
    const Json uid = stored->object["metadata"]["uid"];
    if (body.is_object() && body.contains("preconditions") &&
        body["preconditions"].value("uid", Json(uid)) != uid) {
      return refuse(409, "Conflict", "the UID in the precondition does not match");  // C-10
    }
    if (!stored->object["metadata"].value("finalizers", Json::array()).empty()) {
      Json object = stored->object;
      object["metadata"]["deletionTimestamp"] = kStamp;
      return answer(200, replace(target, *stored, std::move(object)).dump());
    }
    erase(target);
    return answer(200, Json{{"kind", "Status"},
                            {"apiVersion", "v1"},
                            {"status", "Success"},
                            {"details", {{"uid", uid}}}}
                           .dump());
  }

  base::HttpResponse get(const Target& target) {
    if (!target.name.empty()) {
      const Stored* stored = find(target);
      return stored == nullptr ? refuse(404, "NotFound", "not found")
                               : answer(200, stored->object.dump());
    }
    Json list{{"kind", "List"},
              {"apiVersion", "v1"},
              {"metadata", {{"resourceVersion", std::to_string(version)}}},
              {"items", Json::array()}};
    const auto selector = target.query.find("labelSelector");
    for (const auto& [key, stored] : objects[target.collection()]) {
      if (!target.ns.empty() && key.ns != target.ns) continue;
      if (!selected(stored.object, selector == target.query.end() ? "" : selector->second))
        continue;
      list["items"].push_back(stored.object);
    }
    return answer(200, list.dump());
  }

  base::HttpResponse carry_out(const base::HttpRequest& request) {
    const Target target = parse_target(request.target);
    if (forbidden.contains({request.method, target.plural})) {
      return refuse(403, "Forbidden",
                    base::concat({"cannot ", request.method, " resource ", target.plural}));
    }
    const std::string_view type = header(request, "Content-Type");
    if (request.method == "GET") return get(target);
    if (request.method == "POST") return post(target, request);
    if (request.method == "DELETE") return remove(target, request);
    if (request.method != "PATCH") return refuse(405, "MethodNotAllowed", "no such method");
    if (type == "application/apply-patch+yaml") return apply(target, request);
    if (type == "application/merge-patch+json") return merge_patch(target, request);
    if (type == "application/json-patch+json") return json_patch(target, request);
    return refuse(415, "UnsupportedMediaType", "no such patch");
  }

  std::optional<Fault> next_fault(const base::HttpRequest& request) {
    for (auto it = faults.begin(); it != faults.end(); ++it) {
      const bool method = it->method.empty() || it->method == request.method;
      if (!method || request.target.find(it->part) == std::string::npos) continue;
      const Fault fault = *it;
      if (--it->times == 0) faults.erase(it);
      return fault;
    }
    return std::nullopt;
  }

  base::Result<base::HttpResponse> serve(const base::HttpRequest& request) {
    const auto fault = next_fault(request);
    if (!fault) return carry_out(request);
    const auto lost = [&](base::Code code) {
      return base::Error{.action = base::Action::kRetryCall,
                         .code = code,
                         .message = "injected",
                         .retry_after = {}};
    };
    switch (fault->kind) {
      case Fault::Kind::kReplyLost: carry_out(request); return lost(base::Code::kUnknownOutcome);
      case Fault::Kind::kLostBefore: return lost(base::Code::kUnknownOutcome);
      case Fault::Kind::kNotSent: return lost(base::Code::kUnavailable);
      case Fault::Kind::kTwice: carry_out(request); return carry_out(request);
      case Fault::Kind::kAnswer: return answer(fault->status, fault->body);
      case Fault::Kind::kCutAnswer: break;
    }
    base::HttpResponse cut = carry_out(request);
    cut.body.resize(cut.body.size() / 2);
    return cut;
  }
};

FakeApiServer::FakeApiServer() : impl_(std::make_unique<Impl>()) {}

FakeApiServer::~FakeApiServer() = default;

base::Result<base::HttpResponse> FakeApiServer::call(const base::HttpRequest& request,
                                                     const net::CallLimits& limits) {
  if (limits.stop.stop_requested()) {
    return base::Error{.action = base::Action::kRetryCall,
                       .code = base::Code::kCancelled,
                       .message = "stopped",
                       .retry_after = {}};
  }
  std::function<void(const base::HttpRequest&)> hook;
  {
    const std::lock_guard lock(impl_->mutex);
    hook = impl_->hook;
  }
  if (hook) hook(request);
  const std::lock_guard lock(impl_->mutex);
  auto result = impl_->serve(request);
  impl_->requests.push_back({request, result.ok() ? result->status : 0});
  return result;
}

base::Result<net::StreamEnd> FakeApiServer::stream(const base::HttpRequest& request,
                                                   base::Duration /*idle*/,
                                                   net::ByteSink& sink,
                                                   std::stop_token stop) {
  const Target target = parse_target(request.target);
  const auto parameter = [&](const char* name) {
    const auto found = target.query.find(name);
    return found == target.query.end() ? std::string() : found->second;
  };
  const std::string selector = parameter("labelSelector");
  const std::string from = parameter("resourceVersion");
  sink.on_open({.status = 200, .headers = {}, .body = {}});
  std::unique_lock lock(impl_->mutex);
  impl_->requests.push_back({request, 200});
  uint64_t seen = from.empty() ? 0 : std::stoull(from);
  std::string out;
  if (parameter("sendInitialEvents") == "true") {
    for (const auto& [key, stored] : impl_->objects[target.collection()]) {
      if (!selected(stored.object, selector)) continue;
      out += Json{{"type", "ADDED"}, {"object", stored.object}}.dump() + "\n";
    }
    seen = impl_->version;
    out += Json{{"type", "BOOKMARK"},
                {"object",
                 {{"metadata",
                   {{"resourceVersion", std::to_string(seen)},
                    {"annotations", {{"k8s.io/initial-events-end", "true"}}}}}}}}
               .dump() +
           "\n";
  }
  while (!stop.stop_requested()) {
    for (const Logged& event : impl_->events) {
      if (event.version <= seen || event.collection != target.collection()) continue;
      if (!target.ns.empty() && event.object["metadata"]["namespace"] != target.ns) continue;
      if (!selected(event.object, selector)) continue;
      out += Json{{"type", event.type}, {"object", event.object}}.dump() + "\n";
    }
    if (impl_->version > seen) {  // bookmarks at once: tests do not wait a minute for one
      seen = impl_->version;
      out += Json{{"type", "BOOKMARK"},
                  {"object", {{"metadata", {{"resourceVersion", std::to_string(seen)}}}}}}
                 .dump() +
             "\n";
    }
    if (!out.empty()) {
      lock.unlock();
      const bool more = sink.on_bytes(out);
      lock.lock();
      out.clear();
      if (!more) break;
    }
    impl_->changed.wait(lock, stop, [&] { return impl_->version > seen; });
  }
  return net::StreamEnd{.kind = net::StreamEndKind::kStopped, .response = {}, .detail = {}};
}

void FakeApiServer::put(const api::Resource& resource, std::string_view json) {
  const std::lock_guard lock(impl_->mutex);
  Json object = Json::parse(json);
  const api::ObjectKey key{.ns = object["metadata"].value("namespace", ""),
                           .name = object["metadata"].value("name", "")};
  const Target target = target_of(resource, key);
  object["apiVersion"] = schema::api_version(resource);
  object["kind"] = resource.kind;
  Stored* stored = impl_->find(target);
  if (stored == nullptr) {
    impl_->insert(target, object);
    return;
  }
  Json next = stored->object;
  merge(object, next);
  impl_->replace(target, *stored, std::move(next));
}

void FakeApiServer::edit(const api::Resource& resource,
                         const api::ObjectKey& key,
                         std::string_view patch) {
  const std::lock_guard lock(impl_->mutex);
  const Target target = target_of(resource, key);
  Stored* stored = impl_->find(target);
  Json object = stored->object;
  object.merge_patch(Json::parse(patch));
  impl_->replace(target, *stored, std::move(object));
}

void FakeApiServer::remove(const api::Resource& resource, const api::ObjectKey& key) {
  const std::lock_guard lock(impl_->mutex);
  impl_->remove(target_of(resource, key), {});
}

void FakeApiServer::collect_garbage() {
  const std::lock_guard lock(impl_->mutex);
  std::set<std::string> living;
  for (const auto& [collection, kind] : impl_->objects) {
    for (const auto& [key, stored] : kind) living.insert(stored.object["metadata"]["uid"]);
  }
  std::vector<Target> orphans;
  for (const auto& [collection, kind] : impl_->objects) {
    for (const auto& [key, stored] : kind) {
      const Json owners = stored.object["metadata"].value("ownerReferences", Json::array());
      const bool lost = !owners.empty() &&
                        std::none_of(owners.begin(), owners.end(),
                                     [&](const Json& o) { return living.contains(o.at("uid")); });
      if (!lost) continue;
      const size_t slash = collection.rfind('/');
      Target target;
      target.prefix = collection.substr(0, slash);
      target.plural = collection.substr(slash + 1);
      target.ns = key.ns;
      target.name = key.name;
      orphans.push_back(target);
    }
  }
  for (const Target& target : orphans) impl_->erase(target);
}

void FakeApiServer::inject(Fault fault) {
  const std::lock_guard lock(impl_->mutex);
  impl_->faults.push_back(std::move(fault));
}

void FakeApiServer::on_request(std::function<void(const base::HttpRequest&)> hook) {
  const std::lock_guard lock(impl_->mutex);
  impl_->hook = std::move(hook);
}

void FakeApiServer::forbid(std::string_view method, std::string_view plural, bool forbidden) {
  const std::lock_guard lock(impl_->mutex);
  const std::pair<std::string, std::string> entry{method, plural};
  if (forbidden) {
    impl_->forbidden.insert(entry);
  } else {
    impl_->forbidden.erase(entry);
  }
}

void FakeApiServer::end_namespace(std::string_view ns) {
  const std::lock_guard lock(impl_->mutex);
  impl_->ending.insert(std::string(ns));
}

bool FakeApiServer::has(const api::Resource& resource, const api::ObjectKey& key) const {
  return !json(resource, key).empty();
}

std::string FakeApiServer::json(const api::Resource& resource, const api::ObjectKey& key) const {
  const std::lock_guard lock(impl_->mutex);
  const Stored* stored = impl_->find(target_of(resource, key));
  return stored == nullptr ? std::string() : stored->object.dump();
}

std::string FakeApiServer::version(const api::Resource& resource, const api::ObjectKey& key) const {
  const Json object = Json::parse(json(resource, key), nullptr, false);
  return object.is_object() ? object["metadata"].value("resourceVersion", "") : std::string();
}

base::Uid FakeApiServer::uid(const api::Resource& resource, const api::ObjectKey& key) const {
  const Json object = Json::parse(json(resource, key), nullptr, false);
  if (!object.is_object()) return {};
  return base::parse_uid(object["metadata"].value("uid", std::string())).value_or(base::Uid{});
}

size_t FakeApiServer::count(const api::Resource& resource) const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->objects[target_of(resource, {}).collection()].size();
}

std::vector<api::ObjectKey> FakeApiServer::keys(const api::Resource& resource) const {
  const std::lock_guard lock(impl_->mutex);
  std::vector<api::ObjectKey> keys;
  for (const auto& [key, stored] : impl_->objects[target_of(resource, {}).collection()]) {
    keys.push_back(key);
  }
  return keys;
}

size_t FakeApiServer::created(const api::Resource& resource) const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->created[target_of(resource, {}).collection()];
}

std::vector<SeenRequest> FakeApiServer::log() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->requests;
}

void FakeApiServer::clear_log() {
  const std::lock_guard lock(impl_->mutex);
  impl_->requests.clear();
}

std::vector<SeenRequest> FakeApiServer::writes() const {
  std::vector<SeenRequest> writes = log();
  std::erase_if(writes, [](const SeenRequest& seen) { return seen.request.method == "GET"; });
  return writes;
}

std::vector<kube::Delta> FakeApiServer::deltas(Watched id, uint64_t& seen) const {
  const std::lock_guard lock(impl_->mutex);
  const WatchedKind& kind = watched(id);
  const std::string collection = target_of(kind.kind.resource, {}).collection();
  const std::string selector(kind.label_selector);
  std::vector<kube::Delta> deltas;
  if (seen == 0) {
    kube::Delta list{.kind = kube::Delta::Kind::kReplace,
                     .objects = {},
                     .resource_version = std::to_string(impl_->version)};
    for (const auto& [key, stored] : impl_->objects[collection]) {
      if (selected(stored.object, selector)) {
        list.objects.push_back(kind.kind.decode(stored.object.dump()));
      }
    }
    deltas.push_back(std::move(list));
  } else {
    for (const Logged& event : impl_->events) {
      if (event.version <= seen || event.collection != collection) continue;
      const bool match = selected(event.object, selector);
      const bool gone = event.type == "DELETED" || !match;
      kube::Object object = kind.kind.decode(event.object.dump());
      deltas.push_back({.kind = gone ? kube::Delta::Kind::kDelete : kube::Delta::Kind::kUpsert,
                        .objects = {std::move(object)},
                        .resource_version = std::to_string(event.version)});
    }
    deltas.push_back({.kind = kube::Delta::Kind::kProgress,
                      .objects = {},
                      .resource_version = std::to_string(impl_->version)});
  }
  seen = impl_->version;
  return deltas;
}

std::vector<Wake> FakeWatches::deliver() {
  std::vector<Wake> wakes;
  for (const Watched id : kAllWatched) {
    for (auto& wake : deliver(id)) wakes.push_back(std::move(wake));
  }
  return wakes;
}

std::vector<Wake> FakeWatches::deliver(Watched id) {
  std::vector<Wake> wakes;
  for (const kube::Delta& delta : server_.deltas(id, seen_.at(static_cast<size_t>(id)))) {
    for (auto& wake : world_.apply(id, delta)) wakes.push_back(std::move(wake));
  }
  return wakes;
}

}  // namespace kaizen::reconcile
