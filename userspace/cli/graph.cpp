// SPDX-License-Identifier: BSD-2-Clause
// kss-load graph: a policy as a picture.
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "cli/dot.hpp"
#include "cli/source.hpp"
#include "lib/labels.hpp"

namespace kss::cli {
namespace {

struct Options {
  std::string policy, output;
  std::vector<std::string> include_dirs;
  DotOptions dot;
};

/// Has `dot` make an SVG of the file `from`.
Status render(const std::string& from, const std::string& to) {
  const std::string out = "-o" + to;
  const char* argv[] = {"dot", "-Tsvg", out.c_str(), from.c_str(), nullptr};
  pid_t pid = 0;
  const int error = posix_spawnp(&pid, "dot", nullptr, nullptr, const_cast<char**>(argv), environ);
  int wait_status = 0;
  if (error == 0)
    while (waitpid(pid, &wait_status, 0) < 0 && errno == EINTR) {
    }
  const bool missing = error == ENOENT || (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 127);
  if (missing)
    return Error{"SVG takes the program `dot`, which is not installed", "install graphviz, or write DOT: -o FILE.dot",
                 ENOENT};
  if (error || !WIFEXITED(wait_status) || WEXITSTATUS(wait_status) != 0)
    return Error{"`dot` could not make the picture" + (error ? std::string(": ") + std::strerror(error) : ""), "",
                 error};
  return Unit{};
}

Exit graph(Cli& cli, const Options& o) {
  cli.exit = Exit::ok;
  const auto s = open_source(cli, o.policy, o.include_dirs, true);
  if (!s) return cli.exit;
  if (!o.dot.domain.empty() && !lib::find_domain(s->debug, o.dot.domain))
    return cli.fail(Exit::usage, {"the policy has no domain " + o.dot.domain, "", 0});
  const Dot dot = make_dot(s->debug, o.dot);
  const auto bytes = std::as_bytes(std::span(dot.text));
  Status written = Unit{};
  if (o.output.ends_with(".svg")) {
    std::string tmp = "/tmp/kss-graph.XXXXXX";
    const int fd = mkostemp(tmp.data(), O_CLOEXEC);
    if (fd < 0)
      return cli.fail(Exit::internal,
                      {std::string("cannot create a file in /tmp: ") + std::strerror(errno), "", errno});
    close(fd);
    written = write_file(tmp, bytes, 0600);
    if (written) written = render(tmp, o.output);
    unlink(tmp.c_str());
  } else if (!o.output.empty() || !cli.json) {
    written = write_file(o.output.empty() ? "-" : o.output, bytes, 0644);
  }
  if (!written) return cli.fail(Exit::internal, written.error());
  if (!dot.note.empty()) cli.note(dot.note);
  if (cli.json) {
    Json j = Json::object().set("ok", true).set("policy", s->debug.policy_name);
    if (o.output.empty())
      j.set("dot", dot.text);
    else
      j.set("file", o.output);
    if (!dot.note.empty()) j.set("note", dot.note);
    cli.print(j);
  }
  return Exit::ok;
}

}  // namespace

void add_graph(CLI::App& app, Cli& cli) {
  auto o = std::make_shared<Options>();
  Command command(
      app, cli, "graph", "Draw a policy",
      "Domains are boxes, types ellipses; edges show what is allowed, dashed ones how a domain is entered. Types that\n"
      "no rule tells apart stand in one frame; in a big policy they are one node. DOT on standard output, or by the\n"
      "file's ending DOT or SVG (which takes Graphviz' `dot`).",
      "  kss-load graph policy.yaml -o policy.svg\n"
      "  kss-load graph policy.kss --domain hmi -o hmi.svg\n"
      "  kss-load graph policy.yaml | dot -Tpng >policy.png\n",
      [&cli, o] { return graph(cli, *o); });
  command.argument("POLICY", o->policy, "YAML policy or compiled image; - is YAML on standard input")
      .option("-o,--output", o->output, "FILE", "FILE.svg or FILE.dot; standard output if absent")
      .option("--domain", o->dot.domain, "D", "Only this domain and what it may reach")
      .number("--max-nodes", o->dot.max_nodes, 1, 1000000, "N",
              "Fold types that no rule tells apart beyond this many nodes (120)")
      .includes(o->include_dirs);
}

}  // namespace kss::cli
