// SPDX-License-Identifier: BSD-2-Clause
// Bytes into chunks: appends tables, each from a chunk's start, and gives out their chunk numbers.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "kss/image.h"

namespace kss::policy {

inline uint16_t le16(uint32_t v) { return kss_get16(static_cast<uint16_t>(v)); }
inline uint32_t le32(uint32_t v) { return kss_get32(v); }
inline uint64_t le64(uint64_t v) { return kss_get64(v); }

class ImageWriter {
 public:
  void reserve(size_t bytes) { chunks_.reserve(bytes / KSS_CHUNK + 1); }
  /// Room of `bytes`, zeroed; the number of its first chunk.
  uint32_t room(size_t bytes) {
    auto at = static_cast<uint32_t>(chunks_.size());
    chunks_.resize(chunks_.size() + (bytes + KSS_CHUNK - 1) / KSS_CHUNK);
    return at;
  }
  uint32_t put(const void* data, size_t bytes) {
    uint32_t at = room(bytes);
    if (bytes) std::memcpy(&chunks_[at], data, bytes);
    return at;
  }
  template <typename T>
  uint32_t put(const std::vector<T>& table) {
    return put(table.data(), table.size() * sizeof(T));
  }
  /// Valid until the next room() or put().
  void* at(uint32_t chunk) { return &chunks_[chunk]; }
  size_t chunks() const { return chunks_.size(); }
  std::vector<kss_chunk> take() { return std::move(chunks_); }

 private:
  std::vector<kss_chunk> chunks_;
};

}  // namespace kss::policy
