// SPDX-License-Identifier: BSD-2-Clause
#include "cli/stats.hpp"

#include <cstring>
#include <set>
#include <string_view>

namespace kss::cli {
namespace {

/// How many of `n` records of `chunks` chunks each, from chunk `base` on, differ from each other.
uint64_t distinct(std::span<const kss_chunk> image, uint32_t base, uint32_t n, uint32_t chunks) {
  std::set<std::string_view> seen;
  for (uint32_t i = 0; i < n; i++)
    seen.emplace(reinterpret_cast<const char*>(&image[base + i * chunks]), std::size_t{chunks} * KSS_CHUNK);
  return seen.size();
}

}  // namespace

std::vector<Stat> image_stats(std::span<const kss_chunk> image) {
  kss_header h;
  kss_header2 h2;
  std::memcpy(&h, &image[0], sizeof h);
  std::memcpy(&h2, &image[1], sizeof h2);
  const uint64_t runtime = uint64_t{kss_get32(h2.runtime_chunks)} * KSS_CHUNK;
  const uint64_t total = uint64_t{kss_get32(h2.total_chunks)} * KSS_CHUNK;
  return {
      {"image_bytes", "image", total, true},
      {"runtime_bytes", "  of it in the kernel", runtime, true},
      {"debug_bytes", "  of it names and lines", total - runtime, true},
      {"domains", "domains, built-in ones included", kss_get32(h.ndomains)},
      {"objects", "objects, built-in ones included", kss_get32(h.nobjects)},
      {"subject_classes", "subject classes",
       distinct(image, kss_get32(h.dom_base), kss_get32(h.ndomains), KSS_ROW_CHUNKS)},
      {"object_classes", "object classes",
       distinct(image, kss_get32(h.obj_base), kss_get32(h.nobjects), KSS_COL_CHUNKS)},
      {"cells", "cells of the access table", kss_get32(h2.ncells)},
      {"vectors", "distinct access vectors", kss_get32(h2.nvectors)},
      {"path_states", "states of the path automaton", kss_get32(h2.nstates)},
      {"hash_slots", "hash slots", (uint64_t{kss_get32(h.hash_mask)} + 1) * 4},
  };
}

}  // namespace kss::cli
