#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include <simdjson.h>

#include "bench.h"
#include "kube/list.h"
#include "reconcile/kinds.h"

namespace kaizen::bench {

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    std::fprintf(stderr, "bench: cannot read %s\n", path.c_str());
    std::exit(2);
  }
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

int bench_decode(const std::string& list_file) {
  constexpr int kRuns = 30;
  const std::string body = read_file(list_file);
  const kube::Kind& kind = reconcile::watched(reconcile::Watched::kModelDeployment).kind;
  size_t objects = 0;
  size_t broken = 0;
  const double ours = fastest_us(kRuns, [&] {
    auto page = kube::decode_list(kind, body);
    if (!page.ok()) {
      std::fprintf(stderr, "bench: %s: %s\n", list_file.c_str(), page.error().message.c_str());
      std::exit(1);
    }
    objects = page->objects.size();
    broken = page->skipped;
    for (const kube::Object& object : page->objects) broken += object.parse_error.empty() ? 0U : 1U;
  });
  if (broken > 0 || objects == 0) {
    std::fprintf(stderr, "bench: %zu objects, %zu of them broken\n", objects, broken);
    return 1;
  }
  simdjson::dom::parser parser;
  const simdjson::padded_string padded(body);
  uint64_t tags = 0;
  const double alone = fastest_us(kRuns, [&] {
    simdjson::dom::element root;
    if (parser.parse(padded).get(root) == simdjson::SUCCESS) tags += root.is_object() ? 1U : 0U;
  });
  std::printf(
      "decode: %zu objects, %.1f MB: %.1f ms, %.2f us each; simdjson alone %.1f ms; ratio %.2f\n",
      objects, static_cast<double>(body.size()) / 1e6, ours / 1e3,
      ours / static_cast<double>(objects), alone / 1e3, ours / alone);
  return tags > 0 ? 0 : 1;
}

}  // namespace kaizen::bench
