// SPDX-License-Identifier: BSD-2-Clause
// Rules and what they grant, as commands show them.
#pragma once

#include <string>
#include <vector>

#include "cli/json.hpp"
#include "policy/query.hpp"

namespace kss::cli {

/// "policy.yaml:12"
std::string rule_place(const policy::DebugInfo& debug, uint32_t rule);
/// "hmi hmi_content : file { open read }"
std::string access_text(const policy::DebugInfo& debug, const policy::Access& access);
/// Where it is granted: "policy.yaml:12 and 2 others"
std::string rules_text(const policy::DebugInfo& debug, const policy::Access& access);
Json to_json(const policy::DebugInfo& debug, const std::vector<policy::Access>& list);

}  // namespace kss::cli
