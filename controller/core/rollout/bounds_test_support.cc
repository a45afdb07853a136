#include "core/rollout/bounds_test_support.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "schema/describe.h"

namespace kaizen::core::testing_support {

namespace {

constexpr int32_t kLongestName = 256;

void append(std::vector<std::string>& to, const std::vector<std::string>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

std::vector<std::string> members(const schema::TypeInfo& type,
                                 const void* value,
                                 const std::string& path) {
  std::vector<std::string> found;
  for (const schema::FieldInfo& row : type.fields) {
    append(found, cut_names(row.type(), row.options, row.look(value),
                            base::concat({path, ".", row.name})));
  }
  return found;
}

}  // namespace

std::vector<std::string> cut_names(const schema::TypeInfo& type,
                                   const schema::FieldOptions& options,
                                   const void* value,
                                   const std::string& path) {
  if (type.shape == schema::Shape::kObject) return members(type, value, path);
  if (type.shape == schema::Shape::kOptional) {
    const void* inner = type.optional.get(value);
    return inner == nullptr ? std::vector<std::string>()
                            : cut_names(type.element(), options, inner, path);
  }
  if (type.shape == schema::Shape::kList) {
    std::vector<std::string> found;
    for (size_t i = 0; i < type.list.size(value); ++i) {
      append(found, cut_names(type.element(), options, type.list.at(value, i),
                              base::concat({path, "[", std::to_string(i), "]"})));
    }
    return found;
  }
  if (type.shape != schema::Shape::kString || options.max_length > kLongestName) return {};
  const auto& text = *static_cast<const std::string*>(value);
  if (!std::string_view(text).ends_with("\xE2\x80\xA6")) return {};
  return {base::concat({path, ": ", text, " was cut; keep what writes it short"})};
}

}  // namespace kaizen::core::testing_support
