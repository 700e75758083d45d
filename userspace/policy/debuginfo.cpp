// SPDX-License-Identifier: BSD-2-Clause
// The debug part is a string table, a table of id sets, and records of LEB128 numbers that refer to both.
//
//   "KSSD" version | strings: count {length bytes} | sets: count {length first delta…} | name version
//   | domains: count {name permissive|trusted file line entries: count {string}}
//   | objects: count {name file line level patterns: count {string}} | rules: count {effect domains objects self cls
//   perms file line text} | machines: count {name flow scope states: count {string} events: count {name text} file line
//   text}
#include "policy/debuginfo.hpp"

#include <cstring>
#include <string_view>
#include <unordered_map>

#include "policy/intern.hpp"
#include "policy/levels.hpp"

namespace kss::policy {
namespace {

constexpr char kMagic[] = {'K', 'S', 'S', 'D', 3};
constexpr const char* kBuiltin[] = {
#define B(n, doc) #n,
    KSS_BUILTIN_TABLE(B)
#undef B
};

class Out {
 public:
  void number(uint64_t v) {
    for (; v >= 0x80; v >>= 7) bytes_ += static_cast<char>(v | 0x80);
    bytes_ += static_cast<char>(v);
  }
  void raw(std::string_view s) { bytes_ += s; }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

class Strings {
 public:
  Strings() : ids_(1024) {}
  // Views of strings that outlive the writing of the debug part.
  uint32_t keep(std::string_view s) {
    auto [it, fresh] = ids_.try_emplace(s, static_cast<uint32_t>(list_.size()));
    if (fresh) list_.push_back(s);
    return it->second;
  }
  uint32_t file(const Pos& pos) {
    // Positions of one file share its name, so the pointer is remembered.
    if (!pos.file) return keep("");
    auto [it, fresh] = files_.try_emplace(pos.file.get(), 0);
    if (fresh) it->second = keep(*pos.file);
    return it->second;
  }
  uint32_t own(std::string s) {
    return keep(*owned_.insert(owned_.end(), std::make_unique<std::string>(std::move(s)))->get());
  }
  void write(Out& out) const {
    out.number(list_.size());
    for (auto s : list_) {
      out.number(s.size());
      out.raw(s);
    }
  }

 private:
  std::unordered_map<std::string_view, uint32_t> ids_;
  std::unordered_map<const std::string*, uint32_t> files_;
  std::vector<std::string_view> list_;
  std::vector<std::unique_ptr<std::string>> owned_;
};

std::string hex(std::span<const uint8_t> bytes) {
  static const char digits[] = "0123456789abcdef";
  std::string s;
  for (uint8_t b : bytes) {
    s += digits[b >> 4];
    s += digits[b & 15];
  }
  return s;
}

std::string address(const InetPattern& p) {
  static const char* const protos[] = {"tcp", "udp", "sctp", "icmp", "rawip"};
  std::string s = p.proto < KSS_NET_NPROTO ? protos[p.proto] : "?";
  for (size_t i = 0; i < (p.v6 ? 16 : 4); i += p.v6 ? 2 : 1) {
    s += !i ? ' ' : p.v6 ? ':' : '.';
    s += p.v6 ? hex({&p.addr[i], 2}) : std::to_string(p.addr[i]);
  }
  s.append("/").append(std::to_string(p.prefix));
  if (p.port_lo == 0 && p.port_hi == 65535) return s;
  s.append(" port ").append(std::to_string(p.port_lo));
  if (p.port_lo != p.port_hi) s.append("-").append(std::to_string(p.port_hi));
  return s;
}

std::vector<std::string> patterns(const Type& t) {
  std::vector<std::string> out;
  for (const auto& p : t.files) out.push_back(p.text);
  for (const auto& p : t.abstract_names) out.push_back(std::string(1, '@').append(p.text));
  for (const auto& d : t.devices) {
    std::string s = d.block ? "block " : "char ";
    s += std::to_string(d.major) + ":";
    s += d.minor ? std::to_string(*d.minor) : "*";
    out.push_back(std::move(s));
  }
  for (const auto& p : t.inet) out.push_back(address(p));
  for (const auto& f : t.families) {
    std::string s = "family " + std::to_string(f.family);
    if (f.protocol) s += " protocol " + std::to_string(*f.protocol);
    out.push_back(std::move(s));
  }
  return out;
}

std::string object_name_of(const CheckedPolicy& policy, uint32_t id) {
  if (id < KSS_NBUILTINS) return kBuiltin[id];
  if (id >= policy.first_type() && id < policy.object_count()) return policy.types[id - policy.first_type()].name;
  if (id >= KSS_OBJ_DOMAINS && id < policy.first_type()) return policy.domains[id - KSS_OBJ_DOMAINS].name;
  return "";
}

std::string entry_text(const CheckedPolicy& policy, const Entry& e) {
  std::string s;
  switch (e.kind) {
    case Entry::Kind::exec: s = "exec " + e.pattern.text; break;
    case Entry::Kind::digest: s = "digest sha256:" + hex(e.digest); break;
    case Entry::Kind::cgroup: s = "cgroup " + e.pattern.text; break;
    case Entry::Kind::exec_type: s = "exec " + object_name_of(policy, e.type); break;
    case Entry::Kind::run: s = "run"; break;
  }
  for (size_t i = 0; i < e.from.size(); i++) {
    s += i ? ", " : " from ";
    s += e.from[i] < policy.domains.size() ? policy.domains[e.from[i]].name : "?";
  }
  return s;
}

// Reads what may be anything: past the end, every number is 0 and `bad` stays set.
class In {
 public:
  explicit In(std::string_view s) : s_(s) {}
  uint64_t number() {
    uint64_t v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at_ >= s_.size()) break;
      auto b = static_cast<uint8_t>(s_[at_++]);
      v |= static_cast<uint64_t>(b & 0x7f) << shift;
      if (!(b & 0x80)) return v;
    }
    bad_ = true;
    return 0;
  }
  uint32_t u32() {
    uint64_t v = number();
    if (v > UINT32_MAX) bad_ = true;
    return static_cast<uint32_t>(v);
  }
  /// A count of things that take at least a byte each.
  size_t count() {
    uint64_t n = number();
    if (n > s_.size() - at_) bad_ = true;
    return bad_ ? 0 : n;
  }
  std::string_view raw(size_t n) {
    if (n > s_.size() - at_) {
      bad_ = true;
      return {};
    }
    at_ += n;
    return s_.substr(at_ - n, n);
  }
  bool bad() const { return bad_; }
  void fail() { bad_ = true; }
  bool at_end() const { return at_ == s_.size(); }

