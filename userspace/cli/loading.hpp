// SPDX-License-Identifier: BSD-2-Clause
// What load and swap share: options, the way from a file to the backend, the report.
#pragma once

#include <memory>

#include "cli/cli.hpp"
#include "cli/source.hpp"

namespace kss::cli {

struct Loading {
  std::string policy;
  std::string signature;  // file with a detached signature; checked here with `key`, or by the agent of a sealed policy
  std::string key;        // public key to check it with
  std::vector<std::string> include_dirs;
  backend::LoadOptions load;
};

void add_loading_options(Command& command, Loading& o);
/// Opens the policy, checks its signature, gives it to `put` and reports what came of it. `done`: "loaded", "swapped
/// in".
Exit run_loading(Cli& cli, Loading& o, const char* done,
                 const std::function<Result<backend::LoadReport>(std::span<const kss_chunk>)>& put);
/// Reports an error of the backend. EPERM is told apart: not root, a sealed policy, or a kernel that refuses root.
Exit fail_backend(const Cli& cli, Error error, const backend::LoadOptions& options);

}  // namespace kss::cli
