// SPDX-License-Identifier: BSD-2-Clause
#include "backend/agent.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

#include "backend/load.hpp"
#include "backend/running.hpp"
#include "backend/seal.hpp"
#include "backend/wire.hpp"

namespace kss::backend {
namespace {

bool g_agent = false;  // this process is the agent

/// From here on the pins are where this process is.
Status become_agent(LoadOptions& options) {
  if (prctl(KSS_PRCTL, KSS_PRCTL_AGENT, 0, 0, 0) >= 0 || errno != KSS_PRCTL_DONE)
    return sys_error("cannot become the agent");
  // Mounts of its own: what others change in theirs (read-only, say) does not bind it. Unmounting still reaches here.
  if (unshare(CLONE_NEWNS) == 0) (void)mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr);
  if (chdir(options.pin_dir.c_str()) != 0) return sys_error("cannot go to " + options.pin_dir);
  options.pin_dir = ".";
  auto running = open_running(options.pin_dir);
  if (!running) return running.error();
  struct stat st {};
  if (stat(".", &st) != 0) return sys_error("cannot look at the pins");
  g_agent = true;
  at(options, "protect");
  if (auto done = protect(running->pins); !done) return done;
  running->control->pins_dev =
      static_cast<uint64_t>(major(st.st_dev)) << 20 | minor(st.st_dev);  // as the kernel has it
  running->control->pins_ino = st.st_ino;
  at(options, "seal");
  store(running->control->sealed, 1);
  at(options, "sealed");
  return Unit{};
}

bool read_all(int fd, void* data, size_t size) {
  for (auto* at = static_cast<char*>(data); size > 0;) {
    ssize_t n = recv(fd, at, size, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += n;
    size -= static_cast<size_t>(n);
  }
  return true;
}

void write_all(int fd, const std::string& data) {
  for (size_t done = 0; done < data.size();) {
    ssize_t n = send(fd, data.data() + done, data.size() - done, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    done += static_cast<size_t>(n);
  }
}

std::string refuse(const Error& e) { return wire::make_answer(false, e.sys_errno, wire::write_error(e)); }

/// Serves one connection; true if the policy is gone.
bool serve(int fd, const LoadOptions& options, AgentMind& mind) {
  timeval patience{5, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.uid != 0) return false;

  std::byte head[wire::header_bytes];
  if (!read_all(fd, head, sizeof head)) return false;
  auto request = wire::parse_request(head);
  if (!request) return write_all(fd, refuse(request.error())), false;
  std::vector<std::byte> payload;
  // Memory is taken as bytes arrive: a length alone takes none.
  while (payload.size() < request->length) {
    size_t part = std::min<size_t>(request->length - payload.size(), 1u << 20), have = payload.size();
    payload.resize(have + part);
    if (!read_all(fd, payload.data() + have, part)) return false;
  }
  switch (request->operation) {
    case wire::Operation::challenge: write_all(fd, wire::make_answer(true, 0, mind.challenge())); return false;
    case wire::Operation::replace: {
      auto image = mind.accept_image(payload);
      if (!image) return write_all(fd, refuse(image.error())), false;
      auto report = swap_image(*image, options);
      write_all(fd, report ? wire::make_answer(true, 0, wire::write_report(*report)) : refuse(report.error()));
      return false;
    }
    case wire::Operation::unload: {
      Status done = mind.accept_unload(payload);
      if (done) {
        auto next = make_nonce();  // good for one time, even if the unload fails
        if (next) mind.renew(*next);
        done = next ? unload_all(options) : Status(next.error());
      }
      write_all(fd, done ? wire::make_answer(true, 0, "") : refuse(done.error()));
      return static_cast<bool>(done);
    }
    case wire::Operation::status: {
      auto report = status_of(options);
      write_all(fd, report ? wire::make_answer(true, 0, wire::write_status(*report)) : refuse(report.error()));
      return false;
    }
    case wire::Operation::audit: {
      std::string records;
      Status done = read_audit(
          options, [] { return false; },
          [&](const kss_audit& r) {
            wire::write_record(records, r);
            return records.size() + wire::max_record <= wire::max_answer;
          });
      write_all(fd, done ? wire::make_answer(true, 0, records) : refuse(done.error()));
      return false;
    }
  }
  return false;
}

}  // namespace

bool is_agent() { return g_agent; }

std::string agent_socket(const LoadOptions& options) { return options.state_dir + "/agent"; }

std::string AgentMind::challenge() const {
  return "kss-unload\n" + std::string(reinterpret_cast<const char*>(nonce_.data()), nonce_.size());
}

Result<std::vector<kss_chunk>> AgentMind::accept_image(std::span<const std::byte> payload) const {
  if (payload.size() < signature_bytes || (payload.size() - signature_bytes) % KSS_CHUNK)
    return Error{"malformed message: length of replace", "", EPROTO};
  auto bytes = payload.subspan(signature_bytes);
  if (!verify_signature(key_, bytes, payload.first(signature_bytes)))
    return Error{"the signature is not by the key that the policy is sealed with, over this image", "", EKEYREJECTED};
  std::vector<kss_chunk> image(bytes.size() / KSS_CHUNK);
  std::memcpy(image.data(), bytes.data(), bytes.size());
  return image;
}

Status AgentMind::accept_unload(std::span<const std::byte> signature) const {
  std::string message = challenge();
  if (!verify_signature(key_, std::as_bytes(std::span(message)), signature))
    return Error{"the signature is not by the key that the policy is sealed with, over the challenge in force", "",
                 EKEYREJECTED};
  return Unit{};
}

void run_agent(const LoadOptions& given, const PublicKey& key, int listener, int ready) {
  setsid();
  for (int fd = 3; fd < 1024; fd++)
    if (fd != listener && fd != ready) close(fd);
  prctl(PR_SET_NAME, "kss-agent");
  prctl(PR_SET_DUMPABLE, 0);
  for (int sig : {SIGHUP, SIGINT, SIGPIPE, SIGTERM, SIGUSR1, SIGUSR2}) signal(sig, SIG_IGN);
  mlockall(MCL_CURRENT | MCL_FUTURE);
  if (Fd oom(open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)); oom) (void)!write(oom.get(), "-1000", 5);

  LoadOptions options = given;
  options.seal_key.reset();
  options.signature.reset();
  options.dry_run = false;
  Status done = become_agent(options);
  auto nonce = make_nonce();
  if (done && !nonce) done = nonce.error();
  std::string word = done ? std::string(1, '\0') : "\1" + done.error().message;
  if (write(ready, word.data(), word.size()) < 0 || !done) _exit(1);
  close(ready);
  options.at = nullptr;
  if (int null = open("/dev/null", O_RDWR | O_CLOEXEC); null >= 0)
    for (int fd = 0; fd < 3; fd++) dup2(null, fd);

  AgentMind mind(key, *nonce);
  for (;;) {
    Fd client(accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
    if (!client) continue;
    if (serve(client.get(), options, mind)) break;
  }
  rmdir(given.pin_dir.c_str());
  unlink(agent_socket(options).c_str());
  _exit(0);
}

}  // namespace kss::backend
