// SPDX-License-Identifier: BSD-2-Clause
#include "policy/suggest.hpp"

#include <algorithm>

namespace kss::policy {

size_t edit_distance(std::string_view a, std::string_view b, size_t limit) {
  if ((a.size() > b.size() ? a.size() - b.size() : b.size() - a.size()) > limit) return limit + 1;
  std::vector<size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    size_t least = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
      least = std::min(least, row[j]);
    }
    if (least > limit) return limit + 1;
    before.swap(above);
    above.swap(row);
  }
  return std::min(above[b.size()], limit + 1);
}

Suggestion::Suggestion(std::string_view found)
    : found_(found.substr(0, 128)), limit_(std::clamp<size_t>(found_.size() / 3, 1, 4)) {}

void Suggestion::offer(std::string_view known) {
  size_t d = edit_distance(found_, known, limit_);
  if (d > limit_ || d >= std::max<size_t>(known.size(), 1)) return;
  best_ = known;
  if (d == 0) {
    limit_ = 0;
  } else {
    limit_ = d - 1;
  }
}

std::string Suggestion::hint(std::string otherwise) const {
  return best_.empty() ? std::move(otherwise) : "did you mean `" + best_ + "`?";
}

std::string suggest(std::string_view found, const std::vector<std::string_view>& known) {
  Suggestion near(found);
  for (auto name : known) near.offer(name);
  std::string all = "known here:";
  for (auto name : known) all += ' ' + std::string(name);
  return near.hint(std::move(all));
}

}  // namespace kss::policy
