// SPDX-License-Identifier: BSD-2-Clause
#include "cli/records.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>
#include <ctime>

namespace kss::cli {
namespace {

const char* reason_name(uint32_t reason) {
  static const char* const names[] = {
#define R(n, doc) #n,
      KSS_REASON_TABLE(R)
#undef R
  };
  return reason < KSS_NREASONS ? names[reason] : "?";
}

const char* reason_text(uint32_t reason) {
  static const char* const texts[] = {
#define R(n, doc) doc,
      KSS_REASON_TABLE(R)
#undef R
  };
  return reason < KSS_NREASONS ? texts[reason] : "unknown reason";
}

const char* proto_name(uint32_t proto) {
  static const char* const names[] = {"tcp", "udp", "sctp", "icmp", "rawip"};
  return proto < std::size(names) ? names[proto] : "inet";
}

std::string path_of(const kss_audit& r) { return {r.path, std::min<std::size_t>(r.path_len, KSS_AUDIT_PATH)}; }

/// `comm` may fill its field without a terminating zero.
std::string comm_of(const kss_audit& r) { return {r.comm, strnlen(r.comm, sizeof r.comm)}; }

const policy::DebugInfo::RuleInfo* reporting_rule(const kss_audit& r, const policy::DebugInfo& debug) {
  for (const auto& rule : debug.rules) {
    const bool objects = std::binary_search(rule.objects.begin(), rule.objects.end(), r.object) ||
                         (rule.self && r.object == KSS_OBJ_DOMAINS + r.domain);
    if (rule.effect == policy::Rule::Effect::audit && objects && rule.cls == r.cls && (rule.perms & r.perms) &&
        std::binary_search(rule.domains.begin(), rule.domains.end(), r.domain))
      return &rule;
  }
  return nullptr;
}

std::string time_text(std::chrono::system_clock::time_point t) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(t.time_since_epoch()).count();
  const std::time_t seconds = static_cast<std::time_t>(ms / 1000);
  std::tm tm{};
  localtime_r(&seconds, &tm);
  char day[40], zone[8];
  std::strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &tm);
  std::strftime(zone, sizeof zone, "%z", &tm);
  char text[64];
  std::snprintf(text, sizeof text, "%s.%03d%s", day, static_cast<int>(ms % 1000), zone);
  return text;
}

uint64_t now_ns(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(t.tv_nsec);
}

}  // namespace

const NamedImage* Generations::of(uint32_t generation) {
  auto [it, fresh] = images_.try_emplace(generation);
  if (!fresh) return it->second.get();
  auto image = backend_.image_of(generation, options_);
  if (!image) return nullptr;
  auto debug = policy::read_debuginfo(std::as_bytes(std::span(*image)));
  if (!debug) return nullptr;
  it->second = std::make_unique<NamedImage>(NamedImage{std::move(*image), std::move(*debug)});
  return it->second.get();
}

uint64_t boot_now() { return now_ns(CLOCK_BOOTTIME); }

std::chrono::system_clock::time_point wall_time(uint64_t boot_ns) {
  const uint64_t real = now_ns(CLOCK_REALTIME) - now_ns(CLOCK_BOOTTIME) + boot_ns;
  return std::chrono::system_clock::time_point(
      std::chrono::duration_cast<std::chrono::system_clock::duration>(std::chrono::nanoseconds(real)));
}

std::string detail_of(const kss_audit& r) {
  switch (r.detail) {
    case KSS_DETAIL_PATH: return ((r.flags & KSS_AUDIT_TRUNCATED) ? "…" : "") + path_of(r);
    case KSS_DETAIL_UNIX: {
      std::string name = path_of(r);
      if (!name.empty() && name[0] == '\0') name[0] = '@';
      return name;
    }
    case KSS_DETAIL_INET: {
      char text[INET6_ADDRSTRLEN] = "?";
      const bool v6 = r.inet_family == AF_INET6;
      inet_ntop(v6 ? AF_INET6 : AF_INET, r.inet, text, sizeof text);
      return (v6 ? "[" + std::string(text) + "]" : std::string(text)) + ":" + std::to_string(r.inet_port);
    }
    case KSS_DETAIL_NUMBER: return std::to_string(r.arg[0]);
    case KSS_DETAIL_DEVICE: {
      const std::string path = path_of(r);
      return std::to_string(r.arg[0]) + ":" + std::to_string(r.arg[1]) + (path.empty() ? "" : " " + path);
    }
    default: return "";
  }
}

Record describe(const kss_audit& r, const NamedImage* names) {
  Record w;
  w.time = time_text(wall_time(r.time));
  w.verdict = r.verdict == KSS_GRANT ? "granted" : (r.flags & KSS_AUDIT_PERMISSIVE) ? "PERMISSIVE" : "DENIED";
  w.domain = names && r.domain < names->debug.domains.size() ? names->debug.domains[r.domain].name
                                                             : "domain " + std::to_string(r.domain);
  w.object = names && r.object < names->debug.objects.size() && !names->debug.objects[r.object].name.empty()
                 ? names->debug.objects[r.object].name
                 : "object " + std::to_string(r.object);
  w.cls = r.cls < KSS_NCLASSES ? policy::class_name(r.cls) : "class " + std::to_string(r.cls);
  w.perms = r.cls < KSS_NCLASSES ? policy::perm_names(r.cls, r.denied ? r.denied : r.perms) : std::to_string(r.perms);
  w.what = detail_of(r);
  w.rule = r.verdict == KSS_GRANT ? "audited" : reason_text(r.reason);
  if (r.verdict != KSS_GRANT && r.reason == KSS_REASON_state && names && r.machine < names->debug.machines.size()) {
    const auto& m = names->debug.machines[r.machine];
    w.rule = m.file + ":" + std::to_string(m.line) + ": " + (m.flow ? "flow " : "formula ") + m.name +
             " does not allow it now";
  }
  if (r.verdict == KSS_GRANT && names)
    if (const auto* rule = reporting_rule(r, names->debug))
      w.rule = rule->file + ":" + std::to_string(rule->line) + ": " + rule->text;
  return w;
}

