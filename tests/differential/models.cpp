// SPDX-License-Identifier: BSD-2-Clause
#include "tests/differential/models.hpp"

#include <algorithm>
#include <set>

#include "policy/debuginfo.hpp"
#include "policy/names.hpp"
#include "policy/policy.hpp"

namespace kss::test {

using namespace policy;

namespace {

constexpr uint32_t kFirstLine = 1u << 24;  // patterns and rules stand on lines before it

// The texts of three sections, a line for each item.
struct Texts {
  std::vector<std::string> events, flows, temporals;
};

std::string numbered(const char* what, size_t n) { return what + std::to_string(n); }

// May the object be named in an event of that class? Types are given all that a type can have, but
// socket families the first alone.
bool nameable(const CheckedPolicy& p, kss_class cls, ObjectId o) {
  const bool domain = o >= KSS_OBJ_DOMAINS && o < p.first_type() && o != KSS_OBJ_DOMAINS + KSS_DOMAIN_NONE;
  const bool type = o >= p.first_type();
  switch (class_kind(cls)) {
    case KSS_KIND_PATH: return type || o == KSS_OBJ_unlabeled || o == KSS_OBJ_anon || o == KSS_OBJ_memfd;
    case KSS_KIND_DOMAIN: return domain;
    case KSS_KIND_SELF: return false;
    case KSS_KIND_INET: return type || o == KSS_OBJ_inet_other;
    case KSS_KIND_UNIX: return type || domain || o == KSS_OBJ_unix_other;
    case KSS_KIND_FAMILY: return (!p.types.empty() && o == p.first_type()) || o == KSS_OBJ_family_other;
    case KSS_KIND_SYSTEM: return o == KSS_OBJ_system;
  }
  return false;
}

template <typename T>
std::vector<T> pick_some(const std::vector<T>& from, uint32_t at_most, Random& r) {
  std::vector<T> out;
  for (uint32_t n = from.empty() ? 0 : 1 + r.below(at_most); n; n--) out.push_back(r.pick(from));
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

uint32_t one_bit(uint32_t mask, Random& r) {
  std::vector<uint32_t> bits;
  for (uint32_t b = 0; b < 32; b++)
    if (mask >> b & 1) bits.push_back(1u << b);
  return bits.empty() ? 0 : r.pick(bits);
}

// Nothing comes of some: then the text is empty.
std::string part_text(const CheckedPolicy& p, const std::vector<const Rule*>& allows, Random& r) {
  const auto ndomains = static_cast<uint32_t>(p.domains.size());
  IdSet domains, objects;
  kss_class cls = static_cast<kss_class>(r.chance(50) ? r.below(3) : r.below(KSS_NCLASSES));
  uint32_t perms = static_cast<uint32_t>(r.next() & r.next());
  bool self = r.chance(20);
  if (!allows.empty() && r.chance(85)) {
    const Rule& rule = *r.pick(allows);
    cls = rule.cls;
    domains = pick_some(rule.domains, 3, r);
    std::erase_if(domains, [](DomainId d) { return d < KSS_DOMAIN_FIRST; });
    objects = pick_some(rule.objects, 3, r);
    self = rule.self ? r.chance(80) : r.chance(10);
    perms = one_bit(rule.perms & perm_mask(cls), r);
    if (r.chance(60)) perms |= rule.perms & static_cast<uint32_t>(r.next() & r.next());
  }
  if (domains.empty() || r.chance(20)) domains.push_back(KSS_DOMAIN_FIRST + r.below(ndomains - KSS_DOMAIN_FIRST));
  if (objects.empty() || r.chance(30))
    for (uint32_t n = 1 + r.below(3); n; n--) objects.push_back(1 + r.below(p.object_count() - 1));
  std::erase_if(objects, [&](ObjectId o) { return !nameable(p, cls, o); });
  const kss_object_kind kind = class_kind(cls);
  if (kind == KSS_KIND_PATH || kind == KSS_KIND_SYSTEM) self = false;
  if (kind == KSS_KIND_SELF) self = true;
  perms &= perm_mask(cls);
  if ((objects.empty() && !self) || !perms) return "";
  std::string text = "{";
  for (DomainId d : domains) text += " " + p.domains[d].name;
  text += " } {";
  for (ObjectId o : objects) text += " " + p.object_name(o);
  if (self) text += " self";
  const uint32_t spoken = cls == KSS_CLASS_capability2 ? uint32_t{KSS_CLASS_capability} : uint32_t{cls};
  return text + " } : " + class_name(spoken) + " { " + perm_names(cls, perms) + " }";
}

std::string scope(Random& r) {
  static const char* const all[] = {"global", "domain", "task"};
  return all[r.below(3)];
}

// Small numbers, so that ages meet the bounds; now and then in another unit.
std::string time_text(Random& r) {
  return std::to_string(1 + r.below(r.chance(10) ? 300 : 12)) + (r.chance(4) ? "us" : "ns");
}

std::string bound(Random& r) {
  switch (r.below(8)) {
    case 0:
    case 1:
    case 2: return " ";
    case 3: return "[" + time_text(r) + "] ";
    case 4: return "[.." + time_text(r) + "] ";
    case 5:
    case 6: return "[" + time_text(r) + "..] ";
    default: {
      const uint32_t low = r.below(6);
      return "[" + std::to_string(low) + "ns.." + std::to_string(low + r.below(9)) + "ns] ";
    }
  }
}

std::string formula(const std::vector<std::string>& events, uint32_t depth, Random& r) {
  if (!depth || r.chance(20)) return r.chance(92) ? r.pick(events) : r.chance(50) ? "true" : "false";
  const auto part = [&] { return "(" + formula(events, depth - 1, r) + ")"; };
  switch (r.below(14)) {
    case 0: return "not " + part();
    case 1: return part() + " and " + part();
    case 2: return part() + " or " + part();
    case 3: return part() + " -> " + part();
    case 4: return "prev" + bound(r) + part();
    case 5:
    case 6: return "once" + bound(r) + part();
    case 7:
    case 8: return "earlier" + bound(r) + part();
    case 9: return "hist" + bound(r) + part();
    case 10:
    case 11: return part() + " since" + bound(r) + part();
    case 12: return "start " + part();
    default: return "end " + part();
  }
}

std::string judged(const std::vector<std::string>& events, Random& r) {
  if (r.chance(70)) return r.pick(events);
  std::string text = "{";
  for (const std::string& e : pick_some(events, 3, r)) text += " " + e;
  return text + " }";
}

std::string flow_text(const std::vector<std::string>& events, Random& r) {
  const uint32_t nstates = 1 + r.below(4);
  // Of one state all edges lead to one other, or each leads somewhere: that one is refused if events overlap.
  const bool one = r.chance(60);
  const std::vector<std::string> mine = pick_some(events, 4, r);
  std::string text = "{ scope: " + scope(r) + ", states: {";
  for (uint32_t s = 0; s < nstates; s++) {
    const uint32_t next = r.chance(70) ? (s + 1) % nstates : r.below(nstates);
    text += (s ? ", " : " ") + numbered("s", s) + ": {";
    bool any = false;
    for (const std::string& e : mine) {
      if ((s || any) && !r.chance(65)) continue;
      text += (any ? ", " : " ") + e + ": " + numbered("s", one ? next : r.below(nstates));
      any = true;
    }
    text += " }";
  }
  return text + " } }";
}

std::string temporal_text(const std::vector<std::string>& events, Random& r) {
  const uint32_t kind = r.below(100);
  if (kind < 15)
    return "limit: \"at most " + std::to_string(1 + r.below(6)) + " " + judged(events, r) + " in " + time_text(r) +
           "\", scope: " + scope(r);
  if (kind < 38) {
    const char* const where = r.chance(50) ? "global" : "domain";
    return "limit: \"at most " + std::to_string(7 + r.below(14)) + " " + judged(events, r) + " in " +
           std::to_string(5 + r.below(r.chance(40) ? 60 : 900)) + "ns\", scope: " + where;
  }
  std::string text = "deny: \"" + judged(events, r) + (r.chance(50) ? " unless " : " if ");
  // Half of them as people write them, as most of those made at random deny too much.
  switch (r.below(10)) {
    case 0: text += "once" + bound(r) + r.pick(events); break;
    case 1: text += "earlier" + bound(r) + r.pick(events); break;
    case 2: text += "not " + r.pick(events) + " since" + bound(r) + r.pick(events); break;
    case 3: text += "prev" + bound(r) + "not " + r.pick(events); break;
    case 4: text += "hist" + bound(r) + "not " + r.pick(events); break;
    default: text += formula(events, 1 + r.below(3), r);
  }
  return text + "\", scope: " + scope(r);
}

std::string policy_text(const CheckedPolicy& p, const Texts& texts,
                        std::vector<std::pair<uint32_t, std::pair<int, size_t>>>& lines) {
  std::string text = "policy: random\nversion: 1\ndomains:\n";
  uint32_t line = 4;
  for (uint32_t d = KSS_DOMAIN_FIRST; d < p.domains.size(); d++, line++)
    text += "  " + p.domains[d].name + ": { enter: { run: true } }\n";
  if (!p.types.empty()) text += "types:\n", line++;
  for (size_t t = 0; t < p.types.size(); t++, line++) {
    const std::string n = std::to_string(t);
    text += "  " + p.types[t].name + ": { files: [/t" + n + "], unix: [\"@t" + n + "\"], inet: [";
    for (const char* proto : {"tcp", "udp", "sctp", "icmp", "rawip"})
      text += (proto == std::string("tcp") ? "" : ", ") + std::string(proto) + " 10.0.0." + n;
    text += std::string("]") + (t ? "" : ", family: [netlink, packet, vsock, can]") + " }\n";
  }
  int section = 0;
  for (const auto& [title, items, dash] :
       {std::tuple("events", &texts.events, false), std::tuple("flows", &texts.flows, false),
        std::tuple("temporal", &texts.temporals, true)}) {
    bool any = false;
    for (size_t i = 0; i < items->size(); i++) {
      if ((*items)[i].empty()) continue;
      if (!any) text += std::string(title) + ":\n", line++;
      any = true;
      lines.emplace_back(line++, std::pair(section, i));
      text += "  ";
      if (dash)
        text += "- { name: " + numbered("t", i) + ", " + (*items)[i] + " }\n";
      else
        text += numbered(section ? "f" : "e", i) + ": " + (*items)[i] + "\n";
    }
    section++;
  }
  return text;
}

}  // namespace

bool add_models(CheckedPolicy& p, Random& r, std::string& why) {
  if (p.domains.size() <= KSS_DOMAIN_FIRST) return true;
  std::vector<const Rule*> allows;
  for (const Rule& rule : p.rules)
    if (rule.effect == Rule::Effect::allow && (rule.perms & perm_mask(rule.cls))) allows.push_back(&rule);
  Texts texts;
  std::vector<std::string> events;
  std::vector<std::string> parts;
  for (uint32_t n = 2 + r.below(5); n; n--) {
    std::string text;
    for (uint32_t k = r.chance(60) ? 1 : 1 + r.below(4); k; k--) {
      const std::string part = !parts.empty() && r.chance(15) ? r.pick(parts) : part_text(p, allows, r);
      if (part.empty()) continue;
      parts.push_back(part);
      text += (text.empty() ? "[\"" : ", \"") + part + "\"";
    }
    if (text.empty()) continue;
    events.push_back(numbered("e", texts.events.size()));
    texts.events.push_back(text + "]");
  }
  if (events.empty()) return true;
  for (uint32_t n = r.below(3); n; n--) texts.flows.push_back(flow_text(events, r));
  for (uint32_t n = 1 + r.below(3); n; n--) texts.temporals.push_back(temporal_text(events, r));
  for (;;) {
    std::vector<std::pair<uint32_t, std::pair<int, size_t>>> lines;
    const std::string text = policy_text(p, texts, lines);
    Diagnostics diags;
    auto checked = check_text(text, "models.yaml", {}, diags);
    if (checked) {
      p.events = std::move(checked->events);
      p.flows = std::move(checked->flows);
      p.temporals = std::move(checked->temporals);
      p.machines = std::move(checked->machines);
      for (Machine& m : p.machines) m.pos.line += kFirstLine;
      return true;
    }
    bool removed = false;
    for (const auto& d : diags)
      for (const auto& [line, item] : lines) {
        if (d.severity != Diagnostic::Severity::error || d.pos.line != line) continue;
        auto& section = item.first == 0 ? texts.events : item.first == 1 ? texts.flows : texts.temporals;
        section[item.second].clear();
        removed = true;
      }
    if (removed) continue;
    why = "models refused: " + (diags.empty() ? "without a reason" : format(diags[0])) + "\n" + text;
    return false;
  }
}

bool remove_model(CheckedPolicy& p, uint32_t line) {
  for (size_t i = 0; i < p.machines.size(); i++) {
    if (p.machines[i].pos.line != line) continue;
    const auto at = static_cast<std::ptrdiff_t>(i);
    p.machines.erase(p.machines.begin() + at);
    const auto nflows = static_cast<std::ptrdiff_t>(p.flows.size());
    if (at < nflows)
      p.flows.erase(p.flows.begin() + at);
    else
      p.temporals.erase(p.temporals.begin() + (at - nflows));
    return true;
  }
  return false;
}

}  // namespace kss::test
