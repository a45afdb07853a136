// Paths: which relative paths may be made below the model's folder. Keys of a bucket are foreign
// text: none of them may leave the folder, hide in it or break the listing (SEC-45). Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace kaizen::load {

// Slash-separated names, each 1 to 255 bytes, none "." or "..", valid UTF-8 without control
// characters, at most 1024 bytes in all. Error (kTerminal): which rule is broken, with the path
// quoted.
base::Result<base::Unit> check_path(std::string_view path);

// Each as check_path(), no two alike, none a folder of another ("a" and "a/b"). `paths` may come in
// any order and is sorted bytewise.
base::Result<base::Unit> check_paths(std::vector<std::string>& paths);

}  // namespace kaizen::load
