#include "load/loader.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/http.h"
#include "base/result.h"
#include "base/text.h"
#include "load/attempts_internal.h"
#include "load/fetch_internal.h"
#include "load/listing.h"
#include "load/model_uri.h"
#include "load/outcome.h"
#include "load/paths.h"
#include "load/s3.h"
#include "load/sigv4.h"
#include "net/transport.h"

namespace kaizen::load {

namespace {

// A file of a folder of a bucket.
struct Listed {
  std::string path;  // relative to the folder
  int64_t size = 0;
};

class Load {
 public:
  Load(const LoadOrder& order, const LoadParts& parts)
      : order_(order), parts_(parts), attempts_(order, parts) {}

  Outcome<Loaded> run();

 private:
  Outcome<Loaded> fetch_all();
  Outcome<Loaded> fetch_object();
  Outcome<Loaded> fetch_folder(std::string_view prefix, const std::vector<Listed>& files);
  Outcome<Loaded> settle(const std::string& digest, int64_t bytes);
  Outcome<FileDigest> fetch(Wanted wanted);

  Outcome<std::vector<Listed>> list(std::string_view prefix);
  Outcome<S3Page> list_page(std::string_view prefix, std::string_view next);
  Outcome<base::Unit> add_page(std::string_view prefix,
                               const S3Page& page,
                               std::vector<Listed>& files) const;
  Outcome<base::Unit> check(std::string_view prefix, const std::vector<Listed>& files) const;

  void authorize(base::HttpRequest& request) const;
  bool is_anonymous() const;
  std::string shown(std::string_view key) const;

