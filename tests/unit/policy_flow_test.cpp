// SPDX-License-Identifier: BSD-2-Clause
// Flows of information: the assertion `noflow`, and its graph against plain reachability.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "policy/flow.hpp"
#include "policy/names.hpp"
#include "policy/policy.hpp"
#include "policy_text.hpp"

namespace kss::policy {
namespace {

Diagnostics check(const std::string& text) {
  Diagnostics diags;
  check_text(text, "t.yaml", {}, diags);
  return diags;
}

TEST(NoFlow, AChainOfGrantsIsShownWithItsRules) {
  const Diagnostics diags = check(kNames +
                                  "allow:\n"
                                  "  - \"a conf : file { open read }\"\n"
                                  "  - \"a logs : file append\"\n"
                                  "  - \"b logs : file read\"\n"
                                  "  - \"b c : unix send\"\n"
                                  "assert: [ \"noflow conf -> c\" ]\n");
  ASSERT_EQ(diags.size(), 5u) << shown(diags);
  EXPECT_NE(diags[0].message.find("conf -> a -> logs -> b -> c"), std::string::npos) << shown(diags);
  const uint32_t lines[] = {11, 7, 8, 9, 10};
  for (size_t i = 0; i < diags.size(); i++) EXPECT_EQ(diags[i].pos.line, lines[i]) << shown(diags);
}

struct Case {
  const char* what;
  const char* rules;
  const char* assertion;
  bool holds;
};
constexpr Case kCases[] = {
    {"nothing is granted", "[]", "noflow conf -> b", true},
    {"the wrong way", "[ \"a conf : file write\", \"b conf : file write\" ]", "noflow conf -> b", true},
    {"opening alone tells nothing", "[ \"a conf : file open\", \"a logs : file write\" ]", "noflow conf -> logs", true},
    {"what has been read can be written", "[ \"a conf : file read\", \"a logs : file write\" ]", "noflow conf -> logs",
     false},
    {"attributes are information", "[ \"a conf : file getattr\", \"a logs : file chmod\" ]", "noflow conf -> logs",
     false},
    {"code is read", "[ \"a conf : file execute\", \"a logs : file write\" ]", "noflow conf -> logs", false},
    {"who executes another passes it on", "[ \"a conf : file read\", \"a b : process transition\" ]",
     "noflow conf -> b", false},
    {"signals", "[ \"a b : process signal\" ]", "noflow a -> b", false},
    {"and only to the one signalled", "[ \"a b : process signal\" ]", "noflow b -> a", true},
    {"a connection goes both ways", "[ \"a b : unix connect\" ]", "noflow b -> a", false},
    {"the network is a place", "[ \"a web : tcp connect\", \"b web : tcp connect\" ]", "noflow a -> b", false},
    {"binding alone is none", "[ \"a web : tcp bind\", \"b web : tcp connect\" ]", "noflow a -> b", true},
    {"pipes of one's own", "[ \"a anon : fifo { read write }\", \"b anon : fifo { read write }\" ]", "noflow a -> b",
     true},
    {"a pipe received by the reader", "[ \"a anon : fifo write\", \"b anon : fifo { read receive }\" ]",
     "noflow a -> b", false},
    {"a pipe received by the writer", "[ \"a anon : fifo { write receive }\", \"b anon : fifo read\" ]",
     "noflow a -> b", false},
    {"received of another class", "[ \"a anon : fifo write\", \"b anon : fifo read\", \"b anon : file receive\" ]",
     "noflow a -> b", true},
    {"memory files likewise", "[ \"a memfd : file write\", \"b memfd : file { read receive }\" ]", "noflow a -> b",
     false},
    {"sets", "[ \"ab conf : file read\", \"ab logs : file write\" ]", "noflow { conf web } -> { logs c }", false},
    {"sets that do not meet", "[ \"ab conf : file read\", \"c logs : file write\" ]",
     "noflow { conf web } -> { logs c }", true},
    {"through the unconfined", "[ \"a unconfined : unix connect\", \"b unconfined : unix connect\" ]", "noflow a -> b",
     true},
    {"to the unconfined", "[ \"a unconfined : unix connect\" ]", "noflow a -> unconfined", false},
    {"audit is no grant", "[]\naudit: [ \"a conf : file read\", \"a logs : file write\" ]", "noflow conf -> logs",
     true},
};

TEST(NoFlow, Cases) {
  for (const Case& c : kCases) {
    const Diagnostics diags = check(kNames + "allow: " + c.rules + "\nassert: [ \"" + c.assertion + "\" ]\n");
    const bool held = std::none_of(diags.begin(), diags.end(),
                                   [](const Diagnostic& d) { return d.severity == Diagnostic::Severity::error; });
    EXPECT_EQ(held, c.holds) << c.what << '\n' << shown(diags);
  }
}

TEST(NoFlow, ATrustedDomainMayPassOnAndMayEndAChain) {
  const std::string head =
      std::string(kHead) +
      "domains: { a: { enter: { exec: /bin/a } }, g: { trusted: true, enter: { exec: /bin/g } }, b: { enter: { "
      "exec: /bin/b } } }\n"
      "allow: [ \"a g : unix send\", \"g b : unix send\" ]\n";
  EXPECT_TRUE(check(head + "assert: [ \"noflow a -> b\" ]\n").empty());
  EXPECT_FALSE(check(head + "assert: [ \"noflow a -> g\" ]\n").empty());
  EXPECT_FALSE(check(head + "assert: [ \"noflow g -> b\" ]\n").empty());
}

// The definition, pair by pair: all places, edges between any two, closure by breadth first. Nameless objects are left
// to the cases above.
struct Plain {
  std::vector<std::vector<char>> edge;
  std::vector<char> stops;

