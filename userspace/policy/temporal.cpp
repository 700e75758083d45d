// SPDX-License-Identifier: BSD-2-Clause
//
// A formula becomes a circuit: its value now, and what is to be remembered of now, as boolean expressions over the
// letter and the memory. The memory is one bit for each thing that later positions ask about the past; for a time
// bound, also a clock. Then the states of the memory that can be reached are listed and merged where no future tells
// them apart.
#include "policy/temporal.hpp"

#include <algorithm>
#include <array>
#include <bitset>
#include <map>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "policy/formula.hpp"

namespace kss::policy {
namespace {

using Op = Formula::Op;
using Letters = std::bitset<size_t{1} << Automaton::kMaxBits>;  // an expression's value at every letter
using Memory = std::bitset<kMaxFormulaNodes>;                   // no operator remembers more than one bit

// Before states are merged: more than may remain, but bounded in states and in edges.
constexpr size_t kMaxRawStates = 65536;
constexpr size_t kMaxRawEdges = Automaton::kMaxStates << Automaton::kMaxBits;

// Boolean expressions, each kept once. Parts have smaller numbers than what they are parts of.
class Circuit {
 public:
  enum class Kind : uint8_t { constant, event, memory, clock, negation, conjunction };
  struct Node {
    Kind kind = Kind::constant;
    uint32_t a = 0, b = 0;  // negation, conjunction: nodes; otherwise `a` is an index
    auto operator<=>(const Node&) const = default;
  };
  static constexpr uint32_t kFalse = 0, kTrue = 1;

  Circuit() {
    leaf(Kind::constant, 0);
    leaf(Kind::negation, kFalse);
  }
  uint32_t leaf(Kind kind, uint32_t a, uint32_t b = 0) {
    const auto [at, fresh] = ids_.try_emplace({kind, a, b}, static_cast<uint32_t>(nodes_.size()));
    if (fresh) nodes_.push_back(at->first);
    return at->second;
  }
  uint32_t no(uint32_t a) { return nodes_[a].kind == Kind::negation ? nodes_[a].a : leaf(Kind::negation, a); }
  uint32_t both(uint32_t a, uint32_t b) {
    if (a > b) std::swap(a, b);
    if (a == kFalse || b == no(a)) return kFalse;
    if (a == kTrue || a == b) return b;
    return leaf(Kind::conjunction, a, b);
  }
  uint32_t either(uint32_t a, uint32_t b) { return no(both(no(a), no(b))); }
  const std::vector<Node>& nodes() const { return nodes_; }

 private:
  std::vector<Node> nodes_;
  std::map<Node, uint32_t> ids_;
};

struct Clock {
  Bound guard;
  uint32_t set = Circuit::kFalse;  // when it is set
};

class Translation {
 public:
  Translation(const std::vector<uint32_t>& events, const std::function<std::string(uint32_t)>& name)
      : events_(events), name_(name) {}

  /// The formula's value at the present position.
  uint32_t value(const Formula& f);

  Circuit circuit;
  std::vector<uint32_t> memory;  // what each bit becomes; at first all are false
  std::vector<Clock> clocks;     // only looked at where a bit of memory says that it was set
  std::string refused;           // not empty: why

 private:
  using Key = std::tuple<uint8_t, uint32_t, uint64_t, uint64_t>;
  enum : uint8_t { kLast, kRun, kLatest, kEarliest };

