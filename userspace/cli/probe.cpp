// SPDX-License-Identifier: BSD-2-Clause
// kss-load probe: what this kernel can enforce, found by trying.
#include <algorithm>
#include <memory>

#include "cli/loading.hpp"

namespace kss::cli {
namespace {

Json to_json(const backend::Probe& p) {
  Json features = Json::array();
  for (const backend::Feature& f : p.features)
    features.push(Json::object()
                      .set("name", f.name)
                      .set("available", f.available)
                      .set("required", f.required)
                      .set("how", f.how)
                      .set("detail", f.detail));
  return Json::object()
      .set("ok", p.usable)
      .set("usable", p.usable)
      .set("kernel", p.kernel)
      .set("machine", p.machine)
      .set("lsm", p.lsm_list)
      .set("attach", p.attach)
      .set("features", std::move(features));
}

void print(const backend::Probe& p, bool all, const Colors& c) {
  std::printf("%skernel%s   %s %s\n%slsm%s      %s\n%sattach%s   %s\n\n", c.dim, c.reset, p.kernel.c_str(),
              p.machine.c_str(), c.dim, c.reset, p.lsm_list.c_str(), c.dim, c.reset, p.attach.c_str());
  std::size_t width = 7;
  for (const auto& f : p.features) width = std::max(width, f.name.size());
  std::printf("%s%-8s %-*s %s%s\n", c.dim, "", static_cast<int>(width), "feature", "tried by", c.reset);
  std::size_t hidden = 0;
  for (const auto& f : p.features) {
    // Some kernels have hundreds of hooks that are all well: they are a number unless asked for.
    if (!all && f.available && f.name.starts_with("hook ")) {
      hidden++;
      continue;
    }
    const char* mark = f.available ? "yes" : f.required ? "NO" : "no";
    const char* color = f.available ? c.green : f.required ? c.red : c.yellow;
    std::printf("%s%-8s%s %-*s %s\n", color, mark, c.reset, static_cast<int>(width), f.name.c_str(),
                printable(f.how).c_str());
    if (!f.detail.empty())
      std::printf("%-8s %-*s %s%s%s\n", "", static_cast<int>(width), "", c.dim, printable(f.detail).c_str(), c.reset);
  }
  if (hidden) std::printf("%syes%s      %s more (--all shows each)\n", c.green, c.reset, count(hidden, "hook").c_str());
  std::printf("\n%s%s%s\n", p.usable ? c.green : c.red,
              p.usable ? "this kernel can enforce policies" : "this kernel cannot enforce policies", c.reset);
}

}  // namespace

void add_probe(CLI::App& app, Cli& cli) {
  struct Options {
    backend::LoadOptions load;
    bool all = false;
  };
  auto o = std::make_shared<Options>();
  Command command(
      app, cli, "probe", "Show what this kernel can enforce",
      "Features are tried, not read off a version: programs are loaded and attached, and a task of our own is denied\n"
      "something. Exit code 4 if the kernel can't enforce policies.",
      "  kss-load probe\n"
      "  kss-load probe --all                 every hook\n"
      "  kss-load probe --btf vmlinux.btf     a kernel without type information of its own\n",
      [&cli, o] {
        auto probe = backend::make_bpf_backend()->probe(o->load);
        if (!probe) return fail_backend(cli, probe.error(), o->load);
        if (cli.json)
          cli.print(to_json(*probe));
        else
          print(*probe, o->all, cli.out());
        return probe->usable ? Exit::ok : Exit::kernel;
      });
  command.option("--btf", o->load.btf_path, "FILE", "Kernel type information, where /sys/kernel/btf/vmlinux is missing")
      .flag("--all", o->all, "Show hooks that are available one by one, too");
}

}  // namespace kss::cli
