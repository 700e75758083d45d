// SPDX-License-Identifier: BSD-2-Clause
// What enforces an image. One interface; `bpf` is the first implementation, the module and the simulator follow it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kss/audit.h"
#include "kss/image.h"
#include "policy/result.hpp"

namespace kss::backend {

/// What one kernel feature is, found by trying. `how` says what was tried, `detail` why not or what stands in for it.
struct Feature {
  std::string name;  // "attach lsm", "self-test denial", "task storage", "hook userns_create" …
  bool available = false;
  bool required = false;
  std::string how;
  std::string detail;
};

struct Probe {
  std::string kernel;   // uname -r
  std::string machine;  // uname -m
  std::string lsm_list;
  std::string attach;  // "lsm", "fmod_ret" or "none"
  std::vector<Feature> features;
  bool usable = false;
};

/// A permission of the policy that no attached hook can mediate on this kernel, with the rules it concerns.
struct Lost {
  uint32_t cls = 0;
  uint32_t perms = 0;
  std::string why;
  std::vector<std::string> rules;  // "file:line: text"
};

/// Room for policies of any size: the image is spread over the elements of a map, and looking things up costs more.
inline constexpr uint32_t any_size = 0xffffffff;

struct LoadOptions {
  std::string btf_path;         // --btf; empty = the kernel's own
  bool allow_degraded = false;  // go on although something is lost
  std::string pin_dir = "/sys/fs/bpf/kss";
  std::string state_dir = "/run/kss";
  uint32_t ringbuf_bytes = 1u << 20;
  uint32_t reserve_bytes =
      0;                     // room for the policies of later swaps; 0 = twice this one, at least 256 KiB; or any_size
  uint32_t state_cells = 0;  // room for the state of flows and formulas of later swaps; 0 = twice this image's
  bool reset_state = false;  // swap: flows and formulas that have changed begin anew
  uint32_t audit_rate = 50;  // records a second for each (domain, class); burst of the same number
  bool dry_run = false;      // try everything, put nothing in force
  /// To test the stand-ins: "task-storage", "inode-storage", "socket-storage" are not used, as if the kernel had none.
  std::vector<std::string> without;
  std::optional<std::string> seal_key;  // PEM file with an Ed25519 public key
  /// File with a detached Ed25519 signature (64 bytes), wanted while sealed: for swap over the image file's bytes,
  /// for unload over unload_challenge().
  std::optional<std::string> signature;
  /// Called before each step that changes anything, with its name; tests kill the process there.
  std::function<void(const char* step)> at;
};

struct LoadReport {
  uint32_t generation = 0;
  std::string attach;
  std::vector<std::string> attached;  // hooks
  std::vector<Lost> lost;             // with allow_degraded or dry_run
  std::vector<std::string> notes;     // stand-ins used
  uint64_t kernel_bytes = 0;          // memory of maps and programs
  std::chrono::microseconds took{};
};

/// The state that a flow is in, of scope global or domain; those of domains in which nothing has happened are left out.
struct FlowState {
  std::string flow, domain, state;  // domain: empty = the device's
};

struct StatusReport {
  bool loaded = false;
  std::string policy_name;
  uint32_t policy_version = 0;
  uint32_t generation = 0;
  bool permissive = false, sealed = false, rejudging = false, armed = false;
  std::string attach;
  std::vector<std::string> attached;
  std::vector<std::pair<std::string, uint64_t>> counters;  // by name, KSS_COUNTER_TABLE order
  uint64_t kernel_bytes = 0;
  uint64_t room_bytes = 0;  // that the policy of a swap may take in the kernel; 0 = any number
  std::vector<std::pair<std::string, uint64_t>> tasks;  // tasks by domain
  std::vector<FlowState> flows;                         // empty if the policy is sealed
};

class Backend {
 public:
  virtual ~Backend() = default;
  virtual Result<Probe> probe(const LoadOptions& options) = 0;
  /// Puts a whole, validated image in force where none is. Fails without a trace if anything cannot be enforced.
  virtual Result<LoadReport> load(std::span<const kss_chunk> image, const LoadOptions& options) = 0;
  /// Replaces the image in force in one step.
  virtual Result<LoadReport> swap(std::span<const kss_chunk> image, const LoadOptions& options) = 0;
  virtual Status unload(const LoadOptions& options) = 0;
  virtual Result<StatusReport> status(const LoadOptions& options) = 0;
  /// Calls `sink` for each record until it returns false. When none is left, and about twice a second while none comes,
  /// calls `wait`: false ends it.
  virtual Status audit(const LoadOptions& options, const std::function<bool()>& wait,
                       const std::function<bool(const kss_audit&)>& sink) = 0;
  /// The image file of a generation still in use (state_dir), for names and lines.
  virtual Result<std::vector<kss_chunk>> image_of(uint32_t generation, const LoadOptions& options) = 0;
};

std::unique_ptr<Backend> make_bpf_backend();

/// The bytes that the holder of the policy key has to sign before a sealed policy can be unloaded; good for one time.
Result<std::string> unload_challenge(const LoadOptions& options);

/// Puts the calling thread into a domain: prctl KSS_PRCTL_ENTER.
Status enter_domain(const std::string& name);

}  // namespace kss::backend