  // Did `v` hold at the last position? There is none at first, and nothing holds there.
  uint32_t last(uint32_t v) {
    if (v == Circuit::kFalse) return v;
    const auto [at, fresh] = ids_.try_emplace({kLast, v, 0, 0}, static_cast<uint32_t>(memory.size()));
    if (fresh) memory.push_back(v);
    return circuit.leaf(Circuit::Kind::memory, at->second);
  }
  // Did `a since b` hold there?
  uint32_t run(uint32_t a, uint32_t b) {
    const auto [at, fresh] = ids_.try_emplace({kRun, a, b, 0}, static_cast<uint32_t>(memory.size()));
    const uint32_t index = at->second, m = circuit.leaf(Circuit::Kind::memory, index);
    if (fresh) {
      memory.push_back(Circuit::kFalse);
      memory[index] = circuit.either(b, circuit.both(a, m));
    }
    return m;
  }
  // Is the age of a clock, which is set at positions where `set` holds, within the bound?
  uint32_t age(uint8_t kind, uint32_t of, const Bound& bound, uint32_t set) {
    const auto [at, fresh] = ids_.try_emplace({kind, of, bound.low, bound.high}, static_cast<uint32_t>(clocks.size()));
    if (fresh) clocks.push_back({bound, set});
    return circuit.leaf(Circuit::Kind::clock, at->second);
  }
  uint32_t since(const Formula& f, uint32_t a, uint32_t b, bool now);
  void refuse(const Formula& f);

  const std::vector<uint32_t>& events_;
  const std::function<std::string(uint32_t)>& name_;
  std::map<Key, uint32_t> ids_;
};

// `a since b`; `now`: the present position counts too. With [..high] the latest position where b held decides, with
// [low..] the earliest that no failure of `a` has cut off. A window open at neither end would need them all.
uint32_t Translation::since(const Formula& f, uint32_t a, uint32_t b, bool now) {
  if (b == Circuit::kFalse) return b;
  const uint32_t m = run(a, b), kept = circuit.both(a, m);
  if (f.bound.low == 0) {
    const uint32_t past = f.bound.any() ? kept : circuit.both(kept, age(kLatest, m, f.bound, b));
    return now ? circuit.either(b, past) : past;
  }
  // The present is no position of age low.
  if (kept == Circuit::kFalse) return kept;
  if (f.bound.high != Bound::kForever) {
    refuse(f);
    return Circuit::kFalse;
  }
  return circuit.both(kept, age(kEarliest, m, f.bound, circuit.both(b, circuit.no(kept))));
}

void Translation::refuse(const Formula& f) {
  if (!refused.empty()) return;
  const auto number = [](uint32_t e) { return "event" + std::to_string(e); };
  const auto text = [&](const Formula& g) { return "`" + (name_ ? to_string(g, name_) : to_string(g, number)) + "`"; };
  Formula recent = f, old = f;
  recent.bound.low = 0;
  old.bound.high = Bound::kForever;
  refused = text(f) + " would have to remember every position of the last " + time_to_string(f.bound.high) +
            ", and there may be any number; what needs one time only: " + text(recent) + " or " + text(old);
}

uint32_t Translation::value(const Formula& f) {
  const auto of = [&](size_t i) { return value(f.of[i]); };
  switch (f.op) {
    case Op::event:
      return circuit.leaf(
          Circuit::Kind::event,
          static_cast<uint32_t>(std::lower_bound(events_.begin(), events_.end(), f.event) - events_.begin()));
    case Op::truth: return f.value ? Circuit::kTrue : Circuit::kFalse;
    case Op::negation: return circuit.no(of(0));
    case Op::conjunction: {
      uint32_t v = Circuit::kTrue;
      for (size_t i = 0; i < f.of.size(); i++) v = circuit.both(v, of(i));
      return v;
    }
    case Op::disjunction: {
      uint32_t v = Circuit::kFalse;
      for (size_t i = 0; i < f.of.size(); i++) v = circuit.either(v, of(i));
      return v;
    }
    case Op::implication: {
      const uint32_t v = circuit.no(of(0));
      return circuit.either(v, of(1));
    }
    case Op::prev: {
      const uint32_t v = last(of(0));
      return f.bound.any() ? v : circuit.both(v, age(kLast, 0, f.bound, Circuit::kTrue));
    }
    case Op::once: return since(f, Circuit::kTrue, of(0), true);
    case Op::earlier: return since(f, Circuit::kTrue, of(0), false);
    case Op::hist: return circuit.no(since(f, Circuit::kTrue, circuit.no(of(0)), true));
    case Op::since: {
      const uint32_t a = of(0);
      return since(f, a, of(1), true);
    }
    case Op::start: {
      const uint32_t v = of(0);
      return circuit.both(v, circuit.no(last(v)));
    }
    case Op::end: {
      const uint32_t v = of(0);
      return circuit.both(last(v), circuit.no(v));
    }
  }
  return Circuit::kFalse;
}

// An automaton whose states are too many for Automaton's numbers, edges in one row after the other.
struct Graph {
  struct Edge {
    uint32_t next = 0;
    uint8_t set = 0;
    bool deny = false;
  };
  size_t bits = 0, states = 0;
  std::vector<Edge> edges;
  size_t letters() const { return size_t{1} << bits; }
  Edge& edge(size_t state, size_t letter) { return edges[state << bits | letter]; }
  const Edge& edge(size_t state, size_t letter) const { return edges[state << bits | letter]; }
};

// Hopcroft's: blocks of states are split until no letter leads from one block into two. The smaller part of a split is
// what others are split by next, so a state takes its turn log(states) times at most.
class Partition {
 public:
  explicit Partition(const Graph& m) : m_(m), order_(m.states), place_(m.states), block_(m.states) {
    invert();
    split_by_output();
    while (!waiting_.empty()) {
      const uint32_t by = waiting_.back();
      waiting_.pop_back();
      const std::vector<uint32_t> members(order_.begin() + blocks_[by].begin, order_.begin() + blocks_[by].end);
      for (size_t letter = 0; letter < m_.letters(); letter++) split(members, letter);
    }
  }
  size_t size() const { return blocks_.size(); }
  uint32_t of(size_t state) const { return block_[state]; }

