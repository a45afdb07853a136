#include "reconcile/execute.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>
#include <variant>

#include "api/tables.h"
#include "base/check.h"
#include "base/hash.h"
#include "base/text.h"
#include "core/names.h"
#include "kube/request.h"
#include "reconcile/write_internal.h"
#include "schema/codec.h"
#include "telemetry/names.h"

namespace kaizen::reconcile {
using base::Action;
using base::Code;
using base::Error;
using base::Unit;

// The writes of one plan, one after another.
class Executor::Run {
 public:
  Run(Executor& executor, const ExecuteInput& input, const Subject& subject)
      : executor_(executor),
        input_(input),
        subject_(subject),
        metadata_(subject.metadata()),
        key_(subject.key.object) {}

  Executed all(const core::Plan& plan) {
    prune(plan);
    if (plan.status && !is_empty(*plan.status) && !status(*plan.status)) {
      out_.status_done = false;
      return std::move(out_);
    }
    for (const core::Effect& effect : plan.effects) {
      if (!one(effect)) break;
    }
    return std::move(out_);
  }

  bool status(const core::StatusPatch& patch) {
    const Write write = status_write(subject_, patch);
    if (!may_send(write)) return false;
    const auto answer = send(kube::Verb::kPatchStatus, write,
                             kube::status_request(write.resource, write.key, patch.merge_patch,
                                                  metadata_.resource_version));
    if (answer.ok()) return done(write, *answer);
    if (answer.error().code != Code::kUnknownOutcome) return failed(write, answer.error());
    return maybe_status(write, patch, answer.error());
  }

  Executed& out() { return out_; }

 private:
  bool one(const core::Effect& effect) {
    const Write write = write_of(effect);
    if (!may_send(write)) return false;
    if (auto error = refuse(effect, write)) return fail(write, *error);

    struct Visitor {
      Run& run;
      const Write& write;

      bool operator()(const core::Create& e) const { return run.create(write, e); }

      bool operator()(const core::Apply& e) const {
        return run.apply(write, e.manifest, e.uid, e.resource_version);
      }

      bool operator()(const core::Patch& e) const { return run.patch(write, e); }

      bool operator()(const core::Delete& e) const { return run.remove(write, e); }
    };

    return std::visit(Visitor{*this, write}, effect);
  }

  // What no plan may contain (INV-45): another namespace, a kind kaizen does not write, somebody
  // else's object.
  std::optional<Error> refuse(const core::Effect& effect, const Write& write) const {
    if (!write.known) return our_bug(write, "kaizen does not write this kind");
    const Watched kind = write.kind;
    if (write.key.ns != key_.ns) return our_bug(write, "it lies in another namespace");
    const bool is_patch = std::holds_alternative<core::Patch>(effect);
    const bool is_self = kind == subject_.key.kind && write.key == key_;
    if (is_decided(kind) && !(is_patch && is_self)) {
      return our_bug(write, "of the objects it decides, kaizen patches only the one it is about");
    }
    if (kind == Watched::kPod || kind == Watched::kEndpointSlice) {
      return our_bug(write, "kaizen only reads this kind");
    }
    if (std::holds_alternative<core::Create>(effect)) return std::nullopt;
    if (is_self || (is_patch && kind == Watched::kHttpRoute)) return std::nullopt;
    return executor_.world_.read([&](const WorldState& world) -> std::optional<Error> {
      const auto cached = world.store(kind).find(write.key);
      if (!cached) return std::nullopt;  // the server decides by UID
      const api::Metadata& metadata = metadata_of(kind, *cached);
      if (is_owned_by(metadata, metadata_.uid)) return std::nullopt;
      return adoption_conflict(write, metadata);
    });
  }

  // False, with the outcome filled in: we are stopping, or the write was refused and nothing
  // changed since.
  bool may_send(const Write& write) {
    if (input_.stop.stop_requested()) {
      out_.ending = Ending::kRetry;
      out_.error = stopping(write);
      out_.failed = write.what;
      return false;
    }
    const auto earlier = executor_.world_.write([&](WorldState& world) -> std::optional<Failure> {
      const Failure* failure = ledger(world).failure_of(write.resource, write.key);
      return failure == nullptr ? std::nullopt : std::optional(*failure);
    });
    if (!earlier || earlier->generation != metadata_.generation) return true;
    const bool same = earlier->fingerprint == write.fingerprint ||
                      earlier->failure.error.code == Code::kForbidden;
    if (!same || earlier->retry_at <= input_.now) return true;
    out_.ending = Ending::kBlocked;
    out_.error = earlier->failure.error;
    out_.failed = write.what;
    out_.retry_at = earlier->retry_at;
    return false;
  }

