// SPDX-License-Identifier: BSD-2-Clause
// JSON for --json: a value, written as text. kss-load reads no JSON.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace kss::cli {

/// Keys keep the order in which they were set, so that output is deterministic.
class Json {
 public:
  Json() = default;        // null
  Json(bool b) : v_(b) {}  // NOLINT(google-explicit-constructor)
  template <std::integral T>
  Json(T n) : v_(static_cast<int64_t>(n)) {  // NOLINT(google-explicit-constructor)
    if constexpr (std::unsigned_integral<T>) v_ = static_cast<uint64_t>(n);
  }
  Json(std::string s) : v_(std::move(s)) {}         // NOLINT(google-explicit-constructor)
  Json(std::string_view s) : v_(std::string(s)) {}  // NOLINT(google-explicit-constructor)
  Json(const char* s) : v_(std::string(s)) {}       // NOLINT(google-explicit-constructor)
  static Json object() { return Json(Object{}); }
  static Json array() { return Json(Array{}); }
  template <typename Range>
  static Json array_of(const Range& items) {
    Json a = array();
    for (const auto& item : items) a.push(Json(item));
    return a;
  }

  Json& set(std::string key, Json value);
  Json& push(Json value);
  /// One line, or indented by two spaces. Bytes that are not UTF-8 become U+FFFD: output is always valid JSON.
  std::string dump(bool pretty) const;

 private:
  using Object = std::vector<std::pair<std::string, Json>>;
  using Array = std::vector<Json>;
  explicit Json(Object o) : v_(std::move(o)) {}
  explicit Json(Array a) : v_(std::move(a)) {}
  void write(std::string& out, int indent) const;
  std::variant<std::monostate, bool, int64_t, uint64_t, std::string, Array, Object> v_;
};

/// Length of the UTF-8 sequence that starts at s[i], 0 if it is none.
std::size_t utf8_length(std::string_view s, std::size_t i);
bool is_utf8(std::string_view s);

}  // namespace kss::cli
