// SPDX-License-Identifier: BSD-2-Clause
// The policy's own tests: only their form is checked here; they are run against the image.
#include <algorithm>

#include "policy/checker.hpp"
#include "policy/debuginfo.hpp"
#include "policy/formula.hpp"
#include "policy/patterns.hpp"

namespace kss::policy {
namespace {

bool is_inet(std::string_view word) {
  for (auto p : {"tcp", "udp", "sctp", "icmp", "rawip"})
    if (word == p) return true;
  return false;
}

}  // namespace

// An object that is not a name: a path, address or number that the image will label.
bool Checker::check_target(const Word& object, kss_class cls, TestStep& step) {
  const Text& text = *object.origin;
  std::string_view phrase = object.text;
  std::string_view word = phrase.substr(0, phrase.find(' '));
  kss_object_kind kind = class_kind(cls);
  bool fit = false;
  if (phrase[0] == '/') {
    fit = kind == KSS_KIND_PATH || kind == KSS_KIND_UNIX;
    for (auto part : {"//", "/./", "/../"}) {
      if ((std::string(phrase) + "/").find(part) == std::string::npos || phrase == "/") continue;
      report_.error(text, phrase, "`" + std::string(phrase) + "` is not what the kernel sees after its walk",
                    "write the path without empty, . and .. components, and with no slash at the end");
      return false;
    }
  } else if (phrase[0] == '@') {
    fit = kind == KSS_KIND_UNIX;
  } else if (is_inet(word)) {
    std::vector<InetPattern> patterns;
    if (!parse_inet(text, phrase, patterns, report_)) return false;
    const InetPattern& p = patterns[0];
    bool ports = p.proto != KSS_NET_icmp && p.proto != KSS_NET_rawip;
    if (patterns.size() != 1 || p.prefix != (p.v6 ? 128 : 32) || (ports && p.port_lo != p.port_hi)) {
      report_.error(text, phrase, "a test names one address" + std::string(ports ? " and one port" : ""),
                    std::string(word) + " 10.0.0.1" + (ports ? " port 80" : ""));
      return false;
    }
    fit = kind == KSS_KIND_INET;
    if (fit && word != class_name(cls)) {
      report_.error(text, word, "a `" + std::string(word) + "` address in class `" + class_name(cls) + "`");
      return false;
    }
  } else if (word == "char" || word == "block") {
    auto device = parse_device(text, phrase, report_);
    if (!device) return false;
    if (!device->minor) {
      report_.error(text, phrase, "a test names one device", "write the minor number");
      return false;
    }
    fit = cls == (device->block ? KSS_CLASS_blockdev : KSS_CLASS_chardev);
  } else if (word == "family" && phrase.size() > word.size()) {
    if (!parse_family(text, phrase.substr(word.size() + 1), report_)) return false;
    fit = kind == KSS_KIND_FAMILY;
  } else {
    report_.error(text, word, "no type or domain `" + std::string(word.substr(0, 80)) + "`", nearest(word, true, true));
    return false;
  }
  if (!fit) {
    report_.error(
        text, phrase,
        "`" + std::string(phrase.substr(0, 80)) + "` cannot be the object of class `" + class_name(cls) + "`");
    return false;
  }
  step.target = phrase;
  return true;
}

void Checker::check_wait(const Text& text, uint64_t& out) {
  const auto time = parse_time(text.value);
  if (time)
    out = *time;
  else
    report_.error(text, text.value, "`" + std::string(text.value.substr(0, 80)) + "` is no time",
                  "wait: 10s, 5m, 500ms");
}

void Checker::check_step(const ParsedStep& parsed, Test& test) {
  AccessSyntax syntax;
  const Text& text = parsed.text;
  uint64_t wait = 0;
  if (parsed.wait.source != nullptr) check_wait(parsed.wait, wait);
  if (text.source == nullptr) {
    TestStep step;
    step.wait = wait;
    step.pos = where(parsed.wait, size_t{0});
    test.steps.push_back(std::move(step));
    return;
  }
  if (!parse_access(text, syntax, report_)) return;
  const Symbol* subject = find(syntax.subject.text);
  if (subject == nullptr || subject->kind != Symbol::Kind::domain || subject->id < KSS_DOMAIN_FIRST) {
    report_.error(text, syntax.subject.text,
                  "a test is about one declared domain, not `" + std::string(syntax.subject.text.substr(0, 80)) + "`",
                  subject == nullptr ? nearest(syntax.subject.text, true, false) : "");
    return;
  }
  std::vector<kss_class> list;
  std::vector<uint32_t> masks;
  bool group = false;
  if (!classes(syntax.classes, list, group) || !permissions(syntax.perms, list, masks)) return;
  TestStep step;
  step.grant = parsed.grant;
  step.domain = subject->id;
  step.pos = where(text, size_t{0});
  step.text = text.value;
  step.task = parsed.task.value;
  step.wait = wait;
  const Symbol* object = find(syntax.object.text);
  bool self = syntax.object.text == "self";
  if (object != nullptr && object->kind == Symbol::Kind::attribute) {
    report_.error(text, syntax.object.text,
                  "a test names one object; `" + std::string(syntax.object.text) + "` is an attribute");
    return;
  }
  if (self) step.object = object_of(subject->id);
  if (object != nullptr) step.object = object->kind == Symbol::Kind::domain ? object_of(object->id) : object->id;
  for (uint32_t c = 0; c < KSS_NCLASSES; ++c) {
    if (masks[c] == 0) continue;
    step.cls = static_cast<kss_class>(c);
    step.perms = masks[c];
    if (step.object) {
      kss_object_kind kind = class_kind(c);
      bool own = *step.object == object_of(subject->id) &&
                 (kind == KSS_KIND_SELF || kind == KSS_KIND_INET || kind == KSS_KIND_FAMILY);
      if (!own && !fits(step.cls, *step.object)) {
        misfit(syntax.object, step.cls, *step.object);
        return;
      }
    } else if (!check_target(syntax.object, step.cls, step)) {
      return;
    }
    test.steps.push_back(step);
    step.wait = 0;
  }
}

void Checker::check_tests() {
  for (const ParsedTest& parsed : in_.tests) {
    Test test;
    test.name = parsed.name.value;
    test.pos = where(parsed.name, size_t{0});
    for (const ParsedStep& step : parsed.steps) {
      if (report_.full()) return;
      check_step(step, test);
    }
    out_.tests.push_back(std::move(test));
  }
}

}  // namespace kss::policy
