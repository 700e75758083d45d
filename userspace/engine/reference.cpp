// SPDX-License-Identifier: BSD-2-Clause
#include "engine/reference.hpp"

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

namespace kss::engine {

using policy::Entry;

namespace {

bool has(const policy::IdSet& set, uint32_t id) { return std::find(set.begin(), set.end(), id) != set.end(); }

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> out;
  if (path == "/") return out;
  for (path.remove_prefix(1);;) {
    size_t slash = path.find('/');
    out.push_back(path.substr(0, slash));
    if (slash == path.npos) return out;
    path.remove_prefix(slash + 1);
  }
}

// One element of a glob at its front: what it is, how long, and whether it matches a byte.
struct Element {
  enum { byte, any, set, star } kind;
  size_t length;
};

Element element(std::string_view glob) {
  if (glob[0] == '*') return {Element::star, 1};
  if (glob[0] == '?') return {Element::any, 1};
  if (glob[0] == '\\') return {Element::byte, 2};
  if (glob[0] != '[') return {Element::byte, 1};
  size_t i = 1;
  if (glob[i] == '!' || glob[i] == '^') i++;
  for (bool first = true; first || glob[i] != ']'; first = false) i += glob[i] == '\\' ? 2 : 1;
  return {Element::set, i + 1};
}

bool in_set(std::string_view set, unsigned char c) {
  set = set.substr(1, set.size() - 2);
  bool negated = set[0] == '!' || set[0] == '^', found = false;
  if (negated) set.remove_prefix(1);
  auto take = [&] {
    if (set[0] == '\\') set.remove_prefix(1);
    unsigned char b = static_cast<unsigned char>(set[0]);
    set.remove_prefix(1);
    return b;
  };
  while (!set.empty()) {
    unsigned char lo = take(), hi = lo;
    if (set.size() >= 2 && set[0] == '-') {
      set.remove_prefix(1);
      hi = take();
    }
    found |= lo <= c && c <= hi;
  }
  return found != negated;
}

bool components_match(std::span<const std::string_view> pattern, std::span<const std::string_view> path) {
  if (pattern.empty()) return path.empty();
  if (pattern[0] == "**") {
    // At the end it stands for one component or more, elsewhere for any number.
    if (pattern.size() == 1) return !path.empty();
    for (size_t n = 0; n <= path.size(); n++)
      if (components_match(pattern.subspan(1), path.subspan(n))) return true;
    return false;
  }
  return !path.empty() && name_matches(pattern[0], path[0]) && components_match(pattern.subspan(1), path.subspan(1));
}

// (kind, literal bytes, sets, question marks), each greater = more specific.
using Specificity = std::tuple<int, int, int, int>;
Specificity specificity(std::string_view component) {
  if (component == "**") return {1, 0, 0, 0};
  if (component.find_first_not_of('*') == component.npos) return {2, 0, 0, 0};
  int bytes = 0, sets = 0, any = 0, stars = 0;
  while (!component.empty()) {
    Element e = element(component);
    (e.kind == Element::byte ? bytes : e.kind == Element::set ? sets : e.kind == Element::any ? any : stars)++;
    component.remove_prefix(e.length);
  }
  if (!sets && !any && !stars) return {4, 0, 0, 0};
  return {3, bytes, sets, any};
}

// Feeds candidates in any order; keeps the most specific and notices ties between different ends.
struct Best {
  std::string_view pattern;
  uint32_t value = 0;
  bool found = false, tie = false;
  void offer(std::string_view p, uint32_t v) {
    int c = found ? compare_specificity(p, pattern) : 1;
    if (c == 0 && v != value) tie = true;
    if (c > 0) *this = {p, v, true, false};
  }
};

}  // namespace

bool name_matches(std::string_view glob, std::string_view name) {
  if (glob.empty()) return name.empty();
  Element e = element(glob);
  auto rest = glob.substr(e.length);
  if (e.kind == Element::star) {
    for (size_t n = 0; n <= name.size(); n++)
      if (name_matches(rest, name.substr(n))) return true;
    return false;
  }
  if (name.empty()) return false;
  if (e.kind == Element::byte && glob[e.length - 1] != name[0]) return false;
  if (e.kind == Element::set && !in_set(glob.substr(0, e.length), static_cast<unsigned char>(name[0]))) return false;
  return name_matches(rest, name.substr(1));
}

bool path_matches(std::string_view pattern, std::string_view path) {
  return components_match(split(pattern), split(path));
}

int compare_specificity(std::string_view a, std::string_view b) {
  auto pa = split(a), pb = split(b);
  for (size_t i = 0; i < std::max(pa.size(), pb.size()); i++) {
    if (i == pa.size()) return -1;
    if (i == pb.size()) return 1;
    auto sa = specificity(pa[i]), sb = specificity(pb[i]);
    if (sa != sb) return sa < sb ? -1 : 1;
  }
  return 0;
}

