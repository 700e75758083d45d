// SPDX-License-Identifier: BSD-2-Clause
#include "cli/source.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iterator>

#include "cli/diagnostics.hpp"

namespace kss::cli {
namespace {

Error system_error(const std::string& what, int error, const std::string& hint = "") {
  return {what + ": " + std::strerror(error), hint, error};
}

Exit report_diagnostics(const Cli& cli, const std::string& path, const Diagnostics& diagnostics) {
  if (cli.json) {
    cli.print(Json::object()
                  .set("ok", false)
                  .set("exit", static_cast<int>(Exit::policy))
                  .set("policy", path)
                  .set("diagnostics", to_json(diagnostics)));
  } else {
    print(diagnostics, cli.err(), stderr);
    const Colors c = cli.err();
    std::fprintf(stderr, "%s%s: %s%s\n", c.bold, printable(path).c_str(),
                 count(count_of(diagnostics, Diagnostic::Severity::error), "error").c_str(), c.reset);
  }
  return Exit::policy;
}

}  // namespace

std::span<const std::byte> bytes_of(const std::vector<kss_chunk>& image) { return std::as_bytes(std::span(image)); }

bool is_image(std::span<const std::byte> bytes) {
  kss_le32 magic = 0;
  if (bytes.size() < sizeof magic) return false;
  std::memcpy(&magic, bytes.data(), sizeof magic);
  return kss_get32(magic) == KSS_IMAGE_MAGIC;
}

Result<std::vector<kss_chunk>> image_from(std::span<const std::byte> bytes, const std::string& name) {
  if (auto valid = policy::validate(bytes); !valid)
    return Error{name + ": " + valid.error().message, valid.error().hint, EBADMSG};
  std::vector<kss_chunk> image(bytes.size() / sizeof(kss_chunk));
  std::memcpy(image.data(), bytes.data(), image.size() * sizeof(kss_chunk));
  return image;
}

Result<std::string> read_file(const std::string& path) {
  const int fd = path == "-" ? dup(STDIN_FILENO) : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return system_error("cannot open " + path, errno);
  std::string text;
  char buf[65536];
  for (;;) {
    const ssize_t n = read(fd, buf, sizeof buf);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const int error = errno;
      close(fd);
      return system_error("cannot read " + path, error);
    }
    if (n == 0) break;
    text.append(buf, static_cast<std::size_t>(n));
    if (text.size() > std::size_t{KSS_MAX_CHUNKS} * KSS_CHUNK) {
      close(fd);
      return Error{path + " is larger than any policy or image can be", "", EFBIG};
    }
  }
  close(fd);
  return text;
}

Status write_file(const std::string& path, std::span<const std::byte> bytes, unsigned mode) {
  if (path == "-" || path == "/dev/stdout") {
    if (fwrite(bytes.data(), 1, bytes.size(), stdout) != bytes.size())
      return system_error("cannot write to stdout", errno);
    return Unit{};
  }
  std::string tmp = path + ".XXXXXX";
  const int fd = mkostemp(tmp.data(), O_CLOEXEC);
  if (fd < 0) return system_error("cannot create " + tmp, errno);
  const auto give_up = [&](const char* what) {
    const int error = errno;
    close(fd);
    unlink(tmp.c_str());
    return system_error(what + path, error);
  };
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t n = write(fd, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return give_up("cannot write ");
    done += static_cast<std::size_t>(n);
  }
  if (fchmod(fd, mode) || fsync(fd)) return give_up("cannot write ");
  if (rename(tmp.c_str(), path.c_str())) return give_up("cannot replace ");
  close(fd);
  return Unit{};
}

std::optional<Source> open_source(Cli& cli, const std::string& path, const std::vector<std::string>& include_dirs,
                                  bool quiet) {
  Source s;
  s.path = path;
  auto text = read_file(path);
  if (!text) {
    cli.exit = cli.fail(text.error().sys_errno == EACCES ? Exit::permission : Exit::internal, text.error());
    return std::nullopt;
  }
  const auto bytes = std::as_bytes(std::span(*text));
  if (is_image(bytes)) {
    s.is_image = true;
    auto image = image_from(bytes, path);
    if (!image) {
      cli.exit = cli.fail(Exit::policy, image.error());
      return std::nullopt;
    }
    s.image = std::move(*image);
  } else {
    const policy::ParseOptions options{include_dirs};
    s.checked = path == "-" ? policy::check_text(*text, "<stdin>", options, s.diagnostics)
                            : policy::check_file(path, options, s.diagnostics);
    if (s.checked)
      if (auto image = policy::compile(*s.checked, s.diagnostics)) s.image = std::move(*image);
    if (s.image.empty()) {
      cli.exit = report_diagnostics(cli, path, s.diagnostics);
      return std::nullopt;
    }
    if (!quiet && !cli.json) print(s.diagnostics, cli.err(), stderr);
  }
  auto debug = policy::read_debuginfo(bytes_of(s.image));
  if (!debug) {
    cli.exit = cli.fail(Exit::policy, {path + ": " + debug.error().message, debug.error().hint, 0});
    return std::nullopt;
  }
  s.debug = std::move(*debug);
  return s;
}

}  // namespace kss::cli
