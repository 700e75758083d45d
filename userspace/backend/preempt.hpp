// SPDX-License-Identifier: BSD-2-Clause
// Can a task be preempted in the midst of a hook, and does that make another task's hook be skipped?
#pragma once

#include <optional>
#include <string>

namespace kss::backend {

enum class Preemption { none, full, unknown };

/// From `uname -v`, the text of sched/preempt in debugfs ("none voluntary (full)"), the kernel's command line and its
/// configuration; empty = not known.
Preemption preemption_of(const std::string& version, const std::string& debugfs, const std::string& cmdline,
                         const std::string& config);
/// Of the running kernel.
Preemption preemption();

/// Does the running kernel skip a program that is entered again on a CPU where it has been preempted? Kernels before
/// 6.2 do so for LSM programs (ended by commit 271de525e1d7, which brought __bpf_prog_enter_recur), all for fmod_ret.
bool skips_reentered_lsm_programs();

}  // namespace kss::backend
