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

/// Executes a file that is no program, by the calling thread, and looks for its digest in `map` (kss_digests): worked
/// out, right, and seen by the program that judges, which therefore runs after the one that hashes. Adds to `out`.
/// REQUIRES: as above, not armed, and kss_ctl.digests set.
void test_digest(int map, SelfTest& out);
/// Drops the entries that execs left before `armed`.
void drop_tested_digests(int map);

}  // namespace kss::backend
