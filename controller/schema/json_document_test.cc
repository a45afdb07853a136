#include "schema/json_document.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace kaizen::schema {
namespace {

constexpr JsonBounds kBounds{.max_bytes = 1000, .max_depth = 8};

std::string refusal(std::string_view json) {
  const auto node = parse_strict(json, kBounds);
  return node.ok() ? "accepted" : node.error().message;
}

TEST(JsonDocument, KeepsEveryKindOfValue) {
  const auto node = parse_strict(
      R"( {"a":[null,true,false,-1.5e3,12345678901234567890],"b":"xé\n","c":{}} )", kBounds);

  ASSERT_TRUE(node.ok());
  ASSERT_EQ(node->kind, JsonNode::Kind::kObject);
  const JsonNode* list = node->find("a");
  ASSERT_EQ(list->elements.size(), 5U);
  EXPECT_EQ(list->elements[0].kind, JsonNode::Kind::kNull);
  EXPECT_TRUE(list->elements[1].truth);
  EXPECT_EQ(list->elements[2].kind, JsonNode::Kind::kBoolean);
  EXPECT_FALSE(list->elements[2].truth);
  EXPECT_EQ(list->elements[3].number, -1500.0);
  EXPECT_EQ(list->elements[4].number, 12345678901234567890.0);
  EXPECT_EQ(node->find("b")->text, "x\xC3\xA9\n");
  EXPECT_EQ(node->find("c")->kind, JsonNode::Kind::kObject);
  EXPECT_EQ(node->find("d"), nullptr);
  EXPECT_EQ(list->find("a"), nullptr);
}

TEST(JsonDocument, ARootMayBeAnyValue) {
  EXPECT_EQ(parse_strict("\"x\"", kBounds)->text, "x");
  EXPECT_EQ(parse_strict("7", kBounds)->number, 7.0);
  EXPECT_EQ(parse_strict("null", kBounds)->kind, JsonNode::Kind::kNull);
}

TEST(JsonDocument, RS40SizeIsCheckedBeforeParsing) {
  EXPECT_EQ(refusal(std::string(1001, '[')), "JSON: 1001 bytes, at most 1000");
  EXPECT_EQ(refusal("\"" + std::string(998, 'x') + "\""), "accepted");
}

TEST(JsonDocument, RS40DepthIsBounded) {
  EXPECT_EQ(refusal(R"({"a":[[[[[[[]]]]]]]})"), "accepted");
  EXPECT_EQ(refusal(R"({"a":[[[[[[[[]]]]]]]]})"), "JSON: nested deeper than 8 levels");
  EXPECT_EQ(refusal(R"({"a":"[[[[[[[[[[[[[["})"), "accepted");
}

TEST(JsonDocument, RS40AKeyIsThereOnce) {
  EXPECT_EQ(refusal(R"({"a":1,"b":2,"a":1})"), "JSON: the key \"a\" is there twice");
  EXPECT_EQ(refusal(R"({"x":[{"a":1,"\u0061":2}]})"), "JSON: the key \"a\" is there twice");
  EXPECT_EQ(refusal(R"({"a":{"b":1},"b":{"a":1}})"), "accepted");
}

TEST(JsonDocument, RS40WhatIsNoNumberIsRefused) {
  for (const char* json : {"[NaN]", "[Infinity]", "[-Infinity]", "[1e400]", "[-1e400]", "[01]",
                           "[1.]", "[.5]", "[+1]", "[0x10]", "[1e]", "[--1]"}) {
    EXPECT_EQ(refusal(json).substr(0, 6), "JSON: ") << json;
  }
}

TEST(JsonDocument, RS40BrokenTextsAreRefused) {
  for (const std::string_view json : {std::string_view(""),
                                      std::string_view(" "),
                                      std::string_view("{"),
                                      std::string_view("{}x"),
                                      std::string_view("{} {}"),
                                      std::string_view("[1,]"),
                                      std::string_view("[1 2]"),
                                      std::string_view("{\"a\" 1}"),
                                      std::string_view("{\"a\":1,}"),
                                      std::string_view("{1:2}"),
                                      std::string_view("{'a':1}"),
                                      std::string_view("[\"\x80\"]"),
                                      std::string_view("[\"\xED\xA0\x80\"]"),
                                      std::string_view("[\"a\nb\"]"),
                                      std::string_view("[\"\\x\"]"),
                                      std::string_view("[\"\\ud800\"]"),
                                      std::string_view("[tru]"),
                                      std::string_view("[nul]"),
                                      std::string_view("{}\0", 3),
                                      std::string_view("[\"abc]"),
                                      std::string_view("]"),
                                      std::string_view("[}")}) {
    EXPECT_EQ(refusal(json).substr(0, 6), "JSON: ") << json;
  }
}

}  // namespace
}  // namespace kaizen::schema
