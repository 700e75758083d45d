// SPDX-License-Identifier: BSD-2-Clause
// Random policies, and random events near what a policy talks about.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "policy/checked.hpp"
#include "tests/differential/vectors.h"

namespace kss::test {

/// SplitMix64: the same numbers on every machine and with every library.
class Random {
 public:
  explicit Random(uint64_t seed) : s_(seed) {}
  uint64_t next();
  uint32_t below(uint32_t n) { return static_cast<uint32_t>((next() >> 32) * n >> 32); }  // n > 0
  bool chance(uint32_t percent) { return below(100) < percent; }
  template <typename T>
  const T& pick(const std::vector<T>& v) {
    return v[below(static_cast<uint32_t>(v.size()))];
  }

 private:
  uint64_t s_;
};

struct Event {
  kss_vec_kind kind = KSS_VEC_ACCESS;
  std::array<uint32_t, 3> arg{};
  std::string data;
};

/// May have patterns of equal rank for one path; each pattern and rule has a line of its own, so that the one that the
/// compiler names can be taken out.
policy::CheckedPolicy random_policy(Random& random);
/// Removes the pattern or entry on `line`; false if there is none.
bool remove_line(policy::CheckedPolicy& policy, uint32_t line);
Event random_event(const policy::CheckedPolicy& policy, Random& random);

}  // namespace kss::test
