// SPDX-License-Identifier: BSD-2-Clause
// kss-load diff: what a new policy makes possible or impossible.
#include "policy/diff.hpp"

#include <algorithm>
#include <memory>

#include "cli/rules.hpp"
#include "cli/source.hpp"

namespace kss::cli {
namespace {

struct Options {
  std::vector<std::string> policies, include_dirs;
  bool strict = false;
};

void print_names(const char* sign, const char* color, const char* what, const std::vector<std::string>& names,
                 const Colors& c) {
  for (const std::string& name : names)
    std::printf("%s%s %s %s%s\n", color, sign, what, printable(name).c_str(), c.reset);
}

void print_accesses(const char* sign, const char* color, const policy::DebugInfo& debug,
                    const std::vector<policy::Access>& list, const Colors& c) {
  for (const policy::Access& a : list)
    std::printf("%s%s %s%s  %s%s%s\n", color, sign, printable(access_text(debug, a)).c_str(), c.reset, c.dim,
                printable(rules_text(debug, a)).c_str(), c.reset);
}

Exit show(const Cli& cli, const Options& o, const Source& before, const Source& after) {
  const policy::PolicyDiff d = policy::diff(before.debug, after.debug);
  // Less is denied, or may be, where a flow or formula is gone or says something else.
  const bool looser = std::any_of(d.changed.begin(), d.changed.end(), [](const auto& change) {
    return (change.what == "flow" || change.what == "formula") && !change.removed.empty();
  });
  const Exit exit = o.strict && (looser || !d.gained.empty()) ? Exit::policy : Exit::ok;
  if (cli.json) {
    auto names = [](const std::vector<std::string>& added, const std::vector<std::string>& removed) {
      return Json::object().set("added", Json::array_of(added)).set("removed", Json::array_of(removed));
    };
    Json changed = Json::array();
    for (const auto& change : d.changed)
      changed.push(Json::object()
                       .set("name", change.name)
                       .set("what", change.what)
                       .set("removed", Json::array_of(change.removed))
                       .set("added", Json::array_of(change.added)));
    Json j = Json::object().set("ok", exit == Exit::ok).set("exit", static_cast<int>(exit)).set("same", d.same());
    j.set("domains", names(d.domains_added, d.domains_removed)).set("types", names(d.types_added, d.types_removed));
    j.set("changed", changed).set("gained", to_json(after.debug, d.gained)).set("lost", to_json(before.debug, d.lost));
    cli.print(j);
    return exit;
  }
  const Colors c = cli.out();
  print_names("-", c.green, "domain", d.domains_removed, c);
  print_names("+", c.red, "domain", d.domains_added, c);
  print_names("-", c.green, "type", d.types_removed, c);
  print_names("+", c.red, "type", d.types_added, c);
  for (const auto& change : d.changed) {
    std::printf("%s%s%s: %s\n", c.bold, printable(change.name).c_str(), c.reset, change.what.c_str());
    for (const std::string& s : change.removed) std::printf("  - %s\n", printable(s).c_str());
    for (const std::string& s : change.added) std::printf("  + %s\n", printable(s).c_str());
  }
  print_accesses("-", c.green, before.debug, d.lost, c);
  print_accesses("+", c.red, after.debug, d.gained, c);
  if (d.same())
    std::printf("the policies grant the same\n");
  else
    std::printf("%s possible now, %s no more\n", count(d.gained.size(), "access").c_str(),
                count(d.lost.size(), "access").c_str());
  return exit;
}

Exit run(Cli& cli, const Options& o) {
  if (o.policies.size() != 2) return cli.fail(Exit::usage, {"diff compares two policies", "kss-load diff OLD NEW", 0});
  cli.exit = Exit::ok;
  const auto before = open_source(cli, o.policies[0], o.include_dirs, true);
  if (!before) return cli.exit;
  const auto after = open_source(cli, o.policies[1], o.include_dirs, true);
  if (!after) return cli.exit;
  return show(cli, o, *before, *after);
}

}  // namespace

void add_diff(CLI::App& app, Cli& cli) {
  auto o = std::make_shared<Options>();
  Command command(app, cli, "diff", "Say what a new policy makes possible or impossible",
                  "Compares what two policies grant, by the names of domains and types: how rules are written, ordered "
                  "or split into\n"
                  "macros makes no difference. + is possible now, - no more.",
                  "  kss-load diff old.yaml new.yaml\n"
                  "  kss-load diff --strict /run/kss/1.kss new.yaml   fails if anything new becomes possible\n",
                  [&cli, o] { return run(cli, *o); });
  command.arguments("POLICY", o->policies, "The old and the new one: YAML policies or compiled images")
      .flag("--strict", o->strict,
            "Fail if anything becomes possible that was not, or may: a flow or formula is not what it was")
      .includes(o->include_dirs);
}

}  // namespace kss::cli
