// SPDX-License-Identifier: BSD-2-Clause
// What a policy claims about itself, proven or refuted before there is an image.
#pragma once

#include "policy/checked.hpp"

namespace kss::policy {

class Reporter;

/// Runs every proof; each assertion that does not hold is an error.
void prove(const CheckedPolicy& policy, Reporter& report);

}  // namespace kss::policy
