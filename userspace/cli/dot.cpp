// SPDX-License-Identifier: BSD-2-Clause
#include "cli/dot.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "cli/cli.hpp"

namespace kss::cli {
namespace {

using Access = std::map<uint32_t, uint32_t>;  // class -> permissions
using Column = std::map<uint32_t, Access>;    // domain -> what it may do to an object
using Columns = std::map<uint32_t, Column>;   // object -> who may do what to it

constexpr std::size_t max_edges = 5000;  // dot takes minutes beyond that, and nobody can read it

std::string dot_string(std::string_view text) {
  std::string s = "\"";
  for (const char c : printable(text)) {
    if (c == '"' || c == '\\') s += '\\';
    if (c == '\n') {
      s += "\\n";
      continue;
    }
    s += c;
  }
  return s + "\"";
}

std::string label_of(const Access& access) {
  std::string s;
  for (const auto& [cls, perms] : access) {
    if (!s.empty()) s += '\n';
    std::string names = policy::perm_names(cls, perms);
    if (names.size() > 40) names = names.substr(0, names.rfind(' ', 40)) + " …";
    s += std::string(policy::class_name(cls)) + ": " + names;
  }
  return s;
}

class Graph {
 public:
  Graph(const policy::DebugInfo& debug, const DotOptions& options) : debug_(debug), options_(options) {}

  Dot make() {
    collect();
    group();
    if (nodes() > options_.max_nodes) fold();
    return write();
  }

 private:
  bool wanted(uint32_t domain) const {
    return options_.domain.empty() || debug_.domains[domain].name == options_.domain;
  }
  uint32_t first_type() const { return KSS_OBJ_DOMAINS + static_cast<uint32_t>(debug_.domains.size()); }
  std::size_t nodes() const { return debug_.domains.size() + columns_.size(); }

  void add(uint32_t domain, uint32_t object, uint32_t cls, uint32_t perms) { columns_[object][domain][cls] |= perms; }

  void collect() {
    for (const auto& rule : debug_.rules) {
      if (rule.effect != policy::Rule::Effect::allow) continue;
      for (const uint32_t domain : rule.domains) {
        if (!wanted(domain)) continue;
        for (const uint32_t object : rule.objects) add(domain, object, rule.cls, rule.perms);
        if (rule.self) add(domain, KSS_OBJ_DOMAINS + domain, rule.cls, rule.perms);
      }
    }
  }

  /// Types with equal columns form a group.
  void group() {
    std::map<Column, std::vector<uint32_t>> equal;
    for (const auto& [object, column] : columns_)
      if (object >= first_type()) equal[column].push_back(object);
    for (auto& [column, members] : equal)
      if (members.size() > 1) groups_.push_back(std::move(members));
    std::sort(groups_.begin(), groups_.end());
  }

  void fold() {
    std::size_t gone = 0;
    for (const auto& members : groups_) {
      std::string label = count(members.size(), "type") + " that no rule tells apart";
      constexpr std::size_t shown = 6;
      for (std::size_t i = 0; i < members.size() && i < shown; i++) label += "\n" + debug_.objects[members[i]].name;
      if (members.size() > shown) label += "\n…";
      folded_[members[0]] = label;
      for (std::size_t i = 1; i < members.size(); i++) columns_.erase(members[i]);
      gone += members.size() - 1;
    }
    groups_.clear();
    note_ = "a big policy: " + count(gone, "type") + " folded into others that the same rules hold for (--max-nodes)";
  }

  static std::string object_node(uint32_t object, uint32_t first) {
    return object >= KSS_OBJ_DOMAINS && object < first ? "d" + std::to_string(object - KSS_OBJ_DOMAINS)
                                                       : "o" + std::to_string(object);
  }

  void write_type(std::string& s, uint32_t object, const char* indent) const {
    const auto folded = folded_.find(object);
    const auto& type = debug_.objects[object];
    std::string tip;
    for (const std::string& p : type.patterns) tip += (tip.empty() ? "" : "\n") + p;
    s += std::string(indent) + "o" + std::to_string(object) +
         " [shape=ellipse, label=" + dot_string(folded == folded_.end() ? type.name : folded->second);
    if (object < KSS_NBUILTINS) s += ", style=dotted";
    if (folded != folded_.end()) s += ", peripheries=2";
    if (!tip.empty() && tip.size() < 2000) s += ", tooltip=" + dot_string(tip);
    s += "];\n";
  }

