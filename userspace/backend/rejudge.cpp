// SPDX-License-Identifier: BSD-2-Clause
#include "backend/rejudge.hpp"

#include <algorithm>

#include "backend/attach.hpp"
#include "backend/hooks.hpp"

namespace kss::backend {

Status start_rejudging(const Running& running) {
  if (labelled_tasks(running).empty()) return Unit{};
  auto attached = running.hooks();
  store(running.control->rejudge, 1);
  for (const std::string& name : running.pins.names("prog")) {
    const Hook* hook = find_hook(name);
    if (!hook || !(hook->flags & KSS_HOOK_REJUDGE)) continue;
    if (std::find(attached.begin(), attached.end(), name) != attached.end()) continue;
    auto program = running.pins.open("prog", name);
    if (!program) return program.error();
    auto link = attach_hook(program->get(), *hook, running.attach);
    if (!link) return link.error();
    if (auto done = running.pins.pin("link", name, link->get()); !done) return done;
  }
  return Unit{};
}

bool end_rejudging(const Running& running) {
  if (!fetch(running.control->rejudge)) return true;
  if (!labelled_tasks(running).empty()) return false;
  store(running.control->rejudge, 0);
  for (const std::string& name : running.hooks())
    if (const Hook* hook = find_hook(name); hook && (hook->flags & KSS_HOOK_REJUDGE))
      (void)running.pins.unpin("link", name);
  return true;
}

}  // namespace kss::backend