 private:
  struct Block {
    uint32_t begin = 0, end = 0, marked = 0;  // places in order_; those marked come first
  };
  void invert() {
    first_.assign(m_.letters() * (m_.states + 1) + 1, 0);
    from_.resize(m_.edges.size());
    for (size_t s = 0; s < m_.states; s++)
      for (size_t l = 0; l < m_.letters(); l++) first_[l * (m_.states + 1) + m_.edge(s, l).next + 1]++;
    for (size_t l = 0; l < m_.letters(); l++) {
      uint32_t* const row = &first_[l * (m_.states + 1)];
      row[0] = static_cast<uint32_t>(l * m_.states);
      for (size_t s = 0; s < m_.states; s++) row[s + 1] += row[s];
      for (size_t s = 0; s < m_.states; s++) from_[row[m_.edge(s, l).next]++] = static_cast<uint32_t>(s);
      for (size_t s = m_.states; s > 0; s--) row[s] = row[s - 1];
      row[0] = static_cast<uint32_t>(l * m_.states);
    }
  }
  void split_by_output() {
    std::map<std::vector<uint16_t>, std::vector<uint32_t>> rows;
    for (size_t s = 0; s < m_.states; s++) {
      std::vector<uint16_t> row(m_.letters());
      for (size_t l = 0; l < m_.letters(); l++)
        row[l] = static_cast<uint8_t>(m_.edge(s, l).set << 1 | (m_.edge(s, l).deny ? 1 : 0));
      rows[std::move(row)].push_back(static_cast<uint32_t>(s));
    }
    uint32_t at = 0;
    for (const auto& [row, members] : rows) {
      const auto b = static_cast<uint32_t>(blocks_.size());
      blocks_.push_back({at, at + static_cast<uint32_t>(members.size()), 0});
      waiting_.push_back(b);
      for (const uint32_t s : members) {
        order_[at] = s;
        place_[s] = at++;
        block_[s] = b;
      }
    }
  }
  void split(const std::vector<uint32_t>& members, size_t letter) {
    touched_.clear();
    const uint32_t* const row = &first_[letter * (m_.states + 1)];
    for (const uint32_t to : members)
      for (uint32_t i = row[to]; i < row[to + 1]; i++) {
        const uint32_t s = from_[i];  // comes once: a letter leads to one state
        Block& b = blocks_[block_[s]];
        if (!b.marked) touched_.push_back(block_[s]);
        const uint32_t place = b.begin + b.marked++, other = order_[place];
        std::swap(order_[place], order_[place_[s]]);
        place_[other] = place_[s];
        place_[s] = place;
      }
    for (const uint32_t t : touched_) {
      Block& old = blocks_[t];
      const uint32_t middle = old.begin + std::exchange(old.marked, 0);
      if (middle == old.end) continue;
      Block part{old.begin, middle, 0};
      if (middle - old.begin <= old.end - middle) {
        old.begin = middle;
      } else {
        part = {middle, old.end, 0};
        old.end = middle;
      }
      const auto fresh = static_cast<uint32_t>(blocks_.size());
      for (uint32_t i = part.begin; i < part.end; i++) block_[order_[i]] = fresh;
      blocks_.push_back(part);
      waiting_.push_back(fresh);
    }
  }

