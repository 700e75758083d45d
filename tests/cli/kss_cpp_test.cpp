// SPDX-License-Identifier: BSD-2-Clause
// libkss from C++: owners, exceptions, and one policy used by several threads.
#undef NDEBUG
#include <cassert>
#include <cstring>
#include <thread>
#include <vector>

#include "kss/kss.hpp"

int main(int argc, char** argv) {
  assert(argc == 2);
  auto policy = kss::CompiledPolicy::compile(argv[1]);
  assert(policy.name() == "gateway" && policy.version() == 7);
  assert(policy.label("/etc/plc/x", "file") == "plc_config");
  assert(policy.grants("plc", "fieldbus", "tcp", "connect"));

  const auto copy = kss::CompiledPolicy::from_image(policy.image());
  assert(copy.image().size() == policy.image().size() &&
         std::memcmp(copy.image().data(), policy.image().data(), copy.image().size()) == 0);
  const auto moved = std::move(policy);

  try {
    (void)kss::CompiledPolicy::compile_text("policy: x\nversion: no\n", "text");
    assert(false);
  } catch (const kss::Exception& e) {
    assert(e.status() == KSS_E_POLICY && std::strstr(e.what(), "text:2:"));
  }

  std::vector<std::thread> threads;
  for (int t = 0; t < 4; t++)
    threads.emplace_back([&moved, t] {
      for (int i = 0; i < 1000; i++) {
        assert(!moved.grants("hmi", "fieldbus", "tcp", "connect"));
        // Each thread has its own last error.
        const std::string name = "nobody" + std::to_string(t);
        kss_decision d;
        assert(kss_decide(moved.get(), name.c_str(), "self", "file", "read", &d) == KSS_E_USAGE);
        assert(std::strstr(kss_last_error(), name.c_str()));
      }
    });
  for (auto& t : threads) t.join();
  return 0;
}
