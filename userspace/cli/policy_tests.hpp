// SPDX-License-Identifier: BSD-2-Clause
// The policy's own `tests:`, run on the simulator.
#pragma once

#include "cli/source.hpp"

namespace kss::cli {

struct TestReport {
  std::size_t run = 0;
  Diagnostics failures;  // at the line of the step that failed
};

TestReport run_tests(const Source& source);

}  // namespace kss::cli
