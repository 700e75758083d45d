// SPDX-License-Identifier: BSD-2-Clause
#include "policy/report.hpp"

#include <algorithm>
#include <functional>

#include "policy/limits.hpp"

namespace kss::policy {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool inside(std::string_view part, std::string_view whole) {
  std::less_equal<const char*> le;
  return part.data() != nullptr && le(whole.data(), part.data()) &&
         le(part.data() + part.size(), whole.data() + whole.size());
}

Pos make_pos(const Source& source, size_t line, size_t column) {
  return {source.name, static_cast<uint32_t>(line + 1), static_cast<uint32_t>(column + 1)};
}

// Walks source and value together. YAML changes only white space (folding), quotes and escapes; where the two part
// company for another reason, the last common place is near enough.
Pos walk(const Text& text, size_t at) {
  const std::string& s = text.source->text;
  size_t i = text.offset, line = text.line, column = text.column;
  auto step = [&] {
    if (s[i] == '\n') {
      ++line;
      column = 0;
    } else {
      ++column;
    }
    ++i;
  };
  char quote = 0;
  if (i < s.size() && (s[i] == '"' || s[i] == '\'')) {
    quote = s[i];
    step();
  } else if (i < s.size() && (s[i] == '|' || s[i] == '>')) {
    while (i < s.size() && s[i] != '\n') step();
    while (i < s.size() && is_space(s[i])) step();
  }
  for (size_t v = 0; v < at && i < s.size(); ++v) {
    char c = text.value[v];
    if (is_space(c)) {
      bool newline = false;
      size_t look = i;
      while (look < s.size() && is_space(s[look])) newline |= s[look++] == '\n';
      if (newline) {
        while (i < look) step();
      } else if (look > i) {
        step();
      }
      continue;
    }
    if (s[i] != c && is_space(s[i])) {  // "a : b" put together from a key and a value further on
      while (i < s.size() && is_space(s[i])) step();
      if (i == s.size()) break;
    }
    if (quote == '"' && s[i] == '\\' && i + 1 < s.size()) {
      size_t length = s[i + 1] == 'x' ? 4 : s[i + 1] == 'u' ? 6 : s[i + 1] == 'U' ? 10 : 2;
      for (size_t k = 0; k < length && i < s.size(); ++k) step();
    } else if (quote == '\'' && s[i] == '\'' && i + 1 < s.size() && s[i + 1] == '\'') {
      step();
      step();
    } else if (s[i] == c) {
      step();
    } else {
      break;
    }
  }
  // A word begins after the white space that YAML folded away before it.
  if (at < text.value.size() && !is_space(text.value[at]))
    while (i < s.size() && is_space(s[i])) step();
  return make_pos(*text.source, line, column);
}

}  // namespace

Pos where(const Text& text, size_t at) {
  if (text.expansion != nullptr) {
    const auto& segments = text.expansion->segments;
    auto next = std::upper_bound(segments.begin(), segments.end(), at,
                                 [](size_t a, const Expansion::Segment& s) { return a < s.out; });
    if (next == segments.begin()) return where(text.expansion->origin, size_t{0});
    const auto& segment = *(next - 1);
    return where(text.expansion->origin, segment.in + (segment.argument ? 0 : at - segment.out));
  }
  if (text.source == nullptr) return {};
  if (at == 0) return make_pos(*text.source, text.line, text.column);
  at = std::min(at, text.value.size());
  if (inside(text.value, text.source->text)) {
    size_t begin = static_cast<size_t>(text.value.data() - text.source->text.data());
    return make_pos(*text.source, text.line, text.column + (begin - text.offset) + at);
  }
  return walk(text, at);
}

Pos where(const Text& text, std::string_view at) {
  if (!inside(at, text.value)) return where(text, size_t{0});
  size_t offset = static_cast<size_t>(at.data() - text.value.data());
  if (offset != 0 || text.expansion != nullptr || text.source == nullptr) return where(text, offset);
  // The first word of a quoted scalar stands after the quote; that of a block scalar on a further line.
  if (inside(text.value, text.source->text)) {
    size_t begin = static_cast<size_t>(text.value.data() - text.source->text.data());
    return make_pos(*text.source, text.line, text.column + (begin - text.offset));
  }
  return walk(text, 0);
}

void Reporter::add(Diagnostic::Severity severity, const Pos& pos, std::string message, std::string hint) {
  out_.push_back({severity, pos, std::move(message), std::move(hint)});
}

bool Reporter::full() const { return errors_ >= kMaxErrors; }

void Reporter::error(const Pos& pos, std::string message, std::string hint) {
  last_kept_ = errors_ < kMaxErrors;
  if (!last_kept_) return;
  add(Diagnostic::Severity::error, pos, std::move(message), std::move(hint));
  if (++errors_ == kMaxErrors)
    add(Diagnostic::Severity::note, pos,
        "that is " + std::to_string(kMaxErrors) + " errors; further ones are not shown", {});
}

void Reporter::add_uses(const Text& text) {
  for (const Expansion* e = text.expansion; e != nullptr; e = e->use.expansion)
    note(where(e->use, size_t{0}), "in what macro `" + std::string(e->macro) + "` expands to here");
}

void Reporter::error(const Text& text, std::string_view at, std::string message, std::string hint) {
  error(where(text, at), std::move(message), std::move(hint));
  add_uses(text);
}

void Reporter::warning(const Pos& pos, std::string message, std::string hint) {
  last_kept_ = warnings_ < kMaxErrors;
  if (!last_kept_) return;
  ++warnings_;
  add(Diagnostic::Severity::warning, pos, std::move(message), std::move(hint));
}

void Reporter::warning(const Text& text, std::string_view at, std::string message, std::string hint) {
  warning(where(text, at), std::move(message), std::move(hint));
  add_uses(text);
}

void Reporter::note(const Pos& pos, std::string message) {
  if (last_kept_) add(Diagnostic::Severity::note, pos, std::move(message), {});
}

}  // namespace kss::policy
