// SPDX-License-Identifier: BSD-2-Clause
#include "backend/statefiles.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <charconv>
#include <cstring>

namespace kss::backend {
namespace {

bool generation_of(const std::string& name, uint32_t& generation) {
  if (!name.ends_with(".img")) return false;
  const char* end = name.data() + name.size() - 4;
  auto [at, error] = std::from_chars(name.data(), end, generation);
  return error == std::errc() && at == end;
}

}  // namespace

Result<Fd> StateFiles::lock() const {
  if (auto made = make_dirs(dir_, 0700); !made) return made.error();
  Fd fd(open((dir_ + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return sys_error("cannot open " + dir_ + "/lock");
  if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0)
    return sys_error("another kss-load is at work (" + dir_ + "/lock)", "wait for it to end");
  return fd;
}

Status StateFiles::save(uint32_t generation, std::span<const kss_chunk> image) const {
  if (auto made = make_dirs(dir_, 0700); !made) return made;
  return write_file_atomic(path(generation), {reinterpret_cast<const char*>(image.data()), image.size_bytes()}, 0600);
}

Result<std::vector<kss_chunk>> StateFiles::load(uint32_t generation) const {
  auto text = read_file(path(generation), size_t{KSS_MAX_CHUNKS} * KSS_CHUNK);
  if (!text) return text.error();
  if (text->size() % KSS_CHUNK)
    return Error{path(generation) + " is not an image: its size is no multiple of 64", "", 0};
  std::vector<kss_chunk> image(text->size() / KSS_CHUNK);
  std::memcpy(image.data(), text->data(), text->size());
  return image;
}

std::vector<uint32_t> StateFiles::generations() const {
  std::vector<uint32_t> out;
  uint32_t generation = 0;
  for (const std::string& name : list_dir(dir_))
    if (generation_of(name, generation)) out.push_back(generation);
  return out;
}

void StateFiles::clean(uint32_t first) const {
  for (const std::string& name : list_dir(dir_)) {
    uint32_t generation = 0;
    if (name.ends_with(".img.tmp") || (generation_of(name, generation) && generation < first))
      unlink((dir_ + "/" + name).c_str());
  }
}

}  // namespace kss::backend
