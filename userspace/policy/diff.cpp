// SPDX-License-Identifier: BSD-2-Clause
#include "policy/diff.hpp"

#include <algorithm>
#include <tuple>
#include <unordered_map>

namespace kss::policy {
namespace {

using Strings = std::vector<std::string>;

// Names of both policies by one numbering, so that accesses of the two can be compared.
class Names {
 public:
  uint32_t number(const std::string& name) {
    return ids_.try_emplace(name, static_cast<uint32_t>(ids_.size())).first->second;
  }

 private:
  std::unordered_map<std::string, uint32_t> ids_;
};

template <typename Items>
std::unordered_map<std::string, uint32_t> index(const Items& items, size_t from) {
  std::unordered_map<std::string, uint32_t> out;
  for (size_t i = from; i < items.size(); i++)
    if (!items[i].name.empty()) out.emplace(items[i].name, static_cast<uint32_t>(i));
  return out;
}

void compare(const std::string& name, const char* what, Strings before, Strings after, PolicyDiff& out) {
  std::sort(before.begin(), before.end());
  std::sort(after.begin(), after.end());
  PolicyDiff::Change change{name, what, {}, {}};
  std::set_difference(before.begin(), before.end(), after.begin(), after.end(), std::back_inserter(change.removed));
  std::set_difference(after.begin(), after.end(), before.begin(), before.end(), std::back_inserter(change.added));
  if (!change.removed.empty() || !change.added.empty()) out.changed.push_back(std::move(change));
}

void compare(const std::string& name, const char* what, bool before, bool after, PolicyDiff& out) {
  auto text = [](bool b) { return Strings{b ? "true" : "false"}; };
  compare(name, what, text(before), text(after), out);
}

struct Named {
  uint32_t domain, object;
  Access* access;
  auto key() const { return std::tuple(domain, object, static_cast<uint32_t>(access->cls)); }
};

std::vector<Named> named(const DebugInfo& debug, std::vector<Access>& list, Names& names) {
  std::vector<uint32_t> objects(debug.objects.size());
  for (size_t o = 0; o < objects.size(); o++) objects[o] = names.number(debug.objects[o].name);
  std::vector<Named> out;
  out.reserve(list.size());
  for (Access& a : list) out.push_back({objects[KSS_OBJ_DOMAINS + a.domain], objects[a.object], &a});
  std::sort(out.begin(), out.end(), [](const Named& a, const Named& b) { return a.key() < b.key(); });
  return out;
}

// Of `list` what `other` has not.
void without(const std::vector<Named>& list, const std::vector<Named>& other, std::vector<Access>& out) {
  auto at = other.begin();
  for (const Named& n : list) {
    while (at != other.end() && at->key() < n.key()) ++at;
    Access left = *n.access;
    if (at != other.end() && at->key() == n.key()) left.perms &= ~at->access->perms;
    if (left.perms) out.push_back(std::move(left));
  }
  std::sort(out.begin(), out.end(), [](const Access& a, const Access& b) {
    return std::tuple(a.domain, a.object, static_cast<uint32_t>(a.cls)) <
           std::tuple(b.domain, b.object, static_cast<uint32_t>(b.cls));
  });
}

// Rules that grant none of what has changed say nothing about it.
void keep_rules(const DebugInfo& debug, std::vector<Access>& list) {
  for (Access& a : list)
    std::erase_if(a.rules, [&](uint32_t rule) { return (debug.rules[rule].perms & a.perms) == 0; });
}

}  // namespace

PolicyDiff diff(const DebugInfo& before, const DebugInfo& after) {
  PolicyDiff out;
  const auto domains = index(before.domains, KSS_DOMAIN_FIRST), domains_after = index(after.domains, KSS_DOMAIN_FIRST);
  for (size_t d = KSS_DOMAIN_FIRST; d < before.domains.size(); d++)
    if (!domains_after.contains(before.domains[d].name)) out.domains_removed.push_back(before.domains[d].name);
  for (size_t d = KSS_DOMAIN_FIRST; d < after.domains.size(); d++) {
    const auto it = domains.find(after.domains[d].name);
    if (it == domains.end()) {
      out.domains_added.push_back(after.domains[d].name);
      continue;
    }
    const DebugInfo::DomainInfo &a = before.domains[it->second], &b = after.domains[d];
    compare(b.name, "entries", a.entries, b.entries, out);
    compare(b.name, "permissive", a.permissive, b.permissive, out);
    compare(b.name, "trusted", a.trusted, b.trusted, out);
  }
  const size_t types = KSS_OBJ_DOMAINS + before.domains.size(), types_after = KSS_OBJ_DOMAINS + after.domains.size();
  const auto old_types = index(before.objects, types), new_types = index(after.objects, types_after);
  for (size_t t = types; t < before.objects.size(); t++)
    if (!new_types.contains(before.objects[t].name)) out.types_removed.push_back(before.objects[t].name);
  for (size_t t = types_after; t < after.objects.size(); t++)
    if (!old_types.contains(after.objects[t].name)) out.types_added.push_back(after.objects[t].name);
  const auto objects = index(before.objects, 0);
  for (const DebugInfo::TypeInfo& b : after.objects) {
    const auto it = objects.find(b.name);
    if (b.name.empty() || it == objects.end()) continue;
    const DebugInfo::TypeInfo& a = before.objects[it->second];
    compare(b.name, "patterns", a.patterns, b.patterns, out);
    compare(b.name, "level", Strings{a.level}, Strings{b.level}, out);
  }

  const auto machines = index(before.machines, 0), machines_after = index(after.machines, 0);
  const auto meaning = [](const DebugInfo::MachineInfo& m) {
    static const char* const scopes[] = {"global", "domain", "task"};
    Strings lines{m.text + " (scope " + scopes[static_cast<size_t>(m.scope)] + ")"};
    for (const auto& [name, text] : m.events) lines.push_back(name + ": " + text);
    return lines;
  };
  for (const auto& m : before.machines)
    if (!machines_after.contains(m.name)) compare(m.name, m.flow ? "flow" : "formula", meaning(m), {}, out);
  for (const auto& m : after.machines) {
    const auto it = machines.find(m.name);
    compare(m.name, m.flow ? "flow" : "formula",
            it == machines.end() ? Strings{} : meaning(before.machines[it->second]), meaning(m), out);
  }

  Names names;
  std::vector<Access> was = accesses(before, {}), is = accesses(after, {});
  const std::vector<Named> had = named(before, was, names), has = named(after, is, names);
  without(has, had, out.gained);
  without(had, has, out.lost);
  keep_rules(after, out.gained);
  keep_rules(before, out.lost);
  return out;
}

}  // namespace kss::policy
