// SPDX-License-Identifier: BSD-2-Clause
#include "policy/fold.hpp"

#include <algorithm>
#include <string>
#include <tuple>

#include "policy/intern.hpp"

namespace kss::policy {
namespace {

constexpr kss_object_kind kKind[] = {
#define C(c, kind, doc) KSS_KIND_##kind,
    KSS_CLASS_TABLE(C)
#undef C
};
constexpr uint32_t kPerms[] = {
#define C(c, kind, doc) static_cast<uint32_t>((1ull << KSS_NPERMS_##c) - 1),
    KSS_CLASS_TABLE(C)
#undef C
};
constexpr const char* kClassName[] = {
#define C(c, kind, doc) #c,
    KSS_CLASS_TABLE(C)
#undef C
};

bool created_on_self(kss_object_kind kind) { return kind == KSS_KIND_INET || kind == KSS_KIND_UNIX; }

constexpr uint32_t kNoEvent = UINT32_MAX;

// A rule's sets and masks; equal (domains, objects) of one class are merged. Or a part of an event, whose permissions
// stand as allowed.
struct Merged {
  uint32_t domains, objects;  // numbers of sets
  Vector v;
  uint32_t event = kNoEvent;
};

// Splits {0..n-1} by membership in sets: what is in the same sets stays in one group.
class Partition {
 public:
  explicit Partition(size_t n) : group_(n, 0), next_(1) { stamp_.assign(1, 0), to_.assign(1, 0); }
  void split(std::span<const uint32_t> set) {
    round_++;
    for (uint32_t x : set) {
      uint32_t g = group_[x];
      if (stamp_[g] != round_) {
        stamp_[g] = round_;
        to_[g] = next_++;
        stamp_.push_back(0);
        to_.push_back(0);
      }
      group_[x] = to_[g];
    }
  }
  /// Numbers groups 0… by their first member.
  uint32_t finish() {
    std::vector<uint32_t> number(next_, UINT32_MAX);
    uint32_t n = 0;
    for (auto& g : group_) {
      if (number[g] == UINT32_MAX) number[g] = n++;
      g = number[g];
    }
    return n;
  }
  uint32_t operator[](size_t x) const { return group_[x]; }

 private:
  std::vector<uint32_t> group_, stamp_, to_;
  uint32_t next_, round_ = 0;
};

class Folder {
 public:
  Folder(const CheckedPolicy& policy, Diagnostics& diags)
      : policy_(policy),
        diags_(diags),
        ndom_(static_cast<uint32_t>(policy.domains.size())),
        nobj_(policy.object_count()) {}
  std::optional<Folded> run();

 private:
  bool error(const Pos& pos, std::string message, std::string hint) {
    diags_.push_back({Diagnostic::Severity::error, pos, std::move(message), std::move(hint)});
    return false;
  }
  bool collect();
  void collect(const IdSet& domains, const IdSet& objects, bool self, uint32_t cls, Merged m);
  uint32_t care_number(CareList& list, uint32_t allow);
  bool fold_class(uint32_t cls);
  bool vector_number(const Vector& v, uint32_t cls, uint32_t& number);
  void count_occurring(uint32_t cls, const Partition& objects, uint32_t ngroups);
  uint32_t place_row(std::span<const uint64_t> entries, uint32_t ncols);
  void finish_shared_rows();

  const CheckedPolicy& policy_;
  Diagnostics& diags_;
  const uint32_t ndom_, nobj_;
  SetTable domain_sets_, object_sets_;
  std::vector<Merged> rules_[KSS_NCLASSES];
  BasicSetTable<uint32_t> vector_ids_;
  BasicSetTable<uint64_t> care_ids_;
  Folded out_;