  const Graph& m_;
  std::vector<uint32_t> first_, from_;  // by letter: which states lead to a state
  std::vector<uint32_t> order_, place_, block_;
  std::vector<Block> blocks_;
  std::vector<uint32_t> waiting_, touched_;
};

// States that no future tells apart become one; they are numbered as they are first reached.
Graph merged(const Graph& m) {
  const Partition parts(m);
  constexpr uint32_t kNone = UINT32_MAX;
  std::vector<uint32_t> number(parts.size(), kNone), example{0};
  number[parts.of(0)] = 0;
  Graph out;
  out.bits = m.bits;
  for (size_t s = 0; s < example.size(); s++)
    for (size_t l = 0; l < m.letters(); l++) {
      Graph::Edge e = m.edge(example[s], l);
      uint32_t& n = number[parts.of(e.next)];
      if (n == kNone) {
        n = static_cast<uint32_t>(example.size());
        example.push_back(e.next);
      }
      e.next = n;
      out.edges.push_back(e);
    }
  out.states = example.size();
  return out;
}

// Which clocks may yet be looked at, as they stand, by state.
std::vector<uint8_t> clocks_in_use(const Graph& m, size_t events) {
  std::vector<uint8_t> use(m.states);
  std::vector<std::vector<std::pair<uint32_t, uint8_t>>> ways(m.states);  // to which state, and what is set
  for (size_t s = 0; s < m.states; s++) {
    for (size_t l = 0; l < m.letters(); l++) {
      const Graph::Edge& e = m.edge(s, l);
      ways[s].emplace_back(e.next, e.set);
      for (size_t g = 0; events + g < m.bits; g++) {
        const Graph::Edge& other = m.edge(s, l ^ size_t{1} << (events + g));
        if (e.next != other.next || e.set != other.set || e.deny != other.deny)
          use[s] = static_cast<uint8_t>(use[s] | 1u << g);
      }
    }
    std::sort(ways[s].begin(), ways[s].end());
    ways[s].erase(std::unique(ways[s].begin(), ways[s].end()), ways[s].end());
  }
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t s = m.states; s-- > 0;)
      for (const auto& [to, set] : ways[s]) {
        const auto more = static_cast<uint8_t>(use[s] | (use[to] & ~set));
        changed |= more != use[s];
        use[s] = more;
      }
  }
  return use;
}

// Merges; a clock that is set in vain is set no longer, which may let more merge.
Graph least(Graph m, size_t events) {
  for (;;) {
    m = merged(m);
    const std::vector<uint8_t> use = clocks_in_use(m, events);
    bool changed = false;
    for (Graph::Edge& e : m.edges) {
      changed |= (e.set & ~use[e.next]) != 0;
      e.set = static_cast<uint8_t>(e.set & use[e.next]);
    }
    if (!changed) return m;
  }
}

