// SPDX-License-Identifier: BSD-2-Clause
// Checked policies by hand, so that compiler and engines are tested without the language.
#pragma once

#include <algorithm>
#include <cstring>
#include <initializer_list>
#include <string>
#include <vector>

#include "engine/reference.hpp"
#include "engine/simulator.hpp"
#include "kss/port_user.h"
#include "policy/policy.hpp"

namespace kss::test {

/// Strings in a row. (`"a" + std::to_string(i)` makes GCC 12 warn of an overlap that there is not.)
inline std::string cat(std::initializer_list<std::string> parts) {
  std::string all;
  for (const auto& p : parts) all += p;
  return all;
}

class PolicyBuilder {
 public:
  PolicyBuilder() {
    p.name = "test";
    p.version = 1;
    p.domains.resize(2);
    p.domains[0].name = "unconfined";
    p.domains[1].name = "none";
  }
  /// Domains come before the first type: their number shifts the types' ids.
  uint32_t domain(const std::string& name) {
    p.domains.push_back({name, false, false, {}, next_line()});
    return static_cast<uint32_t>(p.domains.size() - 1);
  }
  uint32_t type(const std::string& name, std::initializer_list<const char*> files = {}) {
    policy::Type t;
    t.name = name;
    t.pos = next_line();
    for (const char* f : files) t.files.push_back({f, next_line()});
    p.types.push_back(t);
    return p.object_count() - 1;
  }
  policy::Type& last_type() { return p.types.back(); }
  static uint32_t object_of(uint32_t domain) { return KSS_OBJ_DOMAINS + domain; }
  policy::Rule& rule(policy::Rule::Effect effect, uint32_t domain, policy::IdSet objects, kss_class cls, uint32_t perms,
                     bool self = false) {
    policy::Rule r;
    r.effect = effect;
    r.domains = {domain};
    r.objects = std::move(objects);
    r.self = self;
    r.cls = cls;
    r.perms = perms;
    r.pos = next_line();
    p.rules.push_back(r);
    return p.rules.back();
  }
  policy::Rule& allow(uint32_t domain, policy::IdSet objects, kss_class cls, uint32_t perms, bool self = false) {
    return rule(policy::Rule::Effect::allow, domain, std::move(objects), cls, perms, self);
  }
  policy::Entry& enter(uint32_t domain, policy::Entry::Kind kind, const std::string& pattern = "", uint32_t number = 0,
                       policy::IdSet from = {KSS_DOMAIN_UNCONFINED}) {
    policy::Entry e;
    e.kind = kind;
    e.pattern = {pattern, next_line()};
    e.pos = e.pattern.pos;
    e.number = number;
    e.from = std::move(from);
    p.domains[domain].entries.push_back(e);
    return p.domains[domain].entries.back();
  }
  /// Empty if refused; then `diags` says why.
  std::vector<kss_chunk> image() {
    diags.clear();
    auto i = policy::compile(p, diags);
    return i ? *i : std::vector<kss_chunk>{};
  }
  /// REQUIRES: the policy compiles.
  engine::Simulator simulator() {
    auto s = engine::Simulator::load(image());
    if (!s) std::abort();
    return *s;
  }
  std::string complaint() {
    std::string all;
    for (const auto& d : diags) all += d.message + "\n";
    return all;
  }
  policy::CheckedPolicy p;
  Diagnostics diags;

 private:
  Pos next_line() {
    static const auto file = std::make_shared<const std::string>("test.yaml");
    return {file, ++line_, 1};
  }
  uint32_t line_ = 0;
};

/// The permissions of a class that hooks must be attached for.
inline uint32_t need(const std::vector<kss_chunk>& image, uint32_t cls) {
  const auto* h2 = reinterpret_cast<const kss_header2*>(&image[1]);
  return kss_get32(reinterpret_cast<const kss_le32*>(&image[kss_get32(h2->need_base)])[cls]);
}

}  // namespace kss::test
