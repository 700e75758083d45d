// SPDX-License-Identifier: BSD-2-Clause
#include "backend/object.hpp"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "backend/image_map.hpp"

namespace kss::backend {
namespace {

// What libbpf says goes here, not to stderr: the end of it explains a refusal.
thread_local std::string t_log;

int keep_log(libbpf_print_level level, const char* format, va_list args) {
  if (level == LIBBPF_DEBUG) return 0;
  constexpr size_t keep = 65536;  // of one message, its end: a verifier log comes as one, its verdict last
  char* line = nullptr;
  int n = vasprintf(&line, format, args);
  if (n < 0) return n;
  size_t size = static_cast<size_t>(n);
  t_log.append(line + (size > keep ? size - keep : 0), std::min(size, keep));
  free(line);
  return n;
}

void prepare() {
  static const bool once = [] {
    libbpf_set_print(keep_log);
    // Kernels before 5.11 charge maps against this limit.
    rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
    setrlimit(RLIMIT_MEMLOCK, &unlimited);
    return true;
  }();
  (void)once;
  t_log.clear();
}

/// The program that the last "prog 'NAME': … failed" line of the log names; empty if there is none.
std::string culprit() {
  size_t at = std::string::npos;
  for (;;) {
    at = t_log.rfind("prog '", at);
    if (at == std::string::npos) return {};
    size_t end = t_log.find('\'', at + 6), line = t_log.find('\n', at);
    if (end != std::string::npos && t_log.substr(end, line - end).find("fail") != std::string::npos)
      return t_log.substr(at + 6, end - at - 6);
    if (at == 0) return {};
    at--;
  }
}

/// What the verifier or libbpf said last, in one line.
std::string reason(int error) {
  std::string said;
  size_t end = t_log.find("-- END PROG LOAD LOG --");
  std::string text = end == std::string::npos ? t_log : t_log.substr(0, t_log.rfind('\n', end));
  for (int lines = 0; lines < 4 && !text.empty();) {
    size_t nl = text.rfind('\n', text.size() - 2);
    std::string line = text.substr(nl == std::string::npos ? 0 : nl + 1);
    text.resize(nl == std::string::npos ? 0 : nl + 1);
    while (!line.empty() && line.back() == '\n') line.pop_back();
    if (line.empty() || line.rfind("processed ", 0) == 0 || line.rfind("verification time", 0) == 0 ||
        line.rfind("stack depth", 0) == 0)
      continue;
    said = said.empty() ? line : line + " | " + said;
    lines++;
  }
  return std::string(std::strerror(error)) + (said.empty() ? "" : " (" + said + ")");
}

std::string pinned_name(const bpf_map* map) {
  std::string name = bpf_map__name(map);
  for (const char* section : {".bss", ".rodata", ".data"})
    if (name.size() > std::strlen(section) && name.ends_with(section)) return std::string("kss_") + (section + 1);
  return name;
}

std::optional<Variable> in_section(const btf* types, const btf_type* section, const std::string& name) {
  const btf_var_secinfo* info = btf_var_secinfos(section);
  for (int i = 0; i < btf_vlen(section); i++) {
    const btf_type* var = btf__type_by_id(types, info[i].type);
    if (var && name == btf__name_by_offset(types, var->name_off)) return Variable{info[i].offset, info[i].size};
  }
  return std::nullopt;
}

void set_constants(bpf_object* object, const std::map<std::string, uint32_t>& constants) {
  const btf* types = bpf_object__btf(object);
  int id = types ? btf__find_by_name_kind(types, ".rodata", BTF_KIND_DATASEC) : -1;
  if (id < 0) return;
  const btf_type* section = btf__type_by_id(types, static_cast<uint32_t>(id));
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object) {
    if (pinned_name(map) != "kss_rodata") continue;
    size_t size = 0;
    auto* data = static_cast<char*>(const_cast<void*>(bpf_map__initial_value(map, &size)));
    for (auto& [name, value] : constants) {
      auto var = in_section(types, section, name);
      if (data && var && var->size == sizeof value && var->offset + var->size <= size)
        std::memcpy(data + var->offset, &value, sizeof value);
    }
  }
}

/// The template has one element already; libbpf 1.1 cannot set that of an inner map.
int set_image_layout(bpf_map* image, uint32_t chunks) {
  ImageLayout layout = image_layout(chunks, chunks);
  if (int err = bpf_map__set_value_size(image, layout.value_size)) return err;
  return bpf_map__set_map_flags(image, layout.flags);
}

constexpr const char* shown_types = "/sys/kernel/btf/vmlinux";

bool is_shown() { return access(shown_types, R_OK) == 0; }

/// The kernel's types as it gives them by number (5.11); null if it does not.
const btf* numbered_types() {
  static const std::shared_ptr<btf> types = []() -> std::shared_ptr<btf> {
    has_bpf_loop();  // the kernel numbers its types when it is given the first program
    for (uint32_t id = 0; bpf_btf_get_next_id(id, &id) == 0;) {
      Fd fd(bpf_btf_get_fd_by_id(id));
      char name[16] = "";
      bpf_btf_info info{};
      info.name = reinterpret_cast<uintptr_t>(name);
      info.name_len = sizeof name;
      uint32_t size = sizeof info;
      if (fd && bpf_obj_get_info_by_fd(fd.get(), &info, &size) == 0 && info.kernel_btf &&
          std::strcmp(name, "vmlinux") == 0)
        return {btf__load_from_kernel_by_id(id), btf__free};
    }
    return nullptr;
  }();
  return types.get();
}

thread_local const std::vector<Wanted>* t_wanted = nullptr;  // what load_together() is about

/// Gives a program its type and what it is attached to, a moment before libbpf loads it.
int aim(bpf_program* program, bpf_prog_load_opts* opts, long) {
  std::string section = bpf_program__section_name(program), target = section.substr(section.find('/') + 1);
  const bool lsm = section.starts_with("lsm");
  bpf_prog_type type = lsm ? BPF_PROG_TYPE_LSM : BPF_PROG_TYPE_TRACING;
  bpf_attach_type attach = lsm ? BPF_LSM_MAC : BPF_TRACE_FEXIT;
  if (lsm) target = "bpf_lsm_" + target;
  if (t_wanted)
    for (const Wanted& want : *t_wanted)
      if (!want.target.empty() && want.program == bpf_program__name(program)) {
        type = BPF_PROG_TYPE_TRACING;
        attach = want.modify_return ? BPF_MODIFY_RETURN : BPF_TRACE_FEXIT;
        target = want.target;
      }
  int id = btf__find_by_name_kind(numbered_types(), target.c_str(), BTF_KIND_FUNC);
  if (id < 0) return id;
  opts->expected_attach_type = attach;
  opts->attach_btf_id = static_cast<uint32_t>(id);
  if (section.starts_with("lsm.s")) opts->prog_flags |= BPF_F_SLEEPABLE;
  return bpf_program__set_type(program, type);
}

/// libbpf looks up what to attach to in shown_types only, and loads no LSM or tracing program without. Where it is
/// hidden, programs are kprobes to libbpf, which need none, until aim().
bool aims_itself() {
  static const bool does = [] {
    if (is_shown() || !numbered_types()) return false;
    LIBBPF_OPTS(libbpf_prog_handler_opts, opts, .prog_prepare_load_fn = aim);
    for (const char* section : {"lsm/", "lsm.s/", "fexit/"})
      if (libbpf_register_prog_handler(section, BPF_PROG_TYPE_KPROBE, bpf_attach_type{}, &opts) < 0) return false;
    return true;
  }();
  return does;
}

struct Unloaded {
  std::shared_ptr<bpf_object> object;
};

Result<Unloaded> open_object(std::span<const std::byte> elf, const ObjectConfig& config) {
  aims_itself();
  LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "kss",
              .btf_custom_path = config.btf_path.empty() ? nullptr : config.btf_path.c_str());
  bpf_object* raw = bpf_object__open_mem(elf.data(), elf.size(), &opts);
  if (!raw) return sys_error_of(errno, "cannot open the BPF object", t_log);
  Unloaded out{std::shared_ptr<bpf_object>(raw, bpf_object__close)};
  set_constants(raw, config.constants);
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, raw) {
    std::string name = pinned_name(map);
    if (name == "kss_images" && config.image_chunks) {
      bpf_map* image = bpf_map__inner_map(map);
      if (int err = set_image_layout(image, config.image_chunks))
        return sys_error_of(-err, "cannot lay out the image map");
    }
    if (auto size = config.value_sizes.find(name); size != config.value_sizes.end())
      if (int err = bpf_map__set_value_size(map, size->second)) return sys_error_of(-err, "cannot lay out map " + name);
    if (auto it = config.reuse.find(name); it != config.reuse.end()) {
      if (int err = bpf_map__reuse_fd(map, it->second)) return sys_error_of(-err, "cannot share map " + name);
    } else if (config.absent_maps.count(name)) {
      bpf_map__set_autocreate(map, false);
    } else if (auto size = config.max_entries.find(name); size != config.max_entries.end()) {
      bpf_map__set_max_entries(map, size->second);
    }
  }
  return out;
}

}  // namespace

