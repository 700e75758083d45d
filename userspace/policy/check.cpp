// SPDX-License-Identifier: BSD-2-Clause
// Parsed policy -> checked policy: the order of the checks, and what names stand for.
#include <algorithm>
#include <functional>
#include <iterator>

#include "policy/checker.hpp"
#include "policy/levels.hpp"
#include "policy/limits.hpp"
#include "policy/macros.hpp"
#include "policy/policy.hpp"
#include "policy/prove.hpp"
#include "policy/suggest.hpp"

namespace kss::policy {

void sort_unique(IdSet& set) {
  if (std::adjacent_find(set.begin(), set.end(), std::greater_equal<>()) == set.end()) return;
  std::sort(set.begin(), set.end());
  set.erase(std::unique(set.begin(), set.end()), set.end());
}

IdSet subtract(const IdSet& from, const IdSet& what) {
  IdSet out;
  std::set_difference(from.begin(), from.end(), what.begin(), what.end(), std::back_inserter(out));
  return out;
}

const Symbol* Checker::find(std::string_view name) const {
  auto it = symbols_.find(name);
  return it == symbols_.end() ? nullptr : &it->second;
}

std::string Checker::nearest(std::string_view name, bool domains, bool types) const {
  Suggestion s(name);
  for (const auto& [known, symbol] : symbols_) {
    bool domain = symbol.kind == Symbol::Kind::domain ||
                  (symbol.kind == Symbol::Kind::attribute && attributes_[symbol.id].of == Attribute::Of::domains);
    if (domain ? domains : types) s.offer(known);
  }
  if (domains) s.offer("domain:*");
  if (types) s.offer("type:*");
  return s.hint(domains && types ? "declare it below `types:`, `domains:` or `attributes:`"
                : domains        ? "declare it below `domains:` or `attributes:`"
                                 : "declare it below `types:` or `attributes:`");
}

Text Checker::declared_at(const Symbol& symbol) const {
  switch (symbol.kind) {
    case Symbol::Kind::domain:
      return symbol.id < parsed_domains_.size() && parsed_domains_[symbol.id] != nullptr
                 ? parsed_domains_[symbol.id]->name
                 : Text{};
    case Symbol::Kind::type: return parsed_types_[symbol.id - first_type_]->name;
    case Symbol::Kind::attribute: return attributes_[symbol.id].name;
    case Symbol::Kind::builtin: break;
  }
  return {};
}

bool Checker::declare(const Text& name, const char* what, Symbol symbol) {
  if (!is_name(name.value)) {
    report_.error(name, name.value, "`" + std::string(name.value.substr(0, 80)) + "` cannot name a " + what,
                  "letters, digits, _ . - beginning with a letter or _, at most 255");
    return false;
  }
  if (name.value == "self" || name.value == "domain" || name.value == "type" || name.value == "anyfile") {
    report_.error(name, name.value, "`" + std::string(name.value) + "` is a word of the language",
                  "choose another name");
    return false;
  }
  auto [it, fresh] = symbols_.emplace(name.value, symbol);
  if (fresh) return true;
  bool builtin = it->second.kind == Symbol::Kind::builtin ||
                 (it->second.kind == Symbol::Kind::domain && it->second.id < KSS_DOMAIN_FIRST);
  report_.error(name, name.value,
                "`" + std::string(name.value) +
                    (builtin ? "` is built in; it cannot name a " : "` is already declared; it cannot also name a ") +
                    what,
                "choose another name");
  if (!builtin) report_.note(where(declared_at(it->second), size_t{0}), "it is first declared here");
  return false;
}

void Checker::declare_names() {
  size_t most = in_.domains.size() + in_.types.size() + in_.attributes.size() + 16;
  symbols_.reserve(most);
  out_.domains.resize(KSS_DOMAIN_FIRST);
  out_.domains[KSS_DOMAIN_UNCONFINED].name = "unconfined";
  out_.domains[KSS_DOMAIN_NONE].name = "none";
  parsed_domains_.assign(KSS_DOMAIN_FIRST, nullptr);
  symbols_["unconfined"] = {Symbol::Kind::domain, KSS_DOMAIN_UNCONFINED};
  symbols_["none"] = {Symbol::Kind::domain, KSS_DOMAIN_NONE};
  for (uint32_t b = 0; b < KSS_NBUILTINS; ++b) symbols_[builtin_name(b)] = {Symbol::Kind::builtin, b};

  for (const ParsedDomain& d : in_.domains) {
    if (report_.full()) return;
    if (!declare(d.name, "domain", {Symbol::Kind::domain, static_cast<uint32_t>(out_.domains.size())})) continue;
    if (out_.domains.size() == KSS_MAX_DOMAINS) {
      report_.error(d.name, d.name.value,
                    "more than " + std::to_string(KSS_MAX_DOMAINS - KSS_DOMAIN_FIRST) + " domains");
      break;
    }
    Domain domain;
    domain.name = d.name.value;
    domain.permissive = d.permissive;
    domain.trusted = d.trusted;
    domain.pos = where(d.name, size_t{0});
    out_.domains.push_back(std::move(domain));
    parsed_domains_.push_back(&d);
  }
  first_type_ = out_.first_type();
  for (const ParsedType& t : in_.types) {
    if (report_.full()) return;
    auto id = static_cast<uint32_t>(first_type_ + out_.types.size());
    if (!declare(t.name, "type", {Symbol::Kind::type, id})) continue;
    if (id == KSS_MAX_OBJECTS) {
      report_.error(t.name, t.name.value,
                    "more than " + std::to_string(KSS_MAX_OBJECTS) + " domains and types together");
      break;
    }
    Type type;
    type.name = t.name.value;
    type.pos = where(t.name, size_t{0});
    out_.types.push_back(std::move(type));
    parsed_types_.push_back(&t);
  }
  for (const ParsedAttribute& a : in_.attributes) {
    if (report_.full()) return;
    auto index = static_cast<uint32_t>(attributes_.size());
    Attribute attribute;
    attribute.name = a.name;
    attributes_.push_back(std::move(attribute));  // kept also if its name is taken: indices stay those of the input
    declare(a.name, "attribute", {Symbol::Kind::attribute, index});
  }
}

void Checker::add_to_attributes(const std::vector<Text>& names, uint32_t member, Attribute::Of of,
                                const Text& of_what) {
  for (const Text& name : names) {
    const Symbol* symbol = find(name.value);
    if (symbol == nullptr || symbol->kind != Symbol::Kind::attribute) {
      Suggestion s(name.value);
      for (const Attribute& a : attributes_) s.offer(a.name.value);
      report_.error(name, name.value, "no attribute `" + std::string(name.value) + "`",
                    s.hint("declare it: attributes: { " + std::string(name.value) + ": [] }"));
      continue;
    }
    Attribute& attribute = attributes_[symbol->id];
    if (attribute.of != Attribute::Of::nothing && attribute.of != of) {
      report_.error(name, name.value,
                    "attribute `" + std::string(name.value) + "` has " +
                        (of == Attribute::Of::types ? "domains" : "types") + "; `" + std::string(of_what.value) +
                        "` cannot join them");
      continue;
    }
    attribute.of = of;
    attribute.members.push_back(member);
  }
}

void Checker::resolve_attribute(uint32_t index, std::vector<uint32_t>& path) {
  if (attributes_[index].colour == 2) return;
  attributes_[index].colour = 1;
  path.push_back(index);
  for (const Text& member : in_.attributes[index].members) {
    const Symbol* symbol = find(member.value);
    std::string named = "`" + std::string(member.value.substr(0, 80)) + "`";
    if (symbol == nullptr) {
      report_.error(
          member, member.value,
          "attribute `" + std::string(attributes_[index].name.value) + "`: no domain, type or attribute " + named,
          nearest(member.value, true, true));
      continue;
    }
    Attribute::Of of = symbol->kind == Symbol::Kind::domain ? Attribute::Of::domains : Attribute::Of::types;
    IdSet ids;
    if (symbol->kind == Symbol::Kind::attribute) {
      if (attributes_[symbol->id].colour == 1) {
        std::string chain;
        for (auto it = std::find(path.begin(), path.end(), symbol->id); it != path.end(); ++it)
          chain += std::string(attributes_[*it].name.value) + " -> ";
        report_.error(member, member.value, "attribute " + named + " contains itself",
                      chain + std::string(member.value));
        continue;
      }
      if (path.size() > kMaxMacroDepth * 64) {
        report_.error(member, member.value, "attributes nested too deep");
        continue;
      }
      resolve_attribute(symbol->id, path);
      of = attributes_[symbol->id].of;
      if (of == Attribute::Of::nothing) continue;
      ids = attributes_[symbol->id].members;
    } else if (symbol->kind == Symbol::Kind::domain && symbol->id < KSS_DOMAIN_FIRST) {
      report_.error(member, member.value, named + " cannot be in an attribute",
                    symbol->id == KSS_DOMAIN_UNCONFINED ? "name it in the rule itself: { daemons unconfined }" : "");
      continue;
    } else if (symbol->kind == Symbol::Kind::builtin && symbol->id == KSS_OBJ_unresolved) {
      report_.error(member, member.value, "`unresolved` can be named nowhere: what has no label is always denied");
      continue;
    } else {
      ids = {symbol->id};
    }
    Attribute& attribute = attributes_[index];
    if (attribute.of != Attribute::Of::nothing && attribute.of != of) {
      report_.error(member, member.value,
                    "attribute `" + std::string(attribute.name.value) + "` mixes domains and types: " + named +
                        " is of the " + (of == Attribute::Of::types ? "types" : "domains"),
                    "make two attributes");
      continue;
    }
    attribute.of = of;
    attribute.members.insert(attribute.members.end(), ids.begin(), ids.end());
  }
  sort_unique(attributes_[index].members);
  attributes_[index].colour = 2;
  path.pop_back();
}

void Checker::resolve_attributes() {
  for (DomainId d = KSS_DOMAIN_FIRST; d < out_.domains.size(); ++d)
    add_to_attributes(parsed_domains_[d]->attributes, d, Attribute::Of::domains, parsed_domains_[d]->name);
  for (size_t t = 0; t < out_.types.size(); ++t)
    add_to_attributes(parsed_types_[t]->attributes, first_type_ + static_cast<uint32_t>(t), Attribute::Of::types,
                      parsed_types_[t]->name);
  std::vector<uint32_t> path;
  for (uint32_t a = 0; a < attributes_.size() && !report_.full(); ++a) resolve_attribute(a, path);
}

CheckedPolicy Checker::run() {
  expand_macros(in_, report_);
  out_.name = in_.name.value;
  out_.version = in_.version;
  out_.permissive = in_.permissive;
  for (const Source& source : in_.sources) out_.sources.push_back(*source.name);
  declare_names();
  resolve_attributes();
  check_levels();
  check_types();
  find_fits();
  check_domains();
  check_rules();
  check_events();
  check_flows();
  check_temporals();
  check_assertions();
  check_tests();
  return std::move(out_);
}

namespace {

std::optional<CheckedPolicy> check(ParsedPolicy& parsed, Reporter& report) {
  // With a file missing, most names would be unknown: what there is to say has been said.
  if (report.unreadable()) return std::nullopt;
  CheckedPolicy policy = Checker(parsed, report).run();
  if (report.errors() == 0) apply_levels(policy, report);
  if (report.errors() == 0) prove(policy, report);
  if (report.errors() != 0) return std::nullopt;
  return policy;
}

}  // namespace

std::optional<CheckedPolicy> check_file(const std::string& path, const ParseOptions& options, Diagnostics& diags) {
  Reporter report(diags);
  ParsedPolicy parsed;
  parse_file(path, options, parsed, report);
  return check(parsed, report);
}

std::optional<CheckedPolicy> check_text(const std::string& text, const std::string& name, const ParseOptions& options,
                                        Diagnostics& diags) {
  Reporter report(diags);
  ParsedPolicy parsed;
  parse_text(text, name, options, parsed, report);
  return check(parsed, report);
}

}  // namespace kss::policy
