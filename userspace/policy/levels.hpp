// SPDX-License-Identifier: BSD-2-Clause
// Mandatory levels, folded into the rules at compile time: a kernel never sees a level.
#pragma once

#include <string>

#include "policy/checked.hpp"

namespace kss::policy {

class Reporter;

/// Fills `policy.leveled`. Warns of rules of which nothing is left. Time: the sizes of the rules' sets.
void apply_levels(CheckedPolicy& policy, Reporter& report);

/// The permissions that levels withhold from a domain on an object, whatever the rules say.
uint32_t withheld(const CheckedPolicy& policy, DomainId domain, ObjectId object, uint32_t cls);

/// "secrecy internal { net } .. secret, integrity low"; empty if the policy has no levels.
std::string level_text(const CheckedPolicy& policy, ObjectId id);

}  // namespace kss::policy
