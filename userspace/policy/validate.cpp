// SPDX-License-Identifier: BSD-2-Clause
// What must hold before any backend uses an image: every index leads inside, and what is always denied is denied. Work
// and memory are linear in the image's size, whatever its bytes.
#include <algorithm>
#include <array>
#include <cstring>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "kss/port_user.h"
#include "policy/digest.hpp"
#include "policy/policy.hpp"

namespace kss::policy {
namespace {

class Validator {
 public:
  explicit Validator(std::span<const kss_chunk> image) : image_(image) {
    std::memcpy(&h_, &image[0], sizeof h_);
    std::memcpy(&h2_, &image[1], sizeof h2_);
    std::memcpy(&h3_, &image[2], sizeof h3_);
  }
  /// The first reason for refusal; nullptr = none.
  const char* run() {
    for (auto check :
         {&Validator::header, &Validator::digest, &Validator::vectors, &Validator::denied, &Validator::domains,
          &Validator::states, &Validator::keys, &Validator::net, &Validator::machines, &Validator::cares})
      if (const char* why = (this->*check)()) return why;
    return nullptr;
  }

 private:
  // A table of `bytes` from chunk `base` on, behind the header and within the runtime part.
  bool inside(uint64_t base, uint64_t bytes) const {
    return base >= KSS_HEADER_CHUNKS && base + (bytes + KSS_CHUNK - 1) / KSS_CHUNK <= runtime_;
  }
  const char* table(uint32_t base) const { return reinterpret_cast<const char*>(&image_[base]); }
  template <typename T>
  T get(uint32_t base, uint64_t index) const {
    T v;
    std::memcpy(&v, table(base) + index * sizeof(T), sizeof v);
    return v;
  }
  uint32_t get32(uint32_t base, uint64_t index) const { return kss_get32(get<kss_le32>(base, index)); }
  uint32_t get16(uint32_t base, uint64_t index) const { return kss_get16(get<kss_le16>(base, index)); }

  const char* header();
  const char* digest();
  const char* vectors();
  const char* denied();
  const char* domains();
  const char* states();
  const char* glob(uint32_t chunk);
  const char* keys();
  const char* net();
  const char* machines();
  const char* machine(const kss_machine& m);
  const char* cares();
  const char* trie(uint32_t root, uint32_t depth, uint32_t naddr, std::vector<bool>& seen);

