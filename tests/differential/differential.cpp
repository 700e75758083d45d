// SPDX-License-Identifier: BSD-2-Clause
// differential [--seed N] [--count N] [--emit DIR] [--traces DIR]: random policies and events; oracle and core must
// agree.
//
// --count is the number of decisions (default 1,000,000); those of models with state come on top. A failure prints the
// seed of its policy, which --seed takes: that policy is then the first. With --emit, images and events are also
// written for a kernel-side run, with --traces those of models with state (vectors.h).
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <random>

#include "kss/port_user.h"
#include "policy/levels.hpp"
#include "policy/report.hpp"
#include "tests/differential/emit.hpp"
#include "tests/differential/judge.hpp"
#include "tests/differential/traces.hpp"

namespace {

using namespace kss;
using namespace kss::test;

constexpr uint64_t kEventsPerPolicy = 500;

std::string show(const Event& e) {
  static const char* const kinds[] = {"access", "path", "abstract", "inet",   "device",
                                      "family", "exec", "digest",   "cgroup", "enter"};
  std::string s = kinds[e.kind];
  for (uint32_t a : e.arg) s.append(" ").append(std::to_string(a));
  s += " \"";
  for (char c : e.data) {
    char hex[8];
    std::snprintf(hex, sizeof hex, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
    if (c >= ' ' && c < 0x7f)
      s += c;
    else
      s += hex;
  }
  return s + "\"";
}

std::string show(const Answer& a) {
  return std::to_string(a[0]) + " " + std::to_string(a[1]) + " " + std::to_string(a[2]);
}

// What an image says besides answers to events.
bool same_need(const Case& c) {
  engine::Reference oracle(c.policy);
  const auto* need = reinterpret_cast<const kss_le32*>(
      &c.image[kss_get32(reinterpret_cast<const kss_header2*>(&c.image[1])->need_base)]);
  for (uint32_t cls = 0; cls < KSS_MAX_CLASSES; cls++) {
    uint32_t want = cls < KSS_NCLASSES ? oracle.needed(cls) : 0;
    if (kss_get32(need[cls]) == want) continue;
    std::printf("need of class %u: oracle %#x, image %#x\n", cls, want, kss_get32(need[cls]));
    return false;
  }
  return true;
}

// The order of rules must not matter: the same image but for the debug part.
bool order_is_nothing(const Case& c, Random random) {
  policy::CheckedPolicy shuffled = c.policy;
  for (size_t i = shuffled.rules.size(); i > 1; i--)
    std::swap(shuffled.rules[i - 1], shuffled.rules[random.below(static_cast<uint32_t>(i))]);
  Diagnostics diags;
  policy::Reporter report(diags);
  policy::apply_levels(shuffled, report);
  auto image = policy::compile(shuffled, diags);
  if (!image) return false;
  auto a = engine::Simulator::load(c.image), b = engine::Simulator::load(*image);
  if (!a || !b) return false;
  for (uint32_t d = 0; d < a->domains(); d++)
    for (uint32_t o = 0; o < a->objects(); o++) {
      uint32_t cls = random.below(KSS_NCLASSES);
      kss_av x = a->vector(d, o, cls), y = b->vector(d, o, cls);
      if (std::memcmp(&x, &y, sizeof x) != 0) return false;
    }
  return true;
}

int fail(uint64_t seed, const std::string& why) {
  std::printf("FAILED: %s\nagain with: --seed %llu --count %llu\n", why.c_str(), static_cast<unsigned long long>(seed),
              static_cast<unsigned long long>(kEventsPerPolicy));
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  uint64_t seed = std::random_device()(), count = 1'000'000;
  std::string dir, traces_dir;
  for (int i = 1; i < argc; i++) {
    std::string arg = argv[i];
    if (i + 1 < argc && arg == "--seed")
      seed = std::strtoull(argv[++i], nullptr, 0);
    else if (i + 1 < argc && arg == "--count")
      count = std::strtoull(argv[++i], nullptr, 0);
    else if (i + 1 < argc && arg == "--emit")
      dir = argv[++i];
    else if (i + 1 < argc && arg == "--traces")
      traces_dir = argv[++i];
    else {
      std::fprintf(stderr, "usage: %s [--seed N] [--count N] [--emit DIR] [--traces DIR]\n", argv[0]);
      return 2;
    }
  }
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  for (const auto& d : {dir, traces_dir})
    if (!d.empty()) std::filesystem::create_directories(d);
  uint64_t done = 0, dropped = 0, positive = 0;
  uint32_t policies = 0;
  TraceCounts traces;
  for (; done < count; seed++, policies++) {
    Random random(seed);
    std::string why;
    auto c = random_case(random, why);
    if (!c) return fail(seed, why);
    dropped += c->dropped;
    auto core = engine::Simulator::load(c->image);
    if (!core) return fail(seed, core.error().message);
    engine::Reference oracle(c->policy);
    if (!same_need(*c)) return fail(seed, "hooks needed");
    if (policies % 16 == 0 && !order_is_nothing(*c, Random(~seed))) return fail(seed, "the order of rules matters");
    if (why = compare_cares(*c, *core); !why.empty()) return fail(seed, why);
    std::vector<TraceEvent> happened;
    if (why = run_traces(*c, *core, Random(seed ^ 0x7472616365ull), traces, happened); !why.empty())
      return fail(seed, why);
    if (!traces_dir.empty() && !happened.empty() && !emit(traces_dir, policies, seed, *c, happened))
      return fail(seed, "cannot write to " + traces_dir);
    std::vector<Event> events;
    for (uint64_t i = 0; i < kEventsPerPolicy && done < count; i++, done++) {
      Event e = random_event(c->policy, random);
      Answer want = answer(oracle, e), have = answer(*core, e);
      if (want != have) return fail(seed, show(e) + ": oracle " + show(want) + ", core " + show(have));
      if (e.kind == KSS_VEC_PATH && oracle.label_path(e.data).ambiguous)
        return fail(seed, show(e) + ": ambiguous, and yet it compiled");
      positive += want[0] > KSS_OBJ_DOMAINS;
      if (!dir.empty()) events.push_back(std::move(e));
    }
    if (!dir.empty() && !emit(dir, policies, seed, *c, events)) return fail(seed, "cannot write to " + dir);
  }
  std::printf(
      "%llu decisions on %u policies agree (%llu name something declared; %llu patterns of equal rank taken out)\n",
      static_cast<unsigned long long>(done), policies, static_cast<unsigned long long>(positive),
      static_cast<unsigned long long>(dropped));
  const auto number = [](uint64_t n) { return static_cast<unsigned long long>(n); };
  std::printf(
      "%llu decisions with state agree; %llu concern models: %llu granted, denied %llu by flows, %llu by formulas, "
      "%llu by limits\n",
      number(traces.decisions), number(traces.concerned), number(traces.granted), number(traces.by_flow),
      number(traces.by_formula), number(traces.by_ring));
  // In a full run they must not be trivial.
  if (count >= 1'000'000 &&
      (traces.concerned < 300'000 || traces.denied() * 10 < traces.concerned || traces.granted * 5 < traces.concerned ||
       std::min({traces.by_flow, traces.by_formula, traces.by_ring}) * 200 < traces.concerned)) {
    std::printf("FAILED: too few of them, or almost all the same\n");
    return 1;
  }
  return 0;
}
