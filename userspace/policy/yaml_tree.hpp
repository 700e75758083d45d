// SPDX-License-Identifier: BSD-2-Clause
// A YAML document as a tree with places: what the YAML library hands to the decoder.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "policy/parsed.hpp"

namespace kss::policy {

struct YamlNode {
  enum class Kind : uint8_t { null, scalar, sequence, map, alias, rule_lines };
  Kind kind = Kind::null;
  bool quoted = false;
  bool closed = false;
  Text text;            // of a scalar; else only the place
  uint32_t first = 0;   // first child; a map's children are key, value, key, value …
  uint32_t next = 0;    // next sibling
  uint32_t count = 0;   // children
  uint32_t target = 0;  // alias: the node meant; rule_lines: number of the run
  uint64_t weight = 1;  // nodes in it, aliases counted as what they stand for
};

/// Lines `- SUBJECT OBJECT : CLASS PERMS` directly below a top-level allow, audit or dontaudit. Policies are mostly
/// these, so they don't go through the YAML library: see rule_lines.cpp.
struct RuleRun {
  struct Line {
    uint32_t offset, length;  // the rule, without dash, quotes and comment
    uint32_t line, column;
    bool quoted;  // a quote stands before it
  };
  std::vector<Line> lines;
  size_t begin = 0, end = 0;  // bytes of the source that the placeholder stands for: whole lines
  uint32_t first_line = 0, line_count = 0;
  size_t indent = 0;
  std::string key;  // allow, audit, dontaudit
};

/// Finds the runs; nothing is changed. None if the placeholder's name occurs in the text.
std::vector<RuleRun> find_rule_runs(const std::string& text);
/// The name of run `i`'s placeholder.
std::string placeholder(size_t i);

struct YamlTree {
  std::vector<YamlNode> nodes;  // [0] is no node; [1] is the root
  std::vector<RuleRun> runs;

  const YamlNode& at(uint32_t index) const {
    const YamlNode* node = &nodes[index];
    while (node->kind == YamlNode::Kind::alias) node = &nodes[node->target];
    return *node;
  }
};

/// False after an error that leaves no tree. `budget` counts nodes of all files together.
bool parse_yaml(const Source& source, ParsedPolicy& owner, YamlTree& tree, uint64_t& budget, Reporter& report);

}  // namespace kss::policy
