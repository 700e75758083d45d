// SPDX-License-Identifier: BSD-2-Clause
#include "cli/rules.hpp"

#include <algorithm>

#include "cli/cli.hpp"
#include "policy/names.hpp"

namespace kss::cli {

std::string rule_place(const policy::DebugInfo& debug, uint32_t rule) {
  return debug.rules[rule].file + ":" + std::to_string(debug.rules[rule].line);
}

std::string access_text(const policy::DebugInfo& debug, const policy::Access& a) {
  const std::string names = policy::perm_names(a.cls, a.perms);
  return debug.domains[a.domain].name + " " + debug.objects[a.object].name + " : " + policy::class_name(a.cls) + " " +
         (names.find(' ') == names.npos ? names : "{ " + names + " }");
}

std::string rules_text(const policy::DebugInfo& debug, const policy::Access& a) {
  std::string at = rule_place(debug, a.rules[0]);
  if (a.rules.size() > 1) at += " and " + count(a.rules.size() - 1, "other");
  return at;
}

Json to_json(const policy::DebugInfo& debug, const std::vector<policy::Access>& list) {
  Json out = Json::array();
  for (const policy::Access& a : list) {
    Json perms = Json::array(), rules = Json::array();
    for (uint32_t bit = 0; bit < policy::perm_count(a.cls); bit++)
      if (a.perms >> bit & 1) perms.push(policy::perm_name(a.cls, bit));
    for (uint32_t rule : a.rules) rules.push(rule_place(debug, rule));
    out.push(Json::object()
                 .set("domain", debug.domains[a.domain].name)
                 .set("object", debug.objects[a.object].name)
                 .set("class", policy::class_name(a.cls))
                 .set("permissions", perms)
                 .set("rules", rules));
  }
  return out;
}

}  // namespace kss::cli
