// SPDX-License-Identifier: BSD-2-Clause
#include "engine/simulator.hpp"

#include <cstring>
#include <string>

#include "kss/abi.h"
#include "kss/port_user.h"

namespace kss::engine {
namespace {

bool to_name(std::string_view text, kss_name& name) {
  if (text.empty() || text.size() > KSS_NAME_MAX) return false;
  std::memset(&name, 0, sizeof name);
  name.len = static_cast<uint32_t>(text.size());
  std::memcpy(name.u.b, text.data(), text.size());
  return true;
}

}  // namespace

Result<Simulator> Simulator::load(std::vector<kss_chunk> image) {
  if (auto valid = policy::validate(std::as_bytes(std::span(image))); !valid) return valid.error();
  return Simulator(std::move(image));
}

// Debug chunks are out of reach here too.
kss_span Simulator::runtime() const {
  return {image_.data(), kss_get32(reinterpret_cast<const kss_header2*>(&image_[1])->runtime_chunks)};
}

uint32_t Simulator::domains() const { return kss_get32(reinterpret_cast<const kss_header*>(image_.data())->ndomains); }
uint32_t Simulator::objects() const { return kss_get32(reinterpret_cast<const kss_header*>(image_.data())->nobjects); }
bool Simulator::permissive() const {
  return kss_get32(reinterpret_cast<const kss_header*>(image_.data())->flags) & KSS_IMAGE_PERMISSIVE;
}

std::optional<uint32_t> Simulator::find(uint32_t space, std::string_view key) const {
  kss_name name;
  uint32_t value;
  kss_span img = runtime();
  if (to_name(key, name) && kss_find(&img, kss_hdr(&img), space, &name, &value)) return value;
  return std::nullopt;
}

std::optional<uint32_t> Simulator::find(uint32_t space, std::initializer_list<uint32_t> words) const {
  char key[16];
  size_t n = 0;
  for (uint32_t w : words)
    for (int shift = 0; shift < 32; shift += 8) key[n++] = static_cast<char>(w >> shift);
  return find(space, {key, n});
}

uint32_t Simulator::domain(std::string_view name) const {
  uint64_t id = kss_name64(name.data(), static_cast<uint32_t>(name.size()));
  return find(KSS_KEY_DOMAIN, {static_cast<uint32_t>(id), static_cast<uint32_t>(id >> 32)}).value_or(KSS_DOMAIN_NONE);
}

kss_av Simulator::vector(uint32_t dom, uint32_t obj, uint32_t cls) const {
  kss_span img = runtime();
  const kss_av* av = kss_vector(&img, kss_hdr(&img), dom, obj, cls);
  if (!av) return {};
  const uint32_t allow = kss_get32(av->allow), quiet = kss_get32(av->quiet);
  return {allow, kss_get32(av->audit) & ~quiet, quiet & ~allow, kss_get32(av->care)};
}

Verdict Simulator::judge(uint32_t dom, uint32_t obj, uint32_t cls, uint32_t perms) const {
  Verdict v;
  if (dom == KSS_DOMAIN_UNCONFINED) {
    v.granted = true;
    return v;
  }
  kss_span img = runtime();
  kss_av av = vector(dom, obj, cls);
  v.denied = perms & ~av.allow;
  v.granted = v.denied == 0;
  bool lenient =
      permissive() || (dom < domains() && (kss_domain_flags(&img, kss_hdr(&img), dom) & KSS_DOMAIN_PERMISSIVE));
  v.enforced = !lenient;
  v.audited = v.granted ? (perms & av.audit) != 0 : (v.denied & ~av.quiet) != 0;
  return v;
}

uint32_t Simulator::walk(uint32_t state, std::string_view path) const {
  kss_span img = runtime();
  if (path.empty() || path[0] != '/') return KSS_STEP_ERROR;
  if (path.size() == 1) return state;
  uint32_t depth = 0;
  for (size_t at = 1; at <= path.size(); depth++) {
    size_t end = std::min(path.find('/', at), path.size());
    kss_name name;
    auto component = path.substr(at, end - at);
    if (depth == KSS_MAX_DEPTH || component == "." || component == ".." || !to_name(component, name))
      return KSS_STEP_ERROR;
    state = kss_step(&img, kss_hdr(&img), state, &name);
    if (state == KSS_STEP_ERROR) return state;
    at = end + 1;
  }
  return state;
}

Simulator::PathLabel Simulator::label_path(std::string_view path) const {
  kss_span img = runtime();
  uint32_t state = walk(KSS_STATE_ROOT, path);
  if (state == KSS_STEP_ERROR) return {};
  return {kss_state_type(&img, kss_hdr(&img), state), kss_state_entry(&img, kss_hdr(&img), state)};
}

uint32_t Simulator::label_abstract(std::string_view text) const {
  kss_span img = runtime();
  uint32_t state = KSS_STATE_ABSTRACT;
  if (!text.empty()) {
    kss_name name;
    if (!to_name(text, name)) return KSS_OBJ_unresolved;
    state = kss_step(&img, kss_hdr(&img), state, &name);
  }
  return state == KSS_STEP_ERROR ? static_cast<uint32_t>(KSS_OBJ_unresolved)
                                 : kss_state_type(&img, kss_hdr(&img), state);
}

uint32_t Simulator::label_inet(uint32_t proto, std::span<const uint8_t> addr, uint16_t port) const {
  kss_span img = runtime();
  if (addr.size() != 4 && addr.size() != 16) return KSS_OBJ_unresolved;
  return kss_net_type(&img, kss_hdr(&img), proto, addr.size() == 16, addr.data(), port);
}

std::optional<uint32_t> Simulator::label_device(bool block, uint32_t major, uint32_t minor) const {
  if (auto exact = find(KSS_KEY_DEVICE, {block, major, minor})) return exact;
  return find(KSS_KEY_DEVICE, {block, major, ~0u});
}

uint32_t Simulator::label_family(uint32_t family, uint32_t protocol) const {
  if (auto exact = find(KSS_KEY_FAMILY, {family, protocol})) return *exact;
  return find(KSS_KEY_FAMILY, {family, ~0u}).value_or(KSS_OBJ_family_other);
}

uint32_t Simulator::exec(uint32_t dom, const PathLabel& file, const std::array<uint8_t, 32>* digest) const {
  kss_span img = runtime();
  kss_name room;
  if (digest) {
    auto entry = find(KSS_KEY_DIGEST, std::string_view(reinterpret_cast<const char*>(digest->data()), digest->size()));
    uint32_t to;
    if (entry && kss_find2(&img, kss_hdr(&img), KSS_KEY_EXEC, dom, *entry, &room, &to)) return to;
  }
  return kss_exec_domain(&img, kss_hdr(&img), dom, file.entry, file.object, &room);
}

uint32_t Simulator::cgroup(uint32_t dom, std::string_view path) const {
  kss_span img = runtime();
  uint32_t state = walk(KSS_STATE_CGROUP, path);
  uint32_t entry = state == KSS_STEP_ERROR ? 0 : kss_state_entry(&img, kss_hdr(&img), state);
  return entry ? find(KSS_KEY_EXEC, {dom, entry}).value_or(dom) : dom;
}

bool Simulator::may_enter(uint32_t dom, uint32_t to) const { return find(KSS_KEY_ENTER, {dom, to}) == 1u; }

}  // namespace kss::engine
