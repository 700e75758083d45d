// SPDX-License-Identifier: BSD-2-Clause
// What every subcommand shares: options that all have, how output looks, how failure is reported.
#pragma once

#include <string>
#include <string_view>

#include "backend/backend.hpp"
#include "cli/command.hpp"
#include "cli/exit.hpp"
#include "cli/json.hpp"
#include "policy/result.hpp"

namespace kss::cli {

/// Colours of one output stream; empty strings where they are off.
struct Colors {
  const char *bold = "", *red = "", *green = "", *yellow = "", *cyan = "", *dim = "", *reset = "";
};

/// One run of kss-load. Options of the subcommand's own live in its file.
struct Cli {
  bool json = false;
  std::string color = "auto";  // auto, always, never
  Exit exit = Exit::ok;

  Colors out() const;  // stdout
  Colors err() const;  // stderr
  /// Prints a JSON document on stdout.
  void print(const Json& json) const;
  /// Reports an error (stderr, or {"ok": false, "error": …} on stdout with --json) and returns its code.
  Exit fail(Exit code, const Error& error) const;
  /// The same with the code that the error of a backend or the system stands for.
  Exit fail(const Error& error) const { return fail(exit_of(error), error); }
  /// A remark for people; says nothing with --json.
  void note(const std::string& text) const;

  /// Which code an errno from a backend means.
  static Exit exit_of(const Error& error);
};

/// "12.3 KiB"
std::string human_size(uint64_t bytes);
/// "3 domains", "1 domain"
std::string count(uint64_t n, std::string_view noun);
/// Control characters and bytes that are not UTF-8 as \xNN, so that a path can't drive a terminal.
std::string printable(std::string_view text);

// One file each.
void add_check(CLI::App&, Cli&);
void add_test(CLI::App&, Cli&);
void add_compile(CLI::App&, Cli&);
void add_load(CLI::App&, Cli&);
void add_swap(CLI::App&, Cli&);
void add_unload(CLI::App&, Cli&);
void add_status(CLI::App&, Cli&);
void add_run(CLI::App&, Cli&);
void add_audit(CLI::App&, Cli&);
void add_explain(CLI::App&, Cli&);
void add_probe(CLI::App&, Cli&);
void add_graph(CLI::App&, Cli&);
void add_query(CLI::App&, Cli&);
void add_diff(CLI::App&, Cli&);
void add_complete(CLI::App&, Cli&);

}  // namespace kss::cli
