// SPDX-License-Identifier: BSD-2-Clause
// Any bytes: refused, or safe to judge by. Each input is tried as it is, and once more with length and digest set
// right, so that the structural checks and the core behind them are reached.
#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <vector>

#include "engine/simulator.hpp"
#include "engine/states.hpp"
#include "kss/port_user.h"
#include "policy/debuginfo.hpp"
#include "policy/digest.hpp"
#include "policy/policy.hpp"

namespace {

using namespace kss;

void must(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "fuzz_image: %s\n", what);
  std::abort();
}

// Every table through the core. Accepted images must never lead it to "could not be read".
void walk(const std::vector<kss_chunk>& image, const uint8_t* data, size_t size) {
  const auto* h2 = reinterpret_cast<const kss_header2*>(&image[1]);
  kss_span img{image.data(), kss_get32(h2->runtime_chunks)};
  const kss_header* h = kss_hdr(&img);
  const uint32_t ndomains = kss_get32(h->ndomains), nobjects = kss_get32(h->nobjects);
  for (uint32_t d = 0; d < std::min(ndomains, 64u); d++) {
    kss_domain_flags(&img, h, d);
    for (uint32_t o = 0; o < std::min(nobjects, 128u); o++)
      for (uint32_t cls = 0; cls < KSS_MAX_CLASSES; cls++) {
        const kss_av* av = kss_vector(&img, h, d, o, cls);
        must(av != nullptr, "a vector could not be read");
        if (d == KSS_DOMAIN_NONE || o == KSS_OBJ_unresolved) must(av->allow == 0, "what is always denied is granted");
      }
    must(kss_vector(&img, h, ndomains + d, 1, 0) == nullptr, "a vector of no domain");
  }
  kss_name name;
  auto set_name = [&](const void* bytes, size_t len) {
    std::memset(&name, 0, sizeof name);
    name.len = static_cast<uint32_t>(std::min<size_t>(len, KSS_NAME_MAX));
    std::memcpy(name.u.b, bytes, name.len);
  };
  const uint32_t nstates = std::min(kss_get32(h2->nstates), 256u);
  for (uint32_t s = 0; s < nstates; s++) {
    must(kss_state_type(&img, h, s) < nobjects, "a type that does not exist");
    kss_state_entry(&img, h, s);
    for (const char* n : {"a", "srv", "bin", "web", "x.html"}) {
      set_name(n, std::strlen(n));
      uint32_t to = kss_step(&img, h, s, &name);
      must(to < kss_get32(h2->nstates), "a step out of the automaton");
    }
    if (size) {
      set_name(data + s % size, size - s % size);
      must(kss_step(&img, h, s, &name) < kss_get32(h2->nstates), "a step out of the automaton");
    }
  }
  const uint32_t buckets = std::min(kss_get32(h->hash_mask) + 1, 64u);
  for (uint32_t i = 0; i < buckets * 4; i++) {
    const auto& e = reinterpret_cast<const kss_hash_entry*>(&image[kss_get32(h->hash_base)])[i];
    if (!e.str) continue;
    set_name(&image[kss_get32(e.str)], kss_get32(e.len_tag) & 255);
    uint32_t value;
    must(kss_find(&img, h, kss_get32(e.state), &name, &value), "a key that is not found");
  }
  for (uint32_t from = 0; from < std::min(ndomains, 16u); from++)
    must(kss_exec_domain(&img, h, from, 1, 24, &name) < ndomains, "a domain that does not exist");
  for (uint32_t proto = 0; proto <= KSS_NET_NPROTO; proto++)
    for (size_t at = 0; at + 18 <= std::min<size_t>(size, 512); at += 7)
      for (int v6 : {0, 1})
        must(kss_net_type(&img, h, proto, v6, data + at, static_cast<uint16_t>(data[at + 16] << 8 | data[at + 17])) <
                 nobjects,
             "an address of no type");
  (void)policy::read_debuginfo(std::as_bytes(std::span(image)));
}

// Every automaton from any state: an edge leads to a state of it. Then histories, where anything cares.
void remember(const std::vector<kss_chunk>& image) {
  kss_span img{image.data(), kss_get32(reinterpret_cast<const kss_header2*>(&image[1])->runtime_chunks)};
  const kss_header3* h3 = kss_hdr3(&img);
  for (uint32_t i = 0; i < std::min(kss_get32(h3->nmachines), 16u); i++) {
    const kss_machine* m = kss_machine_at(&img, h3, i);
    must(m != nullptr, "a machine could not be read");
    if (m->ring) continue;
    for (uint32_t s = 0; s < std::min(kss_get32(m->nstates), 64u); s++)
      for (uint32_t events = 1; events >> kss_get16(m->nevents) == 0 && events < 64; events++)
        for (uint64_t now : {uint64_t{0}, uint64_t{1'000'000'000}, ~uint64_t{0}}) {
          kss_cell cell{};
          cell.state = s;
          cell.clock[s % KSS_MACHINE_CLOCKS] = 7;
          const uint32_t edge = kss_edge(&img, m, events, now, &cell);
          must(edge == KSS_EDGE_DENY || (!(edge & KSS_EDGE_DENY) && (edge & KSS_EDGE_NEXT) < kss_get32(m->nstates)),
               "an edge out of an automaton");
        }
  }
  if (!h3->nmachines) return;
  const auto loaded = engine::Simulator::load(image);
  must(static_cast<bool>(loaded), "an image that was accepted is refused");
  engine::States states(*loaded);
  for (uint64_t now : {0, 1, 1, 5})
    for (uint32_t d = 0; d < std::min(loaded->domains(), 16u); d++)
      for (uint32_t o = 0; o < std::min(loaded->objects(), 64u); o++)
        for (uint32_t cls = 0; cls < KSS_MAX_CLASSES; cls++)
          if (const uint32_t care = loaded->vector(d, o, cls).care) states.act("task", d, o, cls, care, now);
}

void try_image(const std::vector<kss_chunk>& image, const uint8_t* data, size_t size) {
  if (policy::validate(std::as_bytes(std::span(image)))) {
    walk(image, data, size);
    remember(image);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  (void)policy::validate(std::as_bytes(std::span(data, size)));
  if (size < 2 * sizeof(kss_chunk)) return 0;
  std::vector<kss_chunk> image(size / sizeof(kss_chunk));
  std::memcpy(image.data(), data, image.size() * sizeof(kss_chunk));
  try_image(image, data, size);
  auto* h = reinterpret_cast<kss_header*>(&image[0]);
  auto* h2 = reinterpret_cast<kss_header2*>(&image[1]);
  h->magic = kss_get32(KSS_IMAGE_MAGIC);
  h->format = kss_get32(KSS_IMAGE_FORMAT);
  h2->total_chunks = kss_get32(static_cast<uint32_t>(image.size()));
  auto digest = policy::image_digest(std::as_bytes(std::span(image)));
  std::memcpy(h2->digest, digest.data(), digest.size());
  try_image(image, data, size);
  return 0;
}
