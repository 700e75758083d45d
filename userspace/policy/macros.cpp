// SPDX-License-Identifier: BSD-2-Clause
// Macros work on texts: $name and ${name} give way to the argument, $$ to a dollar sign. What comes out is parsed
// afterwards like any other text, so a macro can say nothing that could not be written out.
#include "policy/macros.hpp"

#include <unordered_map>

#include "policy/limits.hpp"
#include "policy/report.hpp"
#include "policy/rule_syntax.hpp"
#include "policy/suggest.hpp"

namespace kss::policy {
namespace {

bool is_param_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

class Expander {
 public:
  Expander(ParsedPolicy& policy, Reporter& report) : policy_(policy), report_(report) {}

  void run() {
    for (const ParsedMacro& m : policy_.macros) define(m);
    for (const ParsedUse& u : policy_.uses) {
      if (report_.full() || stopped_) return;
      use(u);
    }
  }

 private:
  struct Active {
    const ParsedMacro* macro;
    const Text* use;
    std::unordered_map<std::string_view, std::string_view> arguments;
  };

  void define(const ParsedMacro& m) {
    if (!is_name(m.name.value)) {
      report_.error(m.name, m.name.value, "`" + std::string(m.name.value.substr(0, 80)) + "` cannot name a macro",
                    "letters, digits, _ . - beginning with a letter or _");
      return;
    }
    for (size_t i = 0; i < m.params.size(); ++i) {
      std::string_view p = m.params[i].value;
      bool good = !p.empty() && !(p[0] >= '0' && p[0] <= '9');
      for (char c : p) good &= is_param_char(c);
      if (!good)
        report_.error(m.params[i], p, "`" + std::string(p.substr(0, 80)) + "` cannot name a parameter",
                      "letters, digits and _; it is written $name where it is used");
      for (size_t k = 0; k < i; ++k)
        if (m.params[k].value == p) report_.error(m.params[i], p, "parameter `" + std::string(p) + "` is here twice");
    }
    auto [it, fresh] = macros_.emplace(m.name.value, &m);
    if (fresh) return;
    report_.error(m.name, m.name.value, "macro `" + std::string(m.name.value) + "` is declared twice");
    report_.note(where(it->second->name, size_t{0}), "it is first declared here");
  }

  bool bind(const ParsedUse& u, const ParsedMacro*& macro, Active& active) {
    CallSyntax call;
    if (!parse_call(u.call, call, report_)) return false;
    auto it = macros_.find(call.name.text);
    if (it == macros_.end()) {
      Suggestion s(call.name.text);
      for (const auto& [name, unused] : macros_) s.offer(name);
      report_.error(u.call, call.name.text, "no macro `" + std::string(call.name.text) + "`",
                    s.hint("macros are declared below `macros:`"));
      return false;
    }
    macro = it->second;
    std::string name = "macro `" + std::string(macro->name.value) + "`";
    if (!u.named) {
      if (call.arguments.size() != macro->params.size()) {
        std::string list;
        for (const Text& p : macro->params) list += (list.empty() ? "" : ", ") + std::string(p.value);
        report_.error(u.call, call.name.text,
                      name + " takes " + std::to_string(macro->params.size()) + " arguments, found " +
                          std::to_string(call.arguments.size()),
                      std::string(macro->name.value) + "(" + list + ")");
        return false;
      }
      for (size_t i = 0; i < call.arguments.size(); ++i)
        active.arguments[macro->params[i].value] = call.arguments[i].text;
      return true;
    }
    std::vector<std::string_view> known;
    for (const Text& p : macro->params) known.push_back(p.value);
    for (const auto& [param, value] : u.arguments) {
      bool found = false;
      for (auto k : known) found |= k == param.value;
      if (!found) {
        report_.error(param, param.value, name + " has no parameter `" + std::string(param.value) + "`",
                      suggest(param.value, known));
        return false;
      }
      active.arguments[param.value] = value.value;
    }
    for (auto k : known) {
      if (active.arguments.contains(k)) continue;
      report_.error(u.call, u.call.value, name + " also needs `" + std::string(k) + "`");
      return false;
    }
    return true;
  }

