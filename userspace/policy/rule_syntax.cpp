// SPDX-License-Identifier: BSD-2-Clause
#include "policy/rule_syntax.hpp"

#include <array>

#include "policy/report.hpp"

namespace kss::policy {
namespace {

enum CharClass : uint8_t { kOther, kSpace, kWord };

constexpr auto kChars = [] {
  std::array<CharClass, 256> t{};
  for (char c : std::string_view(" \t\n\r")) t[static_cast<unsigned char>(c)] = kSpace;
  for (int c = 'a'; c <= 'z'; ++c) t[static_cast<size_t>(c)] = kWord;
  for (int c = 'A'; c <= 'Z'; ++c) t[static_cast<size_t>(c)] = kWord;
  for (int c = '0'; c <= '9'; ++c) t[static_cast<size_t>(c)] = kWord;
  for (char c : std::string_view("_.-*")) t[static_cast<unsigned char>(c)] = kWord;
  return t;
}();

CharClass class_of(char c) { return kChars[static_cast<unsigned char>(c)]; }

std::string_view trim(std::string_view s) {
  while (!s.empty() && class_of(s.front()) == kSpace) s.remove_prefix(1);
  while (!s.empty() && class_of(s.back()) == kSpace) s.remove_suffix(1);
  return s;
}

struct Token {
  enum class Kind : uint8_t { end, word, open, close, colon, other };
  Kind kind = Kind::end;
  std::string_view text;
};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : rest_(text) { next(); }

  const Token& token() const { return token_; }

  void next() {
    size_t i = 0;
    while (i < rest_.size() && class_of(rest_[i]) == kSpace) ++i;
    rest_.remove_prefix(i);
    if (rest_.empty()) return set(Token::Kind::end, 0);
    switch (rest_[0]) {
      case '{': return set(Token::Kind::open, 1);
      case '}': return set(Token::Kind::close, 1);
      case ':': return set(Token::Kind::colon, 1);
      default: break;
    }
    size_t n = 0;
    while (n < rest_.size() && class_of(rest_[n]) == kWord) ++n;
    // The colon of domain:* and type:* is the word's own; any other stands between objects and classes.
    if (n + 1 < rest_.size() && rest_[n] == ':' && rest_[n + 1] == '*' &&
        (rest_.substr(0, n) == "domain" || rest_.substr(0, n) == "type" || rest_.substr(0, n) == "-domain" ||
         rest_.substr(0, n) == "-type"))
      n += 2;
    if (n > 0) return set(Token::Kind::word, n);
    while (n < rest_.size() && class_of(rest_[n]) == kOther &&
           std::string_view("{}:").find(rest_[n]) == std::string_view::npos)
      ++n;
    set(Token::Kind::other, n);
  }

 private:
  void set(Token::Kind kind, size_t n) {
    token_ = {kind, rest_.substr(0, n)};
    rest_.remove_prefix(n);
  }

