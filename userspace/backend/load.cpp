// SPDX-License-Identifier: BSD-2-Clause
// How a load dies without a trace: everything is made with `armed` 0, when programs judge nobody but a self-test's
// task. Pins are made in a directory of their own, moved into place by one rename, and only then one store arms them.
// Killed before it, nothing is in force (what was pinned is unarmed, and cleaned by the next load); after it,
// everything.
#include "backend/load.hpp"

#include <bpf/bpf.h>

#include <algorithm>

#include "backend/attach.hpp"
#include "backend/hooks.hpp"
#include "backend/image_map.hpp"
#include "backend/machines.hpp"
#include "backend/pins.hpp"
#include "backend/probe.hpp"
#include "backend/running.hpp"
#include "backend/seal.hpp"
#include "backend/selftest.hpp"
#include "backend/statefiles.hpp"
#include "kss/port_user.h"
#include "policy/debuginfo.hpp"
#include "policy/policy.hpp"

namespace kss::backend {
namespace {

/// Nothing of ours is in force; what an earlier load left half done is removed.
Status clear_leftovers(const LoadOptions& options) {
  Pins pins(options.pin_dir);
  auto running = open_running(options.pin_dir);
  if (running || running.error().sys_errno == EPERM)
    return Error{"a policy is in force already", "kss-load swap replaces it in one step", EEXIST};
  if (running.error().sys_errno != ENOENT) return running.error();
  at(options, "clear leftovers");
  if (auto done = pins.staged().remove(); !done) return done;
  return pins.remove();
}

Status fill_slots(int fd) {
  for (uint32_t slot = 0; slot < KSS_SCRATCH_SLOTS; slot++)
    if (bpf_map_update_elem(fd, nullptr, &slot, BPF_ANY) != 0)
      return sys_error("cannot fill the queue of scratch slots");
  return Unit{};
}

struct Attached {
  std::map<std::string, Fd> links;         // by hook
  std::map<std::string, std::string> why;  // hooks that could not be attached
};

/// The kernel as if it had not what the options say.
void do_without(Kernel& kernel, const LoadOptions& options) {
  struct Named {
    const char* option;
    const char* feature;
    bool Kernel::*has;
  };
  for (const Named& named : {Named{"task-storage", "task storage", &Kernel::task_storage},
                             Named{"inode-storage", "inode storage", &Kernel::inode_storage},
                             Named{"socket-storage", "socket storage", &Kernel::sk_storage}}) {
    if (std::find(options.without.begin(), options.without.end(), named.option) == options.without.end()) continue;
    kernel.*named.has = false;
    for (Feature& feature : kernel.report.features) {
      if (feature.name != named.feature) continue;
      feature.available = false;
      feature.detail = "not used, as asked for";
    }
  }
}

std::vector<std::string> names_of(const std::map<std::string, Fd>& links) {
  std::vector<std::string> out;
  for (auto& [name, fd] : links) out.push_back(name);
  return out;
}

}  // namespace

Error refusal(const std::vector<Lost>& lost) {
  Error error{"this kernel cannot enforce all of the policy", "", ENOTSUP};
  for (const Lost& l : lost) {
    error.message += "\n  ";
    if (l.perms)
      error.message += std::string(policy::class_name(l.cls)) + " { " + policy::perm_names(l.cls, l.perms) + " }: ";
    error.message += l.why;
    for (const std::string& rule : l.rules) error.message += "\n    " + rule;
  }
  error.hint = "--allow-degraded loads it all the same, without these";
  return error;
}

Result<LoadReport> load_image(std::span<const kss_chunk> image, const LoadOptions& options) {
  auto start = std::chrono::steady_clock::now();
  if (auto valid = policy::validate(std::as_bytes(image)); !valid) return valid.error();
  if (auto types = check_btf(options.btf_path); !types) return types.error();
  StateFiles state(options.state_dir);
  auto lock = state.lock();
  if (!lock) return lock.error();
  if (auto clear = clear_leftovers(options); !clear) return clear.error();

  Kernel kernel = probe_kernel(options.btf_path);
  if (!kernel.attach || !kernel.report.usable) {
    Error error{"this kernel cannot enforce a policy by BPF", "", ENOTSUP};
    for (const Feature& f : kernel.report.features)
      if (!f.available && (f.required || f.name.starts_with("attach")))
        error.message += "\n  " + f.name + ": " + f.detail;
    return error;
  }
  do_without(kernel, options);
  LoadReport report;
  report.generation = 1;
  report.attach = attach_name(*kernel.attach);
  for (const Feature& f : kernel.report.features)
    if (!f.available && !f.required && !f.name.starts_with("attach") && f.name != "digests of executables" &&
        f.name != "flows and formulas")
      report.notes.push_back(f.name + ": " + f.detail);

  Need need = need_of(image);
  const uint32_t digests = digest_subjects(image);
  Selection selection = select_hooks(need, options.seal_key.has_value(), !kernel.task_storage, digests);
  for (const std::string& line : never_mediated(need)) report.notes.push_back("not mediated by any hook: " + line);
  Attached attached;
  std::vector<Wanted> programs;
  for (const auto* group : {&selection.attach, &selection.rejudge})
    for (const Hook* hook : *group) {
      std::string absent = hook->flags & KSS_HOOK_DIGEST ? kernel.digest_loss : hook_absent(kernel, hook->name);
      if (absent.empty())
        programs.push_back(wanted_for(*hook, *kernel.attach));
      else
        attached.why[hook->name] = absent;
    }

  at(options, "load programs");
  ObjectConfig config = configure(kernel, options);
  uint32_t room = image_room(image, options.reserve_bytes);
  config.image_chunks = config.constants["kss_cfg_image_chunks"] = room;
  const uint32_t cells = cells_room(image, options.state_cells);
  if (cells != 0 && !kernel.state_loss.empty())
    return Error{machine_count(image) != 0 ? "the policy has flows or formulas: " + kernel.state_loss
                                           : "--state-cells: " + kernel.state_loss,
                 "no part of such a policy can be left out; use a newer kernel, with bpf among its LSMs (lsm=)",
                 ENOTSUP};
  auto placement = place_machines(image, {}, report.generation, cells, false);
  if (!placement) return placement.error();
  config.constants["kss_cfg_cells"] = cells;
  if (cells != 0)
    config.value_sizes["kss_cells"] = cells * static_cast<uint32_t>(sizeof(kss_cell));
  else
    config.absent_maps.insert(state_maps.begin(), state_maps.end());
  auto object = Object::load(kss_object(), config, programs);
  if (object && object->failed().count("kss_path_chown") && config.constants["kss_cfg_path_chown"]) {
    config.constants["kss_cfg_path_chown"] = 0;  // inode_setattr has to judge owners then
    object = Object::load(kss_object(), config, programs);
  }
  if (!object) return object.error();
  for (auto& [program, why] : object->failed()) attached.why[program.substr(4)] = why;

  if (auto done = fill_slots(object->map_fd("kss_slots")); !done) return done.error();
  auto control = Control::map(object->map_fd("kss_bss"));
  if (!control) return control.error();
  (*control)->abi = KSS_ABI_VERSION;
  auto image_map = make_image_map(image, report.generation, room, *placement);
  if (!image_map) return image_map.error();
  if (auto done = publish_image(object->map_fd("kss_images"), *image_map); !done) return done.error();

  at(options, "attach programs");
  for (const Hook* hook : selection.attach) {
    int fd = object->program_fd(program_of(*hook));
    if (fd < 0) continue;
    auto link = attach_hook(fd, *hook, *kernel.attach);
    if (link)
      attached.links[hook->name] = std::move(*link);
    else
      attached.why[hook->name] = link.error().message;
  }
  report.attached = names_of(attached.links);
  report.lost = lost_permissions(need, selection, report.attached, [&](const std::string& hook) {
    auto it = attached.why.find(hook);
    return it == attached.why.end() ? std::string("not attached") : it->second;
  });
  if (std::string why = rings_unasked(kernel); need[KSS_CLASS_io_uring] & KSS_io_uring_create && !why.empty())
    report.lost.push_back(Lost{KSS_CLASS_io_uring, KSS_io_uring_create, why, {}});
  if (!kernel.preemption_loss.empty()) report.lost.push_back(Lost{0, 0, kernel.preemption_loss, {}});
  add_rules(report.lost, image);
  if (!report.lost.empty() && !options.allow_degraded && !options.dry_run) return refusal(report.lost);

  at(options, "self-test");
  auto test = self_test(report.attached, options.state_dir + "/selftest");
  if (!test) return test.error();
  const int digest_map = object->map_fd("kss_digests");
  if (attached.links.count("exec_digest")) {
    store((*control)->digests, digests | KSS_DIGESTS_UNCONFINED);  // the loader is unconfined
    test_digest(digest_map, *test);
    store((*control)->digests, digests);
  }
  if (!test->failed.empty()) {
    Error error{"the self-test was not refused what it must be refused; nothing is in force", "", EPERM};
    for (const std::string& line : test->failed) error.message += "\n  " + line;
    return error;
  }
  for (const std::string& line : test->inconclusive) report.notes.push_back("self-test proves nothing here: " + line);

  if (!options.dry_run) {
    at(options, "save image");
    state.clean(UINT32_MAX);
    if (auto saved = state.save(report.generation, image); !saved) return saved.error();

    Pins pins(options.pin_dir), staged = pins.staged();
    auto stage = [&]() -> Status {
      at(options, "make pin directory");
      if (auto done = staged.create(); !done) return done;
      at(options, "pin maps");
      for (const std::string& name : object->maps())
        if (auto done = staged.pin("map", name, object->map_fd(name)); !done) return done;
      at(options, "pin programs");
      for (const Hook* hook : selection.rejudge)
        if (int fd = object->program_fd(program_of(*hook)); fd >= 0)
          if (auto done = staged.pin("prog", hook->name, fd); !done) return done;
      size_t n = 0;
      for (auto& [name, link] : attached.links) {
        if (n++ == 0 || n == attached.links.size() / 2) at(options, "pin link " + name);
        if (auto done = staged.pin("link", name, link.get()); !done) return done;
      }
      at(options, "commit pins");
      if (auto done = pins.commit(staged); !done) return done;
      at(options, "arm");
      store((*control)->label_gen, report.generation);
      store((*control)->armed, 1);
      drop_tested_digests(digest_map);
      at(options, "armed");
      return Unit{};
    };
    if (auto done = stage(); !done) {
      (void)staged.remove();
      (void)pins.remove();
      state.clean(UINT32_MAX);
      return done.error();
    }
    report.kernel_bytes = kernel_bytes(options.pin_dir);
    if (options.seal_key) {
      if (auto sealed = seal(options); !sealed) {
        store((*control)->armed, 0);
        (void)pins.remove();
        state.clean(UINT32_MAX);
        return sealed.error();
      }
    }
  }
  report.took = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
  return report;
}

Status unload_all(const LoadOptions& options) {
  StateFiles state(options.state_dir);
  auto lock = state.lock();
  if (!lock) return lock.error();
  Pins pins(options.pin_dir);
  auto running = open_running(options.pin_dir);
  if (!running && running.error().sys_errno == EPERM) {
    *lock = Fd();  // the agent takes it
    return unload_sealed(options);
  }
  if (!running && running.error().sys_errno == ENOENT && !pins.exist() && !pins.staged().exist())
    return running.error();
  if (running) {
    at(options, "disarm");
    store(running->control->sealed, 0);
    store(running->control->armed, 0);  // one store: from here on nothing is in force, whatever happens to us
  }
  at(options, "remove pins");
  if (auto done = pins.staged().remove(); !done) return done;
  if (auto done = pins.remove(); !done) return done;
  state.clean(UINT32_MAX);
  return Unit{};
}

}  // namespace kss::backend
