// SPDX-License-Identifier: BSD-2-Clause
// Rules to access vectors: for each class, domains that no rule of the class tells apart share a row, objects a column.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "kss/image.h"
#include "policy/checked.hpp"
#include "policy/result.hpp"

namespace kss::policy {

/// Events that models with state speak of, and by which of the permissions granted an access is each.
using CareList = std::vector<std::pair<uint32_t, uint32_t>>;

struct Vector {
  uint32_t allow = 0, audit = 0, quiet = 0;
  uint32_t care = 0;  // number of a care list; 0 = nothing cares
  bool operator==(const Vector&) const = default;
};

/// Cells are stored sparse: all that no run covers are zero.
struct Folded {
  struct Run {
    uint32_t base, first, count;  // cells base + column, for `count` entries from `first`
  };
  std::vector<uint32_t> rows;                          // [domain * KSS_MAX_CLASSES + class]: first cell
  std::vector<uint16_t> columns;                       // [object * KSS_MAX_CLASSES + class]
  std::vector<Vector> vectors;                         // [0] is all zero
  std::vector<CareList> cares;                         // [0] is empty
  std::vector<std::pair<uint16_t, uint16_t>> entries;  // (column, vector)
  std::vector<Run> runs;
  uint32_t ncells = 0;
  std::array<uint32_t, KSS_MAX_CLASSES> need{};
};

constexpr uint64_t kMaxCells = 32'000'000;  // 64 MB

/// Errors: ids out of range, too many distinct vectors, too many cells.
std::optional<Folded> fold(const CheckedPolicy& policy, Diagnostics& diags);

}  // namespace kss::policy
