// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "policy/parsed.hpp"

namespace kss::policy {

/// Replaces every `use` by what its macro says: rules, types and assertions are appended to the policy's.
void expand_macros(ParsedPolicy& policy, Reporter& report);

}  // namespace kss::policy