 private:
  std::string_view s_;
  size_t at_ = 0;
  bool bad_ = false;
};

}  // namespace

std::string write_debuginfo(const CheckedPolicy& policy) {
  Strings strings;
  SetTable sets;
  Out body;
  body.number(strings.keep(policy.name));
  body.number(policy.version);
  body.number(policy.domains.size());
  for (const auto& d : policy.domains) {
    body.number(strings.keep(d.name));
    body.number(d.permissive | d.trusted << 1);
    body.number(strings.file(d.pos));
    body.number(d.pos.line);
    body.number(d.entries.size());
    for (const auto& e : d.entries) body.number(strings.own(entry_text(policy, e)));
  }
  body.number(policy.object_count());
  for (uint32_t id = 0; id < policy.object_count(); id++) {
    const Type* t = id >= policy.first_type() ? &policy.types[id - policy.first_type()] : nullptr;
    const bool domain = !t && id >= KSS_OBJ_DOMAINS;
    static const Pos nowhere;
    const Pos& pos = t ? t->pos : domain ? policy.domains[id - KSS_OBJ_DOMAINS].pos : nowhere;
    body.number(strings.own(object_name_of(policy, id)));
    body.number(strings.file(pos));
    body.number(pos.line);
    body.number(strings.own(level_text(policy, id)));
    auto list = t ? patterns(*t) : std::vector<std::string>{};
    body.number(list.size());
    for (auto& p : list) body.number(strings.own(std::move(p)));
  }
  body.number(policy.effective().size());
  for (const auto& r : policy.effective()) {
    body.number(static_cast<uint64_t>(r.effect));
    body.number(sets.intern(r.domains));
    body.number(sets.intern(r.objects));
    body.number(r.self);
    body.number(r.cls);
    body.number(r.perms);
    body.number(strings.file(r.pos));
    body.number(r.pos.line);
    body.number(strings.keep(r.text));
  }
  body.number(policy.machines.size());
  for (const auto& m : policy.machines) {
    body.number(strings.keep(m.name));
    body.number(m.flow);
    body.number(static_cast<uint64_t>(m.scope));
    body.number(m.states.size());
    for (const auto& s : m.states) body.number(strings.keep(s));
    body.number(m.automaton.events.size());
    for (uint32_t e : m.automaton.events) {
      body.number(strings.keep(policy.events[e].name));
      body.number(strings.keep(policy.events[e].text));
    }
    body.number(strings.file(m.pos));
    body.number(m.pos.line);
    body.number(strings.keep(m.text));
  }
  Out out;
  out.raw({kMagic, sizeof kMagic});
  strings.write(out);
  out.number(sets.size());
  for (uint32_t i = 0; i < sets.size(); i++) {
    out.number(sets[i].size());
    uint32_t last = 0;
    for (uint32_t v : sets[i]) {
      out.number(v - last);
      last = v;
    }
  }
  out.raw(body.bytes());
  return out.bytes();
}

