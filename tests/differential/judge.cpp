// SPDX-License-Identifier: BSD-2-Clause
#include "tests/differential/judge.hpp"

#include <set>

#include "tests/differential/models.hpp"

namespace kss::test {

std::optional<Case> random_case(Random& random, std::string& why) {
  Case c;
  c.policy = random_policy(random);
  if (!add_models(c.policy, random, why)) return std::nullopt;
  for (;;) {
    Diagnostics diags;
    auto image = policy::compile(c.policy, diags);
    if (image) {
      c.image = std::move(*image);
      return c;
    }
    std::set<uint32_t> lines;
    for (const auto& d : diags) lines.insert(d.pos.line);
    bool removed = false;
    for (uint32_t line : lines)
      if (remove_line(c.policy, line)) {
        removed = true;
        c.dropped++;
      } else if (remove_model(c.policy, line)) {
        removed = true;
      }
    if (!removed) {
      why = diags.empty() ? "refused without a reason" : "refused: " + diags[0].message;
      return std::nullopt;
    }
  }
}

}  // namespace kss::test
