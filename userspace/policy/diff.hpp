// SPDX-License-Identifier: BSD-2-Clause
// What one policy makes possible or impossible that another did not: by names, not by lines.
#pragma once

#include <string>
#include <vector>

#include "policy/query.hpp"

namespace kss::policy {

struct PolicyDiff {
  std::vector<std::string> domains_added, domains_removed, types_added, types_removed;
  struct Change {
    std::string name, what;  // of a domain or type: "entries", "patterns", "level", "permissive", "trusted"; or of a
                             // "flow" or "formula"
    std::vector<std::string> removed, added;
  };
  std::vector<Change> changed;       // of names that both have
  std::vector<Access> gained, lost;  // gained: ids and rules of the new policy; lost: of the old one
  bool same() const {
    return domains_added.empty() && domains_removed.empty() && types_added.empty() && types_removed.empty() &&
           changed.empty() && gained.empty() && lost.empty();
  }
};

/// Accesses are those of names, so that what a type names counts as a change of the type, not of all who may reach it.
PolicyDiff diff(const DebugInfo& before, const DebugInfo& after);

}  // namespace kss::policy
