// SPDX-License-Identifier: BSD-2-Clause
// Every bound of the front end: a text from anywhere costs bounded time and memory.
#pragma once

#include <cstddef>

namespace kss::policy {

constexpr size_t kMaxErrors = 100;
constexpr size_t kMaxFileBytes = size_t{64} << 20;
constexpr size_t kMaxFiles = 1024;
constexpr size_t kMaxIncludeDepth = 32;
constexpr size_t kMaxYamlDepth = 64;
constexpr size_t kMaxYamlNodes = size_t{4} << 20;  // aliases count as what they stand for
constexpr size_t kMaxMacroDepth = 16;
constexpr size_t kMaxMacroUses = 100000;
constexpr size_t kMaxMacroTexts = size_t{1} << 19;
constexpr size_t kMaxPatterns = 4096;  // that one pattern's braces may stand for
constexpr size_t kMaxPatternBytes = 4096;
constexpr size_t kMaxBraceDepth = 32;
constexpr size_t kMaxExpandedIds = size_t{64} << 20;  // members of all rules' sets together
constexpr size_t kMaxDegrees = 1024;
constexpr size_t kMaxCategories = 65536;
constexpr size_t kMaxFast = 512;  // longest rule line that the line reader takes

}  // namespace kss::policy