  // Cells are given out at the end: the all-zero row and unconfined's rows, which classes share, come first.
  struct SharedRow {
    uint32_t entries_first, entries_count, width, base;
  };
  BasicSetTable<uint64_t> row_ids_;  // entries and width
  std::vector<SharedRow> shared_;
  std::array<uint32_t, KSS_NCLASSES> width_{};
  uint32_t all_[33] = {};                            // by number of permissions: the vector that grants them all …
  uint32_t all_base_[33] = {}, all_width_[33] = {};  // … and the row of it
  std::vector<uint32_t> occurring_;                  // [group]: objects of it that a hook of this class can meet
  uint64_t cells_ = 0;
  std::vector<uint32_t> cared_;  // events of machines, ascending
};

void Folder::collect(const IdSet& domains, const IdSet& from, bool self, uint32_t cls, Merged m) {
  std::vector<uint32_t> objects;
  for (uint32_t o : from) {
    if (self && o > KSS_OBJ_SELF) {
      objects.push_back(KSS_OBJ_SELF);
      self = false;
    }
    if (o == KSS_OBJ_unresolved || (o >= KSS_NBUILTINS && o < KSS_OBJ_DOMAINS)) continue;
    objects.push_back(o);
  }
  if (self) objects.push_back(KSS_OBJ_SELF);
  if (objects.empty() || domains.empty()) return;
  m.domains = domain_sets_.intern(domains);
  m.objects = object_sets_.intern(objects);
  rules_[cls].push_back(m);
}

// The number of what is left of a list by what is granted.
uint32_t Folder::care_number(CareList& list, uint32_t allow) {
  std::sort(list.begin(), list.end());
  size_t n = 0;
  for (const auto& [event, perms] : list) {
    if (!(perms & allow)) continue;
    if (n && list[n - 1].first == event)
      list[n - 1].second |= perms & allow;
    else
      list[n++] = {event, perms & allow};
  }
  list.resize(n);
  std::vector<uint64_t> key;
  for (const auto& [event, perms] : list) key.push_back(uint64_t{event} << 32 | perms);
  bool fresh;
  const uint32_t number = care_ids_.intern(key, &fresh);
  if (fresh) out_.cares.push_back(list);
  list.clear();
  return number;
}

bool Folder::collect() {
  for (const auto& rule : policy_.effective()) {
    if (rule.effect == Rule::Effect::withheld) continue;
    if (rule.cls >= KSS_NCLASSES) return error(rule.pos, "rule on a class that does not exist", "");
    if (!rule.domains.empty() && (rule.domains.front() < KSS_DOMAIN_FIRST || rule.domains.back() >= ndom_))
      return error(rule.pos, "rule on a domain that does not exist", "");
    if (!rule.objects.empty() && rule.objects.back() >= nobj_)
      return error(rule.pos, "rule on an object that does not exist", "");
    const uint32_t perms = rule.perms & kPerms[rule.cls];
    if (!perms) continue;
    Merged m{};
    (rule.effect == Rule::Effect::allow   ? m.v.allow
     : rule.effect == Rule::Effect::audit ? m.v.audit
                                          : m.v.quiet) = perms;
    collect(rule.domains, rule.objects, rule.self, rule.cls, m);
  }
  for (const auto& machine : policy_.machines)
    for (uint32_t event : machine.automaton.events) cared_.push_back(event);
  std::sort(cared_.begin(), cared_.end());
  cared_.erase(std::unique(cared_.begin(), cared_.end()), cared_.end());
  for (uint32_t event : cared_)
    for (const EventPart& part : policy_.events[event].parts) {
      Merged m{};
      m.event = event;
      m.v.allow = part.perms & kPerms[part.cls];
      collect(part.domains, part.objects, part.self, part.cls, m);
    }
  for (auto& list : rules_) {
    std::sort(list.begin(), list.end(), [](const Merged& a, const Merged& b) {
      return std::tuple(a.domains, a.objects, a.event) < std::tuple(b.domains, b.objects, b.event);
    });
    size_t n = 0;
    for (const auto& m : list) {
      if (n && list[n - 1].domains == m.domains && list[n - 1].objects == m.objects && list[n - 1].event == m.event) {
        list[n - 1].v.allow |= m.v.allow;
        list[n - 1].v.audit |= m.v.audit;
        list[n - 1].v.quiet |= m.v.quiet;
      } else {
        list[n++] = m;
      }
    }
    list.resize(n);
  }
  return true;
}

bool Folder::vector_number(const Vector& v, uint32_t cls, uint32_t& number) {
  const uint32_t key[] = {v.allow, v.audit, v.quiet, v.care};
  bool fresh;
  number = vector_ids_.intern(key, &fresh);
  if (fresh) out_.vectors.push_back(v);
  if (number >= KSS_MAX_VECTORS)
    return error(
        Pos{},
        "more than " + std::to_string(KSS_MAX_VECTORS) + " distinct sets of permissions, at class " + kClassName[cls],
        "give domains the same permissions where they need not differ");
  return true;
}

// Which objects a hook of this class can meet; permissions granted on all of these need no hook. `create` of a socket
// meets the domain alone, or where families are named the family's type alone; other socket permissions meet the domain
// too: a socket without an address is its owner's.
void Folder::count_occurring(uint32_t cls, const Partition& objects, uint32_t ngroups) {
  occurring_.assign(ngroups, 0);
  auto meet = [&](uint32_t o) { occurring_[objects[o]]++; };
  auto meet_types = [&](auto&& fits) {
    for (uint32_t t = 0; t < policy_.types.size(); t++)
      if (fits(policy_.types[t])) meet(policy_.first_type() + t);
  };
  auto meet_domains = [&] {
    for (uint32_t d = 0; d < ndom_; d++) meet(KSS_OBJ_DOMAINS + d);
  };
  switch (kKind[cls]) {
    case KSS_KIND_PATH:
      meet(KSS_OBJ_unlabeled);
      meet(KSS_OBJ_anon);
      meet(KSS_OBJ_memfd);
      meet_types([](const Type& t) { return !t.files.empty() || !t.devices.empty(); });
      break;
    case KSS_KIND_DOMAIN: meet_domains(); break;
    case KSS_KIND_SELF: break;
    case KSS_KIND_INET:
      meet(KSS_OBJ_inet_other);
      meet_types([](const Type& t) { return !t.inet.empty(); });
      break;
    case KSS_KIND_UNIX:
      meet(KSS_OBJ_unix_other);
      meet_domains();
      meet_types([](const Type& t) { return !t.abstract_names.empty() || !t.files.empty(); });
      break;
    case KSS_KIND_FAMILY:
      meet(KSS_OBJ_family_other);
      meet_types([](const Type& t) { return !t.families.empty(); });
      break;
    case KSS_KIND_SYSTEM: meet(KSS_OBJ_system); break;
  }
}

// Rows of equal content and width are one, across classes too: file and dir often have the same rules.
uint32_t Folder::place_row(std::span<const uint64_t> entries, uint32_t ncols) {
  std::vector<uint64_t> key(entries.begin(), entries.end());
  key.push_back(ncols);
  bool fresh;
  uint32_t id = row_ids_.intern(key, &fresh);
  if (fresh) {
    shared_.push_back({static_cast<uint32_t>(out_.entries.size()), static_cast<uint32_t>(entries.size()), ncols, 0});
    for (uint64_t e : entries) out_.entries.emplace_back(static_cast<uint16_t>(e >> 32), static_cast<uint16_t>(e));
    cells_ += ncols;
  }
  return id;
}

bool Folder::fold_class(uint32_t cls) {
  const auto& rules = rules_[cls];
  const uint32_t full = kPerms[cls];

  // 1. Groups by membership in the rules' sets.
  Partition objects(nobj_), domains(ndom_);
  std::vector<uint32_t> osets, dsets;  // set numbers in use
  for (const auto& r : rules) {
    osets.push_back(r.objects);
    dsets.push_back(r.domains);
  }
  auto unique = [](std::vector<uint32_t>& v) {
    std::sort(v.begin(), v.end());
    v.erase(std::unique(v.begin(), v.end()), v.end());
  };
  unique(osets);
  unique(dsets);
  const uint32_t apart[] = {KSS_OBJ_unresolved, KSS_OBJ_SELF};
  for (const uint32_t& o : apart) objects.split({&o, 1});
  for (uint32_t s : osets) objects.split(object_sets_[s]);
  const uint32_t nog = objects.finish();
  for (uint32_t s : dsets) domains.split(domain_sets_[s]);
  {
    // A domain's rights on itself are the column of `self`, so domains whose own objects differ are told apart.
    std::vector<std::vector<uint32_t>> own(nog);
    for (uint32_t d = KSS_DOMAIN_FIRST; d < ndom_; d++) own[objects[KSS_OBJ_DOMAINS + d]].push_back(d);
    for (const auto& set : own) domains.split(set);
  }
  const uint32_t none[] = {KSS_DOMAIN_UNCONFINED, KSS_DOMAIN_NONE};
  domains.split(none);
  const uint32_t ndg = domains.finish();

  // 2. Rules by domain set, domain sets by group, object groups by object set.
  std::vector<uint32_t> first_rule(dsets.size() + 1, 0);
  for (size_t i = 0, s = 0; s < dsets.size(); s++) {
    first_rule[s] = static_cast<uint32_t>(i);
    while (i < rules.size() && rules[i].domains == dsets[s]) i++;
    first_rule[s + 1] = static_cast<uint32_t>(i);
  }
  std::vector<uint32_t> representative(ndg, UINT32_MAX);
  for (uint32_t d = 0; d < ndom_; d++)
    if (representative[domains[d]] == UINT32_MAX) representative[domains[d]] = d;
  std::vector<std::vector<uint32_t>> sets_of_group(ndg);
  for (uint32_t s = 0; s < dsets.size(); s++)
    for (uint32_t d : domain_sets_[dsets[s]])
      if (representative[domains[d]] == d) sets_of_group[domains[d]].push_back(s);
  std::vector<uint32_t> group_list, group_start(osets.size() + 1, 0), seen(nog, UINT32_MAX);
  for (uint32_t s = 0; s < osets.size(); s++) {
    for (uint32_t o : object_sets_[osets[s]])
      if (seen[objects[o]] != s) {
        seen[objects[o]] = s;
        group_list.push_back(objects[o]);
      }
    group_start[s + 1] = static_cast<uint32_t>(group_list.size());
  }
  std::vector<uint32_t> local_oset(osets.empty() ? 0 : osets.back() + 1);
  for (uint32_t s = 0; s < osets.size(); s++) local_oset[osets[s]] = s;

  // 3. One sparse row a group: (object group, vector), by object group.
  count_occurring(cls, objects, nog);
  const uint32_t og_self = objects[KSS_OBJ_SELF];
  uint64_t met = 0;
  for (uint32_t n : occurring_) met += n;
  const bool self_met = kKind[cls] != KSS_KIND_PATH && kKind[cls] != KSS_KIND_SYSTEM;
  std::vector<Vector> scratch(nog);
  std::vector<CareList> cares(cared_.empty() ? 0 : nog);
  std::vector<uint32_t> touched, mark(nog, 0);
  std::vector<uint64_t> row;
  BasicSetTable<uint64_t> distinct;
  std::vector<uint32_t> row_of_group(ndg, 0);
  distinct.intern(row);  // row 0: nothing granted
  uint32_t granted_everywhere = full, audited = 0;
  for (uint32_t g = 0; g < ndg; g++) {
    const uint32_t d = representative[g];
    if (d < KSS_DOMAIN_FIRST) continue;
    touched.clear();
    auto touch = [&](uint32_t og) -> Vector& {
      if (!mark[og]) {
        mark[og] = 1;
        touched.push_back(og);
      }
      return scratch[og];
    };
    for (uint32_t s : sets_of_group[g]) {
      for (uint32_t r = first_rule[s]; r < first_rule[s + 1]; r++) {
        uint32_t os = local_oset[rules[r].objects];
        for (uint32_t i = group_start[os]; i < group_start[os + 1]; i++) {
          Vector& v = touch(group_list[i]);
          if (rules[r].event != kNoEvent) {
            cares[group_list[i]].emplace_back(rules[r].event, rules[r].v.allow);
            continue;
          }
          v.allow |= rules[r].v.allow;
          v.audit |= rules[r].v.audit;
          v.quiet |= rules[r].v.quiet;
        }
      }
    }
    const uint32_t og_own = objects[KSS_OBJ_DOMAINS + d];
    const bool own_touched = mark[og_own];
    if (own_touched) {
      Vector own = scratch[og_own], &self = touch(og_self);
      self.allow |= own.allow;
      self.audit |= own.audit;
      self.quiet |= own.quiet;
      if (!cares.empty() && og_own != og_self)
        cares[og_self].insert(cares[og_self].end(), cares[og_own].begin(), cares[og_own].end());
    }
    std::sort(touched.begin(), touched.end());
    row.clear();
    // What decides about hooks: granted on every object met, audited on any. Its own object a domain meets as self.
    uint32_t on_all = full, on_self = 0, audit = 0;
    const bool own_met = kKind[cls] == KSS_KIND_DOMAIN || kKind[cls] == KSS_KIND_UNIX;
    uint64_t covered = own_met && !own_touched;
    for (uint32_t og : touched) {
      Vector& v = scratch[og];
      v.audit &= v.allow;
      v.quiet &= ~v.allow;
      uint32_t watched = v.audit;
      if (!cares.empty()) {
        v.care = care_number(cares[og], v.allow);
        for (const auto& [event, perms] : out_.cares[v.care]) watched |= perms;
      }
      uint32_t others = occurring_[og];
      covered += others;
      if (og == og_own && own_met) others--;
      if (others) {
        on_all &= v.allow;
        audit |= created_on_self(kKind[cls]) ? watched & ~static_cast<uint32_t>(KSS_tcp_create) : watched;
      }
      if (og == og_self && self_met) {
        on_self = v.allow;
        audit |= kKind[cls] == KSS_KIND_FAMILY ? watched & ~static_cast<uint32_t>(KSS_tcp_create) : watched;
      }
      if (v != Vector{}) {
        uint32_t number;
        if (!vector_number(v, cls, number)) return false;
        row.push_back(static_cast<uint64_t>(og) << 32 | number);
      }
      v = {};
      mark[og] = 0;
    }
    if (covered < met) on_all = 0;
    if (self_met) {
      if (created_on_self(kKind[cls]))
        on_all = (on_all | KSS_tcp_create) & on_self;
      else if (kKind[cls] == KSS_KIND_FAMILY)
        on_all &= on_self | KSS_tcp_create;
      else
        on_all &= on_self;
    }
    granted_everywhere &= on_all;
    audited |= audit;
    row_of_group[g] = distinct.intern(row);
  }
  out_.need[cls] = ndom_ > KSS_DOMAIN_FIRST ? (full & ~granted_everywhere) | audited : 0;

  // 4. Columns of equal content are one. Column 0 is `unresolved`, 1 what no rule grants anything on: both all zero,
  // but for unconfined.
  const auto nrows = static_cast<uint32_t>(distinct.size());
  std::vector<uint32_t> start(nog + 1, 0);
  for (uint32_t r = 0; r < nrows; r++)
    for (uint64_t e : distinct[r]) start[(e >> 32) + 1]++;
  for (uint32_t og = 0; og < nog; og++) start[og + 1] += start[og];
  std::vector<uint64_t> by_column(start[nog]);
  {
    auto at = start;
    for (uint32_t r = 0; r < nrows; r++)
      for (uint64_t e : distinct[r]) by_column[at[e >> 32]++] = static_cast<uint64_t>(r) << 32 | (e & 0xffffffff);
  }
  BasicSetTable<uint64_t> column_ids;
  column_ids.intern({});
  std::vector<uint32_t> column(nog), first_group{UINT32_MAX};
  for (uint32_t og = 0; og < nog; og++) {
    bool fresh;
    column[og] = 1 + column_ids.intern({by_column.data() + start[og], start[og + 1] - start[og]}, &fresh);
    if (fresh) first_group.push_back(og);
  }
  column[objects[KSS_OBJ_unresolved]] = 0;
  const auto ncols = static_cast<uint32_t>(column_ids.size() + 1);
  for (uint32_t o = 0; o < nobj_; o++)
    out_.columns[o * KSS_MAX_CLASSES + cls] = static_cast<uint16_t>(column[objects[o]]);

  // 5. Rows over columns.
  width_[cls] = ncols;
  std::vector<uint32_t> placed(nrows, UINT32_MAX);  // UINT32_MAX: the all-zero row
  for (uint32_t r = 1; r < nrows; r++) {
    row.clear();
    for (uint64_t e : distinct[r]) {
      auto og = static_cast<uint32_t>(e >> 32);
      if (first_group[column[og] - 1] == og) row.push_back(static_cast<uint64_t>(column[og]) << 32 | (e & 0xffffffff));
    }
    std::sort(row.begin(), row.end());
    placed[r] = place_row(row, ncols);
    if (cells_ > kMaxCells)
      return error(Pos{},
                   "the rules need more than " + std::to_string(kMaxCells) + " table cells, at class " +
                       kClassName[cls] + " (" + std::to_string(nrows) + " distinct domains, " + std::to_string(ncols) +
                       " distinct types)",
                   "give domains the same permissions where they need not differ");
  }
  for (uint32_t d = 0; d < ndom_; d++)
    out_.rows[static_cast<size_t>(d) * KSS_MAX_CLASSES + cls] = placed[row_of_group[domains[d]]];
  uint32_t nperms = static_cast<uint32_t>(__builtin_popcount(full));
  all_width_[nperms] = std::max(all_width_[nperms], ncols);
  return vector_number({full, 0, 0, 0}, cls, all_[nperms]);
}

// Gives out cells. Until here `rows` hold numbers of shared rows.
void Folder::finish_shared_rows() {
  uint32_t zero_width = 1;
  for (uint32_t w : width_) zero_width = std::max(zero_width, w);
  uint32_t at = zero_width;
  for (uint32_t n = 0; n <= 32; n++) {
    if (!all_width_[n]) continue;
    all_base_[n] = at;
    Folded::Run run{at, static_cast<uint32_t>(out_.entries.size()), all_width_[n] - 1};
    for (uint32_t c = 1; c < all_width_[n]; c++)
      out_.entries.emplace_back(static_cast<uint16_t>(c), static_cast<uint16_t>(all_[n]));
    out_.runs.push_back(run);
    at += all_width_[n];
  }
  for (auto& s : shared_) {
    s.base = at;
    out_.runs.push_back({at, s.entries_first, s.entries_count});
    at += s.width;
  }
  out_.ncells = at;
  for (uint32_t d = 0; d < ndom_; d++)
    for (uint32_t cls = 0; cls < KSS_MAX_CLASSES; cls++) {
      uint32_t& row = out_.rows[static_cast<size_t>(d) * KSS_MAX_CLASSES + cls];
      if (cls >= KSS_NCLASSES)
        row = 0;
      else if (d == KSS_DOMAIN_UNCONFINED)
        row = all_base_[__builtin_popcount(kPerms[cls])];
      else
        row = row == UINT32_MAX ? 0 : shared_[row].base;
    }
}

std::optional<Folded> Folder::run() {
  out_.rows.assign(static_cast<size_t>(ndom_) * KSS_MAX_CLASSES, UINT32_MAX);
  out_.columns.assign(static_cast<size_t>(nobj_) * KSS_MAX_CLASSES, 0);
  uint32_t zero;
  CareList nothing;
  care_number(nothing, 0);
  if (!vector_number({}, 0, zero) || !collect()) return std::nullopt;
  for (uint32_t cls = 0; cls < KSS_NCLASSES; cls++)
    if (!fold_class(cls)) return std::nullopt;
  finish_shared_rows();
  return std::move(out_);
}

}  // namespace

std::optional<Folded> fold(const CheckedPolicy& policy, Diagnostics& diags) { return Folder(policy, diags).run(); }

}  // namespace kss::policy