// `judged`, `atoms`: bits of a letter.
struct Roles {
  size_t events = 0, judged = 0, atoms = 0;
};

// All states that can be reached, a state being what is remembered. Nothing if they are too many.
std::optional<Graph> explore(const Translation& t, uint32_t verdict, bool unless, const Roles& roles,
                             const std::vector<uint32_t>& bits, const std::vector<uint32_t>& clocks) {
  Graph m;
  m.bits = roles.events + clocks.size();
  const std::vector<Circuit::Node>& nodes = t.circuit.nodes();
  std::vector<Letters> value(nodes.size());
  // Bits and clocks that nobody asks for stay false.
  std::vector<size_t> bit_of(nodes.size(), kMaxFormulaNodes);
  for (size_t n = 0; n < nodes.size(); n++)
    for (size_t i = 0; i < bits.size(); i++)
      if (nodes[n].kind == Circuit::Kind::memory && nodes[n].a == bits[i]) bit_of[n] = i;
  Letters judged, atoms;
  for (size_t l = 0; l < m.letters(); l++) {
    judged[l] = (l & roles.judged) != 0;
    atoms[l] = (l & roles.atoms) != 0;
    for (size_t n = 0; n < nodes.size(); n++) {
      if (nodes[n].kind == Circuit::Kind::event) value[n][l] = l >> nodes[n].a & 1;
      if (nodes[n].kind == Circuit::Kind::clock)
        for (size_t g = 0; g < clocks.size(); g++)
          if (nodes[n].a == clocks[g]) value[n][l] = l >> (roles.events + g) & 1;
    }
  }
  const auto evaluate = [&](const Memory& memory) {
    for (size_t n = 0; n < nodes.size(); n++) {
      const Circuit::Node& node = nodes[n];
      if (node.kind == Circuit::Kind::negation) value[n] = ~value[node.a];
      if (node.kind == Circuit::Kind::conjunction) value[n] = value[node.a] & value[node.b];
      if (bit_of[n] < bits.size()) memory[bit_of[n]] ? value[n].set() : value[n].reset();
    }
  };

  std::unordered_map<Memory, uint32_t> ids{{Memory(), 0}};
  std::vector<Memory> states(1);
  for (size_t s = 0; s < states.size(); s++) {
    evaluate(states[s]);
    const Letters denied = judged & (unless ? ~value[verdict] : value[verdict]);
    const Letters position = atoms & ~denied;
    for (size_t l = 0; l < m.letters(); l++) {
      Graph::Edge e{static_cast<uint32_t>(s), 0, denied[l]};
      if (position[l]) {
        Memory next;
        for (size_t i = 0; i < bits.size(); i++) next[i] = value[t.memory[bits[i]]][l];
        const auto [at, fresh] = ids.try_emplace(next, static_cast<uint32_t>(states.size()));
        if (fresh) states.push_back(next);
        e.next = at->second;
        for (size_t g = 0; g < clocks.size(); g++)
          if (value[t.clocks[clocks[g]].set][l]) e.set = static_cast<uint8_t>(e.set | 1u << g);
      }
      m.edges.push_back(e);
    }
    if (states.size() > std::min(kMaxRawStates, kMaxRawEdges >> m.bits)) return std::nullopt;
  }
  m.states = states.size();
  return m;
}

