// SPDX-License-Identifier: BSD-2-Clause
#include "tests/differential/traces.hpp"

#include <algorithm>

#include "engine/histories.hpp"
#include "engine/states.hpp"
#include "policy/names.hpp"

namespace kss::test {
namespace {

using policy::Bound;

constexpr uint32_t kTraces = 4, kSteps = 150, kTasks = 4;
static_assert(kTasks + kSteps <= KSS_TRACE_TASKS);

struct Access {
  uint32_t dom, obj, cls;
  uint32_t cared;  // permissions granted that are events of some model
};

std::string show(const Access& a, uint32_t perms) {
  char text[96];
  std::snprintf(text, sizeof text, "domain %u object %u class %u perms %#x", a.dom, a.obj, a.cls, perms);
  return text;
}

std::vector<Access> accesses(const policy::CheckedPolicy& p, const engine::Reference& oracle, Random& r) {
  std::vector<Access> all;
  for (const auto& machine : p.machines)
    for (uint32_t e : machine.automaton.events) {
      std::vector<Access> some;
      for (const auto& part : p.events[e].parts)
        for (uint32_t d : part.domains) {
          const auto offer = [&](uint32_t o) {
            if (const uint32_t cared = oracle.cared(d, o, part.cls)) some.push_back({d, o, part.cls, cared});
          };
          for (uint32_t o : part.objects) offer(o);
          if (part.self) offer(KSS_OBJ_DOMAINS + d);
        }
      // A few of each event, so that a trace comes back to them.
      for (uint32_t n = some.empty() ? 0 : 3; n; n--) all.push_back(r.pick(some));
    }
  return all;
}

void bounds_of(const policy::Formula& f, std::vector<uint64_t>& out) {
  if (f.bound.low) out.push_back(f.bound.low);
  if (f.bound.high != Bound::kForever) out.push_back(f.bound.high);
  for (const auto& part : f.of) bounds_of(part, out);
}

uint64_t step_of_time(const std::vector<uint64_t>& bounds, Random& r) {
  const uint32_t kind = r.below(100);
  if (kind < 35) return 0;
  if (kind < 60) return 1;
  if (kind < 78 || bounds.empty()) return r.below(6);
  if (kind < 90) return r.pick(bounds);
  return r.pick(bounds) + 1;
}

}  // namespace

std::string run_traces(const Case& c, const engine::Simulator& core, Random r, TraceCounts& counts,
                       std::vector<TraceEvent>& events) {
  const policy::CheckedPolicy& p = c.policy;
  if (p.machines.empty()) return "";
  const engine::Reference oracle(p);
  const std::vector<Access> known = accesses(p, oracle, r);
  if (known.empty()) return "";
  std::vector<uint64_t> bounds;
  for (const auto& t : p.temporals) {
    bounds_of(t.formula, bounds);
    if (t.most) bounds.push_back(t.within);
  }
  for (uint32_t trace = 0; trace < kTraces; trace++) {
    engine::Histories whole(p);
    engine::States states(core);
    const auto name_of = [](uint32_t task) { return "t" + std::to_string(task); };
    uint32_t tasks[kTasks];
    for (uint32_t t = 0; t < kTasks; t++) tasks[t] = t;
    uint32_t born = kTasks;
    events.push_back({.kind = KSS_TRACE_START});
    // Clocks that were never set must not look like such as were set at 0, neither soon after boot nor later.
    uint64_t now = r.chance(50) ? 1 + r.below(30) : 1'000'000'000'000;
    for (uint32_t step = 0; step < kSteps; step++) {
      now += step_of_time(bounds, r);
      if (r.chance(4)) {
        // A task that there was not before, in place of some that ends.
        const uint32_t parent = tasks[r.below(kTasks)], child = born++;
        whole.fork(name_of(parent), name_of(child));
        states.fork(name_of(parent), name_of(child));
        events.push_back({.kind = KSS_TRACE_FORK, .task = parent, .dom = child});
        tasks[r.below(kTasks)] = child;
      }
      Access a = r.pick(known);
      uint32_t perms = a.cared;
      if (r.chance(4)) {
        a.dom = r.below(static_cast<uint32_t>(p.domains.size()));
        a.obj = r.below(p.object_count());
        if (a.obj == KSS_OBJ_SELF) a.obj = KSS_OBJ_unlabeled;
        perms = oracle.vector(a.dom, a.obj, a.cls).allow;
      }
      if (r.chance(75)) perms &= static_cast<uint32_t>(r.next());
      if (r.chance(5)) perms |= 1u << r.below(32);
      if (!perms) perms = 1u << r.below(policy::perm_count(a.cls));
      const uint32_t number = tasks[r.below(kTasks)];
      const std::string task = name_of(number);

      const uint32_t missing = perms & ~oracle.vector(a.dom, a.obj, a.cls).allow;
      const bool unconfined = a.dom == KSS_DOMAIN_UNCONFINED;  // granted even what no class has
      std::optional<uint32_t> by;
      if (!missing && !unconfined) by = whole.act(task, a.dom, a.obj, a.cls, perms, now);
      const uint32_t denied = unconfined ? 0 : by ? perms : missing;
      const engine::Verdict v = states.act(task, a.dom, a.obj, a.cls, perms, now);
      counts.decisions++;
      if (!unconfined)
        events.push_back({KSS_TRACE_ACT, number, a.dom, a.obj, a.cls, perms, now,
                          missing ? KSS_TRACE_BY_RULES
                          : by    ? *by + 1
                                  : 0});
      if (!missing && !unconfined && (oracle.cared(a.dom, a.obj, a.cls) & perms)) {
        counts.concerned++;
        (!by                    ? counts.granted
         : p.machines[*by].flow ? counts.by_flow
         : p.machines[*by].ring ? counts.by_ring
                                : counts.by_formula)++;
      }
      if (v.granted == (denied == 0) && v.denied == denied && v.machine == by) continue;
      const auto name = [&](const std::optional<uint32_t>& m) {
        if (!m) return std::string("no machine");
        return *m < p.machines.size() ? p.machines[*m].name + " (" + p.machines[*m].text + ")"
                                      : "a machine that is none";
      };
      return "trace " + std::to_string(trace) + " step " + std::to_string(step) + " at " + std::to_string(now) + ", " +
             task + ", " + show(a, perms) + ": oracle denies " + std::to_string(denied) + " by " + name(by) +
             ", core " + std::to_string(v.denied) + " by " + name(v.machine);
    }
  }
  return "";
}

std::string compare_cares(const Case& c, const engine::Simulator& core) {
  const engine::Reference oracle(c.policy);
  std::vector<bool> spoken(KSS_NCLASSES);
  for (const auto& event : c.policy.events)
    for (const auto& part : event.parts) spoken[part.cls] = true;
  for (uint32_t d = 0; d < c.policy.domains.size(); d++)
    for (uint32_t o = 0; o < c.policy.object_count(); o++)
      for (uint32_t cls = 0; cls < KSS_NCLASSES; cls++) {
        if (o == KSS_OBJ_SELF) continue;  // a column, no object
        const uint32_t want = spoken[cls] && d != KSS_DOMAIN_UNCONFINED ? oracle.cared(d, o, cls) : 0;
        const uint32_t have = core.vector(d, o, cls).care;
        if (want != have)
          return show({d, o, cls, 0}, 0) + ": models care about " + std::to_string(want) + ", in the image about " +
                 std::to_string(have);
      }
  return "";
}

}  // namespace kss::test
