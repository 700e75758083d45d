// SPDX-License-Identifier: BSD-2-Clause
// What tests of the language begin their policies with, and how they show what was said.
#pragma once

#include <string>

#include "policy/policy.hpp"

namespace kss::policy {

inline constexpr const char* kHead = "policy: t\nversion: 1\n";

// Most texts have these names in their lines 3 to 5 (a line for each key, so that lines are easy to count).
inline const std::string kNames =
    std::string(kHead) +
    "domains: { a: { enter: { exec: /bin/a } }, b: { enter: { exec: /bin/b } }, c: { enter: { exec: /bin/c } } }\n"
    "types: { conf: { files: [\"/etc/conf/**\"] }, logs: { files: [\"/var/log/**\"] }, web: { inet: [tcp any port 80] "
    "},"
    " names: { unix: [\"@x\"] }, disk: { devices: [\"block 8:*\"] }, route: { family: [netlink route] } }\n"
    "attributes: { ab: [a, b], files: [conf, logs], all: [ab, c] }\n";  // rules begin at line 6

inline std::string shown(const Diagnostics& diags) {
  std::string out;
  for (const auto& d : diags) out += format(d) + '\n';
  return out;
}

}  // namespace kss::policy
