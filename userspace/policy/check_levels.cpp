// SPDX-License-Identifier: BSD-2-Clause
// Levels: what degrees and categories there are, and which domain and type has which.
#include <algorithm>

#include "policy/checker.hpp"
#include "policy/limits.hpp"
#include "policy/suggest.hpp"

namespace kss::policy {
namespace {

constexpr const char* kAxisName[kAxes] = {"secrecy", "integrity"};

std::string_view trimmed(std::string_view s) {
  const size_t first = s.find_first_not_of(" \t\n");
  return first == s.npos ? std::string_view() : s.substr(first, s.find_last_not_of(" \t\n") + 1 - first);
}

std::optional<uint32_t> index_of(const std::vector<std::string>& names, std::string_view name) {
  const auto it = std::find(names.begin(), names.end(), name);
  if (it == names.end()) return std::nullopt;
  return static_cast<uint32_t>(it - names.begin());
}

std::string list_of(const std::vector<std::string>& names) {
  constexpr size_t shown = 8;
  std::string out;
  for (size_t i = 0; i < names.size() && i < shown; i++) out += (i ? ", " : "") + names[i];
  return names.size() > shown ? out + ", …" : out;
}

}  // namespace

void Checker::check_lattice(Axis axis) {
  const ParsedLattice& parsed = in_.levels.lattices[axis];
  Lattice& lattice = out_.lattices[axis];
  for (auto [texts, names, what, most] :
       {std::tuple(&parsed.degrees, &lattice.degrees, "degree", kMaxDegrees),
        std::tuple(&parsed.categories, &lattice.categories, "category", kMaxCategories)}) {
    for (const Text& text : *texts) {
      if (!is_name(text.value))
        report_.error(text, text.value, "`" + std::string(text.value.substr(0, 80)) + "` is no name for a " + what,
                      "letters, digits, _ and -, and no digit first");
      else if (index_of(lattice.degrees, text.value) || index_of(lattice.categories, text.value))
        report_.error(text, text.value, std::string(kAxisName[axis]) + " has `" + std::string(text.value) + "` twice");
      else if (names->size() == most)
        report_.error(text, text.value,
                      "more than " + std::to_string(most) + " of " + kAxisName[axis] + "'s kind " + what);
      else
        names->emplace_back(text.value);
    }
  }
}

// DEGREE, DEGREE CATEGORY …, or DEGREE { CATEGORY … }
bool Checker::parse_level(Axis axis, const Text& text, std::string_view part, Level& out) {
  const Lattice& lattice = out_.lattices[axis];
  bool first = true;
  std::string_view rest = part;
  for (;;) {
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t\n{},"), rest.size()));
    if (rest.empty()) break;
    const std::string_view word = rest.substr(0, rest.find_first_of(" \t\n{},"));
    rest.remove_prefix(word.size());
    const auto id = index_of(first ? lattice.degrees : lattice.categories, word);
    if (!id) {
      report_.error(text, word,
                    std::string(kAxisName[axis]) + " has no " + (first ? "degree" : "category") + " `" +
                        std::string(word.substr(0, 80)) + "`",
                    "it has " + list_of(first ? lattice.degrees : lattice.categories));
      return false;
    }
    if (first)
      out.degree = *id;
    else
      out.categories.push_back(*id);
    first = false;
  }
  if (first) {
    report_.error(text, part, "a level begins with its degree", list_of(lattice.degrees));
    return false;
  }
  sort_unique(out.categories);
  return true;
}

// LEVEL or LEVEL .. LEVEL
bool Checker::parse_range(Axis axis, const Text& text, LevelRange& out) {
  const size_t dots = text.value.find("..");
  if (!parse_level(axis, text, trimmed(text.value.substr(0, dots)), out.low)) return false;
  out.high = out.low;
  if (dots == text.value.npos) return true;
  out.high = {};
  if (!parse_level(axis, text, trimmed(text.value.substr(dots + 2)), out.high)) return false;
  if (out.high.degree < out.low.degree || !std::includes(out.high.categories.begin(), out.high.categories.end(),
                                                         out.low.categories.begin(), out.low.categories.end())) {
    report_.error(text, {}, "the second level of a range dominates the first",
                  "write LOW .. HIGH, with all categories of LOW in HIGH");
    return false;
  }
  return true;
}

void Checker::check_labels(const ParsedLabels& parsed, bool ranges, const std::string& what, Labels& out) {
  for (Axis axis : {kSecrecy, kIntegrity}) {
    if (parsed[axis].empty()) continue;
    const Text& text = parsed[axis][0];
    if (out_.lattices[axis].degrees.empty()) {
      report_.error(text, text.value,
                    what + " has a level of " + kAxisName[axis] + ", which the policy has not declared",
                    std::string("levels: { ") + kAxisName[axis] + ": { degrees: [low, high] }, default: { " +
                        kAxisName[axis] + ": low } }");
      continue;
    }
    LevelRange range;
    if (!parse_range(axis, text, range)) continue;
    if (!ranges && !(range.low == range.high)) {
      report_.error(text, text.value, what + " has one level, not a range",
                    "ranges are for domains that are trusted with them");
      continue;
    }
    out[axis] = std::move(range);
  }
}

void Checker::check_levels() {
  for (Axis axis : {kSecrecy, kIntegrity}) check_lattice(axis);
  Labels standard;
  check_labels(in_.levels.standard, false, "the default", standard);
  for (Axis axis : {kSecrecy, kIntegrity}) {
    Lattice& lattice = out_.lattices[axis];
    if (lattice.degrees.empty()) continue;
    if (standard[axis])
      lattice.standard = *standard[axis];
    else if (in_.levels.standard[axis].empty())
      report_.error(in_.levels.key, in_.levels.key.value,
                    std::string("levels have no default for ") + kAxisName[axis] + ": what of all that has no level?",
                    std::string("default: { ") + kAxisName[axis] + ": " + lattice.degrees[0] + " }");
  }
  for (const auto& [name, labels] : in_.levels.of) {
    const Symbol* symbol = find(name.value);
    if (!symbol || symbol->kind != Symbol::Kind::builtin || symbol->id == KSS_OBJ_unresolved)
      report_.error(name, name.value, "`" + std::string(name.value.substr(0, 80)) + "` is no built-in object",
                    symbol ? "a domain or type has its level where it is declared"
                           : "unlabeled, system, anon, memfd, inet_other, unix_other or family_other");
    else
      check_labels(labels, false, "`" + std::string(name.value) + "`", out_.builtin_levels[symbol->id]);
  }
  for (DomainId d = KSS_DOMAIN_FIRST; d < out_.domains.size(); d++)
    check_labels(parsed_domains_[d]->level, true, "domain `" + out_.domains[d].name + "`", out_.domains[d].level);
  for (size_t i = 0; i < out_.types.size(); i++)
    check_labels(parsed_types_[i]->level, false, "type `" + out_.types[i].name + "`", out_.types[i].level);
}

}  // namespace kss::policy