  Plain(const std::vector<FlowGrant>& grants, uint32_t objects, const IdSet& trusted)
      : edge(objects, std::vector<char>(objects)), stops(objects) {
    stops[KSS_OBJ_DOMAINS] = 1;
    for (DomainId d : trusted) stops[KSS_OBJ_DOMAINS + d] = 1;
    for (const FlowGrant& g : grants)
      for (DomainId d : *g.domains)
        for (ObjectId o : *g.objects) {
          if (g.perms & flow_of(g.cls).read) edge[o][KSS_OBJ_DOMAINS + d] = 1;
          if (g.perms & flow_of(g.cls).write) edge[KSS_OBJ_DOMAINS + d][o] = 1;
        }
  }
  /// Steps from `from` to `to`; 0 = no way.
  uint32_t distance(ObjectId from, ObjectId to) const {
    std::vector<uint32_t> far(edge.size());
    std::vector<ObjectId> queue{from};
    for (size_t i = 0; i < queue.size(); i++) {
      const ObjectId at = queue[i];
      if (stops[at] && at != from) continue;
      for (ObjectId next = 0; next < edge.size(); next++) {
        if (!edge[at][next] || far[next] || next == from) continue;
        far[next] = far[at] + 1;
        queue.push_back(next);
      }
    }
    return far[to];
  }
};

TEST(FlowGraph, AgreesWithPlainReachabilityAndItsChainsAreShortest) {
  std::mt19937 random(7);
  auto below = [&](uint32_t n) { return static_cast<uint32_t>(random() % n); };
  for (int round = 0; round < 400; round++) {
    const uint32_t domains = 2 + 1 + below(6), objects = KSS_OBJ_DOMAINS + domains + below(8);
    std::vector<IdSet> sets;
    std::vector<FlowGrant> grants;
    const uint32_t n = below(12);
    sets.reserve(2 * size_t{n});
    auto pick = [&](uint32_t from, uint32_t upto) {
      IdSet s;
      for (uint32_t i = from; i < upto; i++)
        if (i != KSS_OBJ_anon && i != KSS_OBJ_memfd && below(4) == 0) s.push_back(i);
      return s;
    };
    for (uint32_t i = 0; i < n; i++) {
      sets.push_back(pick(KSS_DOMAIN_FIRST, domains));
      sets.push_back(pick(1, objects));
      const auto cls = static_cast<kss_class>(below(KSS_NCLASSES));
      grants.push_back({&sets[2 * i], &sets[2 * i + 1], cls, static_cast<uint32_t>(random())});
    }
    IdSet trusted;
    if (below(3) == 0) trusted.push_back(KSS_DOMAIN_FIRST);
    const FlowGraph graph(grants, objects, trusted);
    const Plain plain(grants, objects, trusted);
    for (ObjectId from = 1; from < objects; from++)
      for (ObjectId to = 1; to < objects; to++) {
        if (from == to) continue;
        const auto chain = graph.chain({from}, {to});
        ASSERT_EQ(chain.size(), plain.distance(from, to)) << round << ": " << from << " to " << to;
        ObjectId at = from;
        for (const FlowHop& hop : chain) {
          ASSERT_EQ(hop.from, at);
          ASSERT_TRUE(plain.edge[hop.from][hop.to]);
          const FlowGrant& g = grants.at(hop.grant);
          const auto has = [](const IdSet& s, uint32_t id) { return std::binary_search(s.begin(), s.end(), id); };
          const uint32_t d = KSS_OBJ_DOMAINS;
          ASSERT_TRUE((hop.from >= d && has(*g.domains, hop.from - d) && has(*g.objects, hop.to)) ||
                      (hop.to >= d && has(*g.domains, hop.to - d) && has(*g.objects, hop.from)));
          at = hop.to;
        }
        if (!chain.empty()) {
          ASSERT_EQ(at, to);
        }
      }
  }
}

}  // namespace
}  // namespace kss::policy
