// SPDX-License-Identifier: BSD-2-Clause
// One component of a path pattern: its parts, its rank, and the byte automaton of several of them.
//
//   *        any run of bytes, also none          [a-z_]   one of these bytes; [!…] or [^…] none of these
//   ?        any one byte                         \x       x itself
//   **       alone: any number of components
#pragma once

#include <bitset>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/result.hpp"

namespace kss::policy {

struct Component {
  enum class Kind : uint8_t { deep, star, glob, literal };  // ascending specificity
  struct Item {
    bool star = false;
    std::bitset<256> bytes;  // of one byte, when not star
  };
  Kind kind = Kind::literal;
  std::string text;         // literal: the name itself, escapes undone; otherwise as written
  std::vector<Item> items;  // glob only
  uint64_t rank = 0;        // greater = more specific; by kind, then literal bytes, then sets, then `?`
};

/// `deep_allowed`: "**" stands for any number of components (paths); otherwise it is a plain "*".
Result<Component> parse_component(std::string_view text, bool deep_allowed);
/// The components of "/a/*/b"; none for "/".
Result<std::vector<Component>> parse_path_pattern(std::string_view text);

/// Deterministic byte automaton over whole names, for a set of globs at once.
struct GlobAutomaton {
  static constexpr uint32_t kMaxStates = 16384;
  static constexpr uint64_t kInfinite = UINT64_MAX;
  uint32_t nstates = 0, nclasses = 0;
  uint8_t classes[256] = {};
  std::vector<uint16_t> next;               // [state * nclasses + class]; KSS_GLOB_FAIL
  std::vector<uint32_t> accept;             // [state]: index in `sets`
  std::vector<std::vector<uint32_t>> sets;  // which globs match, by index in the input; sets[0] is the empty one
  std::vector<uint64_t> names;              // [set]: how many non-empty names have exactly this set; kInfinite

  /// Index in `sets` of the globs that match `name`.
  uint32_t run(std::string_view name) const;
};
/// `any_byte`: names may hold '/' and NUL, as abstract unix names do. Error: more than kMaxStates states.
Result<GlobAutomaton> build_glob_automaton(std::span<const Component* const> globs, bool any_byte);

}  // namespace kss::policy
