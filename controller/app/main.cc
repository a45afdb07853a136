// `kaizen`: the one executable (docs/decisions/0008).
#include <cstddef>
#include <cstdio>
#include <span>
#include <string_view>
#include <variant>

#include "app/arguments.h"
#include "app/load_command.h"
#include "app/operator.h"
#include "base/result.h"
#include "load/outcome.h"

int main(int argc, char** argv) {
  using kaizen::app::Arguments;
  const std::span<const char* const> all(argv, static_cast<size_t>(argc));
  const kaizen::base::Result<Arguments> arguments =
      kaizen::app::parse_arguments(all.empty() ? all : all.subspan(1));
  if (!arguments.ok()) {
    static_cast<void>(std::fprintf(stderr, "kaizen: %s\n", arguments.error().message.c_str()));
    // As sysexits.h has it, for whoever reads the status of a loader's container.
    const bool is_load = all.size() > 1 && std::string_view(all[1]) == "load";
    return is_load ? static_cast<int>(kaizen::load::ExitStatus::kUsage) : 2;
  }
  if (const auto* const print = std::get_if<kaizen::app::PrintText>(&*arguments)) {
    static_cast<void>(std::fputs(print->text.c_str(), stdout));
    return 0;
  }
  if (const auto* const load = std::get_if<kaizen::app::LoadArguments>(&*arguments)) {
    return kaizen::app::run_load(*load);
  }
  return kaizen::app::run_operator(std::get<kaizen::app::OperatorArguments>(*arguments));
}
