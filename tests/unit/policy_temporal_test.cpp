// SPDX-License-Identifier: BSD-2-Clause
// Temporal clauses: their text, what each operator means, and their automata against whole histories.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>
#include <set>

#include "engine/history.hpp"
#include "policy/formula.hpp"
#include "policy/temporal.hpp"

namespace kss::policy {
namespace {

using engine::History;
using engine::Position;
using Op = Formula::Op;

constexpr uint64_t kSecond = 1'000'000'000, kMinute = 60 * kSecond;
const std::vector<std::string_view> kNames = {"p", "q", "r", "s", "login", "log-out", "net.write_coils", "_"};

std::optional<uint32_t> number(std::string_view name) {
  const auto at = std::find(kNames.begin(), kNames.end(), name);
  if (at == kNames.end()) return std::nullopt;
  return static_cast<uint32_t>(at - kNames.begin());
}

std::string name(uint32_t event) { return std::string(kNames.at(event)); }

Formula formula(std::string_view text) {
  auto parsed = parse_formula(text, number, kNames);
  if (const auto* e = std::get_if<SyntaxError>(&parsed)) {
    ADD_FAILURE() << text << ": " << e->at << ": " << e->what;
    return {};
  }
  return std::get<Formula>(parsed);
}

Temporal clause(std::string_view key, std::string_view text) {
  auto parsed = parse_clause(key, text, number, kNames);
  if (const auto* e = std::get_if<SyntaxError>(&parsed)) {
    ADD_FAILURE() << text << ": " << e->at << ": " << e->what;
    return {};
  }
  return std::get<Temporal>(parsed);
}

Automaton automaton(std::string_view text, std::string_view key = "deny") {
  auto built = build(clause(key, text), name);
  if (const auto* why = std::get_if<std::string>(&built)) {
    ADD_FAILURE() << text << ": " << *why;
    return {{}, {}, {{{}}}};
  }
  return std::get<Automaton>(built);
}

std::string refusal(const Temporal& t) {
  const auto built = build(t, name);
  return built.index() ? std::get<1>(built) : "";
}

// Runs an automaton as the core does. What it says of the age of a clock that was never set must not matter: it is
// drawn.
class Runner {
 public:
  Runner(const Automaton& a, uint32_t seed) : a_(a), clocks_(a.guards.size()), random_(seed) {}
  bool grants(uint64_t time, const std::vector<uint32_t>& events) {
    const Automaton::Edge* e = edge(time, events);
    return !e || !e->deny;
  }
  void add(uint64_t time, const std::vector<uint32_t>& events) {
    const Automaton::Edge* e = edge(time, events);
    if (!e) return;
    EXPECT_FALSE(e->deny);
    state_ = e->next;
    for (size_t g = 0; g < clocks_.size(); g++)
      if (e->set >> g & 1) clocks_[g] = time;
  }

