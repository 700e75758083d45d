// SPDX-License-Identifier: BSD-2-Clause
#include "policy/flow.hpp"

#include <algorithm>
#include <array>

#include "policy/names.hpp"

namespace kss::policy {
namespace {

// Pipes and memory files have no name: they come to another domain as descriptors only, which that must be granted to
// receive. So each is two places: what nobody but its maker has, and what has been passed on.
constexpr std::array<ObjectId, 2> kNameless = {KSS_OBJ_anon, KSS_OBJ_memfd};

bool is_nameless(ObjectId o) { return o == KSS_OBJ_anon || o == KSS_OBJ_memfd; }

uint32_t receive_of(kss_class cls) { return cls <= KSS_CLASS_mqueue ? uint32_t{KSS_file_receive} : 0; }

uint64_t passed_key(DomainId d, kss_class cls, ObjectId o) {
  return static_cast<uint64_t>(d) << 32 | static_cast<uint64_t>(cls) << 16 | o;
}

}  // namespace

// Nodes: objects, the second places of nameless ones, then for each grant one that reads meet in and one for writes: a
// grant of many domains on many objects costs their sum in edges, not their product.
FlowGraph::FlowGraph(std::span<const FlowGrant> grants, uint32_t objects, const IdSet& trusted)
    : objects_(objects), grants_(grants.begin(), grants.end()) {
  const size_t nodes = size_t{objects_} + kNameless.size() + 2 * grants_.size();
  stops_.assign(nodes, 0);
  stops_[KSS_OBJ_DOMAINS + KSS_DOMAIN_UNCONFINED] = 1;
  for (DomainId d : trusted) stops_[KSS_OBJ_DOMAINS + d] = 1;
  for (const FlowGrant& g : grants)
    if (g.perms & receive_of(g.cls))
      for (ObjectId o : kNameless)
        if (std::binary_search(g.objects->begin(), g.objects->end(), o))
          for (DomainId d : *g.domains) passed_.push_back(passed_key(d, g.cls, o));
  std::sort(passed_.begin(), passed_.end());
  for (uint32_t i = 0; i < grants_.size(); i++) add_grant(i, grants_[i]);
  sort_edges();
}

void FlowGraph::add_grant(uint32_t number, const FlowGrant& g) {
  const FlowMasks flow = flow_of(g.cls);
  const bool reads = g.perms & flow.read, writes = g.perms & flow.write;
  if (!reads && !writes) return;
  const uint32_t read = objects_ + static_cast<uint32_t>(kNameless.size()) + 2 * number, write = read + 1;
  bool any = false;
  for (ObjectId o : *g.objects) {
    if (is_nameless(o)) continue;
    any = true;
    if (reads) add(o, read);
    if (writes) add(write, o);
  }
  for (DomainId d : *g.domains) {
    const uint32_t self = KSS_OBJ_DOMAINS + d;
    if (any && reads) add(read, self);
    if (any && writes) add(self, write);
  }
  for (size_t n = 0; n < kNameless.size(); n++) {
    const ObjectId o = kNameless[n];
    if (!std::binary_search(g.objects->begin(), g.objects->end(), o)) continue;
    const uint32_t own = objects_ + static_cast<uint32_t>(n), passed = o;
    for (DomainId d : *g.domains) {
      const uint32_t self = KSS_OBJ_DOMAINS + d;
      const bool receives = std::binary_search(passed_.begin(), passed_.end(), passed_key(d, g.cls, o));
      // What it made and others have received, it writes to `own`; what it has received, it shares with whoever made
      // it.
      if (writes) add(self, own);
      if (writes && receives) add(self, passed);
      if (reads) add(passed, self);
      if (reads && receives) add(own, self);
    }
  }
}

void FlowGraph::sort_edges() {
  const size_t nodes = stops_.size();
  first_.assign(nodes + 1, 0);
  for (const Edge& e : edges_) first_[e.from + 1]++;
  for (size_t i = 0; i < nodes; i++) first_[i + 1] += first_[i];
  std::vector<Edge> sorted(edges_.size());
  auto at = first_;
  for (const Edge& e : edges_) sorted[at[e.from]++] = e;
  edges_ = std::move(sorted);
}

uint32_t FlowGraph::place(uint32_t node) const { return node < objects_ ? node : kNameless[node - objects_]; }

// The grant of a hop to or from a nameless place, which has no node of the grant's between.
uint32_t FlowGraph::grant_of(ObjectId from, ObjectId to) const {
  const bool writes = is_nameless(to);
  const DomainId domain = (writes ? from : to) - KSS_OBJ_DOMAINS;
  const ObjectId object = writes ? to : from;
  for (uint32_t i = 0; i < grants_.size(); i++) {
    const FlowGrant& g = grants_[i];
    const FlowMasks flow = flow_of(g.cls);
    if (g.perms & (writes ? flow.write : flow.read) &&
        std::binary_search(g.domains->begin(), g.domains->end(), domain) &&
        std::binary_search(g.objects->begin(), g.objects->end(), object))
      return i;
  }
  return 0;  // not reached: an edge stands for a grant
}

std::vector<FlowHop> FlowGraph::chain(const IdSet& from, const IdSet& to) const {
  constexpr uint32_t none = UINT32_MAX;
  const uint32_t first_grant = objects_ + static_cast<uint32_t>(kNameless.size());
  std::vector<uint32_t> before(stops_.size(), none), queue;
  std::vector<char> wanted(stops_.size(), 0);
  for (ObjectId o : to) wanted[o] = 1;
  for (size_t n = 0; n < kNameless.size(); n++) wanted[objects_ + n] = wanted[kNameless[n]];
  auto start = [&](uint32_t node) {
    if (before[node] != none) return;
    before[node] = node;
    queue.push_back(node);
  };
  for (ObjectId o : from) {
    start(o);
    for (size_t n = 0; n < kNameless.size(); n++)
      if (o == kNameless[n]) start(objects_ + static_cast<uint32_t>(n));
  }
  uint32_t end = none;
  for (size_t i = 0; i < queue.size() && end == none; i++) {
    const uint32_t node = queue[i];
    if (stops_[node] && before[node] != node) continue;  // a guard: it may be reached, but passes nothing on
    for (uint32_t e = first_[node]; e < first_[node + 1]; e++) {
      const uint32_t next = edges_[e].to;
      if (before[next] != none) continue;
      before[next] = node;
      if (wanted[next]) {
        end = next;
        break;
      }
      queue.push_back(next);
    }
  }
  std::vector<FlowHop> hops;
  for (uint32_t node = end; node != none && before[node] != node;) {
    FlowHop hop;
    hop.to = place(node);
    uint32_t prior = before[node];
    const bool by_node = prior >= first_grant;
    if (by_node) {
      hop.grant = (prior - first_grant) / 2;
      prior = before[prior];
    }
    hop.from = place(prior);
    if (!by_node) hop.grant = grant_of(hop.from, hop.to);
    hops.push_back(hop);
    node = prior;
  }
  std::reverse(hops.begin(), hops.end());
  return hops;
}

}  // namespace kss::policy
