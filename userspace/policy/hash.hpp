// SPDX-License-Identifier: BSD-2-Clause
// The image's one hash table: (state or KSS_KEY_*, name) -> value, each key in one of two buckets of four.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kss/image.h"

namespace kss::policy {

class KeyTable {
 public:
  struct Slot {
    uint32_t state = 0, value = 0, str = 0, len_tag = 0;  // str: 1 + chunk within the strings; 0 = empty
  };
  /// REQUIRES: the key is not in the table yet; 1 to KSS_NAME_MAX bytes.
  void add(uint32_t state, std::string_view key, uint32_t value);
  /// Key words are little-endian on every machine.
  void add(uint32_t state, std::initializer_list<uint32_t> words, uint32_t value);
  /// Places every key. Returns false if that fails at any reasonable size, which no input is known to cause.
  bool place();

  const std::vector<Slot>& slots() const { return slots_; }  // 4 a bucket; a power of two of buckets
  uint32_t seed() const { return seed_; }
  const std::string& strings() const { return strings_; }  // whole chunks
  size_t size() const { return keys_.size(); }

 private:
  struct Key {
    Slot slot;
    uint32_t bucket[2];
  };
  void hash_keys(uint32_t buckets);
  bool fill(uint32_t buckets);

  std::vector<Key> keys_;
  std::vector<Slot> slots_;
  std::unordered_map<std::string, uint32_t> chunk_of_;
  std::string strings_;
  uint32_t seed_ = 0;
};

}  // namespace kss::policy
