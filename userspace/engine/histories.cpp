// SPDX-License-Identifier: BSD-2-Clause
#include "engine/histories.hpp"

#include <algorithm>

namespace kss::engine {
namespace {

bool has(const policy::IdSet& set, uint32_t id) { return std::find(set.begin(), set.end(), id) != set.end(); }

}  // namespace

std::string Histories::instance(policy::Scope scope, const std::string& task, uint32_t dom) const {
  switch (scope) {
    case policy::Scope::global: break;
    case policy::Scope::domain: return std::to_string(dom);
    case policy::Scope::task: return "task " + task;
  }
  return "";
}

std::vector<uint32_t> Histories::events(uint32_t dom, uint32_t obj, uint32_t cls, uint32_t perms) const {
  std::vector<uint32_t> out;
  for (uint32_t e = 0; e < policy_.events.size(); e++)
    for (const policy::EventPart& p : policy_.events[e].parts) {
      if (static_cast<uint32_t>(p.cls) != cls || !(p.perms & perms) || !has(p.domains, dom)) continue;
      if (!has(p.objects, obj) && !(p.self && obj == KSS_OBJ_DOMAINS + dom)) continue;
      out.push_back(e);
      break;
    }
  return out;
}

std::optional<uint32_t> Histories::act(const std::string& task, uint32_t dom, uint32_t obj, uint32_t cls,
                                       uint32_t perms, uint64_t time) {
  const std::vector<uint32_t> now = events(dom, obj, cls, perms);
  const auto concerns = [&](const policy::IdSet& of) {
    return std::any_of(now.begin(), now.end(), [&](uint32_t e) { return has(of, e); });
  };
  std::vector<std::pair<uint32_t*, uint32_t>> steps;
  for (std::size_t f = 0; f < policy_.flows.size(); f++) {
    const policy::Flow& flow = policy_.flows[f];
    uint32_t& state = flows_[{f, instance(flow.scope, task, dom)}];
    std::optional<uint32_t> next;
    for (uint32_t e : now) {
      if (!has(flow.events, e)) continue;
      const auto& edges = flow.edges[state];
      const auto edge = std::find_if(edges.begin(), edges.end(), [&](const auto& x) { return x.event == e; });
      if (edge == edges.end()) return static_cast<uint32_t>(f);
      next = edge->next;
    }
    if (next) steps.emplace_back(&state, *next);
  }
  std::vector<History*> heard;
  for (std::size_t t = 0; t < policy_.temporals.size(); t++) {
    const policy::Temporal& temporal = policy_.temporals[t];
    const auto it = formulas_.try_emplace({t, instance(temporal.scope, task, dom)}, temporal).first;
    if (concerns(temporal.judged) && !it->second.grants(time, now))
      return static_cast<uint32_t>(policy_.flows.size() + t);
    heard.push_back(&it->second);
  }
  for (const auto& [state, next] : steps) *state = next;
  for (History* h : heard) h->add(time, now);
  return std::nullopt;
}

void Histories::fork(const std::string& parent, const std::string& child) {
  const std::string from = instance(policy::Scope::task, parent, 0), to = instance(policy::Scope::task, child, 0);
  for (std::size_t f = 0; f < policy_.flows.size(); f++)
    if (const auto it = flows_.find({f, from}); it != flows_.end()) flows_[{f, to}] = it->second;
  for (std::size_t t = 0; t < policy_.temporals.size(); t++)
    if (const auto it = formulas_.find({t, from}); it != formulas_.end()) {
      formulas_.erase({t, to});
      formulas_.emplace(std::pair(t, to), it->second);
    }
}

}  // namespace kss::engine