  bool create(const Write& write, const core::Create& effect) {
    const core::Manifest& manifest = effect.manifest;
    const auto answer = send(kube::Verb::kCreate, write,
                             kube::create_request(manifest.resource, manifest.key, manifest.body));
    if (answer.ok()) return done(write, *answer);
    const Code code = answer.error().code;
    const bool exists = code == Code::kAlreadyExists || code == Code::kConflict;
    if (exists || code == Code::kUnknownOutcome) {
      return created_before(write, manifest, answer.error());
    }
    return fail(write, answer.error());
  }

  // RT-54, RT-66: what stands under the name decides.
  bool created_before(const Write& write, const core::Manifest& manifest, const Error& error) {
    const auto live = read_live(write);
    if (!live.ok()) return fail(write, live.error());
    if (!*live) {
      if (error.code == Code::kUnknownOutcome) return fail(write, error);
      return fail(write, conflict(base::concat({write.what, ": it is gone again"})));
    }
    const kube::Object& object = **live;
    const api::Metadata& metadata = metadata_of(write.kind, object);
    if (!is_owned_by(metadata, metadata_.uid)) return adopt(write, manifest, object);
    const bool equal = annotation_of(metadata, core::annotation::kHash) == manifest.hash;
    if (equal && !object.head.deleting) {
      if (has_our_labels(metadata)) return taken(write, object);
      // Somebody took the labels away by which we find it: the cache will never show it like this.
      return apply(write, manifest, object.head.uid, object.head.resource_version);
    }
    show(write, object);
    return fail(write, conflict(base::concat({write.what, ": it exists with other content"})));
  }

  bool has_our_labels(const api::Metadata& metadata) const {
    const auto is = [&](std::string_view label, std::string_view value) {
      const auto found = metadata.labels.find(label);
      return found != metadata.labels.end() && found->second == value;
    };
    const std::string_view name_label = decided(subject_.key.kind).name_label;
    return is(core::label::kManagedBy, core::label::kManager) &&
           (name_label.empty() || is(name_label, key_.name));
  }

  // RT-69: only what says so, belongs to nobody, and while neither side is going away.
  bool adopt(const Write& write, const core::Manifest& manifest, const kube::Object& object) {
    const api::Metadata& metadata = metadata_of(write.kind, object);
    const bool offered = annotation_of(metadata, core::annotation::kAdopt) == metadata_.name &&
                         controller_of(metadata) == nullptr && !object.head.deleting;
    if (!offered) return fail(write, adoption_conflict(write, metadata));
    const auto self = executor_.read_live(subject_.key.kind, key_, input_.stop);
    if (!self.ok()) return fail(write, self.error());
    if (!*self || (*self)->head.uid != metadata_.uid || (*self)->head.deleting) {
      return fail(write, conflict(base::concat({write.what, ": the owner is going away"})));
    }
    return apply(write, manifest, object.head.uid, object.head.resource_version);
  }

  bool apply(const Write& write,
             const core::Manifest& manifest,
             const base::Uid& uid,
             std::string_view resource_version) {
    const auto answer = send(
        kube::Verb::kApply, write,
        kube::apply_request(manifest.resource, manifest.key, manifest.body, uid, resource_version));
    if (answer.ok()) return done(write, *answer);
    if (answer.error().code != Code::kUnknownOutcome) return failed(write, answer.error());
    const auto live = read_live(write);
    if (!live.ok()) return fail(write, live.error());
    if (!*live) return lost(write, answer.error());
    const kube::Object& object = **live;
    const bool moved = object.head.resource_version != resource_version;
    const bool equal =
        annotation_of(metadata_of(write.kind, object), core::annotation::kHash) == manifest.hash;
    if (object.head.uid == uid && moved && equal) {
      // Most likely ours. Its generation is not recorded: should it be another's, the next decision
      // sees the child as touched and applies it again (A74).
      clear(write);
      wait_for(write, object);
      count(write, "done");
      return true;
    }
    show(write, object);
    return fail(write, answer.error());
  }

  bool patch(const Write& write, const core::Patch& effect) {
    const auto answer = send(kube::Verb::kPatch, write,
                             kube::json_patch_request(effect.resource, effect.key, effect.ops));
    if (answer.ok()) return done(write, *answer);
    if (answer.error().code != Code::kUnknownOutcome) return failed(write, answer.error());
    // What the object says now is what the next decision goes by (RT-66).
    return failed(write, conflict(answer.error().message));
  }

