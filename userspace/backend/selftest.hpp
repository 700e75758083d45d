// SPDX-License-Identifier: BSD-2-Clause
// Does it really deny? A child puts itself into the domain `none` and tries things.
#pragma once

#include <string>
#include <vector>

#include "policy/result.hpp"

namespace kss::backend {

struct SelfTest {
  std::vector<std::string> failed;        // "hook path_unlink: unlink was not refused"
  std::vector<std::string> inconclusive;  // operations that fail here without KSS too, so that they prove nothing
  std::vector<std::string> untested;      // attached hooks that no operation stands for
};

/// REQUIRES: programs attached and an image published. `hooks`: those attached. `scratch_dir`: for files; made and
/// removed. Each operation is first tried by a child in no domain: what is refused there already proves nothing.
Result<SelfTest> self_test(const std::vector<std::string>& hooks, const std::string& scratch_dir);

}  // namespace kss::backend
