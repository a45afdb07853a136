// kaizen_bench decode LIST.json | reconcile FOLDER | drift | schedule ZONE: the measures that need
// no cluster. See hack/bench.
#include <cstdio>
#include <string_view>

#include "bench.h"

int main(int argc, char** argv) {
  const std::string_view what = argc == 3 ? argv[1] : "";
  if (what == "decode") return kaizen::bench::bench_decode(argv[2]);
  if (what == "reconcile") return kaizen::bench::bench_reconcile(argv[2]);
  if (what == "schedule") return kaizen::bench::bench_schedule(argv[2]);
  if (argc == 2 && std::string_view(argv[1]) == "drift") return kaizen::bench::bench_drift_tick();
  std::fprintf(stderr,
               "usage: kaizen_bench decode LIST.json | reconcile FOLDER | drift | schedule ZONE\n");
  return 2;
}