bool has_bpf_loop() {
  static const bool has = [] {
    prepare();
    return libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_loop, nullptr) == 1;
  }();
  return has;
}

Result<KernelTypes> KernelTypes::open(const std::string& btf_path) {
  prepare();
  KernelTypes out;
  if (is_shown()) {
    btf* raw = btf__load_vmlinux_btf();
    if (!raw) return sys_error_of(errno, std::string("cannot read ") + shown_types);
    out.btf_ = std::shared_ptr<const btf>(raw, [](const btf* types) { btf__free(const_cast<btf*>(types)); });
    return out;
  }
  const std::string missing = std::string(shown_types) + " is missing";
  if (!numbered_types())
    return Error{missing + ", and the kernel does not give its types by number (from 5.11 on it does if it has any); " +
                     "--btf cannot help there",
                 "mount sysfs on /sys; a kernel built without CONFIG_DEBUG_INFO_BTF cannot attach; use the fallback "
                 "module (kernel-fallback)",
                 ENOTSUP};
  if (btf_path.empty())
    return Error{missing + ", although the kernel has types",
                 "mount sysfs on /sys, or give a copy of that file, or what bpftool gen min_core_btf makes of it: "
                 "--btf FILE",
                 ENOTSUP};
  out.btf_ = std::shared_ptr<const btf>(std::shared_ptr<const btf>(), numbered_types());
  return out;
}

