// SPDX-License-Identifier: BSD-2-Clause
// Path patterns: braces are expanded here; *, **, ? and [] are left to the compiler, once they are known to be sound.
#include <string_view>

#include "policy/limits.hpp"
#include "policy/patterns.hpp"
#include "policy/report.hpp"

namespace kss::policy {
namespace {

// An expansion in the making: the bytes, and for each the byte of the user's text that it came from.
struct Piece {
  std::string bytes;
  std::vector<uint32_t> from;
};

struct Fault {
  size_t at = 0;
  size_t length = 1;
  std::string message;
  std::string hint;
};

// End of the [] that begins at `i`, or npos.
size_t bracket_end(std::string_view p, size_t i) {
  for (size_t k = i + 1; k < p.size() && p[k] != '/'; ++k) {
    if (p[k] == '\\') {
      ++k;
    } else if (p[k] == ']') {
      return k + 1;
    }
  }
  return std::string_view::npos;
}

class Expander {
 public:
  Expander(std::string_view pattern, Fault& fault) : p_(pattern), fault_(fault) {}

  bool run(std::vector<Piece>& out) { return sequence(0, out) && i_ == p_.size(); }

 private:
  bool fail(size_t at, size_t length, std::string message, std::string hint = {}) {
    fault_ = {at, length, std::move(message), std::move(hint)};
    return false;
  }

  // Until the end, or at depth > 0 until `,` or `}`.
  bool sequence(size_t depth, std::vector<Piece>& out) {
    out.assign(1, {});
    while (i_ < p_.size()) {
      char c = p_[i_];
      if (depth > 0 && (c == ',' || c == '}')) return true;
      if (c == '}') return fail(i_, 1, "a `}` that closes nothing", "write \\} to mean the character");
      if (c == '{') {
        size_t open = i_;
        if (depth == kMaxBraceDepth) return fail(i_, 1, "braces nested too deep");
        std::vector<Piece> choices;
        do {
          ++i_;
          std::vector<Piece> one;
          if (!sequence(depth + 1, one)) return false;
          if (i_ == p_.size()) return fail(open, 1, "a `{` without its `}`", "write \\{ to mean the character");
          for (auto& piece : one) choices.push_back(std::move(piece));
          if (choices.size() > kMaxPatterns) return too_many();
        } while (p_[i_] == ',');
        ++i_;
        if (out.size() * choices.size() > kMaxPatterns) return too_many();
        std::vector<Piece> product;
        product.reserve(out.size() * choices.size());
        for (const auto& head : out) {
          for (const auto& tail : choices) {
            Piece joined = head;
            joined.bytes += tail.bytes;
            joined.from.insert(joined.from.end(), tail.from.begin(), tail.from.end());
            product.push_back(std::move(joined));
          }
        }
        out = std::move(product);
        continue;
      }
      size_t n = 1;
      if (c == '\\') {
        if (i_ + 1 == p_.size()) return fail(i_, 1, "a `\\` at the end escapes nothing");
        n = 2;
      } else if (c == '[') {
        size_t end = bracket_end(p_, i_);
        if (end == std::string_view::npos)
          return fail(i_, 1, "a `[` without its `]`", "write \\[ to mean the character");
        n = end - i_;
      }
      for (auto& piece : out) {
        piece.bytes.append(p_, i_, n);
        for (size_t k = 0; k < n; ++k) piece.from.push_back(static_cast<uint32_t>(i_ + k));
      }
      i_ += n;
    }
    return true;
  }

  bool too_many() {
    return fail(0, p_.size(), "braces stand for more than " + std::to_string(kMaxPatterns) + " patterns");
  }

