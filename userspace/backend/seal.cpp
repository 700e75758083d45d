// SPDX-License-Identifier: BSD-2-Clause
#include "backend/seal.hpp"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "backend/agent.hpp"
#include "backend/image_map.hpp"
#include "backend/wire.hpp"

namespace kss::backend {
namespace {

// First half of a key of kss_protected; see kss_protected_id() in bpf/system.bpf.c.
constexpr uint64_t kind_map = 1, kind_program = 2, kind_link = 3, kind_btf = 4;

Result<sockaddr_un> address_of(const LoadOptions& options) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::string path = agent_socket(options);
  if (path.size() >= sizeof address.sun_path)
    return Error{"the path " + path + " is too long for a socket", "", ENAMETOOLONG};
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

bool send_all(int fd, const void* data, size_t size) {
  for (auto* at = static_cast<const char*>(data); size > 0;) {
    ssize_t n = send(fd, at, size, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += n;
    size -= static_cast<size_t>(n);
  }
  return true;
}

Result<std::string> receive(int fd, size_t size) {
  std::string out(size, '\0');
  for (size_t have = 0; have < size;) {
    ssize_t n = recv(fd, out.data() + have, size - have, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return Error{"the agent broke off", "", n < 0 ? errno : EPIPE};
    have += static_cast<size_t>(n);
  }
  return out;
}

/// One request; the payload of the answer.
Result<std::string> ask(const LoadOptions& options, wire::Operation operation, const std::string& first,
                        std::span<const std::byte> rest) {
  auto address = address_of(options);
  if (!address) return address.error();
  Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd || connect(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0)
    return Error{
        "the policy is sealed and its agent does not answer at " + agent_socket(options) + ": " + std::strerror(errno),
        "without its agent a sealed policy stays until the next boot", EKEYREJECTED};
  std::string head = wire::make_request(operation, static_cast<uint32_t>(first.size() + rest.size()));
  bool sent = send_all(fd.get(), head.data(), head.size()) && send_all(fd.get(), first.data(), first.size()) &&
              send_all(fd.get(), rest.data(), rest.size());
  auto answer_head = receive(fd.get(), wire::header_bytes);
  if (!answer_head) return sent ? answer_head.error() : sys_error("cannot write to the agent");
  auto answer = wire::parse_answer(std::as_bytes(std::span(*answer_head)));
  if (!answer) return answer.error();
  auto payload = receive(fd.get(), answer->length);
  if (!payload) return payload.error();
  if (!answer->done) return wire::read_error(*payload, answer->error);
  return payload;
}

Result<std::string> signature_of(const LoadOptions& options, const char* over) {
  if (!options.signature)
    return Error{"the policy is sealed", std::string("--signature FILE: Ed25519 over ") + over, EPERM};
  auto text = read_file(*options.signature, 4096);
  if (!text) return text.error();
  if (text->size() != signature_bytes)
    return Error{*options.signature + " is not a signature: it has not 64 bytes", "", EKEYREJECTED};
  return text;
}

template <typename Info>
Info info_of(int fd) {
  Info info{};
  uint32_t size = sizeof info;
  if (bpf_obj_get_info_by_fd(fd, &info, &size) != 0) return Info{};
  return info;
}

}  // namespace

Status protect(const Pins& pins) {
  auto guarded = pins.open("map", "kss_protected");
  if (!guarded) return guarded.error();
  bool fine = true;
  auto add = [&](uint64_t kind, uint32_t id) {
    uint64_t key = kind << 32 | id;
    uint8_t one = 1;
    fine = fine && id && bpf_map_update_elem(guarded->get(), &key, &one, BPF_ANY) == 0;
  };
  auto add_map = [&](int fd) {
    auto info = info_of<bpf_map_info>(fd);
    add(kind_map, info.id);
    if (info.btf_id) add(kind_btf, info.btf_id);
  };
  auto add_program = [&](int fd) {
    auto info = info_of<bpf_prog_info>(fd);
    add(kind_program, info.id);
    if (info.btf_id) add(kind_btf, info.btf_id);
  };
  for (const std::string& name : pins.names("map")) {
    auto fd = pins.open("map", name);
    if (!fd) return fd.error();
    if (name == "kss_images") {
      auto image = current_image(fd->get());
      if (!image) return image.error();
      add_map(image->get());
    }
    add_map(fd->get());
  }
  for (const std::string& name : pins.names("prog")) {
    auto fd = pins.open("prog", name);
    if (!fd) return fd.error();
    add_program(fd->get());
  }
  for (const std::string& name : pins.names("link")) {
    auto fd = pins.open("link", name);
    if (!fd) return fd.error();
    auto info = info_of<bpf_link_info>(fd->get());
    add(kind_link, info.id);
    Fd program(bpf_prog_get_fd_by_id(info.prog_id));
    add_program(program.get());
  }
  if (!fine) return sys_error("cannot protect all maps, programs and links");
  return Unit{};
}

Status seal(const LoadOptions& options) {
  auto key = read_public_key(*options.seal_key);
  if (!key) return key.error();
  auto address = address_of(options);
  if (!address) return address.error();
  unlink(address->sun_path);
  Fd listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!listener || bind(listener.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0 ||
      listen(listener.get(), 4) != 0)
    return sys_error("cannot make the agent's socket " + agent_socket(options));
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return sys_error("pipe");
  Fd in(ends[0]), out(ends[1]);
  pid_t middle = fork();
  if (middle < 0) return sys_error("cannot fork the agent");
  if (middle == 0) {
    pid_t agent = fork();
    if (agent != 0) _exit(agent < 0 ? 1 : 0);  // the agent belongs to init
    run_agent(options, *key, listener.get(), out.get());
  }
  out = Fd();
  waitpid(middle, nullptr, 0);
  std::string word;
  char buffer[512];
  for (ssize_t n; (n = read(in.get(), buffer, sizeof buffer)) > 0;) word.append(buffer, static_cast<size_t>(n));
  if (word.size() == 1 && word[0] == '\0') return Unit{};
  unlink(address->sun_path);
  return Error{"the agent did not start" + (word.size() > 1 ? ": " + word.substr(1) : std::string()), "", EIO};
}

Result<LoadReport> swap_sealed(std::span<const kss_chunk> image, const LoadOptions& options) {
  if (options.dry_run) return Error{"a sealed policy has no dry run", "", EPERM};
  auto signature = signature_of(options, "the image file");
  if (!signature) return signature.error();
  auto text = ask(options, wire::Operation::replace, *signature, std::as_bytes(image));
  if (!text) return text.error();
  return wire::read_report(*text);
}

Status unload_sealed(const LoadOptions& options) {
  auto signature = signature_of(options, "the challenge (kss-load unload --challenge)");
  if (!signature) return signature.error();
  auto text = ask(options, wire::Operation::unload, *signature, {});
  if (!text) return text.error();
  return Unit{};
}

Result<StatusReport> status_sealed(const LoadOptions& options) {
  auto text = ask(options, wire::Operation::status, "", {});
  if (!text) return text.error();
  return wire::read_status(*text);
}

Result<std::vector<kss_audit>> records_sealed(const LoadOptions& options) {
  auto text = ask(options, wire::Operation::audit, "", {});
  if (!text) return text.error();
  return wire::read_records(*text);
}

Result<std::string> unload_challenge(const LoadOptions& options) {
  return ask(options, wire::Operation::challenge, "", {});
}

}  // namespace kss::backend