  void use(const ParsedUse& u) {
    Active active;
    const ParsedMacro* macro = nullptr;
    if (!bind(u, macro, active)) return;
    active.macro = macro;
    active.use = &u.call;
    for (const Active* a : stack_) {
      if (a->macro != macro) continue;
      report_.error(u.call, u.call.value, "macro `" + std::string(macro->name.value) + "` uses itself");
      return;
    }
    if (stack_.size() == kMaxMacroDepth) {
      report_.error(u.call, u.call.value, "macros nested deeper than " + std::to_string(kMaxMacroDepth));
      return;
    }
    if (++uses_ > kMaxMacroUses) {
      stopped_ = true;
      report_.error(u.call, u.call.value, "more than " + std::to_string(kMaxMacroUses) + " uses of macros");
      return;
    }
    stack_.push_back(&active);
    for (const ParsedRule& r : macro->rules) {
      ParsedRule made = r;
      bool good = true;
      if (r.parts == nullptr) {
        good = replace(r.text, active, made.text);
      } else {
        ParsedParts parts = *r.parts;
        for (auto* list : {&parts.domain, &parts.type, &parts.cls, &parts.perms}) good &= replace_all(*list, active);
        made.parts = &policy_.parts.emplace_back(std::move(parts));
      }
      if (good) policy_.rules.push_back(made);
    }
    for (const ParsedType& t : macro->types) {
      ParsedType made = t;
      bool good = replace(t.name, active, made.name);
      for (auto* list : {&made.files, &made.devices, &made.inet, &made.unix_names, &made.family, &made.attributes,
                         &made.level[kSecrecy], &made.level[kIntegrity]})
        good &= replace_all(*list, active);
      if (good) policy_.types.push_back(std::move(made));
    }
    for (const Text& n : macro->neverallow) {
      Text made;
      if (replace(n, active, made)) policy_.neverallows.push_back(made);
    }
    for (const ParsedUse& inner : macro->uses) {
      if (report_.full() || stopped_) break;
      ParsedUse made = inner;
      bool good = replace(inner.call, active, made.call);
      for (auto& [param, value] : made.arguments) {
        Text text;
        good &= replace(value, active, text);
        value = text;
      }
      // What the inner expansion's texts point to must stay.
      if (good) use(kept_.emplace_back(std::move(made)));
    }
    stack_.pop_back();
  }

  bool replace_all(std::vector<Text>& texts, const Active& active) {
    bool good = true;
    for (Text& text : texts) {
      Text made;
      good &= replace(text, active, made);
      text = made;
    }
    return good;
  }

  bool replace(const Text& origin, const Active& active, Text& out) {
    out = origin;
    if (texts_++ == kMaxMacroTexts) {
      stopped_ = true;
      report_.error(*active.use, {}, "macros make more than " + std::to_string(kMaxMacroTexts) + " lines");
    }
    if (stopped_) return false;
    Expansion e;
    e.origin = origin;
    e.use = *active.use;
    e.macro = active.macro->name.value;
    e.segments.push_back({0, 0, false});
    std::string_view v = origin.value;
    if (v.find('$') != std::string_view::npos) {
      std::string made;
      auto segment = [&](size_t in, bool argument) {
        e.segments.push_back({static_cast<uint32_t>(made.size()), static_cast<uint32_t>(in), argument});
      };
      for (size_t i = 0; i < v.size();) {
        if (v[i] != '$') {
          made += v[i++];
          continue;
        }
        if (i + 1 < v.size() && v[i + 1] == '$') {
          made += '$';
          i += 2;
          segment(i, false);
          continue;
        }
        bool braces = i + 1 < v.size() && v[i + 1] == '{';
        size_t begin = i + (braces ? 2 : 1), end = begin;
        while (end < v.size() && is_param_char(v[end])) ++end;
        std::string_view name = v.substr(begin, end - begin);
        auto it = active.arguments.find(name);
        if (it == active.arguments.end() || (braces && (end == v.size() || v[end] != '}'))) {
          unknown(origin, v.substr(i, end - i), name, active);
          return false;
        }
        segment(i, true);
        made += it->second;
        if (made.size() > size_t{1} << 16) {
          report_.error(origin, v.substr(i, end - i), "a macro makes a text of more than 64 KiB");
          return false;
        }
        i = end + (braces ? 1 : 0);
        segment(i, false);
      }
      out.value = policy_.strings.emplace_back(std::move(made));
    }
    out.expansion = &policy_.expansions.emplace_back(std::move(e));
    return true;
  }

  void unknown(const Text& origin, std::string_view at, std::string_view name, const Active& active) {
    std::string hint = "$$ is a dollar sign";
    Suggestion s(name);
    for (const auto& [param, unused] : active.arguments) {
      s.offer(param);
      if (name.size() > param.size() && name.substr(0, param.size()) == param)
        hint = "write ${" + std::string(param) + "}" + std::string(name.substr(param.size()));
    }
    report_.error(origin, at,
                  "macro `" + std::string(active.macro->name.value) + "` has no parameter `" + std::string(name) + "`",
                  s.hint(hint));
    report_.note(where(*active.use, size_t{0}),
                 "in what macro `" + std::string(active.macro->name.value) + "` expands to here");
  }

  ParsedPolicy& policy_;
  Reporter& report_;
  std::unordered_map<std::string_view, const ParsedMacro*> macros_;
  std::vector<const Active*> stack_;
  std::deque<ParsedUse> kept_;
  size_t uses_ = 0;
  size_t texts_ = 0;
  bool stopped_ = false;
};

}  // namespace

void expand_macros(ParsedPolicy& policy, Reporter& report) { Expander(policy, report).run(); }

}  // namespace kss::policy
