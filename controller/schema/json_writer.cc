#include "schema/json_writer.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "base/text.h"

namespace kaizen::schema {

JsonWriter& JsonWriter::begin_object() {
  before_value();
  text_ += '{';
  frames_.push_back(Frame::kObject);
  need_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::end_object() {
  KAIZEN_CHECK(!frames_.empty() && frames_.back() == Frame::kObject && !after_key_,
               "no object is open here");
  text_ += '}';
  frames_.pop_back();
  need_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::begin_array() {
  before_value();
  text_ += '[';
  frames_.push_back(Frame::kArray);
  need_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::end_array() {
  KAIZEN_CHECK(!frames_.empty() && frames_.back() == Frame::kArray, "no array is open here");
  text_ += ']';
  frames_.pop_back();
  need_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  KAIZEN_CHECK(!frames_.empty() && frames_.back() == Frame::kObject && !after_key_,
               "a key stands only in an object, before its value");
  if (need_comma_) text_ += ',';
  text_ += base::json_quote(name);
  text_ += ':';
  after_key_ = true;
  return *this;
}

JsonWriter& JsonWriter::string(std::string_view value) {
  return raw(base::json_quote(value));
}

JsonWriter& JsonWriter::integer(int64_t value) {
  return raw(std::to_string(value));
}

JsonWriter& JsonWriter::boolean(bool value) {
  return raw(value ? "true" : "false");
}

JsonWriter& JsonWriter::null() {
  return raw("null");
}

JsonWriter& JsonWriter::raw(std::string_view json) {
  KAIZEN_CHECK(!json.empty(), "an empty text is no JSON value");
  before_value();
  text_ += json;
  need_comma_ = true;
  return *this;
}

std::string JsonWriter::take() {
  KAIZEN_CHECK(frames_.empty() && !text_.empty(), "one complete value is what a writer gives");
  need_comma_ = false;
  return std::exchange(text_, {});
}

void JsonWriter::before_value() {
  const bool in_object = !frames_.empty() && frames_.back() == Frame::kObject;
  KAIZEN_CHECK(in_object == after_key_, "a member's value follows its key");
  KAIZEN_CHECK(!frames_.empty() || text_.empty(), "a JSON text is one value");
  if (need_comma_ && !after_key_) text_ += ',';
  after_key_ = false;
  need_comma_ = false;
}

}  // namespace kaizen::schema
