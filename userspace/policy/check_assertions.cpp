// SPDX-License-Identifier: BSD-2-Clause
// Assertions: what shall hold of the rules. They are resolved here and proved in prove.cpp.
#include <algorithm>

#include "policy/checker.hpp"
#include "policy/names.hpp"

namespace kss::policy {

void Checker::check_noflow(const Text& text, size_t skip) {
  NoFlowSyntax syntax;
  if (!parse_noflow(text, skip, syntax, report_)) return;
  ObjectSet from, to;
  if (!objects(syntax.from, {}, from) || !objects(syntax.to, {}, to)) return;
  for (const auto& [words, set] : {std::pair(&syntax.from, &from), std::pair(&syntax.to, &to)}) {
    if (set->self) {
      report_.error(text, words->span, "`self` is nowhere in particular", "name domains, types or attributes");
      return;
    }
    if (set->ids.empty()) {
      report_.error(text, words->span, "this is no domain and no type: the assertion would say nothing");
      return;
    }
  }
  NoFlow n;
  n.from = std::move(from.ids);
  n.to = std::move(to.ids);
  n.pos = where(text, size_t{0});
  n.text = text.value;
  for (ObjectId id : n.from) {
    if (!std::binary_search(n.to.begin(), n.to.end(), id)) continue;
    report_.error(text, syntax.to.span, "`" + out_.object_name(id) + "` is on both sides: it is there already",
                  "take it from one of them: { … -" + out_.object_name(id) + " }");
    return;
  }
  out_.noflows.push_back(std::move(n));
}

void Checker::check_assertions() {
  for (const Text& text : in_.assertions) {
    if (report_.full() || over_limit_) return;
    std::string_view word = text.value.substr(0, text.value.find(' '));
    if (word == "neverallow") {
      check_neverallow(text, word.size());
    } else if (word == "noflow") {
      check_noflow(text, word.size());
    } else {
      report_.error(text, word, "expected `neverallow` or `noflow`, found `" + std::string(word.substr(0, 80)) + "`",
                    "an assertion reads: neverallow SUBJECT OBJECT : CLASS PERMISSION, or noflow FROM -> TO");
    }
  }
  for (const Text& text : in_.neverallows) {
    if (report_.full() || over_limit_) return;
    check_neverallow(text, text.value.substr(0, 11) == "neverallow " ? 10 : 0);
  }
}

}  // namespace kss::policy
