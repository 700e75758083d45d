// SPDX-License-Identifier: BSD-2-Clause
// states_replay OBJECT FILE.trace...: the events of traces (tests/differential/vectors.h) put to what the kernel judges
// models with state by, bpf/states.h in states.bpf.c, in both layouts of images.
//
// 77 = bpf(2) is not permitted here.
//
// Loaded as the loader does it. All traces use the same cells, so each finds those of others, of another serial; every
// batch of one trace but the first finds the image swapped for the same, by which state carries over.
#include "tests/bench/states_replay.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <string>
#include <thread>
#include <vector>

#include "backend/image_map.hpp"
#include "backend/machines.hpp"
#include "backend/object.hpp"
#include "kss/abi.h"
#include "kss/port_user.h"
#include "tests/differential/vectors.h"

namespace {

using namespace kss;
using namespace kss::backend;

// Cells that were part of a ring hold times; no time of a trace has these low 32 bits, so it is no serial.
constexpr uint32_t kFirstGeneration = 0x51000000;
constexpr uint32_t kAtOnce =
    8;  // parts of the traces, in either layout: a swap waits until no program runs on the old image

[[noreturn]] __attribute__((format(printf, 2, 3))) void quit(int status, const char* format, ...) {
  std::fflush(stdout);
  va_list args;
  va_start(args, format);
  std::vfprintf(stderr, format, args);
  va_end(args);
  std::fputc('\n', stderr);
  std::_Exit(status);  // other threads may be at work
}

template <typename T>
T must(Result<T> result) {
  if (!result)
    quit(result.error().sys_errno == EPERM ? 77 : 1, "%s %s", result.error().message.c_str(),
         result.error().hint.c_str());
  return std::move(*result);
}

struct Counts {
  uint64_t events = 0, forks = 0, asked = 0, denied = 0, traces = 0, swaps = 0;
  void operator+=(const Counts& c) {
    events += c.events, forks += c.forks, asked += c.asked, denied += c.denied, traces += c.traces, swaps += c.swaps;
  }
};

struct Trace {
  std::string path;
  std::vector<kss_chunk> image;
  std::vector<kss_trace_event> events;
};

Trace read_trace(const std::string& path) {
  Trace t;
  t.path = path;
  const std::string image = must(read_file(path.substr(0, path.rfind('.')) + ".kssi")), events = must(read_file(path));
  t.image.resize(image.size() / sizeof(kss_chunk));
  std::memcpy(t.image.data(), image.data(), t.image.size() * sizeof(kss_chunk));
  kss_vec_file head{};
  std::memcpy(&head, events.data(), std::min(events.size(), sizeof head));
  t.events.resize(kss_get32(head.count));
  if (t.image.size() < KSS_HEADER_CHUNKS || kss_get32(head.magic) != KSS_TRACE_MAGIC ||
      kss_get32(head.version) != KSS_VEC_VERSION || kss_get32(head.image_chunks) != t.image.size() ||
      events.size() != sizeof head + t.events.size() * sizeof(kss_trace_event))
    quit(2, "%s: this is no trace of the image beside it", path.c_str());
  std::memcpy(t.events.data(), events.data() + sizeof head, events.size() - sizeof head);
  return t;
}

// The program, and one image after another.
class Kernel {
 public:
  Kernel(const std::string& elf, uint32_t cells, uint32_t image_chunks) : cells_(cells), chunks_(image_chunks) {
    const auto processors = static_cast<uint32_t>(std::max(libbpf_num_possible_cpus(), 1));
    ObjectConfig config;
    config.constants = {{"kss_cfg_cells", cells}, {"kss_cfg_image_chunks", image_chunks}};
    config.absent_maps = {"kss_tasks",    "kss_tasks_hash", "kss_cpus",     "kss_inodes",     "kss_socks",
                          "kss_ipc",      "kss_events",     "kss_rate",     "kss_task_cells", "kss_task_cells_hash",
                          "kss_no_cells", "kss_digests",    "kss_protected"};
    config.max_entries = {{"kss_scratch", KSS_SCRATCH_SLOTS + processors}};
    config.value_sizes = {{"kss_cells", cells * static_cast<uint32_t>(sizeof(kss_cell))}};
    config.image_chunks = image_chunks;
    object_ = must(Object::load({reinterpret_cast<const std::byte*>(elf.data()), elf.size()}, config,
                                {{.program = "states_next", .target = {}}}));
    program_ = object_.program_fd("states_next");
    if (program_ < 0) quit(1, "the program is refused: %s", object_.failed().at("states_next").c_str());
    for (uint32_t slot = 0; slot < KSS_SCRATCH_SLOTS; slot++)
      if (bpf_map_update_elem(object_.map_fd("kss_slots"), nullptr, &slot, BPF_ANY))
        quit(1, "kss_slots cannot be filled");
    const int bss = object_.map_fd("kss_bss");
    const Variable at = must(find_variable(bss, "shared"));
    if (at.size != sizeof *shared_) quit(1, "the object is not of this program's build");
    size_ = at.offset + at.size;
    mapping_ = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, bss, 0);
    if (mapping_ == MAP_FAILED) quit(1, "mmap: %s", std::strerror(errno));
    shared_ = reinterpret_cast<states_shared*>(static_cast<char*>(mapping_) + at.offset);
  }
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;
  ~Kernel() { munmap(mapping_, size_); }

