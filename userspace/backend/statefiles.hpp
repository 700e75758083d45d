// SPDX-License-Identifier: BSD-2-Clause
// state_dir: copies of images by generation (GEN.img), for names and lines, and the lock of whoever changes things.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "backend/sys.hpp"
#include "kss/image.h"

namespace kss::backend {

class StateFiles {
 public:
  explicit StateFiles(std::string dir) : dir_(std::move(dir)) {}
  const std::string& dir() const { return dir_; }
  /// Held until the descriptor closes: one loader at a time.
  Result<Fd> lock() const;
  Status save(uint32_t generation, std::span<const kss_chunk> image) const;
  Result<std::vector<kss_chunk>> load(uint32_t generation) const;
  std::vector<uint32_t> generations() const;
  /// Removes the images of generations below `first`, and what a killed writer left.
  void clean(uint32_t first) const;

 private:
  std::string path(uint32_t generation) const { return dir_ + "/" + std::to_string(generation) + ".img"; }
  std::string dir_;
};

}  // namespace kss::backend