Reference::Vector Reference::vector(uint32_t dom, uint32_t obj, uint32_t cls) const {
  Vector v;
  if (cls >= KSS_NCLASSES || dom >= policy_.domains.size() || obj >= policy_.object_count() ||
      obj == KSS_OBJ_unresolved)
    return v;
  static const int perms[] = {
#define C(c, kind, doc) KSS_NPERMS_##c,
      KSS_CLASS_TABLE(C)
#undef C
  };
  const auto all = static_cast<uint32_t>((1ull << perms[cls]) - 1);
  if (dom == KSS_DOMAIN_UNCONFINED) {
    v.allow = all;
    return v;
  }
  if (dom == KSS_DOMAIN_NONE) return v;
  for (const auto& rule : policy_.rules) {
    if (rule.cls != static_cast<kss_class>(cls) || !has(rule.domains, dom)) continue;
    if (!has(rule.objects, obj) && !(rule.self && obj == KSS_OBJ_DOMAINS + dom)) continue;
    switch (rule.effect) {
      case policy::Rule::Effect::allow: v.allow |= rule.perms; break;
      case policy::Rule::Effect::audit: v.audit |= rule.perms; break;
      case policy::Rule::Effect::quiet: v.quiet |= rule.perms; break;
      case policy::Rule::Effect::withheld: break;
    }
  }
  v.allow &= all & ~withheld(dom, obj, cls);
  v.audit &= v.allow;
  v.quiet &= all & ~v.allow;
  return v;
}

// Levels, by the words of the definition. The subject's own range and the object's are looked at one permission at a
// time.
uint32_t Reference::withheld(uint32_t dom, uint32_t obj, uint32_t cls) const {
#define P(c, p, flow, doc) KSS_FLOW_##flow,
#define C(c, kind, doc) static const std::vector<int> flows_##c = {KSS_PERMS_##c(P, c)};
  KSS_CLASS_TABLE(C)
#undef C
#undef P
  static const std::vector<int>* const flows[] = {
#define C(c, kind, doc) &flows_##c,
      KSS_CLASS_TABLE(C)
#undef C
  };
  const auto no_lower = [](const policy::Level& a, const policy::Level& b) {
    if (a.degree < b.degree) return false;
    for (uint32_t category : b.categories)
      if (!has(a.categories, category)) return false;
    return true;
  };
  uint32_t lost = 0;
  for (size_t bit = 0; bit < flows[cls]->size(); bit++) {
    const bool reads = (*flows[cls])[bit] & KSS_FLOW_R, writes = (*flows[cls])[bit] & KSS_FLOW_W;
    bool good = true;
    if (!policy_.lattices[policy::kSecrecy].degrees.empty()) {
      const policy::LevelRange &s = policy_.level(policy::kSecrecy, KSS_OBJ_DOMAINS + dom),
                               &o = policy_.level(policy::kSecrecy, obj);
      if (reads && !no_lower(s.high, o.low)) good = false;   // no read up
      if (writes && !no_lower(o.high, s.low)) good = false;  // no write down
    }
    if (!policy_.lattices[policy::kIntegrity].degrees.empty()) {
      const policy::LevelRange &s = policy_.level(policy::kIntegrity, KSS_OBJ_DOMAINS + dom),
                               &o = policy_.level(policy::kIntegrity, obj);
      if (reads && !no_lower(o.high, s.low)) good = false;   // no read down
      if (writes && !no_lower(s.high, o.low)) good = false;  // no write up
    }
    if (!good) lost |= 1u << bit;
  }
  return lost;
}

Reference::PathLabel Reference::label_path(std::string_view path) const {
  PathLabel label;
  if (path.empty() || path[0] != '/') return label;
  auto names = split(path);
  for (auto name : names)
    if (name.empty() || name.size() > KSS_NAME_MAX || name == "." || name == "..") return label;
  Best type, entry;
  for (uint32_t t = 0; t < policy_.types.size(); t++)
    for (const auto& p : policy_.types[t].files)
      if (path_matches(p.text, path)) type.offer(p.text, policy_.first_type() + t);
  for (const auto& d : policy_.domains)
    for (const auto& e : d.entries)
      if (e.kind == Entry::Kind::exec && path_matches(e.pattern.text, path)) entry.offer(e.pattern.text, e.number);
  label.object = type.found ? type.value : static_cast<uint32_t>(KSS_OBJ_unlabeled);
  label.entry = entry.found ? entry.value : 0;
  label.ambiguous = type.tie || entry.tie;
  return label;
}

