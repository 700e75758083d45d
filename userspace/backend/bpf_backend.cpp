// SPDX-License-Identifier: BSD-2-Clause
// The interface of backend.hpp, by BPF.
#include <sys/prctl.h>

#include "backend/attach.hpp"
#include "backend/hooks.hpp"
#include "backend/load.hpp"
#include "backend/probe.hpp"
#include "backend/statefiles.hpp"
#include "kss/port_user.h"

namespace kss::backend {
namespace {

class BpfBackend final : public Backend {
 public:
  Result<Probe> probe(const LoadOptions& options) override {
    if (auto types = check_btf(options.btf_path); !types) return types.error();
    Kernel kernel = probe_kernel(options.btf_path);
    if (kernel.attach) try_hooks(kernel, options);
    return kernel.report;
  }
  Result<LoadReport> load(std::span<const kss_chunk> image, const LoadOptions& options) override {
    return load_image(image, options);
  }
  Result<LoadReport> swap(std::span<const kss_chunk> image, const LoadOptions& options) override {
    return swap_image(image, options);
  }
  Status unload(const LoadOptions& options) override { return unload_all(options); }
  Result<StatusReport> status(const LoadOptions& options) override { return status_of(options); }
  Status audit(const LoadOptions& options, const std::function<bool()>& wait,
               const std::function<bool(const kss_audit&)>& sink) override {
    return read_audit(options, wait, sink);
  }
  Result<std::vector<kss_chunk>> image_of(uint32_t generation, const LoadOptions& options) override {
    return StateFiles(options.state_dir).load(generation);
  }

 private:
  /// Each hook's program is loaded (verified) here; that it can be attached is seen by the load.
  static void try_hooks(Kernel& kernel, const LoadOptions& options) {
    std::vector<Wanted> programs;
    std::map<std::string, std::string> why;
    for (const Hook& hook : hook_table()) {
      if ((hook.flags & KSS_HOOK_HASH) && kernel.task_storage) continue;
      std::string absent = hook.flags & KSS_HOOK_DIGEST ? kernel.digest_loss : hook_absent(kernel, hook.name);
      if (absent.empty())
        programs.push_back(wanted_for(hook, *kernel.attach));
      else
        why[hook.name] = absent;
    }
    auto object = Object::load(kss_object(), configure(kernel, options), programs);
    std::string all = object ? "" : object.error().message + ": " + object.error().hint;
    if (object)
      for (auto& [program, reason] : object->failed()) why[program.substr(4)] = reason;
    if (!object) kernel.report.usable = false;
    for (const Hook& hook : hook_table()) {
      if ((hook.flags & KSS_HOOK_HASH) && kernel.task_storage) continue;
      auto it = why.find(hook.name);
      bool fine = object && it == why.end();
      const bool required = (hook.flags & (KSS_HOOK_ALWAYS | KSS_HOOK_OPTIONAL)) == KSS_HOOK_ALWAYS;
      kernel.report.features.push_back(Feature{std::string("hook ") + hook.name, fine, required, "loading its program",
                                               fine              ? ""
                                               : it != why.end() ? it->second
                                                                 : all});
      if (!fine && required) kernel.report.usable = false;
    }
  }
};

}  // namespace

std::unique_ptr<Backend> make_bpf_backend() { return std::make_unique<BpfBackend>(); }

Status enter_domain(const std::string& name) {
  unsigned long long id = kss_name64(name.data(), static_cast<uint32_t>(name.size()));
  // the low half first
  int r = prctl(KSS_PRCTL, KSS_PRCTL_ENTER, static_cast<unsigned long>(id & 0xffffffffu),
                static_cast<unsigned long>(id >> 32), 0);
  if (r >= 0 || errno == KSS_PRCTL_DONE) return Unit{};
  if (errno == EINVAL) return sys_error("cannot enter domain " + name, "no policy is in force (kss-load status)");
  return sys_error("cannot enter domain " + name,
                   "the policy must have the domain, with an entry {run: true} for the domain that you are in, and "
                   "grant it what is open; "
                   "a thread must have descriptors of its own, by unshare(CLONE_FILES)");
}

}  // namespace kss::backend
