// SPDX-License-Identifier: BSD-2-Clause
// What an image consists of: figures for `check --stats` and `compile --stats`.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kss/image.h"

namespace kss::cli {

struct Stat {
  std::string key;   // as in JSON
  std::string text;  // for people
  uint64_t value = 0;
  bool bytes = false;
};

/// REQUIRES: a validated image.
std::vector<Stat> image_stats(std::span<const kss_chunk> image);

}  // namespace kss::cli