  // Puts an image in force; what it has in common with the one before keeps its state, if `carry`.
  void swap(const std::vector<kss_chunk>& image, bool carry) {
    const uint32_t generation = kFirstGeneration + ++swaps_;
    const auto placement =
        must(place_machines(image, carry ? force_ : std::vector<kss_chunk>(), generation, cells_, false));
    must(publish_image(object_.map_fd("kss_images"), must(make_image_map(image, generation, chunks_, placement))));
    force_ = image;
    put_placement(force_, placement);
  }

  states_event& event(uint32_t n) { return shared_->event[n]; }

  void run(uint32_t n) {
    char packet[64] = {};
    LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof packet,
                .repeat = static_cast<int>(n));
    shared_->at = 0;
    if (bpf_prog_test_run_opts(program_, &opts))
      quit(errno == EPERM ? 77 : 1, "BPF_PROG_TEST_RUN: %s", std::strerror(errno));
    if (shared_->at != n) quit(1, "%u events of %u were judged", shared_->at, n);
  }

 private:
  Object object_;
  uint32_t cells_, chunks_, swaps_ = 0;
  std::vector<kss_chunk> force_;  // as the kernel has it
  int program_ = -1;
  void* mapping_ = nullptr;
  size_t size_ = 0;
  states_shared* shared_ = nullptr;
};

void replay(Kernel& kernel, const Trace& t, Counts& counts) {
  for (size_t i = 0; i < t.events.size();) {
    const bool start = kss_get32(t.events[i].kind) == KSS_TRACE_START;
    kernel.swap(t.image, !start);
    counts.swaps++;
    counts.traces += start;
    i += start;
    uint32_t n = 0;
    for (; n < STATES_BATCH && i + n < t.events.size(); n++) {
      const kss_trace_event& e = t.events[i + n];
      if (kss_get32(e.kind) == KSS_TRACE_START) break;
      kernel.event(n) = {kss_get32(e.kind),  kss_get32(e.task), kss_get32(e.dom), kss_get32(e.obj), kss_get32(e.cls),
                         kss_get32(e.perms), kss_get64(e.time), STATES_NO_ANSWER, STATES_NO_ANSWER};
    }
    if (n) kernel.run(n);
    for (uint32_t k = 0; k < n; k++) {
      const states_event& e = kernel.event(k);
      const uint32_t want = kss_get32(t.events[i + k].want);
      if (e.kind != KSS_TRACE_ACT) {
        counts.forks++;
        continue;
      }
      const bool asked = e.asked != STATES_NO_ANSWER;
      if (e.have != want || (asked && e.asked != want))
        quit(1,
             "FAILED: %s event %zu: task %u domain %u object %u class %u perms %#x at %llu: want %#x, "
             "BPF says %#x (asked before: %#x)",
             t.path.c_str(), i + k, e.task, e.dom, e.obj, e.cls, e.perms, static_cast<unsigned long long>(e.time), want,
             e.have, e.asked);
      counts.events++;
      counts.asked += asked;
      counts.denied += asked && want != 0;
    }
    i += n;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: %s OBJECT FILE.trace...\n", argv[0]);
    return 2;
  }
  const int probe = bpf_map_create(BPF_MAP_TYPE_ARRAY, "kss_bench", 4, 4, 1, nullptr);
  if (probe < 0) quit(77, "skipped: bpf(2) is not permitted here (%s)", std::strerror(errno));
  close(probe);
  const std::string elf = must(read_file(argv[1]));
  std::vector<Trace> traces;
  uint64_t cells = 1;  // no more than the largest needs, so that its last one is the map's last
  uint32_t chunks = 0;
  for (int i = 2; i < argc; i++) {
    traces.push_back(read_trace(argv[i]));
    cells = std::max(cells, cells_needed(traces.back().image));
    chunks = std::max(chunks, runtime_chunks(traces.back().image));
  }
  struct Part {
    Part(const std::string& object, uint32_t room_cells, uint32_t room_chunks)
        : kernel(object, room_cells, room_chunks) {}
    Kernel kernel;
    std::vector<const Trace*> traces;
    Counts counts;
  };
  std::deque<Part> parts;
  for (uint32_t room : {chunks, 0u})
    for (uint32_t i = 0; i < kAtOnce; i++) {
      parts.emplace_back(elf, static_cast<uint32_t>(cells), room);
      for (size_t t = i; t < traces.size(); t += kAtOnce) parts.back().traces.push_back(&traces[t]);
    }
  std::vector<std::thread> threads;
  for (Part& part : parts)
    threads.emplace_back([&part] {
      for (const Trace* t : part.traces) replay(part.kernel, *t, part.counts);
    });
  for (std::thread& thread : threads) thread.join();
  Counts counts;
  for (const Part& part : parts) counts += part.counts;
  std::printf(
      "%llu decisions of BPF on %llu traces agree, images in one element and in many; automata were asked in %llu and "
      "deny %llu; %llu forks, %llu swaps\n",
      static_cast<unsigned long long>(counts.events), static_cast<unsigned long long>(counts.traces),
      static_cast<unsigned long long>(counts.asked), static_cast<unsigned long long>(counts.denied),
      static_cast<unsigned long long>(counts.forks), static_cast<unsigned long long>(counts.swaps));
  return counts.asked ? 0 : 2;
}
