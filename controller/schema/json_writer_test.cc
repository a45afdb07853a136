#include "schema/json_writer.h"

#include <gtest/gtest.h>

namespace kaizen::schema {
namespace {

TEST(JsonWriter, WritesMembersInOrderWithoutWhiteSpace) {
  JsonWriter writer;
  writer.begin_object().key("a").integer(-7).key("b\"").string("x\ny").key("list").begin_array();
  writer.boolean(true).null().begin_object().end_object().raw("[1,2]").end_array();
  writer.key("last").boolean(false).end_object();

  EXPECT_EQ(writer.take(), R"({"a":-7,"b\"":"x\ny","list":[true,null,{},[1,2]],"last":false})");
}

TEST(JsonWriter, IsEmptyAfterTake) {
  JsonWriter writer;
  writer.begin_array().integer(1).end_array();
  EXPECT_EQ(writer.take(), "[1]");
  writer.string("again");
  EXPECT_EQ(writer.take(), "\"again\"");
}

TEST(JsonWriterDeathTest, EndsTheProcessOnCallsOutOfOrder) {
  EXPECT_DEATH(JsonWriter().begin_object().integer(1), "a member's value follows its key");
  EXPECT_DEATH(JsonWriter().begin_array().key("k"), "a key stands only in an object");
  EXPECT_DEATH(JsonWriter().begin_object().key("k").end_object(), "no object is open here");
  EXPECT_DEATH(JsonWriter().integer(1).integer(2), "a JSON text is one value");
  EXPECT_DEATH(JsonWriter().begin_array().take(), "one complete value");
}

}  // namespace
}  // namespace kaizen::schema