// What the verdict depends on, directly or through what is remembered: bits of memory and clocks, ascending.
void find_used(const Translation& t, uint32_t verdict, std::vector<uint32_t>& bits, std::vector<uint32_t>& clocks) {
  const std::vector<Circuit::Node>& nodes = t.circuit.nodes();
  std::vector<bool> seen(nodes.size());
  std::vector<uint32_t> todo{verdict};
  while (!todo.empty()) {
    const uint32_t n = todo.back();
    todo.pop_back();
    if (seen[n]) continue;
    seen[n] = true;
    const Circuit::Node& node = nodes[n];
    switch (node.kind) {
      case Circuit::Kind::constant:
      case Circuit::Kind::event: break;
      case Circuit::Kind::memory:
        bits.push_back(node.a);
        todo.push_back(t.memory[node.a]);
        break;
      case Circuit::Kind::clock:
        clocks.push_back(node.a);
        todo.push_back(t.clocks[node.a].set);
        break;
      case Circuit::Kind::conjunction: todo.push_back(node.b); [[fallthrough]];
      case Circuit::Kind::negation: todo.push_back(node.a); break;
    }
  }
  std::sort(bits.begin(), bits.end());
  std::sort(clocks.begin(), clocks.end());
}

// How a formula counts against its limits. Stops at them, as it may come from elsewhere than the parser.
bool measure(const Formula& f, size_t depth, size_t& nodes, std::vector<uint32_t>& atoms) {
  if (depth > kMaxFormulaDepth || ++nodes > kMaxFormulaNodes) return false;
  if (f.op == Op::event) atoms.push_back(f.event);
  return std::all_of(f.of.begin(), f.of.end(),
                     [&](const Formula& part) { return measure(part, depth + 1, nodes, atoms); });
}

void sort_unique(std::vector<uint32_t>& v) {
  std::sort(v.begin(), v.end());
  v.erase(std::unique(v.begin(), v.end()), v.end());
}

size_t mask(const std::vector<uint32_t>& events, const std::vector<uint32_t>& some) {
  size_t m = 0;
  for (size_t i = 0; i < events.size(); i++)
    if (std::binary_search(some.begin(), some.end(), events[i])) m |= size_t{1} << i;
  return m;
}

std::string too_many_bits(size_t events, size_t clocks) {
  return "it tells " + std::to_string(events) + " events and " + std::to_string(clocks) +
         " times apart, together at most " + std::to_string(Automaton::kMaxBits) +
         ": make several clauses of it, or one event of those that are always named together";
}

// Clocks in a ring. States 0 … most-1: so many were granted yet. From most on: all clocks are set, this one the oldest.
std::variant<Automaton, std::string> build_limit(const Temporal& t) {
  if (t.most > Automaton::kMaxClocks)
    return "limits above " + std::to_string(Automaton::kMaxClocks) +
           " are not made automata of: each event has a clock";
  Automaton a;
  a.events = t.judged;
  sort_unique(a.events);
  a.guards.assign(t.most, {0, t.within});
  if (a.bits() > Automaton::kMaxBits) return too_many_bits(a.events.size(), t.most);
  const size_t events = (size_t{1} << a.events.size()) - 1;
  for (size_t s = 0; s < 2 * size_t{t.most}; s++) {
    const size_t clock = s % t.most, next = s + 1 < 2 * size_t{t.most} ? s + 1 : t.most;
    std::vector<Automaton::Edge>& row = a.table.emplace_back(size_t{1} << a.bits());
    for (size_t l = 0; l < row.size(); l++) {
      row[l].next = static_cast<uint16_t>(s);
      if (!(l & events)) continue;
      row[l].deny = s >= t.most && (l >> (a.events.size() + clock) & 1);
      if (!row[l].deny) row[l] = {static_cast<uint16_t>(next), static_cast<uint8_t>(1u << clock), false};
    }
  }
  return a;
}

