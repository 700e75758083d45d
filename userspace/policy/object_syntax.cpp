// SPDX-License-Identifier: BSD-2-Clause
// Devices, addresses, socket families, digests: the short phrases below `types:`.
#include <arpa/inet.h>

#include <charconv>
#include <cstring>

#include "policy/names.hpp"
#include "policy/patterns.hpp"
#include "policy/report.hpp"
#include "policy/suggest.hpp"

namespace kss::policy {
namespace {

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> words;
  for (size_t i = 0; i < text.size();) {
    size_t begin = text.find_first_not_of(" \t\n", i);
    if (begin == std::string_view::npos) break;
    size_t end = text.find_first_of(" \t\n", begin);
    if (end == std::string_view::npos) end = text.size();
    words.push_back(text.substr(begin, end - begin));
    i = end;
  }
  return words;
}

std::string quote(std::string_view word) { return '`' + std::string(word.substr(0, 80)) + '`'; }

bool number(std::string_view word, uint32_t max, uint32_t& out) {
  auto [end, ec] = std::from_chars(word.data(), word.data() + word.size(), out);
  return !word.empty() && ec == std::errc() && end == word.data() + word.size() && out <= max;
}

constexpr std::string_view kProtocols[KSS_NET_NPROTO] = {"tcp", "udp", "sctp", "icmp", "rawip"};

bool parse_ports(const Text& text, std::string_view word, uint16_t& lo, uint16_t& hi, Reporter& report) {
  if (word == "any") return true;
  size_t dash = word.find('-');
  uint32_t from = 0, to = 0;
  bool good = number(word.substr(0, dash), 65535, from);
  to = from;
  if (dash != std::string_view::npos) good = good && number(word.substr(dash + 1), 65535, to);
  if (!good) {
    report.error(text, word, "expected a port, found " + quote(word), "a number to 65535, a range 1000-2000, or any");
    return false;
  }
  if (to < from) {
    report.error(text, word, "the port range " + quote(word) + " runs backwards");
    return false;
  }
  lo = static_cast<uint16_t>(from);
  hi = static_cast<uint16_t>(to);
  return true;
}

bool parse_address(const Text& text, std::string_view word, InetPattern& out, Reporter& report) {
  std::string_view address = word, prefix;
  bool bracketed = !word.empty() && word[0] == '[';
  size_t slash = word.find('/');
  if (slash != std::string_view::npos) {
    address = word.substr(0, slash);
    prefix = word.substr(slash + 1);
  }
  if (bracketed && address.size() >= 2 && address.back() == ']') address = address.substr(1, address.size() - 2);
  std::string copy(address);
  out.addr.fill(0);
  if (!bracketed && inet_pton(AF_INET, copy.c_str(), out.addr.data()) == 1) {
    out.v6 = false;
  } else if (inet_pton(AF_INET6, copy.c_str(), out.addr.data()) == 1) {
    out.v6 = true;
  } else {
    report.error(text, word, "expected an address, found " + quote(word),
                 address == "localhost" ? "write 127.0.0.1, and ::1 in a line of its own"
                                        : "10.0.0.0/8, 127.0.0.1, [fd00::]/8, ::1, or any");
    return false;
  }
  uint32_t bits = out.v6 ? 128 : 32, length = bits;
  if (slash != std::string_view::npos && !number(prefix, bits, length)) {
    report.error(text, word.substr(slash),
                 "expected a prefix length from 0 to " + std::to_string(bits) + ", found " + quote(prefix));
    return false;
  }
  out.prefix = static_cast<uint8_t>(length);
  static constexpr uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (out.v6 && length >= 96 && std::memcmp(out.addr.data(), kMapped, 12) == 0) {
    report.error(text, word, "an IPv4 address in IPv6 clothes: " + quote(word),
                 "write the IPv4 address; it covers both");
    return false;
  }
  std::array<uint8_t, 16> network = out.addr;
  for (uint32_t bit = length; bit < bits; ++bit) network[bit / 8] &= static_cast<uint8_t>(~(0x80u >> (bit % 8)));
  if (network != out.addr) {
    char buffer[INET6_ADDRSTRLEN] = {};
    inet_ntop(out.v6 ? AF_INET6 : AF_INET, network.data(), buffer, sizeof buffer);
    std::string fixed = (out.v6 ? "[" + std::string(buffer) + "]" : std::string(buffer)) + "/" + std::to_string(length);
    report.error(text, word, quote(word) + " has bits beyond its prefix",
                 "write " + fixed + ", or leave the prefix out");
    return false;
  }
  return true;
}

const NumberedName* find_name(const std::vector<NumberedName>& names, std::string_view word) {
  for (const auto& n : names)
    if (word == n.name) return &n;
  return nullptr;
}

std::string near_name(const std::vector<NumberedName>& names, std::string_view word, const char* otherwise) {
  Suggestion s(word);
  for (const auto& n : names) s.offer(n.name);
  return s.hint(otherwise);
}

}  // namespace

