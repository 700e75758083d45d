// SPDX-License-Identifier: BSD-2-Clause
// The text of temporal clauses.
//
//   formula  a -> b            a or b or c        a and b and c      a since[BOUND] b       from loose to tight;
//            not a   prev[BOUND] a   once[BOUND] a   earlier[BOUND] a   hist[BOUND] a   start a   end a
//            (a)   true   false   EVENT           `->` groups to the right, `since` to the left; historically = hist
//   BOUND    10m   ..10m   5s..   5s..10m   5s, 10m   may be left out, with its brackets
//   time     a whole number and its unit: ns us ms s m h d; 0 needs none
//
// A chain of `and` (or `or`) is one node with as many parts; parentheses make nodes of their own.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "policy/automaton.hpp"

namespace kss::policy {

constexpr size_t kMaxFormulaDepth = 64;   // parentheses count
constexpr size_t kMaxFormulaNodes = 256;  // whatever walks over a parsed formula may recurse

struct SyntaxError {
  size_t at = 0;           // byte of the text
  std::string what, hint;  // what was found and what was expected; remedy, may be empty
};

using EventNames = std::function<std::optional<uint32_t>(std::string_view)>;

/// `known`: names to suggest for one that is not known.
std::variant<Formula, SyntaxError> parse_formula(std::string_view text, const EventNames& events,
                                                 const std::vector<std::string_view>& known = {});

/// `key` is "deny": "JUDGED unless FORMULA" or "JUDGED if FORMULA"; or "limit": "at most N JUDGED in TIME". JUDGED is
/// an event or "{ a b c }". Name, scope and position are left to the caller.
std::variant<Temporal, SyntaxError> parse_clause(std::string_view key, std::string_view text, const EventNames& events,
                                                 const std::vector<std::string_view>& known = {});

/// Words that no event can be named.
bool is_reserved(std::string_view word);

/// Parses back to an equal formula, if each name given to an event is a name and not reserved.
std::string to_string(const Formula& formula, const std::function<std::string(uint32_t)>& event_name);
/// "10m" as nanoseconds; nothing if it is no time.
std::optional<uint64_t> parse_time(std::string_view text);
/// In the greatest unit that divides it: "90s", "10m".
std::string time_to_string(uint64_t ns);

}  // namespace kss::policy
