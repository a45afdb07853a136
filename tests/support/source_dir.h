// Where the repository lies, for tests that read golden files and fixtures. A function and not a
// define on the command line: a path in every test's compile command would keep the compiler cache
// from serving a second clone. Part of every test's precompiled header; any thread.
#pragma once

const char* kaizen_source_dir();  // absolute, without a trailing slash

// The name that tests use: std::string(KAIZEN_SOURCE_DIR) + "/tests/...".
#define KAIZEN_SOURCE_DIR kaizen_source_dir()
