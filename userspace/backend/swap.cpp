// SPDX-License-Identifier: BSD-2-Clause
// A swap's one moment is the store into kss_images. Hooks that only the new image needs are attached before it, those
// that only the old one needed are removed after it: killed at any step, each generation has all of its hooks.
#include <algorithm>
#include <map>
#include <optional>

#include "backend/attach.hpp"
#include "backend/hooks.hpp"
#include "backend/image_map.hpp"
#include "backend/load.hpp"
#include "backend/machines.hpp"
#include "backend/probe.hpp"
#include "backend/rejudge.hpp"
#include "backend/running.hpp"
#include "backend/seal.hpp"
#include "backend/statefiles.hpp"
#include "kss/port_user.h"
#include "policy/policy.hpp"

namespace kss::backend {
namespace {

Status check_version(const Running& running, const StateFiles& state, std::span<const kss_chunk> image) {
  uint32_t version = kss_get32(reinterpret_cast<const kss_header2*>(&image[1])->policy_version);
  std::string name = policy_name(image);
  if (auto old = state.load(running.generation)) {
    std::string old_name = policy_name(*old);
    if (!old_name.empty() && old_name != name)
      return Error{"the policy in force is \"" + old_name + "\", this one is \"" + name + "\"",
                   "unload first to change to another policy", EINVAL};
  }
  if (version < running.policy_version)
    return Error{"version " + std::to_string(version) + " is older than version " +
                     std::to_string(running.policy_version) + " in force",
                 "a policy's version only ever grows", EINVAL};
  // A signature is good for one time: else an image that was replaced within a version could be played back.
  if (is_agent() && version == running.policy_version)
    return Error{"version " + std::to_string(version) + " is in force already",
                 "a sealed policy is replaced by a newer version only", EINVAL};
  return Unit{};
}

}  // namespace

Result<LoadReport> swap_image(std::span<const kss_chunk> image, const LoadOptions& options) {
  auto start = std::chrono::steady_clock::now();
  if (auto valid = policy::validate(std::as_bytes(image)); !valid) return valid.error();
  if (auto types = check_btf(options.btf_path); !types) return types.error();
  StateFiles state(options.state_dir);
  auto lock = state.lock();
  if (!lock) return lock.error();
  auto running = open_running(options.pin_dir);
  if (!running && running.error().sys_errno == EPERM) {
    *lock = Fd();  // the agent takes it
    return swap_sealed(image, options);
  }
  if (!running) return running.error();
  if (auto ok = check_version(*running, state, image); !ok) return ok.error();

  LoadReport report;
  report.generation = running->generation + 1;
  if (report.generation == 0) return Error{"generations are used up", "unload and load", EOVERFLOW};
  report.attach = attach_name(running->attach);
  Need need = need_of(image);
  const uint32_t digests = digest_subjects(image);
  Selection selection = select_hooks(need, fetch(running->control->sealed), !running->task_storage, digests);
  for (const std::string& line : never_mediated(need)) report.notes.push_back("not mediated by any hook: " + line);
  std::vector<std::string> before = running->hooks();

  // Programs for hooks that are not attached yet share the maps in force.
  std::map<std::string, std::string> why;
  std::vector<Wanted> programs;
  std::vector<const Hook*> missing;
  std::optional<KernelTypes> types;  // reading them takes longer than all the rest of a swap
  for (const Hook* hook : selection.attach) {
    if (std::find(before.begin(), before.end(), hook->name) != before.end()) continue;
    if (!types) {
      auto opened = KernelTypes::open(options.btf_path);
      if (!opened) return opened.error();
      types = *opened;
    }
    std::string function = function_of(*hook, running->attach);
    if (!types->has_function(function)) {
      why[hook->name] = "the kernel has no " + function;
      continue;
    }
    if (hook->flags & KSS_HOOK_DIGEST)
      if (std::string loss = probe_kernel(options.btf_path).digest_loss; !loss.empty()) {
        why[hook->name] = loss;
        continue;
      }
    missing.push_back(hook);
    programs.push_back(wanted_for(*hook, running->attach));
  }
  std::map<std::string, Fd> links;
  std::vector<Fd> shared;
  if (!missing.empty()) {
    at(options, "load programs");
    ObjectConfig config;
    config.btf_path = options.btf_path;
    for (const char* map : {"kss_tasks", "kss_tasks_hash", "kss_inodes", "kss_socks"}) config.absent_maps.insert(map);
    config.absent_maps.insert(state_maps.begin(), state_maps.end());
    for (const std::string& name : running->pins.names("map")) {
      auto fd = running->pins.open("map", name);
      if (!fd) return fd.error();
      config.reuse[name] = fd->get();
      config.absent_maps.erase(name);
      shared.push_back(std::move(*fd));
    }
    auto object = Object::load(kss_object(), config, programs);
    if (!object) return object.error();
    for (auto& [program, reason] : object->failed()) why[program.substr(4)] = reason;
    at(options, "attach programs");
    for (const Hook* hook : missing) {
      int fd = object->program_fd(program_of(*hook));
      if (fd < 0) continue;
      auto link = attach_hook(fd, *hook, running->attach);
      if (link)
        links[hook->name] = std::move(*link);
      else
        why[hook->name] = link.error().message;
    }
  }
  report.attached = before;
  for (auto& [name, link] : links) report.attached.push_back(name);
  report.lost = lost_permissions(need, selection, report.attached, [&](const std::string& hook) {
    auto it = why.find(hook);
    return it == why.end() ? std::string("not attached") : it->second;
  });
  add_rules(report.lost, image);
  if (!report.lost.empty() && !options.allow_degraded && !options.dry_run) return refusal(report.lost);
  std::vector<kss_chunk> in_force;
  if (running->cells != 0) {
    auto chunks = read_chunks(running->image.get(), running->runtime_chunks);
    if (!chunks) return chunks.error();
    in_force = std::move(*chunks);
  } else if (machine_count(image) != 0) {
    return Error{"the policy has flows or formulas, and what is loaded has no room for their state",
                 "unload, then load it; load with --state-cells keeps room for such policies", ENOSPC};
  }
  auto placement = place_machines(image, in_force, report.generation, running->cells, options.reset_state);
  if (!placement) return placement.error();
  auto image_map = make_image_map(image, report.generation, running->image_room, *placement);
  if (!image_map) return image_map.error();
  if (options.dry_run) return report;

  at(options, "pin links");
  for (auto& [name, link] : links)
    if (auto done = running->pins.pin("link", name, link.get()); !done) return done.error();
  at(options, "save image");
  if (auto saved = state.save(report.generation, image); !saved) return saved.error();
  at(options, "start to judge again");
  if (auto done = start_rejudging(*running); !done) return done.error();
  // Executables are hashed from before to after: an exec judged by an image that asks for digests has one.
  const bool hashing =
      std::find(report.attached.begin(), report.attached.end(), "exec_digest") != report.attached.end();
  const uint32_t then = hashing ? digests : 0;
  store(running->control->digests, fetch(running->control->digests) | then);
  at(options, "publish");
  const uint32_t label_gen = fetch(running->control->label_gen);
  store(running->control->label_gen, report.generation);
  if (auto done = publish_image(running->images.get(), *image_map); !done) {
    store(running->control->label_gen, label_gen);
    return done.error();
  }
  store(running->control->digests, then);
  at(options, "published");
  // The first task may have entered a domain since it was found that there was none, and have opened files.
  if (!fetch(running->control->rejudge))
    if (auto done = start_rejudging(*running); !done) report.notes.push_back(done.error().message);

  for (const std::string& name : before) {
    const Hook* hook = find_hook(name);
    bool keep = !hook || (hook->flags & KSS_HOOK_REJUDGE) ||
                std::any_of(selection.attach.begin(), selection.attach.end(), [&](const Hook* h) { return h == hook; });
    if (keep) continue;
    at(options, "remove link " + name);
    if (auto done = running->pins.unpin("link", name); !done) report.notes.push_back(done.error().message);
    std::erase(report.attached, name);
  }
  if (fetch(running->control->sealed))
    if (auto done = protect(running->pins); !done) report.notes.push_back(done.error().message);
  state.clean(running->generation);
  running = open_running(options.pin_dir);
  if (running) end_rejudging(*running);
  report.kernel_bytes = kernel_bytes(options.pin_dir);
  report.took = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
  return report;
}

}  // namespace kss::backend
