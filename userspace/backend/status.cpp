// SPDX-License-Identifier: BSD-2-Clause
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "backend/attach.hpp"
#include "backend/image_map.hpp"
#include "backend/load.hpp"
#include "backend/machines.hpp"
#include "backend/rejudge.hpp"
#include "backend/running.hpp"
#include "backend/seal.hpp"
#include "backend/statefiles.hpp"
#include "kss/port_user.h"
#include "policy/debuginfo.hpp"

namespace kss::backend {
namespace {

/// "memlock:" of a descriptor's fdinfo: what the kernel reckons a map or program to take.
uint64_t memlock_of(int fd) {
  auto text = read_file("/proc/self/fdinfo/" + std::to_string(fd), 1 << 16);
  size_t at = text ? text->find("memlock:") : std::string::npos;
  return at == std::string::npos ? 0 : std::strtoull(text->c_str() + at + 8, nullptr, 10);
}

uint64_t program_bytes(int fd) {
  bpf_prog_info info{};
  uint32_t size = sizeof info;
  uint64_t jited = bpf_obj_get_info_by_fd(fd, &info, &size) == 0 ? info.jited_prog_len : 0;
  return jited + memlock_of(fd);
}

std::vector<FlowState> flow_states(const Running& running, const policy::DebugInfo& info) {
  std::vector<FlowState> out;
  if (running.cells == 0) return out;
  auto map = running.pins.open("map", "kss_cells", true);
  auto chunks = read_chunks(running.image.get(), running.runtime_chunks);
  std::vector<kss_cell> cells(running.cells);
  uint32_t zero = 0;
  if (!map || !chunks || bpf_map_lookup_elem(map->get(), &zero, cells.data()) != 0) return out;
  const auto machines = machines_of(*chunks);
  for (size_t i = 0; i < machines.size() && i < info.machines.size(); i++) {
    const auto& flow = info.machines[i];
    if (!flow.flow || flow.scope == policy::Scope::task) continue;
    const size_t histories = flow.scope == policy::Scope::domain ? info.domains.size() : 1;
    for (size_t h = 0; h < histories; h++) {
      const size_t at = kss_get32(machines[i].cell) + h;
      if (at >= cells.size()) break;
      const bool begun = cells[at].serial == kss_get32(machines[i].serial);
      const uint32_t state = begun ? cells[at].state : 0;
      if (state >= flow.states.size() || (!begun && histories != 1)) continue;
      out.push_back({flow.name, histories == 1 ? "" : info.domains[h].name, flow.states[state]});
    }
  }
  return out;
}

}  // namespace

uint64_t kernel_bytes(const std::string& pin_dir) {
  Pins pins(pin_dir);
  uint64_t sum = 0;
  for (const std::string& name : pins.names("map")) {
    auto fd = pins.open("map", name, true);
    if (!fd) continue;
    sum += memlock_of(fd->get());
    if (name == "kss_images")
      if (auto image = current_image(fd->get())) sum += memlock_of(image->get());
  }
  for (const std::string& name : pins.names("prog"))
    if (auto fd = pins.open("prog", name)) sum += program_bytes(fd->get());
  for (const std::string& name : pins.names("link")) {
    auto link = pins.open("link", name);
    bpf_link_info info{};
    uint32_t size = sizeof info;
    if (!link || bpf_obj_get_info_by_fd(link->get(), &info, &size) != 0) continue;
    auto on_pins = pins.names("prog");
    if (std::find(on_pins.begin(), on_pins.end(), name) != on_pins.end()) continue;  // counted above
    Fd program(bpf_prog_get_fd_by_id(info.prog_id));
    if (program) sum += program_bytes(program.get());
  }
  return sum;
}

Result<StatusReport> status_of(const LoadOptions& options) {
  StatusReport report;
  auto running = open_running(options.pin_dir);
  if (!running && running.error().sys_errno == EPERM) return status_sealed(options);
  if (!running && running.error().sys_errno == ENOENT) return report;
  if (!running) return running.error();
  report.loaded = true;
  report.armed = fetch(running->control->armed) != 0;
  report.sealed = fetch(running->control->sealed) != 0;
  end_rejudging(*running);
  report.rejudging = fetch(running->control->rejudge) != 0;
  report.generation = running->generation;
  report.policy_version = running->policy_version;
  report.permissive = running->permissive;
  report.attach = attach_name(running->attach);
  report.attached = running->hooks();
  report.kernel_bytes = kernel_bytes(options.pin_dir);
  report.room_bytes = uint64_t{running->image_room} * KSS_CHUNK;

  static const char* const names[] = {
#define N(n, doc) #n,
      KSS_COUNTER_TABLE(N)
#undef N
  };
  if (auto counters = running->pins.open("map", "kss_counters", true)) {
    std::vector<uint64_t> per_cpu(static_cast<size_t>(std::max(1, libbpf_num_possible_cpus())));
    for (uint32_t i = 0; i < KSS_NCOUNTERS; i++) {
      uint64_t sum = 0;
      if (bpf_map_lookup_elem(counters->get(), &i, per_cpu.data()) == 0)
        for (uint64_t n : per_cpu) sum += n;
      report.counters.emplace_back(names[i], sum);
    }
  }

  std::map<uint64_t, std::string> domains;
  if (auto image = StateFiles(options.state_dir).load(running->generation)) {
    if (auto info = policy::read_debuginfo(std::as_bytes(std::span(*image)))) {
      report.policy_name = info->policy_name;
      report.flows = flow_states(*running, *info);
      for (const auto& d : info->domains)
        domains[kss_name64(d.name.data(), static_cast<uint32_t>(d.name.size()))] = d.name;
    }
  }
  std::map<std::string, uint64_t> tasks;
  uint64_t labelled = 0;
  for (uint64_t name : labelled_tasks(*running)) {
    auto domain = domains.find(name);
    tasks[domain == domains.end() ? "none" : domain->second]++;
    labelled++;
  }
  uint64_t all = count_tasks();
  tasks["unconfined"] += all > labelled ? all - labelled : 0;
  report.tasks.assign(tasks.begin(), tasks.end());
  return report;
}

}  // namespace kss::backend
