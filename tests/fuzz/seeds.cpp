// SPDX-License-Identifier: BSD-2-Clause
// fuzz_seeds DIR: compiles DIR/../yaml/*.yaml, and writes each image to DIR.
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "policy/policy.hpp"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::filesystem::path dir = argv[1];
  for (const auto& file : std::filesystem::directory_iterator(dir / ".." / "yaml")) {
    kss::Diagnostics diags;
    auto policy = kss::policy::check_file(file.path().string(), {}, diags);
    auto image = policy ? kss::policy::compile(*policy, diags) : std::nullopt;
    for (const auto& d : diags) std::fprintf(stderr, "%s\n", kss::policy::format(d).c_str());
    if (!image) continue;
    std::ofstream out(dir / file.path().stem().concat(".kssi"), std::ios::binary);
    out.write(reinterpret_cast<const char*>(image->data()),
              static_cast<std::streamsize>(image->size() * sizeof(kss_chunk)));
  }
}
