// SPDX-License-Identifier: BSD-2-Clause
// The little language in rule strings: SUBJECTS OBJECTS : CLASSES PERMS, each a word or { words }. Words are not
// resolved here.
#pragma once

#include <string_view>
#include <vector>

#include "policy/parsed.hpp"

namespace kss::policy {

class Reporter;

/// A word of a rule, `text` being a part of `origin->value`.
struct Word {
  std::string_view text;
  const Text* origin = nullptr;
  bool minus = false;  // -name: taken away
};

/// One of the four parts of a rule.
struct WordSet {
  std::vector<Word> words;
  bool braces = false;
  std::string_view span;  // all of it, for messages; empty if it came from several scalars
  const Text* origin = nullptr;

  void clear() {
    words.clear();
    braces = false;
    span = {};
    origin = nullptr;
  }
};

struct RuleSyntax {
  WordSet subjects, objects, classes, perms;
};

/// Fills `out` (whose vectors are reused); false after an error. `text` must outlive `out`. `skip` bytes of the text
/// come before the rule (the word `neverallow`).
bool parse_rule(const Text& text, size_t skip, RuleSyntax& out, Reporter& report);
bool parse_rule(const ParsedParts& parts, RuleSyntax& out, Reporter& report);
/// One part alone: a word or { words }; further texts add to the set.
bool parse_set(const Text& text, std::string_view part, const char* what, WordSet& out, Reporter& report);

/// SUBJECTS TYPES -> DOMAIN
struct TransitionSyntax {
  WordSet subjects, types, target;
};
bool parse_transition(const Text& text, TransitionSyntax& out, Reporter& report);

/// FROM -> TO
struct NoFlowSyntax {
  WordSet from, to;
};
bool parse_noflow(const Text& text, size_t skip, NoFlowSyntax& out, Reporter& report);

/// DOMAIN OBJECT : CLASSES PERMS, where OBJECT may be several words or a quoted-free path; it is left as it stands.
struct AccessSyntax {
  Word subject, object;
  WordSet classes, perms;
};
bool parse_access(const Text& text, AccessSyntax& out, Reporter& report);

/// NAME or NAME(argument, argument)
struct CallSyntax {
  Word name;
  std::vector<Word> arguments;
};
bool parse_call(const Text& text, CallSyntax& out, Reporter& report);

/// Whether a domain, type, attribute or macro may be called that.
bool is_name(std::string_view word);

}  // namespace kss::policy
