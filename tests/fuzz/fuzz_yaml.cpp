// SPDX-License-Identifier: BSD-2-Clause
// Any text: refused with a diagnostic, or a policy whose image is valid and judges as the oracle does.
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>

#include "engine/reference.hpp"
#include "engine/simulator.hpp"
#include "policy/debuginfo.hpp"
#include "policy/policy.hpp"

namespace {

void must(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "fuzz_yaml: %s\n", what);
  std::abort();
}

bool has_error(const kss::Diagnostics& diags) {
  for (const auto& d : diags)
    if (d.severity == kss::Diagnostic::Severity::error) return true;
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kss;
  Diagnostics diags;
  // Includes would let the fuzzer read this machine's files.
  std::string text(reinterpret_cast<const char*>(data), size);
  if (text.find("include") != text.npos) return -1;
  auto policy = policy::check_text(text, "fuzz.yaml", {}, diags);
  must(policy.has_value() != has_error(diags), "a policy with errors, or none without");
  for (const auto& d : diags) policy::format(d);
  if (!policy) return 0;
  auto image = policy::compile(*policy, diags);
  if (!image) {
    must(has_error(diags), "no image and no error");
    return 0;
  }
  must(static_cast<bool>(policy::read_debuginfo(std::as_bytes(std::span(*image)))), "unreadable debug part");
  auto core = engine::Simulator::load(std::move(*image));
  must(static_cast<bool>(core), "the compiler wrote an image that validate refuses");
  engine::Reference oracle(*policy);
  uint32_t budget = 2000;
  for (uint32_t d = 0; d < core->domains(); d++)
    for (uint32_t o = 0; o < core->objects() && budget; o++) {
      if (o == KSS_OBJ_SELF) continue;
      uint32_t cls = budget-- % KSS_NCLASSES;
      auto want = oracle.vector(d, o, cls);
      kss_av have = core->vector(d, o, cls);
      must(want.allow == have.allow && want.audit == have.audit && want.quiet == have.quiet, "core and oracle differ");
      must(d == KSS_DOMAIN_UNCONFINED || oracle.cared(d, o, cls) == have.care, "models care about something else");
    }
  for (const char* path : {"/", "/a", "/etc/passwd", "/usr/bin/web", "/srv/a/b.html"}) {
    auto want = oracle.label_path(path);
    auto have = core->label_path(path);
    must(!want.ambiguous && want.object == have.object && want.entry == have.entry,
         "core and oracle label differently");
  }
  return 0;
}
