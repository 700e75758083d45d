// SPDX-License-Identifier: BSD-2-Clause
#include "policy/lint.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <unordered_map>

#include "policy/debuginfo.hpp"
#include "policy/names.hpp"
#include "policy/report.hpp"

namespace kss::policy {
namespace {

constexpr size_t kMaxPairs = size_t{8} << 20;

class Lint {
 public:
  Lint(const CheckedPolicy& policy, Reporter& report) : policy_(policy), report_(report) {}

  void run() {
    collect();
    without_effect();
    blanket();
    no_way_in();
    quiet_and_audit();
    events();
  }

 private:
  // A rule as it stands in the file: for several classes, or by several uses of a macro, several of the policy.
  struct Written {
    std::vector<const Rule*> rules;
    bool own = false;  // stands in the policy's own file
    bool flagged = false;
  };

  void collect() {
    std::map<std::tuple<std::string, uint32_t, uint32_t>, size_t> places;
    for (const Rule& rule : policy_.rules) {
      if (rule.effect != Rule::Effect::allow || !rule.pos.file) continue;
      const auto [it, fresh] = places.try_emplace({*rule.pos.file, rule.pos.line, rule.pos.column}, written_.size());
      if (fresh) written_.push_back({{}, in_own_file(rule.pos), false});
      written_[it->second].rules.push_back(&rule);
      pairs_ += (rule.objects.size() + rule.self) * rule.domains.size();
    }
  }

  bool in_own_file(const Pos& pos) const {
    return pos.file && !policy_.sources.empty() && *pos.file == policy_.sources[0];
  }

  // f(key, permissions) for each pair of a rule, until it returns false.
  template <typename F>
  static bool each(const Rule& rule, F f) {
    for (DomainId d : rule.domains) {
      const uint64_t at = uint64_t{d} << 40 | uint64_t{rule.cls} << 32;
      const ObjectId own = KSS_OBJ_DOMAINS + d;
      if (rule.self && !f(at | own)) return false;
      for (ObjectId o : rule.objects)
        if (!f(at | o)) return false;
    }
    return true;
  }

  // Rules all of which others grant: first by those before them, then by those behind that are not such themselves.
  void without_effect() {
    if (pairs_ > kMaxPairs) {
      report_.warning(Pos{}, "this policy is too large to look for rules without effect");
      return;
    }
    pass(written_.begin(), written_.end());
    pass(written_.rbegin(), written_.rend());
    for (const Written& w : written_)
      if (w.flagged && w.own)
        report_.warning(w.rules[0]->pos, "`" + w.rules[0]->text + "` has no effect: other rules grant all of it",
                        "take it away, or narrow the others: kss-load query --what DOMAIN names them");
  }

  template <typename It>
  void pass(It at, It end) {
    std::unordered_map<uint64_t, uint32_t> granted;
    granted.reserve(std::min(pairs_, kMaxPairs));
    for (; at != end; ++at) {
      if (at->flagged) continue;
      bool covered = true;
      for (const Rule* rule : at->rules)
        covered = covered && each(*rule, [&](uint64_t key) {
                    const auto it = granted.find(key);
                    return it != granted.end() && !(rule->perms & ~it->second);
                  });
      at->flagged = covered;
      if (covered) continue;
      for (const Rule* rule : at->rules)
        each(*rule, [&](uint64_t key) {
          granted[key] |= rule->perms;
          return true;
        });
    }
  }

  // Writing to, or executing, whatever there is.
  void blanket() {
    const auto all_types =
        std::count_if(policy_.types.begin(), policy_.types.end(), [](const Type& t) { return !t.files.empty(); });
    for (const Written& w : written_) {
      if (!w.own) continue;
      for (const Rule* rule : w.rules) {
        if (class_kind(rule->cls) != KSS_KIND_PATH) continue;
        const uint32_t strong =
            rule->perms & (flow_of(rule->cls).write | uint32_t{KSS_file_execute} | KSS_file_map_exec);
        if (!strong || !std::binary_search(rule->objects.begin(), rule->objects.end(), uint32_t{KSS_OBJ_unlabeled}))
          continue;
        const auto declared =
            rule->objects.end() - std::lower_bound(rule->objects.begin(), rule->objects.end(), policy_.first_type());
        if (declared < all_types || all_types < 2) continue;
        report_.warning(rule->pos,
                        "`" + rule->text + "` is a blanket grant: " + perm_names(rule->cls, strong) + " on every " +
                            class_name(rule->cls),
                        "name the types that are meant");
        break;
      }
    }
  }

