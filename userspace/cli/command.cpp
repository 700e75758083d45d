// SPDX-License-Identifier: BSD-2-Clause
#include "cli/command.hpp"

#include <CLI/CLI.hpp>

#include "cli/cli.hpp"

namespace kss::cli {

Command::Command(CLI::App& app, Cli& cli, const std::string& name, const std::string& summary, const std::string& text,
                 const std::string& examples, std::function<Exit()> run)
    : app_(app.add_subcommand(name, summary)) {
  // The list of commands shows the first line of a description alone.
  app_->description(text.empty() ? summary : summary + ".\n" + text);
  flag("--json", cli.json, "Write JSON on standard output");
  option("--color", cli.color, "WHEN", "auto (a terminal, and NO_COLOR unset), always or never");
  one_of({"auto", "always", "never"});
  app_->footer("Examples:\n" + examples);
  app_->callback([&cli, run = std::move(run)] { cli.exit = run(); });
}

Command& Command::flag(const std::string& names, bool& to, const std::string& help) {
  last_ = app_->add_flag(names, to, help);
  return *this;
}

Command& Command::option(const std::string& names, std::string& to, const std::string& type, const std::string& help) {
  last_ = app_->add_option(names, to, help)->type_name(type);
  return *this;
}

Command& Command::list(const std::string& names, std::vector<std::string>& to, const std::string& type,
                       const std::string& help, bool commas) {
  last_ = app_->add_option(names, to, help)->type_name(type)->allow_extra_args(false);
  if (commas) last_->delimiter(',');
  return *this;
}

Command& Command::number(const std::string& names, uint32_t& to, uint32_t from, uint32_t upto, const std::string& type,
                         const std::string& help, const std::string& word, uint32_t value) {
  CLI::Validator range = CLI::Range(from, upto);
  last_ = app_->add_option(names, to, help)->type_name(type);
  if (word.empty()) {
    last_->check(range);
  } else {  // the word becomes its value first, which need not be in the range
    auto test = [range, value](std::string& text) {
      return text == std::to_string(value) ? std::string{} : range(text);
    };
    last_->check(CLI::Validator(test, range.get_description() + " or " + word));
    last_->transform(CLI::Transformer(std::map<std::string, uint32_t>{{word, value}}).description(""));
  }
  return *this;
}

Command& Command::argument(const std::string& name, std::string& to, const std::string& help) {
  last_ = app_->add_option(name, to, help)->type_name("")->required();
  return *this;
}

Command& Command::optional_argument(const std::string& name, std::string& to, const std::string& help) {
  last_ = app_->add_option(name, to, help)->type_name("");
  return *this;
}

Command& Command::arguments(const std::string& name, std::vector<std::string>& to, const std::string& help) {
  last_ = app_->add_option(name, to, help)->type_name("")->required();
  return *this;
}

Command& Command::required() {
  last_->required();
  return *this;
}

Command& Command::one_of(const std::vector<std::string>& values) {
  last_->check([values](const std::string& given) {
    std::string all;
    for (const std::string& v : values) {
      if (v == given) return std::string();
      all += (all.empty() ? "" : ", ") + v;
    }
    return "`" + given + "` is none of " + all;
  });
  return *this;
}

Command& Command::exclusive(std::initializer_list<const char*> names) {
  for (auto a = names.begin(); a != names.end(); ++a)
    for (auto b = a + 1; b != names.end(); ++b) app_->get_option(*a)->excludes(app_->get_option(*b));
  return *this;
}

Command& Command::places(backend::LoadOptions& o) {
  option("--pin-dir", o.pin_dir, "DIR", "Where maps and links are pinned (" + o.pin_dir + ")");
  return option("--state-dir", o.state_dir, "DIR", "Where images and denials are kept (" + o.state_dir + ")");
}

Command& Command::includes(std::vector<std::string>& dirs) {
  return list("-I,--include", dirs, "DIR", "Also look here for included files");
}

Command& Command::hidden() {
  app_->group("");
  return *this;
}

}  // namespace kss::cli
