// SPDX-License-Identifier: BSD-2-Clause
#include "policy/prove.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "policy/debuginfo.hpp"
#include "policy/flow.hpp"
#include "policy/report.hpp"

namespace kss::policy {
namespace {

// Violations shown for one assertion; the rest is counted.
constexpr size_t kShown = 5;

class BitSet {
 public:
  explicit BitSet(size_t size) : words_((size + 63) / 64) {}
  void fill(const IdSet& ids) {
    for (uint32_t id : ids) words_[id / 64] |= uint64_t{1} << id % 64;
  }
  void clear(const IdSet& ids) {
    for (uint32_t id : ids) words_[id / 64] = 0;
  }
  bool has(uint32_t id) const { return (words_[id / 64] >> id % 64 & 1) != 0; }

 private:
  std::vector<uint64_t> words_;
};

// neverallow: no allow rule grants any of the permissions on any of the pairs. Time: for each assertion, the sizes of
// the sets of those rules that are about its class and permissions.
class NeverAllowProof {
 public:
  NeverAllowProof(const CheckedPolicy& policy, Reporter& report)
      : policy_(policy), report_(report), domains_(policy.domains.size()), objects_(policy.object_count()) {}

  void run() {
    if (policy_.neverallows.empty()) return;
    for (const Rule& rule : policy_.effective())
      if (rule.effect == Rule::Effect::allow) by_class_[rule.cls].push_back(&rule);
    for (const NeverAllow& assertion : policy_.neverallows) {
      if (report_.full()) return;
      prove_one(assertion);
    }
  }

 private:
  void prove_one(const NeverAllow& assertion) {
    domains_.fill(assertion.domains);
    objects_.fill(assertion.objects);
    size_t violations = 0;
    for (const Rule* rule : by_class_[assertion.cls]) {
      uint32_t perms = rule->perms & assertion.perms;
      DomainId domain = 0;
      ObjectId object = 0;
      if (perms == 0 || !overlap(assertion, *rule, domain, object)) continue;
      if (violations++ < kShown) violation(assertion, *rule, domain, object, perms);
    }
    if (violations > kShown)
      report_.note(assertion.pos, "and " + std::to_string(violations - kShown) + " more rules violate this assertion");
    domains_.clear(assertion.domains);
    objects_.clear(assertion.objects);
  }

  // Finds a pair that both are about.
  bool overlap(const NeverAllow& assertion, const Rule& rule, DomainId& domain, ObjectId& object) const {
    bool object_known = false, some_object = false;
    for (DomainId d : rule.domains) {
      if (!domains_.has(d)) continue;
      domain = d;
      ObjectId own = KSS_OBJ_DOMAINS + d;
      if (rule.self && (assertion.self || objects_.has(own))) {
        object = own;
        return true;
      }
      if (assertion.self && std::binary_search(rule.objects.begin(), rule.objects.end(), own)) {
        object = own;
        return true;
      }
      if (!object_known) {
        object_known = true;
        for (ObjectId o : rule.objects) {
          if (!objects_.has(o)) continue;
          some_object = true;
          object = o;
          break;
        }
      }
      if (some_object) return true;
    }
    return false;
  }

  void violation(const NeverAllow& assertion, const Rule& rule, DomainId domain, ObjectId object, uint32_t perms) {
    std::string access = policy_.domains[domain].name + ' ' + policy_.object_name(object) + " : " +
                         class_name(assertion.cls) + " { " + perm_names(assertion.cls, perms) + " }";
    report_.error(
        assertion.pos, "`" + assertion.text + "` does not hold: `" + rule.text + "` grants " + access,
        "narrow that rule, or take the pair out of the assertion: { … -" + policy_.object_name(object) + " }");
    report_.note(rule.pos, "the rule that grants it");
  }

  const CheckedPolicy& policy_;
  Reporter& report_;
  BitSet domains_, objects_;
  std::array<std::vector<const Rule*>, KSS_NCLASSES> by_class_;
};

void prove_neverallow(const CheckedPolicy& policy, Reporter& report) { NeverAllowProof(policy, report).run(); }

// noflow: in the graph of what the rules grant there is no way from one to the other.
void prove_noflow(const CheckedPolicy& policy, Reporter& report) {
  if (policy.noflows.empty()) return;
  std::vector<FlowGrant> grants;
  std::vector<const Rule*> rules;
  for (const Rule& rule : policy.effective()) {
    if (rule.effect != Rule::Effect::allow) continue;
    grants.push_back({&rule.domains, &rule.objects, rule.cls, rule.perms});
    rules.push_back(&rule);
  }
  IdSet trusted;
  for (DomainId d = 0; d < policy.domains.size(); d++)
    if (policy.domains[d].trusted) trusted.push_back(d);
  const FlowGraph graph(grants, policy.object_count(), trusted);
  for (const NoFlow& assertion : policy.noflows) {
    if (report.full()) return;
    const std::vector<FlowHop> chain = graph.chain(assertion.from, assertion.to);
    if (chain.empty()) continue;
    std::string way = policy.object_name(chain.front().from);
    for (const FlowHop& hop : chain) way += " -> " + policy.object_name(hop.to);
    report.error(assertion.pos, "`" + assertion.text + "` does not hold: information can go " + way,
                 "take one of the grants below away, or declare a domain on the way `trusted: true` if it sees to what "
                 "may pass");
    for (const FlowHop& hop : chain)
      report.note(rules[hop.grant]->pos, policy.object_name(hop.from) + " -> " + policy.object_name(hop.to) + " by `" +
                                             rules[hop.grant]->text + "`");
  }
}

// Every kind of assertion is one function here.
constexpr void (*kProofs[])(const CheckedPolicy&, Reporter&) = {prove_neverallow, prove_noflow};

}  // namespace

void prove(const CheckedPolicy& policy, Reporter& report) {
  for (auto proof : kProofs) proof(policy, report);
}

}  // namespace kss::policy