std::string line_of(const kss_audit& r, const Record& w, const Colors& c) {
  const char* color = r.verdict == KSS_GRANT ? c.green : (r.flags & KSS_AUDIT_PERMISSIVE) ? c.yellow : c.red;
  std::string s = c.dim + w.time + c.reset + " " + color + w.verdict + c.reset;
  s += " gen " + std::to_string(r.generation) + " " + c.bold + printable(w.domain) + c.reset + " " +
       printable(w.object) + " : " + w.cls + " { " + w.perms + " }";
  if (!w.what.empty()) {
    const char* key = r.detail == KSS_DETAIL_INET     ? proto_name(r.inet_proto)
                      : r.detail == KSS_DETAIL_UNIX   ? "name"
                      : r.detail == KSS_DETAIL_NUMBER ? "arg"
                      : r.detail == KSS_DETAIL_DEVICE ? "device"
                                                      : "path";
    // A record is one line: a file's name may hold a newline.
    std::string text = printable(w.what);
    for (std::size_t at = 0; (at = text.find_first_of("\n\t", at)) != text.npos; at += 4)
      text.replace(at, 1, text[at] == '\n' ? "\\x0a" : "\\x09");
    s += std::string(" ") + key + "=" + text;
    if (r.flags & KSS_AUDIT_NEWPATH) s += " (new)";
  }
  if (r.flags & KSS_AUDIT_INHERITED) s += " inherited fd=" + std::to_string(r.arg[0]);
  s += " pid=" + std::to_string(r.pid) + " uid=" + std::to_string(r.uid);
  if (r.peer) s += " peer=" + std::to_string(r.peer);
  std::string comm = printable(comm_of(r));
  std::replace(comm.begin(), comm.end(), '\n', ' ');
  s += " comm=" + comm + " " + c.dim + "(" + printable(w.rule) + ")" + c.reset;
  if (r.suppressed) s += " +" + std::to_string(r.suppressed) + " not shown (rate limit)";
  return s;
}

Json json_of(const kss_audit& r, const Record& w) {
  Json j = Json::object();
  j.set("time", w.time).set("boot_ns", r.time).set("verdict", r.verdict == KSS_GRANT ? "grant" : "deny");
  j.set("permissive", (r.flags & KSS_AUDIT_PERMISSIVE) != 0).set("generation", r.generation);
  j.set("domain", w.domain).set("object", w.object).set("class", w.cls);
  j.set("asked", r.cls < KSS_NCLASSES ? policy::perm_names(r.cls, r.perms) : std::to_string(r.perms));
  j.set("denied", r.cls < KSS_NCLASSES ? policy::perm_names(r.cls, r.denied) : std::to_string(r.denied));
  if (r.verdict != KSS_GRANT) j.set("reason", reason_name(r.reason)).set("reason_text", reason_text(r.reason));
  if (r.verdict == KSS_GRANT) j.set("rule", w.rule);
  if (r.flags & KSS_AUDIT_INHERITED) j.set("inherited_fd", r.arg[0]);
  switch (r.detail) {
    case KSS_DETAIL_PATH:
    case KSS_DETAIL_UNIX:
      j.set(r.detail == KSS_DETAIL_PATH ? "path" : "name", detail_of(r));
      if (!is_utf8(path_of(r))) {  // JSON can't carry the bytes themselves
        std::string hex;
        for (const char ch : path_of(r)) {
          char two[3];
          std::snprintf(two, sizeof two, "%02x", static_cast<unsigned char>(ch));
          hex += two;
        }
        j.set("path_hex", hex);
      }
      if (r.flags & KSS_AUDIT_TRUNCATED) j.set("truncated", true);
      if (r.flags & KSS_AUDIT_NEWPATH) j.set("new", true);
      break;
    case KSS_DETAIL_INET: j.set("protocol", proto_name(r.inet_proto)).set("address", detail_of(r)); break;
    case KSS_DETAIL_NUMBER: j.set("args", Json::array().push(r.arg[0]).push(r.arg[1])); break;
    case KSS_DETAIL_DEVICE:
      j.set("major", r.arg[0]).set("minor", r.arg[1]);
      if (r.path_len) j.set("path", path_of(r));
      break;
    default: break;
  }
  j.set("pid", r.pid).set("tid", r.tid).set("uid", r.uid);
  if (r.peer) j.set("peer", r.peer);
  j.set("comm", comm_of(r));
  if (r.suppressed) j.set("suppressed", r.suppressed);
  return j;
}

}  // namespace kss::cli
