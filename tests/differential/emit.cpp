// SPDX-License-Identifier: BSD-2-Clause
#include "tests/differential/emit.hpp"

#include <cstdio>
#include <fstream>

namespace kss::test {
namespace {

void put32(std::string& out, uint32_t v) {
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(v >> shift);
}

bool write(const std::string& path, const void* data, size_t size) {
  std::ofstream file(path, std::ios::binary);
  file.write(static_cast<const char*>(data), static_cast<std::streamsize>(size));
  return static_cast<bool>(file.flush());
}

}  // namespace

bool emit(const std::string& dir, uint32_t number, uint64_t seed, const Case& c, const std::vector<Event>& events) {
  engine::Reference oracle(c.policy);
  std::string out;
  put32(out, KSS_VEC_MAGIC);
  put32(out, KSS_VEC_VERSION);
  put32(out, static_cast<uint32_t>(events.size()));
  put32(out, static_cast<uint32_t>(c.image.size()));
  put32(out, static_cast<uint32_t>(seed));
  put32(out, static_cast<uint32_t>(seed >> 32));
  for (const auto& e : events) {
    put32(out, e.kind);
    for (uint32_t a : e.arg) put32(out, a);
    for (uint32_t w : answer(oracle, e)) put32(out, w);
    put32(out, static_cast<uint32_t>(e.data.size()));
    out += e.data;
    out.resize((out.size() + 3) / 4 * 4, '\0');
  }
  char name[16];
  std::snprintf(name, sizeof name, "/%04u", number);
  return write(dir + name + ".kssi", c.image.data(), c.image.size() * sizeof(kss_chunk)) &&
         write(dir + name + ".vec", out.data(), out.size());
}

}  // namespace kss::test
