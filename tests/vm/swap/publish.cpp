// SPDX-License-Identifier: BSD-2-Clause
// The one moment of a swap by itself, with nothing around it: several times as often as kss_swap() has it. What this
// cannot test is that order in kss_swap().
#include "backend/backend.hpp"
#include "backend/image_map.hpp"
#include "backend/running.hpp"

namespace {
kss::backend::Running running;
}

extern "C" int publish_open() {
  auto opened = kss::backend::open_running(kss::backend::LoadOptions{}.pin_dir);
  if (!opened) return -1;
  running = std::move(*opened);
  return 0;
}

extern "C" int publish_prepare(const void* image, size_t size, uint32_t generation) {
  auto chunks = static_cast<const kss_chunk*>(image);
  auto map = kss::backend::make_image_map({chunks, size / sizeof *chunks}, generation, running.image_room, {});
  return map ? map->release() : -1;
}

extern "C" int publish(int map, uint32_t generation) {
  kss::backend::Fd fd(map);
  kss::backend::store(running.control->label_gen, generation);
  return kss::backend::publish_image(running.images.get(), fd) ? 0 : -1;
}
