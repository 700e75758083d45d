// SPDX-License-Identifier: BSD-2-Clause
// Diagnostics of the policy compiler as people (with the source line and a caret), editors and programs read them.
#pragma once

#include <cstdio>

#include "cli/cli.hpp"
#include "policy/result.hpp"

namespace kss::cli {

/// "file:line:column: error: message", the line, a caret below the column, the hint.
void print(const Diagnostics& diagnostics, const Colors& colors, std::FILE* to);
Json to_json(const Diagnostics& diagnostics);
std::size_t count_of(const Diagnostics& diagnostics, Diagnostic::Severity severity);

}  // namespace kss::cli
