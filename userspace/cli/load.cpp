// SPDX-License-Identifier: BSD-2-Clause
// kss-load load: puts a policy in force where none is.
#include <memory>

#include "cli/loading.hpp"

namespace kss::cli {

void add_load(CLI::App& app, Cli& cli) {
  auto o = std::make_shared<Loading>();
  auto seal = std::make_shared<std::string>();
  CLI::App* sub = add_command(
      app, cli, "load", "Put a policy in force",
      "All of it or nothing: if a rule can't be enforced on this kernel, nothing is loaded (exit code 4).",
      "  kss-load load policy.yaml\n"
      "  kss-load load --dry-run policy.yaml        would this kernel enforce it?\n"
      "  kss-load load policy.kss                   a compiled image: no YAML is read on the device\n"
      "  kss-load load --seal pub.pem policy.kss    from then on only signed images can replace it\n",
      [&cli, o, seal] {
        if (!seal->empty()) o->load.seal_key = *seal;
        return run_loading(cli, *o, "loaded",
                           [&](auto image) { return backend::make_bpf_backend()->load(image, o->load); });
      });
  add_loading_options(*sub, *o);
  sub->add_option("--seal", *seal, "Seal the policy with this Ed25519 public key (PEM)")->type_name("KEY");
}

}  // namespace kss::cli