  bool remove(const Write& write, const core::Delete& effect) {
    const auto answer = send(kube::Verb::kDelete, write,
                             kube::delete_request(effect.resource, effect.key, effect.uid));
    if (!answer.ok() && answer.error().code != Code::kUnknownOutcome) {
      return failed(write, answer.error());
    }
    if (!answer.ok()) {
      const auto live = read_live(write);
      if (!live.ok()) return fail(write, live.error());
      const bool lives = *live && (*live)->head.uid == effect.uid && !(*live)->head.deleting;
      if (lives) return fail(write, answer.error());
    }
    expect_gone(write, effect.uid, false);
    clear(write);
    out_.wrote = true;
    count(write, "done");
    return true;
  }

  // The answer to a status write is lost: it was made when the status moved by exactly the patch.
  bool maybe_status(const Write& write, const core::StatusPatch& patch, const Error& error) {
    const auto live = read_live(write);
    if (!live.ok()) return fail(write, live.error());
    if (!*live) return lost(write, error);
    const kube::Object& object = **live;
    if (object.head.resource_version == metadata_.resource_version) {
      return fail(write, error);  // not made; a late one will conflict
    }
    const bool same_spec = object.head.uid == metadata_.uid &&
                           object.head.generation == metadata_.generation &&
                           object.head.deleting == metadata_.deletion_timestamp.has_value();
    const auto moved = decided(subject_.key.kind).status_change(*subject_.object, object);
    if (same_spec && moved == patch.merge_patch) {
      return taken(write, object);
    }
    show(write, object);
    return fail(write, conflict(base::concat({write.what, ": the object moved on"})));
  }

  // The write was answered with success: its object is visible from now on (A73), and the next
  // decision waits for the cache (RT-51).
  bool done(const Write& write, const base::HttpResponse& answer) {
    const kube::Object object = watched(write.kind).kind.decode(answer.body);
    if (object.head.key != write.key || object.head.resource_version.empty()) {
      // Done, but the answer is cut or unreadable: what stands there is looked up.
      return failed(write, conflict(base::concat({write.what, ": the answer cannot be read"})));
    }
    const bool ends = write.kind == subject_.key.kind && write.key == key_ &&
                      object.head.deleting && metadata_of(write.kind, object).finalizers.empty();
    if (ends) {
      // Its last finalizer is gone and so is the object; the version told is the one before
      // (RT-52).
      expect_gone(write, object.head.uid, true);
      clear(write);
      out_.wrote = true;
      count(write, "done");
      return true;
    }
    return taken(write, object);
  }

  bool taken(const Write& write, const kube::Object& object) {
    const bool changed = wait_for(write, object);
    if (is_owned_by(metadata_of(write.kind, object), metadata_.uid)) {
      executor_.world_.write([&](WorldState& world) {
        ledger(world).generations[object.head.uid] = object.head.generation;
      });
    }
    clear(write);
    count(write, changed ? "done" : "unchanged");
    return true;
  }

  // True: the object is not what the cache showed.
  bool wait_for(const Write& write, const kube::Object& object) {
    const bool changed = executor_.world_.write([&](WorldState& world) {
      kube::Store& store = world.store(write.kind);
      const auto before = store.find(object.head.key);
      if (before && before->head.uid == object.head.uid &&
          before->head.resource_version == object.head.resource_version) {
        return false;
      }
      store.overlay(object);
      ledger(world).expect(write.kind, object.head.resource_version, input_.now);
      return true;
    });
    out_.wrote = out_.wrote || changed;
    return changed;
  }

  void show(const Write& write, const kube::Object& object) {
    executor_.world_.write([&](WorldState& world) { world.store(write.kind).overlay(object); });
  }

  void expect_gone(const Write& write, const base::Uid& uid, bool wholly) {
    executor_.world_.write([&](WorldState& world) {
      ledger(world).expect_gone({.kind = write.kind,
                                 .key = write.key,
                                 .uid = uid,
                                 .wholly = wholly,
                                 .since = input_.now});
    });
  }

  // The server has no such object: the cache will show that too (RT-62).
  bool lost(const Write& write, const Error& error) {
    const auto cached = executor_.world_.read(
        [&](const WorldState& world) { return world.store(write.kind).find(write.key); });
    if (cached) expect_gone(write, cached->head.uid, true);
    return fail(write, conflict(error.message));
  }

  // A failed write. A stale picture is refreshed first, so that the next decision sees what stood
  // in the way (RT-55).
  bool failed(const Write& write, const Error& error) {
    if (error.action != Action::kRetryReconcile) return fail(write, error);
    const auto live = read_live(write);
    if (!live.ok()) return fail(write, live.error());
    if (!*live) return lost(write, error);
    show(write, **live);
    return fail(write, error);
  }

