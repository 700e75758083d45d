// SPDX-License-Identifier: BSD-2-Clause
#include "lib/labels.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <span>

#include "policy/names.hpp"

namespace kss::lib {
using engine::Simulator;

namespace {

Error bad(std::string message, std::string hint = "") { return {std::move(message), std::move(hint), EINVAL}; }

template <typename T>
std::optional<T> number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The word before the first run of blanks, which is taken off `text`.
std::string_view take_word(std::string_view& text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  return word;
}

std::optional<uint32_t> number_of(const std::vector<policy::NumberedName>& names, std::string_view name) {
  for (const auto& n : names)
    if (n.name == name) return n.number;
  return number<uint32_t>(name);
}

}  // namespace

Result<uint32_t> label_path(const Simulator& image, std::string_view path) {
  if (!path.starts_with('/'))
    return bad("`" + std::string(path) + "` is not an absolute path", "name it from the root: /dir/file");
  std::string clean;
  while (!path.empty()) {
    path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
    const std::string_view part = path.substr(0, path.find('/'));
    path.remove_prefix(part.size());
    if (part.empty()) continue;
    if (part == "." || part == "..") return bad("a path to label must not hold . or ..", "resolve it first: realpath");
    if (part.size() > KSS_NAME_MAX) return bad("a component of the path is longer than 255 bytes");
    clean.append("/").append(part);
  }
  return image.label_path(clean.empty() ? "/" : clean).object;
}

Result<uint32_t> label_unix(const Simulator& image, std::string_view name) {
  Result<uint32_t> object = uint32_t{KSS_OBJ_unlabeled};
  if (!name.starts_with('@'))
    object = label_path(image, name);
  else if (name.size() == 1 || name.size() - 1 > KSS_NAME_MAX)
    object = bad("an abstract name has 1 to 107 bytes");
  else
    object = image.label_abstract(name.substr(1));
  if (object && *object == KSS_OBJ_unlabeled) return uint32_t{KSS_OBJ_unix_other};
  return object;
}

Result<uint32_t> label_inet(const Simulator& image, kss_net_proto proto, std::string_view text) {
  std::string_view host = text, port;
  if (const auto at = text.find(" port "); at != text.npos) {
    host = text.substr(0, at);
    port = text.substr(at + 6);
  } else if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == text.npos) return bad("`" + std::string(text) + "`: `]` is missing");
    host = text.substr(1, end - 1);
    if (text.size() > end + 1 && text[end + 1] == ':') port = text.substr(end + 2);
  } else if (const auto colon = text.rfind(':'); colon != text.npos && text.find(':') == colon) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
  }
  uint8_t addr[16] = {};
  const std::string host_text(host);
  const bool v6 = host.find(':') != host.npos;
  if (inet_pton(v6 ? AF_INET6 : AF_INET, host_text.c_str(), addr) != 1)
    return bad("`" + host_text + "` is no IPv4 or IPv6 address", "as 10.0.0.1:80 or [fd00::1]:80");
  const auto port_number = port.empty() ? std::optional<uint16_t>(0) : number<uint16_t>(port);
  if (!port_number) return bad("`" + std::string(port) + "` is no port");
  return image.label_inet(proto, std::span(addr, v6 ? 16 : 4), *port_number);
}

Result<uint32_t> label_target(const Simulator& image, std::string_view target, uint32_t cls) {
  if (target.starts_with('@') || (target.starts_with('/') && cls == KSS_CLASS_unix)) return label_unix(image, target);
  if (target.starts_with('/')) return label_path(image, target);
  std::string_view rest = target;
  const std::string_view word = take_word(rest);
  if (word == "char" || word == "block") {
    const auto colon = rest.find(':');
    const auto major = number<uint32_t>(rest.substr(0, colon));
    const auto minor = colon == rest.npos ? std::nullopt : number<uint32_t>(rest.substr(colon + 1));
    if (!major || !minor) return bad("`" + std::string(target) + "`: a device is MAJOR:MINOR");
    if (const auto object = image.label_device(word == "block", *major, *minor)) return *object;
    return bad("the policy declares no such device by number",
               "devices without a number of their own are judged by path");
  }
  if (word == "family") {
    const std::string_view name = take_word(rest);
    const auto family = number_of(policy::family_names(), name);
    if (!family) return bad("`" + std::string(name) + "` is no socket family");
    const auto protocol = rest.empty() ? ~0u : number_of(policy::netlink_names(), rest);
    if (!protocol) return bad("`" + std::string(rest) + "` is no netlink protocol");
    return image.label_family(*family, *protocol);
  }
  static constexpr std::pair<const char*, kss_net_proto> protos[] = {{"tcp", KSS_NET_tcp},
                                                                     {"udp", KSS_NET_udp},
                                                                     {"sctp", KSS_NET_sctp},
                                                                     {"icmp", KSS_NET_icmp},
                                                                     {"rawip", KSS_NET_rawip}};
  for (const auto& [name, proto] : protos)
    if (word == name) return label_inet(image, proto, rest);
  return bad("`" + std::string(target) + "` is nothing that has a label",
             "a path, @name, `tcp 10.0.0.1 port 80`, `char 1:3` or `family netlink route`");
}

std::optional<uint32_t> find_domain(const policy::DebugInfo& debug, std::string_view name) {
  for (uint32_t i = 0; i < debug.domains.size(); i++)
    if (debug.domains[i].name == name) return i;
  return std::nullopt;
}

std::optional<uint32_t> find_object(const policy::DebugInfo& debug, std::string_view name) {
  for (uint32_t i = 0; i < debug.objects.size(); i++)
    if (!debug.objects[i].name.empty() && debug.objects[i].name == name) return i;
  return std::nullopt;
}

std::optional<kss_net_proto> proto_of_class(uint32_t cls) {
  switch (cls) {
    case KSS_CLASS_tcp: return KSS_NET_tcp;
    case KSS_CLASS_udp: return KSS_NET_udp;
    case KSS_CLASS_sctp: return KSS_NET_sctp;
    case KSS_CLASS_icmp: return KSS_NET_icmp;
    case KSS_CLASS_rawip: return KSS_NET_rawip;
    default: return std::nullopt;
  }
}

}  // namespace kss::lib
