// SPDX-License-Identifier: BSD-2-Clause
// The line reader for long lists of rules. The YAML library takes 3 to 6 µs for such a line, which is most of the time
// that a policy of 100,000 rules would need. It takes only lines whose meaning in YAML leaves no doubt: a plain scalar
// or a one-pair map of two plain scalars, or a quoted scalar without escapes, out of a small alphabet. All lines of a
// run give way to one placeholder item; the parser accepts it only where it meets it as an item of a list directly
// below the right top-level key, and otherwise (the lines stood inside a block scalar, say) parses the file as it is.
#include <array>
#include <string_view>

#include "policy/limits.hpp"
#include "policy/yaml_tree.hpp"

namespace kss::policy {
namespace {

constexpr std::string_view kPlaceholder = "kss-rule-lines-";

constexpr auto kAlphabet = [] {
  std::array<bool, 256> t{};
  for (int c = 'a'; c <= 'z'; ++c) t[static_cast<size_t>(c)] = true;
  for (int c = 'A'; c <= 'Z'; ++c) t[static_cast<size_t>(c)] = true;
  for (int c = '0'; c <= '9'; ++c) t[static_cast<size_t>(c)] = true;
  for (char c : std::string_view("_.-*:{} ")) t[static_cast<unsigned char>(c)] = true;
  return t;
}();

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

// `item` is what stands after "- ". On success it is cut down to the rule itself.
bool take_rule(std::string_view& item) {
  if (item.size() > kMaxFast || item.empty()) return false;
  if (item[0] == '"' || item[0] == '\'') {
    size_t close = item.find(item[0], 1);
    if (close == std::string_view::npos || close == 1) return false;
    std::string_view rest = item.substr(close + 1);
    size_t more = rest.find_first_not_of(' ');
    if (more != std::string_view::npos && (more == 0 || rest[more] != '#')) return false;
    item = item.substr(1, close - 1);
    for (char c : item)
      if (!kAlphabet[static_cast<unsigned char>(c)]) return false;
    return item.front() != ' ' && item.back() != ' ';
  }
  if (!is_letter(item[0])) return false;
  size_t colon = 0, n = item.size();
  for (size_t i = 0; i < n; ++i) {
    char c = item[i];
    if (c == '#' && item[i - 1] == ' ') {
      n = i;
      break;
    }
    if (!kAlphabet[static_cast<unsigned char>(c)]) return false;
    if (c == ':' && (i + 1 == n || item[i + 1] == ' ')) {
      if (colon != 0 || i + 2 >= n || item[i - 1] != ' ' || !is_letter(item[i + 2])) return false;
      colon = i;
    }
  }
  while (n > 0 && item[n - 1] == ' ') --n;
  item = item.substr(0, n);
  return colon != 0 && colon + 2 < n;
}

}  // namespace

std::string placeholder(size_t i) { return std::string(kPlaceholder) + std::to_string(i); }

std::vector<RuleRun> find_rule_runs(const std::string& text) {
  std::vector<RuleRun> runs;
  if (text.find(kPlaceholder) != std::string::npos) return runs;
  RuleRun run;
  bool in_run = false;
  size_t last_begin = 0, last_end = 0;  // of the run's last rule line
  uint32_t last_line = 0;
  auto close = [&](size_t indent_after) {
    if (!in_run) return;
    in_run = false;
    // What is indented deeper may continue the last line's scalar: leave that line to YAML.
    if (indent_after > run.indent && !run.lines.empty()) {
      run.lines.pop_back();
      if (run.lines.empty()) return;
      run.end = last_begin;
      run.line_count = last_line - run.first_line;
    } else {
      run.end = last_end;
      run.line_count = last_line + 1 - run.first_line;
    }
    if (run.lines.size() >= 2) runs.push_back(std::move(run));
  };
  uint32_t line = 0;
  for (size_t at = 0; at < text.size(); ++line) {
    size_t newline = text.find('\n', at);
    size_t next = newline == std::string::npos ? text.size() : newline + 1;
    size_t stop = newline == std::string::npos ? text.size() : newline;
    std::string_view body(text.data() + at, stop - at);
    if (!body.empty() && body.back() == '\r') body.remove_suffix(1);
    size_t indent = body.find_first_not_of(' ');
    if (indent == std::string_view::npos || body[indent] == '#') {
      // Nothing: part of a run or not.
    } else if (body[indent] == '\t') {
      close(std::string::npos);  // the library's opinion of a tab depends on what stands before it
    } else if (indent == 0 && body[0] != '-') {
      close(0);
      std::string_view key = body.substr(0, body.find_last_not_of(' ') + 1);
      if (key == "allow:" || key == "audit:" || key == "dontaudit:") {
        run = {};
        run.key = key.substr(0, key.size() - 1);
        in_run = true;
      }
    } else if (in_run) {
      bool first = run.lines.empty();
      std::string_view item = body.substr(indent);
      bool dash = item.size() > 2 && item[0] == '-' && item[1] == ' ' && (first || indent == run.indent);
      size_t space = 2;
      if (dash) {
        while (space < item.size() && item[space] == ' ') ++space;
        item = item.substr(space);
        dash = take_rule(item);
      }
      if (dash) {
        if (first) {
          run.indent = indent;
          run.begin = at;
          run.first_line = line;
        }
        auto offset = static_cast<size_t>(item.data() - text.data());
        run.lines.push_back({static_cast<uint32_t>(offset), static_cast<uint32_t>(item.size()), line,
                             static_cast<uint32_t>(offset - at), text[offset - 1] != ' '});
        last_begin = at;
        last_end = next;
        last_line = line;
      } else if (first) {
        in_run = false;
      } else {
        close(indent);
      }
    }
    at = next;
  }
  close(0);
  return runs;
}

}  // namespace kss::policy
