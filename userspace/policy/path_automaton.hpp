// SPDX-License-Identifier: BSD-2-Clause
// All path patterns of a policy as one deterministic automaton over path components.
//
// A state is the set of places in patterns that a path can have reached. Each state carries the most specific type and
// the most specific entry point among the patterns that end there; include/kss/image.md says what "specific" means.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kss/image.h"
#include "policy/checked.hpp"
#include "policy/glob.hpp"
#include "policy/result.hpp"

namespace kss::policy {

struct PathAutomaton {
  struct State {
    uint32_t next_default = KSS_STATE_DEAD;
    uint32_t glob = 0;  // 1 + index in `globs`; 0 = none
    uint16_t type = KSS_OBJ_unlabeled, entry = 0;
    bool literals = false;
  };
  struct Edge {
    uint32_t from, name, to;  // name: index in `names`
  };
  /// A byte automaton and where its acceptance leads; several share one automaton.
  struct Glob {
    uint32_t automaton;
    std::vector<uint32_t> to;  // by index in the automaton's `sets`; KSS_GLOB_NONE for "take next_default"
  };
  std::vector<State> states;
  std::vector<Edge> edges;
  std::vector<std::string> names;
  std::vector<Glob> globs;
  std::vector<GlobAutomaton> automata;
};

constexpr uint32_t kMaxPathStates = 1'000'000;

/// Errors: a malformed pattern, too many states, two patterns of equal rank for one path.
std::optional<PathAutomaton> build_path_automaton(const CheckedPolicy& policy, Diagnostics& diags);

}  // namespace kss::policy
