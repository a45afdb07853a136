// Symbol: an interned string for texts that repeat across thousands of objects: namespaces, label
// keys and values, reasons. Never names or UIDs, which do not repeat. Equal symbols share one
// buffer, so comparing is comparing pointers. The table is process-wide and guarded by its own
// mutex; entries vanish with their last user.
#pragma once

#include <compare>
#include <memory>
#include <string>
#include <string_view>

namespace kaizen::base {

class Symbol {
 public:
  Symbol() = default;  // the empty text, without an entry in the table
  explicit Symbol(std::string_view text);

  std::string_view view() const { return text_ ? std::string_view(*text_) : std::string_view(); }

  bool empty() const { return view().empty(); }

  friend bool operator==(const Symbol& a, const Symbol& b) { return a.text_ == b.text_; }

  // Order by text, so that containers print the same in every run.
  friend std::strong_ordering operator<=>(const Symbol& a, const Symbol& b) {
    return a.view() <=> b.view();
  }

 private:
  std::shared_ptr<const std::string> text_;
};

// Number of live entries in the table; for tests and metrics.
size_t symbol_count();

}  // namespace kaizen::base
