// SPDX-License-Identifier: BSD-2-Clause
// A policy as a graph in Graphviz' DOT language.
#pragma once

#include <cstdint>
#include <string>

#include "policy/debuginfo.hpp"

namespace kss::cli {

struct DotOptions {
  uint32_t max_nodes = 120;  // more, and types that no rule tells apart become one node
  std::string domain;        // only this domain and what it reaches; empty = all
};

struct Dot {
  std::string text;
  std::string note;  // what was left out or folded; empty if nothing
};

/// Domains are boxes, types ellipses, edges what is allowed, by class; dashed edges are domain changes. Types that no
/// rule tells apart (members of one attribute, mostly) stand in one frame. Deterministic.
Dot make_dot(const policy::DebugInfo& debug, const DotOptions& options);

}  // namespace kss::cli
