// SPDX-License-Identifier: BSD-2-Clause
// The policy's own `tests:`, run on the simulator; and how much they would notice.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "cli/source.hpp"
#include "engine/simulator.hpp"

namespace kss::cli {

struct TestReport {
  std::size_t run = 0;
  Diagnostics failures;             // at the line of the step that failed, one a test
  std::vector<std::size_t> failed;  // which tests these are
};

/// An image carries no tests: nothing is run.
TestReport run_tests(const Source& source);
TestReport run_tests(const policy::CheckedPolicy& policy, const engine::Simulator& image, const std::string& path);

/// A rule as it stands in a file: for several classes, or made by several uses of a macro, it is several in the policy.
struct WrittenRule {
  Pos pos;
  std::string text;
  std::vector<std::size_t> rules;  // of CheckedPolicy::rules
};
/// The allow rules that stand in the policy's own file, or in any.
std::vector<WrittenRule> written_rules(const policy::CheckedPolicy& policy, bool included);

/// Of these, the ones of which a step that expects a grant makes use; by number.
std::vector<bool> rules_used(const policy::CheckedPolicy& policy, const engine::Simulator& image,
                             const std::vector<WrittenRule>& rules);

/// One change of a policy that its tests should notice.
struct Mutant {
  std::size_t rule;    // of the list given
  const char* change;  // "without", or "with every permission"
};
struct MutationReport {
  std::size_t tried = 0;
  std::vector<Mutant> unnoticed;
};
/// Each rule is taken away, then widened to all permissions of its classes. `progress(done, all)` is called now and
/// then.
MutationReport mutate(const policy::CheckedPolicy& policy, const std::vector<WrittenRule>& rules,
                      const std::string& path, const std::function<void(std::size_t, std::size_t)>& progress);

}  // namespace kss::cli
