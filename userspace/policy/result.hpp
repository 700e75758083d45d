// SPDX-License-Identifier: BSD-2-Clause
// Result<T> and diagnostics: how every stage reports what went wrong.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace kss {

/// Place in a policy file. `file` is shared by all positions of one file; line and column count from 1; 0 = unknown.
struct Pos {
  std::shared_ptr<const std::string> file;
  uint32_t line = 0;
  uint32_t column = 0;
};

/// One thing to tell the user: what is wrong, where, and what to do about it.
struct Diagnostic {
  enum class Severity { error, warning, note };
  Severity severity = Severity::error;
  Pos pos;
  std::string message;  // what was found and what was expected
  std::string hint;     // remedy: the nearest known name, the line to write; may be empty
};
using Diagnostics = std::vector<Diagnostic>;

/// An error that is not about a policy text: place, cause and remedy in one sentence each.
struct Error {
  std::string message;
  std::string hint;
  int sys_errno = 0;  // 0 = none
};

/// A value or an Error. Never both, never neither.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : v_(std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : v_(std::move(error)) {}  // NOLINT(google-explicit-constructor)
  explicit operator bool() const { return v_.index() == 0; }
  T& operator*() { return std::get<0>(v_); }
  const T& operator*() const { return std::get<0>(v_); }
  T* operator->() { return &std::get<0>(v_); }
  const T* operator->() const { return &std::get<0>(v_); }
  const Error& error() const { return std::get<1>(v_); }

 private:
  std::variant<T, Error> v_;
};
struct Unit {};
using Status = Result<Unit>;

}  // namespace kss
