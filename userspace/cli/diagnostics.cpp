// SPDX-License-Identifier: BSD-2-Clause
#include "cli/diagnostics.hpp"

#include <algorithm>
#include <fstream>
#include <map>

namespace kss::cli {
namespace {

const char* word(Diagnostic::Severity s) {
  return s == Diagnostic::Severity::error ? "error" : s == Diagnostic::Severity::warning ? "warning" : "note";
}

/// Lines of the files that diagnostics point into, each read once.
class Sources {
 public:
  /// Null if the file has no such line (or can't be read again, as standard input).
  const std::string* line(const Pos& pos) {
    if (!pos.file || pos.line == 0) return nullptr;
    auto [it, fresh] = files_.try_emplace(*pos.file);
    if (fresh) {
      std::ifstream in(*pos.file);
      for (std::string l; std::getline(in, l);) it->second.push_back(l);
    }
    return pos.line <= it->second.size() ? &it->second[pos.line - 1] : nullptr;
  }

 private:
  std::map<std::string, std::vector<std::string>> files_;
};

/// Blanks up to the column, tabs kept, so that the caret stands below the right place.
std::string indent_to(const std::string& line, uint32_t column) {
  std::string s;
  for (std::size_t i = 0; i + 1 < column && i < line.size(); i++)
    if ((static_cast<unsigned char>(line[i]) & 0xc0) != 0x80) s += line[i] == '\t' ? '\t' : ' ';
  return s;
}

}  // namespace

void print(const Diagnostics& diagnostics, const Colors& c, std::FILE* to) {
  Sources sources;
  for (const Diagnostic& d : diagnostics) {
    std::string where;
    if (d.pos.file) where = printable(*d.pos.file) + ":";
    if (d.pos.line) where += std::to_string(d.pos.line) + ":";
    if (d.pos.line && d.pos.column) where += std::to_string(d.pos.column) + ":";
    const char* color = d.severity == Diagnostic::Severity::error     ? c.red
                        : d.severity == Diagnostic::Severity::warning ? c.yellow
                                                                      : c.cyan;
    std::fprintf(to, "%s%s%s%s%s:%s %s%s%s\n", c.bold, where.c_str(), where.empty() ? "" : " ", color, word(d.severity),
                 c.reset, c.bold, printable(d.message).c_str(), c.reset);
    if (const std::string* line = sources.line(d.pos)) {
      std::fprintf(to, "%6u | %s\n", d.pos.line, printable(*line).c_str());
      if (d.pos.column)
        std::fprintf(to, "       | %s%s^%s\n", indent_to(*line, d.pos.column).c_str(), c.green, c.reset);
    }
    if (!d.hint.empty()) std::fprintf(to, "    %s\n", printable(d.hint).c_str());
  }
}

Json to_json(const Diagnostics& diagnostics) {
  Json list = Json::array();
  for (const Diagnostic& d : diagnostics) {
    Json j = Json::object();
    j.set("severity", word(d.severity));
    if (d.pos.file) j.set("file", *d.pos.file);
    if (d.pos.line) j.set("line", d.pos.line);
    if (d.pos.column) j.set("column", d.pos.column);
    j.set("message", d.message);
    if (!d.hint.empty()) j.set("hint", d.hint);
    list.push(std::move(j));
  }
  return list;
}

std::size_t count_of(const Diagnostics& diagnostics, Diagnostic::Severity severity) {
  return static_cast<std::size_t>(std::count_if(diagnostics.begin(), diagnostics.end(),
                                                [&](const Diagnostic& d) { return d.severity == severity; }));
}

}  // namespace kss::cli
