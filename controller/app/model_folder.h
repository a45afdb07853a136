// ModelFolder: load::Folder over the file system. Writes into `<folder>.partial` beside the folder,
// which it renames at the end and removes when it is destroyed before. One thread; blocks on the
// disk.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "load/folder.h"
#include "load/listing.h"
#include "load/outcome.h"

namespace kaizen::app {

class ModelFolder final : public load::Folder {
 public:
  // `path`: of the folder; the folder it lies in must be there when begin() is called.
  explicit ModelFolder(std::string path);
  ~ModelFolder() override;

  load::Outcome<std::vector<load::FileDigest>> present() override;
  load::Outcome<base::Unit> begin() override;
  load::Outcome<base::Unit> create(std::string_view path) override;
  load::Outcome<base::Unit> append(std::string_view bytes) override;
  load::Outcome<base::Unit> clear() override;
  load::Outcome<base::Unit> close() override;
  load::Outcome<base::Unit> publish() override;

 private:
  load::Outcome<base::Unit> make_folders(std::string_view path) const;
  void forget();

  const std::string path_;
  const std::string partial_;
  std::string open_path_;  // for messages
  int file_ = -1;
};

}  // namespace kaizen::app