Reference::PathLabel Reference::label_abstract(std::string_view name) const {
  if (name.size() > KSS_NAME_MAX) return {};
  if (name.empty()) return {KSS_OBJ_unix_other, 0, false};
  uint32_t best = KSS_OBJ_unix_other;
  Specificity rank{0, 0, 0, 0};
  bool tie = false;
  for (uint32_t t = 0; t < policy_.types.size(); t++)
    for (const auto& p : policy_.types[t].abstract_names) {
      if (!name_matches(p.text, name)) continue;
      Specificity s = p.text == "**" ? Specificity{2, 0, 0, 0} : specificity(p.text);
      if (s == rank && best != policy_.first_type() + t) tie = true;
      if (s > rank) {
        tie = false;
        rank = s;
        best = policy_.first_type() + t;
      }
    }
  return {best, 0, tie};
}

uint32_t Reference::label_inet(uint32_t proto, std::span<const uint8_t> addr, uint16_t port) const {
  if (proto >= KSS_NET_NPROTO) {
    for (const auto& t : policy_.types)
      if (!t.inet.empty()) return KSS_OBJ_unresolved;
    return KSS_OBJ_inet_other;
  }
  // Everything as 16 bytes: an IPv4 address is ::ffff:a.b.c.d, which no IPv6 prefix shorter than 96 bits is about.
  auto widen = [](std::span<const uint8_t> a, bool v6) {
    std::array<uint8_t, 16> w{};
    if (v6) {
      std::copy_n(a.begin(), 16, w.begin());
    } else {
      w[10] = w[11] = 0xff;
      std::copy_n(a.begin(), 4, w.begin() + 12);
    }
    return w;
  };
  auto mapped = [](const std::array<uint8_t, 16>& a) {
    return std::all_of(a.begin(), a.begin() + 10, [](uint8_t b) { return b == 0; }) && a[10] == 0xff && a[11] == 0xff;
  };
  const auto want = widen(addr, addr.size() == 16);
  uint32_t best = KSS_OBJ_inet_other;
  int best_bits = -1, best_width = 0;
  for (uint32_t t = 0; t < policy_.types.size(); t++) {
    for (const auto& p : policy_.types[t].inet) {
      const auto have = widen(p.addr, p.v6);
      const int bits = p.prefix + (p.v6 ? 0 : 96), width = p.port_hi - p.port_lo;
      if (p.proto != static_cast<kss_net_proto>(proto) || port < p.port_lo || port > p.port_hi) continue;
      if (mapped(want) && bits < 96) continue;
      bool inside = true;
      for (int b = 0; b < bits && inside; b++) {
        auto bit = [b](const std::array<uint8_t, 16>& a) { return a[static_cast<size_t>(b / 8)] >> (7 - b % 8) & 1; };
        inside = bit(have) == bit(want);
      }
      if (!inside) continue;
      if (bits > best_bits || (bits == best_bits && width < best_width)) {
        best = policy_.first_type() + t;
        best_bits = bits;
        best_width = width;
      }
    }
  }
  return best;
}

std::optional<uint32_t> Reference::label_device(bool block, uint32_t major, uint32_t minor) const {
  std::optional<uint32_t> any;
  for (uint32_t t = 0; t < policy_.types.size(); t++)
    for (const auto& d : policy_.types[t].devices) {
      if (d.block != block || d.major != major) continue;
      if (d.minor == minor) return policy_.first_type() + t;
      if (!d.minor) any = policy_.first_type() + t;
    }
  return any;
}

uint32_t Reference::label_family(uint32_t family, uint32_t protocol) const {
  uint32_t any = KSS_OBJ_family_other;
  for (uint32_t t = 0; t < policy_.types.size(); t++)
    for (const auto& f : policy_.types[t].families) {
      if (f.family != family) continue;
      if (f.protocol == protocol) return policy_.first_type() + t;
      if (!f.protocol) any = policy_.first_type() + t;
    }
  return any;
}

std::optional<uint32_t> Reference::enter(uint32_t dom, uint32_t number) const {
  for (uint32_t d = 0; d < policy_.domains.size(); d++)
    for (const auto& e : policy_.domains[d].entries)
      if ((e.kind == Entry::Kind::exec || e.kind == Entry::Kind::digest || e.kind == Entry::Kind::cgroup) &&
          e.number == number && has(e.from, dom))
        return d;
  return std::nullopt;
}

uint32_t Reference::exec(uint32_t dom, const PathLabel& file, const std::array<uint8_t, 32>* digest) const {
  for (const auto& d : policy_.domains)
    for (const auto& e : d.entries)
      if (digest && e.kind == Entry::Kind::digest && e.digest == *digest)
        if (auto to = enter(dom, e.number)) return *to;
  if (file.entry)
    if (auto to = enter(dom, file.entry)) return *to;
  for (uint32_t d = 0; d < policy_.domains.size(); d++)
    for (const auto& e : policy_.domains[d].entries)
      if (e.kind == Entry::Kind::exec_type && e.type == file.object && has(e.from, dom)) return d;
  return dom;
}

