// SPDX-License-Identifier: BSD-2-Clause
// The map that carries one image into the kernel.
#pragma once

#include <cstdint>
#include <span>

#include "backend/sys.hpp"
#include "kss/image.h"

namespace kss::backend {

/// A filled, frozen map with the image's runtime chunks and this generation. REQUIRES: a validated image.
Result<Fd> make_image_map(std::span<const kss_chunk> image, uint32_t generation);

/// Makes a map the image in force: one atomic store. Returns when no program runs on the one before.
Status publish_image(int images_fd, const Fd& image_map);

/// The map in force; an error with ENOENT if there is none.
Result<Fd> current_image(int images_fd);

/// Chunks [0, n) of an image map.
Result<std::vector<kss_chunk>> read_chunks(int image_fd, uint32_t n);

}  // namespace kss::backend
