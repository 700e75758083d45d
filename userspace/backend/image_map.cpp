// SPDX-License-Identifier: BSD-2-Clause
#include "backend/image_map.hpp"

#include <bpf/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <numeric>

#include "backend/backend.hpp"
#include "kss/port_user.h"

namespace kss::backend {
namespace {

Status fill(int fd, std::span<const kss_chunk> chunks) {
  // Not through mmap: the kernel gives no writable mapping of what programs may only read (EACCES).
  std::vector<uint32_t> keys(chunks.size());
  std::iota(keys.begin(), keys.end(), 0u);
  uint32_t count = static_cast<uint32_t>(chunks.size());
  LIBBPF_OPTS(bpf_map_batch_opts, opts);
  if (bpf_map_update_batch(fd, keys.data(), chunks.data(), &count, &opts) == 0) return Unit{};
  for (uint32_t key : keys)  // kernels before 5.6, and those that refuse batches here
    if (bpf_map_update_elem(fd, &key, &chunks[key], BPF_ANY) != 0) return sys_error("cannot fill the image map");
  return Unit{};
}

Status fill_one(int fd, std::vector<kss_chunk>&& chunks, uint32_t room) {
  uint32_t zero = 0;
  chunks.resize(room);
  if (bpf_map_update_elem(fd, &zero, chunks.data(), BPF_ANY) != 0) return sys_error("cannot fill the image map");
  return Unit{};
}

Fd create(const ImageLayout& layout) {
  LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = layout.flags);
  return Fd(
      bpf_map_create(BPF_MAP_TYPE_ARRAY, "kss_image", sizeof(uint32_t), layout.value_size, layout.max_entries, &opts));
}

constexpr uint64_t least_room = 256 * 1024 / KSS_CHUNK;

}  // namespace

ImageLayout image_layout(uint32_t chunks, uint32_t room) {
  if (room) return {room * KSS_CHUNK, 1, BPF_F_RDONLY_PROG};
  return {KSS_CHUNK, chunks, BPF_F_INNER_MAP | BPF_F_RDONLY_PROG | BPF_F_MMAPABLE};
}

uint32_t runtime_chunks(std::span<const kss_chunk> image) {
  return kss_get32(reinterpret_cast<const kss_header2*>(&image[1])->runtime_chunks);
}

uint32_t image_room(std::span<const kss_chunk> image, uint64_t reserve) {
  if (reserve == any_size) return 0;
  uint64_t need = runtime_chunks(image);
  uint64_t room = reserve ? std::max(need, (reserve + KSS_CHUNK - 1) / KSS_CHUNK) : std::max(2 * need, least_room);
  for (uint64_t chunks : {room, need})  // without room to spare rather than the slower way
    if (chunks <= KSS_MAX_CHUNKS && create(image_layout(0, static_cast<uint32_t>(chunks))))
      return static_cast<uint32_t>(chunks);
  return 0;
}

Result<Fd> make_image_map(std::span<const kss_chunk> image, uint32_t generation, uint32_t room,
                          const std::vector<Placement>& placement) {
  uint32_t n = runtime_chunks(image);
  if (room && n > room)
    return Error{"the policy takes " + std::to_string(n * KSS_CHUNK / 1024 + 1) +
                     " KiB in the kernel, and what is loaded has room for " + std::to_string(room * KSS_CHUNK / 1024) +
                     " KiB",
                 "unload, then load it: `load --reserve BYTES` keeps more room for later policies, `--reserve any` "
                 "sets no limit",
                 ENOSPC};
  std::vector<kss_chunk> copy(image.begin(), image.begin() + n);
  reinterpret_cast<kss_header*>(copy.data())->generation = kss_get32(generation);
  put_placement(copy, placement);

  Fd fd = create(image_layout(n, room));
  if (!fd) return sys_error("cannot create a map for an image of " + std::to_string(n) + " chunks");
  if (auto done = room ? fill_one(fd.get(), std::move(copy), room) : fill(fd.get(), copy); !done) return done.error();
  if (bpf_map_freeze(fd.get()) != 0) return sys_error("cannot freeze the image map");
  return fd;
}

Status publish_image(int images_fd, const Fd& image_map) {
  uint32_t zero = 0;
  int value = image_map.get();
  if (bpf_map_update_elem(images_fd, &zero, &value, BPF_ANY) != 0) return sys_error("cannot put the image in force");
  return Unit{};
}

Result<Fd> current_image(int images_fd) {
  uint32_t zero = 0, id = 0;
  if (bpf_map_lookup_elem(images_fd, &zero, &id) != 0) return sys_error("no image in force");
  bpf_attr attr{};  // libbpf 1.1 has no call with flags
  attr.map_id = id;
  attr.open_flags = BPF_F_RDONLY;
  Fd fd(static_cast<int>(syscall(SYS_bpf, BPF_MAP_GET_FD_BY_ID, &attr, sizeof attr)));
  if (!fd) return sys_error("cannot open the image in force");
  return fd;
}

Result<std::vector<kss_chunk>> read_chunks(int image_fd, uint32_t n) {
  bpf_map_info info{};
  uint32_t size = sizeof info;
  if (bpf_obj_get_info_by_fd(image_fd, &info, &size) != 0) return sys_error("cannot ask about the image in force");
  if (info.value_size > KSS_CHUNK) {
    std::vector<kss_chunk> whole((info.value_size + KSS_CHUNK - 1) / KSS_CHUNK);
    uint32_t zero = 0;
    if (whole.size() < n || bpf_map_lookup_elem(image_fd, &zero, whole.data()) != 0)
      return sys_error("cannot read the image in force");
    whole.resize(n);
    return whole;
  }
  std::vector<kss_chunk> out(n);
  for (uint32_t i = 0; i < n; i++)
    if (bpf_map_lookup_elem(image_fd, &i, &out[i]) != 0) return sys_error("cannot read the image in force");
  return out;
}

}  // namespace kss::backend