Status check_btf(const std::string& path) {
  if (path.empty()) return Unit{};
  prepare();
  btf* raw = btf__parse(path.c_str(), nullptr);
  int error = errno;
  if (raw) {
    btf__free(raw);
    return Unit{};
  }
  Error e{"cannot read the kernel's types from " + path + ": " +
              (error == ENOENT || error == EACCES ? std::strerror(error) : "it holds no BTF"),
          "--btf takes /sys/kernel/btf/vmlinux of this very kernel, or what pahole -J makes of its vmlinux", EINVAL};
  return e;
}

bool KernelTypes::has_function(const std::string& name) const {
  return btf__find_by_name_kind(btf_.get(), name.c_str(), BTF_KIND_FUNC) > 0;
}

int KernelTypes::parameters(const std::string& function) const {
  int id = btf__find_by_name_kind(btf_.get(), function.c_str(), BTF_KIND_FUNC);
  const btf_type* type = id > 0 ? btf__type_by_id(btf_.get(), static_cast<uint32_t>(id)) : nullptr;
  const btf_type* proto = type ? btf__type_by_id(btf_.get(), type->type) : nullptr;
  return proto && btf_is_func_proto(proto) ? btf_vlen(proto) : -1;
}

bool Object::has_program(std::span<const std::byte> elf, const std::string& name) {
  prepare();
  auto object = open_object(elf, {});
  return object && bpf_object__find_program_by_name(object->object.get(), name.c_str());
}

Result<std::string> Object::load_together(std::span<const std::byte> elf, const ObjectConfig& config,
                                          const std::vector<Wanted>& programs) {
  prepare();
  auto opened = open_object(elf, config);
  if (!opened) return opened.error();
  bpf_object* object = opened->object.get();
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object) bpf_program__set_autoload(program, false);
  for (const Wanted& want : programs) {
    program = bpf_object__find_program_by_name(object, want.program.c_str());
    if (want.target.empty() || aims_itself()) {
      bpf_program__set_autoload(program, true);
      continue;
    }
    bpf_program__set_type(program, BPF_PROG_TYPE_TRACING);
    bpf_program__set_expected_attach_type(program, want.modify_return ? BPF_MODIFY_RETURN : BPF_TRACE_FEXIT);
    if (bpf_program__set_attach_target(program, 0, want.target.c_str())) {
      failed_[want.program] = "no function " + want.target + " in the kernel";
      return want.program;
    }
    bpf_program__set_autoload(program, true);
  }
  t_log.clear();
  t_wanted = &programs;
  int err = bpf_object__load(object);
  t_wanted = nullptr;
  if (!err) {
    objects_.push_back(opened->object);
    for (const Wanted& want : programs) loaded_.insert(want.program);
    return std::string();
  }
  std::string name = culprit();
  bool ours = std::any_of(programs.begin(), programs.end(), [&](const Wanted& w) { return w.program == name; });
  if (!ours) return sys_error_of(-err, "cannot load the BPF object", reason(-err));
  failed_[name] = reason(-err);
  return name;
}

