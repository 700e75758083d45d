// SPDX-License-Identifier: BSD-2-Clause
// The hook table of kss/hooks.h as data: which hooks a policy needs, and what is lost where some are missing.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "backend/backend.hpp"
#include "kss/abi.h"
#include "kss/hooks.h"

namespace kss::backend {

/// By class: a mask of permissions.
using Need = std::array<uint32_t, KSS_MAX_CLASSES>;

struct Hook {
  const char* name;
  unsigned flags;  // KSS_HOOK_*
  Need perms;      // what it mediates, KSS_ANY_* expanded
};

const std::vector<Hook>& hook_table();
const Hook* find_hook(const std::string& name);

/// need_base of a validated image.
Need need_of(std::span<const kss_chunk> image);

struct Selection {
  std::vector<const Hook*> attach;   // at once
  std::vector<const Hook*> rejudge;  // loaded, attached while files of an older generation are in use
  bool sealed = false;
};
/// Hooks for a policy. `hash_labels`: labels of tasks stand in a hash, so someone has to free them. `digests`: some
/// domain is entered by digest.
Selection select_hooks(const Need& need, bool sealed, bool hash_labels, bool digests = false);

/// KSS_DIGESTS_*: who can enter a domain by digest, of a validated image.
uint32_t digest_subjects(std::span<const kss_chunk> image);

/// Permissions needed that no hook of `attached` gives though the table has a hook for them. `why` explains a hook.
/// A missing label-carrying (ALWAYS) hook is reported too, and one that a seal needs: class 0 with no permissions.
std::vector<Lost> lost_permissions(const Need& need, const Selection& wanted, const std::vector<std::string>& attached,
                                   const std::function<std::string(const std::string& hook)>& why);

/// Permissions that no hook of the table mediates on any kernel, of those needed: "system: memfd".
std::vector<std::string> never_mediated(const Need& need);

/// Adds the rules of the image's debug part that name a lost permission: "file:line: text".
void add_rules(std::vector<Lost>& lost, std::span<const kss_chunk> image);

}  // namespace kss::backend
