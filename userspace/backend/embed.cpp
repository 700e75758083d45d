// SPDX-License-Identifier: BSD-2-Clause
// The BPF objects, byte for byte in the program: a device needs one file.
#include "backend/object.hpp"

asm(".section .rodata\n"
    ".balign 16\n"
    "kss_embedded_main: .incbin \"" KSS_BPF_DIR
    "/kss.bpf.o\"\n"
    "kss_embedded_main_end:\n"
    ".balign 16\n"
    "kss_embedded_noloop: .incbin \"" KSS_BPF_DIR
    "/kss-noloop.bpf.o\"\n"
    "kss_embedded_noloop_end:\n"
    ".balign 16\n"
    "kss_embedded_probe: .incbin \"" KSS_PROBE_OBJECT
    "\"\n"
    "kss_embedded_probe_end:\n"
    ".globl kss_embedded_main, kss_embedded_main_end, kss_embedded_noloop, kss_embedded_noloop_end\n"
    ".globl kss_embedded_probe, kss_embedded_probe_end\n"
    ".previous\n");

extern "C" {
extern const std::byte kss_embedded_main[], kss_embedded_main_end[];
extern const std::byte kss_embedded_noloop[], kss_embedded_noloop_end[];
extern const std::byte kss_embedded_probe[], kss_embedded_probe_end[];
}

namespace kss::backend {

std::span<const std::byte> kss_object() {
  if (has_bpf_loop()) return {kss_embedded_main, kss_embedded_main_end};
  return {kss_embedded_noloop, kss_embedded_noloop_end};
}
std::span<const std::byte> probe_object() { return {kss_embedded_probe, kss_embedded_probe_end}; }

}  // namespace kss::backend