Result<Object> Object::load(std::span<const std::byte> elf, const ObjectConfig& config,
                            const std::vector<Wanted>& programs) {
  Object out;
  std::vector<Wanted> rest;  // in the order in which libbpf loads them
  {
    prepare();
    auto opened = open_object(elf, config);
    if (!opened) return opened.error();
    bpf_program* program = nullptr;
    bpf_object__for_each_program(
        program,
        opened->object.get()) for (const Wanted& want : programs) if (want.program == bpf_program__name(program))
        rest.push_back(want);
    for (const Wanted& want : programs)
      if (std::none_of(rest.begin(), rest.end(), [&](const Wanted& w) { return w.program == want.program; }))
        out.failed_[want.program] = "no such program in this build";
  }
  auto refused = out.load_together(elf, config, rest);
  if (!refused) return refused.error();
  if (refused->empty()) return out;

  // libbpf loads all or nothing. So the maps are made first; then those before a refused program are loaded, as an
  // object of their own that shares the maps, and so on behind it: nothing is verified more than twice.
  if (auto maps = out.load_together(elf, config, {}); !maps) return maps.error();
  ObjectConfig sharing = config;
  for (const std::string& name : out.maps()) sharing.reuse[name] = out.map_fd(name);
  while (!refused->empty()) {
    auto at = std::find_if(rest.begin(), rest.end(), [&](const Wanted& w) { return w.program == *refused; });
    if (at != rest.begin()) {
      auto before = out.load_together(elf, sharing, {rest.begin(), at});
      if (!before) return before.error();
      if (!before->empty()) {  // loaded a moment ago, refused now; try without it
        std::erase_if(rest, [&](const Wanted& w) { return w.program == *before; });
        continue;
      }
    }
    rest.erase(rest.begin(), at + 1);
    if (rest.empty()) break;
    refused = out.load_together(elf, sharing, rest);
    if (!refused) return refused.error();
  }
  return out;
}

int Object::map_fd(const std::string& name) const {
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, objects_[0].get()) if (pinned_name(map) == name) return bpf_map__fd(map);
  return -1;
}

int Object::program_fd(const std::string& name) const {
  if (!loaded_.count(name)) return -1;
  for (auto& object : objects_) {
    const bpf_program* program = bpf_object__find_program_by_name(object.get(), name.c_str());
    if (program && bpf_program__fd(program) >= 0) return bpf_program__fd(program);
  }
  return -1;
}

std::vector<std::string> Object::maps() const {
  std::vector<std::string> out;
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, objects_[0].get()) if (bpf_map__fd(map) >= 0) out.push_back(pinned_name(map));
  return out;
}

std::vector<std::string> Object::programs() const { return {loaded_.begin(), loaded_.end()}; }

Result<Variable> find_variable(int map_fd, const std::string& name) {
  prepare();
  bpf_map_info info{};
  uint32_t size = sizeof info;
  if (bpf_obj_get_info_by_fd(map_fd, &info, &size) != 0) return sys_error("cannot ask about a map");
  btf* raw = info.btf_id ? btf__load_from_kernel_by_id(info.btf_id) : nullptr;
  std::shared_ptr<btf> types(raw, btf__free);
  const btf_type* section = raw ? btf__type_by_id(raw, info.btf_value_type_id) : nullptr;
  if (!section || !btf_is_datasec(section)) return Error{"a map of KSS has no description", "", ENOENT};
  if (auto var = in_section(raw, section, name)) return *var;
  return Error{"no variable " + name + " in the kernel's part of KSS", "it was loaded by another version", ENOENT};
}

Result<uint32_t> read_constant(int rodata_fd, const std::string& name) {
  auto var = find_variable(rodata_fd, name);
  if (!var) return var.error();
  bpf_map_info info{};
  uint32_t size = sizeof info, zero = 0, value = 0;
  if (bpf_obj_get_info_by_fd(rodata_fd, &info, &size) != 0) return sys_error("cannot ask about a map");
  std::vector<char> data(info.value_size);
  if (bpf_map_lookup_elem(rodata_fd, &zero, data.data()) != 0) return sys_error("cannot read constants");
  if (var->size != sizeof value || var->offset + sizeof value > data.size()) return Error{"wrong size: " + name, "", 0};
  std::memcpy(&value, data.data() + var->offset, sizeof value);
  return value;
}

Result<Control> Control::map(int bss_fd) {
  auto var = find_variable(bss_fd, "kss_ctl");
  if (!var) return var.error();
  bpf_map_info info{};
  uint32_t size = sizeof info;
  if (bpf_obj_get_info_by_fd(bss_fd, &info, &size) != 0) return sys_error("cannot ask about a map");
  if (var->size != sizeof(kss_ctl) || var->offset + sizeof(kss_ctl) > info.value_size)
    return Error{"the kernel's part of KSS has other control words", "it was loaded by another version", 0};
  Control out;
  size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE)), length = (info.value_size + page - 1) / page * page;
  void* memory = mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_SHARED, bss_fd, 0);
  if (memory == MAP_FAILED) return sys_error("cannot map the control words");
  out.mapping_ = std::shared_ptr<void>(memory, [length](void* p) { munmap(p, length); });
  out.ctl_ = reinterpret_cast<kss_ctl*>(static_cast<char*>(memory) + var->offset);
  return out;
}

}  // namespace kss::backend
