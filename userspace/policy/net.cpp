// SPDX-License-Identifier: BSD-2-Clause
#include "policy/net.hpp"

#include <algorithm>
#include <map>
#include <string>

#include "policy/intern.hpp"

namespace kss::policy {
namespace {

struct Range {
  kss_net_proto proto;
  uint16_t lo, hi;
  uint16_t object;
  const InetPattern* pattern;
};

// Every distinct prefix is an address class; 0 is "no prefix". Sorted so that a prefix comes behind those it lies in.
struct Prefix {
  bool v6;
  uint8_t bits;
  std::array<uint8_t, 16> addr;
  std::vector<Range> ranges;
  uint32_t parent = 0;
};

// ::ffff:a.b.c.d/96+n is a.b.c.d/n: the core looks such addresses up as IPv4.
void normalize(bool& v6, uint8_t& bits, std::array<uint8_t, 16>& addr) {
  static constexpr std::array<uint8_t, 12> mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (v6 && bits >= 96 && std::equal(mapped.begin(), mapped.end(), addr.begin())) {
    v6 = false;
    bits = static_cast<uint8_t>(bits - 96);
    std::rotate(addr.begin(), addr.begin() + 12, addr.end());
    std::fill(addr.begin() + 4, addr.end(), uint8_t{0});
  }
  for (uint32_t i = 0; i < 16; i++) {
    uint32_t keep = bits > i * 8 ? std::min<uint32_t>(8, bits - i * 8) : 0;
    addr[i] = static_cast<uint8_t>(addr[i] & (0xff00u >> keep));
  }
}

std::string line_of(const InetPattern& p) {
  return (p.pos.file ? *p.pos.file + ":" : std::string("line ")) + std::to_string(p.pos.line);
}

class Builder {
 public:
  Builder(const CheckedPolicy& policy, Diagnostics& diags) : policy_(policy), diags_(diags) {}
  std::optional<NetTables> run() {
    if (!collect()) return std::nullopt;
    if (prefixes_.size() == 1) return std::move(out_);
    if (!reject_ties() || !build_tries() || !build_cells()) return std::nullopt;
    return std::move(out_);
  }

 private:
  bool error(const Pos& pos, std::string message, std::string hint) {
    diags_.push_back({Diagnostic::Severity::error, pos, std::move(message), std::move(hint)});
    return false;
  }
  bool collect();
  bool reject_ties();
  bool build_tries();
  bool build_cells();

