// SPDX-License-Identifier: BSD-2-Clause
// Random models with state: events near what the rules of a policy grant, flows over them, formulas and limits.
#pragma once

#include "tests/differential/generator.hpp"

namespace kss::test {

/// They are written as text and read by the checker, who works out the machines; what it refuses is left out. False: it
/// refused without naming a line. Their positions are lines that nothing else of a random policy has.
bool add_models(policy::CheckedPolicy& policy, Random& random, std::string& why);
/// Removes the flow or formula on `line`, and its machine; false if there is none.
bool remove_model(policy::CheckedPolicy& policy, uint32_t line);

}  // namespace kss::test
