// SPDX-License-Identifier: BSD-2-Clause
// kss-load swap: replaces the policy in force in one step.
#include <cerrno>
#include <memory>

#include "cli/loading.hpp"

namespace kss::cli {

void add_swap(CLI::App& app, Cli& cli) {
  auto o = std::make_shared<Loading>();
  Command command(
      app, cli, "swap", "Replace the policy in force in one step",
      "Every decision is made by the old policy or by the new one, none by both or neither. Open files and\n"
      "connections are judged by the new one at their next use.",
      "  kss-load swap policy.yaml\n"
      "  kss-load swap --signature policy.kss.sig policy.kss    where the policy is sealed\n",
      [&cli, o] {
        return run_loading(cli, *o, "swapped in", [&](auto image) {
          const auto backend = backend::make_bpf_backend();
          auto report = backend->swap(image, o->load);
          if (report || report.error().sys_errno != EINVAL) return report;
          // Another policy, or an older one, is a fault of the policy; any other EINVAL the kernel's.
          const auto status = backend->status(o->load);
          const auto names = policy::read_debuginfo(std::as_bytes(image));
          const bool unfit =
              status && names &&
              (names->policy_name != status->policy_name || names->policy_version < status->policy_version);
          const Error& e = report.error();
          return Result<backend::LoadReport>(Error{e.message, e.hint, unfit ? EBADMSG : EINVAL});
        });
      });
  add_loading_options(command, *o);
  command.flag("--reset-state", o->load.reset_state,
               "Flows and formulas that mean something else than before begin anew; without it that is refused");
}

}  // namespace kss::cli