  bool fail(const Write& write, const Error& error) {
    out_.ending = ending_of(error);
    out_.error = error;
    out_.failed = write.what;
    count(write, outcome_label(out_.ending));
    if (out_.ending == Ending::kConflict) {
      clear(write);
      return false;
    }
    Failure failure{.failure = {.what = write.what,
                                .resource = write.resource,
                                .key = write.key,
                                .error = error},
                    .fingerprint = write.fingerprint,
                    .generation = metadata_.generation,
                    .retry_at = input_.now};
    if (out_.ending != Ending::kRetry) {
      failure.retry_at = input_.now + recheck_after(error);
      out_.retry_at = failure.retry_at;
      out_.refused_now = true;
    }
    executor_.world_.write([&](WorldState& world) { ledger(world).fail(std::move(failure)); });
    return false;
  }

  void clear(const Write& write) {
    executor_.world_.write(
        [&](WorldState& world) { ledger(world).clear_failure(write.resource, write.key); });
  }

  // Failures of objects that the plan does not name any more are over.
  void prune(const core::Plan& plan) {
    std::set<std::pair<std::string_view, schema::ObjectKey>> named;
    if (plan.status) named.insert({watched(subject_.key.kind).kind.resource.plural, key_});
    for (const core::Effect& effect : plan.effects) {
      const Write write = write_of(effect);
      named.insert({write.resource.plural, write.key});
    }
    executor_.world_.write([&](WorldState& world) {
      std::erase_if(ledger(world).failures, [&](const Failure& entry) {
        return !named.contains({entry.failure.resource.plural, entry.failure.key});
      });
    });
  }

  base::Result<base::Ref<kube::Object>> read_live(const Write& write) {
    return executor_.read_live(write.kind, write.key, input_.stop);
  }

  base::Result<base::HttpResponse> send(kube::Verb verb,
                                        const Write& write,
                                        const base::HttpRequest& request) {
    return executor_.send({.verb = verb, .resource = write.resource, .key = write.key}, request,
                          input_.stop);
  }

  Ledger& ledger(WorldState& world) const { return world.ledger(subject_.key, metadata_.uid); }

  void count(const Write& write, std::string_view outcome) {
    executor_.telemetry_.count(telemetry::kEffects, {write.resource.kind, outcome});
  }

  Executor& executor_;
  const ExecuteInput& input_;
  const Subject& subject_;
  const api::Metadata& metadata_;
  const schema::ObjectKey& key_;
  Executed out_;
};

Executor::Executor(net::Transport& transport, World& world, telemetry::Telemetry& telemetry)
    : transport_(transport), world_(world), telemetry_(telemetry) {}

Executed Executor::execute(const ExecuteInput& input) {
  KAIZEN_CHECK(input.subject != nullptr && input.plan != nullptr && input.subject->object,
               "execute() needs a subject with an object, and a plan");
  return Run(*this, input, *input.subject).all(*input.plan);
}

base::Result<Unit> Executor::write_status(const Subject& subject,
                                          const core::StatusPatch& patch,
                                          const ExecuteInput& input) {
  Run run(*this, input, subject);
  if (run.status(patch)) return Unit{};
  return *run.out().error;
}

base::Result<bool> Executor::is_gone(const ExpectedGone& expected, const std::stop_token& stop) {
  KAIZEN_TRY(const auto live, read_live(expected.kind, expected.key, stop));
  if (!live || live->head.uid != expected.uid) return true;
  world_.write([&](WorldState& world) { world.store(expected.kind).overlay(*live); });
  return live->head.deleting && !expected.wholly;
}

base::Result<base::HttpResponse> Executor::send(const kube::CallInfo& call,
                                                const base::HttpRequest& request,
                                                const std::stop_token& stop) {
  net::CallLimits limits;
  limits.stop = stop;
  return kube::judge(call, transport_.call(request, limits));
}

base::Result<base::Ref<kube::Object>> Executor::read_live(Watched kind,
                                                          const schema::ObjectKey& key,
                                                          const std::stop_token& stop) {
  const schema::Resource& resource = watched(kind).kind.resource;
  const auto answer = send({.verb = kube::Verb::kGet, .resource = resource, .key = key},
                           kube::get_request(resource, key), stop);
  if (!answer.ok()) {
    if (answer.error().code == Code::kNotFound) return base::Ref<kube::Object>();
    return answer.error();
  }
  kube::Object object = watched(kind).kind.decode(answer->body);
  if (object.head.key != key || object.head.resource_version.empty()) {
    return Error{
        .action = Action::kRetryCall,
        .code = Code::kInvalid,
        .message = base::concat({"get ", path_of(resource, key), ": the answer is no such object"}),
        .retry_after = {}};
  }
  return base::make_ref(std::move(object));
}

}  // namespace kaizen::reconcile
