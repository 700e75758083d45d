// SPDX-License-Identifier: BSD-2-Clause
// Models with state: events, flows over them, and formulas; and the automata that these come to.
#include <algorithm>
#include <map>

#include "kss/abi.h"
#include "policy/checker.hpp"
#include "policy/formula.hpp"
#include "policy/suggest.hpp"
#include "policy/temporal.hpp"

namespace kss::policy {
namespace {

std::string quote(std::string_view word) { return '`' + std::string(word.substr(0, 80)) + '`'; }

bool meet(const IdSet& a, const IdSet& b) {
  for (size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    if (a[i] == b[j]) return true;
    a[i] < b[j] ? ++i : ++j;
  }
  return false;
}

bool own_among(const IdSet& domains, const IdSet& objects) {
  return std::any_of(domains.begin(), domains.end(), [&](DomainId d) {
    return std::binary_search(objects.begin(), objects.end(), KSS_OBJ_DOMAINS + d);
  });
}

/// Can one access be both? Not only by a permission that both have: one that asks for several is all that they are.
bool overlap(const Event& a, const Event& b) {
  for (const EventPart& p : a.parts)
    for (const EventPart& q : b.parts) {
      if (p.cls != q.cls || !meet(p.domains, q.domains)) continue;
      if (meet(p.objects, q.objects) || (p.self && q.self) || (p.self && own_among(p.domains, q.objects)) ||
          (q.self && own_among(q.domains, p.objects)))
        return true;
    }
  return false;
}

/// The flow as the core runs it. A letter is the set of the flow's events that an access is.
Automaton automaton_of(const Flow& flow) {
  Automaton a;
  a.events = flow.events;
  const size_t letters = size_t{1} << flow.events.size();
  for (const auto& edges : flow.edges) {
    std::vector<Automaton::Edge>& row = a.table.emplace_back(letters, Automaton::Edge{0, 0, true});
    for (size_t letter = 1; letter < letters; letter++) {
      std::optional<uint32_t> next;
      bool allowed = true;
      for (size_t k = 0; k < flow.events.size(); k++) {
        if (!(letter >> k & 1)) continue;
        const auto edge =
            std::find_if(edges.begin(), edges.end(), [&](const Flow::Edge& e) { return e.event == flow.events[k]; });
        allowed &= edge != edges.end() && (!next || *next == edge->next);
        if (edge != edges.end()) next = edge->next;
      }
      if (allowed) row[letter] = {static_cast<uint16_t>(*next), 0, false};
    }
  }
  return a;
}

}  // namespace

std::optional<uint32_t> Checker::event_named(std::string_view name) const {
  const auto it = event_ids_.find(name);
  return it == event_ids_.end() ? std::nullopt : std::optional(it->second);
}

std::string Checker::nearest_event(std::string_view name) const {
  Suggestion s(name);
  for (const auto& [known, id] : event_ids_) s.offer(known);
  return s.hint("declare it below `events:`");
}

void Checker::check_events() {
  for (const ParsedEvent& parsed : in_.events) {
    if (report_.full() || over_limit_) return;
    Event event;
    event.name = parsed.name.value;
    event.pos = where(parsed.name, size_t{0});
    if (!is_name(parsed.name.value) || is_reserved(parsed.name.value)) {
      report_.error(parsed.name, parsed.name.value, quote(parsed.name.value) + " cannot name an event",
                    is_reserved(parsed.name.value) ? "it is a word of formulas"
                                                   : "letters, digits, _ . - beginning with a letter or _");
      continue;
    }
    const auto [it, fresh] = event_ids_.emplace(parsed.name.value, static_cast<uint32_t>(out_.events.size()));
    if (!fresh) {
      report_.error(parsed.name, parsed.name.value, "event " + quote(parsed.name.value) + " is declared twice");
      report_.note(out_.events[it->second].pos, "the other place");
      continue;
    }
    const auto before = report_.errors();
    for (const Text& part : parsed.parts) {
      check_event_part(part, event);
      event.text += (event.text.empty() ? "" : ", ") + std::string(part.value);
    }
    if (event.parts.empty() && report_.errors() == before)
      report_.error(parsed.name, parsed.name.value, "event " + quote(parsed.name.value) + " is no access at all",
                    "it reads like a rule: SUBJECT OBJECT : CLASS PERMISSION");
    out_.events.push_back(std::move(event));
  }
}

bool Checker::check_scope(const Text& text, Scope& out) {
  constexpr std::pair<std::string_view, Scope> known[] = {
      {"global", Scope::global}, {"domain", Scope::domain}, {"task", Scope::task}};
  if (text.source == nullptr) return true;
  Suggestion s(text.value);
  for (const auto& [name, scope] : known) {
    if (text.value == name) {
      out = scope;
      return true;
    }
    s.offer(name);
  }
  report_.error(text, text.value, "no scope " + quote(text.value),
                s.hint("global: one history for the device; domain, task: one for each"));
  return false;
}

void Checker::check_flow(const ParsedFlow& parsed) {
  Flow flow;
  flow.name = parsed.name.value;
  flow.pos = where(parsed.name, size_t{0});
  const auto before = report_.errors();
  check_scope(parsed.scope, flow.scope);
  if (!is_name(parsed.name.value))
    report_.error(parsed.name, parsed.name.value, quote(parsed.name.value) + " cannot name a flow",
                  "letters, digits, _ . - beginning with a letter or _");
  for (const auto& s : parsed.states)
    if (!is_name(s.name.value))
      report_.error(s.name, s.name.value, quote(s.name.value) + " cannot name a state",
                    "letters, digits, _ . - beginning with a letter or _");
  if (parsed.states.empty()) {
    report_.error(parsed.name, parsed.name.value, "flow " + quote(parsed.name.value) + " has no states",
                  "states: { idle: { fetch: busy }, busy: { install: idle } }");
    return;
  }
  std::map<std::string_view, uint32_t> states;
  for (const auto& s : parsed.states) {
    states.emplace(s.name.value, static_cast<uint32_t>(states.size()));
    flow.states.emplace_back(s.name.value);
  }
  for (const auto& s : parsed.states) {
    auto& edges = flow.edges.emplace_back();
    for (const auto& e : s.edges) {
      const auto event = event_named(e.event.value);
      const auto next = states.find(e.next.value);
      if (!event)
        report_.error(e.event, e.event.value, "no event " + quote(e.event.value), nearest_event(e.event.value));
      if (next == states.end()) {
        Suggestion near(e.next.value);
        for (const auto& [name, id] : states) near.offer(name);
        report_.error(e.next, e.next.value, "flow " + quote(parsed.name.value) + " has no state " + quote(e.next.value),
                      near.hint("declare it among its states"));
      }
      if (!event || next == states.end()) continue;
      for (const Flow::Edge& other : edges) {
        if (other.next == next->second || !overlap(out_.events[*event], out_.events[other.event])) continue;
        report_.error(e.event, e.event.value,
                      "in state " + quote(s.name.value) + " one access can be both " + quote(e.event.value) + " and " +
                          quote(out_.events[other.event].name) + ", which lead to different states",
                      "make the events differ in domain, object or class");
      }
      edges.push_back({*event, next->second});
      flow.events.push_back(*event);
    }
  }
  sort_unique(flow.events);
  if (report_.errors() != before) return;
  if (flow.events.empty()) {
    report_.error(parsed.name, parsed.name.value, "flow " + quote(parsed.name.value) + " has no event: it says nothing",
                  "idle: { fetch: busy }, where fetch is an event and busy a state");
    return;
  }
  if (flow.states.size() > Automaton::kMaxStates || flow.events.size() > Automaton::kMaxBits) {
    report_.error(parsed.name, parsed.name.value,
                  "flow " + quote(parsed.name.value) + " has more than " + std::to_string(Automaton::kMaxStates) +
                      " states or " + std::to_string(Automaton::kMaxBits) + " events",
                  "make two flows of it, or one event of accesses that do the same");
    return;
  }
  std::vector<bool> seen(flow.states.size());
  std::vector<uint32_t> open{0};
  seen[0] = true;
  while (!open.empty()) {
    const uint32_t s = open.back();
    open.pop_back();
    for (const Flow::Edge& e : flow.edges[s]) {
      if (seen[e.next]) continue;
      seen[e.next] = true;
      open.push_back(e.next);
    }
  }
  for (size_t s = 0; s < seen.size(); s++) {
    if (seen[s]) continue;
    report_.error(parsed.states[s].name, parsed.states[s].name.value,
                  "state " + quote(flow.states[s]) + " is never reached",
                  "the first state is the start; no chain of events leads from it here");
  }
  for (size_t s = 0; s < flow.edges.size(); s++)
    if (flow.edges[s].empty() && seen[s])
      report_.warning(
          parsed.states[s].name, parsed.states[s].name.value,
          "no event leads out of state " + quote(flow.states[s]) + ": all of this flow's are denied for good", "");
  out_.flows.push_back(std::move(flow));
}

void Checker::check_flows() {
  std::map<std::string_view, const Text*> names;
  for (const ParsedFlow& parsed : in_.flows) {
    if (report_.full()) return;
    const auto [it, fresh] = names.emplace(parsed.name.value, &parsed.name);
    if (!fresh) {
      report_.error(parsed.name, parsed.name.value, "flow " + quote(parsed.name.value) + " is declared twice");
      report_.note(where(*it->second, size_t{0}), "the other place");
      continue;
    }
    check_flow(parsed);
  }
  for (const Flow& flow : out_.flows) {
    Machine m;
    m.name = flow.name;
    m.flow = true;
    m.scope = flow.scope;
    m.automaton = automaton_of(flow);
    m.states = flow.states;
    m.pos = flow.pos;
    m.text = "flow " + flow.name + ":";
    for (size_t s = 0; s < flow.states.size(); s++) {
      m.text += (s ? ", " : " ") + flow.states[s] + " {";
      for (const Flow::Edge& e : flow.edges[s]) m.text += " " + out_.events[e.event].name + ": " + flow.states[e.next];
      m.text += " }";
    }
    out_.machines.push_back(std::move(m));
  }
}

void Checker::check_temporals() {
  size_t own = 0;
  std::vector<std::string_view> known;
  for (const ParsedEvent& e : in_.events) known.push_back(e.name.value);
  std::map<std::string_view, const Text*> names;
  for (const ParsedFlow& flow : in_.flows) names.emplace(flow.name.value, &flow.name);
  for (const ParsedTemporal& parsed : in_.temporals) {
    if (report_.full()) return;
    const auto [it, fresh] = names.emplace(parsed.name.value, &parsed.name);
    if (!fresh) {
      report_.error(parsed.name, parsed.name.value, "another flow or formula is called " + quote(parsed.name.value));
      report_.note(where(*it->second, size_t{0}), "the other place");
      continue;
    }
    auto clause = parse_clause(
        parsed.key.value, parsed.clause.value, [this](std::string_view n) { return event_named(n); }, known);
    if (const auto* error = std::get_if<SyntaxError>(&clause)) {
      const size_t at = std::min(error->at, parsed.clause.value.size());
      std::string_view rest = parsed.clause.value.substr(at);
      rest = rest.substr(0, std::max<size_t>(1, rest.find_first_of(" ()[],{}")));
      report_.error(parsed.clause, rest.empty() ? parsed.clause.value : rest, error->what, error->hint);
      continue;
    }
    Temporal& t = std::get<Temporal>(clause);
    t.name = parsed.name.value;
    t.pos = where(parsed.clause, size_t{0});
    t.text = std::string(parsed.key.value) + ": " + std::string(parsed.clause.value);
    if (!check_scope(parsed.scope, t.scope)) continue;
    Machine m;
    m.name = t.name;
    m.scope = t.scope;
    m.pos = t.pos;
    m.text = t.text;
    if (t.most > Automaton::kMaxClocks) {
      m.automaton.events = t.judged;
      m.ring = t.most;
      m.within = t.within;
      if (t.most > KSS_MACHINE_RING || t.scope == Scope::task) {
        report_.error(
            parsed.clause, parsed.clause.value,
            t.scope == Scope::task ? "a task's history has room for a limit of at most 6"
                                   : "no history has room for a limit of more than " + std::to_string(KSS_MACHINE_RING),
            t.scope == Scope::task ? "scope: domain has room for " + std::to_string(KSS_MACHINE_RING)
                                   : "take a shorter time and fewer events: at most 100 in 1s for 6000 in 1m");
        continue;
      }
    } else {
      auto built = build(t, [this](uint32_t e) { return out_.events[e].name; });
      if (const auto* why = std::get_if<std::string>(&built)) {
        report_.error(parsed.clause, parsed.clause.value,
                      "formula " + quote(t.name) + " cannot be kept in constant memory and time", *why);
        continue;
      }
      m.automaton = std::move(std::get<Automaton>(built));
      const Always always = constant(m.automaton, t.judged);
      if (always != Always::neither)
        report_.warning(parsed.clause, parsed.clause.value,
                        "formula " + quote(t.name) + (always == Always::never ? " never denies" : " always denies") +
                            ", whatever happens",
                        "");
    }
    if (m.automaton.events.size() > Automaton::kMaxBits) {
      report_.error(parsed.clause, parsed.clause.value, "more than " + std::to_string(Automaton::kMaxBits) + " events",
                    "make one event of those that are treated alike");
      continue;
    }
    out_.machines.push_back(std::move(m));
    out_.temporals.push_back(std::move(t));
  }
  for (const Machine& m : out_.machines)
    if (m.scope == Scope::task && ++own == KSS_TASK_CELLS + 1)
      report_.error(m.pos, "more than " + std::to_string(KSS_TASK_CELLS) + " flows and formulas of scope task",
                    "a task has room for so many histories of its own: make one of several, or take scope: domain");
  if (out_.machines.size() > KSS_MAX_MACHINES)
    report_.error(out_.machines.back().pos, "more than " + std::to_string(KSS_MAX_MACHINES) + " flows and formulas");
}

}  // namespace kss::policy
