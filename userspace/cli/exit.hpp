// SPDX-License-Identifier: BSD-2-Clause
// Exit codes: scripts depend on them, so they never change their meaning. kss-load(1) lists them; libkss returns the
// same numbers (include/kss/kss.h).
#pragma once

namespace kss::cli {

// E(name, number, sentence)
#define KSS_EXIT_TABLE(E)                                                       \
  E(ok, 0, "success")                                                           \
  E(internal, 1, "a file could not be read or written, or a fault of kss-load") \
  E(usage, 2, "wrong options or arguments")                                     \
  E(policy, 3, "the policy or image has errors, or one of its tests fails")     \
  E(kernel, 4, "the kernel refused, or cannot enforce the policy")              \
  E(state, 5, "no policy is loaded, or one is already")                         \
  E(permission, 6, "not permitted: kss-load must run as root")                  \
  E(sealed, 7, "the policy is sealed, or a signature or key is wrong")          \
  E(cannot_execute, 126, "run: the command could not be executed")              \
  E(not_found, 127, "run: the command was not found")

enum class Exit {
#define E(name, number, text) name = number,
  KSS_EXIT_TABLE(E)
#undef E
};

}  // namespace kss::cli
