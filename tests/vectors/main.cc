// kaizen-vectors DIR: checks every *.json of a folder. Last line "N passed, N failed"; exit 1 when
// anything failed or nothing was checked.
#include <cstdio>

#include "vectors/check.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: kaizen-vectors DIR\n", stderr);
    return 2;
  }
  const kaizen::vectors::Report report = kaizen::vectors::check_folder(argv[1]);
  std::fputs(report.lines.c_str(), stdout);
  std::printf("%d passed, %d failed\n", report.passed, report.failed);
  return report.failed == 0 && report.passed > 0 ? 0 : 1;
}