  std::string_view rest_;
  Token token_;
};

std::string found(const Token& token) {
  switch (token.kind) {
    case Token::Kind::end: return "found the end";
    default: return "found `" + std::string(token.text) + "`";
  }
}

std::string_view at(const Text& text, const Token& token) {
  return token.kind == Token::Kind::end ? text.value.substr(text.value.size()) : token.text;
}

constexpr const char* kShape = "a rule reads SUBJECT OBJECT : CLASS PERMISSION, each a name or { names }";

// A word or { words }; adds to `out`.
bool set(Lexer& lexer, const Text& text, const char* what, WordSet& out, Reporter& report) {
  Token token = lexer.token();
  const char* begin = token.text.data();
  auto finish = [&](std::string_view last) {
    out.span = out.origin == nullptr ? std::string_view(begin, static_cast<size_t>(last.data() - begin) + last.size())
                                     : std::string_view();
    out.origin = &text;
    lexer.next();
    return true;
  };
  if (token.kind == Token::Kind::word) {
    if (token.text[0] == '-') {
      report.error(text, token.text, "`" + std::string(token.text) + "` takes away from nothing",
                   "a minus has a meaning only inside braces: { all " + std::string(token.text) + " }");
      return false;
    }
    out.words.push_back({token.text, &text, false});
    return finish(token.text);
  }
  if (token.kind != Token::Kind::open) {
    report.error(text, at(text, token), std::string("expected ") + what + ", " + found(token), kShape);
    return false;
  }
  out.braces = true;
  size_t before = out.words.size();
  for (lexer.next(); lexer.token().kind != Token::Kind::close; lexer.next()) {
    token = lexer.token();
    if (token.kind == Token::Kind::other && token.text == ",") {
      report.error(text, token.text, "names in braces are separated by spaces, not commas");
      return false;
    }
    if (token.kind != Token::Kind::word) {
      report.error(text, at(text, token), std::string("expected ") + what + " or `}`, " + found(token), kShape);
      return false;
    }
    bool minus = token.text[0] == '-';
    if (minus && token.text.size() == 1) {
      report.error(text, token.text, "a minus alone", "write it right before the name: -name");
      return false;
    }
    out.words.push_back({minus ? token.text.substr(1) : token.text, &text, minus});
  }
  if (out.words.size() == before) {
    report.error(text, lexer.token().text, std::string("empty braces: expected ") + what);
    return false;
  }
  return finish(lexer.token().text);
}

bool classes_and_perms(Lexer& lexer, const Text& text, WordSet& classes, WordSet& perms, Reporter& report) {
  if (!set(lexer, text, "a class", classes, report)) return false;
  if (lexer.token().kind == Token::Kind::colon) {
    report.error(text, lexer.token().text, "a second colon: permissions follow the class after a space",
                 "write : file read");
    return false;
  }
  if (!set(lexer, text, "a permission", perms, report)) return false;
  if (lexer.token().kind == Token::Kind::end) return true;
  report.error(text, lexer.token().text, "expected the end of the rule, " + found(lexer.token()),
               lexer.token().kind == Token::Kind::word ? "several permissions stand in braces: { read write }" : "");
  return false;
}

}  // namespace

bool is_name(std::string_view word) {
  if (word.empty() || word.size() > 255) return false;
  char c = word[0];
  if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_')) return false;
  for (char k : word)
    if (class_of(k) != kWord || k == '*') return false;
  return true;
}

bool parse_rule(const Text& text, size_t skip, RuleSyntax& out, Reporter& report) {
  out.subjects.clear();
  out.objects.clear();
  out.classes.clear();
  out.perms.clear();
  Lexer lexer(text.value.substr(skip));
  if (!set(lexer, text, "a domain", out.subjects, report)) return false;
  if (lexer.token().kind == Token::Kind::colon) {
    report.error(text, lexer.token().text, "expected an object before the colon, " + found(lexer.token()), kShape);
    return false;
  }
  if (!set(lexer, text, "an object", out.objects, report)) return false;
  if (lexer.token().kind != Token::Kind::colon) {
    report.error(
        text, at(text, lexer.token()), "expected `:` and a class, " + found(lexer.token()),
        lexer.token().kind == Token::Kind::word ? "several subjects or objects stand in braces: { a b }" : kShape);
    return false;
  }
  lexer.next();
  return classes_and_perms(lexer, text, out.classes, out.perms, report);
}

bool parse_set(const Text& text, std::string_view part, const char* what, WordSet& out, Reporter& report) {
  Lexer lexer(part);
  if (lexer.token().kind == Token::Kind::end) {
    report.error(text, {}, std::string("expected ") + what + ", found nothing");
    return false;
  }
  if (!set(lexer, text, what, out, report)) return false;
  if (lexer.token().kind == Token::Kind::end) return true;
  report.error(text, lexer.token().text, "expected the end, " + found(lexer.token()),
               lexer.token().kind == Token::Kind::word ? "several names stand in braces: { a b }" : "");
  return false;
}

bool parse_rule(const ParsedParts& parts, RuleSyntax& out, Reporter& report) {
  out.subjects.clear();
  out.objects.clear();
  out.classes.clear();
  out.perms.clear();
  auto part = [&](const std::vector<Text>& texts, const char* what, WordSet& to) {
    for (const Text& text : texts)
      if (!parse_set(text, text.value, what, to, report)) return false;
    to.braces |= texts.size() > 1;
    return true;
  };
  return part(parts.domain, "a domain", out.subjects) && part(parts.type, "an object", out.objects) &&
         part(parts.cls, "a class", out.classes) && part(parts.perms, "a permission", out.perms);
}

