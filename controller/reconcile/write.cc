#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "api/kinds.h"
#include "base/check.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/uid.h"
#include "core/names.h"
#include "reconcile/ledger.h"
#include "reconcile/write_internal.h"

namespace kaizen::reconcile {

using base::Action;
using base::Code;
using base::Error;

namespace {

// What an effect writes and where to.
struct Content {
  schema::Resource resource;
  schema::ObjectKey key;
  std::string text;
};

struct ContentOf {
  Content operator()(const core::Create& e) const {
    return {.resource = e.manifest.resource, .key = e.manifest.key, .text = e.manifest.body};
  }

  Content operator()(const core::Apply& e) const {
    return {.resource = e.manifest.resource, .key = e.manifest.key, .text = e.manifest.body};
  }

  Content operator()(const core::Patch& e) const {
    return {.resource = e.resource, .key = e.key, .text = e.ops};
  }

  Content operator()(const core::Delete& e) const {
    return {.resource = e.resource, .key = e.key, .text = base::to_string(e.uid)};
  }
};

}  // namespace

Write write_of(const core::Effect& effect) {
  const Content content = std::visit(ContentOf{}, effect);
  const auto kind = watched_of(content.resource);
  Write write{.resource = content.resource,
              .key = content.key,
              .known = kind.has_value(),
              .kind = kind.value_or(Watched::kModelDeployment),
              .what = core::describe(effect),
              .fingerprint = 0};
  write.fingerprint = base::spread_hash(base::concat({write.what, "\n", content.text}));
  return write;
}

Write status_write(const Subject& subject, const core::StatusPatch& patch) {
  const schema::Resource& resource = watched(subject.key.kind).kind.resource;
  return {.resource = resource,
          .key = subject.key.object,
          .known = true,
          .kind = subject.key.kind,
          .what = base::concat({"patch status of ", path_of(resource, subject.key.object)}),
          .fingerprint = base::spread_hash(patch.merge_patch)};
}

bool is_empty(const core::StatusPatch& patch) {
  return base::trim(patch.merge_patch) == "{}";
}

std::string path_of(const schema::Resource& resource, const schema::ObjectKey& key) {
  return base::concat({resource.kind, " ", key.ns, "/", key.name});
}

std::string_view annotation_of(const api::Metadata& metadata, std::string_view key) {
  const auto found = metadata.annotations.find(key);
  if (found == metadata.annotations.end()) return {};
  return found->second;
}

Error conflict(std::string message) {
  return {.action = Action::kRetryReconcile,
          .code = Code::kConflict,
          .message = std::move(message),
          .retry_after = {}};
}

Error adoption_conflict(const Write& write, const api::Metadata& live) {
  const auto* controller = controller_of(live);
  const std::string owner = controller == nullptr
                                ? std::string("nobody")
                                : base::concat({controller->kind, " ", controller->name});
  const std::string path = path_of(write.resource, write.key);
  return {.action = Action::kAwaitChange,
          .code = Code::kAlreadyExists,
          .message = base::concat({write.what, ": ", path, " exists and is controlled by ", owner,
                                   "; rename or delete it, or hand it over with the annotation ",
                                   core::annotation::kAdopt, ": <name of the ModelDeployment>"}),
          .retry_after = {}};
}

Error our_bug(const Write& write, std::string_view why) {
  return {.action = Action::kTerminal,
          .code = Code::kInternal,
          .message = base::concat({write.what, ": not sent: ", why}),
          .retry_after = {}};
}

Error stopping(const Write& write) {
  return {.action = Action::kRetryCall,
          .code = Code::kCancelled,
          .message = base::concat({write.what, ": not sent: the operator stops"}),
          .retry_after = {}};
}

Ending ending_of(const Error& error) {
  switch (error.action) {
    case Action::kRetryCall: return Ending::kRetry;
    case Action::kRetryReconcile: return Ending::kConflict;
    case Action::kAwaitChange: return Ending::kBlocked;
    case Action::kTerminal:
      return error.code == Code::kInternal ? Ending::kOurBug : Ending::kBlocked;
  }
  KAIZEN_CHECK(false, "an action that does not exist");
}

std::string_view outcome_label(Ending ending) {
  switch (ending) {
    case Ending::kConflict: return "conflict";
    case Ending::kRetry: return "retry";
    case Ending::kBlocked: return "blocked";
    case Ending::kOurBug: return "bug";
    case Ending::kSettled:
    case Ending::kWaits:
    case Ending::kAgain:
    case Ending::kException: return "done";
  }
  KAIZEN_CHECK(false, "an ending that does not exist");
}

base::Duration recheck_after(const Error& error) {
  if (error.code == Code::kAlreadyExists) return kAdoptionRecheck;
  if (error.action == Action::kTerminal) return kTerminalRecheck;
  return std::max(kForbiddenRecheck, error.retry_after);
}

}  // namespace kaizen::reconcile
