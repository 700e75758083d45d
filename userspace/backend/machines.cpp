// SPDX-License-Identifier: BSD-2-Clause
#include "backend/machines.hpp"

#include <algorithm>
#include <cerrno>
#include <map>
#include <string>
#include <utility>

#include "kss/abi.h"
#include "kss/port_user.h"
#include "policy/debuginfo.hpp"

namespace kss::backend {
namespace {

const kss_header3& header3(std::span<const kss_chunk> image) {
  return *reinterpret_cast<const kss_header3*>(&image[2]);
}

bool own(const kss_machine& m) { return kss_get32(m.scope) == KSS_SCOPE_task; }

uint64_t cells_of(std::span<const kss_chunk> image, const kss_machine& m) {
  if (own(m)) return 0;
  const uint64_t histories =
      kss_get32(m.scope) == KSS_SCOPE_domain ? kss_get32(reinterpret_cast<const kss_header*>(&image[0])->ndomains) : 1;
  return histories * kss_get32(m.cells);
}

std::string name_of(std::span<const kss_chunk> image, size_t number) {
  auto info = policy::read_debuginfo(std::as_bytes(image));
  return info && number < info->machines.size() ? info->machines[number].name : "number " + std::to_string(number);
}

/// Ranges that are in use, and the first gap of a size.
class Room {
 public:
  explicit Room(uint64_t size) : size_(size) {}
  void take(uint64_t at, uint64_t n) { used_[at] = std::max(used_[at], at + n); }
  /// The first cell, or `size` if there is no gap.
  uint64_t find(uint64_t n) {
    uint64_t at = 0;
    for (const auto& [first, end] : used_) {
      if (first >= at + n) break;
      at = std::max(at, end);
    }
    if (n > size_ || at > size_ - n) return size_;
    take(at, n);
    return at;
  }

 private:
  uint64_t size_;
  std::map<uint64_t, uint64_t> used_;
};

}  // namespace

std::span<const kss_machine> machines_of(std::span<const kss_chunk> image) {
  const uint32_t n = kss_get32(header3(image).nmachines);
  if (n == 0) return {};
  return {reinterpret_cast<const kss_machine*>(&image[kss_get32(header3(image).machine_base)]), n};
}

uint32_t machine_count(std::span<const kss_chunk> image) { return kss_get32(header3(image).nmachines); }

uint64_t cells_needed(std::span<const kss_chunk> image) {
  uint64_t n = 0;
  for (const kss_machine& m : machines_of(image)) n += cells_of(image, m);
  return n;
}

uint32_t cells_room(std::span<const kss_chunk> image, uint32_t asked) {
  constexpr uint64_t least = 256, most = 1u << 20;  // 16 KiB to 64 MiB
  if (machine_count(image) == 0 && asked == 0) return 0;
  return static_cast<uint32_t>(std::min(most, std::max({least, uint64_t{asked}, 2 * cells_needed(image)})));
}

Result<std::vector<Placement>> place_machines(std::span<const kss_chunk> image, std::span<const kss_chunk> before,
                                              uint32_t generation, uint32_t room, bool reset) {
  const auto machines = machines_of(image);
  const auto old = before.empty() ? std::span<const kss_machine>() : machines_of(before);
  Room shared(room), tasks(KSS_TASK_CELLS);
  std::map<uint64_t, const kss_machine*> by_name;
  for (const kss_machine& m : old) {
    by_name[kss_get64(m.name)] = &m;
    if (own(m))
      tasks.take(kss_get32(m.cell), 1);
    else
      shared.take(kss_get32(m.cell), cells_of(before, m));
  }
  std::vector<Placement> out(machines.size());
  std::vector<size_t> fresh;
  for (size_t i = 0; i < machines.size(); i++) {
    const auto was = by_name.find(kss_get64(machines[i].name));
    if (was == by_name.end()) {
      fresh.push_back(i);
    } else if (was->second->identity == machines[i].identity) {
      out[i] = {kss_get32(was->second->cell), kss_get32(was->second->serial)};
    } else if (reset) {
      fresh.push_back(i);
    } else {
      return Error{
          "`" + name_of(image, i) + "` means something else than in the policy in force: its state cannot be kept",
          "swap --reset-state begins it anew; another name does, too", EBADMSG};
    }
  }
  for (size_t i : fresh) {
    const uint64_t n = cells_of(image, machines[i]);
    const uint64_t at = own(machines[i]) ? tasks.find(1) : shared.find(n);
    if (at >= (own(machines[i]) ? KSS_TASK_CELLS : room))
      return Error{own(machines[i]) ? "no room for `" + name_of(image, i) + "`: a task keeps " +
                                          std::to_string(KSS_TASK_CELLS) + " histories of its own"
                                    : "no room for the state of `" + name_of(image, i) + "`: it takes " +
                                          std::to_string(n) + " cells, and " + std::to_string(room) + " are kept",
                   own(machines[i])
                       ? "scope: domain, or fewer flows and formulas of scope task"
                       : "unload, then load it with --state-cells, which keeps more room for later policies",
                   ENOSPC};
    out[i] = {static_cast<uint32_t>(at), generation};
  }
  return out;
}

void put_placement(std::span<kss_chunk> chunks, const std::vector<Placement>& placement) {
  if (placement.empty()) return;
  auto* m = reinterpret_cast<kss_machine*>(&chunks[kss_get32(header3(chunks).machine_base)]);
  for (const Placement& p : placement) {
    m->cell = kss_get32(p.cell);  // its own inverse
    m->serial = kss_get32(p.serial);
    m++;
  }
}

}  // namespace kss::backend