  std::span<const kss_chunk> image_;
  kss_header h_;
  kss_header2 h2_;
  kss_header3 h3_;
  uint32_t runtime_ = 0, ndomains_ = 0, nobjects_ = 0, nstates_ = 0;
  uint64_t glob_bytes_ = 0;
  std::set<std::tuple<uint32_t, uint32_t, uint32_t, uint32_t>> automata_;
  std::set<std::pair<uint32_t, uint32_t>> accepts_;
};

const char* Validator::header() {
  if (kss_get32(h_.magic) != KSS_IMAGE_MAGIC) return "not a policy image: no magic number";
  if (kss_get32(h_.format) != KSS_IMAGE_FORMAT) return "an image format that this version does not know";
  if (kss_get32(h2_.total_chunks) != image_.size()) return "its length is not the one in its header";
  runtime_ = kss_get32(h2_.runtime_chunks);
  if (runtime_ < KSS_HEADER_CHUNKS || runtime_ >= image_.size() || kss_get32(h2_.debug_base) != runtime_)
    return "parts out of bounds";
  constexpr uint32_t known = KSS_IMAGE_PERMISSIVE | KSS_IMAGE_HAS_CGROUP | KSS_IMAGE_HAS_DIGEST | KSS_IMAGE_HAS_DEVICES;
  if (kss_get32(h_.flags) & ~known) return "unknown flags";
  ndomains_ = kss_get32(h_.ndomains);
  nobjects_ = kss_get32(h_.nobjects);
  nstates_ = kss_get32(h2_.nstates);
  if (ndomains_ < KSS_DOMAIN_FIRST || ndomains_ > KSS_MAX_DOMAINS) return "impossible number of domains";
  if (nobjects_ < KSS_OBJ_DOMAINS + ndomains_ || nobjects_ > KSS_MAX_OBJECTS) return "impossible number of objects";
  if (kss_get32(get<kss_debug>(runtime_, 0).size) > (image_.size() - runtime_ - 1) * KSS_CHUNK)
    return "debug part out of bounds";
  return nullptr;
}

const char* Validator::digest() {
  Sha256 want = image_digest(std::as_bytes(image_));
  return std::memcmp(want.data(), h2_.digest, want.size()) ? "its digest is wrong: damaged or altered" : nullptr;
}

const char* Validator::vectors() {
  const uint64_t ncells = kss_get32(h2_.ncells), nvectors = kss_get32(h2_.nvectors);
  const uint32_t rows = kss_get32(h_.dom_base), columns = kss_get32(h_.obj_base), cells = kss_get32(h_.cell_base);
  if (!inside(rows, uint64_t{ndomains_} * KSS_ROW_CHUNKS * KSS_CHUNK)) return "rows out of bounds";
  if (!inside(columns, uint64_t{nobjects_} * KSS_COL_CHUNKS * KSS_CHUNK)) return "columns out of bounds";
  if (!inside(cells, ncells * 2)) return "cells out of bounds";
  if (nvectors < 1 || nvectors > KSS_MAX_VECTORS || !inside(kss_get32(h_.av_base), nvectors * sizeof(kss_av)))
    return "access vectors out of bounds";
  if (!inside(kss_get32(h2_.need_base), uint64_t{KSS_MAX_CLASSES} * 4))
    return "table of needed permissions out of bounds";
  std::array<uint32_t, KSS_MAX_CLASSES> widest{};
  for (uint64_t i = 0; i < uint64_t{nobjects_} * KSS_MAX_CLASSES; i++)
    widest[i % KSS_MAX_CLASSES] = std::max(widest[i % KSS_MAX_CLASSES], get16(columns, i));
  for (uint64_t i = 0; i < uint64_t{ndomains_} * KSS_MAX_CLASSES; i++)
    if (uint64_t{get32(rows, i)} + widest[i % KSS_MAX_CLASSES] >= ncells) return "a row leads out of the cells";
  for (uint64_t i = 0; i < ncells; i++)
    if (get16(cells, i) >= nvectors) return "a cell leads out of the access vectors";
  return nullptr;
}

// Object `unresolved` and domain `none` must be denied everything, by whatever compiler the image was written.
const char* Validator::denied() {
  const kss_span span{image_.data(), runtime_};
  const auto* h = kss_hdr(&span);
  auto nothing = [&](uint32_t dom, uint32_t obj) {
    for (uint32_t cls = 0; cls < KSS_MAX_CLASSES; cls++) {
      const kss_av* av = kss_vector(&span, h, dom, obj, cls);
      if (av && av->allow) return false;
    }
    return true;
  };
  for (uint32_t d = 0; d < ndomains_; d++)
    if (!nothing(d, KSS_OBJ_unresolved)) return "a domain may do something to what could not be labelled";
  for (uint32_t o = 0; o < nobjects_; o++)
    if (!nothing(KSS_DOMAIN_NONE, o)) return "the domain `none` may do something";
  return nullptr;
}

const char* Validator::domains() {
  if (!inside(kss_get32(h_.info_base), uint64_t{ndomains_} * sizeof(kss_domain_info)))
    return "domain table out of bounds";
  uint32_t all = 0;
  for (uint32_t d = 0; d < ndomains_; d++) all |= kss_get32(get<kss_domain_info>(kss_get32(h_.info_base), d).flags);
  if (all & ~(KSS_DOMAIN_PERMISSIVE | KSS_DOMAIN_BY_DIGEST | KSS_DOMAIN_BY_CGROUP)) return "unknown flags of a domain";
  // An image that has such entries but does not say from which domains would never be asked for them.
  const uint32_t flags = kss_get32(h_.flags);
  if (!(all & KSS_DOMAIN_BY_DIGEST) != !(flags & KSS_IMAGE_HAS_DIGEST) ||
      !(all & KSS_DOMAIN_BY_CGROUP) != !(flags & KSS_IMAGE_HAS_CGROUP))
    return "its flags do not fit those of its domains";
  return nullptr;
}

const char* Validator::glob(uint32_t chunk) {
  if (!inside(chunk, sizeof(kss_glob))) return "a glob automaton is out of bounds";
  const auto g = get<kss_glob>(chunk, 0);
  const uint32_t n = kss_get32(g.nstates), classes = kss_get32(g.nclasses), class_base = kss_get32(g.class_base),
                 next = kss_get32(g.trans_base), accept = kss_get32(g.accept_base);
  if (n < 1 || n >= KSS_GLOB_FAIL || classes < 1 || classes > 256) return "a glob automaton has an impossible size";
  if (!inside(class_base, 256) || !inside(next, uint64_t{n} * classes * 2) || !inside(accept, uint64_t{n} * 4))
    return "a glob automaton's tables are out of bounds";
  if (automata_.insert({n, classes, class_base, next}).second) {
    // Honest tables don't overlap: together they are no larger than the image.
    glob_bytes_ += uint64_t{n} * classes * 2 + 256;
    if (glob_bytes_ > uint64_t{runtime_} * KSS_CHUNK) return "glob automata overlap";
    for (uint32_t i = 0; i < 256; i++)
      if (get<uint8_t>(class_base, i) >= classes) return "a glob automaton's byte class is out of bounds";
    for (uint64_t i = 0; i < uint64_t{n} * classes; i++)
      if (uint32_t to = get16(next, i); to >= n && to != KSS_GLOB_FAIL) return "a glob automaton leads out of itself";
  }
  if (accepts_.insert({n, accept}).second) {
    glob_bytes_ += uint64_t{n} * 4;
    if (glob_bytes_ > uint64_t{runtime_} * KSS_CHUNK) return "glob automata overlap";
    for (uint32_t i = 0; i < n; i++)
      if (uint32_t to = get32(accept, i); to >= nstates_ && to != KSS_GLOB_NONE)
        return "a glob automaton leads out of the path states";
  }
  return nullptr;
}

const char* Validator::states() {
  const uint32_t base = kss_get32(h_.state_base);
  if (nstates_ <= KSS_STATE_CGROUP || !inside(base, uint64_t{nstates_} * sizeof(kss_path_state)))
    return "path states out of bounds";
  for (uint32_t s = 0; s < nstates_; s++) {
    const auto state = get<kss_path_state>(base, s);
    if (kss_get32(state.next_default) >= nstates_) return "a path state leads out of the automaton";
    if (kss_get16(state.type) >= nobjects_) return "a path state has a type that does not exist";
    if (kss_get32(state.flags) & ~KSS_STATE_LITERALS) return "unknown flags of a path state";
    if (uint32_t g = kss_get32(state.glob))
      if (const char* why = glob(g)) return why;
  }
  return nullptr;
}

const char* Validator::keys() {
  const uint32_t base = kss_get32(h_.hash_base), mask = kss_get32(h_.hash_mask);
  if ((mask & (mask + 1)) || mask >= KSS_MAX_CHUNKS || !inside(base, (uint64_t{mask} + 1) * KSS_CHUNK))
    return "hash table out of bounds";
  for (uint64_t i = 0; i < (uint64_t{mask} + 1) * 4; i++) {
    const auto e = get<kss_hash_entry>(base, i);
    const uint32_t state = kss_get32(e.state), value = kss_get32(e.value), str = kss_get32(e.str),
                   len = kss_get32(e.len_tag) & 255;
    if (!str) continue;
    if (len < 1 || !inside(str, len)) return "a name is out of bounds";
    uint32_t want_len = 8, limit = ndomains_;
    switch (state) {
      case KSS_KEY_DEVICE: want_len = 12, limit = nobjects_; break;
      case KSS_KEY_FAMILY: limit = nobjects_; break;
      case KSS_KEY_DOMAIN:
      case KSS_KEY_EXEC:
      case KSS_KEY_EXECTYPE: break;
      case KSS_KEY_ENTER: limit = 2; break;
      case KSS_KEY_DIGEST: want_len = 32, limit = 0x10000; break;
      default:
        if (state >= nstates_) return "a name belongs to no path state";
        want_len = len, limit = nstates_;
    }
    if (len != want_len || value >= limit) return "a key has an impossible length or value";
    kss_name name{};
    name.len = len;
    std::memcpy(name.u.b, table(str), len);
    for (uint32_t k = len; k % KSS_CHUNK; k++)
      if (get<uint8_t>(str, k)) return "a name is not padded with zeros";
    const uint64_t hash = kss_hash_name(kss_get32(h_.hash_seed), state, &name);
    if (kss_get32(e.len_tag) != kss_len_tag(len, hash)) return "a name's fingerprint is wrong";
    for (uint64_t j = i + 1; j < (i / 4 + 1) * 4; j++) {
      const auto other = get<kss_hash_entry>(base, j);
      if (other.str && other.state == e.state && other.len_tag == e.len_tag)
        return "two names of a bucket cannot be told apart";
    }
    if (i / 4 != (hash & mask) && i / 4 != ((hash >> 32) & mask)) return "a name stands where it is never looked for";
  }
  return nullptr;
}

const char* Validator::trie(uint32_t node, uint32_t depth, uint32_t naddr, std::vector<bool>& seen) {
  if (!inside(node, 1024)) return "an address trie is out of bounds";
  // A tree has one way to each node; nodes that overlap would be read as each other's.
  for (uint32_t i = 0; i < 16; i++) {
    if (seen[node + i]) return "an address trie is no tree";
    seen[node + i] = true;
  }
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t slot = get32(node, i);
    if (slot & KSS_NET_LEAF) {
      if ((slot & ~KSS_NET_LEAF) >= naddr) return "an address class does not exist";
    } else if (depth == 1) {
      return "an address trie is deeper than addresses are long";
    } else if (const char* why = trie(slot, depth - 1, naddr, seen)) {
      return why;
    }
  }
  return nullptr;
}

const char* Validator::net() {
  const uint32_t at = kss_get32(h_.net_base);
  if (!at) return nullptr;
  if (!inside(at, sizeof(kss_net))) return "address tables out of bounds";
  const auto n = get<kss_net>(at, 0);
  const uint64_t naddr = kss_get32(n.naddr), nport = kss_get32(n.nport);
  const uint32_t l1 = kss_get32(n.port_l1), l2 = kss_get32(n.port_l2), cells = kss_get32(n.cell_base);
  if (naddr < 1 || nport < 1 || naddr > (1u << 24) || nport > 65536)
    return "impossible number of address or port classes";
  if (!inside(l1, 512) || !inside(cells, naddr * nport * KSS_NET_NPROTO * 2)) return "address tables out of bounds";
  std::set<uint32_t> blocks;
  for (uint32_t i = 0; i < 256; i++) blocks.insert(get16(l1, i));
  for (uint32_t b : blocks) {
    if (!inside(l2 + uint64_t{b} * 8, 512) || l2 < KSS_HEADER_CHUNKS) return "port tables out of bounds";
    for (uint32_t i = 0; i < 256; i++)
      if (get16(l2 + b * 8, i) >= nport) return "a port class does not exist";
  }
  for (uint64_t i = 0; i < naddr * nport * KSS_NET_NPROTO; i++)
    if (get16(cells, i) >= nobjects_) return "an address has a type that does not exist";
  std::vector<bool> seen(runtime_, false);
  if (const char* why = trie(kss_get32(n.root4), 4, static_cast<uint32_t>(naddr), seen)) return why;
  return trie(kss_get32(n.root6), 16, static_cast<uint32_t>(naddr), seen);
}

const char* Validator::machine(const kss_machine& m) {
  const uint32_t nstates = kss_get32(m.nstates), nletters = kss_get32(m.nletters), nevents = kss_get16(m.nevents),
                 nclocks = kss_get16(m.nclocks), ring = kss_get32(m.ring), scope = kss_get32(m.scope);
  if (scope >= KSS_NSCOPES || m.cell || m.serial || m.reserved) return "an automaton of an unknown kind";
  if (nevents < 1 || nevents + nclocks > KSS_MACHINE_BITS || nclocks > KSS_MACHINE_CLOCKS)
    return "an automaton of an impossible number of events or clocks";
  const uint32_t guards = kss_get32(m.guard_base);
  if (ring) {
    if (ring > KSS_MACHINE_RING || nclocks || nstates || nletters || scope == KSS_SCOPE_task ||
        kss_get32(m.cells) != 1 + (ring + KSS_RING_TIMES - 1) / KSS_RING_TIMES || !inside(guards, sizeof(kss_guard)))
      return "a limit of impossible size";
    return nullptr;
  }
  const uint32_t letters = kss_get32(m.letter_base), edges = kss_get32(m.edge_base), all = 1u << (nevents + nclocks);
  if (kss_get32(m.cells) != 1 || nstates < 1 || nstates > KSS_MACHINE_STATES || nletters < 1 || nletters > 256)
    return "an automaton of impossible size";
  if (!inside(letters, all) || !inside(edges, uint64_t{nstates} * nletters * 4) ||
      (nclocks && !inside(guards, nclocks * sizeof(kss_guard))))
    return "an automaton's tables are out of bounds";
  for (uint32_t i = 0; i < all; i++)
    if (get<uint8_t>(letters, i) >= nletters) return "an automaton's letter is out of bounds";
  for (uint32_t i = 0; i < nstates * nletters; i++) {
    const uint32_t edge = get32(edges, i), set = edge >> KSS_EDGE_SET & 0x7fff;
    if (edge & KSS_EDGE_DENY ? edge != KSS_EDGE_DENY : (edge & KSS_EDGE_NEXT) >= nstates || set >> nclocks)
      return "an automaton leads out of itself";
  }
  return nullptr;
}

const char* Validator::machines() {
  const uint32_t n = kss_get32(h3_.nmachines), base = kss_get32(h3_.machine_base);
  for (kss_le32 r : h3_.reserved)
    if (r) return "unknown words in its header";
  if (!n) return h3_.machine_base || h3_.care_base ? "automata that are not there" : nullptr;
  if (n > KSS_MAX_MACHINES || !inside(base, uint64_t{n} * sizeof(kss_machine))) return "automata out of bounds";
  uint64_t work = 0;
  for (uint32_t i = 0; i < n; i++) {
    const auto m = get<kss_machine>(base, i);
    work += uint64_t{kss_get32(m.nstates)} * kss_get32(m.nletters) * 4;
    if (work > uint64_t{runtime_} * KSS_CHUNK) return "automata overlap";
    if (const char* why = machine(m)) return why;
  }
  return nullptr;
}

// What the vectors say that automata care about, and the lists of who does, are the same.
const char* Validator::cares() {
  const uint32_t n = kss_get32(h3_.nmachines), base = kss_get32(h3_.care_base), nvectors = kss_get32(h2_.nvectors);
  if (n && !inside(base, uint64_t{nvectors} * 4)) return "the table of automata's events is out of bounds";
  for (uint32_t v = 0; v < nvectors; v++) {
    const auto av = get<kss_av>(kss_get32(h_.av_base), v);
    const uint32_t first = n ? get32(base, v) : 0;
    uint32_t cared = 0, more = KSS_MAX_CARE, least = 0;
    if (kss_get32(av.care) & ~(kss_get32(av.allow) & kss_get32(av.audit)))
      return "an automaton cares about what is not granted";
    for (uint32_t at = first; at && more; at++) {
      if (!inside(at, sizeof(kss_care))) return "an automaton's events are out of bounds";
      const auto c = get<kss_care>(at, 0);
      if (kss_get16(c.more) >= more || (at != first && kss_get16(c.more) != more - 1))
        return "a list of automata is too long";
      more = kss_get16(c.more);
      if (kss_get32(c.machine) >= n) return "an automaton that does not exist";
      if (kss_get32(c.machine) < least) return "a list of automata is not ascending";
      least = kss_get32(c.machine) + 1;
      const auto m = get<kss_machine>(kss_get32(h3_.machine_base), kss_get32(c.machine));
      if (c.nevents != m.nevents) return "an automaton's events are not its own";
      for (uint32_t k = 0; k < kss_get16(c.nevents); k++) cared |= kss_get32(c.perms[k]);
    }
    if (cared != kss_get32(av.care)) return "what automata care about does not fit their events";
  }
  return nullptr;
}

}  // namespace

Status validate(std::span<const std::byte> image) {
  auto refuse = [](const char* why) {
    return Error{std::string("policy image refused: ") + why, "compile the policy again", 0};
  };
  if (image.size() < size_t{KSS_HEADER_CHUNKS} * KSS_CHUNK || image.size() % KSS_CHUNK)
    return refuse("it is cut short");
  if (image.size() / KSS_CHUNK > KSS_MAX_CHUNKS) return refuse("it is larger than 256 MiB");
  const size_t n = image.size() / KSS_CHUNK;
  const char* why;
  if (reinterpret_cast<uintptr_t>(image.data()) % alignof(uint64_t) == 0) {
    why = Validator({reinterpret_cast<const kss_chunk*>(image.data()), n}).run();
  } else {
    std::vector<kss_chunk> aligned(n);
    std::memcpy(aligned.data(), image.data(), image.size());
    why = Validator(aligned).run();
  }
  if (why) return refuse(why);
  return Unit{};
}

}  // namespace kss::policy
