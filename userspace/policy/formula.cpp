// SPDX-License-Identifier: BSD-2-Clause
#include "policy/formula.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "policy/suggest.hpp"

namespace kss::policy {
namespace {

using Op = Formula::Op;

struct Unit {
  std::string_view name;
  uint64_t ns;
};
constexpr Unit kUnits[] = {{"d", 86'400'000'000'000},
                           {"h", 3'600'000'000'000},
                           {"m", 60'000'000'000},
                           {"s", 1'000'000'000},
                           {"ms", 1'000'000},
                           {"us", 1'000},
                           {"ns", 1}};

constexpr std::string_view kReserved[] = {"not",   "and",          "or",    "prev",  "once", "earlier",
                                          "hist",  "historically", "since", "start", "end",  "true",
                                          "false", "unless",       "if",    "at",    "most", "in"};

struct Unary {
  std::string_view word;
  Op op;
  bool bounded;
};
constexpr Unary kUnary[] = {{"not", Op::negation, false},   {"prev", Op::prev, true}, {"once", Op::once, true},
                            {"earlier", Op::earlier, true}, {"hist", Op::hist, true}, {"historically", Op::hist, true},
                            {"start", Op::start, false},    {"end", Op::end, false}};

constexpr size_t kMaxQuoted = 40;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

struct Token {
  enum class Kind : uint8_t { end, name, number, sign };
  Kind kind = Kind::end;
  size_t at = 0;
  std::string_view text;  // sign: ( ) [ ] { } , .. -> or any byte that is nothing else
};

std::string quoted(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out = "`";
  for (const char c : text.substr(0, kMaxQuoted)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= ' ' && byte < 0x7f)
      out += c;
    else
      out += std::string("\\x") + kHex[byte >> 4] + kHex[byte & 15];
  }
  return out + (text.size() > kMaxQuoted ? "…`" : "`");
}

std::string shown(const Token& t) { return t.kind == Token::Kind::end ? "the end" : quoted(t.text); }

size_t depth(const Formula& f) {
  size_t most = 0;
  for (const Formula& part : f.of) most = std::max(most, depth(part));
  return most + 1;
}

// Recursive descent. After the first error every function returns at once, whatever it returns is thrown away.
class Parser {
 public:
  Parser(std::string_view text, const EventNames& events, const std::vector<std::string_view>& known)
      : text_(text), events_(events), known_(known) {
    take();
  }

  std::variant<Formula, SyntaxError> formula_only() {
    Formula f = formula();
    if (error_) return *std::move(error_);
    return f;
  }
  std::variant<Temporal, SyntaxError> clause(std::string_view key) {
    Temporal t;
    t.text = text_;
    if (key == "deny")
      deny(t);
    else if (key == "limit")
      limit(t);
    else
      fail(0, "found the clause " + quoted(key) + ", expected `deny` or `limit`", suggest(key, {"deny", "limit"}));
    if (error_) return *std::move(error_);
    return t;
  }

  std::optional<uint64_t> time_only() {
    const uint64_t ns = time();
    if (!error_ && token_.kind == Token::Kind::end) return ns;
    return std::nullopt;
  }

 private:
  // --- Tokens ---
  void take() {
    while (at_ < text_.size() && is_space(text_[at_])) at_++;
    token_ = {Token::Kind::end, at_, {}};
    if (at_ == text_.size()) return;
    const std::string_view rest = text_.substr(at_);
    size_t n = 1;
    if (is_letter(rest[0])) {
      token_.kind = Token::Kind::name;
      // `a->b` is an implication, though names may end in '-'.
      while (n < rest.size() && (is_letter(rest[n]) || is_digit(rest[n]) || rest[n] == '.' ||
                                 (rest[n] == '-' && !rest.substr(n).starts_with("->"))))
        n++;
    } else if (is_digit(rest[0])) {
      token_.kind = Token::Kind::number;
      while (n < rest.size() && (is_letter(rest[n]) || is_digit(rest[n]))) n++;
    } else {
      token_.kind = Token::Kind::sign;
      if (rest.starts_with("->") || rest.starts_with("..")) n = 2;
    }
    token_.text = rest.substr(0, n);
    at_ += n;
  }
  bool is(std::string_view text) const { return token_.text == text; }  // no text is empty but the end's
  bool accept(std::string_view text) {
    if (!is(text)) return false;
    take();
    return true;
  }
  void fail(size_t at, std::string what, std::string hint = {}) {
    if (!error_) error_ = SyntaxError{at, std::move(what), std::move(hint)};
  }
  void expected(const std::string& what, std::string hint = {}) {
    if (hint.empty()) hint = other_notation();
    fail(token_.at, "found " + shown(token_) + ", expected " + what, std::move(hint));
  }
  void need(std::string_view text, std::string hint = {}) {
    if (!error_ && !accept(text)) expected(quoted(text), std::move(hint));
  }
  // Those who know other languages.
  std::string other_notation() const {
    if (token_.kind != Token::Kind::sign) return {};
    switch (token_.text[0]) {
      case '!':
      case '~': return "write `not`";
      case '&': return "write `and`";
      case '|': return "write `or`";
      case '=': return "write `->`";
      default: return {};
    }
  }

  // --- Times ---
  uint64_t time() {
    if (error_) return 0;
    const Token t = token_;
    if (t.kind != Token::Kind::number) {
      expected("a time", "such as 500ms, 10s or 5m");
      return 0;
    }
    size_t n = 0;
    while (n < t.text.size() && is_digit(t.text[n])) n++;
    const std::string_view digits = t.text.substr(0, n), unit = t.text.substr(n);
    uint64_t factor = 1;
    if (!unit.empty()) {
      const auto* const found =
          std::find_if(std::begin(kUnits), std::end(kUnits), [&](const Unit& u) { return u.name == unit; });
      if (found == std::end(kUnits)) {
        fail(t.at, "found " + shown(t) + ", expected a time", "units are ns us ms s m h d");
        return 0;
      }
      factor = found->ns;
    } else if (digits.find_first_not_of('0') != digits.npos) {
      fail(t.at, "found " + shown(t) + ", expected a time",
           "a time is a whole number and its unit, such as " + std::string(digits.substr(0, kMaxQuoted)) + "s");
      return 0;
    }
    uint64_t number = 0;
    for (const char c : digits) {
      const auto digit = static_cast<uint64_t>(c - '0');
      // kForever itself is what an open bound is kept as.
      if (number > (Bound::kForever - 1 - digit) / 10 || (number * 10 + digit) > (Bound::kForever - 1) / factor) {
        fail(t.at, "the time " + shown(t) + " is too long", "the longest is below 2^64 ns, about 584 years");
        return 0;
      }
      number = number * 10 + digit;
    }
    take();
    return number * factor;
  }
  Bound bound() {
    Bound b;
    if (error_ || !accept("[")) return b;
    const size_t at = token_.at;
    if (accept("..")) {
      b.high = time();
    } else {
      const uint64_t first = time();
      if (accept("..")) {
        b.low = first;
        if (!is("]")) b.high = time();
      } else if (accept(",")) {
        b.low = first;
        b.high = time();
      } else {
        b.high = first;
      }
    }
    if (b.low > b.high)
      fail(at, "the bound begins at " + time_to_string(b.low) + ", after its end at " + time_to_string(b.high),
           "[" + time_to_string(b.high) + ", " + time_to_string(b.low) + "]?");
    need("]", "bounds are [10m], [..10m], [5s..] and [5s, 10m]");
    return b;
  }

  // --- Formulas ---
  Formula node(Op op, std::vector<Formula> of = {}) {
    if (++nodes_ > kMaxFormulaNodes)
      fail(token_.at, "the formula has more than " + std::to_string(kMaxFormulaNodes) + " parts",
           "make several clauses of it");
    Formula f;
    f.op = op;
    f.of = std::move(of);
    return f;
  }
  // Each level is one node of the tree or one pair of parentheses.
  Formula formula() {
    const size_t at = token_.at;
    Formula f = implication(1);
    if (!error_ && token_.kind != Token::Kind::end) expected("`and`, `or`, `since`, `->` or the end");
    if (!error_ && depth(f) > kMaxFormulaDepth) too_deep(at);
    return f;
  }
  void too_deep(size_t at) {
    fail(at, "the formula is nested deeper than " + std::to_string(kMaxFormulaDepth), "make several clauses of it");
  }
  Formula implication(size_t level) {
    Formula f = chain(level, 0);
    if (error_ || !accept("->")) return f;
    Formula to = implication(level + 1);
    return binary(Op::implication, std::move(f), std::move(to));
  }
  Formula binary(Op op, Formula a, Formula b) {
    std::vector<Formula> of;
    of.push_back(std::move(a));
    of.push_back(std::move(b));
    return node(op, std::move(of));
  }
  Formula chain(size_t level, size_t kind) {
    static constexpr std::pair<std::string_view, Op> kChains[] = {{"or", Op::disjunction}, {"and", Op::conjunction}};
    if (kind == std::size(kChains)) return since(level);
    Formula f = chain(level, kind + 1);
    if (error_ || !is(kChains[kind].first)) return f;
    std::vector<Formula> of;
    of.push_back(std::move(f));
    while (!error_ && accept(kChains[kind].first)) of.push_back(chain(level, kind + 1));
    return node(kChains[kind].second, std::move(of));
  }
  Formula since(size_t level) {
    Formula f = unary(level);
    while (!error_ && accept("since")) {
      const Bound b = bound();
      Formula from = unary(level);
      f = binary(Op::since, std::move(f), std::move(from));
      f.bound = b;
    }
    return f;
  }
  Formula unary(size_t level) {
    if (error_) return {};
    if (level > kMaxFormulaDepth) {
      too_deep(token_.at);
      return {};
    }
    if (accept("(")) {
      Formula f = implication(level + 1);
      if (!error_ && !accept(")")) expected("`and`, `or`, `since`, `->` or `)`");
      return f;
    }
    for (const Unary& u : kUnary) {
      if (!accept(u.word)) continue;
      if (!u.bounded && is("[")) {
        fail(token_.at, "found " + shown(token_) + ", but `" + std::string(u.word) + "` takes no bound",
             "prev, once, earlier, hist and since do");
        return {};
      }
      const Bound b = bound();
      std::vector<Formula> of;
      of.push_back(unary(level + 1));
      Formula f = node(u.op, std::move(of));
      f.bound = b;
      return f;
    }
    if (is("true") || is("false")) {
      Formula f = node(Op::truth);
      f.value = is("true");
      take();
      return f;
    }
    if (token_.kind != Token::Kind::name || is_reserved(token_.text)) {
      expected("an event, an operator such as `once`, or `(`");
      return {};
    }
    Formula f = node(Op::event);
    f.event = event();
    return f;
  }
  uint32_t event() {
    if (error_) return 0;
    if (token_.kind != Token::Kind::name || is_reserved(token_.text)) {
      expected("an event");
      return 0;
    }
    const auto number = events_ ? events_(token_.text) : std::nullopt;
    if (!number) {
      Suggestion near(token_.text);
      for (const std::string_view name : known_) near.offer(name);
      for (const std::string_view word : kReserved) near.offer(word);
      fail(token_.at, "unknown event " + shown(token_), near.hint("declare it under events:"));
      return 0;
    }
    take();
    return *number;
  }

  // --- Clauses ---
  void judged(Temporal& t) {
    if (error_) return;
    if (accept("{")) {
      if (is("}")) expected("an event");
      while (!error_ && !accept("}")) {
        if (token_.kind != Token::Kind::name)
          expected("an event or `}`", is(",") ? "events stand without commas: { a b }" : "");
        t.judged.push_back(event());
      }
    } else if (token_.kind != Token::Kind::name || is_reserved(token_.text)) {
      expected("an event or `{`");
    } else {
      t.judged.push_back(event());
    }
    std::sort(t.judged.begin(), t.judged.end());
    t.judged.erase(std::unique(t.judged.begin(), t.judged.end()), t.judged.end());
  }
  void deny(Temporal& t) {
    judged(t);
    if (error_) return;
    t.unless = is("unless");
    if (!accept("unless") && !accept("if")) expected("`unless` or `if`", "deny: EVENT unless FORMULA");
    if (!error_) t.formula = formula();
  }
  void limit(Temporal& t) {
    const std::string hint = "limit: at most 3 EVENT in 10s";
    need("at", hint);
    need("most", hint);
    t.most = count();
    judged(t);
    need("in", hint);
    t.within = time();
    if (!error_ && token_.kind != Token::Kind::end) expected("the end");
  }
  uint32_t count() {
    if (error_) return 0;
    const Token t = token_;
    if (t.kind != Token::Kind::number || !std::all_of(t.text.begin(), t.text.end(), is_digit)) {
      expected("a number of events", "limit: at most 3 EVENT in 10s");
      return 0;
    }
    uint64_t number = 0;
    for (const char c : t.text) {
      number = number * 10 + static_cast<uint64_t>(c - '0');
      if (number > UINT32_MAX) {
        fail(t.at, "the number " + shown(t) + " is too great", "at most " + std::to_string(UINT32_MAX));
        return 0;
      }
    }
    if (!number) fail(t.at, "a limit of 0 denies always", "deny: EVENT unless false");
    take();
    return static_cast<uint32_t>(number);
  }

  std::string_view text_;
  const EventNames& events_;
  const std::vector<std::string_view>& known_;
  size_t at_ = 0;
  Token token_;
  size_t nodes_ = 0;
  std::optional<SyntaxError> error_;
};

// How tight an operator binds; unary ones and whatever needs no parentheses bind tightest.
int strength(Op op) {
  switch (op) {
    case Op::implication: return 0;
    case Op::disjunction: return 1;
    case Op::conjunction: return 2;
    case Op::since: return 3;
    default: return 4;
  }
}

std::string bound_to_string(const Bound& b) {
  if (b.any()) return {};
  if (b.low == 0) return "[.." + time_to_string(b.high) + "]";
  if (b.high == Bound::kForever) return "[" + time_to_string(b.low) + "..]";
  return "[" + time_to_string(b.low) + ", " + time_to_string(b.high) + "]";
}

}  // namespace

bool is_reserved(std::string_view word) {
  return std::find(std::begin(kReserved), std::end(kReserved), word) != std::end(kReserved);
}

std::variant<Formula, SyntaxError> parse_formula(std::string_view text, const EventNames& events,
                                                 const std::vector<std::string_view>& known) {
  return Parser(text, events, known).formula_only();
}

std::variant<Temporal, SyntaxError> parse_clause(std::string_view key, std::string_view text, const EventNames& events,
                                                 const std::vector<std::string_view>& known) {
  return Parser(text, events, known).clause(key);
}

std::optional<uint64_t> parse_time(std::string_view text) { return Parser(text, {}, {}).time_only(); }

std::string time_to_string(uint64_t ns) {
  if (ns == 0) return "0";
  for (const Unit& u : kUnits)
    if (ns % u.ns == 0) return std::to_string(ns / u.ns) + std::string(u.name);
  return {};  // not reached: 1 divides all
}

std::string to_string(const Formula& formula, const std::function<std::string(uint32_t)>& event_name) {
  // A part that binds as tight as its operator needs parentheses but where the operator groups to that side.
  const auto part = [&](size_t i, bool groups) {
    const Formula& f = formula.of[i];
    const int own = strength(formula.op), its = strength(f.op);
    const std::string text = to_string(f, event_name);
    return its > own || (its == own && (groups || own == 4)) ? text : "(" + text + ")";
  };
  const auto all = [&](const char* word, const char* none) {
    std::string text;
    for (size_t i = 0; i < formula.of.size(); i++) text += (i ? word : "") + part(i, false);
    return formula.of.empty() ? none : text;
  };
  const std::string bound = bound_to_string(formula.bound);
  switch (formula.op) {
    case Op::event: return event_name(formula.event);
    case Op::truth: return formula.value ? "true" : "false";
    case Op::negation: return "not " + part(0, true);
    case Op::conjunction: return all(" and ", "true");
    case Op::disjunction: return all(" or ", "false");
    case Op::implication: return part(0, false) + " -> " + part(1, true);
    case Op::prev: return "prev" + bound + " " + part(0, true);
    case Op::once: return "once" + bound + " " + part(0, true);
    case Op::earlier: return "earlier" + bound + " " + part(0, true);
    case Op::hist: return "hist" + bound + " " + part(0, true);
    case Op::since: return part(0, true) + " since" + bound + " " + part(1, false);
    case Op::start: return "start " + part(0, true);
    case Op::end: return "end " + part(0, true);
  }
  return {};
}

}  // namespace kss::policy
