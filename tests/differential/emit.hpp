// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <string>
#include <vector>

#include "tests/differential/judge.hpp"
#include "tests/differential/traces.hpp"

namespace kss::test {

/// Writes DIR/NNNN.kssi and DIR/NNNN.vec (vectors.h); the answers are the oracle's. False: could not be written.
bool emit(const std::string& dir, uint32_t number, uint64_t seed, const Case& c, const std::vector<Event>& events);
/// The same of DIR/NNNN.trace.
bool emit(const std::string& dir, uint32_t number, uint64_t seed, const Case& c, const std::vector<TraceEvent>& events);

}  // namespace kss::test
