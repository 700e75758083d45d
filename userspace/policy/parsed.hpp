// SPDX-License-Identifier: BSD-2-Clause
// The parsed policy: what the files say, each word with its place, nothing resolved yet. Only the parser fills one.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/checked.hpp"
#include "policy/policy.hpp"
#include "policy/result.hpp"

namespace kss::policy {

class Reporter;
struct Expansion;

/// One file, kept whole as long as the parsed policy lives: texts are views of it wherever YAML changed nothing.
struct Source {
  std::shared_ptr<const std::string> name;
  std::string text;
};

/// A scalar and where it began. `value` is owned by the source or by ParsedPolicy::strings.
struct Text {
  std::string_view value;
  const Source* source = nullptr;
  uint32_t offset = 0;                   // of the scalar's first byte in the source, opening quote included
  uint32_t line = 0, column = 0;         // from 0
  const Expansion* expansion = nullptr;  // set if `value` came out of a macro
};

/// A text of a macro with its parameters replaced.
struct Expansion {
  struct Segment {
    uint32_t out = 0;       // from here on in the result …
    uint32_t in = 0;        // … stands what began here in the macro
    bool argument = false;  // a parameter's value: all of it stands for the `$` at `in`
  };
  Text origin;  // as it stands in the macro
  Text use;     // the use that was expanded
  std::string_view macro;
  std::vector<Segment> segments;
};

/// Place of `value[at]`, found by walking the source along the text: exact also in quoted and block scalars.
Pos where(const Text& text, size_t at = 0);

struct ParsedAttribute {
  Text name;
  std::vector<Text> members;
};

/// The levels of a domain or type, by axis; an empty list = none was given.
using ParsedLabels = std::array<std::vector<Text>, kAxes>;

struct ParsedLattice {
  std::vector<Text> degrees, categories;
};

struct ParsedLevels {
  Text key;  // where they are declared; no source = nowhere
  std::array<ParsedLattice, kAxes> lattices;
  ParsedLabels standard;
  std::vector<std::pair<Text, ParsedLabels>> of;  // built-in objects
};

struct ParsedEntry {
  Text kind;  // exec, digest, cgroup, container, type, run
  Text value;
  std::vector<Text> from;  // empty = unconfined
};

struct ParsedDomain {
  Text name;
  std::vector<ParsedEntry> enter;
  std::vector<Text> attributes;
  ParsedLabels level;
  bool permissive = false, trusted = false;
};

struct ParsedType {
  Text name;
  std::vector<Text> files, devices, inet, unix_names, family, attributes;
  ParsedLabels level;
};

/// The form with keys. Each part is one string in the rule language, or a list of names.
struct ParsedParts {
  std::vector<Text> domain, type, cls, perms;
  Text why;
};

struct ParsedRule {
  Rule::Effect effect = Rule::Effect::allow;
  Text text;                           // the whole rule, or the place of the form with keys
  const ParsedParts* parts = nullptr;  // the form with keys; owned by ParsedPolicy::parts
};

struct ParsedUse {
  Text call;  // "NAME(arg, arg)", or NAME alone in the form with keys
  bool named = false;
  std::vector<std::pair<Text, Text>> arguments;
};

struct ParsedMacro {
  Text name;
  std::vector<Text> params;
  std::vector<ParsedRule> rules;
  std::vector<ParsedType> types;
  std::vector<Text> neverallow;
  std::vector<ParsedUse> uses;
};

struct ParsedEvent {
  Text name;
  std::vector<Text> parts;
};

struct ParsedFlow {
  struct Edge {
    Text event, next;
  };
  struct State {
    Text name;
    std::vector<Edge> edges;
  };
  Text name, scope;
  std::vector<State> states;
};

struct ParsedTemporal {
  Text name, scope;
  Text key;  // deny or limit; no source = none was given
  Text clause;
};

struct ParsedStep {
  bool grant = false;
  Text text;  // no source = it only waits
  Text task, wait;
};

struct ParsedTest {
  Text name;
  std::vector<ParsedStep> steps;
};

struct ParsedPolicy {
  std::deque<Source> sources;
  std::deque<std::string> strings;
  std::deque<Expansion> expansions;
  std::deque<ParsedParts> parts;

  Text name;
  uint32_t version = 0;
  bool permissive = false;
  ParsedLevels levels;
  std::vector<ParsedAttribute> attributes;
  std::vector<ParsedDomain> domains;
  std::vector<ParsedType> types;
  std::vector<ParsedRule> rules;
  std::vector<Text> transitions;
  std::vector<ParsedMacro> macros;
  std::vector<ParsedUse> uses;
  std::vector<Text> assertions;   // "neverallow …"
  std::vector<Text> neverallows;  // of macros, without that word
  std::vector<ParsedEvent> events;
  std::vector<ParsedFlow> flows;
  std::vector<ParsedTemporal> temporals;
  std::vector<ParsedTest> tests;
};

/// Reads a file (or a text that stands for one) and what it includes. What is usable is in `out` even after errors.
void parse_file(const std::string& path, const ParseOptions& options, ParsedPolicy& out, Reporter& report);
void parse_text(const std::string& text, const std::string& name, const ParseOptions& options, ParsedPolicy& out,
                Reporter& report);

}  // namespace kss::policy
