// SPDX-License-Identifier: BSD-2-Clause
#include "engine/history.hpp"

#include <algorithm>

namespace kss::engine {
namespace {

using policy::Formula;
using Op = Formula::Op;

bool contains(const std::vector<uint32_t>& events, uint32_t event) {
  return std::find(events.begin(), events.end(), event) != events.end();
}

bool meet(const std::vector<uint32_t>& a, const std::vector<uint32_t>& b) {
  return std::any_of(a.begin(), a.end(), [&](uint32_t event) { return contains(b, event); });
}

void collect_atoms(const Formula& f, std::vector<uint32_t>& atoms) {
  if (f.op == Op::event) atoms.push_back(f.event);
  for (const Formula& part : f.of) collect_atoms(part, atoms);
}

}  // namespace

bool holds(const Formula& f, std::span<const Position> history, size_t i) {
  const auto in_bound = [&](size_t j) {
    const uint64_t age = history[i].time - history[j].time;
    return f.bound.low <= age && age <= f.bound.high;
  };
  switch (f.op) {
    case Op::event: return contains(history[i].events, f.event);
    case Op::truth: return f.value;
    case Op::negation: return !holds(f.of[0], history, i);
    case Op::conjunction:
      for (const Formula& part : f.of)
        if (!holds(part, history, i)) return false;
      return true;
    case Op::disjunction:
      for (const Formula& part : f.of)
        if (holds(part, history, i)) return true;
      return false;
    case Op::implication: return !holds(f.of[0], history, i) || holds(f.of[1], history, i);
    case Op::prev: return i > 0 && holds(f.of[0], history, i - 1) && in_bound(i - 1);
    case Op::once:
      for (size_t j = 0; j <= i; j++)
        if (in_bound(j) && holds(f.of[0], history, j)) return true;
      return false;
    case Op::earlier:
      for (size_t j = 0; j < i; j++)
        if (in_bound(j) && holds(f.of[0], history, j)) return true;
      return false;
    case Op::hist:
      for (size_t j = 0; j <= i; j++)
        if (in_bound(j) && !holds(f.of[0], history, j)) return false;
      return true;
    case Op::since:
      for (size_t j = 0; j <= i; j++) {
        if (!in_bound(j) || !holds(f.of[1], history, j)) continue;
        bool unbroken = true;
        for (size_t k = j + 1; k <= i && unbroken; k++) unbroken = holds(f.of[0], history, k);
        if (unbroken) return true;
      }
      return false;
    case Op::start: return holds(f.of[0], history, i) && (i == 0 || !holds(f.of[0], history, i - 1));
    case Op::end: return i > 0 && holds(f.of[0], history, i - 1) && !holds(f.of[0], history, i);
  }
  return false;
}

History::History(const policy::Temporal& clause) : clause_(clause) {
  if (clause_.most)
    kept_ = clause_.judged;
  else
    collect_atoms(clause_.formula, kept_);
}

bool History::grants(uint64_t time, const std::vector<uint32_t>& events) const {
  if (!meet(events, clause_.judged)) return true;
  if (clause_.most) {
    size_t recent = 0;
    for (const Position& p : positions_)
      if (time - p.time <= clause_.within) recent++;
    return recent < clause_.most;
  }
  std::vector<Position> tentative = positions_;
  tentative.push_back({time, events});
  return holds(clause_.formula, tentative, tentative.size() - 1) == clause_.unless;
}

void History::add(uint64_t time, const std::vector<uint32_t>& events) {
  if (meet(events, kept_)) positions_.push_back({time, events});
}

}  // namespace kss::engine
