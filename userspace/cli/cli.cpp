// SPDX-License-Identifier: BSD-2-Clause
#include "cli/cli.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>

namespace kss::cli {
namespace {

Colors colors_for(const std::string& when, int fd) {
  const char* no_color = std::getenv("NO_COLOR");  // https://no-color.org: set and not empty
  const char* term = std::getenv("TERM");
  const bool automatic = isatty(fd) && !(no_color && *no_color) && !(term && std::strcmp(term, "dumb") == 0);
  if (when == "never" || (when == "auto" && !automatic)) return {};
  return {"\033[1m", "\033[1;31m", "\033[32m", "\033[1;33m", "\033[36m", "\033[2m", "\033[0m"};
}

}  // namespace

Colors Cli::out() const { return colors_for(color, STDOUT_FILENO); }
Colors Cli::err() const { return colors_for(color, STDERR_FILENO); }

void Cli::print(const Json& document) const {
  const std::string text = document.dump(true) + "\n";
  std::fwrite(text.data(), 1, text.size(), stdout);
}

Exit Cli::fail(Exit code, const Error& error) const {
  if (json) {
    Json e = Json::object();
    e.set("message", error.message);
    if (!error.hint.empty()) e.set("hint", error.hint);
    if (error.sys_errno) e.set("errno", error.sys_errno);
    print(Json::object().set("ok", false).set("exit", static_cast<int>(code)).set("error", std::move(e)));
    return code;
  }
  const Colors c = err();
  std::fflush(stdout);
  std::fprintf(stderr, "%skss-load: %serror:%s %s\n", c.bold, c.red, c.reset, printable(error.message).c_str());
  if (!error.hint.empty()) std::fprintf(stderr, "    %s\n", printable(error.hint).c_str());
  return code;
}

void Cli::note(const std::string& text) const {
  if (json) return;
  std::fflush(stdout);
  std::fprintf(stderr, "kss-load: %s\n", printable(text).c_str());
}

Exit Cli::exit_of(const Error& error) {
  switch (error.sys_errno) {
    case EPERM:
    case EACCES: return Exit::permission;
    case ENOENT:
    case ESRCH:
    case EEXIST:
    case EALREADY:
    case EBUSY: return Exit::state;
    case EKEYREJECTED:
    case EKEYEXPIRED:
    case EKEYREVOKED:
    case ENOKEY: return Exit::sealed;
    case EBADMSG: return Exit::policy;
    default: return Exit::kernel;
  }
}

std::string human_size(uint64_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + " B";
  static const char* const units[] = {"KiB", "MiB", "GiB", "TiB"};
  double v = static_cast<double>(bytes) / 1024;
  std::size_t u = 0;
  for (; v >= 1024 && u + 1 < std::size(units); u++) v /= 1024;
  char buf[32];
  std::snprintf(buf, sizeof buf, "%.1f %s", v, units[u]);
  return buf;
}

std::string count(uint64_t n, std::string_view noun) {
  std::string s = std::to_string(n) + " ";
  s += noun;
  if (n == 1) return s;
  if (s.ends_with("ss")) return s + "es";
  if (s.ends_with("y")) return s.substr(0, s.size() - 1) + "ies";
  return s + "s";
}

std::string printable(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    const std::size_t n = utf8_length(text, i);
    // C1 controls (U+0080 to U+009F) are as able to drive a terminal as C0 ones.
    const bool c1 = n == 2 && c == 0xc2 && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (n == 0 || c1 || (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f) {
      char buf[8];
      std::snprintf(buf, sizeof buf, "\\x%02x", c);
      out += buf;
      i++;
    } else {
      out.append(text, i, n);
      i += n;
    }
  }
  return out;
}

}  // namespace kss::cli
