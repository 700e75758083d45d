// SPDX-License-Identifier: BSD-2-Clause
// Where the front end puts what it finds wrong.
#pragma once

#include <string>
#include <string_view>

#include "policy/parsed.hpp"
#include "policy/result.hpp"

namespace kss::policy {

class Reporter {
 public:
  explicit Reporter(Diagnostics& out) : out_(out) {}

  /// `at` is a part of `text.value` (the very word), or empty for the text's beginning.
  void error(const Text& text, std::string_view at, std::string message, std::string hint = {});
  void error(const Pos& pos, std::string message, std::string hint = {});
  void warning(const Text& text, std::string_view at, std::string message, std::string hint = {});
  void warning(const Pos& pos, std::string message, std::string hint = {});
  /// Says more about the error before; dropped with it.
  void note(const Pos& pos, std::string message);

  size_t errors() const { return errors_; }
  /// A file could not be read, or was no YAML: what depends on it is not known.
  void set_unreadable() { unreadable_ = true; }
  bool unreadable() const { return unreadable_; }
  /// There are as many errors as anybody will read: stop soon.
  bool full() const;

 private:
  void add(Diagnostic::Severity severity, const Pos& pos, std::string message, std::string hint);
  void add_uses(const Text& text);

  Diagnostics& out_;
  size_t errors_ = 0;
  size_t warnings_ = 0;
  bool last_kept_ = true;
  bool unreadable_ = false;
};

/// Place of `at` inside `text`.
Pos where(const Text& text, std::string_view at);

}  // namespace kss::policy
