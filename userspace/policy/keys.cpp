// SPDX-License-Identifier: BSD-2-Clause
#include "policy/keys.hpp"

#include <map>
#include <string>
#include <tuple>
#include <unordered_map>

#include "kss/port_user.h"

namespace kss::policy {
namespace {

std::string line_of(const Pos& pos) {
  return (pos.file ? *pos.file + ":" : std::string("line ")) + std::to_string(pos.line);
}

// Remembers who claimed a key first; equal claims are one.
class Claims {
 public:
  Claims(KeyTable& table, Diagnostics& diags) : table_(table), diags_(diags) {}
  void claim(uint32_t space, const std::string& key, uint32_t value, const Pos& pos, const char* what,
             const char* remedy) {
    auto [it, fresh] = seen_.try_emplace(std::to_string(space) + ":" + key, value, &pos);
    if (fresh) {
      table_.add(space, key, value);
    } else if (it->second.first != value) {
      diags_.push_back(
          {Diagnostic::Severity::error, pos, std::string(what) + ", as does " + line_of(*it->second.second), remedy});
      good_ = false;
    }
  }
  void claim(uint32_t space, std::initializer_list<uint32_t> words, uint32_t value, const Pos& pos, const char* what,
             const char* remedy) {
    std::string key;
    for (uint32_t w : words)
      for (int shift = 0; shift < 32; shift += 8) key += static_cast<char>(w >> shift);
    claim(space, key, value, pos, what, remedy);
  }
  bool good() const { return good_; }

 private:
  KeyTable& table_;
  Diagnostics& diags_;
  std::unordered_map<std::string, std::pair<uint32_t, const Pos*>> seen_;
  bool good_ = true;
};

}  // namespace

std::optional<uint32_t> add_keys(const CheckedPolicy& policy, KeyTable& table, Diagnostics& diags) {
  Claims claims(table, diags);
  uint32_t flags = 0;
  for (uint32_t t = 0; t < policy.types.size(); t++) {
    const uint32_t object = policy.first_type() + t;
    for (const auto& d : policy.types[t].devices) {
      flags |= KSS_IMAGE_HAS_DEVICES;
      claims.claim(KSS_KEY_DEVICE, {d.block ? 1u : 0u, d.major, d.minor.value_or(~0u)}, object, d.pos,
                   "this device number is declared for this type",
                   "declare it for one type, or give the minor number in one of them");
    }
    for (const auto& f : policy.types[t].families)
      claims.claim(KSS_KEY_FAMILY, {f.family, f.protocol.value_or(~0u)}, object, f.pos,
                   "this socket family is declared for this type",
                   "declare it for one type, or give the protocol in one of them");
  }
  for (uint32_t d = 0; d < policy.domains.size(); d++) {
    const Domain& domain = policy.domains[d];
    uint64_t name = kss_name64(domain.name.data(), static_cast<uint32_t>(domain.name.size()));
    claims.claim(KSS_KEY_DOMAIN, {static_cast<uint32_t>(name), static_cast<uint32_t>(name >> 32)}, d, domain.pos,
                 "this domain's name has a 64-bit digest", "rename one of the two domains");
    for (const auto& e : domain.entries) {
      const char* remedy = "let one of the two domains be entered another way, or from other domains";
      if (e.kind == Entry::Kind::cgroup && !e.from.empty()) flags |= KSS_IMAGE_HAS_CGROUP;
      if (e.kind == Entry::Kind::digest) {
        if (!e.from.empty()) flags |= KSS_IMAGE_HAS_DIGEST;
        claims.claim(KSS_KEY_DIGEST, std::string(e.digest.begin(), e.digest.end()), e.number, e.pos,
                     "this digest has an entry point number", "");
      }
      for (uint32_t from : e.from) {
        switch (e.kind) {
          case Entry::Kind::exec:
          case Entry::Kind::digest:
          case Entry::Kind::cgroup:
            claims.claim(KSS_KEY_EXEC, {from, e.number}, d, e.pos, "this entry leads from the same domain to this one",
                         remedy);
            break;
          case Entry::Kind::exec_type:
            claims.claim(KSS_KEY_EXECTYPE, {from, e.type}, d, e.pos,
                         "executing this type leads from the same domain to this one", remedy);
            break;
          case Entry::Kind::run: claims.claim(KSS_KEY_ENTER, {from, d}, 1, e.pos, "", ""); break;
        }
      }
    }
  }
  if (!claims.good()) return std::nullopt;
  return flags;
}

}  // namespace kss::policy
