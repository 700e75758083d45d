// SPDX-License-Identifier: BSD-2-Clause
#include "backend/attach.hpp"

#include <bpf/bpf.h>

#include <map>

namespace kss::backend {

std::string program_of(const Hook& hook) { return std::string("kss_") + hook.name; }

std::string function_of(const Hook& hook, kss_attach attach) {
  if (hook.flags & KSS_HOOK_FEXIT) return hook.name;
  if (hook.flags & KSS_HOOK_DIGEST) return "bpf_lsm_bprm_creds_for_exec";
  if (attach == KSS_ATTACH_LSM) return std::string("bpf_lsm_") + hook.name;
  // The functions that call the hooks are named after them, but for these.
  static const std::map<std::string, std::string> others = {
      {"msg_queue_alloc_security", "security_msg_queue_alloc"},
      {"msg_queue_free_security", "security_msg_queue_free"},
      {"sem_alloc_security", "security_sem_alloc"},
      {"sem_free_security", "security_sem_free"},
      {"shm_alloc_security", "security_shm_alloc"},
      {"shm_free_security", "security_shm_free"},
      {"sk_free_security", "security_sk_free"},
      {"settime", "security_settime64"},
      {"bprm_check_security", "security_bprm_check"},
  };
  auto other = others.find(hook.name);
  return other == others.end() ? std::string("security_") + hook.name : other->second;
}

Wanted wanted_for(const Hook& hook, kss_attach attach) {
  Wanted want{program_of(hook), {}, false};
  if (attach == KSS_ATTACH_FMOD_RET && !(hook.flags & KSS_HOOK_FEXIT)) {
    want.target = function_of(hook, attach);
    want.modify_return = !(hook.flags & KSS_HOOK_VOID);
  }
  return want;
}

Result<Fd> attach_hook(int program_fd, const Hook& hook, kss_attach attach) {
  bpf_attach_type type = BPF_LSM_MAC;
  if (hook.flags & KSS_HOOK_FEXIT)
    type = BPF_TRACE_FEXIT;
  else if (attach == KSS_ATTACH_FMOD_RET)
    type = (hook.flags & KSS_HOOK_VOID) ? BPF_TRACE_FEXIT : BPF_MODIFY_RETURN;
  Fd link(bpf_link_create(program_fd, 0, type, nullptr));
  if (!link && errno == 524) return Error{"this kernel cannot attach BPF programs to functions", "", 524};  // ENOTSUPP
  if (!link) return sys_error(std::string("cannot attach to ") + function_of(hook, attach));
  return link;
}

const char* attach_name(kss_attach attach) { return attach == KSS_ATTACH_LSM ? "lsm" : "fmod_ret"; }

}  // namespace kss::backend
