// SPDX-License-Identifier: BSD-2-Clause
// libkss' C API (include/kss/kss.h) over the C++ of the compiler, the simulator and the backend. Nothing throws
// through it: every entry goes through guarded().
#include "kss/kss.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backend/backend.hpp"
#include "engine/simulator.hpp"
#include "lib/labels.hpp"
#include "policy/debuginfo.hpp"
#include "policy/names.hpp"
#include "policy/policy.hpp"

using kss::Error;
using kss::Result;

struct kss_policy {
  std::vector<kss_chunk> image;
  kss::policy::DebugInfo debug;
  kss::engine::Simulator simulator;
  std::string warnings;
};

namespace {

thread_local std::string last_error;

int fail(int status, std::string message) {
  last_error = std::move(message);
  return status;
}

int fail(int status, const Error& e) {
  return fail(status, e.hint.empty() ? e.message : e.message + " (" + e.hint + ")");
}

template <typename F>
int guarded(F&& body) noexcept {
  try {
    last_error.clear();
    return body();
  } catch (const std::exception& e) {
    try {
      return fail(KSS_E_INTERNAL, e.what());
    } catch (...) {
      return KSS_E_INTERNAL;  // no memory even for the message
    }
  } catch (...) {
    return KSS_E_INTERNAL;
  }
}

int null_argument() { return fail(KSS_E_USAGE, "an argument is NULL"); }

int adopt(std::vector<kss_chunk> image, std::string warnings, kss_policy** out) {
  auto debug = kss::policy::read_debuginfo(std::as_bytes(std::span(image)));
  if (!debug) return fail(KSS_E_POLICY, debug.error());
  auto simulator = kss::engine::Simulator::load(image);
  if (!simulator) return fail(KSS_E_POLICY, simulator.error());
  *out = new kss_policy{std::move(image), std::move(*debug), std::move(*simulator), std::move(warnings)};
  return KSS_OK;
}

int from_bytes(const void* data, size_t size, kss_policy** out) {
  const std::span bytes(static_cast<const std::byte*>(data), size);
  if (auto valid = kss::policy::validate(bytes); !valid) return fail(KSS_E_POLICY, valid.error());
  std::vector<kss_chunk> image(size / sizeof(kss_chunk));
  std::memcpy(image.data(), data, image.size() * sizeof(kss_chunk));
  return adopt(std::move(image), "", out);
}

template <typename Check>
int compile(const char* const* include_dirs, kss_policy** out, Check&& check) {
  kss::policy::ParseOptions options;
  for (; include_dirs && *include_dirs; include_dirs++) options.include_dirs.emplace_back(*include_dirs);
  kss::Diagnostics diagnostics;
  const std::optional<kss::policy::CheckedPolicy> checked = check(options, diagnostics);
  auto image = checked ? kss::policy::compile(*checked, diagnostics) : std::nullopt;
  std::string text;
  for (const kss::Diagnostic& d : diagnostics) text += kss::policy::format(d) + "\n";
  if (!image) return fail(KSS_E_POLICY, text);
  return adopt(std::move(*image), std::move(text), out);
}

/// Sets *out to NULL and goes on only with non-null arguments.
template <typename F>
int make_policy(bool arguments, kss_policy** out, F&& body) {
  return guarded([&] {
    if (out) *out = nullptr;
    return out && arguments ? body() : null_argument();
  });
}

/// Not every caller was compiled with this version's struct: members beyond its `size` are as if zero.
Result<kss::backend::LoadOptions> options_of(const kss_options* given) {
  kss_options o{};
  if (given) {
    if (given->size < sizeof o.size) return Error{"kss_options.size is not set", "", 0};
    std::memcpy(&o, given, std::min(given->size, sizeof o));
  }
  if (o.flags & ~(KSS_ALLOW_DEGRADED | KSS_DRY_RUN)) return Error{"an unknown flag is set in kss_options.flags", "", 0};
  kss::backend::LoadOptions l;
  l.allow_degraded = o.flags & KSS_ALLOW_DEGRADED;
  l.dry_run = o.flags & KSS_DRY_RUN;
  if (o.audit_rate) l.audit_rate = o.audit_rate;
  if (o.btf_path) l.btf_path = o.btf_path;
  if (o.pin_dir) l.pin_dir = o.pin_dir;
  if (o.state_dir) l.state_dir = o.state_dir;
  if (o.seal_key) l.seal_key = o.seal_key;
  l.reserve_bytes = o.reserve_bytes;
  return l;
}

int kernel_failure(const Error& e) {
  switch (e.sys_errno) {
    case EPERM:
    case EACCES: return fail(KSS_E_PERMISSION, e);
    case ENOENT:
    case EEXIST: return fail(KSS_E_STATE, e);
    case EKEYREJECTED:
    case ENOKEY: return fail(KSS_E_SEALED, e);
    case EBADMSG: return fail(KSS_E_POLICY, e);
    default: return fail(KSS_E_KERNEL, e);
  }
}

template <typename Put>
int put_in_force(const kss_policy* policy, const kss_options* given, uint32_t* generation, Put&& put) {
  return guarded([&] {
    if (!policy) return null_argument();
    const auto options = options_of(given);
    if (!options) return fail(KSS_E_USAGE, options.error());
    const auto report = put(*kss::backend::make_bpf_backend(), *options);
    if (!report) return kernel_failure(report.error());
    if (generation) *generation = report->generation;
    return int{KSS_OK};
  });
}

void copy_text(char* to, size_t size, const std::string& text) {
  const size_t n = std::min(size - 1, text.size());
  std::memcpy(to, text.data(), n);
  to[n] = '\0';
}

/// Class and mask of "read write" or "read,write". Capabilities from 32 on are a class of their own in images.
std::optional<uint32_t> parse_perms(uint32_t* cls, std::string_view text, std::string* bad) {
  uint32_t mask = 0;
  while (!text.empty()) {
    text.remove_prefix(std::min(text.find_first_not_of(" ,"), text.size()));
    const std::string_view word = text.substr(0, text.find_first_of(" ,"));
    text.remove_prefix(word.size());
    if (word.empty()) break;
    auto bit = kss::policy::find_perm(*cls, word);
    if (!bit && *cls == KSS_CLASS_capability && mask == 0 &&
        (bit = kss::policy::find_perm(KSS_CLASS_capability2, word)))
      *cls = KSS_CLASS_capability2;
    if (!bit) {
      *bad = word;
      return std::nullopt;
    }
    mask |= 1u << *bit;
  }
  return mask;
}

}  // namespace

