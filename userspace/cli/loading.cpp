// SPDX-License-Identifier: BSD-2-Clause
#include "cli/loading.hpp"

#include <unistd.h>

#include <cerrno>
#include <span>

#include "backend/signing.hpp"
#include "cli/diagnostics.hpp"

namespace kss::cli {
namespace {

Json lost_json(const std::vector<backend::Lost>& lost) {
  Json list = Json::array();
  for (const backend::Lost& l : lost)
    list.push(Json::object()
                  .set("class", policy::class_name(l.cls))
                  .set("permissions", policy::perm_names(l.cls, l.perms))
                  .set("why", l.why)
                  .set("rules", Json::array_of(l.rules)));
  return list;
}

void print_lost(const std::vector<backend::Lost>& lost, const Colors& c) {
  for (const backend::Lost& l : lost) {
    std::fprintf(stderr, "%snot enforced:%s %s { %s }: %s\n", c.yellow, c.reset, policy::class_name(l.cls),
                 policy::perm_names(l.cls, l.perms).c_str(), printable(l.why).c_str());
    constexpr std::size_t shown = 5;
    for (std::size_t i = 0; i < l.rules.size() && i < shown; i++)
      std::fprintf(stderr, "    %s\n", printable(l.rules[i]).c_str());
    if (l.rules.size() > shown)
      std::fprintf(stderr, "    and %s\n", count(l.rules.size() - shown, "more rule").c_str());
  }
}

Exit check_signature(const Cli& cli, const Loading& o, const Source& s) {
  if (o.signature.empty()) return Exit::ok;
  const std::string key = !o.key.empty() ? o.key : o.load.seal_key.value_or("");
  if (key.empty()) return Exit::ok;  // the agent has the key that the policy is sealed with
  auto signature = read_file(o.signature);
  if (!signature) return cli.fail(Exit::sealed, signature.error());
  auto public_key = backend::read_public_key(key);
  if (!public_key) return cli.fail(Exit::sealed, public_key.error());
  if (!backend::verify_signature(*public_key, bytes_of(s.image), std::as_bytes(std::span(*signature))))
    return cli.fail(Exit::sealed, {o.signature + " is no signature by " + key + " over this image", "", EKEYREJECTED});
  return Exit::ok;
}

}  // namespace

void add_loading_options(Command& command, Loading& o) {
  command.argument("POLICY", o.policy, "YAML policy or compiled image; - is YAML on standard input")
      .flag("--dry-run", o.load.dry_run, "Try everything on this kernel, put nothing in force")
      .flag("--allow-degraded", o.load.allow_degraded, "Go on although this kernel can't mediate all of the policy")
      .option("--btf", o.load.btf_path, "FILE", "Kernel type information, where /sys/kernel/btf/vmlinux is missing")
      .option("--signature", o.signature, "FILE", "Detached Ed25519 signature of the image (compile --sign)")
      .option("--key", o.key, "KEY", "Public key (PEM) that the signature must be by")
      .number("--rate", o.load.audit_rate, 1, 1000000, "N", "Audit records a second for each domain and class (50)")
      .number("--ring-size", o.load.ringbuf_bytes, 4096, 1u << 30, "BYTES",
              "Bytes of the audit ring buffer, a power of two (1048576)")
      .includes(o.include_dirs)
      .places(o.load);
}

Exit fail_backend(const Cli& cli, Error error, const backend::LoadOptions& options) {
  if (error.sys_errno != EPERM && error.sys_errno != EACCES) return cli.fail(error);
  if (geteuid() != 0) {
    error.hint = "run it as root" + (error.hint.empty() ? "" : "; " + error.hint);
    return cli.fail(Exit::permission, error);
  }
  const auto status = backend::make_bpf_backend()->status(options);
  const bool sealed = status ? status->loaded && status->sealed : status.error().sys_errno == EKEYREJECTED;
  return cli.fail(sealed ? Exit::sealed : Exit::kernel, error);
}

Exit run_loading(Cli& cli, Loading& o, const char* done,
                 const std::function<Result<backend::LoadReport>(std::span<const kss_chunk>)>& put) {
  cli.exit = Exit::ok;
  const auto s = open_source(cli, o.policy, o.include_dirs);
  if (!s) return cli.exit;
  if (const Exit e = check_signature(cli, o, *s); e != Exit::ok) return e;
  if (geteuid() != 0)
    return cli.fail(Exit::permission, {"only root may put a policy in force", "run it as root, or use check", EPERM});
  if (!o.signature.empty()) o.load.signature = o.signature;
  auto report = put(s->image);
  if (!report) return fail_backend(cli, report.error(), o.load);
  if (cli.json) {
    Json j = Json::object();
    j.set("ok", true).set("dry_run", o.load.dry_run).set("policy", s->debug.policy_name);
    j.set("version", s->debug.policy_version).set("generation", report->generation).set("attach", report->attach);
    j.set("hooks", Json::array_of(report->attached)).set("lost", lost_json(report->lost));
    j.set("notes", Json::array_of(report->notes)).set("kernel_bytes", report->kernel_bytes);
    j.set("took_us", report->took.count()).set("diagnostics", to_json(s->diagnostics));
    cli.print(j);
    return Exit::ok;
  }
  print_lost(report->lost, cli.err());
  for (const std::string& note : report->notes) cli.note(note);
  const Colors c = cli.out();
  std::printf(
      "%s%s%s version %u %s%s%s, %s attached by %s, %s of kernel memory, %.1f ms\n", c.bold,
      printable(s->debug.policy_name).c_str(), c.reset, s->debug.policy_version, o.load.dry_run ? "can be " : "is ",
      done,
      o.load.dry_run ? " (dry run: nothing changed)" : (" as generation " + std::to_string(report->generation)).c_str(),
      count(report->attached.size(), "hook").c_str(), report->attach.c_str(), human_size(report->kernel_bytes).c_str(),
      static_cast<double>(report->took.count()) / 1000);
  return Exit::ok;
}

}  // namespace kss::cli
