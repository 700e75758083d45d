// SPDX-License-Identifier: BSD-2-Clause
#include "policy/query.hpp"

#include <algorithm>
#include <tuple>

namespace kss::policy {
namespace {

bool has(const IdSet& set, uint32_t id) { return std::binary_search(set.begin(), set.end(), id); }

}  // namespace

std::vector<Access> accesses(const DebugInfo& debug, const AccessQuery& query) {
  std::vector<Access> found;
  auto add = [&](DomainId d, ObjectId o, uint32_t rule, uint32_t perms) {
    found.push_back({d, o, debug.rules[rule].cls, perms, {rule}});
  };
  for (uint32_t i = 0; i < debug.rules.size(); i++) {
    const DebugInfo::RuleInfo& rule = debug.rules[i];
    const uint32_t perms = rule.perms & query.perms;
    if (rule.effect != Rule::Effect::allow || !perms || (query.cls && rule.cls != *query.cls)) continue;
    if (query.domain && !has(rule.domains, *query.domain)) continue;
    for (DomainId d : rule.domains) {
      if (query.domain && d != *query.domain) continue;
      const ObjectId own = KSS_OBJ_DOMAINS + d;
      if (rule.self && (!query.object || *query.object == own)) add(d, own, i, perms);
      if (!query.object) {
        for (ObjectId o : rule.objects) add(d, o, i, perms);
      } else if (has(rule.objects, *query.object)) {
        add(d, *query.object, i, perms);
      }
    }
  }
  auto key = [](const Access& a) { return std::tuple(a.domain, a.object, static_cast<uint32_t>(a.cls)); };
  std::sort(found.begin(), found.end(), [&](const Access& a, const Access& b) {
    return std::tuple_cat(key(a), std::tuple(a.rules[0])) < std::tuple_cat(key(b), std::tuple(b.rules[0]));
  });
  size_t n = 0;
  for (Access& a : found) {
    if (n && key(found[n - 1]) == key(a)) {
      found[n - 1].perms |= a.perms;
      if (found[n - 1].rules.back() != a.rules[0]) found[n - 1].rules.push_back(a.rules[0]);
      continue;
    }
    if (&found[n] != &a) found[n] = std::move(a);
    n++;
  }
  found.resize(n);
  return found;
}

std::vector<FlowHop> flow_between(const DebugInfo& debug, const IdSet& from, const IdSet& to) {
  std::vector<FlowGrant> grants;
  std::vector<uint32_t> number;
  for (uint32_t i = 0; i < debug.rules.size(); i++) {
    const DebugInfo::RuleInfo& rule = debug.rules[i];
    if (rule.effect != Rule::Effect::allow) continue;
    grants.push_back({&rule.domains, &rule.objects, rule.cls, rule.perms});
    number.push_back(i);
  }
  IdSet trusted;
  for (DomainId d = 0; d < debug.domains.size(); d++)
    if (debug.domains[d].trusted) trusted.push_back(d);
  auto chain = FlowGraph(grants, static_cast<uint32_t>(debug.objects.size()), trusted).chain(from, to);
  for (FlowHop& hop : chain) hop.grant = number[hop.grant];
  return chain;
}

}  // namespace kss::policy
