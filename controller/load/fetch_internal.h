// Fetch: one file, from the first byte to the last, over as many attempts as it takes. An attempt
// goes on where the last one ended when the server can prove that the content is still the same.
// One value per file, the load's thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "base/http.h"
#include "base/result.h"
#include "load/attempts_internal.h"
#include "load/listing.h"
#include "load/loader.h"
#include "load/outcome.h"
#include "net/transport.h"

namespace kaizen::load {

// What there is to fetch.
struct Wanted {
  std::string path;   // in the folder
  std::string shown;  // for messages
  // GET of the whole content; headers that narrow it are added, then `authorize` is called.
  base::HttpRequest request;
  std::optional<int64_t> size;  // when a listing told it
  int64_t max_bytes = 0;        // of this file
  bool is_anonymous = false;
};

using Authorize = std::function<void(base::HttpRequest&)>;

class Fetch final : public net::ByteSink {
 public:
  Fetch(const LoadOrder& order,
        const LoadParts& parts,
        Attempts& attempts,
        Wanted wanted,
        Authorize authorize);

  Outcome<FileDigest> run();

  void on_open(const base::HttpResponse& head) override;
  bool on_bytes(std::string_view bytes) override;

 private:
  Attempt once();
  Attempt conclude(const net::StreamEnd& end);
  Attempt refused(const base::HttpResponse& answer);
  base::HttpRequest request() const;
  std::string at() const;

  Outcome<base::Unit> open(const base::HttpResponse& head);
  Outcome<base::Unit> begin_file();
  Outcome<base::Unit> check_head(const base::HttpResponse& head) const;
  Outcome<base::Unit> check_size() const;
  Outcome<base::Unit> take(std::string_view bytes);
  Outcome<base::Unit> start_over();

  const LoadOrder& order_;
  const LoadParts& parts_;
  Attempts& attempts_;
  const Wanted wanted_;
  const Authorize authorize_;

  base::Sha256 hash_;
  bool is_created_ = false;
  int64_t offset_ = 0;            // bytes in the file
  int64_t best_ = 0;              // the most there ever were: only beyond it is progress
  std::optional<int64_t> total_;  // as the server says
  std::string validator_;  // its strong ETag; empty: an attempt cannot go on, only begin anew
  std::optional<Failure> failure_;
};

}  // namespace kaizen::load
