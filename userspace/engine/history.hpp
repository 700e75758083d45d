// SPDX-License-Identifier: BSD-2-Clause
// The oracle of temporal clauses: keeps the whole history and judges by the table that says what formulas mean, line by
// line. It shares no code with the automata.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "policy/automaton.hpp"

namespace kss::engine {

struct Position {
  uint64_t time = 0;             // never less than that of the position before
  std::vector<uint32_t> events;  // those that it matches, ascending
};

/// Does the formula hold at position `i`?
bool holds(const policy::Formula& formula, std::span<const Position> history, size_t i);

class History {
 public:
  explicit History(const policy::Temporal& clause);
  /// Would this event be granted now?
  bool grants(uint64_t time, const std::vector<uint32_t>& events) const;
  /// It was granted. Kept only if the clause will ask for it.
  void add(uint64_t time, const std::vector<uint32_t>& events);

 private:
  policy::Temporal clause_;
  std::vector<uint32_t> kept_;  // events that make a position
  std::vector<Position> positions_;
};

}  // namespace kss::engine
