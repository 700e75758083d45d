// SPDX-License-Identifier: BSD-2-Clause
// Load, swap, unload: the order of steps is what makes them all-or-nothing.
#pragma once

#include "backend/backend.hpp"

namespace kss::backend {

Result<LoadReport> load_image(std::span<const kss_chunk> image, const LoadOptions& options);
Result<LoadReport> swap_image(std::span<const kss_chunk> image, const LoadOptions& options);
Status unload_all(const LoadOptions& options);
Result<StatusReport> status_of(const LoadOptions& options);
Status read_audit(const LoadOptions& options, const std::function<bool()>& wait,
                  const std::function<bool(const kss_audit&)>& sink);

/// Says the next step, for tests that end the process there.
inline void at(const LoadOptions& options, const std::string& step) {
  if (options.at) options.at(step.c_str());
}

/// Errors of a policy that this kernel cannot enforce, as one Error with the rules in its hint.
Error refusal(const std::vector<Lost>& lost);

/// Bytes that our maps, programs and the image take in the kernel.
uint64_t kernel_bytes(const std::string& pin_dir);

}  // namespace kss::backend