extern "C" {

unsigned int kss_lib_version(void) { return KSS_LIB_VERSION; }

const char* kss_strerror(int status) {
  switch (status) {
    case KSS_OK: return "success";
    case KSS_E_INTERNAL: return "internal error";
    case KSS_E_USAGE: return "wrong argument";
    case KSS_E_POLICY: return "the policy has errors";
    case KSS_E_KERNEL: return "the kernel refused, or cannot enforce the policy";
    case KSS_E_STATE: return "no policy is loaded, or one is already";
    case KSS_E_PERMISSION: return "not permitted";
    case KSS_E_SEALED: return "the policy is sealed, or a signature is wrong";
    default: return "unknown status";
  }
}

const char* kss_last_error(void) { return last_error.c_str(); }

int kss_policy_compile(const char* path, const char* const* include_dirs, kss_policy** out) {
  return make_policy(path, out, [&] {
    return compile(include_dirs, out,
                   [&](const auto& options, auto& d) { return kss::policy::check_file(path, options, d); });
  });
}

int kss_policy_compile_text(const char* text, const char* name, const char* const* include_dirs, kss_policy** out) {
  return make_policy(text && name, out, [&] {
    return compile(include_dirs, out,
                   [&](const auto& options, auto& d) { return kss::policy::check_text(text, name, options, d); });
  });
}

int kss_policy_from_image(const void* image, size_t size, kss_policy** out) {
  return make_policy(image, out, [&] { return from_bytes(image, size, out); });
}

int kss_policy_open(const char* path, kss_policy** out) {
  return make_policy(path, out, [&] {
    std::ifstream in(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    if (!in.is_open() || in.bad()) return fail(KSS_E_INTERNAL, std::string("cannot read ") + path);
    return from_bytes(bytes.data(), bytes.size(), out);
  });
}

void kss_policy_free(kss_policy* policy) { delete policy; }

const void* kss_policy_image(const kss_policy* policy, size_t* size) {
  if (size) *size = policy ? policy->image.size() * sizeof(kss_chunk) : 0;
  return policy ? policy->image.data() : nullptr;
}

const char* kss_policy_name(const kss_policy* policy) { return policy ? policy->debug.policy_name.c_str() : ""; }
uint32_t kss_policy_version(const kss_policy* policy) { return policy ? policy->debug.policy_version : 0; }
const char* kss_policy_warnings(const kss_policy* policy) { return policy ? policy->warnings.c_str() : ""; }

const char* kss_policy_domain(const kss_policy* policy, uint32_t number) {
  return policy && number < policy->debug.domains.size() ? policy->debug.domains[number].name.c_str() : nullptr;
}

const char* kss_policy_object(const kss_policy* policy, uint32_t number) {
  return policy && number < policy->debug.objects.size() ? policy->debug.objects[number].name.c_str() : nullptr;
}

int kss_label(const kss_policy* policy, const char* target, const char* cls, const char** type) {
  return guarded([&] {
    if (!policy || !target || !cls || !type) return null_argument();
    const auto c = kss::policy::find_class(cls);
    if (!c) return fail(KSS_E_USAGE, std::string("there is no class ") + cls);
    const auto object = kss::lib::label_target(policy->simulator, target, *c);
    if (!object) return fail(KSS_E_USAGE, object.error());
    *type = *object < policy->debug.objects.size() ? policy->debug.objects[*object].name.c_str() : "";
    return int{KSS_OK};
  });
}

int kss_decide(const kss_policy* policy, const char* domain, const char* object, const char* cls, const char* perms,
               kss_decision* out) {
  return guarded([&] {
    if (!policy || !domain || !object || !cls || !perms || !out) return null_argument();
    const auto d = kss::lib::find_domain(policy->debug, domain);
    if (!d) return fail(KSS_E_USAGE, std::string("the policy has no domain ") + domain);
    const auto o = std::strcmp(object, "self") == 0 ? std::optional<uint32_t>(KSS_OBJ_DOMAINS + *d)
                                                    : kss::lib::find_object(policy->debug, object);
    if (!o) return fail(KSS_E_USAGE, std::string("the policy has no type or domain ") + object);
    const auto found = kss::policy::find_class(cls);
    if (!found) return fail(KSS_E_USAGE, std::string("there is no class ") + cls);
    uint32_t c = *found;
    std::string bad;
    const auto mask = parse_perms(&c, perms, &bad);
    if (!mask) return fail(KSS_E_USAGE, std::string("class ") + cls + " has no permission " + bad);
    if (!*mask) return fail(KSS_E_USAGE, "no permission is asked for");
    const auto verdict = policy->simulator.judge(*d, *o, c, *mask);
    *out = {};
    out->granted = verdict.granted;
    out->enforced = verdict.enforced;
    out->audited = verdict.audited;
    copy_text(out->denied, sizeof out->denied, kss::policy::perm_names(c, verdict.denied));
    return int{KSS_OK};
  });
}

int kss_load(const kss_policy* policy, const kss_options* options, uint32_t* generation) {
  return put_in_force(policy, options, generation,
                      [&](auto& backend, const auto& o) { return backend.load(policy->image, o); });
}

int kss_swap(const kss_policy* policy, const kss_options* options, uint32_t* generation) {
  return put_in_force(policy, options, generation,
                      [&](auto& backend, const auto& o) { return backend.swap(policy->image, o); });
}

int kss_unload(const kss_options* given) {
  return guarded([&] {
    const auto options = options_of(given);
    if (!options) return fail(KSS_E_USAGE, options.error());
    const auto done = kss::backend::make_bpf_backend()->unload(*options);
    return done ? int{KSS_OK} : kernel_failure(done.error());
  });
}

int kss_inquire(const kss_options* given, struct kss_report* out) {
  return guarded([&] {
    if (!out) return null_argument();
    const auto options = options_of(given);
    if (!options) return fail(KSS_E_USAGE, options.error());
    const auto status = kss::backend::make_bpf_backend()->status(*options);
    if (!status) return kernel_failure(status.error());
    *out = {};
    if (!status->loaded) return int{KSS_OK};
    out->loaded = 1;
    out->armed = status->armed;
    out->permissive = status->permissive;
    out->sealed = status->sealed;
    out->generation = status->generation;
    out->version = status->policy_version;
    out->kernel_bytes = status->kernel_bytes;
    for (const auto& [name, n] : status->counters) {
      if (name == "decisions") out->decisions = n;
      if (name == "denials") out->denials = n;
      if (name == "lost") out->lost = n;
    }
    copy_text(out->name, sizeof out->name, status->policy_name);
    return int{KSS_OK};
  });
}

int kss_enter(const char* domain) {
  return guarded([&] {
    if (!domain) return null_argument();
    const auto entered = kss::backend::enter_domain(domain);
    if (entered) return int{KSS_OK};
    if (entered.error().sys_errno == EINVAL) return fail(KSS_E_STATE, entered.error());
    return fail(KSS_E_PERMISSION, entered.error());
  });
}

}  // extern "C"
