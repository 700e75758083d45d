// SPDX-License-Identifier: BSD-2-Clause
#include "tests/differential/generator.hpp"

#include <algorithm>
#include <map>

#include "policy/levels.hpp"
#include "policy/report.hpp"

namespace kss::test {

using namespace policy;

uint64_t Random::next() {
  uint64_t z = (s_ += 0x9e3779b97f4a7c15ull);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

namespace {

// Few letters and few names, so that patterns meet.
std::string name(Random& r) {
  static const std::vector<std::string> usual = {"a", "b", "ab", "ba", "aa", "abc", ".a", "a.b", "etc", "srv", "log"};
  if (r.chance(80)) return r.pick(usual);
  if (r.chance(3)) return std::string(200 + r.below(56), "ab"[r.below(2)]);
  std::string s;
  for (uint32_t n = 1 + r.below(5); n; n--) s += "abc.\xc3*"[r.below(6)];
  return s == "." || s == ".." ? "a" : s;
}

std::string escape(const std::string& s) {
  std::string out;
  for (char c : s) {
    if (c == '*' || c == '?' || c == '[' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string glob(Random& r) {
  static const std::vector<std::string> usual = {"*a",    "a*",  "*b*",    "a?", "?",  "[ab]*",  "[!a]",
                                                 "*.log", "a*b", "[a-c]b", ".*", "?*", "[!b-z]?"};
  if (r.chance(70)) return r.pick(usual);
  std::string s;
  for (uint32_t n = 1 + r.below(5); n; n--) {
    switch (r.below(6)) {
      case 0:
        if (s.empty() || s.back() != '*') s += "*";
        break;
      case 1: s += "?"; break;
      case 2: s += r.chance(50) ? "[abc]" : "[!b.]"; break;
      case 3: s += "[\\]a-b]"; break;
      default: s += "ab."[r.below(3)];
    }
  }
  return s == "." || s == ".." || s.empty() ? "a" : s;
}

std::string pattern(Random& r) {
  if (r.chance(1)) return "/";
  std::string s;
  for (uint32_t n = 1 + r.below(5); n; n--) {
    s += '/';
    uint32_t kind = r.below(100);
    s += kind < 50 ? escape(name(r)) : kind < 70 ? glob(r) : kind < 80 ? "*" : kind < 92 ? "**" : escape(name(r));
  }
  return s;
}

IdSet some(Random& r, uint32_t first, uint32_t end, uint32_t at_most) {
  IdSet out;
  if (first >= end) return out;
  for (uint32_t n = 1 + r.below(at_most); n; n--) out.push_back(first + r.below(end - first));
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

void random_bytes(Random& r, std::array<uint8_t, 16>& addr, uint32_t n) {
  static const uint8_t usual[] = {0, 10, 127, 128, 192, 255, 0xfe, 0x80};
  for (uint32_t i = 0; i < n; i++) addr[i] = r.chance(90) ? usual[r.below(8)] : static_cast<uint8_t>(r.next());
}

InetPattern inet(Random& r) {
  InetPattern p;
  p.proto = static_cast<kss_net_proto>(r.below(KSS_NET_NPROTO));
  p.v6 = r.chance(40);
  random_bytes(r, p.addr, p.v6 ? 16 : 4);
  if (p.v6 && r.chance(30)) {
    p.addr = {};
    p.addr[10] = p.addr[11] = 0xff;
    p.addr[12] = 10;
  }
  p.prefix = static_cast<uint8_t>(r.below(p.v6 ? 129 : 33));
  if (r.chance(20)) p.prefix = p.v6 ? 128 : 32;
  for (uint32_t b = p.prefix; b < 128; b++) p.addr[b / 8] = static_cast<uint8_t>(p.addr[b / 8] & ~(0x80u >> b % 8));
  if (r.chance(70)) {
    static const uint16_t usual[] = {0, 1, 80, 255, 256, 443, 502, 1023, 1024, 65535};
    uint16_t a = usual[r.below(10)], b = r.chance(50) ? a : usual[r.below(10)];
    p.port_lo = std::min(a, b);
    p.port_hi = std::max(a, b);
  }
  return p;
}

// Some name that a component pattern may match, and now and then one that it just does not.
std::string name_near(const std::string& component, Random& r) {
  std::string out;
  for (size_t i = 0; i < component.size(); i++) {
    char c = component[i];
    if (c == '*') {
      for (uint32_t n = r.below(3); n; n--) out += "ab."[r.below(3)];
    } else if (c == '?') {
      out += "abcz\xc3"[r.below(5)];
    } else if (c == '[') {
      while (component[i] != ']') i += component[i] == '\\' ? 2 : 1;
      out += "abcz].!"[r.below(7)];
    } else {
      if (c == '\\') c = component[++i];
      out += c;
    }
  }
  if (r.chance(5)) out += "ab"[r.below(2)];
  if (r.chance(3) && !out.empty()) out.pop_back();
  return out.empty() || out == "." || out == ".." ? "a" : out.substr(0, KSS_NAME_MAX);
}

std::string path_near(const std::vector<const PathPattern*>& patterns, Random& r) {
  std::string path;
  auto random_tail = [&](uint32_t most) {
    for (uint32_t n = r.below(most + 1); n; n--) path.append("/").append(name(r));
  };
  if (patterns.empty() || r.chance(10)) {
    random_tail(5);
    return path.empty() ? "/" : path;
  }
  const std::string& text = patterns[r.below(static_cast<uint32_t>(patterns.size()))]->text;
  for (size_t at = 1; at < text.size();) {
    size_t end = std::min(text.find('/', at), text.size());
    std::string component = text.substr(at, end - at);
    if (component == "**")
      random_tail(3);
    else if (r.chance(96))
      path.append("/").append(name_near(component, r));
    if (r.chance(2)) path.append("/").append(name(r));
    at = end + 1;
  }
  if (r.chance(10)) random_tail(2);
  return path.empty() ? "/" : path;
}

policy::Level level(const policy::Lattice& lattice, Random& r) {
  const auto ncategories = static_cast<uint32_t>(lattice.categories.size());
  return {r.below(static_cast<uint32_t>(lattice.degrees.size())),
          ncategories && r.chance(50) ? some(r, 0, ncategories, 1 + r.below(4)) : IdSet{}};
}

policy::LevelRange range(const policy::Lattice& lattice, Random& r) {
  const policy::Level low = level(lattice, r);
  if (r.chance(70)) return {low, low};
  policy::Level high = level(lattice, r);
  high.degree = std::max(high.degree, low.degree);
  high.categories.insert(high.categories.end(), low.categories.begin(), low.categories.end());
  std::sort(high.categories.begin(), high.categories.end());
  high.categories.erase(std::unique(high.categories.begin(), high.categories.end()), high.categories.end());
  return {low, high};
}

void random_levels(CheckedPolicy& p, Random& r) {
  for (policy::Axis axis : {policy::kSecrecy, policy::kIntegrity}) {
    policy::Lattice& lattice = p.lattices[axis];
    if (r.chance(25)) continue;
    lattice.degrees.resize(1 + r.below(r.chance(10) ? 40 : 4));
    lattice.categories.resize(r.below(r.chance(5) ? 1200 : 5));
    const policy::Level standard = level(lattice, r);
    lattice.standard = {standard, standard};
    for (uint32_t d = 2; d < p.domains.size(); d++)
      if (r.chance(60)) p.domains[d].level[axis] = range(lattice, r);
    for (uint32_t b = 1; b < KSS_NBUILTINS; b++)
      if (r.chance(30)) {
        const policy::Level one = level(lattice, r);
        p.builtin_levels[b][axis] = policy::LevelRange{one, one};
      }
    for (Type& t : p.types)
      if (r.chance(60)) {
        const policy::Level one = level(lattice, r);
        t.level[axis] = policy::LevelRange{one, one};
      }
  }
}

template <typename F>
void each_pattern(CheckedPolicy& p, F&& f) {
  for (auto& t : p.types) {
    f(t.files), f(t.abstract_names), f(t.devices), f(t.inet), f(t.families);
  }
  for (auto& d : p.domains) f(d.entries);
}

}  // namespace

CheckedPolicy random_policy(Random& r) {
  CheckedPolicy p;
  p.name = "random";
  p.version = 1 + r.below(100);
  p.permissive = r.chance(5);
  const uint32_t ndomains = 2 + r.below(r.chance(10) ? 40 : 8), ntypes = r.below(r.chance(10) ? 60 : 12);
  p.domains.resize(ndomains);
  p.domains[0].name = "unconfined";
  p.domains[1].name = "none";
  for (uint32_t d = 2; d < ndomains; d++) {
    p.domains[d].name = "domain" + std::to_string(d);
    p.domains[d].permissive = r.chance(10);
  }
  p.types.resize(ntypes);
  for (uint32_t t = 0; t < ntypes; t++) {
    Type& type = p.types[t];
    type.name = "type" + std::to_string(t);
    for (uint32_t n = r.below(4); n; n--) type.files.push_back({pattern(r), {}});
    for (uint32_t n = r.chance(25) ? 1 + r.below(3) : 0; n; n--)
      type.abstract_names.push_back({r.chance(50) ? escape(name(r)) : r.chance(90) ? glob(r) : "*", {}});
    for (uint32_t n = r.chance(20) ? 1 + r.below(3) : 0; n; n--)
      type.devices.push_back({r.chance(50), r.below(4), r.chance(60) ? std::optional(r.below(4)) : std::nullopt, {}});
    for (uint32_t n = r.chance(30) ? 1 + r.below(4) : 0; n; n--) type.inet.push_back(inet(r));
    for (uint32_t n = r.chance(20) ? 1 + r.below(2) : 0; n; n--)
      type.families.push_back({16 + r.below(3), r.chance(60) ? std::optional(r.below(4)) : std::nullopt, {}});
  }
  // Ways in. Equal patterns, and equal digests, share a number.
  std::map<std::string, uint32_t> numbers;
  auto number = [&](const std::string& key) {
    return numbers.try_emplace(key, static_cast<uint32_t>(numbers.size() + 1)).first->second;
  };
  for (uint32_t d = 2; d < ndomains; d++) {
    for (uint32_t n = r.below(3); n; n--) {
      Entry e;
      e.kind = static_cast<Entry::Kind>(r.below(5));
      e.from = r.chance(60) ? IdSet{0} : some(r, 0, ndomains, 3);
      std::erase(e.from, KSS_DOMAIN_NONE);
      if (e.kind == Entry::Kind::exec || e.kind == Entry::Kind::cgroup) {
        e.pattern.text = pattern(r);
        e.number = number(std::string(1, e.kind == Entry::Kind::exec ? 'x' : 'c').append(e.pattern.text));
      } else if (e.kind == Entry::Kind::digest) {
        e.digest[0] = static_cast<uint8_t>(r.below(4));
        e.number = number("d" + std::to_string(e.digest[0]));
      } else if (e.kind == Entry::Kind::exec_type) {
        if (!ntypes) continue;
        e.type = p.first_type() + r.below(ntypes);
      }
      p.domains[d].entries.push_back(std::move(e));
    }
  }
  uint32_t line = 1;
  each_pattern(p, [&](auto& list) {
    for (auto& item : list) item.pos.line = line++;
  });
  for (auto& t : p.types)
    for (auto* list : {&t.files, &t.abstract_names})
      for (auto& item : *list) item.pos.line = line++;
  for (auto& d : p.domains)
    for (auto& e : d.entries) e.pattern.pos = e.pos;

  const uint32_t nobjects = p.object_count();
  for (uint32_t n = ndomains > 2 ? r.below(r.chance(10) ? 400 : 60) : 0; n; n--) {
    Rule rule;
    uint32_t kind = r.below(100);
    rule.effect = kind < 75 ? Rule::Effect::allow : kind < 88 ? Rule::Effect::audit : Rule::Effect::quiet;
    rule.domains = some(r, 2, ndomains, r.chance(30) ? 6 : 1);
    rule.objects = some(r, r.chance(20) ? 1 : KSS_OBJ_DOMAINS, nobjects, r.chance(30) ? 8 : 2);
    std::erase_if(rule.objects, [](uint32_t o) { return o >= KSS_NBUILTINS && o < KSS_OBJ_DOMAINS; });
    rule.self = r.chance(15);
    rule.cls = static_cast<kss_class>(r.chance(50) ? r.below(3) : r.below(KSS_NCLASSES));
    rule.perms = static_cast<uint32_t>(r.next());
    if (r.chance(70)) rule.perms &= static_cast<uint32_t>(r.next() & r.next());
    if (r.chance(10)) rule.perms = ~0u;
    // Now and then everything for everyone, so that need_base has something to leave out.
    if (r.chance(4)) {
      rule.domains = some(r, 2, ndomains, 1);
      for (uint32_t d = 2; d < ndomains; d++) rule.domains.push_back(d);
      std::sort(rule.domains.begin(), rule.domains.end());
      rule.domains.erase(std::unique(rule.domains.begin(), rule.domains.end()), rule.domains.end());
      rule.objects.clear();
      for (uint32_t o = 1; o < nobjects; o++)
        if (o < KSS_NBUILTINS || o >= KSS_OBJ_DOMAINS) rule.objects.push_back(o);
      rule.self = r.chance(80);
    }
    rule.pos.line = line++;
    p.rules.push_back(std::move(rule));
  }
  if (r.chance(40)) random_levels(p, r);
  Diagnostics diags;
  policy::Reporter report(diags);
  policy::apply_levels(p, report);
  return p;
}

bool remove_line(CheckedPolicy& p, uint32_t line) {
  bool found = false;
  each_pattern(p, [&](auto& list) {
    found |= std::erase_if(list, [&](const auto& item) { return item.pos.line == line; }) != 0;
  });
  return found;
}

Event random_event(const CheckedPolicy& p, Random& r) {
  Event e;
  const auto ndomains = static_cast<uint32_t>(p.domains.size());
  std::vector<const PathPattern*> files, groups, names;
  auto collect = [&] {
    for (const auto& t : p.types) {
      for (const auto& f : t.files) files.push_back(&f);
      for (const auto& a : t.abstract_names) names.push_back(&a);
    }
    for (const auto& d : p.domains)
      for (const auto& entry : d.entries) {
        if (entry.kind == Entry::Kind::exec) files.push_back(&entry.pattern);
        if (entry.kind == Entry::Kind::cgroup) groups.push_back(&entry.pattern);
      }
  };
  const uint32_t kind = r.below(100);
  if (kind < 40) {
    e.kind = KSS_VEC_ACCESS;
    e.arg = {r.below(ndomains + 1), r.chance(98) ? r.below(p.object_count() + 2) : static_cast<uint32_t>(r.next()),
             r.chance(50) ? r.below(3) : r.below(KSS_NCLASSES + 1)};
    if (r.chance(10)) e.arg[1] = KSS_OBJ_DOMAINS + e.arg[0];
    if (e.arg[1] == KSS_OBJ_SELF) e.arg[1] = KSS_OBJ_unlabeled;  // a column, no object: nothing is ever labelled so
  } else if (kind < 62) {
    e.kind = KSS_VEC_PATH;
    collect();
    e.data = path_near(files, r);
  } else if (kind < 66) {
    e.kind = KSS_VEC_ABSTRACT;
    collect();
    e.data = names.empty() || r.chance(20) ? name(r) : name_near(r.pick(names)->text, r);
    if (r.chance(5)) e.data += '\0';
    e.data.resize(std::min<size_t>(e.data.size(), KSS_NAME_MAX));
  } else if (kind < 78) {
    e.kind = KSS_VEC_INET;
    std::array<uint8_t, 16> addr{};
    std::vector<const InetPattern*> all;
    for (const auto& t : p.types)
      for (const auto& i : t.inet) all.push_back(&i);
    uint32_t n = r.chance(50) ? 16 : 4;
    random_bytes(r, addr, n);
    e.arg = {r.below(KSS_NET_NPROTO), r.below(65536), 0};
    if (!all.empty() && r.chance(85)) {
      const InetPattern& i = *r.pick(all);
      n = i.v6 ? 16 : 4;
      for (uint32_t b = 0; b < n * 8; b++) {
        bool keep = b < i.prefix && !r.chance(1);
        auto mask = static_cast<uint8_t>(0x80u >> b % 8);
        if (keep) addr[b / 8] = static_cast<uint8_t>((addr[b / 8] & ~mask) | (i.addr[b / 8] & mask));
      }
      e.arg = {r.chance(95) ? static_cast<uint32_t>(i.proto) : r.below(KSS_NET_NPROTO),
               std::min(65535u, i.port_lo + r.below(i.port_hi - i.port_lo + 2)), 0};
      if (n == 4 && r.chance(20)) {
        std::rotate(addr.begin(), addr.begin() + 4, addr.end());
        std::fill(addr.begin(), addr.begin() + 12, uint8_t{0});
        addr[10] = addr[11] = 0xff;
        n = 16;
      }
    }
    e.data.assign(reinterpret_cast<const char*>(addr.data()), n);
  } else if (kind < 82) {
    e.kind = KSS_VEC_DEVICE;
    e.arg = {r.below(2), r.below(5), r.below(5)};
  } else if (kind < 86) {
    e.kind = KSS_VEC_FAMILY;
    e.arg = {15 + r.below(5), r.below(5), 0};
  } else if (kind < 91) {
    e.kind = KSS_VEC_EXEC;
    collect();
    e.arg = {r.chance(50) ? 0 : r.below(ndomains), 0, 0};
    e.data = path_near(files, r);
  } else if (kind < 93) {
    e.kind = KSS_VEC_DIGEST;
    collect();
    e.arg = {r.chance(50) ? 0 : r.below(ndomains), 0, 0};
    e.data.assign(32, '\0');
    e.data[0] = static_cast<char>(r.below(5));
    e.data += path_near(files, r);
  } else if (kind < 97) {
    e.kind = KSS_VEC_CGROUP;
    collect();
    e.arg = {r.chance(50) ? 0 : r.below(ndomains), 0, 0};
    e.data = path_near(groups, r);
  } else {
    e.kind = KSS_VEC_ENTER;
    e.arg = {r.below(ndomains), r.below(ndomains), 0};
  }
  return e;
}

}  // namespace kss::test
