// SPDX-License-Identifier: BSD-2-Clause
// Random histories, put to the oracle and to the core.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/differential/judge.hpp"

namespace kss::test {

struct TraceCounts {
  uint64_t decisions = 0;
  uint64_t concerned = 0;  // those that rules grant and that are events of some flow or formula; of these:
  uint64_t granted = 0, by_flow = 0, by_formula = 0, by_ring = 0;
  uint64_t denied() const { return by_flow + by_formula + by_ring; }
};

/// What happened, with the oracle's answer: struct kss_trace_event in this machine's byte order. An unconfined task's
/// events are not among them; no kernel asks about those.
struct TraceEvent {
  uint32_t kind, task = 0, dom = 0, obj = 0, cls = 0, perms = 0;
  uint64_t time = 0;
  uint32_t want = 0;
};

/// Empty if both agree; otherwise where they don't. What happened goes to the end of `events`.
std::string run_traces(const Case& c, const engine::Simulator& core, Random random, TraceCounts& counts,
                       std::vector<TraceEvent>& events);
/// Do the access vectors say of each access what models care about? Empty if so.
std::string compare_cares(const Case& c, const engine::Simulator& core);

}  // namespace kss::test
