// SPDX-License-Identifier: BSD-2-Clause
#include "backend/hooks.hpp"

#include <algorithm>
#include <map>

#include "kss/port_user.h"
#include "policy/debuginfo.hpp"

namespace kss::backend {
namespace {

struct ClassPerms {
  uint32_t cls;
  uint32_t perms;
};

Hook make(const char* name, unsigned flags, std::initializer_list<ClassPerms> rows) {
  Hook hook{name, flags, {}};
  auto range = [&](uint32_t first, uint32_t last, uint32_t perms) {
    for (uint32_t c = first; c <= last; c++) hook.perms[c] |= perms;
  };
  for (const ClassPerms& row : rows) {
    switch (row.cls) {
      case KSS_ANY_FS: range(KSS_CLASS_file, KSS_CLASS_mqueue, row.perms); break;
      case KSS_ANY_SOCK: range(KSS_CLASS_tcp, KSS_CLASS_socket, row.perms); break;
      case KSS_ANY_IPC: range(KSS_CLASS_sysv_msg, KSS_CLASS_sysv_shm, row.perms); break;
      default: hook.perms[row.cls] |= row.perms;
    }
  }
  return hook;
}

bool meets(const Need& a, const Need& b) {
  for (size_t c = 0; c < a.size(); c++)
    if (a[c] & b[c]) return true;
  return false;
}

}  // namespace

const std::vector<Hook>& hook_table() {
  static const std::vector<Hook> table = {
#define H(name, flags, ...) make(#name, flags, {__VA_ARGS__}),
      KSS_HOOK_TABLE(H)
#undef H
  };
  return table;
}

const Hook* find_hook(const std::string& name) {
  for (const Hook& hook : hook_table())
    if (name == hook.name) return &hook;
  return nullptr;
}

static uint32_t known_perms(uint32_t cls) {
  static const int counts[] = {
#define C(c, kind, doc) KSS_NPERMS_##c,
      KSS_CLASS_TABLE(C)
#undef C
  };
  return counts[cls] >= 32 ? ~0u : (1u << counts[cls]) - 1;
}

Need need_of(std::span<const kss_chunk> image) {
  Need need{};
  const auto* h2 = reinterpret_cast<const kss_header2*>(&image[1]);
  size_t base = kss_get32(h2->need_base);
  for (uint32_t c = 0; c < KSS_NCLASSES && base + c / 16 < image.size(); c++)
    need[c] = kss_get32(image[base + c / 16].w[c % 16]) & known_perms(c);
  return need;
}

uint32_t digest_subjects(std::span<const kss_chunk> image) {
  const auto* h = reinterpret_cast<const kss_header*>(image.data());
  uint32_t out = 0;
  for (uint32_t d = 0; d < kss_get32(h->ndomains); d++) {
    const auto* info = reinterpret_cast<const kss_domain_info*>(&image[kss_get32(h->info_base) + d / 2]) + d % 2;
    if (kss_get32(info->flags) & KSS_DOMAIN_BY_DIGEST)
      out |= d == KSS_DOMAIN_UNCONFINED ? KSS_DIGESTS_UNCONFINED : KSS_DIGESTS_CONFINED;
  }
  return out;
}

Selection select_hooks(const Need& need, bool sealed, bool hash_labels, bool digests) {
  Selection out;
  out.sealed = sealed;
  for (const Hook& hook : hook_table()) {
    if ((hook.flags & KSS_HOOK_HASH) && !hash_labels) continue;
    if ((hook.flags & KSS_HOOK_DIGEST) && digests) out.attach.push_back(&hook);
    if (hook.flags & KSS_HOOK_REJUDGE)
      out.rejudge.push_back(&hook);
    else if ((hook.flags & KSS_HOOK_ALWAYS) || ((hook.flags & KSS_HOOK_SEAL) && sealed) || meets(hook.perms, need))
      out.attach.push_back(&hook);
  }
  return out;
}

std::vector<Lost> lost_permissions(const Need& need, const Selection& wanted, const std::vector<std::string>& attached,
                                   const std::function<std::string(const std::string& hook)>& why) {
  auto is_attached = [&](const Hook* hook) {
    return std::find(attached.begin(), attached.end(), hook->name) != attached.end();
  };
  Need given{};
  for (const Hook* hook : wanted.attach)
    if (is_attached(hook))
      for (size_t c = 0; c < given.size(); c++) given[c] |= hook->perms[c];

  std::vector<Lost> lost;
  for (const Hook* hook : wanted.attach) {
    if (is_attached(hook) || (hook->flags & KSS_HOOK_OPTIONAL)) continue;
    if (hook->flags & KSS_HOOK_DIGEST) {
      lost.push_back(Lost{0, 0, "entry by digest: " + why(hook->name), {}});
      continue;
    }
    std::string reason = std::string("hook ") + hook->name + ": " + why(hook->name);
    bool any = false;
    for (uint32_t c = 0; c < KSS_NCLASSES; c++) {
      uint32_t perms = hook->perms[c] & need[c] & ~given[c];
      if (!perms) continue;
      any = true;
      auto same = std::find_if(lost.begin(), lost.end(), [&](const Lost& l) { return l.cls == c && l.why == reason; });
      if (same != lost.end())
        same->perms |= perms;
      else
        lost.push_back(Lost{c, perms, reason, {}});
    }
    if (!any && (hook->flags & (KSS_HOOK_ALWAYS | (wanted.sealed ? KSS_HOOK_SEAL : 0))))
      lost.push_back(Lost{0, 0, reason, {}});
  }
  return lost;
}

std::vector<std::string> never_mediated(const Need& need) {
  Need given{};
  for (const Hook& hook : hook_table())
    for (size_t c = 0; c < given.size(); c++) given[c] |= hook.perms[c];
  std::map<std::string, std::string> by_perms;  // permissions -> classes
  for (uint32_t c = 0; c < KSS_NCLASSES; c++) {
    // `recv` is judged at connect and send and, after a change of policy, by the rejudging hooks
    uint32_t recv = c >= KSS_CLASS_tcp && c <= KSS_CLASS_socket ? uint32_t{KSS_tcp_recv} : 0;
    if (uint32_t rest = need[c] & ~given[c] & ~recv) {
      std::string& classes = by_perms[policy::perm_names(c, rest)];
      classes += (classes.empty() ? "" : " ") + std::string(policy::class_name(c));
    }
  }
  std::vector<std::string> out;
  for (auto& [perms, classes] : by_perms) out.push_back(classes + ": " + perms);
  return out;
}

void add_rules(std::vector<Lost>& lost, std::span<const kss_chunk> image) {
  auto info = policy::read_debuginfo(std::as_bytes(image));
  if (!info) return;
  for (Lost& l : lost)
    for (const auto& rule : info->rules)
      if (static_cast<uint32_t>(rule.cls) == l.cls && (rule.perms & l.perms))
        l.rules.push_back(rule.file + ":" + std::to_string(rule.line) + ": " + rule.text);
}

}  // namespace kss::backend
