// SPDX-License-Identifier: BSD-2-Clause
// A policy named on the command line: YAML text or a compiled image, told apart by the image's magic.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/cli.hpp"
#include "policy/debuginfo.hpp"
#include "policy/policy.hpp"

namespace kss::cli {

struct Source {
  std::string path;
  bool is_image = false;
  Diagnostics diagnostics;                       // of the YAML; empty for an image
  std::optional<policy::CheckedPolicy> checked;  // of the YAML only
  std::vector<kss_chunk> image;                  // empty if there was an error
  policy::DebugInfo debug;
};

/// Reads, checks and compiles (YAML) or validates (image) a policy; "-" is YAML on standard input.
/// On failure everything has been reported and the exit code is set: diagnostics on stderr, or as JSON on stdout.
/// On success only diagnostics that are left (warnings) have been printed, unless `quiet`.
std::optional<Source> open_source(Cli& cli, const std::string& path, const std::vector<std::string>& include_dirs,
                                  bool quiet = false);

std::span<const std::byte> bytes_of(const std::vector<kss_chunk>& image);
/// Checks an image's bytes and takes them into chunks.
Result<std::vector<kss_chunk>> image_from(std::span<const std::byte> bytes, const std::string& name);
bool is_image(std::span<const std::byte> bytes);

Result<std::string> read_file(const std::string& path);
/// Writes beside the file and renames: a reader sees the old file or the new one, never half of one.
Status write_file(const std::string& path, std::span<const std::byte> bytes, unsigned mode);

}  // namespace kss::cli
