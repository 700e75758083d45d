// SPDX-License-Identifier: BSD-2-Clause
// State models, as the checker leaves them (events, flows, formulas) and as the core runs them (automata).
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "policy/result.hpp"

namespace kss::policy {

/// Whose history it is: one for the device, for each domain, for each task.
enum class Scope : uint8_t { global, domain, task };

/// A closed interval of time, in nanoseconds of the boot clock.
struct Bound {
  static constexpr uint64_t kForever = std::numeric_limits<uint64_t>::max();
  uint64_t low = 0, high = kForever;
  bool operator==(const Bound&) const = default;
  bool any() const { return low == 0 && high == kForever; }
};

/// A formula of past-time temporal logic with time bounds. What each operator means: policies/LANGUAGE.md.
struct Formula {
  enum class Op : uint8_t {
    event,
    truth,
    negation,
    conjunction,
    disjunction,
    implication,
    prev,
    once,
    earlier,
    hist,
    since,
    start,
    end
  };
  Op op = Op::truth;
  bool value = true;   // truth: `true` or `false`
  uint32_t event = 0;  // event: its number
  Bound bound;         // prev, once, earlier, hist, since
  std::vector<Formula> of;
  bool operator==(const Formula&) const = default;
};

/// `deny: JUDGED unless FORMULA`, `deny: JUDGED if FORMULA`, or `limit: at most MOST JUDGED in WITHIN`.
struct Temporal {
  std::string name;
  Scope scope = Scope::global;
  std::vector<uint32_t> judged;  // events, ascending
  bool unless = true;
  Formula formula;
  uint32_t most = 0;    // of a limit, which has no formula; 0 = it is none
  uint64_t within = 0;  // of a limit: nanoseconds
  Pos pos;
  std::string text;  // the clause as written
};

/// What the core runs. It starts in state 0. A letter is a set of bits: bit k = the event judged is events[k]; bit
/// events.size() + g = the age of clock g lies in guards[g]. A clock that was never set is of no age that counts: in
/// every state in which it may be unset, the edges are alike whether its guard holds or not.
struct Automaton {
  static constexpr size_t kMaxBits = 10;   // of a letter
  static constexpr size_t kMaxClocks = 6;  // each has one guard
  static constexpr size_t kMaxStates = 4096;
  struct Edge {
    uint16_t next = 0;
    uint8_t set = 0;    // clocks that are set to the time of the event
    bool deny = false;  // then nothing changes
    bool operator==(const Edge&) const = default;
  };
  std::vector<uint32_t> events;
  std::vector<Bound> guards;
  std::vector<std::vector<Edge>> table;  // [state][letter]
  size_t bits() const { return events.size() + guards.size(); }
};

/// A model with state as the core runs it: an automaton, or with `ring` a limit of so many in `within`.
struct Machine {
  std::string name;
  bool flow = false;
  Scope scope = Scope::global;
  Automaton automaton;  // of a limit, its events alone
  uint32_t ring = 0;
  uint64_t within = 0;
  std::vector<std::string> states;  // of a flow
  Pos pos;
  std::string text;
};

}  // namespace kss::policy
