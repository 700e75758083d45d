// SPDX-License-Identifier: BSD-2-Clause
// What the guest has: a small tree on a tmpfs at /w, message queues, servers, and processes of each domain.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/differential/generator.hpp"

namespace kss::test {

enum Kind : uint32_t { kFile = 1, kDir = 2, kLink = 4, kChar = 8, kBlock = 16, kFifo = 32, kSock = 64, kAny = 127 };

struct Node {
  Kind kind = kFile;
  std::string path;    // as the kernel resolves it
  std::string target;  // of a link; of a file, how its content is made: text, "prog" or "script"
  uint32_t major = 0, minor = 0;
  bool operator==(const Node&) const = default;
};

struct World {
  std::vector<Node> nodes;  // parents first
  const Node* find(const std::string& path) const;
  /// Follows links in every component but the last, and in the last if told. NULL: it leads nowhere.
  const Node* resolve(const std::string& path, bool last) const;
  void move(const std::string& from, const std::string& to);
};

World make_world();
/// One line a node, for the guest: KIND PATH TARGET MAJOR MINOR.
std::string world_text(const World& world);
kss_class class_of(Kind kind);

// Domains that act, and one more that owns servers, queues and a process. Everything may be done to `peer` or to
// unconfined tasks only where the policy says so.
constexpr const char* kActors[] = {"d0", "d1", "d2"};
constexpr const char* kOwners[] = {"unconfined", "peer"};
constexpr const char* kProcesses[] = {"unconfined", "peer", "d0", "d1", "d2"};

/// A random policy, as text. `without`: lines that are left out, because the compiler found them at odds with others.
std::string random_policy_text(const World& world, uint64_t seed, uint32_t version,
                               const std::vector<uint32_t>& without);

}  // namespace kss::test
