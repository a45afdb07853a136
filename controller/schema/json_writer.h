// JsonWriter: builds one JSON text, compact, members in the order they are written. The only way
// rooms below ext make JSON by hand; whole objects go through schema/codec.h. Not for reading.
// A call out of order (a value where a key must stand) is our bug and ends the process.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kaizen::schema {

class JsonWriter {
 public:
  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view name);
  JsonWriter& string(std::string_view value);
  JsonWriter& integer(int64_t value);
  JsonWriter& boolean(bool value);
  JsonWriter& null();
  JsonWriter& raw(std::string_view json);  // must be one complete JSON value; not checked

  // The text; every object and array must be closed. The writer is empty afterwards.
  std::string take();

 private:
  enum class Frame : uint8_t { kArray, kObject };

  void before_value();

  std::string text_;
  std::vector<Frame> frames_;
  bool need_comma_ = false;
  bool after_key_ = false;
};

}  // namespace kaizen::schema
