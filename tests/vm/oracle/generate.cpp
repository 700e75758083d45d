// SPDX-License-Identifier: BSD-2-Clause
// oracle-generate --out DIR [--seed N] [--policies N] [--operations N]: random policies, and for each random operations
// with the verdict that the reference evaluator gives. See tests/vm/oracle.sh, which runs them in a guest.
//
// DIR gets `world`, and for each policy NN.yaml, NN.kss (the image) and NN.ops. inverted.ops is some of the last
// policy's operations with two wrong expectations: a guest that does not report both tests nothing.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>

#include "policy/policy.hpp"
#include "tests/vm/oracle/operations.hpp"

namespace {

using namespace kss;
using namespace kss::test;

bool write(const std::string& path, std::string_view data) {
  std::ofstream file(path, std::ios::binary);
  file << data;
  if (file.flush()) return true;
  std::fprintf(stderr, "%s: cannot be written\n", path.c_str());
  return false;
}

struct Made {
  std::string text;
  policy::CheckedPolicy policy;
  std::vector<kss_chunk> image;
};

std::optional<Made> make_policy(const World& world, uint64_t seed, uint32_t version) {
  std::vector<uint32_t> without;
  for (int tries = 0; tries < 50; tries++) {
    Made m;
    m.text = random_policy_text(world, seed, version, without);
    Diagnostics diags;
    if (auto checked = policy::check_text(m.text, "oracle.yaml", {}, diags)) {
      m.policy = std::move(*checked);
      if (auto image = policy::compile(m.policy, diags)) {
        m.image = std::move(*image);
        return m;
      }
    }
    const size_t before = without.size();
    for (const auto& d : diags)
      if (d.severity == Diagnostic::Severity::error) without.push_back(d.pos.line);
    if (without.size() == before || tries == 49) {
      for (const auto& d : diags) std::fprintf(stderr, "%s\n", policy::format(d).c_str());
      std::fprintf(stderr, "%s", m.text.c_str());
      break;
    }
  }
  std::fprintf(stderr, "seed %llu: no policy that compiles\n", static_cast<unsigned long long>(seed));
  return std::nullopt;
}

}  // namespace

int main(int argc, char** argv) {
  uint64_t seed = 1;
  uint32_t policies = 20, operations = 300;
  std::string dir;
  for (int i = 1; i < argc; i++) {
    const std::string arg = argv[i];
    if (i + 1 < argc && arg == "--seed")
      seed = std::string(argv[++i]) == "random" ? std::random_device()() : std::strtoull(argv[i], nullptr, 0);
    else if (i + 1 < argc && arg == "--policies")
      policies = static_cast<uint32_t>(std::strtoul(argv[++i], nullptr, 0));
    else if (i + 1 < argc && arg == "--operations")
      operations = static_cast<uint32_t>(std::strtoul(argv[++i], nullptr, 0));
    else if (i + 1 < argc && arg == "--out")
      dir = argv[++i];
    else
      dir.clear(), i = argc;
  }
  if (dir.empty() || !policies || operations < Table::rows()) {
    std::fprintf(stderr, "usage: %s --out DIR [--seed N|random] [--policies N] [--operations N, at least %zu]\n",
                 argv[0], Table::rows());
    return 2;
  }
  std::filesystem::remove_all(dir);
  std::filesystem::create_directories(dir);
  const World world = make_world();
  if (!write(dir + "/world", world_text(world)) || !write(dir + "/seed", "seed " + std::to_string(seed) + "\n"))
    return 1;
  std::map<std::string, std::array<uint32_t, 2>> seen;
  uint32_t denied = 0;
  for (uint32_t n = 0; n < policies; n++) {
    auto made = make_policy(world, seed + n, n + 1);
    if (!made) return 1;
    Random random(seed + n + 0x9e3779b9u);
    std::string ops;
    for (uint32_t i = 0; i < operations; i++) {
      // Every row once, then at random.
      const size_t row = i < Table::rows() ? i : random.below(static_cast<uint32_t>(Table::rows()));
      Operation op = random_operation(row, world, made->policy, random);
      const bool d = op.denied() != nullptr;
      denied += d;
      seen[op.row][d]++;
      ops += line_of(op, i + 1);
    }
    char name[16];
    std::snprintf(name, sizeof name, "/%02u", n + 1);
    if (!write(dir + name + ".yaml", made->text) || !write(dir + name + ".ops", ops) ||
        !write(dir + name + ".kss",
               {reinterpret_cast<const char*>(made->image.data()), made->image.size() * sizeof(kss_chunk)}))
      return 1;
    if (n + 1 < policies) continue;
    // One that is granted and one that is denied, each expected to be the other; around them some that are right.
    std::string inverted;
    uint32_t flipped[2] = {0, 0};
    for (uint32_t i = 0; i < 10000 && (i < 10 || !flipped[0] || !flipped[1]); i++) {
      Operation op = random_operation(Table::row("lstat"), world, made->policy, random);
      const bool d = op.denied() != nullptr, flip = !flipped[d]++;
      if (flip)
        for (auto& q : op.questions) q.granted = d, q.record.clear();
      if (flip || i < 10) inverted += line_of(op, i + 1);
    }
    if (!write(dir + "/inverted.ops", inverted)) return 1;
  }
  const uint32_t all = policies * operations;
  std::printf("seed %llu: %u policies, %u operations, %u %% denied\n", static_cast<unsigned long long>(seed), policies,
              all, denied * 100 / all);
  int bad = 0;
  for (const auto& [row, n] : seen) {
    // O_PATH is asked nothing.
    if ((n[0] && n[1]) || row == "open with O_PATH") continue;
    std::printf("%s: granted %u times, denied %u: nothing is shown by that\n", row.c_str(), n[0], n[1]);
    bad = 1;
  }
  return bad;
}
