// SPDX-License-Identifier: BSD-2-Clause
// From a temporal clause to the least automaton that judges as it says.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <variant>

#include "policy/automaton.hpp"

namespace kss::policy {

/// Its events are those judged and the formula's, ascending, also such as turn out not to matter: each of the formula's
/// makes a position. Its states are numbered in the order in which letters, ascending, first lead to them.
/// Otherwise says why it is refused, and what would not be. `event_name`: for that text; without it, numbers.
std::variant<Automaton, std::string> build(const Temporal& temporal,
                                           const std::function<std::string(uint32_t)>& event_name = {});

/// What a clause comes to, whatever happens and whenever it does. Only what is certain is said: ages and coincidences
/// that cannot be are taken for possible.
enum class Always : uint8_t {
  neither,
  never,   // it denies nothing
  always,  // it denies all that it judges
};
/// `judged`: of the clause, as the automaton does not tell them from others; none given = all its events.
Always constant(const Automaton& automaton, std::span<const uint32_t> judged = {});

}  // namespace kss::policy
