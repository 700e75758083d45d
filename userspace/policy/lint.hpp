// SPDX-License-Identifier: BSD-2-Clause
// What is not wrong, and yet hardly meant: rules without effect, domains without a way in, grants of everything.
#pragma once

#include "policy/checked.hpp"
#include "policy/result.hpp"

namespace kss::policy {

/// Appends warnings about the policy's own file; what it includes is written for others, too.
/// Time and memory: the pairs of domain and object that rules are about; a policy of very many is looked at in part,
/// and a note says so.
void lint(const CheckedPolicy& policy, Diagnostics& diags);

}  // namespace kss::policy
