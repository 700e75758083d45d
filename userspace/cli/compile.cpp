// SPDX-License-Identifier: BSD-2-Clause
// kss-load compile: a policy to an image file, signed if asked.
#include <memory>

#include "backend/signing.hpp"
#include "cli/source.hpp"

namespace kss::cli {
namespace {

struct Options {
  std::string policy, output, key;
  std::vector<std::string> include_dirs;
};

Exit compile(Cli& cli, Options& o) {
  cli.exit = Exit::ok;
  const auto s = open_source(cli, o.policy, o.include_dirs);
  if (!s) return cli.exit;
  if (o.output == "-" && (cli.json || !o.key.empty()))
    return cli.fail(Exit::usage,
                    {"-o - does not go with --json or --sign: the image is what stdout carries", "name a file", 0});
  std::string signature;
  if (!o.key.empty()) {
    auto made = backend::sign_message(o.key, bytes_of(s->image));
    if (!made) return cli.fail(Exit::sealed, made.error());
    signature = std::move(*made);
  }
  // The signature comes first: an image that stands there with an old signature is refused, and that is safe.
  if (!signature.empty())
    if (auto w = write_file(o.output + ".sig", std::as_bytes(std::span(signature)), 0644); !w)
      return cli.fail(Exit::internal, w.error());
  if (auto w = write_file(o.output, bytes_of(s->image), 0644); !w) return cli.fail(Exit::internal, w.error());
  const std::size_t size = s->image.size() * sizeof(kss_chunk);
  if (cli.json) {
    Json j = Json::object();
    j.set("ok", true).set("image", o.output).set("bytes", size);
    j.set("name", s->debug.policy_name).set("version", s->debug.policy_version);
    if (!signature.empty()) j.set("signature", o.output + ".sig");
    cli.print(j);
  } else if (o.output != "-") {
    std::printf("%s: policy %s version %u, %s%s\n", printable(o.output).c_str(),
                printable(s->debug.policy_name).c_str(), s->debug.policy_version, human_size(size).c_str(),
                signature.empty() ? "" : (", signed in " + printable(o.output) + ".sig").c_str());
  }
  return Exit::ok;
}

}  // namespace

void add_compile(CLI::App& app, Cli& cli) {
  auto o = std::make_shared<Options>();
  Command command(
      app, cli, "compile", "Compile a policy to an image",
      "The image is what devices load; it is the same, byte for byte, whenever the policy is the same. Tests of the\n"
      "policy are not run: see check.",
      "  kss-load compile policy.yaml -o policy.kss\n"
      "  kss-load compile policy.yaml -o policy.kss --sign key.pem   also writes policy.kss.sig\n"
      "  openssl genpkey -algorithm ed25519 -out key.pem             makes a key\n",
      [&cli, o] { return compile(cli, *o); });
  command.argument("POLICY", o->policy, "YAML policy; - is standard input")
      .option("-o,--output", o->output, "FILE", "Image to write; - is standard output")
      .required()
      .option("--sign", o->key, "KEY", "Ed25519 private key (PEM) to sign the image with; writes FILE.sig")
      .includes(o->include_dirs);
}

}  // namespace kss::cli