uint32_t Reference::cgroup(uint32_t dom, std::string_view path) const {
  // How far down the path the container that an entry names is met; of several, the outermost decides.
  auto depth = [&](const Entry& e) -> size_t {
    std::string pattern = e.pattern.text;
    if (pattern.ends_with("/**") && pattern.size() > 3) pattern.resize(pattern.size() - 3);
    for (size_t at = path.find('/', 1);; at = path.find('/', at + 1)) {
      if (path_matches(pattern, path.substr(0, at))) return std::min(at, path.size());
      if (at == std::string_view::npos) return at;
    }
  };
  size_t outermost = std::string_view::npos;
  for (const auto& d : policy_.domains)
    for (const auto& e : d.entries)
      if (e.kind == Entry::Kind::cgroup && !e.container.empty()) outermost = std::min(outermost, depth(e));
  Best best;
  for (const auto& d : policy_.domains)
    for (const auto& e : d.entries)
      if (e.kind == Entry::Kind::cgroup && (e.container.empty() || depth(e) == outermost) &&
          path_matches(e.pattern.text, path))
        best.offer(e.pattern.text, e.number);
  return best.found ? enter(dom, best.value).value_or(dom) : dom;
}

bool Reference::may_enter(uint32_t dom, uint32_t to) const {
  if (to >= policy_.domains.size()) return false;
  for (const auto& e : policy_.domains[to].entries)
    if (e.kind == Entry::Kind::run && has(e.from, dom)) return true;
  return false;
}

// Can a hook of this class judge this permission of `dom` on `obj`? See the object kinds in classes.h.
bool Reference::can_meet(uint32_t dom, uint32_t obj, uint32_t cls, uint32_t bit) const {
  static const kss_object_kind kinds[] = {
#define C(c, kind, doc) KSS_KIND_##kind,
      KSS_CLASS_TABLE(C)
#undef C
  };
  const bool self = obj == KSS_OBJ_DOMAINS + dom, domain = obj >= KSS_OBJ_DOMAINS && obj < policy_.first_type();
  const policy::Type* type = obj >= policy_.first_type() ? &policy_.types[obj - policy_.first_type()] : nullptr;
  const bool creating = bit == KSS_BIT_tcp_create;
  switch (kinds[cls]) {
    case KSS_KIND_PATH:
      return obj == KSS_OBJ_unlabeled || obj == KSS_OBJ_anon || obj == KSS_OBJ_memfd ||
             (type && (!type->files.empty() || !type->devices.empty()));
    case KSS_KIND_DOMAIN: return domain;
    case KSS_KIND_SELF: return self;
    case KSS_KIND_INET: return self || (!creating && (obj == KSS_OBJ_inet_other || (type && !type->inet.empty())));
    case KSS_KIND_UNIX:
      return self || (!creating && (domain || obj == KSS_OBJ_unix_other ||
                                    (type && (!type->abstract_names.empty() || !type->files.empty()))));
    case KSS_KIND_FAMILY:
      return (self && !creating) || obj == KSS_OBJ_family_other || (type && !type->families.empty());
    case KSS_KIND_SYSTEM: return obj == KSS_OBJ_system;
  }
  return false;
}

uint32_t Reference::cared(uint32_t dom, uint32_t obj, uint32_t cls) const {
  uint32_t perms = 0;
  for (const auto& machine : policy_.machines)
    for (uint32_t e : machine.automaton.events)
      for (const auto& part : policy_.events[e].parts)
        if (static_cast<uint32_t>(part.cls) == cls && has(part.domains, dom) &&
            (has(part.objects, obj) || (part.self && obj == KSS_OBJ_DOMAINS + dom)))
          perms |= part.perms;
  return perms & vector(dom, obj, cls).allow;
}

uint32_t Reference::needed(uint32_t cls) const {
  static const int perms[] = {
#define C(c, kind, doc) KSS_NPERMS_##c,
      KSS_CLASS_TABLE(C)
#undef C
  };
  uint32_t need = 0;
  for (uint32_t d = KSS_DOMAIN_FIRST; d < policy_.domains.size(); d++)
    for (uint32_t o = 0; o < policy_.object_count(); o++) {
      const Vector v = vector(d, o, cls);
      const uint32_t watched = v.audit | cared(d, o, cls);
      for (uint32_t bit = 0; bit < static_cast<uint32_t>(perms[cls]); bit++)
        if (can_meet(d, o, cls, bit) && (!(v.allow >> bit & 1) || (watched >> bit & 1))) need |= 1u << bit;
    }
  return need;
}

}  // namespace kss::engine
