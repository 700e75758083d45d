// SPDX-License-Identifier: BSD-2-Clause
#include "policy/path_automaton.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>

#include "policy/intern.hpp"

namespace kss::policy {
namespace {

constexpr size_t kMaxPositionsStored = 32'000'000;
constexpr size_t kMaxEdges = 4'000'000;

struct Pattern {
  enum class What : uint8_t { type, entry };
  std::vector<Component> components;
  What what = What::type;
  uint16_t target = 0;
  bool abstract = false;
  bool container = false;  // of a container's name: the outermost container decides
  uint32_t rank = 0;       // greater = more specific, among all patterns
  const Pos* pos = nullptr;
  std::string text;
  uint32_t base = 0;    // its first position
  uint32_t states = 0;  // how many states it takes part in
};

// One place in a pattern: what it asks of the next component.
struct Position {
  enum class Kind : uint8_t { literal, glob, star, deep, deep_last, end, end_loop };
  Kind kind;
  uint32_t name;  // literal: index in names; glob: index in distinct globs
  uint32_t pattern;
};

std::string line_of(const Pattern& p) {
  std::string where = "'" + p.text + "'";
  if (p.pos && p.pos->line)
    where += " (" + (p.pos->file ? *p.pos->file + ":" : std::string("line ")) + std::to_string(p.pos->line) + ")";
  return where;
}

class Builder {
 public:
  Builder(const CheckedPolicy& policy, Diagnostics& diags) : policy_(policy), diags_(diags) {}
  std::optional<PathAutomaton> run();

 private:
  void add(const PathPattern& pattern, Pattern::What what, uint32_t target, std::vector<uint32_t>& tree, bool path);
  void error(const Pos& pos, std::string message, std::string hint) {
    diags_.push_back({Diagnostic::Severity::error, pos, std::move(message), std::move(hint)});
    failed_ = true;
  }
  void rank_patterns();
  void lay_out_positions();
  void close(uint32_t p, std::vector<uint32_t>& out) const;
  uint32_t root(const std::vector<uint32_t>& tree, uint32_t id, uint16_t type_of_none);
  uint32_t state_of(std::vector<uint32_t>& set);
  void prune(std::vector<uint32_t>& set) const;
  bool expand(uint32_t state);
  void label(uint32_t state);
  void conflict(const Pattern& a, const Pattern& b);
  bool too_big();
  uint32_t automaton_of(std::vector<uint32_t> globs, bool abstract);