 private:
  const Automaton::Edge* edge(uint64_t time, const std::vector<uint32_t>& events) {
    size_t letter = 0;
    for (size_t i = 0; i < a_.events.size(); i++)
      if (std::find(events.begin(), events.end(), a_.events[i]) != events.end()) letter |= size_t{1} << i;
    if (!letter) return nullptr;
    for (size_t g = 0; g < clocks_.size(); g++) {
      const bool in = clocks_[g] ? a_.guards[g].low <= time - *clocks_[g] && time - *clocks_[g] <= a_.guards[g].high
                                 : random_() % 2 == 0;
      if (in) letter |= size_t{1} << (a_.events.size() + g);
    }
    return &a_.table.at(state_).at(letter);
  }
  const Automaton& a_;
  size_t state_ = 0;
  std::vector<std::optional<uint64_t>> clocks_;
  std::mt19937 random_;
};

// --- Text ---

TEST(FormulaText, Precedence) {
  const std::pair<const char*, const char*> same[] = {
      {"p or q and r", "p or (q and r)"},
      {"p and q since r", "p and (q since r)"},
      {"not p since once q", "(not p) since (once q)"},
      {"p since q since r", "(p since q) since r"},
      {"p -> q -> r", "p -> (q -> r)"},
      {"p or q -> r and s", "(p or q) -> (r and s)"},
      {"not not p", "not (not p)"},
      {"once[10m]p", "once [..10m] p"},
      {"once[2s..10m] p", "once[2s, 10m] p"},
      {"once[0..] p", "once p"},
      {"once[0] p", "once[..0s] p"},
      {"once[60s] p", "once[1m] p"},
      {"historically[5s..] p", "hist [ 5s .. ] p"},
      {"p->q", "p -> q"},
      {"log-out->q", "(log-out) -> (q)"},
      {"\tprev[1s,2s]\n p ", "prev[1000ms..2000000us] p"},
      {"(((p)))", "p"},
  };
  for (const auto& [a, b] : same) EXPECT_EQ(formula(a), formula(b)) << a;
  const std::pair<const char*, const char*> different[] = {
      {"p since q since r", "p since (q since r)"},
      {"p -> q -> r", "(p -> q) -> r"},
      {"p and q and r", "(p and q) and r"},
      {"once p since q", "once (p since q)"},
      {"not p and q", "not (p and q)"},
  };
  for (const auto& [a, b] : different) EXPECT_FALSE(formula(a) == formula(b)) << a;
  EXPECT_EQ(formula("p and q and r").of.size(), 3u);
}

TEST(FormulaText, Times) {
  const Formula f =
      formula("(p since[..10m] q) and prev[5s, 2h] p and once[1d..] (hist[7ns..8us] p) and earlier[9ms] q");
  ASSERT_EQ(f.of.size(), 4u);
  EXPECT_EQ(f.of[0].bound, (Bound{0, 10 * kMinute}));
  EXPECT_EQ(f.of[1].bound, (Bound{5 * kSecond, 120 * kMinute}));
  EXPECT_EQ(f.of[2].bound, (Bound{1440 * kMinute, Bound::kForever}));
  EXPECT_EQ(f.of[2].of[0].bound, (Bound{7, 8000}));
  EXPECT_EQ(f.of[3].bound, (Bound{0, 9'000'000}));
  EXPECT_EQ(formula("once[18446744073709551614ns] p").bound.high, Bound::kForever - 1);
  EXPECT_EQ(time_to_string(0), "0");
  EXPECT_EQ(time_to_string(90 * kSecond), "90s");
  EXPECT_EQ(time_to_string(600 * kSecond), "10m");
  EXPECT_EQ(time_to_string(Bound::kForever - 1), "18446744073709551614ns");
}

TEST(FormulaText, Clauses) {
  Temporal t = clause("deny", "net.write_coils unless (not log-out) since[10m] login");
  EXPECT_EQ(t.judged, std::vector<uint32_t>{6});
  EXPECT_TRUE(t.unless);
  EXPECT_EQ(t.most, 0u);
  EXPECT_EQ(t.formula, formula("not log-out since[..10m] login"));
  EXPECT_EQ(t.text, "net.write_coils unless (not log-out) since[10m] login");
  t = clause("deny", "{ r p r } if once q");
  EXPECT_EQ(t.judged, (std::vector<uint32_t>{0, 2}));
  EXPECT_FALSE(t.unless);
  t = clause("limit", "at most 5 {p q} in 10s");
  EXPECT_EQ(t.judged, (std::vector<uint32_t>{0, 1}));
  EXPECT_EQ(t.most, 5u);
  EXPECT_EQ(t.within, 10 * kSecond);
}

TEST(FormulaText, Errors) {
  struct Case {
    const char* key;  // nullptr: a formula alone
    const char* text;
    size_t at;
    const char* what;
    const char* hint;
  };
  const Case cases[] = {
      {nullptr, "", 0, "found the end, expected an event", ""},
      {nullptr, "p and", 5, "found the end, expected an event", ""},
      {nullptr, "p q", 2, "found `q`, expected `and`, `or`, `since`, `->` or the end", ""},
      {nullptr, "(p", 2, "found the end, expected `and`, `or`, `since`, `->` or `)`", ""},
      {nullptr, "p)", 1, "found `)`", ""},
      {nullptr, "p or logim", 5, "unknown event `logim`", "did you mean `login`?"},
      {nullptr, "onec p", 0, "unknown event `onec`", "did you mean `once`?"},
      {nullptr, "p or zzzzzzz", 5, "unknown event `zzzzzzz`", "events:"},
      {nullptr, "!p", 0, "found `!`", "write `not`"},
      {nullptr, "p && q", 2, "found `&`", "write `and`"},
      {nullptr, "p | q", 2, "found `|`", "write `or`"},
      {nullptr, "p => q", 2, "found `=`", "write `->`"},
      {nullptr, "p and unless", 6, "found `unless`, expected an event", ""},
      {nullptr, "once[10] p", 5, "found `10`, expected a time", "unit, such as 10s"},
      {nullptr, "once[10 m] p", 5, "found `10`, expected a time", "such as 10s"},
      {nullptr, "once[10sec] p", 5, "found `10sec`, expected a time", "ns us ms s m h d"},
      {nullptr, "once[] p", 5, "found `]`, expected a time", "10s"},
      {nullptr, "once[..] p", 7, "found `]`, expected a time", "10s"},
      {nullptr, "once[-5s] p", 5, "found `-`, expected a time", "10s"},
      {nullptr, "once[1s 2s] p", 8, "found `2s`, expected `]`", "[5s, 10m]"},
      {nullptr, "once[1s,] p", 8, "found `]`, expected a time", ""},
      {nullptr, "once[1s", 7, "found the end, expected `]`", ""},
      {nullptr, "once[10m, 5s] p", 5, "the bound begins at 10m, after its end at 5s", "[5s, 10m]?"},
      {nullptr, "once[18446744073709551615ns] p", 5, "is too long", "584 years"},
      {nullptr, "once[18446744073709551616ns] p", 5, "is too long", ""},
      {nullptr, "once[99999999999999999999999ns] p", 5, "is too long", ""},
      {nullptr, "once[213504d] p", 5, "is too long", ""},
      {nullptr, "not[5s] p", 3, "found `[`, but `not` takes no bound", "since"},
      {nullptr, "p and[5s] p", 5, "found `[`, expected an event", ""},
      {nullptr, "p \xff", 2, "found `\\xff`", ""},
      {"deny", "p", 1, "found the end, expected `unless` or `if`", "EVENT unless FORMULA"},
      {"deny", "unless p", 0, "found `unless`, expected an event or `{`", ""},
      {"deny", "{ } if p", 2, "found `}`, expected an event", ""},
      {"deny", "{ p, q } if p", 3, "found `,`, expected an event or `}`", "without commas"},
      {"deny", "{ p not } if p", 4, "found `not`, expected an event", ""},
      {"deny", "{ p", 3, "found the end, expected an event or `}`", ""},
      {"deny", "x if p", 0, "unknown event `x`", ""},
      {"deny", "p if", 4, "found the end", ""},
      {"limit", "3 p in 10s", 0, "found `3`, expected `at`", "limit: at most 3 EVENT in 10s"},
      {"limit", "at most p in 10s", 8, "found `p`, expected a number", ""},
      {"limit", "at most 0 p in 10s", 8, "a limit of 0 denies always", "unless false"},
      {"limit", "at most 4294967296 p in 10s", 8, "too great", ""},
      {"limit", "at most 3s p in 10s", 8, "found `3s`, expected a number", ""},
      {"limit", "at most 3 p", 11, "found the end, expected `in`", ""},
      {"limit", "at most 3 p in 10", 15, "found `10`, expected a time", "10s"},
      {"limit", "at most 3 p in 10s p", 19, "found `p`, expected the end", ""},
      {"dney", "p if p", 0, "found the clause `dney`", "deny"},
  };
  for (const Case& c : cases) {
    std::optional<SyntaxError> e;
    if (c.key) {
      auto parsed = parse_clause(c.key, c.text, number, kNames);
      if (parsed.index()) e = std::get<1>(parsed);
    } else {
      auto parsed = parse_formula(c.text, number, kNames);
      if (parsed.index()) e = std::get<1>(parsed);
    }
    ASSERT_TRUE(e) << c.text;
    EXPECT_EQ(e->at, c.at) << c.text << ": " << e->what;
    EXPECT_NE(e->what.find(c.what), std::string::npos) << c.text << ": " << e->what;
    EXPECT_NE(e->hint.find(c.hint), std::string::npos) << c.text << ": " << e->hint;
  }
}

std::string repeated(const std::string& text, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; i++) out += text;
  return out;
}

TEST(FormulaText, IsBounded) {
  const auto accepts = [](const std::string& text) { return parse_formula(text, number).index() == 0; };
  EXPECT_TRUE(accepts(repeated("not ", 63) + "p"));
  EXPECT_FALSE(accepts(repeated("not ", 64) + "p"));
  EXPECT_TRUE(accepts(repeated("(", 63) + "p" + repeated(")", 63)));
  EXPECT_FALSE(accepts(repeated("(", 64) + "p" + repeated(")", 64)));
  EXPECT_TRUE(accepts("p" + repeated(" since p", 63)));
  EXPECT_FALSE(accepts("p" + repeated(" since p", 64)));
  EXPECT_TRUE(accepts(repeated("p -> ", 63) + "p"));
  EXPECT_FALSE(accepts(repeated("p -> ", 64) + "p"));
  EXPECT_TRUE(accepts("p" + repeated(" or p", 254)));
  EXPECT_FALSE(accepts("p" + repeated(" or p", 255)));
  for (const char* part : {"(", "not ", "p -> ", "p since ", "p and ", "p or (", "once[1s] ", "{", "["}) {
    EXPECT_FALSE(accepts(repeated(part, 100'000)));
    EXPECT_EQ(parse_clause("deny", "p if " + repeated(part, 100'000), number).index(), 1u);
  }
  const auto deep = parse_formula(repeated("(", 100), number);
  EXPECT_EQ(std::get<1>(deep).at, 64u);
  EXPECT_NE(std::get<1>(deep).what.find("deeper than 64"), std::string::npos);
}

// --- Random formulas ---

class Random {
 public:
  explicit Random(uint32_t seed) : random_(seed) {}
  uint32_t below(uint32_t n) { return std::uniform_int_distribution<uint32_t>(0, n - 1)(random_); }

  Bound bound(bool both_sides) {
    switch (below(both_sides ? 6 : 4)) {
      case 0: return {};
      case 1:
      case 2: return {0, below(7)};
      case 3: return {1 + below(6), Bound::kForever};
      default: {
        const uint32_t low = below(4);
        return {low, low + below(4)};
      }
    }
  }
  /// As the parser would give it. `windows`: two-sided bounds anywhere; otherwise only where they can be built.
  Formula formula(uint32_t depth, uint32_t events, bool windows = false) {
    Formula f;
    if (depth <= 1 || below(10) == 0) {
      if (below(12) == 0) {
        f.value = below(2);
      } else {
        f.op = Op::event;
        f.event = below(events);
      }
      return f;
    }
    constexpr Op kOps[] = {Op::negation, Op::conjunction, Op::disjunction, Op::implication, Op::prev,  Op::once,
                           Op::earlier,  Op::hist,        Op::since,       Op::since,       Op::start, Op::end};
    f.op = kOps[below(std::size(kOps))];
    const bool timed =
        f.op == Op::prev || f.op == Op::once || f.op == Op::earlier || f.op == Op::hist || f.op == Op::since;
    if (timed) f.bound = bound(windows || f.op == Op::prev);
    uint32_t parts = 1;
    if (f.op == Op::conjunction || f.op == Op::disjunction) parts = 2 + below(2);
    if (f.op == Op::implication || f.op == Op::since) parts = 2;
    for (uint32_t i = 0; i < parts; i++) f.of.push_back(formula(depth - 1, events, windows));
    return f;
  }

 private:
  std::mt19937 random_;
};

TEST(FormulaText, ParsesBackToTheSame) {
  Random random(1);
  for (int i = 0; i < 20'000; i++) {
    Formula f = random.formula(1 + random.below(6), static_cast<uint32_t>(kNames.size()), true);
    // Times of all sizes.
    if (!f.bound.any() && f.bound.low == 0) f.bound.high *= uint64_t{1} << random.below(60);
    const std::string text = to_string(f, name);
    const auto parsed = parse_formula(text, number);
    ASSERT_EQ(parsed.index(), 0u) << text << ": " << std::get<1>(parsed).what;
    ASSERT_EQ(std::get<0>(parsed), f) << text << "\n" << to_string(std::get<0>(parsed), name);
  }
}

TEST(FormulaText, AnyBytes) {
  Random random(2);
  const char* const words[] = {"p",      "q",    "(",       ")",        "not ",      "and ",  "or ",   "->",
                               "since ", "once", "[..5s] ", "[1s..]",   "[5s, 10m]", "prev ", "hist ", "{",
                               "}",      " if ", "unless ", "at most ", "3 ",        "in ",   "10s",   "true ",
                               "..",     "\xff", "start ",  "-",        "9",         ","};
  size_t parsed = 0;
  for (int i = 0; i < 50'000; i++) {
    std::string text;
    if (i % 2) {
      // A formula with one byte changed.
      text = to_string(random.formula(1 + random.below(4), 4, true), name);
      text[random.below(static_cast<uint32_t>(text.size()))] = static_cast<char>(random.below(256));
    } else {
      for (uint32_t n = random.below(12); n-- > 0;) text += words[random.below(std::size(words))];
    }
    for (const char* key : {"deny", "limit"}) {
      const auto c = parse_clause(key, text, number, kNames);
      if (const auto* e = std::get_if<SyntaxError>(&c)) {
        ASSERT_LE(e->at, text.size()) << text;
        ASSERT_FALSE(e->what.empty()) << text;
      }
    }
    const auto f = parse_formula(text, number, kNames);
    if (const auto* e = std::get_if<SyntaxError>(&f)) {
      ASSERT_LE(e->at, text.size()) << text;
      continue;
    }
    parsed++;
    ASSERT_EQ(formula(to_string(std::get<0>(f), name)), std::get<0>(f)) << text;
  }
  EXPECT_GT(parsed, 300u);
}

// --- What the operators mean ---

struct Worked {
  const char* formula;
  std::vector<std::pair<uint64_t, const char*>> history;  // time in seconds, events, each a letter
  const char* holds;                                      // at each position
};

const Worked kWorked[] = {
    {"p", {{0, "p"}, {1, "q"}, {1, "pq"}}, "101"},
    {"true", {{0, "r"}, {1, "r"}}, "11"},
    {"false", {{0, "r"}, {1, "r"}}, "00"},
    {"not p", {{0, "p"}, {1, "q"}, {1, "pq"}}, "010"},
    {"p and q", {{0, "p"}, {1, "q"}, {1, "pq"}}, "001"},
    {"p or q", {{0, "p"}, {1, "q"}, {1, "r"}}, "110"},
    {"p -> q", {{0, "p"}, {1, "q"}, {1, "pq"}, {2, "r"}}, "0111"},
    {"prev p", {{0, "p"}, {0, "q"}, {9, "p"}, {9, "p"}}, "0101"},
    {"prev true", {{0, "p"}, {0, "q"}}, "01"},
    {"not prev p", {{0, "p"}, {0, "p"}}, "10"},
    {"prev[..2s] p", {{0, "p"}, {2, "p"}, {5, "p"}, {5, "q"}, {5, "q"}}, "01010"},
    {"prev[2s..] p", {{0, "p"}, {2, "p"}, {3, "p"}, {6, "q"}, {9, "q"}}, "01010"},
    {"prev[2s, 3s] p", {{0, "p"}, {1, "p"}, {3, "p"}, {6, "p"}, {10, "p"}}, "00110"},
    {"prev[0] p", {{0, "p"}, {0, "p"}, {1, "p"}}, "010"},
    {"once p", {{0, "q"}, {1, "p"}, {99, "q"}}, "011"},
    {"once[..2s] p", {{0, "q"}, {1, "p"}, {3, "q"}, {4, "q"}, {5, "p"}}, "01101"},
    {"once[2s..] p", {{0, "p"}, {1, "q"}, {2, "p"}, {3, "q"}}, "0011"},
    {"once[0] p", {{0, "p"}, {0, "q"}, {1, "q"}}, "110"},
    {"earlier p", {{0, "q"}, {1, "p"}, {1, "q"}, {2, "p"}}, "0011"},
    {"earlier[..2s] p", {{0, "p"}, {1, "p"}, {3, "q"}, {4, "p"}, {4, "q"}}, "01101"},
    {"earlier[2s..] p", {{0, "p"}, {1, "p"}, {2, "p"}, {3, "q"}}, "0011"},
    {"hist p", {{0, "p"}, {1, "p"}, {2, "q"}, {3, "p"}}, "1100"},
    {"hist[..2s] p", {{0, "q"}, {1, "p"}, {2, "p"}, {3, "p"}, {4, "p"}}, "00011"},
    {"hist[2s..] p", {{0, "p"}, {1, "q"}, {2, "p"}, {3, "p"}}, "1110"},
    {"p since q", {{0, "p"}, {1, "q"}, {2, "p"}, {3, "r"}, {4, "p"}, {5, "q"}, {6, "pq"}}, "0110011"},
    {"p since[..2s] q", {{0, "q"}, {1, "p"}, {2, "p"}, {3, "p"}, {4, "pq"}, {6, "p"}, {6, "r"}}, "1110110"},
    {"p since[2s..] q", {{0, "q"}, {1, "pq"}, {2, "p"}, {3, "q"}, {4, "p"}, {5, "p"}}, "001001"},
    {"p since[2s..] q", {{0, "q"}, {1, "r"}, {2, "q"}, {3, "p"}, {4, "p"}}, "00001"},
    {"start p", {{0, "p"}, {1, "p"}, {2, "q"}, {3, "p"}}, "1001"},
    {"end p", {{0, "q"}, {1, "p"}, {2, "p"}, {3, "q"}, {4, "q"}}, "00010"},
    {"start once p", {{0, "q"}, {1, "p"}, {2, "p"}}, "010"},
    {"end once[..1s] p", {{0, "p"}, {1, "q"}, {2, "q"}, {2, "q"}}, "0010"},
    {"once[..1s] once[..1s] p", {{0, "p"}, {1, "q"}, {2, "q"}, {3, "q"}}, "1110"},
    {"once[1s..] once[1s..] p", {{0, "p"}, {1, "q"}, {2, "q"}, {2, "q"}}, "0011"},
    {"historically[..1s] not prev p", {{0, "p"}, {1, "q"}, {2, "q"}, {3, "q"}}, "1001"},
};

TEST(Operators, WorkedHistories) {
  constexpr uint32_t kJudge = 3;
  for (const Worked& w : kWorked) {
    // `r` makes a position of every event; `s` is judged and makes none.
    Temporal t;
    t.judged = {kJudge};
    t.unless = false;
    t.formula = formula("(" + std::string(w.formula) + ") and (p or q or r or true)");
    const auto built = build(t, name);
    ASSERT_EQ(built.index(), 0u) << std::get<1>(built);
    Runner runner(std::get<0>(built), 1);
    History whole(t);
    std::vector<Position> history;
    std::string by_table, by_history, by_automaton;
    for (const auto& [seconds, letters] : w.history) {
      Position now{seconds * kSecond, {}};
      for (const char* c = letters; *c; c++) now.events.push_back(number({c, 1}).value());
      history.push_back(now);
      by_table += engine::holds(formula(w.formula), history, history.size() - 1) ? '1' : '0';
      std::vector<uint32_t> judged = now.events;
      judged.push_back(kJudge);
      by_history += whole.grants(now.time, judged) ? '0' : '1';
      by_automaton += runner.grants(now.time, judged) ? '0' : '1';
      whole.add(now.time, now.events);
      runner.add(now.time, now.events);
    }
    EXPECT_EQ(by_table, w.holds) << w.formula;
    EXPECT_EQ(by_history, w.holds) << w.formula;
    EXPECT_EQ(by_automaton, w.holds) << w.formula;
  }
}

TEST(Operators, WhatIsNoPositionCostsNothing) {
  const Temporal t = clause("deny", "s unless prev p");
  const Automaton a = automaton("s unless prev p");
  History history(t);
  Runner runner(a, 1);
  const auto grants = [&](const std::vector<uint32_t>& events) {
    const bool granted = history.grants(0, events);
    EXPECT_EQ(runner.grants(0, events), granted);
    if (granted) {
      history.add(0, events);
      runner.add(0, events);
    }
    return granted;
  };
  EXPECT_FALSE(grants({3}));
  EXPECT_TRUE(grants({0}));
  EXPECT_TRUE(grants({2}));  // not in the clause
  EXPECT_TRUE(grants({3}));  // judged, granted, and yet no position
  EXPECT_TRUE(grants({3}));
  EXPECT_TRUE(grants({0, 3}));
  EXPECT_TRUE(grants({3}));
}

TEST(Operators, WhatIsDeniedDidNotHappen) {
  const Automaton a = automaton("p if once[..5s] p");
  History history(clause("deny", "p if earlier[..5s] p"));
  const Automaton b = automaton("p if earlier[..5s] p");
  EXPECT_EQ(constant(a, std::vector<uint32_t>{0}), Always::always);
  Runner runner(b, 1);
  std::string verdicts;
  for (uint64_t second = 0; second <= 12; second += 2) {
    const bool granted = runner.grants(second * kSecond, {0});
    EXPECT_EQ(history.grants(second * kSecond, {0}), granted);
    verdicts += granted ? '1' : '0';
    if (!granted) continue;
    runner.add(second * kSecond, {0});
    history.add(second * kSecond, {0});
  }
  EXPECT_EQ(verdicts, "1001001");
}

// --- Automata ---

TEST(Build, Refusals) {
  const std::pair<const char*, const char*> refused[] = {
      {"p if once[5s, 10m] q", "`once[5s, 10m] q` would have to remember every position of the last 10m"},
      {"p if once[5s, 10m] q", "what needs one time only: `once[..10m] q` or `once[5s..] q`"},
      {"p if r or earlier[1s, 1s] (q and r)", "`earlier[..1s] (q and r)` or `earlier[1s..] (q and r)`"},
      {"p if hist[5s, 10m] q", "`hist[..10m] q` or `hist[5s..] q`"},
      {"p if q since[5s, 10m] r", "`q since[..10m] r` or `q since[5s..] r`"},
      {"p if once[1s] p or once[2s] p or once[3s] p or once[4s] p or once[5s] p or once[6s] p or once[7s] p",
       "7 times, at most 6"},
      {"{ p q r s login } if once[1s] p or once[2s] p or once[3s] p or once[4s] p or once[5s] p or once[6s] p",
       "5 events and 6 times apart, together at most 10"},
      {"p if prev prev prev prev prev prev prev prev prev prev prev prev prev (q and (r or true))",
       "too many states, at most 4096"},
      {"p if prev prev prev prev prev prev prev prev prev prev prev prev prev prev prev prev prev prev prev (q and (r "
       "or true))",
       "too many states, at most 4096"},
  };
  for (const auto& [text, why] : refused) {
    const std::string found = refusal(clause("deny", text));
    EXPECT_NE(found.find(why), std::string::npos) << text << ": " << found;
  }
  EXPECT_NE(refusal(clause("limit", "at most 7 p in 10s")).find("limits above 6"), std::string::npos);
  EXPECT_NE(refusal(clause("limit", "at most 6 { p q r s login } in 10s")).find("5 events and 6 times"),
            std::string::npos);
  EXPECT_NE(std::get<1>(build(clause("deny", "p if once[5s, 10m] q"))).find("`once[5s, 10m] event1`"),
            std::string::npos);
  Temporal deep = clause("deny", "p if q");
  for (int i = 0; i < 100; i++) {
    Formula f;
    f.op = Op::negation;
    f.of.push_back(std::move(deep.formula));
    deep.formula = std::move(f);
  }
  EXPECT_NE(refusal(deep).find("nested deeper than 64"), std::string::npos);
}

TEST(Build, WindowsThatNothingCanFillAreNone) {
  for (const char* text : {"p if once[5s, 10m] false", "p if hist[5s, 10m] true", "p if false since[5s, 10m] q",
                           "p if true since[5s, 10m] (q and not q)", "p if prev[5s, 10m] q", "p if once[0, 10m] q"})
    EXPECT_EQ(refusal(clause("deny", text)), "") << text;
}

TEST(Build, Sizes) {
  struct Case {
    const char* text;
    size_t states, clocks;
    Always always;
  };
  const Case cases[] = {
      {"p unless true", 1, 0, Always::never},
      {"p unless false", 1, 0, Always::always},
      {"p if p", 1, 0, Always::always},
      {"p if q", 1, 0, Always::neither},
      {"p unless once q", 2, 0, Always::neither},
      {"p unless once once once q", 2, 0, Always::neither},
      {"p unless once[..10m] q", 2, 1, Always::neither},
      {"p unless once[10m..] q", 2, 1, Always::neither},
      {"p unless (not r) since[..10m] q", 2, 1, Always::neither},
      {"p unless (not r) since[10m..] q", 2, 1, Always::neither},
      {"p if prev[5s, 10s] p", 2, 1, Always::neither},
      {"p if prev p", 2, 0, Always::neither},
      {"p if prev prev prev q", 4, 0, Always::neither},
      {"p if prev prev prev (q and (r or true))", 8, 0, Always::neither},
      {"p if q and prev prev (q or not q)", 3, 0, Always::neither},
      {"p unless hist q", 1, 0, Always::neither},
      {"p unless hist (p or q or not r)", 2, 0, Always::neither},
      {"p unless start q", 2, 0, Always::neither},
      {"q if q and prev (r and prev q)", 4, 0, Always::neither},
      {"p unless once (q and once r)", 3, 0, Always::neither},
      // The same formula, the same clock.
      {"p unless once[..10m] q or (r and once[..10m] q)", 2, 1, Always::neither},
      {"p unless once[..10m] q and not hist[..10m] not q", 2, 1, Always::neither},
      {"p unless once[..10m] q and once[..5m] q", 2, 2, Always::neither},
      // What cannot matter, or can no more, is not kept.
      {"p unless once q or once[..10m] q", 2, 0, Always::neither},
      {"p unless once r or once[10m..] q", 3, 1, Always::neither},
      {"p if once[..10m] p and q and not q", 1, 0, Always::never},
      {"p unless once[..10m] p", 1, 0, Always::never},
      {"p if (once q) and not once q", 1, 0, Always::never},
      {"p unless (q since r) or not (q since r)", 1, 0, Always::never},
      {"p unless p or once[..5s] q", 1, 0, Always::never},
      // Denied always, so never in the past.
      {"p unless earlier p", 1, 0, Always::always},
      {"p unless earlier[..10m] p", 1, 0, Always::always},
  };
  for (const Case& c : cases) {
    const Automaton a = automaton(c.text);
    EXPECT_EQ(a.table.size(), c.states) << c.text;
    EXPECT_EQ(a.guards.size(), c.clocks) << c.text;
    EXPECT_EQ(constant(a, clause("deny", c.text).judged), c.always) << c.text;
  }
}

TEST(Build, EdgesOfATimedSince) {
  const Automaton a = automaton("p unless (not r) since[..10m] q");
  EXPECT_EQ(a.events, (std::vector<uint32_t>{0, 1, 2}));
  ASSERT_EQ(a.guards, (std::vector<Bound>{{0, 10 * kMinute}}));
  ASSERT_EQ(a.table.size(), 2u);
  using Edge = Automaton::Edge;
  const Edge none{0, 0, false}, stay{1, 0, false};
  constexpr size_t p = 1, q = 2, r = 4, in = 8;
  for (const size_t guard : {size_t{0}, in}) {
    EXPECT_EQ(a.table[0][0 | guard], none);
    EXPECT_EQ(a.table[0][p | guard], (Edge{0, 0, true}));
    EXPECT_EQ(a.table[0][q | guard], (Edge{1, 1, false}));
    EXPECT_EQ(a.table[0][p | q | guard], (Edge{1, 1, false}));
    EXPECT_EQ(a.table[0][r | guard], none);
    EXPECT_EQ(a.table[1][q | guard], (Edge{1, 1, false}));
    EXPECT_EQ(a.table[1][r | guard], none);
    EXPECT_EQ(a.table[1][q | r | guard], (Edge{1, 1, false}));
    EXPECT_EQ(a.table[1][p | r | guard], (Edge{1, 0, true}));
    EXPECT_EQ(a.table[1][0 | guard], stay);
  }
  EXPECT_EQ(a.table[1][p | in], stay);
  EXPECT_EQ(a.table[1][p], (Edge{1, 0, true}));
}

TEST(Build, ClocksAreSetOnlyToBeLookedAt) {
  const Automaton a = automaton("p if prev[..5s] (q and (r or true))");
  ASSERT_EQ(a.table.size(), 2u);
  for (size_t s = 0; s < 2; s++) {
    EXPECT_EQ(a.table[s][4], (Automaton::Edge{0, 0, false}));  // r
    EXPECT_EQ(a.table[s][2], (Automaton::Edge{1, 1, false}));  // q
  }
}

bool same(const Automaton& a, const Automaton& b) {
  return a.events == b.events && a.guards == b.guards && a.table == b.table;
}

TEST(Build, EqualMeaningsAreOneAutomaton) {
  const std::pair<const char*, const char*> pairs[] = {
      {"hist q", "not once not q"},
      {"hist[..5s] q", "not once[..5s] not q"},
      {"historically q", "hist q"},
      {"once q", "true since q"},
      {"once[5s..] q", "true since[5s..] q"},
      {"once[5s..] q", "earlier[5s..] q"},
      {"once[..5s] q", "q or earlier[..5s] q"},
      {"earlier q", "prev once q"},
      {"start q", "q and not prev q"},
      {"end q", "prev q and not q"},
      {"q -> r", "not q or r"},
      {"q since r", "r or (q and prev (q since r))"},
      {"once[..5s] (q or r)", "not not once[..5s] not (not q and not r)"},
      {"once once q and (r or not r)", "once q and (r or not r)"},
      {"hist hist q", "hist q"},
      {"prev (q and r)", "prev q and prev r"},
      {"once (q or r)", "once q or once r"},
  };
  for (const auto& [a, b] : pairs)
    for (const char* judged : {"p", "q", "{ p r }"})
      EXPECT_TRUE(same(automaton(std::string(judged) + " if " + a), automaton(std::string(judged) + " if " + b)))
          << judged << ": " << a << " / " << b;
}

TEST(Build, ConstantOnlyWhatIsCertain) {
  // To an automaton alone all its events are judged.
  const Automaton a = automaton("p unless q and not q");
  EXPECT_EQ(constant(a), Always::neither);
  EXPECT_EQ(constant(a, std::vector<uint32_t>{0}), Always::always);
  EXPECT_EQ(constant(automaton("{ p q } if q")), Always::neither);
  EXPECT_EQ(constant(automaton("p if p")), Always::always);
}

// --- Automata and histories ---

std::vector<uint32_t> some_events(Random& random, uint32_t events) {
  std::vector<uint32_t> some{random.below(events)};
  while (random.below(4) == 0) some.push_back(random.below(events));
  std::sort(some.begin(), some.end());
  some.erase(std::unique(some.begin(), some.end()), some.end());
  return some;
}

struct Tally {
  size_t granted = 0, denied = 0;
  size_t all() const { return granted + denied; }
};

// One trace through both. False if they disagree.
bool agree(const Temporal& t, const Automaton& a, Random& random, uint32_t events, int length, Tally& tally) {
  History history(t);
  Runner runner(a, random.below(1u << 30));
  uint64_t time = random.below(3);
  for (int i = 0; i < length; i++) {
    time += random.below(2) ? random.below(4) : 0;
    const std::vector<uint32_t> now = some_events(random, events);
    const bool granted = history.grants(time, now);
    if (runner.grants(time, now) != granted) return false;
    if (std::any_of(now.begin(), now.end(),
                    [&](uint32_t e) { return std::binary_search(t.judged.begin(), t.judged.end(), e); }))
      (granted ? tally.granted : tally.denied)++;
    if (!granted) continue;
    history.add(time, now);
    runner.add(time, now);
  }
  return true;
}

// No two states judge all futures alike: pairs told apart, until there are no more. And what must hold of any
// automaton.
void expect_least(const Automaton& a, const std::string& text) {
  const size_t n = a.table.size(), letters = size_t{1} << a.bits(), events = (size_t{1} << a.events.size()) - 1;
  std::vector<std::vector<bool>> apart(n, std::vector<bool>(n));
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t s = 0; s < n; s++)
      for (size_t t = 0; t < n; t++)
        for (size_t l = 0; l < letters && !apart[s][t]; l++) {
          const Automaton::Edge &x = a.table[s][l], &y = a.table[t][l];
          if (x.set == y.set && x.deny == y.deny && !apart[x.next][y.next]) continue;
          apart[s][t] = changed = true;
        }
  }
  std::set<size_t> reached{0};
  for (size_t s = 0; s < n; s++) {
    ASSERT_EQ(a.table[s].size(), letters) << text;
    for (size_t t = 0; t < s; t++) ASSERT_TRUE(apart[s][t]) << text << ": states " << t << " and " << s;
    ASSERT_TRUE(reached.count(s)) << text << ": numbered as they are reached";
    for (size_t l = 0; l < letters; l++) {
      const Automaton::Edge& e = a.table[s][l];
      reached.insert(e.next);
      ASSERT_TRUE((!e.deny && (l & events)) || (e.next == s && e.set == 0)) << text;
      ASSERT_TRUE(!e.deny || (l & events)) << text;
    }
  }
}

TEST(Differential, FormulasAgreeWithHistories) {
  Random random(3);
  Tally tally;
  size_t refused = 0, built = 0, timed = 0, greatest = 0;
  while (tally.all() < 1'000'000) {
    const uint32_t events = 1 + random.below(4);
    Temporal t;
    t.formula = random.formula(2 + random.below(3), events);
    t.unless = random.below(2);
    // One event more: it may be judged and be none of the formula's.
    for (uint32_t e = 0; e <= events; e++)
      if (random.below(2)) t.judged.push_back(e);
    if (t.judged.empty()) t.judged.push_back(random.below(events + 1));
    const std::string text = to_string(t.formula, name);
    const auto result = build(t, name);
    if (result.index()) {
      refused++;
      continue;
    }
    const auto& a = std::get<Automaton>(result);
    built++;
    timed += !a.guards.empty();
    greatest = std::max(greatest, a.table.size());
    if (a.table.size() <= 12 && a.bits() <= 6) expect_least(a, text);
    const Always always = constant(a, t.judged);
    Tally mine;
    for (int trace = 0; trace < 8; trace++)
      ASSERT_TRUE(agree(t, a, random, events + 1, 16, mine)) << (t.unless ? "unless " : "if ") << text;
    ASSERT_TRUE(always != Always::never || mine.denied == 0) << text;
    ASSERT_TRUE(always != Always::always || mine.granted == 0) << text;
    tally.granted += mine.granted;
    tally.denied += mine.denied;
  }
  RecordProperty("decisions", static_cast<int>(tally.all()));
  RecordProperty("denied", static_cast<int>(tally.denied));
  RecordProperty("formulas", static_cast<int>(built));
  RecordProperty("timed", static_cast<int>(timed));
  RecordProperty("refused", static_cast<int>(refused));
  RecordProperty("states", static_cast<int>(greatest));
  EXPECT_GT(tally.denied, tally.all() / 10);
  EXPECT_GT(tally.granted, tally.all() / 10);
  EXPECT_GT(timed, built / 4);
  EXPECT_LT(refused, built / 10);
}

TEST(Differential, LongHistories) {
  Random random(4);
  Tally tally;
  for (const char* text :
       {"s unless (not q) since[..9ns] p", "s unless (not q) since[9ns..] p", "{ p s } if earlier[..5ns] p",
        "s if prev[2ns, 3ns] p", "s unless hist[..4ns] (p or r)", "s if hist[12ns..] (q -> once[..3ns] p)",
        "p if once[..6ns] start (q since r)", "{ q s } unless (p or r) since[..7ns] (q or once[9ns..] r)"}) {
    const Temporal t = clause("deny", text);
    const Automaton a = automaton(text);
    for (int trace = 0; trace < 4; trace++) ASSERT_TRUE(agree(t, a, random, 4, 150, tally)) << text;
  }
  EXPECT_GT(tally.denied, 300u);
  EXPECT_GT(tally.granted, 300u);
}

TEST(Differential, LimitsAgreeWithHistories) {
  Random random(5);
  Tally tally;
  for (uint32_t most = 1; most <= 6; most++)
    for (int i = 0; i < 40; i++) {
      Temporal t;
      t.most = most;
      t.within = random.below(12);
      t.judged = some_events(random, 4);
      const auto result = build(t, name);
      ASSERT_EQ(result.index(), 0u) << std::get<1>(result);
      const auto& a = std::get<Automaton>(result);
      EXPECT_EQ(a.table.size(), 2 * most);
      EXPECT_EQ(a.guards.size(), most);
      EXPECT_EQ(constant(a), Always::neither);
      if (a.bits() <= 6) expect_least(a, "limit");
      for (int trace = 0; trace < 3; trace++)
        ASSERT_TRUE(agree(t, a, random, 4, 100, tally)) << most << ' ' << t.within;
    }
  EXPECT_GT(tally.denied, 2000u);
  EXPECT_GT(tally.granted, 2000u);
}

TEST(Limit, CountsWhatLiesInTheClosedInterval) {
  const Temporal t = clause("limit", "at most 2 p in 10s");
  const Automaton a = automaton("at most 2 p in 10s", "limit");
  History history(t);
  Runner runner(a, 1);
  std::string verdicts;
  for (const uint64_t second : {0, 5, 10, 10, 11, 14, 15, 16, 21, 22}) {
    const bool granted = runner.grants(second * kSecond, {0});
    EXPECT_EQ(history.grants(second * kSecond, {0}), granted);
    verdicts += granted ? '1' : '0';
    if (!granted) continue;
    runner.add(second * kSecond, {0});
    history.add(second * kSecond, {0});
  }
  EXPECT_EQ(verdicts, "1100100101");  // 0 and 5 count until 10 and 15, 11 and 16 until 21 and 26
}

}  // namespace
}  // namespace kss::policy
