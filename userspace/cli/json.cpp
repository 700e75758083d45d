// SPDX-License-Identifier: BSD-2-Clause
#include "cli/json.hpp"

#include <cstdio>

namespace kss::cli {
namespace {

void write_string(std::string& out, std::string_view s) {
  out += '"';
  for (std::size_t i = 0; i < s.size();) {
    const auto c = static_cast<unsigned char>(s[i]);
    if (c == '"' || c == '\\') {
      (out += '\\') += s[i++];
    } else if (c < 0x20 || c == 0x7f) {
      char buf[8];
      std::snprintf(buf, sizeof buf, "\\u%04x", c);
      out += buf;
      i++;
    } else if (std::size_t n = utf8_length(s, i)) {
      out.append(s, i, n);
      i += n;
    } else {
      out += "\\ufffd";
      i++;
    }
  }
  out += '"';
}

void new_line(std::string& out, int indent) {
  if (indent < 0) return;
  out += '\n';
  out.append(static_cast<std::size_t>(indent) * 2, ' ');
}

}  // namespace

std::size_t utf8_length(std::string_view s, std::size_t i) {
  const auto c = static_cast<unsigned char>(s[i]);
  const std::size_t n = c < 0x80                ? 1
                        : c >= 0xc2 && c < 0xe0 ? 2
                        : c >= 0xe0 && c < 0xf0 ? 3
                        : c >= 0xf0 && c < 0xf5 ? 4
                                                : 0;
  if (n == 0 || i + n > s.size()) return 0;
  uint32_t point = n == 1 ? c : c & (0xffu >> (n + 1));
  for (std::size_t k = 1; k < n; k++) {
    const auto d = static_cast<unsigned char>(s[i + k]);
    if ((d & 0xc0) != 0x80) return 0;
    point = point << 6 | (d & 0x3f);
  }
  const bool overlong = (n == 3 && point < 0x800) || (n == 4 && point < 0x10000);
  return overlong || point > 0x10ffff || (point >= 0xd800 && point < 0xe000) ? 0 : n;
}

bool is_utf8(std::string_view s) {
  for (std::size_t i = 0; i < s.size();) {
    const std::size_t n = utf8_length(s, i);
    if (n == 0) return false;
    i += n;
  }
  return true;
}

Json& Json::set(std::string key, Json value) {
  std::get<Object>(v_).emplace_back(std::move(key), std::move(value));
  return *this;
}

Json& Json::push(Json value) {
  std::get<Array>(v_).push_back(std::move(value));
  return *this;
}

std::string Json::dump(bool pretty) const {
  std::string out;
  write(out, pretty ? 0 : -1);
  return out;
}

void Json::write(std::string& out, int indent) const {
  const int inner = indent < 0 ? -1 : indent + 1;
  if (std::holds_alternative<std::monostate>(v_)) {
    out += "null";
  } else if (const auto* b = std::get_if<bool>(&v_)) {
    out += *b ? "true" : "false";
  } else if (const auto* n = std::get_if<int64_t>(&v_)) {
    out += std::to_string(*n);
  } else if (const auto* u = std::get_if<uint64_t>(&v_)) {
    out += std::to_string(*u);
  } else if (const auto* s = std::get_if<std::string>(&v_)) {
    write_string(out, *s);
  } else if (const auto* a = std::get_if<Array>(&v_)) {
    out += '[';
    for (std::size_t i = 0; i < a->size(); i++) {
      if (i) out += ',';
      new_line(out, inner);
      (*a)[i].write(out, inner);
    }
    if (!a->empty()) new_line(out, indent);
    out += ']';
  } else if (const auto* o = std::get_if<Object>(&v_)) {
    out += '{';
    for (std::size_t i = 0; i < o->size(); i++) {
      if (i) out += ',';
      new_line(out, inner);
      write_string(out, (*o)[i].first);
      out += indent < 0 ? ":" : ": ";
      (*o)[i].second.write(out, inner);
    }
    if (!o->empty()) new_line(out, indent);
    out += '}';
  }
}

}  // namespace kss::cli