// Leaves out the clocks that no state looks at.
Automaton finished(const Graph& m, std::vector<uint32_t> events, const std::vector<Bound>& guards) {
  uint8_t used = 0;
  for (const uint8_t u : clocks_in_use(m, events.size())) used |= u;
  Automaton a;
  std::array<uint8_t, 256> renumbered = {};  // sets of clocks; those left out are never set
  std::vector<size_t> kept;                  // bits of a letter
  for (size_t i = 0; i < events.size(); i++) kept.push_back(i);
  for (size_t g = 0; g < guards.size(); g++) {
    if (!(used >> g & 1)) continue;
    for (size_t set = 0; set < renumbered.size(); set++)
      if (set >> g & 1) renumbered[set] = static_cast<uint8_t>(renumbered[set] | 1u << a.guards.size());
    kept.push_back(events.size() + g);
    a.guards.push_back(guards[g]);
  }
  a.events = std::move(events);
  for (size_t s = 0; s < m.states; s++) {
    std::vector<Automaton::Edge>& row = a.table.emplace_back(size_t{1} << kept.size());
    for (size_t l = 0; l < row.size(); l++) {
      size_t letter = 0;
      for (size_t i = 0; i < kept.size(); i++) letter |= (l >> i & 1) << kept[i];
      const Graph::Edge& e = m.edge(s, letter);
      row[l] = {static_cast<uint16_t>(e.next), renumbered[e.set], e.deny};
    }
  }
  return a;
}

}  // namespace

std::variant<Automaton, std::string> build(const Temporal& temporal,
                                           const std::function<std::string(uint32_t)>& event_name) {
  if (temporal.most) return build_limit(temporal);
  std::vector<uint32_t> judged = temporal.judged, atoms;
  size_t nodes = 0;
  if (!measure(temporal.formula, 1, nodes, atoms))
    return "the formula has more than " + std::to_string(kMaxFormulaNodes) + " parts or is nested deeper than " +
           std::to_string(kMaxFormulaDepth) + ": make several clauses of it";
  sort_unique(judged);
  sort_unique(atoms);
  std::vector<uint32_t> events = judged;
  events.insert(events.end(), atoms.begin(), atoms.end());
  sort_unique(events);

  Translation t(events, event_name);
  const uint32_t verdict = t.value(temporal.formula);
  if (!t.refused.empty()) return t.refused;
  std::vector<uint32_t> bits, clocks;
  find_used(t, verdict, bits, clocks);
  if (clocks.size() > Automaton::kMaxClocks)
    return "it keeps " + std::to_string(clocks.size()) + " times, at most " + std::to_string(Automaton::kMaxClocks) +
           ": make several clauses of it, or let bounds on the same formula be alike";
  if (events.size() + clocks.size() > Automaton::kMaxBits) return too_many_bits(events.size(), clocks.size());

  const std::string too_many = "it has too many states, at most " + std::to_string(Automaton::kMaxStates) +
                               ": make several clauses of it, or nest fewer prev, start and end";
  const auto machine =
      explore(t, verdict, temporal.unless, {events.size(), mask(events, judged), mask(events, atoms)}, bits, clocks);
  if (!machine) return too_many;
  const Graph small = least(*machine, events.size());
  if (small.states > Automaton::kMaxStates) return too_many;
  std::vector<Bound> guards;
  for (const uint32_t c : clocks) guards.push_back(t.clocks[c].guard);
  return finished(small, std::move(events), guards);
}

Always constant(const Automaton& automaton, std::span<const uint32_t> judged) {
  const size_t all = (size_t{1} << automaton.events.size()) - 1;
  size_t asked = judged.empty() ? all : 0;
  for (size_t i = 0; i < automaton.events.size(); i++)
    if (std::find(judged.begin(), judged.end(), automaton.events[i]) != judged.end()) asked |= size_t{1} << i;
  bool denies = false, grants = false;
  std::vector<bool> seen(automaton.table.size());
  std::vector<size_t> todo{0};
  while (!todo.empty()) {
    const size_t s = todo.back();
    todo.pop_back();
    if (s >= seen.size() || seen[s]) continue;
    seen[s] = true;
    for (size_t l = 0; l < automaton.table[s].size(); l++) {
      if (!(l & all)) continue;
      const Automaton::Edge& e = automaton.table[s][l];
      if (l & asked) (e.deny ? denies : grants) = true;
      if (!e.deny) todo.push_back(e.next);
    }
  }
  if (!denies) return Always::never;
  return grants ? Always::neither : Always::always;
}

}  // namespace kss::policy
