// Objects as a real API server wrote them, and what every kind's table must do with them.
#pragma once

#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/result.h"
#include "base/text.h"
#include "schema/codec.h"
#include "schema/describe.h"
#include "source_dir.h"

namespace kaizen::api {

inline std::string recorded(std::string_view name) {
  const std::string path = std::string(kaizen_source_dir()) + "/tests/recorded/kubernetes-1.36/" +
                           std::string(name) + ".json";
  std::ifstream file(path);
  EXPECT_TRUE(file.good()) << path;
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// That the text holds a member of that name for every row of the table and of those below: a test
// over the text then is about all of them.
inline void expect_every_member_is_recorded(const schema::TypeInfo& type, std::string_view text) {
  if (type.element != nullptr) expect_every_member_is_recorded(type.element(), text);
  for (const schema::FieldInfo& row : type.fields) {
    const std::string key = base::concat({"\"", row.name, "\":"});
    EXPECT_NE(text.find(key), std::string_view::npos) << type.name << ": " << row.name;
    expect_every_member_is_recorded(row.type(), text);
  }
}

// No member of the type has a default in the CRD.
inline void expect_no_storage_default(const schema::TypeInfo& type) {
  if (type.element != nullptr) expect_no_storage_default(type.element());
  for (const schema::FieldInfo& row : type.fields) {
    EXPECT_EQ(row.options.default_json, "") << type.name << "." << row.name;
    expect_no_storage_default(row.type());
  }
}

// The object cut off or with a byte changed: an error or an object, never a crash, a hang or a read
// outside the text (under ASan this is what it is for).
template <class Kind>
void expect_no_harm_from_damage(std::string_view json) {
  const std::string text(base::trim(json));
  constexpr std::string_view kBytes("\"{],\\0\0\xFF", 8);
  const size_t step = text.size() / 1000 + 1;
  for (size_t i = 0; i < text.size(); i += step) {
    Kind object;
    EXPECT_FALSE(schema::decode_into(schema::type_of<Kind>(), text.substr(0, i), &object).ok());
    std::string damaged = text;
    damaged[i] = kBytes[i % kBytes.size()];
    Kind other;
    const base::Result<base::Unit> done =
        schema::decode_into(schema::type_of<Kind>(), damaged, &other);
    EXPECT_NE(done.ok() ? schema::encode(other) : done.error().message, "");
  }
}

}  // namespace kaizen::api