  std::string_view p_;
  Fault& fault_;
  size_t i_ = 0;
};

// One [] group, brackets included.
bool check_bracket(std::string_view group, size_t at, Fault& fault) {
  size_t i = 1;
  if (group[i] == '^') {
    fault = {at, group.size(), "`[^…]`: the sign for `none of these` is `!`",
             "write [!" + std::string(group.substr(2))};
    return false;
  }
  if (group[i] == '!') ++i;
  if (i + 1 >= group.size()) {
    fault = {at, group.size(), "empty brackets", "write \\] to have the character among others"};
    return false;
  }
  int before = -1;
  bool range = false;
  for (; i + 1 < group.size(); ++i) {
    bool escaped = group[i] == '\\';
    if (escaped) ++i;
    auto c = static_cast<unsigned char>(group[i]);
    if (c == '/') {
      fault = {at, group.size(), "no name contains a slash, escaped or not", {}};
      return false;
    }
    if (c >= 0x80) {
      fault = {at, group.size(), "brackets are about single bytes; this has a character of several",
               "write the alternatives in braces: {ä,ö}"};
      return false;
    }
    if (!escaped && c == '-' && before >= 0 && !range && i + 2 < group.size()) {
      range = true;
      continue;
    }
    if (range && before > c) {
      fault = {at, group.size(), "the range runs backwards", {}};
      return false;
    }
    before = range ? -1 : c;
    range = false;
  }
  return true;
}

// A component without slashes; `from` maps its bytes to the user's.
bool check_component(std::string_view c, const uint32_t* from, bool path, Fault& fault) {
  if (path && c == "**") return true;
  std::string literal;
  size_t least = 0;
  bool wild = false;
  for (size_t i = 0; i < c.size(); ++i) {
    if (c[i] == '*') {
      if (i + 1 < c.size() && c[i + 1] == '*') {
        std::string head(c.substr(0, i)), tail(c.substr(i + 2));
        fault = {from[i], 2, "`**` inside a component; it can only be a whole one",
                 path ? "write " + (head.empty() ? "" : head + "*/") + "**" + (tail.empty() ? "" : "/*" + tail) +
                            " for any depth, or a single * for this component"
                      : "write a single *"};
        return false;
      }
      wild = true;
      continue;
    }
    ++least;
    if (c[i] == '?') {
      wild = true;
    } else if (c[i] == '[') {
      size_t end = bracket_end(c, i);
      if (end == std::string_view::npos) {
        fault = {from[i], 1, "a `[` without its `]`", "write \\[ to mean the character"};
        return false;
      }
      if (!check_bracket(c.substr(i, end - i), from[i], fault)) return false;
      wild = true;
      i = end - 1;
    } else {
      if (c[i] == '\\') {
        ++i;
        if (path && i < c.size() && c[i] == '/') {
          fault = {from[i], 1, "no name contains a slash, escaped or not", {}};
          return false;
        }
      }
      literal += c[i];
    }
  }
  if (path && !wild && (literal == "." || literal == "..")) {
    fault = {from[0], c.size(), "`" + literal + "` is no name: a path is judged after the kernel has walked it",
             "write the path without it"};
    return false;
  }
  if (least > KSS_NAME_MAX) {
    fault = {from[0],
             c.size(),
             "a name of " + std::to_string(least) + " bytes; there are none beyond " + std::to_string(KSS_NAME_MAX),
             {}};
    return false;
  }
  return true;
}

bool check_path(const Piece& piece, Fault& fault) {
  const std::string& p = piece.bytes;
  if (p.empty() || p[0] != '/') {
    fault = {p.empty() ? 0 : piece.from[0], 1, "a path begins with `/`", "write the whole path from the root"};
    return false;
  }
  if (p.size() == 1) return true;
  size_t begin = 1;
  for (size_t i = 1; i <= p.size(); ++i) {
    if (i + 1 < p.size() && p[i] == '\\') {  // an escaped slash is reported by the component's check
      ++i;
      continue;
    }
    if (i < p.size() && p[i] != '/') continue;
    if (i == begin) {
      bool end = i == p.size();
      fault = {piece.from[i - 1], 1, end ? "nothing after the last `/`" : "an empty component: `//`",
               end ? "write " + p.substr(0, i - 1) + " for the folder itself, " + p + "** for all that is in it" : ""};
      return false;
    }
    if (!check_component(std::string_view(p).substr(begin, i - begin), piece.from.data() + begin, true, fault))
      return false;
    begin = i + 1;
  }
  return true;
}

bool expand(const Text& text, std::string_view pattern, bool path, const char* what, std::vector<PathPattern>& out,
            Reporter& report) {
  Fault fault;
  bool good = true;
  std::vector<Piece> pieces;
  if (pattern.size() > kMaxPatternBytes) {
    fault = {0, 1, "longer than " + std::to_string(kMaxPatternBytes) + " bytes", {}};
    good = false;
  } else if (pattern.find('\0') != std::string_view::npos) {
    fault = {pattern.find('\0'), 1, "a NUL byte; no name has one", {}};
    good = false;
  } else {
    good = Expander(pattern, fault).run(pieces);
  }
  Pos pos = where(text, pattern);
  for (size_t i = 0; good && i < pieces.size(); ++i) {
    if (path) {
      good = check_path(pieces[i], fault);
    } else if (pieces[i].bytes.empty()) {
      fault = {0, 1, "an empty name", {}};
      good = false;
    } else {
      good = check_component(pieces[i].bytes, pieces[i].from.data(), false, fault);
    }
    if (good) out.push_back({std::move(pieces[i].bytes), pos});
  }
  if (good) return true;
  report.error(text, pattern.substr(std::min(fault.at, pattern.size()), fault.length),
               std::string(what) + " `" + std::string(text.value.substr(0, 120)) + "`: " + fault.message, fault.hint);
  return false;
}

}  // namespace

bool expand_path(const Text& text, const char* what, std::vector<PathPattern>& out, Reporter& report) {
  return expand(text, text.value, true, what, out, report);
}

bool expand_abstract(const Text& text, std::vector<PathPattern>& out, Reporter& report) {
  return expand(text, text.value.substr(1), false, "abstract name", out, report);
}

}  // namespace kss::policy
