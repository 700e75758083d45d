// SPDX-License-Identifier: BSD-2-Clause
// Checked policy to image: each part's own file works it out, here it is laid out. include/kss/image.md describes it.
#include <algorithm>
#include <map>
#include <string>

#include "kss/port_user.h"
#include "policy/debuginfo.hpp"
#include "policy/digest.hpp"
#include "policy/fold.hpp"
#include "policy/hash.hpp"
#include "policy/image_writer.hpp"
#include "policy/keys.hpp"
#include "policy/net.hpp"
#include "policy/path_automaton.hpp"
#include "policy/policy.hpp"

namespace kss::policy {
namespace {

uint32_t cared(const CareList& list) {
  uint32_t perms = 0;
  for (const auto& [event, by] : list) perms |= by;
  return perms;
}

void put_fold(const Folded& f, ImageWriter& out, kss_header& h, kss_header2& h2) {
  std::vector<kss_le32> rows(f.rows.size());
  std::transform(f.rows.begin(), f.rows.end(), rows.begin(), le32);
  h.dom_base = le32(out.put(rows));
  std::vector<kss_le16> columns(f.columns.size());
  std::transform(f.columns.begin(), f.columns.end(), columns.begin(), le16);
  h.obj_base = le32(out.put(columns));
  uint32_t cells = out.room(size_t{f.ncells} * 2);
  h.cell_base = le32(cells);
  h2.ncells = le32(f.ncells);
  auto* cell = static_cast<char*>(out.at(cells));
  for (const auto& run : f.runs)
    for (uint32_t i = run.first; i < run.first + run.count; i++) {
      kss_le16 v = le16(f.entries[i].second);
      std::memcpy(cell + (size_t{run.base} + f.entries[i].first) * 2, &v, 2);
    }
  std::vector<kss_av> vectors;
  for (const auto& v : f.vectors) {
    const uint32_t care = cared(f.cares[v.care]);
    vectors.push_back({le32(v.allow), le32(v.audit | care), le32(v.quiet | (care & ~v.audit)), le32(care)});
  }
  h.av_base = le32(out.put(vectors));
  h2.nvectors = le32(static_cast<uint32_t>(vectors.size()));
  kss_le32 need[KSS_MAX_CLASSES];
  std::transform(f.need.begin(), f.need.end(), need, le32);
  h2.need_base = le32(out.put(need, sizeof need));
}

void put_domains(const CheckedPolicy& policy, ImageWriter& out, kss_header& h) {
  std::vector<kss_domain_info> infos;
  for (const auto& d : policy.domains) {
    kss_domain_info info{};
    info.name = le64(kss_name64(d.name.data(), static_cast<uint32_t>(d.name.size())));
    info.flags = le32(d.permissive ? KSS_DOMAIN_PERMISSIVE : 0);
    infos.push_back(info);
  }
  for (const auto& d : policy.domains)
    for (const auto& e : d.entries)
      for (uint32_t from : e.from) {
        uint32_t by = e.kind == Entry::Kind::digest   ? KSS_DOMAIN_BY_DIGEST
                      : e.kind == Entry::Kind::cgroup ? KSS_DOMAIN_BY_CGROUP
                                                      : 0;
        infos[from].flags = le32(kss_get32(infos[from].flags) | by);
      }
  h.info_base = le32(out.put(infos));
}

void put_paths(const PathAutomaton& a, ImageWriter& out, kss_header& h, kss_header2& h2) {
  struct Tables {
    uint32_t classes, next;
  };
  std::vector<Tables> tables;
  for (const auto& g : a.automata) {
    std::vector<kss_le16> next(g.next.size());
    std::transform(g.next.begin(), g.next.end(), next.begin(), le16);
    uint32_t classes = out.put(g.classes, sizeof g.classes);
    tables.push_back({classes, out.put(next)});
  }
  std::vector<uint32_t> glob_chunk;
  for (const auto& g : a.globs) {
    const GlobAutomaton& automaton = a.automata[g.automaton];
    std::vector<kss_le32> accept;
    for (uint32_t set : automaton.accept) accept.push_back(le32(g.to[set]));
    kss_glob glob{};
    glob.nstates = le32(automaton.nstates);
    glob.nclasses = le32(automaton.nclasses);
    glob.class_base = le32(tables[g.automaton].classes);
    glob.trans_base = le32(tables[g.automaton].next);
    glob.accept_base = le32(out.put(accept));
    glob_chunk.push_back(out.put(&glob, sizeof glob));
  }
  std::vector<kss_path_state> states;
  for (const auto& s : a.states)
    states.push_back({le32(s.next_default), le32(s.glob ? glob_chunk[s.glob - 1] : 0), le16(s.type), le16(s.entry),
                      le32(s.literals ? KSS_STATE_LITERALS : 0)});
  h.state_base = le32(out.put(states));
  h2.nstates = le32(static_cast<uint32_t>(states.size()));
}

void put_hash(const KeyTable& keys, ImageWriter& out, kss_header& h) {
  uint32_t strings = out.put(keys.strings().data(), keys.strings().size());
  std::vector<kss_hash_entry> entries;
  for (const auto& s : keys.slots())
    entries.push_back({le32(s.state), le32(s.value), le32(s.str ? strings + s.str - 1 : 0), le32(s.len_tag)});
  h.hash_base = le32(out.put(entries));
  h.hash_mask = le32(static_cast<uint32_t>(entries.size() / 4 - 1));
  h.hash_seed = le32(keys.seed());
}

void put_net(const NetTables& n, ImageWriter& out, kss_header& h) {
  if (n.nodes.empty()) return;
  constexpr uint32_t node_chunks = 256 * 4 / KSS_CHUNK;
  uint32_t nodes = out.room(n.nodes.size() * node_chunks * KSS_CHUNK);
  auto* to = static_cast<char*>(out.at(nodes));
  for (const auto& node : n.nodes)
    for (uint32_t slot : node) {
      kss_le32 v = le32(slot & KSS_NET_LEAF ? slot : nodes + slot * node_chunks);
      std::memcpy(to, &v, 4);
      to += 4;
    }
  kss_net net{};
  net.root4 = le32(nodes + n.root4 * node_chunks);
  net.root6 = le32(nodes + n.root6 * node_chunks);
  std::vector<kss_le16> l1, l2, cells;
  for (uint16_t b : n.port_block) l1.push_back(le16(b));
  for (const auto& block : n.blocks)
    for (uint16_t c : block) l2.push_back(le16(c));
  for (uint16_t o : n.cells) cells.push_back(le16(o));
  net.port_l1 = le32(out.put(l1));
  net.port_l2 = le32(out.put(l2));
  net.naddr = le32(n.naddr);
  net.nport = le32(n.nport);
  net.cell_base = le32(out.put(cells));
  h.net_base = le32(out.put(&net, sizeof net));
}

// The chunks of struct kss_care for a list of events: each machine that has any of them.
std::optional<std::vector<kss_care>> cares_of(const CheckedPolicy& policy, const CareList& list, Diagnostics& diags) {
  std::vector<kss_care> out;
  for (uint32_t number = 0; number < policy.machines.size(); number++) {
    const auto& events = policy.machines[number].automaton.events;
    kss_care care{};
    bool any = false;
    for (size_t k = 0; k < events.size(); k++)
      for (const auto& [event, perms] : list) {
        if (event != events[k]) continue;
        care.perms[k] = le32(perms);
        any = true;
      }
    if (!any) continue;
    care.machine = le32(number);
    care.nevents = le16(static_cast<uint16_t>(events.size()));
    out.push_back(care);
  }
  if (out.size() > KSS_MAX_CARE) {
    std::string names;
    for (const auto& c : out) names += (names.empty() ? "" : ", ") + policy.machines[kss_get32(c.machine)].name;
    diags.push_back({Diagnostic::Severity::error, policy.machines[kss_get32(out.back().machine)].pos,
                     "accesses of one domain to one object, in one class, concern more than " +
                         std::to_string(KSS_MAX_CARE) + " flows and formulas: " + names,
                     "make one formula of some, as deny: e unless (f and g), or types of their own"});
    return std::nullopt;
  }
  for (size_t i = 0; i < out.size(); i++) out[i].more = le16(static_cast<uint16_t>(out.size() - 1 - i));
  return out;
}

// An automaton's tables. Letters that no state tells apart are one class.
bool put_automaton(const Automaton& a, ImageWriter& out, kss_machine& m, std::string& meaning) {
  const size_t letters = size_t{1} << a.bits();
  std::map<std::vector<uint32_t>, uint8_t> classes;
  std::vector<uint8_t> letter(letters);
  std::vector<std::vector<uint32_t>> columns;
  for (size_t l = 0; l < letters; l++) {
    std::vector<uint32_t> column;
    for (const auto& row : a.table)
      column.push_back(row[l].deny ? KSS_EDGE_DENY : row[l].next | uint32_t{row[l].set} << KSS_EDGE_SET);
    const auto [it, fresh] = classes.emplace(std::move(column), static_cast<uint8_t>(columns.size()));
    if (fresh && columns.size() == 256) return false;
    if (fresh) columns.push_back(it->first);
    letter[l] = it->second;
  }
  std::vector<kss_le32> edges;
  for (size_t s = 0; s < a.table.size(); s++)
    for (const auto& column : columns) edges.push_back(le32(column[s]));
  std::vector<kss_guard> guards;
  for (const Bound& g : a.guards) guards.push_back({le64(g.low), le64(g.high)});
  m.nstates = le32(static_cast<uint32_t>(a.table.size()));
  m.nletters = le32(static_cast<uint32_t>(columns.size()));
  m.nclocks = le16(static_cast<uint16_t>(a.guards.size()));
  m.letter_base = le32(out.put(letter));
  m.edge_base = le32(out.put(edges));
  m.guard_base = guards.empty() ? 0 : le32(out.put(guards));
  meaning.append(letter.begin(), letter.end());
  meaning.append(reinterpret_cast<const char*>(edges.data()), edges.size() * sizeof edges[0]);
  meaning.append(reinterpret_cast<const char*>(guards.data()), guards.size() * sizeof guards[0]);
  return true;
}

// What state is kept for has to mean the same: the events by name, and whose histories they are.
kss_le64 identity_of(const CheckedPolicy& policy, const Machine& machine, std::string meaning) {
  meaning += machine.name + '\0' + std::to_string(static_cast<int>(machine.scope)) + ' ' +
             std::to_string(machine.ring) + ' ' + std::to_string(machine.within);
  for (uint32_t e : machine.automaton.events) meaning += '\0' + policy.events[e].name;
  if (machine.scope == Scope::domain)
    for (const auto& d : policy.domains) meaning += '\0' + d.name;
  for (const auto& s : machine.states) meaning += '\0' + s;
  return le64(kss_name64(meaning.data(), static_cast<uint32_t>(meaning.size())));
}

bool put_machines(const CheckedPolicy& policy, const Folded& f, ImageWriter& out, kss_header3& h3, Diagnostics& diags) {
  if (policy.machines.empty()) return true;
  std::vector<kss_machine> machines;
  for (const Machine& machine : policy.machines) {
    kss_machine m{};
    std::string meaning;
    m.scope = le32(static_cast<uint32_t>(machine.scope));
    m.nevents = le16(static_cast<uint16_t>(machine.automaton.events.size()));
    m.ring = le32(machine.ring);
    m.cells = le32(machine.ring ? 1 + (machine.ring + KSS_RING_TIMES - 1) / KSS_RING_TIMES : 1);
    if (machine.ring) {
      const kss_guard within{0, le64(machine.within)};
      m.guard_base = le32(out.put(&within, sizeof within));
    } else if (!put_automaton(machine.automaton, out, m, meaning)) {
      diags.push_back({Diagnostic::Severity::error, machine.pos,
                       "`" + machine.name + "` tells more than 256 kinds of events and ages apart",
                       "make formulas of fewer events of it"});
      return false;
    }
    m.identity = identity_of(policy, machine, std::move(meaning));
    m.name = le64(kss_name64(machine.name.data(), static_cast<uint32_t>(machine.name.size())));
    machines.push_back(m);
  }
  std::vector<kss_le32> first;
  for (const Vector& v : f.vectors) {
    auto cares = cares_of(policy, f.cares[v.care], diags);
    if (!cares) return false;
    first.push_back(cares->empty() ? 0 : le32(out.put(*cares)));
  }
  h3.nmachines = le32(static_cast<uint32_t>(machines.size()));
  h3.machine_base = le32(out.put(machines));
  h3.care_base = le32(out.put(first));
  return true;
}

}  // namespace

std::optional<std::vector<kss_chunk>> compile(const CheckedPolicy& policy, Diagnostics& diags) {
  auto fail = [&](std::string message, std::string hint) {
    diags.push_back({Diagnostic::Severity::error, {}, std::move(message), std::move(hint)});
    return std::nullopt;
  };
  if (policy.domains.size() < KSS_DOMAIN_FIRST) return fail("a policy without its built-in domains", "");
  if (policy.domains.size() > KSS_MAX_DOMAINS)
    return fail("more than " + std::to_string(KSS_MAX_DOMAINS - 2) + " domains", "merge domains that may do the same");
  if (policy.object_count() > KSS_MAX_OBJECTS)
    return fail("domains and types together are more than " + std::to_string(KSS_MAX_OBJECTS - 16),
                "merge types that are never told apart");

  // Every part is tried, so that errors of several are reported at once.
  auto folded = fold(policy, diags);
  auto paths = build_path_automaton(policy, diags);
  auto net = build_net(policy, diags);
  KeyTable keys;
  auto flags = add_keys(policy, keys, diags);
  if (!folded || !paths || !net || !flags) return std::nullopt;
  for (const auto& e : paths->edges) keys.add(e.from, paths->names[e.name], e.to);
  if (!keys.place())
    return fail("the names of this policy fit no hash table", "this is a defect: please report the policy");
  if (policy.permissive) *flags |= KSS_IMAGE_PERMISSIVE;

  kss_header h{};
  kss_header2 h2{};
  kss_header3 h3{};
  ImageWriter out;
  std::string debug = write_debuginfo(policy);
  out.reserve(size_t{folded->ncells} * 2 + folded->rows.size() * 4 + folded->columns.size() * 2 +
              keys.strings().size() + keys.slots().size() * 16 + paths->states.size() * 16 + net->nodes.size() * 1024 +
              debug.size() + (1u << 20));
  out.room(size_t{KSS_HEADER_CHUNKS} * KSS_CHUNK);
  put_fold(*folded, out, h, h2);
  put_domains(policy, out, h);
  put_paths(*paths, out, h, h2);
  put_hash(keys, out, h);
  put_net(*net, out, h);
  if (!put_machines(policy, *folded, out, h3, diags)) return std::nullopt;
  h.magic = le32(KSS_IMAGE_MAGIC);
  h.format = le32(KSS_IMAGE_FORMAT);
  h.flags = le32(*flags);
  h.ndomains = le32(static_cast<uint32_t>(policy.domains.size()));
  h.nobjects = le32(policy.object_count());
  h2.policy_version = le32(policy.version);
  h2.runtime_chunks = le32(static_cast<uint32_t>(out.chunks()));
  kss_debug head{};
  head.size = le32(static_cast<uint32_t>(debug.size()));
  h2.debug_base = le32(out.put(&head, sizeof head));
  out.put(debug.data(), debug.size());
  if (out.chunks() > KSS_MAX_CHUNKS)
    return fail("the image would be larger than 256 MiB", "split the policy, or use fewer domains and types");
  h2.total_chunks = le32(static_cast<uint32_t>(out.chunks()));

  auto image = out.take();
  std::memcpy(&image[0], &h, sizeof h);
  std::memcpy(&image[1], &h2, sizeof h2);
  std::memcpy(&image[2], &h3, sizeof h3);
  Sha256 digest = image_digest(std::as_bytes(std::span(image)));
  std::memcpy(reinterpret_cast<char*>(&image[1]) + offsetof(kss_header2, digest), digest.data(), digest.size());
  return image;
}

}  // namespace kss::policy