  const LoadOrder& order_;
  const LoadParts& parts_;
  Attempts attempts_;
};

Failure unusable(std::string_view shown, std::string_view why) {
  return {.status = ExitStatus::kProtocol, .message = base::concat({"load ", shown, ": ", why})};
}

bool is_absence(const Failure& failure) {
  return failure.status == ExitStatus::kNoInput || failure.status == ExitStatus::kNotPermitted;
}

Outcome<Loaded> Load::run() {
  if (!order_.digest.empty()) {
    KAIZEN_TRY(const std::vector<FileDigest> present, parts_.folder.present());
    if (matches(present, order_.digest)) {
      return Loaded{.digest = order_.digest, .bytes = total_size(present), .was_there = true};
    }
    if (!present.empty()) {
      parts_.attendant.note("what is there has another digest; it will be replaced");
    }
  }
  KAIZEN_TRY(const base::Unit begun, parts_.folder.begin());
  static_cast<void>(begun);
  return fetch_all();
}

Outcome<Loaded> Load::fetch_all() {
  const std::string& key = order_.uri.key;
  const bool is_folder = order_.uri.scheme == Scheme::kS3 && (key.empty() || key.ends_with('/'));
  if (!is_folder) {
    Outcome<Loaded> object = fetch_object();
    // Without the right to list, S3 says 403 where there is nothing.
    if (order_.uri.scheme != Scheme::kS3 || object.ok() || !is_absence(object.error())) {
      return object;
    }
    const std::string prefix = base::concat({key, "/"});
    const Outcome<std::vector<Listed>> files = list(prefix);
    if (!files.ok() && !is_absence(files.error())) return files.error();
    if (!files.ok() || files->empty()) return object;
    return fetch_folder(prefix, *files);
  }
  KAIZEN_TRY(const std::vector<Listed> files, list(key));
  if (files.empty()) {
    return Failure{.status = ExitStatus::kNoInput,
                   .message = base::concat({"load ", order_.uri.shown,
                                            ": no object lies there; "
                                            "check spec.model.uri"})};
  }
  return fetch_folder(key, files);
}

Outcome<Loaded> Load::fetch_object() {
  const bool is_s3 = order_.uri.scheme == Scheme::kS3;
  Wanted wanted{.path = order_.uri.file_name,
                .shown = order_.uri.shown,
                .request = {},
                .size = std::nullopt,
                .max_bytes = order_.max_bytes,
                .is_anonymous = is_anonymous()};
  if (is_s3) {
    wanted.request = object_request(order_.uri.bucket, order_.uri.key);
  } else {
    wanted.request.target = order_.uri.target;
  }
  KAIZEN_TRY(const FileDigest file, fetch(std::move(wanted)));
  return settle(file_digest(file), file.size);
}

Outcome<Loaded> Load::fetch_folder(std::string_view prefix, const std::vector<Listed>& files) {
  KAIZEN_TRY(const base::Unit sound, check(prefix, files));
  static_cast<void>(sound);
  parts_.attendant.note(
      base::concat({"load ", shown(prefix), ": ", std::to_string(files.size()), " files"}));
  std::vector<FileDigest> digests;
  int64_t left = order_.max_bytes;
  for (const Listed& file : files) {
    const std::string key = base::concat({prefix, file.path});
    KAIZEN_TRY(FileDigest digest, fetch({.path = file.path,
                                         .shown = shown(key),
                                         .request = object_request(order_.uri.bucket, key),
                                         .size = file.size,
                                         .max_bytes = left,
                                         .is_anonymous = is_anonymous()}));
    left -= digest.size;
    digests.push_back(std::move(digest));
  }
  const int64_t bytes = total_size(digests);
  return settle(listing_digest(std::move(digests)), bytes);
}

Outcome<Loaded> Load::settle(const std::string& digest, int64_t bytes) {
  if (!order_.digest.empty() && digest != order_.digest) {
    return Failure{
        .status = ExitStatus::kDigest,
        .message = base::concat({"load ", order_.uri.shown, ": its digest is ", digest, ", not ",
                                 order_.digest, " as asked for (", std::to_string(bytes),
                                 " bytes); nothing is served from it. Correct spec.model.digest, "
                                 "or find out who changed the model"})};
  }
  KAIZEN_TRY(const base::Unit published, parts_.folder.publish());
  static_cast<void>(published);
  return Loaded{.digest = digest, .bytes = bytes, .was_there = false};
}

Outcome<FileDigest> Load::fetch(Wanted wanted) {
  Fetch one(order_, parts_, attempts_, std::move(wanted),
            [this](base::HttpRequest& request) { authorize(request); });
  return one.run();
}

// Everything below `prefix`, sorted by path.
Outcome<std::vector<Listed>> Load::list(std::string_view prefix) {
  std::vector<Listed> files;
  std::string next;
  do {
    KAIZEN_TRY(S3Page page, list_page(prefix, next));
    KAIZEN_TRY(const base::Unit added, add_page(prefix, page, files));
    static_cast<void>(added);
    if (!page.next.empty() && page.next == next) {
      return unusable(shown(prefix), "its listing does not go on: a page names itself as the next");
    }
    next = std::move(page.next);
  } while (!next.empty());
  std::ranges::sort(files, {}, &Listed::path);
  return files;
}

Outcome<S3Page> Load::list_page(std::string_view prefix, std::string_view next) {
  const std::string what = shown(prefix);
  while (true) {
    KAIZEN_TRY(const base::Unit in_time, attempts_.check());
    static_cast<void>(in_time);
    base::HttpRequest request = list_request(order_.uri.bucket, prefix, next);
    request.headers.push_back({.name = "Accept", .value = "*/*"});
    authorize(request);
    const base::Result<base::HttpResponse> answer = parts_.transport.call(
        request, {.total = order_.idle, .max_body_bytes = kMaxPageBytes, .stop = order_.stop});
    Attempt attempt;
    if (!answer.ok()) {
      attempt = judge_error(answer.error(), what);
    } else if (answer->status != 200) {
      attempt = judge_answer(*answer, what, is_anonymous());
    } else {
      base::Result<S3Page> page = parse_page(answer->body);
      if (page.ok()) {
        attempts_.note_progress();
        return *std::move(page);
      }
      attempt = judge_error(page.error(), what);
    }
    if (const auto* const failure = std::get_if<Failure>(&attempt)) return *failure;
    KAIZEN_TRY(const base::Unit waited, attempts_.wait_after(std::get<Trouble>(attempt)));
    static_cast<void>(waited);
  }
}

Outcome<base::Unit> Load::add_page(std::string_view prefix,
                                   const S3Page& page,
                                   std::vector<Listed>& files) const {
  for (const S3Object& object : page.objects) {
    if (!object.key.starts_with(prefix)) {
      return unusable(shown(prefix), "its listing names an object that is not below it");
    }
    // What consoles create for an empty folder.
    if (object.key.ends_with('/') && object.size == 0) continue;
    files.push_back({.path = object.key.substr(prefix.size()), .size = object.size});
  }
  if (files.size() <= kMaxFiles) return kDone;
  return unusable(shown(prefix), base::concat({"more than ", std::to_string(kMaxFiles),
                                               " objects lie there; name a smaller folder"}));
}

Outcome<base::Unit> Load::check(std::string_view prefix, const std::vector<Listed>& files) const {
  std::vector<std::string> paths;
  paths.reserve(files.size());
  int64_t left = order_.max_bytes;
  for (const Listed& file : files) {
    paths.push_back(file.path);
    if (file.size > left) {
      return unusable(shown(prefix),
                      base::concat({"its files have more than ", std::to_string(order_.max_bytes),
                                    " bytes together, which is what --max-bytes allows"}));
    }
    left -= file.size;
  }
  const base::Result<base::Unit> safe = check_paths(paths);
  if (safe.ok()) return kDone;
  return unusable(shown(prefix), base::concat({safe.error().message, "; rename that object"}));
}

void Load::authorize(base::HttpRequest& request) const {
  if (order_.uri.scheme != Scheme::kS3) return;  // the transport holds the token
  sign(request, order_.access.authority, order_.access.key,
       {.region = order_.access.region, .service = "s3"}, parts_.clock.now());
}

bool Load::is_anonymous() const {
  return order_.access.key.id.empty() && order_.access.token.empty();
}

std::string Load::shown(std::string_view key) const {
  // A key is foreign text; in the log it must not be able to pretend to be another line.
  const std::string quoted = base::json_quote(key);
  return base::concat(
      {"s3://", order_.uri.bucket, "/", std::string_view(quoted).substr(1, quoted.size() - 2)});
}

}  // namespace

Outcome<Loaded> load_model(const LoadOrder& order, const LoadParts& parts) {
  return Load(order, parts).run();
}

}  // namespace kaizen::load