  const CheckedPolicy& policy_;
  Diagnostics& diags_;
  std::vector<Prefix> prefixes_;
  NetTables out_;
};

bool Builder::collect() {
  std::map<std::tuple<bool, uint8_t, std::array<uint8_t, 16>>, std::vector<Range>> by_prefix;
  for (uint32_t t = 0; t < policy_.types.size(); t++) {
    for (const auto& p : policy_.types[t].inet) {
      bool v6 = p.v6;
      uint8_t bits = p.prefix;
      auto addr = p.addr;
      if (bits > (v6 ? 128 : 32) || p.port_lo > p.port_hi || p.proto >= KSS_NET_NPROTO)
        return error(p.pos, "address pattern with an impossible prefix, port range or protocol", "");
      normalize(v6, bits, addr);
      by_prefix[{v6, bits, addr}].push_back(
          {p.proto, p.port_lo, p.port_hi, static_cast<uint16_t>(policy_.first_type() + t), &p});
    }
  }
  prefixes_.push_back({});
  for (auto& [key, ranges] : by_prefix)
    prefixes_.push_back({std::get<0>(key), std::get<1>(key), std::get<2>(key), std::move(ranges), 0});
  return true;
}

// Within one prefix and protocol, ranges of equal width that overlap are of equal rank. Sorted by start, such a pair in
// two types exists only if two neighbours are one.
bool Builder::reject_ties() {
  bool good = true;
  for (auto& p : prefixes_) {
    auto key = [](const Range& r) { return std::tuple(r.proto, r.hi - r.lo, r.lo); };
    std::stable_sort(p.ranges.begin(), p.ranges.end(), [&](const Range& a, const Range& b) { return key(a) < key(b); });
    for (size_t i = 1; i < p.ranges.size(); i++) {
      const Range &a = p.ranges[i - 1], &b = p.ranges[i];
      if (a.proto == b.proto && a.hi - a.lo == b.hi - b.lo && b.lo <= a.hi && a.object != b.object)
        good = error(b.pattern->pos,
                     "this address pattern and that of " + line_of(*a.pattern) +
                         " have equal prefixes, overlap in equally wide port ranges, and belong to different types",
                     "narrow the prefix or the port range of one of them");
    }
  }
  return good;
}

bool Builder::build_tries() {
  auto leaf = [](uint32_t cls) { return KSS_NET_LEAF | cls; };
  auto fresh = [&](uint32_t value) {
    out_.nodes.emplace_back().fill(value);
    return static_cast<uint32_t>(out_.nodes.size() - 1);
  };
  out_.root4 = fresh(leaf(0));
  out_.root6 = fresh(leaf(0));
  for (uint32_t c = 1; c < prefixes_.size(); c++) {  // shorter prefixes first
    Prefix& p = prefixes_[c];
    uint32_t node = p.v6 ? out_.root6 : out_.root4, depth = 0;
    for (; (depth + 1) * 8 < p.bits; depth++) {
      uint32_t slot = out_.nodes[node][p.addr[depth]];
      if (slot & KSS_NET_LEAF) {
        if (out_.nodes.size() >= kMaxNetNodes)
          return error(p.ranges[0].pattern->pos,
                       "the address patterns need more than " + std::to_string(kMaxNetNodes) + " trie nodes",
                       "use fewer or shorter prefixes");
        uint32_t child = fresh(slot);
        out_.nodes[node][p.addr[depth]] = child;
        slot = child;
      }
      node = slot;
    }
    // All entries of the span hold the same class still: whatever is longer comes later.
    uint32_t rest = p.bits - depth * 8, first = p.addr[depth], count = 1u << (8 - rest);
    p.parent = out_.nodes[node][first] & ~KSS_NET_LEAF;
    for (uint32_t i = 0; i < count; i++) out_.nodes[node][first + i] = leaf(c);
  }
  return true;
}

bool Builder::build_cells() {
  std::vector<uint32_t> cuts = {0, 65536};
  for (const auto& p : prefixes_)
    for (const auto& r : p.ranges) {
      cuts.push_back(r.lo);
      cuts.push_back(r.hi + 1u);
    }
  std::sort(cuts.begin(), cuts.end());
  cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
  const size_t nport = cuts.size() - 1, naddr = prefixes_.size();
  if (nport * naddr * KSS_NET_NPROTO > kMaxNetCells)
    return error(prefixes_.back().ranges[0].pattern->pos,
                 std::to_string(naddr) + " prefixes with " + std::to_string(nport) +
                     " port ranges are too many: at most " + std::to_string(kMaxNetCells / KSS_NET_NPROTO) +
                     " combinations",
                 "use fewer distinct port ranges");
  auto piece = [&](uint32_t port) {
    return static_cast<size_t>(std::upper_bound(cuts.begin(), cuts.end(), port) - cuts.begin() - 1);
  };
  // One row an address class, over all protocols and port pieces; a prefix starts as what it lies in.
  const size_t width = nport * KSS_NET_NPROTO;
  std::vector<uint16_t> rows(naddr * width, static_cast<uint16_t>(KSS_OBJ_inet_other));
  for (size_t a = 1; a < naddr; a++) {
    const Prefix& p = prefixes_[a];
    std::copy_n(rows.begin() + static_cast<ptrdiff_t>(p.parent * width), width,
                rows.begin() + static_cast<ptrdiff_t>(a * width));
    auto order = p.ranges;
    std::stable_sort(order.begin(), order.end(),
                     [](const Range& x, const Range& y) { return x.hi - x.lo > y.hi - y.lo; });
    for (const auto& r : order)
      for (size_t i = piece(r.lo), end = piece(r.hi); i <= end; i++) rows[a * width + r.proto * nport + i] = r.object;
  }
  // Merge port pieces, then address classes, that nothing tells apart.
  SetTable columns, classes;
  std::vector<uint32_t> port_class(nport), seq;
  std::vector<size_t> port_sample, addr_sample;
  for (size_t i = 0; i < nport; i++) {
    seq.clear();
    for (size_t a = 0; a < naddr; a++)
      for (size_t proto = 0; proto < KSS_NET_NPROTO; proto++) seq.push_back(rows[a * width + proto * nport + i]);
    bool isnew;
    port_class[i] = columns.intern(seq, &isnew);
    if (isnew) port_sample.push_back(i);
  }
  std::vector<uint32_t> addr_class(naddr);
  for (size_t a = 0; a < naddr; a++) {
    seq.assign(rows.begin() + static_cast<ptrdiff_t>(a * width),
               rows.begin() + static_cast<ptrdiff_t>((a + 1) * width));
    bool isnew;
    addr_class[a] = classes.intern(seq, &isnew);
    if (isnew) addr_sample.push_back(a);
  }
  out_.naddr = static_cast<uint32_t>(addr_sample.size());
  out_.nport = static_cast<uint32_t>(port_sample.size());
  for (size_t proto = 0; proto < KSS_NET_NPROTO; proto++)
    for (size_t a : addr_sample)
      for (size_t i : port_sample) out_.cells.push_back(rows[a * width + proto * nport + i]);
  for (auto& node : out_.nodes)
    for (auto& slot : node)
      if (slot & KSS_NET_LEAF) slot = KSS_NET_LEAF | addr_class[slot & ~KSS_NET_LEAF];
  SetTable blocks;
  for (uint32_t high = 0; high < 256; high++) {
    std::array<uint16_t, 256> block;
    for (uint32_t low = 0; low < 256; low++) block[low] = static_cast<uint16_t>(port_class[piece(high << 8 | low)]);
    seq.assign(block.begin(), block.end());
    bool isnew;
    out_.port_block[high] = static_cast<uint16_t>(blocks.intern(seq, &isnew));
    if (isnew) out_.blocks.push_back(block);
  }
  return true;
}

}  // namespace

std::optional<NetTables> build_net(const CheckedPolicy& policy, Diagnostics& diags) {
  return Builder(policy, diags).run();
}

}  // namespace kss::policy
