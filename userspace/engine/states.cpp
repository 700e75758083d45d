// SPDX-License-Identifier: BSD-2-Clause
#include "engine/states.hpp"

namespace kss::engine {
namespace {

// As the kernel does: port_user.h undefines the accessor that these are written with.
const kss_header3* header3(const kss_span& img) { return kss_hdr3(&img); }

}  // namespace

States::States(const Simulator& image) : image_(image) {}

States::History& States::history(uint32_t number, const std::string& task, uint32_t dom) {
  const kss_span img = image_.runtime();
  const kss_machine* m = kss_machine_at(&img, header3(img), number);
  const uint32_t scope = kss_get32(m->scope);
  History& history =
      scope == KSS_SCOPE_task ? tasks_[task][number] : shared_[{number, scope == KSS_SCOPE_domain ? dom : 0}];
  history.ring.resize(kss_get32(m->ring));
  return history;
}

Verdict States::act(const std::string& task, uint32_t dom, uint32_t obj, uint32_t cls, uint32_t perms, uint64_t time) {
  Verdict v = image_.judge(dom, obj, cls, perms);
  if (!v.granted || dom == KSS_DOMAIN_UNCONFINED) return v;
  const kss_span img = image_.runtime();
  const kss_header3* h3 = header3(img);
  const uint32_t vector = kss_vector_number(&img, kss_hdr(&img), dom, obj, cls);
  uint32_t at = kss_get32(h3->nmachines) && vector != KSS_NO_VECTOR ? kss_care_of(&img, h3, vector) : 0;
  struct Change {
    History* history;
    const kss_machine* m;
    uint32_t edge;
  };
  std::vector<Change> changes;
  for (bool more = at != 0; more; at++) {
    const auto* care = reinterpret_cast<const kss_care*>(&img.chunks[at]);
    more = kss_get16(care->more) != 0;
    const uint32_t events = kss_events_of(care, perms), number = kss_get32(care->machine);
    if (!events) continue;
    History& past = history(number, task, dom);
    const kss_machine* m = kss_machine_at(&img, h3, number);
    uint32_t edge;
    if (const uint32_t ring = kss_get32(m->ring))
      edge = kss_ring_denies(&img, m, time, &past.cell, past.ring[kss_ring_at(m, past.cell.state) % ring])
                 ? KSS_EDGE_DENY
                 : kss_ring_next(m, past.cell.state);
    else
      edge = kss_edge(&img, m, events, time, &past.cell);
    if (edge & KSS_EDGE_DENY) {
      v.granted = false;
      v.denied = perms;
      v.machine = number;
      v.audited = true;
      return v;
    }
    changes.push_back({&past, m, edge});
  }
  for (const auto& [past, m, edge] : changes) {
    kss_cell& cell = past->cell;
    if (kss_get32(m->ring)) {
      past->ring[kss_ring_at(m, cell.state)] = time;
      cell.state = edge;
      continue;
    }
    cell.state = edge & KSS_EDGE_NEXT;
    for (uint32_t k = 0; k < KSS_MACHINE_CLOCKS; k++)
      if (edge >> (KSS_EDGE_SET + k) & 1) cell.clock[k] = time;
  }
  return v;
}

void States::fork(const std::string& parent, const std::string& child) {
  const auto it = tasks_.find(parent);
  if (it != tasks_.end()) tasks_[child] = it->second;
}

}  // namespace kss::engine
