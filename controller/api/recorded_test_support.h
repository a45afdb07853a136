// Recorded objects of a real API server (tests/recorded), for tests of the tables.
#pragma once

#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

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

}  // namespace kaizen::api
