// SPDX-License-Identifier: BSD-2-Clause
// A BPF object on its way into the kernel: opened, configured for this kernel, loaded program by program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "backend/sys.hpp"
#include "kss/abi.h"

struct bpf_object;
struct btf;

namespace kss::backend {

/// Has this kernel the helper bpf_loop() (5.17)?
bool has_bpf_loop();

/// The objects that are linked into this library; of the two builds of KSS' own, that for this kernel.
std::span<const std::byte> kss_object();
std::span<const std::byte> probe_object();

/// Where a variable of .bss or .rodata lies in its map.
struct Variable {
  uint32_t offset = 0;
  uint32_t size = 0;
};

/// The kernel's own types: those of /sys/kernel/btf/vmlinux; where that is missing and there is a file to relocate by
/// (--btf), those that the kernel gives by number.
class KernelTypes {
 public:
  static Result<KernelTypes> open(const std::string& btf_path);
  bool has_function(const std::string& name) const;
  int parameters(const std::string& function) const;  // number of them; -1 = no such function

 private:
  std::shared_ptr<const btf> btf_;
};

/// Does a file given for the kernel's types (--btf; empty = none) hold types?
Status check_btf(const std::string& path);

/// How one program is to be attached.
struct Wanted {
  std::string program;         // its name in the object
  std::string target;          // kernel function to retype it for; empty = as its section says
  bool modify_return = false;  // retype as fmod_ret, else as fexit
};

struct ObjectConfig {
  std::string btf_path;                       // for CO-RE relocations; empty = the kernel's own
  std::map<std::string, uint32_t> constants;  // .rodata variables; those the object lacks are ignored
  std::set<std::string> absent_maps;          // not to be created: this kernel has not their type
  std::map<std::string, uint32_t> max_entries;
  std::map<std::string, uint32_t> value_sizes;
  std::map<std::string, int> reuse;  // map name (as pinned) -> descriptor of the map to share
  uint32_t image_chunks = 0;         // room of an image that is one element; 0 = an element a chunk
};

/// A loaded object. Programs that this kernel refuses are left out, each with the reason.
class Object {
 public:
  static Result<Object> load(std::span<const std::byte> elf, const ObjectConfig& config,
                             const std::vector<Wanted>& programs);

  /// -1 if there is none. Names of maps as they are pinned: .bss is "kss_bss", .rodata "kss_rodata".
  int map_fd(const std::string& name) const;
  int program_fd(const std::string& name) const;
  std::vector<std::string> maps() const;
  std::vector<std::string> programs() const;                                    // loaded ones
  const std::map<std::string, std::string>& failed() const { return failed_; }  // program -> reason
  static bool has_program(std::span<const std::byte> elf, const std::string& name);

 private:
  /// Loads these together; empty = done, else the name of the program that was refused.
  Result<std::string> load_together(std::span<const std::byte> elf, const ObjectConfig& config,
                                    const std::vector<Wanted>& programs);

  std::vector<std::shared_ptr<bpf_object>> objects_;  // the first has made the maps, the others share them
  std::set<std::string> loaded_;
  std::map<std::string, std::string> failed_;
};

/// Where a variable lies in a map of ours, loaded or pinned, by the BTF that the kernel keeps with the map.
Result<Variable> find_variable(int map_fd, const std::string& name);
/// A u32 constant of a .rodata map.
Result<uint32_t> read_constant(int rodata_fd, const std::string& name);

/// The control words, shared with the programs.
class Control {
 public:
  static Result<Control> map(int bss_fd);
  kss_ctl& operator*() const { return *ctl_; }
  kss_ctl* operator->() const { return ctl_; }

 private:
  std::shared_ptr<void> mapping_;
  kss_ctl* ctl_ = nullptr;
};

/// One atomic access to a control word.
inline void store(uint32_t& word, uint32_t value) { __atomic_store_n(&word, value, __ATOMIC_SEQ_CST); }
inline uint32_t fetch(const uint32_t& word) { return __atomic_load_n(&word, __ATOMIC_SEQ_CST); }

}  // namespace kss::backend
