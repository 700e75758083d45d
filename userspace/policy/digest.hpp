// SPDX-License-Identifier: BSD-2-Clause
// SHA-256 of an image, and of anything else.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace kss::policy {

using Sha256 = std::array<uint8_t, 32>;

Sha256 sha256(std::span<const std::byte> data);
/// Of a whole image, with its generation and its digest taken as zero. REQUIRES: at least two chunks.
Sha256 image_digest(std::span<const std::byte> image);

}  // namespace kss::policy
