// SPDX-License-Identifier: BSD-2-Clause
// Ways into domains: entries, transitions, what they imply, and that no execution has two outcomes.
#include <algorithm>

#include "policy/checker.hpp"
#include "policy/limits.hpp"
#include "policy/patterns.hpp"
#include "policy/suggest.hpp"

namespace kss::policy {
namespace {

// What makes two entries the same way in; empty for `run`, which names its domain.
std::string key_of(const Entry& e) {
  switch (e.kind) {
    case Entry::Kind::exec: return std::string("x") + e.pattern.text;
    case Entry::Kind::cgroup: return std::string("c") + e.pattern.text;
    case Entry::Kind::digest:
      return std::string("d") + std::string(reinterpret_cast<const char*>(e.digest.data()), e.digest.size());
    case Entry::Kind::exec_type: return std::string("t") + std::to_string(e.type);
    case Entry::Kind::run: break;
  }
  return {};
}

}  // namespace

bool Checker::entry_from(DomainId to, const std::vector<Text>& texts, IdSet& out) {
  if (texts.empty()) {
    out = {KSS_DOMAIN_UNCONFINED};
    return true;
  }
  WordSet words;
  for (const Text& text : texts)
    if (!parse_set(text, text.value, "a domain", words, report_)) return false;
  words.braces = true;
  if (!subjects(words, true, out)) return false;
  std::erase(out, to);
  if (!out.empty()) return true;
  report_.error(texts[0], texts[0].value, "`from` names no other domain: a domain does not enter itself",
                "leave it out to mean unconfined");
  return false;
}

// systemd's, LXC's and our own launchers' names for a container's cgroup, wherever the container manager itself lives.
void Checker::container(const Text& name, std::vector<PathPattern>& out) {
  bool good = !name.value.empty() && name.value[0] != '.' && name.value[0] != '-';
  for (char c : name.value)
    good &=
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
  if (!good || name.value.size() > 64) {
    report_.error(name, name.value, "`" + std::string(name.value.substr(0, 80)) + "` is no container's name",
                  "letters, digits, _ . - and at most 64; for anything else write cgroup: PATTERN");
    return;
  }
  Pos pos = where(name, name.value);
  std::string plain(name.value), escaped;
  for (char c : plain) escaped += c == '-' ? std::string("\\\\x2d") : std::string(1, c);  // as systemd names units
  std::vector<std::string> stems = {"lxc.payload." + plain, "machine-" + plain + ".scope", "kss-" + plain, plain};
  if (escaped != plain) stems.insert(stems.begin() + 2, "machine-" + escaped + ".scope");
  for (const auto& stem : stems) {
    out.push_back({"/**/" + stem, pos});
    out.push_back({"/**/" + stem + "/**", pos});
  }
}

void Checker::add_entry(DomainId to, Entry entry) { out_.domains[to].entries.push_back(std::move(entry)); }

void Checker::check_entry(DomainId to, const ParsedEntry& parsed) {
  Entry entry;
  entry.pos = where(parsed.kind, size_t{0});
  if (!entry_from(to, parsed.from, entry.from)) return;
  std::string_view kind = parsed.kind.value;
  std::vector<PathPattern> patterns;
  if (kind == "run") {
    entry.kind = Entry::Kind::run;
    return add_entry(to, std::move(entry));
  }
  if (kind == "digest") {
    entry.kind = Entry::Kind::digest;
    if (parse_digest(parsed.value, entry.digest, report_)) add_entry(to, std::move(entry));
    return;
  }
  if (kind == "type") {
    entry.kind = Entry::Kind::exec_type;
    const Symbol* symbol = find(parsed.value.value);
    Word word{parsed.value.value, &parsed.value, false};
    if (symbol == nullptr || symbol->kind == Symbol::Kind::domain || symbol->kind == Symbol::Kind::attribute) {
      report_.error(parsed.value, word.text,
                    "expected the type of an executable, found `" + std::string(word.text.substr(0, 80)) + "`",
                    symbol == nullptr ? nearest(word.text, false, true) : "that is no type");
    } else if (!fits(KSS_CLASS_file, symbol->id)) {
      misfit(word, KSS_CLASS_file, symbol->id);
    } else {
      entry.type = symbol->id;
      add_entry(to, std::move(entry));
    }
    return;
  }
  if (kind == "exec") {
    entry.kind = Entry::Kind::exec;
    if (!expand_path(parsed.value, "executable", patterns, report_)) return;
  } else {
    entry.kind = Entry::Kind::cgroup;
    if (kind == "container")
      container(parsed.value, patterns);
    else if (!expand_path(parsed.value, "cgroup", patterns, report_))
      return;
  }
  for (auto& pattern : patterns) {
    Entry one = entry;
    if (kind == "container") one.container = parsed.value.value;
    one.pattern = std::move(pattern);
    add_entry(to, std::move(one));
  }
}

void Checker::check_transitions() {
  for (const Text& text : in_.transitions) {
    if (report_.full()) return;
    TransitionSyntax syntax;
    if (!parse_transition(text, syntax, report_)) continue;
    const Word& target = syntax.target.words[0];
    const Symbol* to = find(target.text);
    if (to == nullptr || to->kind != Symbol::Kind::domain || to->id < KSS_DOMAIN_FIRST) {
      report_.error(text, target.text, "expected a declared domain, found `" + std::string(target.text) + "`",
                    to == nullptr ? nearest(target.text, true, false) : "a transition leads to one declared domain");
      continue;
    }
    IdSet from;
    ObjectSet types;
    if (!subjects(syntax.subjects, true, from) || !objects(syntax.types, {}, types)) continue;
    std::erase(from, to->id);
    if (from.empty()) {
      report_.error(text, syntax.subjects.span, "a domain does not enter itself");
      continue;
    }
    if (!check_fit(syntax.types, {KSS_CLASS_file}, false, {})) continue;
    for (ObjectId id : types.ids) {
      if (!fits(KSS_CLASS_file, id)) continue;
      Entry entry;
      entry.kind = Entry::Kind::exec_type;
      entry.type = id;
      entry.from = from;
      entry.pos = where(text, size_t{0});
      add_entry(to->id, std::move(entry));
    }
  }
}

// One executable, digest, cgroup or type leads a domain to one place. Equal entries of one domain are merged.
void Checker::check_entry_overlaps() {
  struct Owner {
    DomainId to;
    const Entry* entry;
  };
  std::unordered_map<std::string, std::unordered_map<DomainId, Owner>> owners;
  std::unordered_map<std::string, uint32_t> numbers;
  for (DomainId to = KSS_DOMAIN_FIRST; to < out_.domains.size(); ++to) {
    auto& entries = out_.domains[to].entries;
    std::unordered_map<std::string, size_t> own;
    std::vector<Entry> merged;
    merged.reserve(entries.size());
    for (Entry& e : entries) {
      std::string key = key_of(e);
      if (e.kind == Entry::Kind::run) key = "r";
      auto [it, fresh] = own.emplace(key, merged.size());
      if (fresh) {
        merged.push_back(std::move(e));
      } else {
        IdSet& from = merged[it->second].from;
        from.insert(from.end(), e.from.begin(), e.from.end());
        sort_unique(from);
      }
    }
    entries = std::move(merged);
    for (Entry& e : entries) {
      std::string key = key_of(e);
      if (key.empty()) continue;
      if (e.kind != Entry::Kind::exec_type)
        e.number =
            numbers.emplace(e.container.empty() ? key : "n" + e.container, static_cast<uint32_t>(numbers.size() + 1))
                .first->second;
      auto& by_from = owners[key];
      for (DomainId from : e.from) {
        auto [it, fresh] = by_from.emplace(from, Owner{to, &e});
        if (fresh) continue;
        std::string what = e.kind == Entry::Kind::exec_type
                               ? std::string("a file of type `") + out_.object_name(e.type) + "`"
                           : e.kind == Entry::Kind::digest ? "this digest"
                                                           : std::string("`") + e.pattern.text + "`";
        report_.error(e.pos,
                      what + " already leads `" + out_.domains[from].name + "` into domain `" +
                          out_.domains[it->second.to].name + "`; it cannot lead into `" + out_.domains[to].name +
                          "` too",
                      "give one of the two another `from`");
        report_.note(it->second.entry->pos, "the other entry");
        break;
      }
    }
  }
}

// An entry from a confined domain is its declaration: the right to change the domain comes with it.
void Checker::imply_transitions() {
  std::vector<Rule> implied;
  for (DomainId to = KSS_DOMAIN_FIRST; to < out_.domains.size(); ++to) {
    const Domain& domain = out_.domains[to];
    IdSet transition, enter;
    const Entry* first[2] = {nullptr, nullptr};
    for (const Entry& e : domain.entries) {
      bool run = e.kind == Entry::Kind::run;
      for (DomainId from : e.from) {
        if (from < KSS_DOMAIN_FIRST) continue;
        (run ? enter : transition).push_back(from);
        if (first[run] == nullptr) first[run] = &e;
      }
    }
    for (bool run : {false, true}) {
      IdSet& from = run ? enter : transition;
      if (from.empty()) continue;
      std::sort(from.begin(), from.end());
      from.erase(std::unique(from.begin(), from.end()), from.end());
      Rule rule;
      rule.objects = {object_of(to)};
      rule.cls = KSS_CLASS_process;
      rule.perms = run ? KSS_process_enter : KSS_process_transition;
      rule.pos = first[run]->pos;
      rule.text = (from.size() == 1 ? out_.domains[from[0]].name : std::string("{ … }")) + ' ' + domain.name +
                  (run ? " : process enter" : " : process transition") + " (implied by enter)";
      rule.domains = std::move(from);
      implied.push_back(std::move(rule));
    }
  }
  out_.rules.insert(out_.rules.begin(), std::make_move_iterator(implied.begin()),
                    std::make_move_iterator(implied.end()));
}

void Checker::check_domains() {
  for (DomainId d = KSS_DOMAIN_FIRST; d < out_.domains.size() && !report_.full(); ++d)
    for (const ParsedEntry& entry : parsed_domains_[d]->enter) check_entry(d, entry);
  check_transitions();
  for (DomainId d = KSS_DOMAIN_FIRST; d < out_.domains.size() && report_.errors() == 0; ++d)
    if (out_.domains[d].entries.empty() && parsed_domains_[d]->enter.empty())
      report_.warning(parsed_domains_[d]->name, parsed_domains_[d]->name.value,
                      "domain `" + out_.domains[d].name + "` has no way in",
                      "give it `enter:`, or make it the target of a transition");
  check_entry_overlaps();
  imply_transitions();
}

}  // namespace kss::policy
