// SPDX-License-Identifier: BSD-2-Clause
// Interning: equal sequences get equal numbers, in order of first appearance. Used all over the compiler, where "can
// any rule tell these apart" is "do these have the same number".
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace kss::policy {

inline uint64_t mix64(uint64_t h, uint64_t v) {
  h = (h ^ v) * 0x9e3779b97f4a7c15ull;
  return h ^ (h >> 29);
}

/// Sequences of T by number. Views stay valid until the next intern().
template <typename T>
class BasicSetTable {
 public:
  BasicSetTable() : slots_(64, 0) { starts_.push_back(0); }
  uint32_t intern(std::span<const T> seq, bool* fresh = nullptr) {
    uint64_t h = seq.size() + 0x51ed270b7a14f3e5ull;
    for (const T& v : seq) h = mix64(h, static_cast<uint64_t>(v));
    h ^= h >> 32;
    for (uint64_t i = h;; i++) {
      uint32_t& slot = slots_[i & (slots_.size() - 1)];
      if (!slot) {
        if (fresh) *fresh = true;
        hashes_.push_back(h);
        data_.insert(data_.end(), seq.begin(), seq.end());
        starts_.push_back(data_.size());
        slot = static_cast<uint32_t>(hashes_.size());
        uint32_t id = slot - 1;
        if (hashes_.size() * 2 > slots_.size()) grow();
        return id;
      }
      if (hashes_[slot - 1] == h && equal((*this)[slot - 1], seq)) {
        if (fresh) *fresh = false;
        return slot - 1;
      }
    }
  }
  std::span<const T> operator[](uint32_t id) const {
    return {data_.data() + starts_[id], starts_[id + 1] - starts_[id]};
  }
  size_t size() const { return hashes_.size(); }
  size_t total() const { return data_.size(); }  // elements of all sequences

 private:
  static bool equal(std::span<const T> a, std::span<const T> b) {
    if (a.size() != b.size()) return false;
    for (size_t i = 0; i < a.size(); i++)
      if (a[i] != b[i]) return false;
    return true;
  }
  void grow() {
    std::vector<uint32_t> bigger(slots_.size() * 4, 0);
    for (uint32_t id = 0; id < hashes_.size(); id++) {
      uint64_t i = hashes_[id];
      while (bigger[i & (bigger.size() - 1)]) i++;
      bigger[i & (bigger.size() - 1)] = id + 1;
    }
    slots_ = std::move(bigger);
  }
  std::vector<T> data_;
  std::vector<size_t> starts_;
  std::vector<uint64_t> hashes_;
  std::vector<uint32_t> slots_;
};
using SetTable = BasicSetTable<uint32_t>;

}  // namespace kss::policy
