// SPDX-License-Identifier: BSD-2-Clause
#include "backend/running.hpp"

#include <bpf/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>

#include "backend/image_map.hpp"
#include "kss/port_user.h"
#include "policy/debuginfo.hpp"

#ifndef PIDFD_THREAD
#define PIDFD_THREAD 00000200  // O_EXCL: kernels from 6.9
#endif

namespace kss::backend {
namespace {

Error nothing() { return Error{"no policy is in force", "kss-load load IMAGE", ENOENT}; }

std::vector<int> all_tasks() {
  std::vector<int> out;
  for (const std::string& pid : list_dir("/proc")) {
    if (pid[0] < '0' || pid[0] > '9') continue;
    for (const std::string& tid : list_dir("/proc/" + pid + "/task")) out.push_back(std::atoi(tid.c_str()));
  }
  return out;
}

}  // namespace

Result<Running> open_running(const std::string& pin_dir) {
  Running out;
  out.pins = Pins(pin_dir);
  if (!out.pins.exist()) return nothing();
  auto bss = out.pins.open("map", "kss_bss");
  if (!bss && bss.error().sys_errno == ENOENT) return nothing();
  if (!bss && bss.error().sys_errno == EPERM)
    return Error{"the policy in force is sealed, or its maps are denied to this task", "", EPERM};
  if (!bss) return bss.error();
  auto control = Control::map(bss->get());
  if (!control) return control.error();
  out.control = *control;
  if (out.control->abi != KSS_ABI_VERSION)
    return Error{"the kernel's part of KSS has interface " + std::to_string(out.control->abi) + ", this program " +
                     std::to_string(KSS_ABI_VERSION),
                 "use the kss-load that loaded it, or unload first", 0};
  if (!fetch(out.control->armed)) return nothing();

  auto rodata = out.pins.open("map", "kss_rodata");
  if (!rodata) return rodata.error();
  auto attach = read_constant(rodata->get(), "kss_cfg_attach");
  auto storage = read_constant(rodata->get(), "kss_cfg_task_storage");
  if (!attach) return attach.error();
  auto room = read_constant(rodata->get(), "kss_cfg_image_chunks");
  if (!storage) return storage.error();
  auto cells = read_constant(rodata->get(), "kss_cfg_cells");
  if (!cells) return cells.error();
  out.cells = *cells;
  if (!room) return room.error();
  out.image_room = *room;
  out.attach = static_cast<kss_attach>(*attach);
  out.task_storage = *storage != 0;

  auto images = out.pins.open("map", "kss_images");
  if (!images) return images.error();
  out.images = std::move(*images);
  auto image = current_image(out.images.get());
  if (!image) return image.error();
  out.image = std::move(*image);
  auto chunks = read_chunks(out.image.get(), 2);
  if (!chunks) return chunks.error();
  const auto* h = reinterpret_cast<const kss_header*>(&(*chunks)[0]);
  const auto* h2 = reinterpret_cast<const kss_header2*>(&(*chunks)[1]);
  out.generation = kss_get32(h->generation);
  out.permissive = kss_get32(h->flags) & KSS_IMAGE_PERMISSIVE;
  out.policy_version = kss_get32(h2->policy_version);
  out.runtime_chunks = kss_get32(h2->runtime_chunks);
  return out;
}

std::string policy_name(std::span<const kss_chunk> image) {
  auto info = policy::read_debuginfo(std::as_bytes(image));
  return info ? info->policy_name : std::string();
}

std::vector<uint64_t> labelled_tasks(const Running& running) {
  std::vector<uint64_t> out;
  kss_task label{};
  if (!running.task_storage) {
    auto map = running.pins.open("map", "kss_tasks_hash", true);
    if (!map) return out;
    bpf_map_info info{};
    uint32_t size = sizeof info;
    if (bpf_obj_get_info_by_fd(map->get(), &info, &size) != 0 || info.value_size != sizeof label) return out;
    std::vector<char> key(info.key_size), next(info.key_size);
    for (bool first = true; bpf_map_get_next_key(map->get(), first ? nullptr : key.data(), next.data()) == 0;
         first = false) {
      key = next;
      if (bpf_map_lookup_elem(map->get(), key.data(), &label) == 0 && label.name) out.push_back(label.name);
    }
    return out;
  }
  auto map = running.pins.open("map", "kss_tasks", true);
  if (!map) return out;
  for (int tid : all_tasks()) {
    Fd task(static_cast<int>(syscall(SYS_pidfd_open, tid, PIDFD_THREAD)));
    if (!task) task = Fd(static_cast<int>(syscall(SYS_pidfd_open, tid, 0)));  // older: thread group leaders only
    int key = task.get();
    if (task && bpf_map_lookup_elem(map->get(), &key, &label) == 0 && label.name) out.push_back(label.name);
  }
  return out;
}

uint64_t count_tasks() { return all_tasks().size(); }

}  // namespace kss::backend