  const CheckedPolicy& policy_;
  Diagnostics& diags_;
  bool failed_ = false;
  std::vector<Pattern> patterns_;
  std::vector<uint32_t> files_, abstract_, cgroups_;  // patterns of each tree
  std::vector<Position> positions_;
  std::unordered_map<std::string, uint32_t> name_ids_, glob_ids_;
  std::vector<const Component*> globs_;
  SetTable sets_;
  std::vector<uint32_t> state_of_set_, set_of_state_;
  std::map<std::vector<uint32_t>, uint32_t> automata_;
  std::set<std::pair<uint32_t, uint32_t>> reported_;
  PathAutomaton out_;
};

void Builder::add(const PathPattern& pattern, Pattern::What what, uint32_t target, std::vector<uint32_t>& tree,
                  bool path) {
  Pattern p;
  if (path) {
    auto components = parse_path_pattern(pattern.text);
    if (!components) return error(pattern.pos, components.error().message, components.error().hint);
    p.components = std::move(*components);
  } else {
    auto component = parse_component(pattern.text, false);
    if (!component)
      return error(pattern.pos, component.error().message + " in the name of a unix socket", component.error().hint);
    p.components.push_back(std::move(*component));
    p.abstract = true;
  }
  if (target > 0xffff)
    return error(pattern.pos, "more than 65535 entry points", "use patterns that cover several executables");
  p.what = what;
  p.target = static_cast<uint16_t>(target);
  p.pos = &pattern.pos;
  p.text = pattern.text;
  tree.push_back(static_cast<uint32_t>(patterns_.size()));
  patterns_.push_back(std::move(p));
}

// Total preorder: component ranks compared from the left; a pattern that has ended ranks below any that goes on.
void Builder::rank_patterns() {
  std::vector<uint32_t> order(patterns_.size());
  for (uint32_t i = 0; i < order.size(); i++) order[i] = i;
  auto compare = [&](const Pattern& a, const Pattern& b) {
    return std::lexicographical_compare_three_way(
        a.components.begin(), a.components.end(), b.components.begin(), b.components.end(),
        [](const Component& x, const Component& y) { return x.rank <=> y.rank; });
  };
  std::sort(order.begin(), order.end(),
            [&](uint32_t a, uint32_t b) { return compare(patterns_[a], patterns_[b]) < 0; });
  uint32_t rank = 1;
  for (size_t i = 0; i < order.size(); i++) {
    if (i && compare(patterns_[order[i - 1]], patterns_[order[i]]) != 0) rank++;
    patterns_[order[i]].rank = rank;
  }
}

void Builder::lay_out_positions() {
  for (uint32_t i = 0; i < patterns_.size(); i++) {
    Pattern& p = patterns_[i];
    p.base = static_cast<uint32_t>(positions_.size());
    bool last_deep = false;
    for (size_t k = 0; k < p.components.size(); k++) {
      const Component& c = p.components[k];
      Position at{Position::Kind::star, 0, i};
      bool last = k + 1 == p.components.size();
      switch (c.kind) {
        case Component::Kind::literal: {
          at.kind = Position::Kind::literal;
          auto [it, fresh] = name_ids_.try_emplace(c.text, static_cast<uint32_t>(out_.names.size()));
          if (fresh) out_.names.push_back(c.text);
          at.name = it->second;
          break;
        }
        case Component::Kind::glob: {
          at.kind = Position::Kind::glob;
          auto [it, fresh] = glob_ids_.try_emplace(c.text, static_cast<uint32_t>(globs_.size()));
          if (fresh) globs_.push_back(&c);
          at.name = it->second;
          break;
        }
        case Component::Kind::star: break;
        case Component::Kind::deep:
          at.kind = last ? Position::Kind::deep_last : Position::Kind::deep;
          last_deep = last;
          break;
      }
      positions_.push_back(at);
    }
    positions_.push_back({last_deep ? Position::Kind::end_loop : Position::Kind::end, 0, i});
  }
}

// A "**" that more components follow may stand for none.
void Builder::close(uint32_t p, std::vector<uint32_t>& out) const {
  for (out.push_back(p); positions_[p].kind == Position::Kind::deep; out.push_back(p)) p++;
}

// Below a directory that "/a/**" has taken, patterns that it outranks can never decide again. Below a container's, no
// other container does.
void Builder::prune(std::vector<uint32_t>& set) const {
  auto taken = [&](uint32_t p) {
    const auto kind = positions_[p].kind;
    return kind == Position::Kind::end_loop || kind == Position::Kind::deep_last;
  };
  auto contained = [&](uint32_t p) { return patterns_[positions_[p].pattern].container; };
  if (std::any_of(set.begin(), set.end(), [&](uint32_t p) { return contained(p) && taken(p); }))
    std::erase_if(set,
                  [&](uint32_t p) { return contained(p) && !taken(p) && positions_[p].kind != Position::Kind::end; });
  uint32_t here[2] = {0, 0}, below[2] = {0, 0};
  auto is_end = [](Position::Kind k) { return k == Position::Kind::end || k == Position::Kind::end_loop; };
  for (uint32_t p : set) {
    const auto kind = positions_[p].kind;
    if (kind != Position::Kind::end_loop && kind != Position::Kind::deep_last) continue;
    const Pattern& pattern = patterns_[positions_[p].pattern];
    const auto what = static_cast<size_t>(pattern.what);
    below[what] = std::max(below[what], pattern.rank);
    if (kind == Position::Kind::end_loop) here[what] = std::max(here[what], pattern.rank);
  }
  if (!below[0] && !below[1]) return;
  std::erase_if(set, [&](uint32_t p) {
    const Pattern& pattern = patterns_[positions_[p].pattern];
    const auto what = static_cast<size_t>(pattern.what);
    return pattern.rank < (is_end(positions_[p].kind) ? here[what] : below[what]);
  });
}

uint32_t Builder::state_of(std::vector<uint32_t>& set) {
  if (set.empty()) return KSS_STATE_DEAD;
  std::sort(set.begin(), set.end());
  set.erase(std::unique(set.begin(), set.end()), set.end());
  prune(set);
  bool fresh = false;
  uint32_t id = sets_.intern(set, &fresh);
  if (fresh) {
    state_of_set_.push_back(static_cast<uint32_t>(out_.states.size()));
    set_of_state_.push_back(id);
    out_.states.emplace_back();
  }
  return state_of_set_[id];
}

// Roots have fixed ids; no other state has the set of a root unless it behaves as the root does.
uint32_t Builder::root(const std::vector<uint32_t>& tree, uint32_t id, uint16_t type_of_none) {
  std::vector<uint32_t> set;
  for (uint32_t p : tree) close(patterns_[p].base, set);
  if (set.empty()) {
    out_.states.emplace_back();
    set_of_state_.push_back(UINT32_MAX);
  } else {
    state_of(set);
  }
  out_.states[id].type = type_of_none;
  return id;
}

void Builder::conflict(const Pattern& a, const Pattern& b) {
  auto ia = static_cast<uint32_t>(&a - patterns_.data()), ib = static_cast<uint32_t>(&b - patterns_.data());
  if (!reported_.insert(std::minmax(ia, ib)).second || reported_.size() > 20) return;
  const char* what = a.what == Pattern::What::type ? "types" : "entry points";
  error(*b.pos,
        line_of(a) + " and " + line_of(b) + " are equally specific, match a common path, and lead to different " + what,
        "make one of them more specific, or name the common path itself in the type it belongs to");
}

void Builder::label(uint32_t state) {
  if (set_of_state_[state] == UINT32_MAX) return;
  for (auto what : {Pattern::What::type, Pattern::What::entry}) {
    const Pattern* best = nullptr;
    std::vector<const Pattern*> rivals;
    for (uint32_t p : sets_[set_of_state_[state]]) {
      auto kind = positions_[p].kind;
      if (kind != Position::Kind::end && kind != Position::Kind::end_loop) continue;
      const Pattern& pattern = patterns_[positions_[p].pattern];
      if (pattern.what != what) continue;
      if (!best || pattern.rank > best->rank) {
        best = &pattern;
        rivals.clear();
      } else if (pattern.rank == best->rank && pattern.target != best->target) {
        rivals.push_back(&pattern);
      }
    }
    for (const auto* r : rivals) conflict(*best, *r);
    if (best) (what == Pattern::What::type ? out_.states[state].type : out_.states[state].entry) = best->target;
  }
}

uint32_t Builder::automaton_of(std::vector<uint32_t> globs, bool abstract) {
  auto key = globs;
  if (abstract) key.push_back(UINT32_MAX);
  auto [it, fresh] = automata_.try_emplace(std::move(key), static_cast<uint32_t>(out_.automata.size()));
  if (fresh) {
    std::vector<const Component*> components;
    for (uint32_t g : globs) components.push_back(globs_[g]);
    auto automaton = build_glob_automaton(components, abstract);
    if (!automaton) {
      const Pos* pos = nullptr;
      for (const auto& p : positions_)
        if (p.kind == Position::Kind::glob && p.name == globs[0]) {
          pos = patterns_[p.pattern].pos;
          break;
        }
      error(pos ? *pos : Pos{}, automaton.error().message, automaton.error().hint);
      out_.automata.emplace_back();
    } else {
      out_.automata.push_back(std::move(*automaton));
    }
  }
  return it->second;
}

bool Builder::expand(uint32_t state) {
  if (set_of_state_[state] == UINT32_MAX) return true;
  std::vector<uint32_t> any, literal, glob;
  {
    auto set = sets_[set_of_state_[state]];
    for (uint32_t p : set) {
      switch (positions_[p].kind) {
        case Position::Kind::literal: literal.push_back(p); break;
        case Position::Kind::glob: glob.push_back(p); break;
        case Position::Kind::star: close(p + 1, any); break;
        case Position::Kind::deep: close(p, any); break;
        case Position::Kind::deep_last: any.push_back(p + 1); break;
        case Position::Kind::end_loop: any.push_back(p); break;
        case Position::Kind::end: break;
      }
    }
  }
  auto by_name = [&](uint32_t a, uint32_t b) {
    return std::pair(positions_[a].name, a) < std::pair(positions_[b].name, b);
  };
  std::sort(literal.begin(), literal.end(), by_name);
  std::sort(glob.begin(), glob.end(), by_name);

  std::vector<uint32_t> ids, next;
  for (uint32_t p : glob)
    if (ids.empty() || ids.back() != positions_[p].name) ids.push_back(positions_[p].name);
  uint32_t which = UINT32_MAX;
  if (!ids.empty()) {
    which = automaton_of(ids, patterns_[positions_[glob[0]].pattern].abstract);
    if (out_.automata[which].nstates == 0) return false;
  }
  // The places behind the globs of one acceptance set, which are indices in `ids`.
  auto add_matched = [&](uint32_t set) {
    for (uint32_t m : out_.automata[which].sets[set]) {
      auto at = std::lower_bound(glob.begin(), glob.end(), ids[m],
                                 [&](uint32_t p, uint32_t id) { return positions_[p].name < id; });
      for (; at != glob.end() && positions_[*at].name == ids[m]; ++at) close(*at + 1, next);
    }
  };

  // Literal names first: a set of globs that only they match is reached by no other name, so it needs no state, and two
  // patterns that tie there tie nowhere.
  const size_t nsets = ids.empty() ? 1 : out_.automata[which].sets.size();
  std::vector<uint64_t> taken(nsets, 0);
  for (size_t i = 0; i < literal.size();) {
    uint32_t name = positions_[literal[i]].name;
    next = any;
    if (!ids.empty()) {
      uint32_t set = out_.automata[which].run(out_.names[name]);
      taken[set]++;
      add_matched(set);
    }
    for (; i < literal.size() && positions_[literal[i]].name == name; i++) close(literal[i] + 1, next);
    uint32_t to = state_of(next);
    out_.edges.push_back({state, name, to});
    out_.states[state].literals = true;
  }
  auto reached = [&](uint32_t set) { return ids.empty() || out_.automata[which].names[set] > taken[set]; };
  if (reached(0)) {
    next = any;
    uint32_t to = state_of(next);
    out_.states[state].next_default = to;
  }
  if (!ids.empty()) {
    std::vector<uint32_t> to(nsets, KSS_GLOB_NONE);
    for (uint32_t set = 1; set < nsets; set++) {
      if (!reached(set)) continue;
      next = any;
      add_matched(set);
      to[set] = state_of(next);
    }
    out_.globs.push_back({which, std::move(to)});
    out_.states[state].glob = static_cast<uint32_t>(out_.globs.size());
  }
  return true;
}

bool Builder::too_big() {
  if (out_.states.size() <= kMaxPathStates && sets_.total() <= kMaxPositionsStored && out_.edges.size() <= kMaxEdges)
    return false;
  for (uint32_t id = 0; id < sets_.size(); id++) {
    uint32_t last = UINT32_MAX;
    for (uint32_t p : sets_[id]) {
      uint32_t owner = positions_[p].pattern;
      if (owner != last) patterns_[owner].states++;
      last = owner;
    }
  }
  // A pattern in nearly every state is one cause; among those, the one with the most wildcards is the likelier.
  auto weight = [](const Pattern& p) {
    uint64_t wild = 0;
    for (const auto& c : p.components) wild += c.kind != Component::Kind::literal;
    return wild * (p.states + 1ull);
  };
  const Pattern* worst = &patterns_[0];
  for (const auto& p : patterns_)
    if (weight(p) > weight(*worst)) worst = &p;
  error(*worst->pos,
        "the path patterns together need more than " + std::to_string(kMaxPathStates) + " states or " +
            std::to_string(kMaxEdges) + " steps between them; " + line_of(*worst) + " is in the most, " +
            std::to_string(worst->states),
        "use fewer '**' before other components: name the directories instead");
  return true;
}

std::optional<PathAutomaton> Builder::run() {
  const uint32_t first = policy_.first_type();
  for (uint32_t t = 0; t < policy_.types.size(); t++) {
    for (const auto& p : policy_.types[t].files) add(p, Pattern::What::type, first + t, files_, true);
    for (const auto& p : policy_.types[t].abstract_names) add(p, Pattern::What::type, first + t, abstract_, false);
  }
  for (const auto& d : policy_.domains) {
    for (const auto& e : d.entries) {
      if (e.kind == Entry::Kind::exec) add(e.pattern, Pattern::What::entry, e.number, files_, true);
      if (e.kind != Entry::Kind::cgroup) continue;
      const size_t before = patterns_.size();
      add(e.pattern, Pattern::What::entry, e.number, cgroups_, true);
      if (patterns_.size() > before) patterns_.back().container = !e.container.empty();
    }
  }
  if (failed_) return std::nullopt;
  rank_patterns();
  // Whatever abstract name no pattern matches is unix_other: a pattern below all others.
  Pattern rest;
  rest.components.push_back(*parse_component("*", false));
  rest.target = KSS_OBJ_unix_other;
  rest.abstract = true;
  static const Pos nowhere;
  rest.pos = &nowhere;
  abstract_.push_back(static_cast<uint32_t>(patterns_.size()));
  patterns_.push_back(std::move(rest));
  lay_out_positions();

  out_.states.emplace_back();  // KSS_STATE_DEAD
  set_of_state_.push_back(UINT32_MAX);
  root(files_, KSS_STATE_ROOT, KSS_OBJ_unlabeled);
  root(abstract_, KSS_STATE_ABSTRACT, KSS_OBJ_unix_other);
  root(cgroups_, KSS_STATE_CGROUP, KSS_OBJ_unlabeled);
  for (uint32_t s = KSS_STATE_ROOT; s < out_.states.size(); s++) {
    if (!expand(s) || too_big()) return std::nullopt;
    label(s);
  }
  if (failed_) return std::nullopt;
  return std::move(out_);
}

}  // namespace

std::optional<PathAutomaton> build_path_automaton(const CheckedPolicy& policy, Diagnostics& diags) {
  return Builder(policy, diags).run();
}

}  // namespace kss::policy
