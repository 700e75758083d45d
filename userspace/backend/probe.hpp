// SPDX-License-Identifier: BSD-2-Clause
// What this kernel can do, found by doing it.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "backend/backend.hpp"
#include "backend/object.hpp"
#include "kss/abi.h"

namespace kss::backend {

/// What the loader builds on.
struct Kernel {
  Probe report;  // all but the hooks
  std::optional<KernelTypes> types;
  std::optional<kss_attach> attach;  // none = nothing can be enforced here
  bool task_btf = false, task_storage = false, inode_storage = false, sk_storage = false, ringbuf = false;
  std::string digest_loss;      // non-empty: executables' digests cannot be had, and why
  std::string state_loss;       // non-empty: flows and formulas cannot be enforced, and why
  std::string preemption_loss;  // non-empty: denials can be skipped, and why
};

Kernel probe_kernel(const std::string& btf_path);

/// The object's configuration for this kernel.
ObjectConfig configure(const Kernel& kernel, const LoadOptions& options);

/// Why a hook cannot be attached as far as the kernel's types tell; empty = they tell nothing against it.
std::string hook_absent(const Kernel& kernel, const std::string& hook);

/// Why making an io_uring is not judged here; empty = it is. Kernels without a hook for it made a socket with each
/// ring, which socket_create refuses; stable kernels do so no more.
std::string rings_unasked(const Kernel& kernel);

}  // namespace kss::backend
