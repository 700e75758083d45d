// SPDX-License-Identifier: BSD-2-Clause
// kss-load: checks, compiles, loads and watches security policies. One file a subcommand; this one only puts them
// together.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "cli/cli.hpp"

namespace {

constexpr const char* first_steps =
    "KSS enforces a security policy written in YAML; what the policy does not grant is denied.\n"
    "  1. kss-load probe                    what this kernel can enforce\n"
    "  2. kss-load check policy.yaml        errors with line and column, and the policy's own tests\n"
    "  3. kss-load load policy.yaml         put it in force (root); kss-load status, kss-load unload\n"
    "  4. kss-load audit --follow           watch denials; kss-load explain says what would grant one\n"
    "More: kss-load --help, kss-load COMMAND --help, kss-load(1), and kss-policy(5) for the language.\n";

}  // namespace

int main(int argc, char** argv) {
  using namespace kss::cli;
  CLI::App app("Check, compile, load and watch KSS security policies.", "kss-load");
  Cli cli;
  app.set_version_flag("--version", "kss-load " KSS_VERSION, "Print the version and leave");
  app.require_subcommand(0, 1);
  app.footer(
      "kss-load COMMAND --help shows a command's options and examples.\n"
      "Exit codes: 0 success, 1 internal, 2 usage, 3 policy error, 4 kernel cannot enforce, 5 nothing loaded\n"
      "or already loaded, 6 not permitted, 7 sealed or wrong signature.");
  for (auto add : {add_check, add_test, add_compile, add_load, add_swap, add_unload, add_status, add_run, add_audit,
                   add_explain, add_probe, add_graph, add_query, add_diff, add_complete})
    add(app, cli);
  if (argc <= 1) {
    std::fputs(first_steps, stdout);
    return static_cast<int>(Exit::ok);
  }
  // Known before parsing, so that errors of parsing are JSON too.
  for (int i = 1; i < argc && std::string_view(argv[i]) != "--"; i++)
    if (std::string_view(argv[i]) == "--json") cli.json = true;
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    const auto subs = app.get_subcommands();
    const std::string name = subs.empty() ? "" : subs.front()->get_name() + " ";
    return static_cast<int>(cli.fail(Exit::usage, {error.what(), "kss-load " + name + "--help tells more", 0}));
  } catch (const std::exception& error) {
    return static_cast<int>(cli.fail(Exit::internal, {std::string("unexpected: ") + error.what(), "", 0}));
  }
  if (std::fflush(stdout) != 0 && cli.exit == Exit::ok)
    return static_cast<int>(cli.fail(Exit::internal, {"standard output could not be written", "", 0}));
  return static_cast<int>(cli.exit);
}
