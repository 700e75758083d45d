// SPDX-License-Identifier: BSD-2-Clause
// The checker's state, shared by the files that each check one part of a policy.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "policy/checked.hpp"
#include "policy/names.hpp"
#include "policy/parsed.hpp"
#include "policy/report.hpp"
#include "policy/rule_syntax.hpp"

namespace kss::policy {

/// What a name stands for. Domains, types and attributes share one name space.
struct Symbol {
  enum class Kind : uint8_t { domain, type, builtin, attribute };
  Kind kind = Kind::type;
  uint32_t id = 0;  // DomainId, ObjectId, ObjectId, index of attribute
};

struct Attribute {
  enum class Of : uint8_t { nothing, domains, types };
  Text name;
  Of of = Of::nothing;
  IdSet members;       // DomainId or ObjectId
  uint8_t colour = 0;  // of the search for cycles: 0 new, 1 being worked out, 2 done
};

/// The objects of a rule before they are restricted to a class.
struct ObjectSet {
  IdSet ids;
  bool self = false;
  bool without_self = false;  // -self
  bool everything = false;    // `*` is among them: self too, where a class has it
};

class Checker {
 public:
  Checker(ParsedPolicy& in, Reporter& report) : in_(in), report_(report) {}
  CheckedPolicy run();

 private:
  // check.cpp: names and attributes
  void declare_names();
  bool declare(const Text& name, const char* what, Symbol symbol);
  void resolve_attributes();
  void resolve_attribute(uint32_t index, std::vector<uint32_t>& path);
  void add_to_attributes(const std::vector<Text>& names, uint32_t member, Attribute::Of of, const Text& of_what);
  const Symbol* find(std::string_view name) const;
  std::string nearest(std::string_view name, bool domains, bool types) const;
  Text declared_at(const Symbol& symbol) const;

  // check_domains.cpp: ways into domains
  void check_domains();
  void add_entry(DomainId to, Entry entry);
  void check_entry(DomainId to, const ParsedEntry& parsed);
  void container(const Text& name, std::vector<PathPattern>& out);
  bool entry_from(DomainId to, const std::vector<Text>& texts, IdSet& out);
  void check_transitions();
  void check_entry_overlaps();
  void imply_transitions();

  // check_levels.cpp
  void check_levels();
  void check_lattice(Axis axis);
  bool parse_level(Axis axis, const Text& text, std::string_view part, Level& out);
  bool parse_range(Axis axis, const Text& text, LevelRange& out);
  void check_labels(const ParsedLabels& parsed, bool ranges, const std::string& what, Labels& out);

  // check_types.cpp
  void check_types();
  void check_type_overlaps();

  // check_rules.cpp: rules, and the sets of names that they and assertions are made of
  void check_rules();
  void check_neverallow(const Text& text, size_t skip);
  bool subjects(const WordSet& words, bool unconfined_too, IdSet& out);
  bool objects(const WordSet& words, const IdSet& subjects, ObjectSet& out);
  bool classes(const WordSet& words, std::vector<kss_class>& out, bool& group);
  bool permissions(const WordSet& words, const std::vector<kss_class>& classes, std::vector<uint32_t>& masks);
  void find_fits();
  // Whether a rule on this class may name this object.
  bool fits(kss_class cls, ObjectId id) const;
  void misfit(const Word& word, kss_class cls, ObjectId id);
  bool check_fit(const WordSet& words, const std::vector<kss_class>& classes, bool group, const IdSet& subjects);
  template <typename Emit>
  void resolve(const RuleSyntax& syntax, const Text& text, bool is_allow, Emit emit);
  template <typename Emit>
  void restrict_to_class(const ObjectSet& set, const IdSet& subjects, kss_class cls, Emit emit);
  bool within_limit(const Text& text, size_t ids);

  // check_assertions.cpp
  void check_assertions();
  void check_noflow(const Text& text, size_t skip);

  // check_states.cpp: models with state; the parts of an event in check_rules.cpp
  void check_events();
  void check_event_part(const Text& text, Event& event);
  void check_flows();
  void check_flow(const ParsedFlow& parsed);
  void check_temporals();
  bool check_scope(const Text& text, Scope& out);
  std::optional<uint32_t> event_named(std::string_view name) const;
  std::string nearest_event(std::string_view name) const;

  // check_tests.cpp
  void check_tests();
  void check_step(const ParsedStep& step, Test& test);
  void check_wait(const Text& text, uint64_t& out);
  bool check_target(const Word& object, kss_class cls, TestStep& step);

  ObjectId object_of(DomainId d) const { return KSS_OBJ_DOMAINS + d; }
  bool is_domain_object(ObjectId id) const { return id >= KSS_OBJ_DOMAINS && id < first_type_; }

  ParsedPolicy& in_;
  Reporter& report_;
  CheckedPolicy out_;
  std::unordered_map<std::string_view, Symbol> symbols_;
  std::vector<Attribute> attributes_;
  std::vector<const ParsedDomain*> parsed_domains_;  // by DomainId; the first two are null
  std::vector<const ParsedType*> parsed_types_;
  std::unordered_map<std::string_view, uint32_t> event_ids_;
  std::vector<char> faulty_types_;  // had an error: may be anything, so that one error doesn't make ten
  ObjectId first_type_ = 0;
  std::array<std::vector<char>, KSS_NCLASSES> fits_;  // by ObjectId
  size_t expanded_ids_ = 0;
  bool over_limit_ = false;
};

void sort_unique(IdSet& set);
IdSet subtract(const IdSet& from, const IdSet& what);
/// The text that explains a rule later on.
std::string rule_text(const ParsedRule& rule);

}  // namespace kss::policy
