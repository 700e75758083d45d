// SPDX-License-Identifier: BSD-2-Clause
// The map that carries one image into the kernel.
#pragma once

#include <cstdint>
#include <span>

#include "backend/machines.hpp"
#include "backend/sys.hpp"
#include "kss/image.h"

namespace kss::backend {

/// How the map of an image of `chunks` chunks looks; `room` is that of an image that is one element, 0 for the other
/// way (include/kss/port_bpf.h). In force and template must agree, in all but the number of elements where `room` is 0.
struct ImageLayout {
  uint32_t value_size, max_entries, flags;
};
ImageLayout image_layout(uint32_t chunks, uint32_t room);

/// Chunks that a kernel needs of a validated image.
uint32_t runtime_chunks(std::span<const kss_chunk> image);

/// Room to be kept for this image and for those that later replace it, in chunks: `reserve` bytes, or, if that is 0,
/// twice the image and at least 256 KiB. 0 if this kernel has no elements of that size.
uint32_t image_room(std::span<const kss_chunk> image, uint64_t reserve);

/// A filled, frozen map with the image's runtime chunks, this generation, and where its state is kept. REQUIRES: a
/// validated image. ENOSPC if it is larger than the room.
Result<Fd> make_image_map(std::span<const kss_chunk> image, uint32_t generation, uint32_t room,
                          const std::vector<Placement>& placement);

/// Makes a map the image in force: one atomic store. Returns when no program runs on the one before.
Status publish_image(int images_fd, const Fd& image_map);

/// The map in force; an error with ENOENT if there is none.
Result<Fd> current_image(int images_fd);

/// Chunks [0, n) of an image map, of either layout.
Result<std::vector<kss_chunk>> read_chunks(int image_fd, uint32_t n);

}  // namespace kss::backend
