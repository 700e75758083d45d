// SPDX-License-Identifier: BSD-2-Clause
// kss-load unload: ends enforcement.
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <span>

#include "cli/loading.hpp"

namespace kss::cli {

namespace {

struct Options {
  backend::LoadOptions load;
  std::string challenge, signature;
};

/// Writes what the key's holder has to sign before a sealed policy can be unloaded.
Exit write_challenge(const Cli& cli, const Options& o) {
  auto bytes = backend::unload_challenge(o.load);
  if (!bytes) return fail_backend(cli, bytes.error(), o.load);
  if (auto w = write_file(o.challenge, std::as_bytes(std::span(*bytes)), 0600); !w)
    return cli.fail(Exit::internal, w.error());
  if (cli.json && o.challenge != "-")
    cli.print(Json::object().set("ok", true).set("challenge", o.challenge));
  else
    cli.note("sign it and give the signature to unload --signature; it is good for one time");
  return Exit::ok;
}

Exit unload(const Cli& cli, Options& o) {
  if (geteuid() != 0) return cli.fail(Exit::permission, {"only root may unload the policy", "run it as root", EPERM});
  if (!o.challenge.empty()) return write_challenge(cli, o);
  if (!o.signature.empty()) o.load.signature = o.signature;
  if (auto done = backend::make_bpf_backend()->unload(o.load); !done) return fail_backend(cli, done.error(), o.load);
  if (cli.json)
    cli.print(Json::object().set("ok", true));
  else
    std::printf("the policy is unloaded: nothing is confined\n");
  return Exit::ok;
}

}  // namespace

void add_unload(CLI::App& app, Cli& cli) {
  auto o = std::make_shared<Options>();
  Command command(app, cli, "unload", "End enforcement and remove the policy",
                  "From then on no task is confined. A sealed policy (exit code 7) takes a signature, by the key that "
                  "it is sealed\n"
                  "with, over a challenge that is good for one time.",
                  "  kss-load unload\n"
                  "  kss-load unload --challenge c && openssl pkeyutl -sign -rawin -inkey key.pem -in c -out c.sig\n"
                  "  kss-load unload --signature c.sig    of a sealed policy\n"
                  "  kss-load swap policy.yaml            is better than unload and load: there is no gap\n",
                  [&cli, o] { return unload(cli, *o); });
  command.places(o->load)
      .option("--challenge", o->challenge, "FILE",
              "Write what has to be signed to unload a sealed policy; - is standard output")
      .option("--signature", o->signature, "FILE", "Ed25519 signature (64 bytes) over the challenge")
      .exclusive({"--challenge", "--signature"});
}

}  // namespace kss::cli
