// SPDX-License-Identifier: BSD-2-Clause
// kss-load check: everything about a policy that can be known without a kernel.
#include <memory>

#include "cli/diagnostics.hpp"
#include "cli/policy_tests.hpp"
#include "cli/source.hpp"
#include "cli/stats.hpp"
#include "policy/lint.hpp"

namespace kss::cli {
namespace {

struct Options {
  std::vector<std::string> policies, include_dirs;
  bool stats = false, no_tests = false, strict = false;
};

Json stats_json(const Source& s) {
  Json j = Json::object();
  for (const Stat& stat : image_stats(s.image)) j.set(stat.key, stat.value);
  return j;
}

void print_stats(const Source& s, const Colors& c) {
  for (const Stat& stat : image_stats(s.image))
    std::printf("  %s%-34s%s %s\n", c.dim, stat.text.c_str(), c.reset,
                stat.bytes ? human_size(stat.value).c_str() : std::to_string(stat.value).c_str());
}

Exit check_one(Cli& cli, const Options& o, const std::string& path) {
  cli.exit = Exit::ok;
  auto s = open_source(cli, path, o.include_dirs);
  if (!s) return cli.exit;
  if (s->checked) {
    Diagnostics hardly_meant;
    policy::lint(*s->checked, hardly_meant);
    if (!cli.json) print(hardly_meant, cli.err(), stderr);
    s->diagnostics.insert(s->diagnostics.end(), hardly_meant.begin(), hardly_meant.end());
  }
  const TestReport tests = o.no_tests ? TestReport{} : run_tests(*s);
  const std::size_t warnings = count_of(s->diagnostics, Diagnostic::Severity::warning);
  const bool ok = tests.failures.empty() && !(o.strict && warnings);
  const std::size_t rules = s->debug.rules.size();
  const std::size_t domains =
      s->debug.domains.size() - std::min<std::size_t>(KSS_DOMAIN_FIRST, s->debug.domains.size());
  if (cli.json) {
    Json j = Json::object();
    j.set("ok", ok).set("exit", static_cast<int>(ok ? Exit::ok : Exit::policy)).set("policy", path);
    j.set("name", s->debug.policy_name).set("version", s->debug.policy_version).set("image", s->is_image);
    j.set("domains", domains).set("rules", rules).set("diagnostics", to_json(s->diagnostics));
    j.set("tests", Json::object().set("run", tests.run).set("failures", to_json(tests.failures)));
    if (o.stats) j.set("stats", stats_json(*s));
    cli.print(j);
    return ok ? Exit::ok : Exit::policy;
  }
  print(tests.failures, cli.err(), stderr);
  const Colors c = cli.out();
  std::printf("%s: %s%s%s: policy %s version %u, %s, %s", printable(path).c_str(), ok ? c.green : c.red,
              ok ? "ok" : "failed", c.reset, printable(s->debug.policy_name).c_str(), s->debug.policy_version,
              count(domains, "domain").c_str(), count(rules, "rule").c_str());
  if (tests.run) std::printf(", %s, %zu failed", count(tests.run, "test").c_str(), tests.failures.size());
  if (warnings) std::printf(", %s", count(warnings, "warning").c_str());
  std::printf("\n");
  if (o.stats) print_stats(*s, c);
  return ok ? Exit::ok : Exit::policy;
}

}  // namespace

void add_check(CLI::App& app, Cli& cli) {
  auto o = std::make_shared<Options>();
  Command command(app, cli, "check", "Check a policy and run its own tests",
                  "Reports all errors at once, as FILE:LINE:COLUMN: error: MESSAGE, and warns of what is hardly meant: "
                  "rules without\n"
                  "effect, blanket grants, domains that nobody enters. Nothing is loaded; needs no privileges.",
                  "  kss-load check policy.yaml\n"
                  "  kss-load check --stats policy.yaml       sizes and numbers of classes too\n"
                  "  kss-load check --strict policies/*.yaml  warnings fail too\n",
                  [&cli, o] {
                    Exit worst = Exit::ok;
                    for (const std::string& path : o->policies)
                      if (const Exit e = check_one(cli, *o, path); e != Exit::ok) worst = e;
                    return worst;
                  });
  command.arguments("POLICY", o->policies, "YAML policies or compiled images; - is standard input")
      .includes(o->include_dirs)
      .flag("--stats", o->stats, "Show sizes, classes and states of the compiled image")
      .flag("--no-tests", o->no_tests, "Do not run the policy's own tests")
      .flag("--strict", o->strict, "Fail on warnings");
}

}  // namespace kss::cli