bool parse_transition(const Text& text, TransitionSyntax& out, Reporter& report) {
  size_t arrow = text.value.find("->");
  if (arrow == std::string_view::npos) {
    report.error(text, {}, "a transition reads DOMAIN TYPE -> DOMAIN; there is no `->`",
                 "\"hmi helper_exec -> helper\": hmi enters helper when it executes a file of type helper_exec");
    return false;
  }
  Lexer lexer(text.value.substr(0, arrow));
  if (!set(lexer, text, "a domain", out.subjects, report) || !set(lexer, text, "a type", out.types, report))
    return false;
  if (lexer.token().kind != Token::Kind::end) {
    report.error(text, lexer.token().text, "expected `->`, " + found(lexer.token()));
    return false;
  }
  if (!parse_set(text, text.value.substr(arrow + 2), "a domain", out.target, report)) return false;
  if (out.target.words.size() == 1 && !out.target.braces) return true;
  report.error(text, out.target.span, "a transition leads to one domain");
  return false;
}

bool parse_noflow(const Text& text, size_t skip, NoFlowSyntax& out, Reporter& report) {
  size_t arrow = text.value.find("->", skip);
  if (arrow == std::string_view::npos) {
    report.error(text, {}, "an assertion about flows reads: noflow FROM -> TO; there is no `->`",
                 "\"noflow diagnostics -> remote\": nothing that diagnostics knows may come to remote");
    return false;
  }
  return parse_set(text, text.value.substr(skip, arrow - skip), "a domain or type", out.from, report) &&
         parse_set(text, text.value.substr(arrow + 2), "a domain or type", out.to, report);
}

bool parse_access(const Text& text, AccessSyntax& out, Reporter& report) {
  size_t colon = text.value.rfind(" : ");
  if (colon == std::string_view::npos) {
    report.error(text, {}, "an access reads DOMAIN OBJECT : CLASS PERMISSION; there is no ` : `");
    return false;
  }
  std::string_view left = trim(text.value.substr(0, colon));
  size_t space = left.find(' ');
  if (space == std::string_view::npos) {
    report.error(text, text.value.substr(colon + 1, 1), "expected an object before the colon");
    return false;
  }
  out.subject = {left.substr(0, space), &text, false};
  out.object = {trim(left.substr(space)), &text, false};
  Lexer lexer(text.value.substr(colon + 2));
  return classes_and_perms(lexer, text, out.classes, out.perms, report);
}

bool parse_call(const Text& text, CallSyntax& out, Reporter& report) {
  std::string_view all = trim(text.value);
  size_t open = all.find('(');
  out.name = {trim(all.substr(0, open)), &text, false};
  if (!is_name(out.name.text)) {
    report.error(text, out.name.text,
                 "expected a macro's name, found `" + std::string(out.name.text.substr(0, 60)) + "`",
                 "write NAME(argument, argument)");
    return false;
  }
  if (open == std::string_view::npos) return true;
  if (all.back() != ')') {
    report.error(text, all.substr(all.size() - 1), "expected `)` at the end");
    return false;
  }
  std::string_view inner = all.substr(open + 1, all.size() - open - 2);
  if (trim(inner).empty()) return true;
  size_t begin = 0;
  int depth = 0;
  for (size_t i = 0; i <= inner.size(); ++i) {
    char c = i < inner.size() ? inner[i] : ',';
    if (c == '(' || c == '{' || c == '[') ++depth;
    if (c == ')' || c == '}' || c == ']') --depth;
    if (c != ',' || (depth > 0 && i < inner.size())) continue;
    out.arguments.push_back({trim(inner.substr(begin, i - begin)), &text, false});
    if (out.arguments.back().text.empty()) {
      report.error(text, inner.substr(begin, i - begin), "an argument is missing here");
      return false;
    }
    begin = i + 1;
  }
  return true;
}

}  // namespace kss::policy
