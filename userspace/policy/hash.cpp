// SPDX-License-Identifier: BSD-2-Clause
#include "policy/hash.hpp"

#include <cstring>

#include "kss/port_user.h"

namespace kss::policy {

void KeyTable::add(uint32_t state, std::string_view key, uint32_t value) {
  auto [it, fresh] = chunk_of_.try_emplace(std::string(key), static_cast<uint32_t>(strings_.size() / KSS_CHUNK + 1));
  if (fresh) {
    strings_ += key;
    strings_.resize((strings_.size() + KSS_CHUNK - 1) / KSS_CHUNK * KSS_CHUNK, '\0');
  }
  keys_.push_back({{state, value, it->second, static_cast<uint32_t>(key.size())}, {0, 0}});
}

void KeyTable::add(uint32_t state, std::initializer_list<uint32_t> words, uint32_t value) {
  std::string key;
  for (uint32_t w : words)
    for (int shift = 0; shift < 32; shift += 8) key += static_cast<char>(w >> shift);
  add(state, key, value);
}

void KeyTable::hash_keys(uint32_t buckets) {
  kss_name name;
  for (auto& k : keys_) {
    std::memset(&name, 0, sizeof name);
    name.len = k.slot.len_tag & 255;
    std::memcpy(name.u.b, strings_.data() + static_cast<size_t>(k.slot.str - 1) * KSS_CHUNK, name.len);
    uint64_t h = kss_hash_name(seed_, k.slot.state, &name);
    k.slot.len_tag = kss_len_tag(name.len, h);
    k.bucket[0] = static_cast<uint32_t>(h) & (buckets - 1);
    k.bucket[1] = static_cast<uint32_t>(h >> 32) & (buckets - 1);
  }
}

// Cuckoo placement: who finds both buckets full pushes another key out to that one's other bucket.
bool KeyTable::fill(uint32_t buckets) {
  std::vector<uint32_t> at(static_cast<size_t>(buckets) * 4, UINT32_MAX);
  uint64_t rng = 0x2545f4914f6cdd1dull;
  for (uint32_t k = 0; k < keys_.size(); k++) {
    uint32_t homeless = k, avoid = UINT32_MAX;
    bool placed = false;
    for (int kicks = 0; kicks < 500 && !placed; kicks++) {
      const Key& key = keys_[homeless];
      for (int b = 0; b < 2 && !placed; b++)
        for (size_t i = key.bucket[b] * size_t{4}; i < key.bucket[b] * size_t{4} + 4; i++)
          if (at[i] == UINT32_MAX) {
            at[i] = homeless;
            placed = true;
            break;
          }
      if (placed) break;
      rng = rng * 6364136223846793005ull + 1442695040888963407ull;
      uint32_t bucket = key.bucket[rng >> 63];
      if (bucket == avoid) bucket = key.bucket[0] ^ key.bucket[1] ^ bucket;
      std::swap(at[bucket * size_t{4} + (rng >> 60 & 3)], homeless);
      avoid = bucket;
    }
    if (!placed) return false;
  }
  slots_.assign(at.size(), Slot{});
  for (size_t i = 0; i < at.size(); i++)
    if (at[i] != UINT32_MAX) slots_[i] = keys_[at[i]].slot;
  // Within a bucket (state, length, fingerprint) must be unique: the core compares one name only.
  for (size_t i = 0; i < slots_.size(); i++)
    for (size_t j = i + 1; j < (i / 4 + 1) * 4; j++)
      if (slots_[i].str && slots_[j].str && slots_[i].state == slots_[j].state &&
          slots_[i].len_tag == slots_[j].len_tag)
        return false;
  return true;
}

bool KeyTable::place() {
  uint32_t buckets = 1;
  while (static_cast<size_t>(buckets) * 4 * 7 / 8 < keys_.size()) buckets *= 2;
  for (int grow = 0; grow < 4; grow++, buckets *= 2) {
    for (int attempt = 0; attempt < 8; attempt++) {
      seed_++;
      hash_keys(buckets);
      if (fill(buckets)) return true;
    }
  }
  return false;
}

}  // namespace kss::policy
