// SPDX-License-Identifier: BSD-2-Clause
// Putting a loaded program on its hook.
#pragma once

#include <string>

#include "backend/hooks.hpp"
#include "backend/object.hpp"
#include "backend/sys.hpp"
#include "kss/abi.h"

namespace kss::backend {

/// The object's program for a hook: kss_<hook>.
std::string program_of(const Hook& hook);
/// The kernel function that carries a hook: bpf_lsm_<hook>, security_<hook>, or the hook itself for KSS_HOOK_FEXIT.
std::string function_of(const Hook& hook, kss_attach attach);
/// How the program of a hook is loaded for this way of attaching.
Wanted wanted_for(const Hook& hook, kss_attach attach);

/// A link; the program runs until the last descriptor and pin of it is gone.
Result<Fd> attach_hook(int program_fd, const Hook& hook, kss_attach attach);

const char* attach_name(kss_attach attach);

}  // namespace kss::backend
