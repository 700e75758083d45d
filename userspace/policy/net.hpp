// SPDX-License-Identifier: BSD-2-Clause
// Addresses and ports to object ids: tries with a stride of one byte, port classes, and a table over both.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "kss/image.h"
#include "policy/checked.hpp"
#include "policy/result.hpp"

namespace kss::policy {

struct NetTables {
  using Node = std::array<uint32_t, 256>;  // KSS_NET_LEAF | address class, or index of a node
  std::vector<Node> nodes;
  uint32_t root4 = 0, root6 = 0;
  std::array<uint16_t, 256> port_block{};
  std::vector<std::array<uint16_t, 256>> blocks;
  uint32_t naddr = 1, nport = 1;
  std::vector<uint16_t> cells;  // [(proto * naddr + address class) * nport + port class]
};

constexpr size_t kMaxNetNodes = 65536;       // 64 MiB
constexpr size_t kMaxNetCells = 16'000'000;  // 32 MiB

/// Empty tables (no node) if the policy declares no addresses. Errors: sizes, equal rank and overlap in two types.
std::optional<NetTables> build_net(const CheckedPolicy& policy, Diagnostics& diags);

}  // namespace kss::policy
