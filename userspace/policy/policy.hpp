// SPDX-License-Identifier: BSD-2-Clause
// The stages: text -> CheckedPolicy -> image. What each backend and tool includes.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "kss/image.h"
#include "policy/checked.hpp"
#include "policy/result.hpp"

namespace kss::policy {

struct ParseOptions {
  std::vector<std::string> include_dirs;  // searched after the including file's own folder
};

/// Reads a policy and its includes, checks names, patterns, entries and assertions (neverallow).
/// Returns the policy if there is no error-severity diagnostic; all diagnostics are appended to `diags`.
std::optional<CheckedPolicy> check_file(const std::string& path, const ParseOptions& options, Diagnostics& diags);
std::optional<CheckedPolicy> check_text(const std::string& text, const std::string& name, const ParseOptions& options,
                                        Diagnostics& diags);

/// "file:line:column: error: message\n    hint" — the form that editors understand.
std::string format(const Diagnostic& d);

/// Folds a checked policy into an image (generation 0). Errors: limits exceeded, two patterns of equal specificity.
std::optional<std::vector<kss_chunk>> compile(const CheckedPolicy& policy, Diagnostics& diags);

/// Checks that every index in an image leads inside it and that its digest is right: what must hold before any
/// backend uses it. Never crashes, whatever the bytes. Returns Unit or the first reason for refusal.
Status validate(std::span<const std::byte> image);

}  // namespace kss::policy
