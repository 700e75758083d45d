// SPDX-License-Identifier: BSD-2-Clause
// kss-load swap: replaces the policy in force in one step.
#include <memory>

#include "cli/loading.hpp"

namespace kss::cli {

void add_swap(CLI::App& app, Cli& cli) {
  auto o = std::make_shared<Loading>();
  CLI::App* sub = add_command(
      app, cli, "swap", "Replace the policy in force in one step",
      "Every decision is made by the old policy or by the new one, none by both or neither. Open files and\n"
      "connections are judged by the new one at their next use.",
      "  kss-load swap policy.yaml\n"
      "  kss-load swap --signature policy.kss.sig policy.kss    where the policy is sealed\n",
      [&cli, o] {
        return run_loading(cli, *o, "swapped in",
                           [&](auto image) { return backend::make_bpf_backend()->swap(image, o->load); });
      });
  add_loading_options(*sub, *o);
}

}  // namespace kss::cli
