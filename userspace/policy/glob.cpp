// SPDX-License-Identifier: BSD-2-Clause
#include "policy/glob.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "kss/image.h"
#include "policy/intern.hpp"

namespace kss::policy {
namespace {

Result<Component::Item> parse_set(std::string_view text, size_t& i) {
  // i is behind the '['
  Component::Item item;
  bool negated = false, first = true;
  if (i < text.size() && (text[i] == '!' || text[i] == '^')) {
    negated = true;
    i++;
  }
  for (;; first = false) {
    if (i >= text.size())
      return Error{"'[' without ']' in '" + std::string(text) + "'", "write \\[ for the character itself"};
    if (text[i] == ']' && !first) break;
    auto byte = [&]() -> int {
      if (text[i] == '\\' && i + 1 < text.size()) i++;
      return static_cast<uint8_t>(text[i++]);
    };
    int lo = byte(), hi = lo;
    if (i + 1 < text.size() && text[i] == '-' && text[i + 1] != ']') {
      i++;
      hi = byte();
    }
    if (hi < lo) return Error{"range runs backwards in '" + std::string(text) + "'", ""};
    for (int b = lo; b <= hi; b++) item.bytes.set(static_cast<size_t>(b));
  }
  i++;
  if (negated) item.bytes.flip();
  return item;
}

// How many names lead to each set of globs. A state in a cycle, or behind one, is reached by names without number.
void count_names(GlobAutomaton& a, bool any_byte) {
  constexpr uint64_t inf = GlobAutomaton::kInfinite;
  std::vector<uint32_t> weight(a.nclasses, 0);  // bytes of a class that names hold
  for (uint32_t b = 0; b < 256; b++)
    if (any_byte || (b != 0 && b != '/')) weight[a.classes[b]]++;
  std::vector<uint32_t> waiting(a.nstates, 0), order{0};
  std::vector<bool> reached(a.nstates, false);
  reached[0] = true;
  a.names.assign(a.sets.size(), 0);
  for (size_t i = 0; i < order.size(); i++)
    for (uint32_t c = 0; c < a.nclasses; c++) {
      if (!weight[c]) continue;
      uint32_t to = a.next[order[i] * a.nclasses + c];
      if (to == KSS_GLOB_FAIL) {
        a.names[0] = inf;
        continue;
      }
      waiting[to]++;
      if (!reached[to]) order.push_back(to);
      reached[to] = true;
    }
  std::vector<uint64_t> count(a.nstates, 0);
  std::vector<bool> done(a.nstates, false);
  std::vector<uint32_t> ready;
  if (!waiting[0]) ready.push_back(0);
  count[0] = 1;
  while (!ready.empty()) {
    uint32_t s = ready.back();
    ready.pop_back();
    done[s] = true;
    for (uint32_t c = 0; c < a.nclasses; c++) {
      uint32_t to = a.next[s * a.nclasses + c];
      if (!weight[c] || to == KSS_GLOB_FAIL) continue;
      uint64_t more;
      if (__builtin_mul_overflow(count[s], weight[c], &more) || __builtin_add_overflow(count[to], more, &count[to]))
        count[to] = inf;
      if (!--waiting[to]) ready.push_back(to);
    }
  }
  for (uint32_t s : order) {
    uint64_t& n = a.names[a.accept[s]];
    uint64_t here = done[s] ? count[s] - (s == 0) : inf;
    if (here == inf || __builtin_add_overflow(n, here, &n)) n = inf;
  }
}

}  // namespace

Result<Component> parse_component(std::string_view text, bool deep_allowed) {
  Component c;
  uint64_t literals = 0, sets = 0, any = 0;
  std::string name;
  for (size_t i = 0; i < text.size();) {
    Component::Item item;
    if (text[i] == '*') {
      i++;
      if (!c.items.empty() && c.items.back().star) continue;
      item.star = true;
    } else if (text[i] == '?') {
      i++;
      any++;
      item.bytes.set();
    } else if (text[i] == '[') {
      i++;
      auto set = parse_set(text, i);
      if (!set) return set.error();
      item = *set;
      sets++;
    } else {
      if (text[i] == '\\') {
        if (i + 1 == text.size())
          return Error{"'\\' at the end of '" + std::string(text) + "'", "write \\\\ for the character itself"};
        i++;
      }
      item.bytes.set(static_cast<uint8_t>(text[i]));
      name += text[i++];
      literals++;
    }
    c.items.push_back(item);
  }
  if (c.items.empty()) return Error{"empty path component", "write single slashes and none at the end"};
  if (literals + sets + any > KSS_NAME_MAX)
    return Error{"component '" + std::string(text) + "' is longer than any name can be (255 bytes)", ""};
  if (literals == c.items.size()) {
    c.kind = Component::Kind::literal;
    c.text = name;
    c.items.clear();
    literals = 0;
  } else {
    c.text = text;
    if (deep_allowed && text == "**")
      c.kind = Component::Kind::deep;
    else if (c.items.size() == 1 && c.items[0].star)
      c.kind = Component::Kind::star;
    else
      c.kind = Component::Kind::glob;
  }
  c.rank = (static_cast<uint64_t>(c.kind) + 1) << 48 | literals << 32 | sets << 16 | any;
  return c;
}

Result<std::vector<Component>> parse_path_pattern(std::string_view text) {
  std::vector<Component> out;
  if (text.empty() || text[0] != '/')
    return Error{"path pattern '" + std::string(text) + "' does not start with '/'", ""};
  if (text == "/") return out;
  for (size_t at = 1;;) {
    // A '/' within brackets or behind a backslash separates all the same: no name holds one.
    size_t end = std::min(text.find('/', at), text.size());
    auto c = parse_component(text.substr(at, end - at), true);
    if (!c) return Error{c.error().message + " in path pattern '" + std::string(text) + "'", c.error().hint};
    out.push_back(std::move(*c));
    if (end == text.size()) return out;
    at = end + 1;
  }
}

uint32_t GlobAutomaton::run(std::string_view name) const {
  uint32_t s = 0;
  for (char ch : name) {
    s = next[s * nclasses + classes[static_cast<uint8_t>(ch)]];
    if (s == KSS_GLOB_FAIL) return 0;
  }
  return accept[s];
}

Result<GlobAutomaton> build_glob_automaton(std::span<const Component* const> globs, bool any_byte) {
  GlobAutomaton a;
  // Bytes that no item tells apart are one class.
  struct ByteSetHash {
    size_t operator()(const std::bitset<256>& b) const { return std::hash<std::bitset<256>>()(b); }
  };
  std::unordered_map<std::bitset<256>, uint32_t, ByteSetHash> distinct;
  for (const auto* g : globs)
    for (const auto& item : g->items)
      if (!item.star) distinct.emplace(item.bytes, 0);
  std::vector<uint32_t> cls(256, 0);
  uint32_t ncls = 1;
  for (const auto& [bytes, unused] : distinct) {
    (void)unused;
    std::map<uint32_t, uint32_t> split;
    for (uint32_t b = 0; b < 256; b++) {
      if (!bytes[b]) continue;
      auto [it, fresh] = split.try_emplace(cls[b], ncls);
      if (fresh) ncls++;
      cls[b] = it->second;
    }
  }
  // Renumber by first use, so that the order of a hash table does not show in the image.
  std::vector<uint32_t> number(ncls, UINT32_MAX), sample;
  for (uint32_t b = 0; b < 256; b++) {
    if (number[cls[b]] == UINT32_MAX) {
      number[cls[b]] = static_cast<uint32_t>(sample.size());
      sample.push_back(b);
    }
    a.classes[b] = static_cast<uint8_t>(number[cls[b]]);
  }
  a.nclasses = static_cast<uint32_t>(sample.size());

  // Positions of all globs in one numbering; a glob with n items has positions base .. base + n, the last accepting.
  std::vector<uint32_t> base, owner;
  for (uint32_t g = 0; g < globs.size(); g++) {
    base.push_back(static_cast<uint32_t>(owner.size()));
    owner.insert(owner.end(), globs[g]->items.size() + 1, g);
  }
  const auto npos = static_cast<uint32_t>(owner.size());
  auto item_at = [&](uint32_t p) -> const Component::Item* {
    uint32_t g = owner[p], i = p - base[g];
    return i < globs[g]->items.size() ? &globs[g]->items[i] : nullptr;
  };
  std::vector<const Component::Item*> items(npos);
  for (uint32_t p = 0; p < npos; p++) items[p] = item_at(p);
  SetTable states, accepts;
  accepts.intern({});
  std::vector<uint32_t> set;
  auto add = [&](uint32_t p) {
    for (set.push_back(p); items[p] && items[p]->star; set.push_back(p)) p++;
  };
  auto finish = [&] {
    std::sort(set.begin(), set.end());
    set.erase(std::unique(set.begin(), set.end()), set.end());
  };
  for (uint32_t b : base) add(b);
  finish();
  states.intern(set);
  std::vector<uint32_t> now, matched;
  for (uint32_t s = 0; s < states.size(); s++) {
    auto view = states[s];
    now.assign(view.begin(), view.end());
    matched.clear();
    for (uint32_t p : now)
      if (!items[p]) matched.push_back(owner[p]);
    a.accept.push_back(accepts.intern(matched));
    for (uint32_t c = 0; c < a.nclasses; c++) {
      set.clear();
      for (uint32_t p : now) {
        if (!items[p]) continue;
        if (items[p]->star)
          add(p);
        else if (items[p]->bytes[sample[c]])
          add(p + 1);
      }
      if (set.empty()) {
        a.next.push_back(KSS_GLOB_FAIL);
        continue;
      }
      finish();
      uint32_t to = states.intern(set);
      if (to >= GlobAutomaton::kMaxStates) {
        std::string list;
        for (size_t g = 0; g < globs.size() && g < 4; g++) list += (g ? "', '" : "") + globs[g]->text;
        return Error{"the wildcards '" + list + (globs.size() > 4 ? "', …" : "'") + " together need more than " +
                         std::to_string(GlobAutomaton::kMaxStates) + " states",
                     "use fewer '*' and '?' within one name, or list the names"};
      }
      a.next.push_back(static_cast<uint16_t>(to));
    }
  }
  a.nstates = static_cast<uint32_t>(states.size());
  for (uint32_t i = 0; i < accepts.size(); i++) a.sets.emplace_back(accepts[i].begin(), accepts[i].end());
  count_names(a, any_byte);
  return a;
}

}  // namespace kss::policy
