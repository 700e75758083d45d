// SPDX-License-Identifier: BSD-2-Clause
// A subcommand's options. The only files that know the library which parses them are command.cpp and main.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <vector>

#include "backend/backend.hpp"
#include "cli/exit.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace kss::cli {

struct Cli;

/// Variables given to a command must live until the command has run. Names are as "-o,--output".
class Command {
 public:
  /// Adds a subcommand with --help, --json and --color; `run` returns the exit code.
  Command(CLI::App& app, Cli& cli, const std::string& name, const std::string& summary, const std::string& text,
          const std::string& examples, std::function<Exit()> run);

  Command& flag(const std::string& names, bool& to, const std::string& help);
  Command& option(const std::string& names, std::string& to, const std::string& type, const std::string& help);
  /// May be given several times; `commas`: also several values in one.
  Command& list(const std::string& names, std::vector<std::string>& to, const std::string& type,
                const std::string& help, bool commas = false);
  /// `word`: may be written for `value`, which need not be in the range.
  Command& number(const std::string& names, uint32_t& to, uint32_t from, uint32_t upto, const std::string& type,
                  const std::string& help, const std::string& word = "", uint32_t value = 0);
  /// Arguments without a name; they must be given.
  Command& argument(const std::string& name, std::string& to, const std::string& help);
  Command& optional_argument(const std::string& name, std::string& to, const std::string& help);
  Command& arguments(const std::string& name, std::vector<std::string>& to, const std::string& help);

  /// About the option added last.
  Command& required();
  Command& one_of(const std::vector<std::string>& values);
  /// At most one of these options may be given.
  Command& exclusive(std::initializer_list<const char*> names);

  /// --pin-dir, --state-dir: which loaded policy is meant.
  Command& places(backend::LoadOptions& options);
  /// -I, --include
  Command& includes(std::vector<std::string>& dirs);
  /// Not in lists of commands.
  Command& hidden();

 private:
  CLI::App* app_;
  CLI::Option* last_ = nullptr;
};

}  // namespace kss::cli
