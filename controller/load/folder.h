// Folder: where a model is put, whole or not at all: files are written to a place beside it that
// takes its name at the end, or goes with the object. Implemented over the file system by
// app/model_folder.h, and in memory by tests. One thread; every call may block on the disk.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "load/listing.h"
#include "load/outcome.h"

namespace kaizen::load {

// Failures of all: kCannotCreate, with the path and what the system said.
class Folder {
 public:
  Folder() = default;
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  virtual ~Folder() = default;

  // What an earlier load left there, read and hashed; empty: nothing, or something that no load
  // made.
  virtual Outcome<std::vector<FileDigest>> present() = 0;

  // A new, empty place; what an interrupted load left of one is gone.
  virtual Outcome<base::Unit> begin() = 0;

  // Opens a new file, with the folders on its way. `path` passed check_path().
  virtual Outcome<base::Unit> create(std::string_view path) = 0;
  virtual Outcome<base::Unit> append(std::string_view bytes) = 0;
  // The open file is empty again.
  virtual Outcome<base::Unit> clear() = 0;
  // The open file is on the disk.
  virtual Outcome<base::Unit> close() = 0;

  // The place, complete and on the disk, becomes the folder in one step.
  virtual Outcome<base::Unit> publish() = 0;
};

}  // namespace kaizen::load
