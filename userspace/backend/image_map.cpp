// SPDX-License-Identifier: BSD-2-Clause
#include "backend/image_map.hpp"

#include <bpf/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <numeric>

#include "kss/port_user.h"

namespace kss::backend {
namespace {

// Those of the template in bpf/maps.h: the kernel takes only maps that agree with it in all but size.
constexpr uint32_t image_flags = BPF_F_INNER_MAP | BPF_F_RDONLY_PROG | BPF_F_MMAPABLE;

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

}  // namespace

Result<Fd> make_image_map(std::span<const kss_chunk> image, uint32_t generation) {
  uint32_t n = kss_get32(reinterpret_cast<const kss_header2*>(&image[1])->runtime_chunks);
  std::vector<kss_chunk> copy(image.begin(), image.begin() + n);
  reinterpret_cast<kss_header*>(copy.data())->generation = kss_get32(generation);

  LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = image_flags);
  Fd fd(bpf_map_create(BPF_MAP_TYPE_ARRAY, "kss_image", sizeof(uint32_t), sizeof(kss_chunk), n, &opts));
  if (!fd) return sys_error("cannot create a map for an image of " + std::to_string(n) + " chunks");
  if (auto done = fill(fd.get(), copy); !done) return done.error();
  if (bpf_map_freeze(fd.get()) != 0) return sys_error("cannot freeze the image map");
  return fd;
}

Status publish_image(int images_fd, const Fd& image_map) {
  uint32_t zero = 0;
  int value = image_map.get();
  if (bpf_map_update_elem(images_fd, &zero, &value, BPF_ANY) != 0)
    return sys_error("cannot put the image in force");
  return Unit{};
}

Result<Fd> current_image(int images_fd) {
  uint32_t zero = 0, id = 0;
  if (bpf_map_lookup_elem(images_fd, &zero, &id) != 0) return sys_error("no image in force");
  bpf_attr attr{};  // libbpf 1.1 has no call with flags; read-only is all that a sealed policy allows
  attr.map_id = id;
  attr.open_flags = BPF_F_RDONLY;
  Fd fd(static_cast<int>(syscall(SYS_bpf, BPF_MAP_GET_FD_BY_ID, &attr, sizeof attr)));
  if (!fd) return sys_error("cannot open the image in force");
  return fd;
}

Result<std::vector<kss_chunk>> read_chunks(int image_fd, uint32_t n) {
  std::vector<kss_chunk> out(n);
  for (uint32_t i = 0; i < n; i++)
    if (bpf_map_lookup_elem(image_fd, &i, &out[i]) != 0) return sys_error("cannot read the image in force");
  return out;
}

}  // namespace kss::backend
