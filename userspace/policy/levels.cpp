// SPDX-License-Identifier: BSD-2-Clause
#include "policy/levels.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "policy/debuginfo.hpp"
#include "policy/names.hpp"
#include "policy/report.hpp"

namespace kss::policy {
namespace {

bool dominates(const Level& a, const Level& b) {
  return a.degree >= b.degree &&
         std::includes(a.categories.begin(), a.categories.end(), b.categories.begin(), b.categories.end());
}

using Ranges = std::array<const LevelRange*, kAxes>;  // null: an axis that the policy does not use

Ranges ranges_of(const CheckedPolicy& policy, ObjectId o) {
  Ranges r{};
  for (Axis axis : {kSecrecy, kIntegrity})
    if (!policy.lattices[axis].degrees.empty()) r[axis] = &policy.level(axis, o);
  return r;
}

// KSS_FLOW_*: which ways information may go between a subject and an object.
uint8_t ways_between(const Ranges& s, const Ranges& o) {
  bool read = true, write = true;
  if (s[kSecrecy]) {
    read &= dominates(s[kSecrecy]->high, o[kSecrecy]->low);
    write &= dominates(o[kSecrecy]->high, s[kSecrecy]->low);
  }
  if (s[kIntegrity]) {
    read &= dominates(o[kIntegrity]->high, s[kIntegrity]->low);
    write &= dominates(s[kIntegrity]->high, o[kIntegrity]->low);
  }
  return static_cast<uint8_t>((read ? KSS_FLOW_R : 0) | (write ? KSS_FLOW_W : 0));
}

uint32_t lost_by(uint8_t ways, uint32_t cls) {
  const FlowMasks flow = flow_of(cls);
  return (ways & KSS_FLOW_R ? 0 : flow.read) | (ways & KSS_FLOW_W ? 0 : flow.write);
}

class LevelFolder {
 public:
  LevelFolder(CheckedPolicy& policy, Reporter& report) : policy_(policy), report_(report) {
    class_.resize(policy_.object_count());
    for (ObjectId o = 0; o < class_.size(); o++) class_[o] = class_of(o);
  }

  void run() {
    policy_.leveled.clear();
    for (const Rule& rule : policy_.rules) {
      if (rule.effect == Rule::Effect::allow)
        split(rule);
      else
        policy_.leveled.push_back(rule);
    }
  }

 private:
  // Objects (and domains, as objects) of equal levels are one class.
  uint32_t class_of(ObjectId o) {
    const Ranges r = ranges_of(policy_, o);
    IdSet key;
    for (const LevelRange* range : r) {
      if (!range) continue;
      for (const Level* level : {&range->low, &range->high}) {
        key.push_back(level->degree);
        key.push_back(static_cast<uint32_t>(level->categories.size()));
        key.insert(key.end(), level->categories.begin(), level->categories.end());
      }
    }
    const auto [it, fresh] = classes_.try_emplace(std::move(key), static_cast<uint32_t>(ranges_.size()));
    if (fresh) ranges_.push_back(r);
    return it->second;
  }

  uint8_t ways(uint32_t subject, uint32_t object) {
    const auto [known, fresh] = ways_.try_emplace(uint64_t{subject} << 32 | object);
    if (fresh) known->second = ways_between(ranges_[subject], ranges_[object]);
    return known->second;
  }

  void split(const Rule& rule) {
    const FlowMasks flow = flow_of(rule.cls);
    if (!(rule.perms & (flow.read | flow.write))) {
      policy_.leveled.push_back(rule);
      return;
    }
    std::map<uint32_t, IdSet> subjects, objects;
    for (DomainId d : rule.domains) subjects[class_[KSS_OBJ_DOMAINS + d]].push_back(d);
    for (ObjectId o : rule.objects) objects[class_[o]].push_back(o);
    if (rule.self) {  // a domain may always tell itself what it knows
      Rule own = rule;
      own.objects.clear();
      policy_.leveled.push_back(std::move(own));
    }
    uint32_t granted = rule.self ? rule.perms : 0;
    for (const auto& [subject, domains] : subjects) {
      std::map<uint32_t, IdSet> left;  // by the permissions that are left
      for (const auto& [object, ids] : objects) {
        IdSet& set = left[rule.perms & ~lost_by(ways(subject, object), rule.cls)];
        set.insert(set.end(), ids.begin(), ids.end());
      }
      for (auto& [perms, ids] : left) {
        std::sort(ids.begin(), ids.end());
        granted |= perms;
        add(rule, Rule::Effect::withheld, domains, ids, rule.perms & ~perms);
        add(rule, Rule::Effect::allow, domains, std::move(ids), perms);
      }
    }
    if (!(granted & (flow.read | flow.write)) && !rule.domains.empty() && !rule.objects.empty())
      report_.warning(rule.pos,
                      "`" + rule.text + "` grants nothing" +
                          (granted ? " but " + perm_names(rule.cls, granted) + ": the levels withhold the rest"
                                   : ": the levels withhold all of it"),
                      "kss-load query --levels shows the levels of all that it names");
  }

  void add(const Rule& from, Rule::Effect effect, const IdSet& domains, IdSet objects, uint32_t perms) {
    if (!perms) return;
    Rule& rule = policy_.leveled.emplace_back(from);
    rule.effect = effect;
    rule.domains = domains;
    rule.objects = std::move(objects);
    rule.self = false;
    rule.perms = perms;
  }

  CheckedPolicy& policy_;
  Reporter& report_;
  std::map<IdSet, uint32_t> classes_;
  std::vector<Ranges> ranges_;   // by class
  std::vector<uint32_t> class_;  // by object
  std::unordered_map<uint64_t, uint8_t> ways_;
};

std::string text_of(const Lattice& lattice, const Level& level) {
  std::string out = lattice.degrees[level.degree];
  if (level.categories.empty()) return out;
  out += " {";
  for (uint32_t c : level.categories) out += ' ' + lattice.categories[c];
  return out + " }";
}

}  // namespace

const LevelRange& CheckedPolicy::level(Axis axis, ObjectId id) const {
  const Labels* labels = nullptr;
  if (id >= first_type())
    labels = &types[id - first_type()].level;
  else if (id >= KSS_OBJ_DOMAINS)
    labels = &domains[id - KSS_OBJ_DOMAINS].level;
  else if (id < KSS_NBUILTINS)
    labels = &builtin_levels[id];
  return labels && (*labels)[axis] ? *(*labels)[axis] : lattices[axis].standard;
}

void apply_levels(CheckedPolicy& policy, Reporter& report) {
  if (policy.has_levels()) LevelFolder(policy, report).run();
}

uint32_t withheld(const CheckedPolicy& policy, DomainId domain, ObjectId object, uint32_t cls) {
  return lost_by(ways_between(ranges_of(policy, KSS_OBJ_DOMAINS + domain), ranges_of(policy, object)), cls);
}

std::string level_text(const CheckedPolicy& policy, ObjectId id) {
  static constexpr const char* kNames[kAxes] = {"secrecy ", "integrity "};
  std::string out;
  for (Axis axis : {kSecrecy, kIntegrity}) {
    const Lattice& lattice = policy.lattices[axis];
    if (lattice.degrees.empty()) continue;
    const LevelRange& range = policy.level(axis, id);
    out += (out.empty() ? "" : ", ") + std::string(kNames[axis]) + text_of(lattice, range.low);
    if (!(range.low == range.high)) out += " .. " + text_of(lattice, range.high);
  }
  return out;
}

}  // namespace kss::policy
