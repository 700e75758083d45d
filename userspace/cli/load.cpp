// SPDX-License-Identifier: BSD-2-Clause
// kss-load load: puts a policy in force where none is.
#include <cerrno>
#include <memory>

#include "cli/loading.hpp"

namespace kss::cli {

void add_load(CLI::App& app, Cli& cli) {
  auto o = std::make_shared<Loading>();
  auto seal = std::make_shared<std::string>();
  Command command(app, cli, "load", "Put a policy in force",
                  "All of it or nothing: if a rule can't be enforced on this kernel, nothing is loaded (exit code 4).",
                  "  kss-load load policy.yaml\n"
                  "  kss-load load --dry-run policy.yaml        would this kernel enforce it?\n"
                  "  kss-load load policy.kss                   a compiled image: no YAML is read on the device\n"
                  "  kss-load load --seal pub.pem policy.kss    from then on only signed images can replace it\n",
                  [&cli, o, seal] {
                    if (!seal->empty()) o->load.seal_key = *seal;
                    return run_loading(cli, *o, "loaded", [&](auto image) {
                      auto report = backend::make_bpf_backend()->load(image, o->load);
                      // A file that is missing here (BTF, bpffs) does not mean that no policy is loaded.
                      if (!report && report.error().sys_errno == ENOENT)
                        return Result<backend::LoadReport>(Error{report.error().message, report.error().hint, 0});
                      return report;
                    });
                  });
  add_loading_options(command, *o);
  command
      .list("--without", o->load.without, "FEATURE",
            "To debug KSS: work as on a kernel without task-storage, inode-storage or socket-storage", true)
      .one_of({"task-storage", "inode-storage", "socket-storage"})
      .option("--seal", *seal, "KEY", "Seal the policy with this Ed25519 public key (PEM)")
      .number(
          "--reserve", o->load.reserve_bytes, 0, 1u << 28, "BYTES",
          "Room in the kernel for the policies of later swaps (twice this one, at least 262144); any: without a limit, "
          "at some cost to each decision",
          "any", backend::any_size)
      .number(
          "--state-cells", o->load.state_cells, 0, 1u << 20, "N",
          "Room for the state of flows and formulas of later swaps, in histories (twice this policy's, at least 256; "
          "0 if it has none)");
}

}  // namespace kss::cli