  void write_nodes(std::string& s) const {
    std::set<uint32_t> used;  // domains that stand at an end of some edge
    for (const auto& [object, column] : columns_) {
      if (object >= KSS_OBJ_DOMAINS && object < first_type()) used.insert(object - KSS_OBJ_DOMAINS);
      for (const auto& [domain, access] : column) used.insert(domain);
    }
    for (uint32_t d = 0; d < debug_.domains.size(); d++) {
      const auto& domain = debug_.domains[d];
      if (!used.contains(d) && !(d >= KSS_DOMAIN_FIRST && wanted(d)) && !sources_.contains(d)) continue;
      s += "  d" + std::to_string(d) + " [shape=box, style=" + (d < KSS_DOMAIN_FIRST ? "dotted" : "\"rounded,bold\"") +
           (domain.permissive ? ", color=orange" : "") +
           ", label=" + dot_string(domain.name + (domain.permissive ? "\n(permissive)" : "")) + "];\n";
    }
    std::set<uint32_t> framed;
    for (std::size_t g = 0; g < groups_.size(); g++) {
      s += "  subgraph cluster_" + std::to_string(g) + " {\n    style=dashed; color=gray; label=\"the same rules\";\n";
      for (const uint32_t object : groups_[g]) {
        write_type(s, object, "    ");
        framed.insert(object);
      }
      s += "  }\n";
    }
    for (const auto& [object, column] : columns_)
      if (!framed.contains(object) && (object < KSS_OBJ_DOMAINS || object >= first_type())) write_type(s, object, "  ");
  }

  void write_edges(std::string& s) {
    std::size_t n = 0;
    for (const auto& [object, column] : columns_)
      for (const auto& [domain, access] : column) {
        if (++n > max_edges) continue;
        s += "  d" + std::to_string(domain) + " -> " + object_node(object, first_type()) +
             " [label=" + dot_string(label_of(access)) + "];\n";
      }
    if (n > max_edges)
      note_ += (note_.empty() ? "" : "; ") + count(n - max_edges, "edge") + " left out (--domain D shows one domain's)";
  }

  /// Entries read "KIND WHAT from A, B" (debuginfo.cpp); each of A, B has a dashed edge to the domain.
  void transitions() {
    for (uint32_t d = 0; d < debug_.domains.size(); d++)
      for (const std::string& entry : debug_.domains[d].entries) {
        const std::size_t at = entry.rfind(" from ");
        const std::string how = entry.substr(0, at);
        std::string from = at == entry.npos ? "unconfined" : entry.substr(at + 6);
        for (std::size_t comma; !from.empty(); from = comma == from.npos ? "" : from.substr(comma + 2)) {
          comma = from.find(", ");
          const std::string name = from.substr(0, comma);
          for (uint32_t source = 0; source < debug_.domains.size(); source++)
            if (debug_.domains[source].name == name && (wanted(d) || (!options_.domain.empty() && wanted(source)))) {
              sources_.insert(source);
              sources_.insert(d);
              entries_ += "  d" + std::to_string(source) + " -> d" + std::to_string(d) +
                          " [style=dashed, label=" + dot_string(how) + "];\n";
            }
        }
      }
  }

  Dot write() {
    transitions();
    std::string s =
        "digraph policy {\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n  edge [fontname=\"sans-serif\", "
        "fontsize=9];\n  label=" +
        dot_string(debug_.policy_name + " version " + std::to_string(debug_.policy_version)) + ";\n";
    write_nodes(s);
    write_edges(s);
    s += entries_;
    if (!note_.empty()) s += "  note [shape=note, label=" + dot_string(note_) + "];\n";
    return {s + "}\n", note_};
  }

  const policy::DebugInfo& debug_;
  const DotOptions& options_;
  Columns columns_;
  std::vector<std::vector<uint32_t>> groups_;
  std::map<uint32_t, std::string> folded_;  // object that stands for a group -> its label
  std::set<uint32_t> sources_;
  std::string entries_, note_;
};

}  // namespace

Dot make_dot(const policy::DebugInfo& debug, const DotOptions& options) { return Graph(debug, options).make(); }

}  // namespace kss::cli
