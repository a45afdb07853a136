#include "kube/store.h"

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/ref.h"
#include "kube/object.h"
#include "kube/resource_version.h"
#include "schema/resource.h"

namespace kaizen::kube {

namespace {

// Whether the deletion that ended with `last` ended the incarnation we have too: a late one of an
// earlier incarnation does not.
bool is_end_of(const Head& have, const Head& last) {
  if (have.uid == last.uid) {
    return !is_older(last.resource_version, have.resource_version).value_or(false);
  }
  return is_older(have.resource_version, last.resource_version).value_or(false);
}

}  // namespace

// Deletions are told before everything else, whatever order they were found in.
struct Store::Changes {
  std::vector<Change> gone;
  std::vector<Change> present;

  void add_gone(base::Ref<Object> before, bool final_state_unknown) {
    gone.push_back({.before = std::move(before),
                    .after = nullptr,
                    .final_state_unknown = final_state_unknown});
  }
};

Store::Store(Kind kind) : kind_(kind) {}

base::Ref<Object> Store::find(const schema::ObjectKey& key) const {
  const auto found = entries_.find(key);
  return found == entries_.end() ? nullptr : visible(found->second);
}

std::vector<base::Ref<Object>> Store::by_index(uint8_t index, std::string_view value) const {
  std::vector<base::Ref<Object>> out;
  if (index >= indexes_.size()) return out;
  const auto found = indexes_[index].find(value);
  if (found == indexes_[index].end()) return out;
  out.reserve(found->second.size());
  for (const schema::ObjectKey* key : found->second) out.push_back(visible(entries_.at(*key)));
  return out;
}

std::vector<base::Ref<Object>> Store::all() const {
  std::vector<base::Ref<Object>> out;
  out.reserve(entries_.size());
  for (const auto& [key, entry] : entries_) out.push_back(visible(entry));
  return out;
}

std::vector<Change> Store::apply(Delta delta) {
  Changes changes;
  switch (delta.kind) {
    case Delta::Kind::kUpsert:
      KAIZEN_CHECK(delta.objects.size() == 1, "an upsert carries one object");
      upsert(std::move(delta.objects.front()), &changes);
      break;
    case Delta::Kind::kDelete:
      KAIZEN_CHECK(delta.objects.size() == 1, "a deletion carries one object");
      remove(delta.objects.front(), &changes);
      break;
    case Delta::Kind::kReplace:
      replace(std::move(delta.objects), delta.resource_version, &changes);
      break;
    case Delta::Kind::kProgress: advance(delta.resource_version); break;
  }
  drop_reached_overlays(&changes);
  std::vector<Change> out = std::move(changes.gone);
  out.insert(out.end(), std::make_move_iterator(changes.present.begin()),
             std::make_move_iterator(changes.present.end()));
  return out;
}

void Store::overlay(Object object) {
  const std::string& version = object.head.resource_version;
  if (!is_well_formed(version)) return;  // its end could not be told
  if (!high_water_.empty() && !is_older(high_water_, version).value_or(false)) return;
  const schema::ObjectKey key = object.head.key;
  const auto found = entries_.find(key);
  Entry entry = found == entries_.end() ? Entry{} : found->second;
  const base::Ref<Object>& current = visible(entry);
  if (current && !is_older(current->head.resource_version, version).value_or(false)) return;
  entry.overlay = base::make_ref(std::move(object));
  put(key, std::move(entry));
  overlaid_.insert(key);
}

bool Store::reached(std::string_view resource_version) const {
  return synced_ && (resource_version.empty() || has_reached(high_water_, resource_version));
}

const base::Ref<Object>& Store::visible(const Entry& entry) {
  return entry.overlay ? entry.overlay : entry.watched;
}

void Store::upsert(Object object, Changes* changes) {
  const auto found = entries_.find(object.head.key);
  if (found != entries_.end() && is_stale(found->second, object)) {
    ++stale_events_;
    return;
  }
  advance(object.head.resource_version);
  const schema::ObjectKey key = object.head.key;
  set_watched(key, std::move(object), changes);
}

void Store::remove(const Object& last_state, Changes* changes) {
  const Head& gone = last_state.head;
  const auto found = entries_.find(gone.key);
  if (found == entries_.end()) {
    advance(gone.resource_version);
    return;
  }
  Entry entry = found->second;
  const base::Ref<Object> watched = entry.watched;
  if (watched && !is_end_of(watched->head, gone)) {
    ++stale_events_;
    return;
  }
  advance(gone.resource_version);
  const bool overlay_gone = entry.overlay && entry.overlay->head.uid == gone.uid;
  if (watched) {
    // Another UID than the cached one: that one went before, without our seeing it.
    changes->add_gone(watched, watched->head.uid != gone.uid);
  } else if (overlay_gone) {
    changes->add_gone(entry.overlay, false);
  }
  entry.watched = nullptr;
  if (overlay_gone) entry.overlay = nullptr;
  put(gone.key, std::move(entry));
}

void Store::replace(std::vector<Object> objects, std::string_view version, Changes* changes) {
  if (is_older(version, high_water_).value_or(false)) {
    ++stale_events_;
    return;
  }
  Listed listed;
  for (Object& object : objects) {
    const schema::ObjectKey key = object.head.key;
    const auto [at, is_new] = listed.try_emplace(key);
    const bool newer =
        is_new ||
        is_older(at->second.head.resource_version, object.head.resource_version).value_or(true);
    if (newer) at->second = std::move(object);
  }
  advance(version);
  synced_ = true;
  remove_unlisted(listed, changes);
  for (auto& [key, object] : listed) {
    const auto found = entries_.find(key);
    const bool known = found != entries_.end() && found->second.watched;
    if (known && found->second.watched->head == object.head) continue;
    if (known && is_stale(found->second, object)) {
      ++stale_events_;
      continue;
    }
    set_watched(key, std::move(object), changes);
  }
}

void Store::remove_unlisted(const Listed& listed, Changes* changes) {
  std::vector<schema::ObjectKey> missing;
  for (const auto& [key, entry] : entries_) {
    if (entry.watched && !listed.contains(key)) missing.push_back(key);
  }
  for (const schema::ObjectKey& key : missing) {
    Entry entry = entries_.at(key);
    changes->add_gone(entry.watched, true);
    const bool same_uid = entry.overlay && entry.overlay->head.uid == entry.watched->head.uid;
    if (same_uid) entry.overlay = nullptr;
    entry.watched = nullptr;
    put(key, std::move(entry));
  }
}

// The watch's newest word on a key. A new UID under it is a deletion and an addition (RT-34).
void Store::set_watched(const schema::ObjectKey& key, Object object, Changes* changes) {
  const auto found = entries_.find(key);
  Entry entry = found == entries_.end() ? Entry{} : found->second;
  const base::Ref<Object> before = entry.watched;
  entry.watched = base::make_ref(std::move(object));
  const bool same_uid = before && before->head.uid == entry.watched->head.uid;
  if (before && !same_uid) changes->add_gone(before, false);
  changes->present.push_back(
      {.before = same_uid ? before : nullptr,
       .after = entry.watched,
       .final_state_unknown = false,
       .content_changed = !same_uid || !is_same_content(*before, *entry.watched)});
  put(key, std::move(entry));
}

// RT-33: never back in time, neither within one UID nor to an earlier incarnation of the name.
bool Store::is_stale(const Entry& entry, const Object& next) const {
  if (!entry.watched) return false;
  const Head& have = entry.watched->head;
  const std::string& version = next.head.resource_version;
  if (have.uid == next.head.uid && have.resource_version == version) return true;
  return is_older(version, have.resource_version).value_or(false);
}

bool Store::is_same_content(const Object& a, const Object& b) const {
  if (a.parse_error != b.parse_error || !a.value || !b.value) return false;
  return kind_.same_content(a.value.get(), b.value.get());
}

void Store::advance(std::string_view resource_version) {
  if (resource_version.empty()) return;
  if (!is_older(resource_version, high_water_).value_or(false)) high_water_ = resource_version;
}

// The watch delivers in order, so at that version it has told everything an overlay knew.
void Store::drop_reached_overlays(Changes* changes) {
  for (auto next = overlaid_.begin(); next != overlaid_.end();) {
    const auto found = entries_.find(*next);
    const base::Ref<Object> overlay = found == entries_.end() ? nullptr : found->second.overlay;
    const bool is_later =
        overlay && (high_water_.empty() ||
                    is_older(high_water_, overlay->head.resource_version).value_or(false));
    if (is_later) {
      ++next;
      continue;
    }
    if (overlay) {
      Entry entry = found->second;
      entry.overlay = nullptr;
      const base::Ref<Object> watched = entry.watched;
      put(*next, std::move(entry));
      // What we wrote was never delivered: it left the scope of the watch, or is gone.
      if (!watched || watched->head.uid != overlay->head.uid) changes->add_gone(overlay, true);
    }
    next = overlaid_.erase(next);
  }
}

void Store::put(const schema::ObjectKey& key, Entry next) {
  auto found = entries_.find(key);
  if (found != entries_.end()) index(found->first, *visible(found->second), false);
  if (!visible(next)) {
    if (found != entries_.end()) entries_.erase(found);
    return;
  }
  if (found == entries_.end()) found = entries_.try_emplace(key).first;
  found->second = std::move(next);
  index(found->first, *visible(found->second), true);
}

// `key` is the one that lives in entries_.
void Store::index(const schema::ObjectKey& key, const Object& object, bool present) {
  for (const IndexValue& value : object.indexes) {
    if (value.index >= indexes_.size()) indexes_.resize(size_t{value.index} + 1);
    Index& index = indexes_[value.index];
    if (present) {
      index[value.value].insert(&key);
      continue;
    }
    const auto found = index.find(value.value);
    if (found == index.end()) continue;
    found->second.erase(&key);
    if (found->second.empty()) index.erase(found);
  }
}

}  // namespace kaizen::kube
