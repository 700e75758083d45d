// SPDX-License-Identifier: BSD-2-Clause
// Where in the kernel the state of an image's flows and formulas is kept.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "backend/sys.hpp"
#include "kss/image.h"

namespace kss::backend {

/// The maps of which there is no need where there is no room for state.
inline const std::vector<std::string> state_maps = {"kss_cells", "kss_task_cells", "kss_task_cells_hash",
                                                    "kss_no_cells", "kss_state_lock"};

/// The flows and formulas of an image, in a file or as the kernel has it.
std::span<const kss_machine> machines_of(std::span<const kss_chunk> image);
/// Number of the flows and formulas of an image.
uint32_t machine_count(std::span<const kss_chunk> image);
/// Cells that all their histories take but tasks' own.
uint64_t cells_needed(std::span<const kss_chunk> image);
/// Room to be kept for an image and those that later replace it: 0 for one that has none, unless `asked`.
uint32_t cells_room(std::span<const kss_chunk> image, uint32_t asked);

struct Placement {
  uint32_t cell;    // of the first history; of a task's, its number among the task's own
  uint32_t serial;  // of the image by which the history began
};

/// By machine. One that `before` (chunks of the image in force, as the kernel has them; empty = none) has as well keeps
/// its cells, and so its state; all others get cells that `before` does not use.
/// Errors: no room (ENOSPC); one of the same name but another meaning, unless `reset`, by which it begins anew.
Result<std::vector<Placement>> place_machines(std::span<const kss_chunk> image, std::span<const kss_chunk> before,
                                              uint32_t generation, uint32_t room, bool reset);
/// Writes it into chunks on their way into the kernel.
void put_placement(std::span<kss_chunk> chunks, const std::vector<Placement>& placement);

}  // namespace kss::backend
