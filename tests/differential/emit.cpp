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

void put64(std::string& out, uint64_t v) {
  put32(out, static_cast<uint32_t>(v));
  put32(out, static_cast<uint32_t>(v >> 32));
}

std::string head(uint32_t magic, size_t count, const Case& c, uint64_t seed) {
  std::string out;
  put32(out, magic);
  put32(out, KSS_VEC_VERSION);
  put32(out, static_cast<uint32_t>(count));
  put32(out, static_cast<uint32_t>(c.image.size()));
  put64(out, seed);
  return out;
}

bool write_both(const std::string& dir, uint32_t number, const Case& c, const char* ending, const std::string& events) {
  char name[16];
  std::snprintf(name, sizeof name, "/%04u", number);
  return write(dir + name + ".kssi", c.image.data(), c.image.size() * sizeof(kss_chunk)) &&
         write(dir + name + ending, events.data(), events.size());
}

}  // namespace

bool emit(const std::string& dir, uint32_t number, uint64_t seed, const Case& c, const std::vector<Event>& events) {
  engine::Reference oracle(c.policy);
  std::string out = head(KSS_VEC_MAGIC, events.size(), c, seed);
  for (const auto& e : events) {
    put32(out, e.kind);
    for (uint32_t a : e.arg) put32(out, a);
    for (uint32_t w : answer(oracle, e)) put32(out, w);
    put32(out, static_cast<uint32_t>(e.data.size()));
    out += e.data;
    out.resize((out.size() + 3) / 4 * 4, '\0');
  }
  return write_both(dir, number, c, ".vec", out);
}

bool emit(const std::string& dir, uint32_t number, uint64_t seed, const Case& c,
          const std::vector<TraceEvent>& events) {
  std::string out = head(KSS_TRACE_MAGIC, events.size(), c, seed);
  for (const auto& e : events) {
    for (uint32_t v : {e.kind, e.task, e.dom, e.obj, e.cls, e.perms}) put32(out, v);
    put64(out, e.time);
    put64(out, e.want);
  }
  return write_both(dir, number, c, ".trace", out);
}

}  // namespace kss::test
