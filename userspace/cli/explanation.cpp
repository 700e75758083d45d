// SPDX-License-Identifier: BSD-2-Clause
#include "cli/explanation.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <set>

#include "engine/simulator.hpp"
#include "policy/glob.hpp"
#include "policy/levels.hpp"
#include "policy/names.hpp"
#include "policy/policy.hpp"

namespace kss::cli {
namespace {

using policy::DebugInfo;
using RuleInfo = DebugInfo::RuleInfo;
using policy::Component;

bool has(const policy::IdSet& set, uint32_t id) { return std::binary_search(set.begin(), set.end(), id); }

std::string place(const std::string& file, uint32_t line) { return file + ":" + std::to_string(line); }

template <typename R>  // Rule, NeverAllow, RuleInfo
bool on_object(const R& r, const Question& q) {
  return has(r.objects, q.object) || (r.self && q.object == KSS_OBJ_DOMAINS + q.domain);
}

bool matches(const Component& c, std::string_view name) {
  if (c.kind == Component::Kind::literal) return c.text == name;
  if (c.kind != Component::Kind::glob) return true;
  // Two positions to come back to suffice: the last star and where it was last tried.
  std::size_t item = 0, at = 0, star = std::string_view::npos, retry = 0;
  while (at < name.size()) {
    if (item < c.items.size() && c.items[item].star) {
      star = item++;
      retry = at;
    } else if (item < c.items.size() && c.items[item].bytes.test(static_cast<unsigned char>(name[at]))) {
      item++;
      at++;
    } else if (star != std::string_view::npos) {
      item = star + 1;
      at = ++retry;
    } else {
      return false;
    }
  }
  while (item < c.items.size() && c.items[item].star) item++;
  return item == c.items.size();
}

bool pattern_matches(const std::string& pattern, const std::string& path) {
  auto parts = policy::parse_path_pattern(pattern);
  if (!parts) return false;
  std::vector<std::string_view> names;
  for (std::string_view rest = path; !rest.empty();) {
    rest.remove_prefix(std::min(rest.find_first_not_of('/'), rest.size()));
    const std::string_view name = rest.substr(0, rest.find('/'));
    if (!name.empty()) names.push_back(name);
    rest.remove_prefix(name.size());
  }
  // row[j]: the parts so far match the first j names.
  std::vector<bool> row(names.size() + 1);
  row[0] = true;
  for (const Component& part : *parts) {
    std::vector<bool> next(row.size());
    for (std::size_t j = 0; j < row.size(); j++)
      if (part.kind == Component::Kind::deep)
        next[j] = row[j] || (j > 0 && next[j - 1]);
      else
        next[j] = j > 0 && row[j - 1] && matches(part, names[j - 1]);
    row = std::move(next);
  }
  return row.back();
}

std::vector<std::string> matching_patterns(const DebugInfo::TypeInfo& type, const std::string& what) {
  std::vector<std::string> found;
  if (!what.starts_with('/')) return type.patterns;  // addresses and names: few, shown all
  for (const std::string& text : type.patterns) {
    const std::size_t slash = text.find('/');
    if (slash != text.npos && pattern_matches(text.substr(slash), what)) found.push_back(text);
  }
  return found;
}

std::string braced(const std::string& perms) { return perms.find(' ') == perms.npos ? perms : "{ " + perms + " }"; }

std::string keyword(uint32_t cls) { return cls == KSS_CLASS_capability2 ? "capability" : policy::class_name(cls); }

struct Score {
  int points;
  const RuleInfo* rule;
  std::string lacks;
};

/// How near a rule comes to granting what is denied: the fewer of domain, object, class and permissions differ.
Score score(const RuleInfo& r, const Question& q, uint32_t denied, const DebugInfo& debug) {
  const bool domain = has(r.domains, q.domain), object = on_object(r, q), cls = r.cls == q.cls;
  const bool perms = cls && (r.perms & denied);
  Score s{0, &r, ""};
  if (domain && object && cls) {
    s.points = 8;
    s.lacks = "lacks " + policy::perm_names(q.cls, denied);
  } else if (domain && cls && perms) {
    s.points = 6;
    s.lacks = "is about another type than " + debug.objects[q.object].name;
  } else if (object && cls && perms) {
    s.points = 5;
    s.lacks = "is for another domain than " + debug.domains[q.domain].name;
  } else if (domain && object) {
    s.points = 4;
    s.lacks = std::string("is about class ") + keyword(r.cls) + ", not " + keyword(q.cls);
  }
  return s;
}

std::string place_for(const DebugInfo& debug, const Question& q) {
  const RuleInfo* best = nullptr;
  for (const RuleInfo& r : debug.rules) {
    if (r.effect != policy::Rule::Effect::allow || !has(r.domains, q.domain) || r.domains.size() > 1) continue;
    if (!best || on_object(r, q) || !on_object(*best, q)) best = &r;
  }
  if (best) return "under `allow:`, after " + place(best->file, best->line);
  const auto& d = debug.domains[q.domain];
  return d.file.empty() ? "under `allow:`" : "under `allow:` in " + d.file;
}

std::string advice_for(const DebugInfo& debug, const Question& q) {
  switch (q.object) {
    case KSS_OBJ_unlabeled:
      return q.what.starts_with('/') ? "better: no type names this path, and that line grants every such file; declare "
                                       "one under `types:`, as "
                                       "`my_type: { files: [\"" +
                                           q.what + "\"] }`, and grant that"
                                     : "better: declare a type with the path and grant that; this line grants every "
                                       "file that no type names";
    case KSS_OBJ_inet_other:
      return "better: declare a type with the address under `types:`, as `my_net: { inet: [\"" +
             std::string(policy::class_name(q.cls)) + " " +
             (q.what.empty() ? "ADDRESS" : q.what.substr(0, q.what.rfind(':'))) +
             "\"] }`, and grant that; this line grants every address that no type names";
    case KSS_OBJ_unix_other:
      return "the peer is no confined domain and its name is in no type: declare the name under `types:` (`unix:`)";
    default:
      return debug.domains[q.domain].permissive ? "the domain is permissive: this is reported but not enforced" : "";
  }
}

}  // namespace

Explanation explain(const NamedImage& names, const policy::CheckedPolicy* checked, const Question& q) {
  const DebugInfo& debug = names.debug;
  const auto image = engine::Simulator::load(names.image);
  const uint32_t denied = image ? image->judge(q.domain, q.object, q.cls, q.perms).denied : q.perms;
  Explanation e;
  e.granted = denied == 0;
  e.domain = debug.domains[q.domain].name;
  e.object = debug.objects[q.object].name;
  e.cls = keyword(q.cls);
  e.asked = policy::perm_names(q.cls, q.perms);
  e.denied = policy::perm_names(q.cls, denied);
  const auto& type = debug.objects[q.object];
  if (!type.file.empty()) e.object_place = place(type.file, type.line);
  if (!q.what.empty()) e.patterns = matching_patterns(type, q.what);

  std::vector<Score> scores;
  uint32_t withheld = checked ? policy::withheld(*checked, q.domain, q.object, q.cls) & denied : 0;
  for (const RuleInfo& r : debug.rules) {
    if (r.effect == policy::Rule::Effect::withheld && has(r.domains, q.domain) && on_object(r, q) && r.cls == q.cls &&
        (r.perms & denied)) {
      withheld |= r.perms & denied;
      e.withheld.push_back(
          {place(r.file, r.line), r.text, "the levels withhold " + policy::perm_names(q.cls, r.perms & denied)});
    }
    if (r.effect != policy::Rule::Effect::allow) continue;
    if (has(r.domains, q.domain) && on_object(r, q) && r.cls == q.cls && (r.perms & q.perms & ~denied))
      e.granting.push_back({place(r.file, r.line), r.text, "grants " + policy::perm_names(q.cls, r.perms & q.perms)});
    if (denied)
      if (Score s = score(r, q, denied, debug); s.points) scores.push_back(std::move(s));
  }
  std::stable_sort(scores.begin(), scores.end(), [](const Score& a, const Score& b) { return a.points > b.points; });
  constexpr std::size_t shown = 3;
  std::set<std::string> seen;  // a rule of a macro stands in the image once for each use
  for (const Score& s : scores) {
    NearRule near{place(s.rule->file, s.rule->line), s.rule->text, s.lacks};
    if (e.near.size() < shown && seen.insert(near.place + near.text).second) e.near.push_back(std::move(near));
  }
  if (!denied) return e;

  if (q.object == KSS_OBJ_unresolved) {
    e.advice = "what could not be labelled is always denied; no rule can grant it";
    return e;
  }
  if (q.domain == KSS_DOMAIN_NONE) {
    e.advice = "the task's domain is not in this policy: start the task again, or bring the domain back";
    return e;
  }
  if (withheld) {
    e.levels = e.domain + " is at " + debug.objects[KSS_OBJ_DOMAINS + q.domain].level + "; " + e.object + " is at " +
               type.level;
    e.advice = "no rule can grant " + policy::perm_names(q.cls, withheld) +
               ": information would go the wrong way. Change one of the levels, give the domain a range that it is "
               "trusted with, or go through a domain that has one";
    return e;
  }
  const bool self = q.object == KSS_OBJ_DOMAINS + q.domain;
  e.line = "- " + e.domain + " " + (self ? "self" : e.object) + " : " + e.cls + " " + braced(e.denied);
  e.where = place_for(debug, q);
  e.advice = advice_for(debug, q);
  e.assertions_known = checked != nullptr;
  if (checked)
    for (const policy::NeverAllow& n : checked->neverallows)
      if (has(n.domains, q.domain) && on_object(n, q) && n.cls == q.cls && (n.perms & denied))
        e.forbidden_by.push_back((n.pos.file ? place(*n.pos.file, n.pos.line) : "?") + ": " + n.text);
  return e;
}

std::optional<policy::CheckedPolicy> find_text(const NamedImage& names) {
  std::vector<std::string> files;
  const auto add = [&](const std::string& file) {
    constexpr std::size_t enough = 8;
    if (!file.empty() && files.size() < enough && std::find(files.begin(), files.end(), file) == files.end())
      files.push_back(file);
  };
  for (const auto& d : names.debug.domains) add(d.file);
  for (const auto& r : names.debug.rules) add(r.file);
  kss_header2 loaded;
  std::memcpy(&loaded, &names.image[1], sizeof loaded);
  for (const std::string& file : files) {
    Diagnostics ignored;
    auto checked = policy::check_file(file, {}, ignored);
    if (!checked) continue;
    const auto image = policy::compile(*checked, ignored);
    // The digest does not count the generation, so it is the same in a file and in force.
    if (image && std::memcmp(reinterpret_cast<const kss_header2*>(&(*image)[1])->digest, loaded.digest,
                             sizeof loaded.digest) == 0)
      return checked;
  }
  return std::nullopt;
}

void print(const Explanation& e, const Question& q, const Colors& c) {
  const auto show = [](const std::string& s) { return printable(s); };
  std::printf("%s%s%s %s %s : %s { %s }", e.granted ? c.green : c.red, e.granted ? "granted" : "DENIED", c.reset,
              show(e.domain).c_str(), show(e.object).c_str(), e.cls.c_str(), (e.granted ? e.asked : e.denied).c_str());
  if (!q.what.empty()) std::printf(" on %s", show(q.what).c_str());
  std::printf("\n");
  if (!q.what.empty() || !e.object_place.empty()) {
    std::printf("  type    %s", show(e.object).c_str());
    if (q.object < KSS_NBUILTINS) std::printf(": %s", policy::builtin_doc(q.object));
    for (std::size_t i = 0; i < e.patterns.size(); i++)
      std::printf("%s%s", i ? ", " : ", by pattern ", show(e.patterns[i]).c_str());
    if (!e.object_place.empty()) std::printf(" (%s)", show(e.object_place).c_str());
    std::printf("\n");
  }
  for (const NearRule& r : e.granting)
    std::printf("  rule    %s: %s (%s)\n", show(r.place).c_str(), show(r.text).c_str(), show(r.lacks).c_str());
  if (e.granted) return;
  for (const NearRule& r : e.withheld)
    std::printf("  rule    %s: %s (%s)\n", show(r.place).c_str(), show(r.text).c_str(), show(r.lacks).c_str());
  if (!e.levels.empty()) std::printf("  levels  %s\n", show(e.levels).c_str());
  if (e.near.empty() && e.levels.empty()) std::printf("  near    no rule comes near\n");
  for (const NearRule& r : e.near)
    std::printf("  near    %s: %s (%s)\n", show(r.place).c_str(), show(r.text).c_str(), show(r.lacks).c_str());
  if (!e.line.empty()) {
    std::printf("  grant   %s%s%s\n", c.bold, show(e.line).c_str(), c.reset);
    std::printf("  put it  %s\n", show(e.where).c_str());
    for (const std::string& n : e.forbidden_by)
      std::printf("  %sbut%s     %s forbids that line\n", c.red, c.reset, show(n).c_str());
    if (e.assertions_known && e.forbidden_by.empty()) std::printf("  assert  no neverallow forbids that line\n");
    if (!e.assertions_known)
      std::printf("  assert  unknown: give the policy's text with --policy to check neverallow\n");
  }
  if (!e.advice.empty()) std::printf("  note    %s\n", show(e.advice).c_str());
}

Json to_json(const Explanation& e, const Question& q) {
  const auto rules = [](const std::vector<NearRule>& list) {
    Json a = Json::array();
    for (const NearRule& r : list) a.push(Json::object().set("place", r.place).set("text", r.text).set("why", r.lacks));
    return a;
  };
  Json j = Json::object();
  j.set("granted", e.granted).set("domain", e.domain).set("object", e.object).set("class", e.cls);
  j.set("asked", e.asked).set("denied", e.denied);
  if (!q.what.empty()) j.set("what", q.what).set("patterns", Json::array_of(e.patterns));
  if (!e.object_place.empty()) j.set("object_declared", e.object_place);
  j.set("granting", rules(e.granting)).set("near", rules(e.near));
  if (!e.levels.empty()) j.set("withheld", rules(e.withheld)).set("levels", e.levels);
  if (!e.line.empty()) {
    j.set("line", e.line).set("where", e.where);
    j.set("neverallow", e.assertions_known ? Json::array_of(e.forbidden_by) : Json());
  }
  if (!e.advice.empty()) j.set("note", e.advice);
  return j;
}

}  // namespace kss::cli
