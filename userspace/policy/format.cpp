// SPDX-License-Identifier: BSD-2-Clause
#include "policy/policy.hpp"

namespace kss::policy {

std::string format(const Diagnostic& d) {
  std::string out;
  if (d.pos.file != nullptr) {
    out += *d.pos.file;
    if (d.pos.line != 0) out += ':' + std::to_string(d.pos.line);
    if (d.pos.line != 0 && d.pos.column != 0) out += ':' + std::to_string(d.pos.column);
    out += ": ";
  }
  switch (d.severity) {
    case Diagnostic::Severity::error: out += "error: "; break;
    case Diagnostic::Severity::warning: out += "warning: "; break;
    case Diagnostic::Severity::note: out += "note: "; break;
  }
  out += d.message;
  if (!d.hint.empty()) out += "\n    " + d.hint;
  return out;
}

}  // namespace kss::policy
