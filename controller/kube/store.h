// Store: the cached objects of one kind. Not synchronised: all stores of the process are guarded by
// one shared mutex of reconcile's World (A62), so that a snapshot is taken under one lock (RT-41).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/ref.h"
#include "kube/object.h"

namespace kaizen::kube {

// What a watch tells.
struct Delta {
  enum class Kind : uint8_t {
    kUpsert,    // `objects` has one entry
    kDelete,    // its last state, head at least
    kReplace,   // the whole collection, consistent at `resource_version` (RT-31)
    kProgress,  // bookmark: everything up to `resource_version` was delivered
  };

  Kind kind = Kind::kUpsert;
  std::vector<Object> objects;
  std::string resource_version;
};

// What happened to one key by it: from what the watch had delivered before to what it delivers now.
// Both set: changed; only `before`: gone; only `after`: new.
struct Change {
  base::Ref<Object> before;
  base::Ref<Object> after;
  bool final_state_unknown = false;  // deleted while we were not watching (RT-31)
  bool content_changed = true;       // false: only resourceVersion moved (RT-42)
};

class Store {
 public:
  explicit Store(Kind kind);
  Store(Store&&) = default;
  Store& operator=(Store&&) = default;
  Store(const Store&) = delete;  // its indexes point into itself
  Store& operator=(const Store&) = delete;
  ~Store() = default;

  const Kind& kind() const { return kind_; }

  // null: not cached.
  base::Ref<Object> find(const schema::ObjectKey& key) const;

  // In key order.
  std::vector<base::Ref<Object>> by_index(uint8_t index, std::string_view value) const;
  std::vector<base::Ref<Object>> all() const;

  size_t size() const { return entries_.size(); }

  // Takes the delta in. Changes come deletions first (RT-31, RT-34: a new UID under an old key is a
  // deletion and an addition). Older states of a cached UID are dropped and counted (RT-33).
  std::vector<Change> apply(Delta delta);

  // The answer to our own write: visible at once, until the watch delivers that state or a newer
  // one (A73). Not told as a Change: the watch will. Ignored when the watch has been there already.
  void overlay(Object object);

  // Highest resourceVersion the watch has delivered (HWM).
  std::string_view high_water() const { return high_water_; }

  // Everything up to that version has been delivered (RT-51). An empty one asks for nothing.
  bool reached(std::string_view resource_version) const;

  bool synced() const { return synced_; }

  uint64_t stale_events() const { return stale_events_; }

 private:
  struct Entry {
    base::Ref<Object> watched;  // null: only overlaid
    base::Ref<Object> overlay;  // newer than everything the watch has delivered, or null
  };

  struct ByKey {
    bool operator()(const schema::ObjectKey* a, const schema::ObjectKey* b) const {
      return *a < *b;
    }
  };

  struct Changes;

  using Index = std::map<std::string, std::set<const schema::ObjectKey*, ByKey>, std::less<>>;
  using Listed = std::map<schema::ObjectKey, Object>;

  static const base::Ref<Object>& visible(const Entry& entry);

  void upsert(Object object, Changes* changes);
  void remove(const Object& last_state, Changes* changes);
  void replace(std::vector<Object> objects, std::string_view version, Changes* changes);
  void remove_unlisted(const Listed& listed, Changes* changes);
  void set_watched(const schema::ObjectKey& key, Object object, Changes* changes);
  bool is_stale(const Entry& entry, const Object& next) const;
  bool is_same_content(const Object& a, const Object& b) const;
  void advance(std::string_view resource_version);
  void drop_reached_overlays(Changes* changes);
  void put(const schema::ObjectKey& key, Entry next);
  void index(const schema::ObjectKey& key, const Object& object, bool present);

  Kind kind_;
  std::map<schema::ObjectKey, Entry> entries_;
  std::set<schema::ObjectKey> overlaid_;
  std::vector<Index> indexes_;  // point to the keys of entries_
  std::string high_water_;
  bool synced_ = false;
  uint64_t stale_events_ = 0;
};

}  // namespace kaizen::kube