  void no_way_in() {
    std::vector<char> entered(policy_.domains.size(), 0);
    for (DomainId d = KSS_DOMAIN_FIRST; d < policy_.domains.size(); d++)
      if (!policy_.domains[d].entries.empty()) entered[d] = 1;
    for (DomainId d = KSS_DOMAIN_FIRST; d < policy_.domains.size(); d++)
      if (!entered[d] && in_own_file(policy_.domains[d].pos))
        report_.warning(policy_.domains[d].pos,
                        "domain `" + policy_.domains[d].name + "` has no way in: no task is ever in it",
                        "say how it is entered: enter: { exec: /usr/sbin/" + policy_.domains[d].name + " }");
    // Reached only from domains that are reached: a ring of domains without a way from outside is none.
    std::vector<char> reached(policy_.domains.size(), 0);
    reached[KSS_DOMAIN_UNCONFINED] = 1;
    for (bool more = true; more;) {
      more = false;
      for (DomainId d = KSS_DOMAIN_FIRST; d < policy_.domains.size(); d++)
        for (const Entry& e : policy_.domains[d].entries)
          if (!reached[d] && std::any_of(e.from.begin(), e.from.end(), [&](DomainId f) { return reached[f]; }))
            reached[d] = 1, more = true;
    }
    for (DomainId d = KSS_DOMAIN_FIRST; d < policy_.domains.size(); d++)
      if (entered[d] && !reached[d] && in_own_file(policy_.domains[d].pos))
        report_.warning(policy_.domains[d].pos,
                        "domain `" + policy_.domains[d].name +
                            "` cannot be reached: it is entered only from domains that nobody enters",
                        "give one of them a way in from `unconfined`");
  }

  // audit of what is not granted, dontaudit of what is never denied.
  void quiet_and_audit() {
    if (pairs_ > kMaxPairs) return;
    std::unordered_map<uint64_t, uint32_t> granted;
    for (const Written& w : written_)
      for (const Rule* rule : w.rules)
        each(*rule, [&](uint64_t key) {
          granted[key] |= rule->perms;
          return true;
        });
    for (const Rule& rule : policy_.rules) {
      if (rule.effect == Rule::Effect::allow || !in_own_file(rule.pos)) continue;
      const bool audit = rule.effect == Rule::Effect::audit;
      const bool idle = each(rule, [&](uint64_t key) {
        const auto it = granted.find(key);
        const uint32_t have = it == granted.end() ? 0 : it->second;
        return !(rule.perms & (audit ? have : ~have));
      });
      if (idle)
        report_.warning(rule.pos, "`" + rule.text + "` has no effect: " +
                                      (audit ? "no rule grants any of it" : "none of it is ever denied"));
    }
  }

  static bool meet(const IdSet& a, const IdSet& b) {
    return std::any_of(a.begin(), a.end(), [&](uint32_t id) { return std::binary_search(b.begin(), b.end(), id); });
  }

  // Might the rule grant some of what the event is? Whose own objects are meant is not looked at closely.
  static bool may_grant(const Rule& rule, const EventPart& part) {
    return rule.effect == Rule::Effect::allow && rule.cls == part.cls && (rule.perms & part.perms) &&
           meet(part.domains, rule.domains) && (part.self || rule.self || meet(part.objects, rule.objects));
  }

  // Events that nothing speaks of, and those that never happen.
  void events() {
    for (uint32_t e = 0; e < policy_.events.size(); e++) {
      const Event& event = policy_.events[e];
      if (!in_own_file(event.pos)) continue;
      const bool used = std::any_of(policy_.machines.begin(), policy_.machines.end(), [&](const Machine& m) {
        return std::binary_search(m.automaton.events.begin(), m.automaton.events.end(), e);
      });
      const bool happens = std::any_of(event.parts.begin(), event.parts.end(), [&](const EventPart& part) {
        return std::any_of(policy_.effective().begin(), policy_.effective().end(),
                           [&](const Rule& rule) { return may_grant(rule, part); });
      });
      if (!used)
        report_.warning(event.pos, "event `" + event.name + "` is named by no flow and no formula");
      else if (!happens)
        report_.warning(event.pos, "event `" + event.name + "` never happens: no rule grants any of it");
    }
  }

  const CheckedPolicy& policy_;
  Reporter& report_;
  std::vector<Written> written_;
  size_t pairs_ = 0;
};

}  // namespace

void lint(const CheckedPolicy& policy, Diagnostics& diags) {
  Reporter report(diags);
  Lint(policy, report).run();
}

}  // namespace kss::policy
