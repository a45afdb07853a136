#include "reconcile/ledger.h"

#include <algorithm>
#include <utility>

#include "kube/resource_version.h"

namespace kaizen::reconcile {

bool Ledger::expects_nothing() const {
  return gone.empty() && std::none_of(versions.begin(), versions.end(),
                                      [](const auto& version) { return version.has_value(); });
}

void Ledger::expect(Watched kind, std::string_view resource_version, base::MonoTime now) {
  auto& version = versions.at(static_cast<size_t>(kind));
  // Versions of one resource are one line: having reached the newest is having reached all.
  if (version && kube::has_reached(version->resource_version, resource_version)) return;
  version = {.resource_version = std::string(resource_version), .since = now};
}

void Ledger::expect_gone(const ExpectedGone& expected) {
  const auto same = [&](const ExpectedGone& other) {
    return other.kind == expected.kind && other.uid == expected.uid;
  };
  std::erase_if(gone, same);
  gone.push_back(expected);
}

const Failure* Ledger::failure_of(const schema::Resource& resource,
                                  const schema::ObjectKey& key) const {
  for (const Failure& entry : failures) {
    if (entry.failure.resource == resource && entry.failure.key == key) return &entry;
  }
  return nullptr;
}

void Ledger::fail(Failure failure) {
  clear_failure(failure.failure.resource, failure.failure.key);
  failures.push_back(std::move(failure));
}

void Ledger::clear_failure(const schema::Resource& resource, const schema::ObjectKey& key) {
  std::erase_if(failures, [&](const Failure& entry) {
    return entry.failure.resource == resource && entry.failure.key == key;
  });
}

}  // namespace kaizen::reconcile
