// SPDX-License-Identifier: BSD-2-Clause
// Where information can go by what rules grant: a graph of places (domains, as objects, and types) whose edges are
// grants. Which permission moves information which way says the class table (include/kss/classes.h).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "policy/checked.hpp"

namespace kss::policy {

/// One grant, as a policy or the debug part of an image has it. What it points to must outlive the graph.
struct FlowGrant {
  const IdSet* domains = nullptr;
  const IdSet* objects = nullptr;
  kss_class cls = KSS_CLASS_file;
  uint32_t perms = 0;
};

/// Information goes on from one place to the next, by a grant (its number in the list given).
struct FlowHop {
  ObjectId from = 0, to = 0;
  uint32_t grant = 0;
};

class FlowGraph {
 public:
  /// `trusted` domains pass nothing on: they are the guards through which information may go. So are unconfined tasks.
  FlowGraph(std::span<const FlowGrant> grants, uint32_t objects, const IdSet& trusted);

  /// A shortest chain from one of `from` to one of `to`; empty if there is none. Time: the sizes of all grants.
  std::vector<FlowHop> chain(const IdSet& from, const IdSet& to) const;

 private:
  struct Edge {
    uint32_t from, to;
  };
  void add(uint32_t from, uint32_t to) { edges_.push_back({from, to}); }
  void add_grant(uint32_t number, const FlowGrant& grant);
  void sort_edges();
  uint32_t place(uint32_t node) const;

  uint32_t grant_of(ObjectId from, ObjectId to) const;

  uint32_t objects_;
  std::vector<FlowGrant> grants_;
  std::vector<char> stops_;       // by node
  std::vector<uint64_t> passed_;  // (domain, class, object) that receives descriptors of what has no path; ascending
  std::vector<Edge> edges_;       // by `from`
  std::vector<uint32_t> first_;   // by node: its first edge
};

}  // namespace kss::policy