Result<DebugInfo> read_debuginfo(std::span<const std::byte> image) {
  const Error damaged{"the debug part of this image is damaged", "compile the policy again"};
  if (image.size() < size_t{2} * KSS_CHUNK) return damaged;
  kss_header2 h2;
  kss_debug head;
  std::memcpy(&h2, image.data() + KSS_CHUNK, sizeof h2);
  size_t at = size_t{kss_get32(h2.debug_base)} * KSS_CHUNK;
  if (at > image.size() || image.size() - at < sizeof head) return damaged;
  std::memcpy(&head, image.data() + at, sizeof head);
  at += sizeof head;
  if (kss_get32(head.size) > image.size() - at) return damaged;
  In in({reinterpret_cast<const char*>(image.data()) + at, kss_get32(head.size)});
  if (in.raw(sizeof kMagic) != std::string_view(kMagic, sizeof kMagic)) return damaged;

  std::vector<std::string_view> strings(in.count());
  for (auto& s : strings) s = in.raw(in.count());
  std::vector<IdSet> sets(in.count());
  for (auto& set : sets) {
    set.resize(in.count());
    uint32_t last = 0;
    for (auto& v : set) v = last = last + in.u32();
  }
  // What a set costs in the result it costs once a rule, so a small forged part must not name a large set often.
  uint64_t budget = 1u << 28;
  auto string = [&]() -> std::string {
    uint64_t i = in.number();
    if (i >= strings.size() || strings[i].size() > budget) {
      in.fail();
      return {};
    }
    budget -= strings[i].size();
    return std::string(strings[i]);
  };
  auto set = [&]() -> IdSet {
    uint64_t i = in.number();
    if (i >= sets.size() || sets[i].size() * sizeof(uint32_t) > budget) {
      in.fail();
      return {};
    }
    budget -= sets[i].size() * sizeof(uint32_t);
    return sets[i];
  };
  DebugInfo info;
  info.policy_name = string();
  info.policy_version = in.u32();
  for (size_t n = in.count(); n && !in.bad(); n--) {
    DebugInfo::DomainInfo d;
    d.name = string();
    const uint64_t flags = in.number();
    d.permissive = flags & 1;
    d.trusted = flags >> 1 & 1;
    d.file = string();
    d.line = in.u32();
    for (size_t k = in.count(); k && !in.bad(); k--) d.entries.push_back(string());
    info.domains.push_back(std::move(d));
  }
  for (size_t n = in.count(); n && !in.bad(); n--) {
    DebugInfo::TypeInfo t;
    t.name = string();
    t.file = string();
    t.line = in.u32();
    t.level = string();
    for (size_t k = in.count(); k && !in.bad(); k--) t.patterns.push_back(string());
    info.objects.push_back(std::move(t));
  }
  for (size_t n = in.count(); n && !in.bad(); n--) {
    DebugInfo::RuleInfo r;
    uint64_t effect = in.number();
    if (effect > static_cast<uint64_t>(Rule::Effect::withheld)) in.fail();
    r.effect = static_cast<Rule::Effect>(effect);
    r.domains = set();
    r.objects = set();
    r.self = in.number() != 0;
    uint64_t cls = in.number();
    if (cls >= KSS_NCLASSES) in.fail();
    r.cls = static_cast<kss_class>(in.bad() ? 0 : cls);
    r.perms = in.u32();
    r.file = string();
    r.line = in.u32();
    r.text = string();
    info.rules.push_back(std::move(r));
  }
  for (size_t n = in.count(); n && !in.bad(); n--) {
    DebugInfo::MachineInfo m;
    m.name = string();
    m.flow = in.number() != 0;
    const uint64_t scope = in.number();
    if (scope >= KSS_NSCOPES) in.fail();
    m.scope = static_cast<Scope>(scope);
    for (size_t k = in.count(); k && !in.bad(); k--) m.states.push_back(string());
    for (size_t k = in.count(); k && !in.bad(); k--) {
      std::string name = string();
      m.events.emplace_back(std::move(name), string());
    }
    m.file = string();
    m.line = in.u32();
    m.text = string();
    info.machines.push_back(std::move(m));
  }
  if (in.bad() || !in.at_end()) return damaged;
  return info;
}

}  // namespace kss::policy
