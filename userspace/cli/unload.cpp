// SPDX-License-Identifier: BSD-2-Clause
// kss-load unload: ends enforcement.
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "cli/loading.hpp"

namespace kss::cli {

void add_unload(CLI::App& app, Cli& cli) {
  auto o = std::make_shared<backend::LoadOptions>();
  CLI::App* sub = add_command(
      app, cli, "unload", "End enforcement and remove the policy",
      "From then on no task is confined. A sealed policy can't be unloaded (exit code 7).",
      "  kss-load unload\n"
      "  kss-load unload && kss-load load policy.yaml    better, without a gap: kss-load swap policy.yaml\n",
      [&cli, o] {
        if (geteuid() != 0)
          return cli.fail(Exit::permission, {"only root may unload the policy", "run it as root", EPERM});
        if (auto done = backend::make_bpf_backend()->unload(*o); !done) return fail_backend(cli, done.error());
        if (cli.json)
          cli.print(Json::object().set("ok", true));
        else
          std::printf("the policy is unloaded: nothing is confined\n");
        return Exit::ok;
      });
  add_place_options(*sub, *o);
}

}  // namespace kss::cli