std::optional<DevicePattern> parse_device(const Text& text, std::string_view phrase, Reporter& report) {
  auto words = split(phrase);
  const char* shape = "write char MAJOR:MINOR or block MAJOR:*";
  if (words.size() != 2 || (words[0] != "char" && words[0] != "block")) {
    report.error(text, words.empty() ? std::string_view() : words[0],
                 "expected a device such as `char 1:3`, found " + quote(phrase), shape);
    return std::nullopt;
  }
  DevicePattern d;
  d.pos = where(text, words[0]);
  d.block = words[0] == "block";
  size_t colon = words[1].find(':');
  uint32_t minor = 0;
  if (colon == std::string_view::npos || !number(words[1].substr(0, colon), 0xfff, d.major)) {
    report.error(text, words[1], "expected a device number, found " + quote(words[1]), shape);
    return std::nullopt;
  }
  std::string_view rest = words[1].substr(colon + 1);
  if (rest != "*") {
    if (!number(rest, 0xfffff, minor)) {
      report.error(text, rest.empty() ? words[1] : rest, "expected a minor number or *, found " + quote(rest), shape);
      return std::nullopt;
    }
    d.minor = minor;
  }
  return d;
}

bool parse_inet(const Text& text, std::string_view phrase, std::vector<InetPattern>& out, Reporter& report) {
  auto words = split(phrase);
  const char* shape = "write PROTOCOL ADDRESS[/PREFIX] [port N], for instance tcp 10.7.0.0/16 port 502";
  if (words.size() < 2) {
    report.error(text, {}, "expected a protocol and an address, found " + quote(phrase), shape);
    return false;
  }
  InetPattern pattern;
  pattern.pos = where(text, words[0]);
  size_t proto = 0;
  while (proto < KSS_NET_NPROTO && words[0] != kProtocols[proto]) ++proto;
  if (proto == KSS_NET_NPROTO) {
    report.error(text, words[0], "no protocol " + quote(words[0]),
                 suggest(words[0], {std::begin(kProtocols), std::end(kProtocols)}));
    return false;
  }
  pattern.proto = static_cast<kss_net_proto>(proto);
  bool any = words[1] == "any";
  if (!any && !parse_address(text, words[1], pattern, report)) return false;
  if (words.size() > 2) {
    if (words[2] != "port") {
      report.error(text, words[2], "expected `port` or the end, found " + quote(words[2]), shape);
      return false;
    }
    if (pattern.proto == KSS_NET_icmp || pattern.proto == KSS_NET_rawip) {
      report.error(text, words[2], std::string(kProtocols[proto]) + " has no ports");
      return false;
    }
    if (words.size() != 4) {
      report.error(text, words[words.size() > 4 ? 4 : 2],
                   words.size() > 4 ? "expected the end, found " + quote(words[4]) : "a port is missing after `port`",
                   shape);
      return false;
    }
    if (!parse_ports(text, words[3], pattern.port_lo, pattern.port_hi, report)) return false;
  }
  out.push_back(pattern);
  if (any) {
    pattern.v6 = true;
    out.push_back(pattern);
  }
  return true;
}

std::optional<FamilyPattern> parse_family(const Text& text, std::string_view phrase, Reporter& report) {
  auto words = split(phrase);
  if (words.empty()) {
    report.error(text, {}, "expected a socket family, found nothing");
    return std::nullopt;
  }
  FamilyPattern f;
  f.pos = where(text, words[0]);
  if (const NumberedName* name = find_name(family_names(), words[0])) {
    f.family = name->number;
  } else if (words[0] == "inet" || words[0] == "inet6" || words[0] == "unix" || words[0] == "local") {
    report.error(text, words[0], quote(words[0]) + " sockets are judged by address or name, not by family",
                 words[0][0] == 'i' ? "use inet: [\"tcp any\"]" : "use unix: [\"@name\", \"/path\"]");
    return std::nullopt;
  } else if (!number(words[0], 255, f.family) || f.family <= 2 || f.family == 10) {
    report.error(
        text, words[0], "no socket family " + quote(words[0]),
        near_name(family_names(), words[0], "a name such as packet, can, netlink, or the number of another family"));
    return std::nullopt;
  }
  if (words.size() > 1) {
    uint32_t protocol = 0;
    if (f.family != 16) {
      report.error(text, words[1], "only netlink has protocols here, found " + quote(words[1]));
      return std::nullopt;
    }
    if (const NumberedName* name = find_name(netlink_names(), words[1])) {
      protocol = name->number;
    } else if (!number(words[1], 31, protocol)) {
      report.error(text, words[1], "no netlink protocol " + quote(words[1]),
                   near_name(netlink_names(), words[1], "a name such as route, generic, audit, or a number to 31"));
      return std::nullopt;
    }
    f.protocol = protocol;
  }
  if (words.size() > 2) {
    report.error(text, words[2], "expected the end, found " + quote(words[2]));
    return std::nullopt;
  }
  return f;
}

bool parse_digest(const Text& text, std::array<uint8_t, 32>& out, Reporter& report) {
  constexpr std::string_view prefix = "sha256:";
  std::string_view hex = text.value;
  bool good = hex.substr(0, prefix.size()) == prefix;
  if (good) hex.remove_prefix(prefix.size());
  good = good && hex.size() == 64;
  for (size_t i = 0; good && i < 32; ++i) {
    auto [end, ec] = std::from_chars(hex.data() + 2 * i, hex.data() + 2 * i + 2, out[i], 16);
    good = ec == std::errc() && end == hex.data() + 2 * i + 2;
  }
  if (!good)
    report.error(text, text.value, "expected \"sha256:\" and 64 hexadecimal digits, found " + quote(text.value),
                 "sha256sum FILE prints them");
  return good;
}

}  // namespace kss::policy
