// SPDX-License-Identifier: BSD-2-Clause
#include "backend/wire.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstring>

namespace kss::backend::wire {
namespace {

constexpr uint32_t request_magic = 0x5153534b, answer_magic = 0x4153534b, version = 1;

uint32_t get(std::span<const std::byte> b, size_t at, size_t size) {
  uint32_t v = 0;
  for (size_t i = 0; i < size; i++) v |= std::to_integer<uint32_t>(b[at + i]) << (8 * i);
  return v;
}

void put(std::string& s, uint32_t v, size_t size) {
  for (size_t i = 0; i < size; i++) s.push_back(static_cast<char>(v >> (8 * i) & 0xff));
}

Error malformed(const char* what) { return Error{std::string("malformed message: ") + what, "", EPROTO}; }

void line(std::string& s, char letter, std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  s += letter + text + '\n';
}

uint64_t number(const std::string& text) {
  uint64_t v = 0;
  std::from_chars(text.data(), text.data() + text.size(), v);
  return v;
}

}  // namespace

Result<RequestHeader> parse_request(std::span<const std::byte> b) {
  if (b.size() != header_bytes) return malformed("header size");
  if (get(b, 0, 4) != request_magic || get(b, 4, 2) != version || get(b, 8, 4) != 0) return malformed("header");
  RequestHeader h{static_cast<Operation>(get(b, 6, 2)), get(b, 12, 4)};
  switch (h.operation) {
    case Operation::challenge:
    case Operation::status:
    case Operation::audit:
      if (h.length != 0) return malformed("length of a question");
      return h;
    case Operation::unload:
      if (h.length != signature_bytes) return malformed("length of unload");
      return h;
    case Operation::replace:
      if (h.length > max_request || h.length < signature_bytes + size_t{2} * KSS_CHUNK ||
          (h.length - signature_bytes) % KSS_CHUNK)
        return malformed("length of replace");
      return h;
  }
  return malformed("operation");
}

std::string make_request(Operation operation, uint32_t length) {
  std::string s;
  put(s, request_magic, 4);
  put(s, version, 2);
  put(s, static_cast<uint16_t>(operation), 2);
  put(s, 0, 4);
  put(s, length, 4);
  return s;
}

Result<AnswerHeader> parse_answer(std::span<const std::byte> b) {
  if (b.size() != header_bytes) return malformed("header size");
  if (get(b, 0, 4) != answer_magic || get(b, 4, 2) != version || get(b, 6, 2) > 1) return malformed("header");
  AnswerHeader h{get(b, 6, 2) == 0, static_cast<int>(get(b, 8, 4)), get(b, 12, 4)};
  if (h.length > max_answer) return malformed("length of answer");
  return h;
}

std::string make_answer(bool done, int error, const std::string& payload) {
  size_t length = std::min<size_t>(payload.size(), max_answer);
  std::string s;
  put(s, answer_magic, 4);
  put(s, version, 2);
  put(s, done ? 0 : 1, 2);
  put(s, static_cast<uint32_t>(error), 4);
  put(s, static_cast<uint32_t>(length), 4);
  return s + payload.substr(0, length);
}

std::string write_report(const LoadReport& r) {
  std::string s;
  line(s, 'g', std::to_string(r.generation));
  line(s, 'a', r.attach);
  line(s, 'k', std::to_string(r.kernel_bytes));
  line(s, 't', std::to_string(r.took.count()));
  for (const std::string& h : r.attached) line(s, 'h', h);
  for (const std::string& n : r.notes) line(s, 'n', n);
  for (const Lost& l : r.lost) line(s, 'l', std::to_string(l.cls) + " " + std::to_string(l.perms) + " " + l.why);
  return s;
}

LoadReport read_report(const std::string& text) {
  LoadReport r;
  for (size_t at = 0; at < text.size();) {
    size_t end = std::min(text.find('\n', at), text.size());
    std::string rest = end > at ? text.substr(at + 1, end - at - 1) : "";
    switch (text[at]) {
      case 'g': r.generation = static_cast<uint32_t>(number(rest)); break;
      case 'a': r.attach = rest; break;
      case 'k': r.kernel_bytes = number(rest); break;
      case 't': r.took = std::chrono::microseconds(static_cast<int64_t>(number(rest) & INT64_MAX)); break;
      case 'h': r.attached.push_back(rest); break;
      case 'n': r.notes.push_back(rest); break;
      case 'l': {
        size_t one = rest.find(' '), two = one == std::string::npos ? one : rest.find(' ', one + 1);
        if (two == std::string::npos) break;
        uint64_t cls = number(rest.substr(0, one));
        if (cls < KSS_NCLASSES)
          r.lost.push_back(Lost{static_cast<uint32_t>(cls),
                                static_cast<uint32_t>(number(rest.substr(one + 1, two - one - 1))),
                                rest.substr(two + 1),
                                {}});
        break;
      }
      default: break;
    }
    at = end + 1;
  }
  return r;
}

std::string write_status(const StatusReport& r) {
  std::string s, flags;
  if (r.permissive) flags += 'P';
  if (r.sealed) flags += 'S';
  if (r.rejudging) flags += 'R';
  if (r.armed) flags += 'A';
  line(s, 'p', r.policy_name);
  line(s, 'v', std::to_string(r.policy_version));
  line(s, 'g', std::to_string(r.generation));
  line(s, 'f', flags);
  line(s, 'a', r.attach);
  for (const std::string& h : r.attached) line(s, 'h', h);
  for (const auto& [name, n] : r.counters) line(s, 'c', std::to_string(n) + " " + name);
  line(s, 'k', std::to_string(r.kernel_bytes));
  line(s, 'm', std::to_string(r.room_bytes));
  for (const auto& [name, n] : r.tasks) line(s, 't', std::to_string(n) + " " + name);
  return s;
}

StatusReport read_status(const std::string& text) {
  StatusReport r;
  r.loaded = true;
  auto named = [](const std::string& rest) {
    size_t space = std::min(rest.find(' '), rest.size());
    return std::pair(rest.substr(std::min(space + 1, rest.size())), number(rest.substr(0, space)));
  };
  for (size_t at = 0; at < text.size();) {
    size_t end = std::min(text.find('\n', at), text.size());
    std::string rest = end > at ? text.substr(at + 1, end - at - 1) : "";
    switch (text[at]) {
      case 'p': r.policy_name = rest; break;
      case 'v': r.policy_version = static_cast<uint32_t>(number(rest)); break;
      case 'g': r.generation = static_cast<uint32_t>(number(rest)); break;
      case 'f':
        r.permissive = rest.find('P') != rest.npos;
        r.sealed = rest.find('S') != rest.npos;
        r.rejudging = rest.find('R') != rest.npos;
        r.armed = rest.find('A') != rest.npos;
        break;
      case 'a': r.attach = rest; break;
      case 'h': r.attached.push_back(rest); break;
      case 'c': r.counters.push_back(named(rest)); break;
      case 'k': r.kernel_bytes = number(rest); break;
      case 'm': r.room_bytes = number(rest); break;
      case 't': r.tasks.push_back(named(rest)); break;
      default: break;
    }
    at = end + 1;
  }
  return r;
}

void write_record(std::string& to, const kss_audit& record) {
  size_t size = offsetof(kss_audit, path) + std::min<size_t>(record.path_len, KSS_AUDIT_PATH);
  put(to, static_cast<uint32_t>(size), 4);
  to.append(reinterpret_cast<const char*>(&record), size);
}

std::vector<kss_audit> read_records(const std::string& text) {
  std::vector<kss_audit> out;
  auto bytes = std::as_bytes(std::span(text));
  for (size_t at = 0; text.size() - at >= 4;) {
    size_t size = get(bytes, at, 4);
    at += 4;
    if (size < offsetof(kss_audit, path) || size > sizeof(kss_audit) || size > text.size() - at) break;
    kss_audit record{};
    std::memcpy(&record, text.data() + at, size);
    if (record.path_len > size - offsetof(kss_audit, path))
      record.path_len = static_cast<uint16_t>(size - offsetof(kss_audit, path));
    out.push_back(record);
    at += size;
  }
  return out;
}

std::string write_error(const Error& e) { return e.message + '\0' + e.hint; }

Error read_error(const std::string& text, int error) {
  size_t zero = text.find('\0');
  return Error{text.substr(0, zero), zero == std::string::npos ? "" : text.substr(zero + 1), error};
}

}  // namespace kss::backend::wire
