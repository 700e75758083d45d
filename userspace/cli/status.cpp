// SPDX-License-Identifier: BSD-2-Clause
// kss-load status: which policy is in force, and how it does.
#include <memory>

#include "cli/loading.hpp"

namespace kss::cli {
namespace {

Json to_json(const backend::StatusReport& r) {
  Json j = Json::object();
  j.set("ok", r.loaded).set("loaded", r.loaded);
  if (!r.loaded) return j.set("exit", static_cast<int>(Exit::state));
  j.set("policy", r.policy_name).set("version", r.policy_version).set("generation", r.generation);
  j.set("permissive", r.permissive).set("sealed", r.sealed).set("armed", r.armed).set("rejudging", r.rejudging);
  j.set("attach", r.attach).set("hooks", Json::array_of(r.attached)).set("kernel_bytes", r.kernel_bytes);
  j.set("room_bytes", r.room_bytes);
  Json counters = Json::object(), tasks = Json::object();
  for (const auto& [name, n] : r.counters) counters.set(name, n);
  for (const auto& [name, n] : r.tasks) tasks.set(name, n);
  Json flows = Json::array();
  for (const auto& f : r.flows) {
    Json flow = Json::object().set("flow", f.flow).set("state", f.state);
    if (!f.domain.empty()) flow.set("domain", f.domain);
    flows.push(std::move(flow));
  }
  j.set("flows", std::move(flows));
  return j.set("counters", std::move(counters)).set("tasks", std::move(tasks));
}

void print(const backend::StatusReport& r, bool all, const Colors& c) {
  std::string how = r.permissive ? std::string(c.yellow) + "permissive: denials are only reported" + c.reset
                    : r.armed    ? std::string(c.green) + "enforcing" + c.reset
                                 : std::string(c.red) + "loaded but not in force" + c.reset;
  if (r.sealed) how += ", sealed";
  std::printf("%s%s%s version %u, generation %u: %s\n", c.bold, printable(r.policy_name).c_str(), c.reset,
              r.policy_version, r.generation, how.c_str());
  std::printf("  %s attached by %s, %s of kernel memory, room for a policy of %s%s\n",
              count(r.attached.size(), "hook").c_str(), r.attach.c_str(), human_size(r.kernel_bytes).c_str(),
              r.room_bytes ? human_size(r.room_bytes).c_str() : "any size",
              r.rejudging ? ", judging again files opened under an older policy" : "");
  if (all)
    for (const std::string& hook : r.attached) std::printf("    %s\n", hook.c_str());
  for (const auto& [name, n] : r.counters)
    if (n || all) std::printf("  %-14s %llu\n", name.c_str(), static_cast<unsigned long long>(n));
  if (!r.flows.empty()) std::printf("  %sstates of flows%s\n", c.dim, c.reset);
  for (const auto& f : r.flows)
    std::printf("    %-20s %s\n", printable(f.flow + (f.domain.empty() ? "" : " of " + f.domain)).c_str(),
                printable(f.state).c_str());
  if (!r.tasks.empty()) std::printf("  %stasks%s\n", c.dim, c.reset);
  for (const auto& [name, n] : r.tasks)
    if (n || all) std::printf("    %-20s %llu\n", printable(name).c_str(), static_cast<unsigned long long>(n));
}

}  // namespace

void add_status(CLI::App& app, Cli& cli) {
  struct Options {
    backend::LoadOptions load;
    bool all = false;
  };
  auto o = std::make_shared<Options>();
  Command command(app, cli, "status", "Show the policy in force",
                  "Exit code 5 if none is loaded, so that a script may ask.",
                  "  kss-load status\n"
                  "  kss-load status --all        every hook and counter\n"
                  "  kss-load status --json | python3 -m json.tool\n"
                  "  kss-load status >/dev/null || kss-load load /etc/kss/policy.yaml\n",
                  [&cli, o] {
                    auto report = backend::make_bpf_backend()->status(o->load);
                    if (!report) return fail_backend(cli, report.error(), o->load);
                    if (cli.json) {
                      cli.print(to_json(*report));
                    } else if (report->loaded) {
                      print(*report, o->all, cli.out());
                    } else {
                      std::printf("no policy is loaded\n");
                    }
                    return report->loaded ? Exit::ok : Exit::state;
                  });
  command.places(o->load).flag("--all", o->all, "Show hooks, and counters that are zero, too");
}

}  // namespace kss::cli
