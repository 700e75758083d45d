// SPDX-License-Identifier: BSD-2-Clause
// kss-load audit: what the policy denied, and what it was told to report.
#include <charconv>
#include <csignal>
#include <memory>
#include <optional>

#include "cli/denials.hpp"
#include "cli/loading.hpp"
#include "cli/records.hpp"

namespace kss::cli {
namespace {

struct Options {
  backend::LoadOptions load;
  bool follow = false;
  std::string domain, since;
};

/// "90s", "10m", "2h", "1d" ago, or a number of seconds, as nanoseconds.
std::optional<uint64_t> parse_age(const std::string& text) {
  uint64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  const std::string unit(end, text.data() + text.size());
  const uint64_t scale = unit.empty() || unit == "s" ? 1
                         : unit == "m"               ? 60
                         : unit == "h"               ? 3600
                         : unit == "d"               ? 86400
                                                     : 0;
  if (error != std::errc() || scale == 0 || n > 1'000'000'000) return std::nullopt;
  return n * scale * 1'000'000'000;
}

volatile std::sig_atomic_t interrupted = 0;

/// Ctrl-C and SIGTERM end following, not the program: what was read is kept and printed.
void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = 1; };
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

class Printer {
 public:
  Printer(const Cli& cli, const Options& o, Generations& names, uint64_t from)
      : cli_(cli), o_(o), names_(names), colors_(cli.out()), from_(from) {}

  void operator()(const kss_audit& r) {
    if (r.time < from_) return;
    const Record words = describe(r, names_.of(r.generation));
    if (!o_.domain.empty() && words.domain != o_.domain) return;
    const std::string text = cli_.json ? json_of(r, words).dump(false) : line_of(r, words, colors_);
    std::printf("%s\n", text.c_str());
    if (o_.follow) std::fflush(stdout);
  }

 private:
  const Cli& cli_;
  const Options& o_;
  Generations& names_;
  Colors colors_;
  uint64_t from_;
};

Exit audit(const Cli& cli, const Options& o) {
  uint64_t from = 0;
  if (!o.since.empty()) {
    const auto age = parse_age(o.since);
    if (!age) return cli.fail(Exit::usage, {"`" + o.since + "` is no span of time", "as 90s, 10m, 2h or 1d", 0});
    from = boot_now() > *age ? boot_now() - *age : 0;
  }
  const auto backend = backend::make_bpf_backend();
  Generations names(*backend, o.load);
  Printer print(cli, o, names, from);
  Denials denials(o.load.state_dir);
  const auto claimed = denials.claim();
  if (!claimed) return fail_backend(cli, claimed.error(), o.load);
  if (!o.since.empty() || !*claimed) {
    auto kept = denials.all();
    if (!kept) return fail_backend(cli, kept.error(), o.load);
    for (const kss_audit& r : *kept) print(r);
  }
  if (!*claimed) {
    if (o.follow)
      return cli.fail(Exit::state, {"another kss-load audit --follow is reading the records", "end that one first", 0});
    cli.note("another kss-load audit is reading: these are the denials that it keeps");
    return Exit::ok;
  }
  bool warned = false;
  if (o.follow) catch_interrupts();
  auto done = backend->audit(
      o.load, [&] { return o.follow && !interrupted; },
      [&](const kss_audit& r) {
        if (auto kept = denials.keep(r); !kept && !warned) {
          cli.note(kept.error().message + ": kss-load explain will not see these denials");
          warned = true;
        }
        print(r);
        return !std::ferror(stdout) && !interrupted;
      });
  if (!done) return fail_backend(cli, done.error(), o.load);
  return Exit::ok;
}

}  // namespace

void add_audit(CLI::App& app, Cli& cli) {
  auto o = std::make_shared<Options>();
  Command command(
      app, cli, "audit", "Show denials and audited grants",
      "One record a line: time, verdict, generation of the policy, domain, type : class { permissions }, path or\n"
      "address, task, and the reason or the rule that had it reported. Reading takes records out of the kernel; the\n"
      "last 256 denials are kept in the state directory, for --since and for explain. With --json each record is one\n"
      "line.",
      "  kss-load audit                        what has come since the last time\n"
      "  kss-load audit --follow --domain hmi  wait for more; end with Ctrl-C\n"
      "  kss-load audit --since 10m            denials that were shown before, too\n"
      "  kss-load audit --json --follow | tee /var/log/kss.jsonl\n",
      [&cli, o] { return audit(cli, *o); });
  command.flag("-f,--follow", o->follow, "Wait for more records")
      .option("--domain", o->domain, "D", "Only records of this domain")
      .option("--since", o->since, "AGE", "Also kept denials not older than this: 90s, 10m, 2h, 1d")
      .places(o->load);
}

}  // namespace kss::cli
