#include "base/symbol.h"

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace kaizen::base {
namespace {

struct Table {
  std::mutex mutex;
  std::unordered_map<std::string_view, std::weak_ptr<const std::string>> entries;
};

// Never destroyed: symbols in other static objects may outlive main (A15 keeps constructors out of
// globals).
Table& table() {
  static Table* const kTable = new Table;  // NOLINT: deliberate, see above
  return *kTable;
}

void forget(const std::string* text) {
  {
    Table& t = table();
    const std::scoped_lock lock(t.mutex);
    // A new entry of the same text may have replaced ours between the last release and this lock.
    const auto found = t.entries.find(*text);
    if (found != t.entries.end() && found->second.expired()) t.entries.erase(found);
  }
  delete text;  // NOLINT: owned by the shared_ptr that calls this
}

}  // namespace

Symbol::Symbol(std::string_view text) {
  if (text.empty()) return;
  Table& t = table();
  const std::scoped_lock lock(t.mutex);
  const auto found = t.entries.find(text);
  if (found != t.entries.end()) {
    text_ = found->second.lock();
    if (text_) return;
    t.entries.erase(found);
  }
  text_ = std::shared_ptr<const std::string>(new std::string(text), forget);
  t.entries.emplace(*text_, text_);
}

size_t symbol_count() {
  Table& t = table();
  const std::scoped_lock lock(t.mutex);
  return t.entries.size();
}

}  // namespace kaizen::base
