// SPDX-License-Identifier: BSD-2-Clause
// libkss from C++ on a real kernel: lib_cpp ONE TWO, as lib_c.c.
#undef NDEBUG
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cassert>
#include <cstdio>
#include <cstring>
#include <thread>

#include "kss/kss.hpp"

int main(int argc, char** argv) {
  assert(argc == 3);
  const auto one = kss::CompiledPolicy::compile(argv[1]), two = kss::CompiledPolicy::compile(argv[2]);
  assert(!kss::inquire().loaded);
  assert(one.load() == 1);
  try {
    one.load();
    assert(false);
  } catch (const kss::Exception& e) {
    assert(e.status() == KSS_E_STATE && std::strlen(e.what()) > 0);
  }
  // A domain is a thread's: this one is confined, main is not.
  std::thread confined([] {
    try {
      kss::enter("box");  // main could hand it descriptors
      assert(false);
    } catch (const kss::Exception& e) {
      assert(e.status() == KSS_E_PERMISSION);
    }
    assert(unshare(CLONE_FILES) == 0);
    kss::enter("box");
    assert(open("/data/secret", O_RDONLY) < 0 && errno == EPERM);
    try {
      kss::enter("box");
      assert(false);
    } catch (const kss::Exception& e) {
      assert(e.status() == KSS_E_PERMISSION);
    }
  });
  confined.join();
  assert(open("/data/secret", O_RDONLY) >= 0);
  assert(two.swap() == 2);
  const kss_report r = kss::inquire();
  assert(r.loaded && r.armed && r.version == 2 && r.denials >= 1);
  kss::unload();
  assert(!kss::inquire().loaded);
  std::puts("libkss from C++: all as it should be");
}
