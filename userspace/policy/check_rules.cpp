// SPDX-License-Identifier: BSD-2-Clause
// Rules and assertions: from words to sets of numbers, restricted to what each class can be about.
#include <algorithm>

#include "policy/checker.hpp"
#include "policy/debuginfo.hpp"
#include "policy/limits.hpp"
#include "policy/suggest.hpp"

namespace kss::policy {
namespace {

constexpr uint32_t kAfNetlink = 16, kAfPacket = 17, kAfVsock = 40;

std::string quote(std::string_view word) { return '`' + std::string(word.substr(0, 80)) + '`'; }

bool has_self(kss_object_kind kind) {
  return kind == KSS_KIND_SELF || kind == KSS_KIND_INET || kind == KSS_KIND_FAMILY || kind == KSS_KIND_UNIX;
}

kss_net_proto proto_of(kss_class cls) {
  switch (cls) {
    case KSS_CLASS_tcp: return KSS_NET_tcp;
    case KSS_CLASS_udp: return KSS_NET_udp;
    case KSS_CLASS_sctp: return KSS_NET_sctp;
    case KSS_CLASS_icmp: return KSS_NET_icmp;
    default: return KSS_NET_rawip;
  }
}

kss_class class_of_family(uint32_t family) {
  switch (family) {
    case kAfNetlink: return KSS_CLASS_netlink;
    case kAfPacket: return KSS_CLASS_packet;
    case kAfVsock: return KSS_CLASS_vsock;
    default: return KSS_CLASS_socket;
  }
}

bool type_fits(const Type& type, kss_class cls) {
  switch (class_kind(cls)) {
    case KSS_KIND_PATH:
      if (!type.files.empty()) return true;
      return std::any_of(type.devices.begin(), type.devices.end(), [&](const DevicePattern& d) {
        return cls == (d.block ? KSS_CLASS_blockdev : KSS_CLASS_chardev);
      });
    case KSS_KIND_INET:
      return std::any_of(type.inet.begin(), type.inet.end(),
                         [&](const InetPattern& p) { return p.proto == proto_of(cls); });
    case KSS_KIND_UNIX: return !type.files.empty() || !type.abstract_names.empty();
    case KSS_KIND_FAMILY:
      return std::any_of(type.families.begin(), type.families.end(),
                         [&](const FamilyPattern& f) { return class_of_family(f.family) == cls; });
    default: return false;
  }
}

bool builtin_fits(ObjectId id, kss_object_kind kind) {
  switch (id) {
    case KSS_OBJ_unlabeled:
    case KSS_OBJ_anon:
    case KSS_OBJ_memfd: return kind == KSS_KIND_PATH;
    case KSS_OBJ_system: return kind == KSS_KIND_SYSTEM;
    case KSS_OBJ_inet_other: return kind == KSS_KIND_INET;
    case KSS_OBJ_unix_other: return kind == KSS_KIND_UNIX;
    case KSS_OBJ_family_other: return kind == KSS_KIND_FAMILY;
    default: return false;
  }
}

}  // namespace

void Checker::find_fits() {
  for (uint32_t c = 0; c < KSS_NCLASSES; ++c) {
    auto cls = static_cast<kss_class>(c);
    kss_object_kind kind = class_kind(c);
    auto& fit = fits_[c];
    fit.assign(out_.object_count(), 0);
    for (ObjectId b = 0; b < KSS_NBUILTINS; ++b) fit[b] = builtin_fits(b, kind);
    for (DomainId d = 0; d < out_.domains.size(); ++d)
      fit[object_of(d)] = d != KSS_DOMAIN_NONE && (kind == KSS_KIND_DOMAIN || kind == KSS_KIND_UNIX);
    for (size_t t = 0; t < out_.types.size(); ++t)
      fit[first_type_ + t] = faulty_types_[t] != 0 || type_fits(out_.types[t], cls);
  }
}

bool Checker::fits(kss_class cls, ObjectId id) const { return fits_[cls][id] != 0; }

bool Checker::within_limit(const Text& text, size_t ids) {
  expanded_ids_ += ids;
  if (expanded_ids_ <= kMaxExpandedIds) return true;
  if (!over_limit_)
    report_.error(text, {},
                  "all rules together name more than " + std::to_string(kMaxExpandedIds) + " domains and objects",
                  "rules on domain:* and type:* count each member; write fewer of them");
  over_limit_ = true;
  return false;
}

bool Checker::subjects(const WordSet& set, bool unconfined_too, IdSet& out) {
  out.clear();
  IdSet minus;
  for (const Word& word : set.words) {
    IdSet& to = word.minus ? minus : out;
    const Text& text = *word.origin;
    if (word.text == "domain:*" || word.text == "*") {
      if (word.text == "*") {
        report_.error(text, word.text, "`*` cannot be a subject", "all declared domains are `domain:*`");
        return false;
      }
      for (DomainId d = KSS_DOMAIN_FIRST; d < out_.domains.size(); ++d) to.push_back(d);
      continue;
    }
    const Symbol* symbol = find(word.text);
    if (symbol == nullptr) {
      report_.error(text, word.text, "no domain or attribute " + quote(word.text),
                    word.text == "self" ? "`self` is an object, not a subject" : nearest(word.text, true, false));
      return false;
    }
    switch (symbol->kind) {
      case Symbol::Kind::domain:
        if (symbol->id == KSS_DOMAIN_UNCONFINED && !unconfined_too && !word.minus) {
          report_.error(text, word.text, "`unconfined` cannot be a subject: tasks outside every domain are not judged",
                        "to limit a program, give it a domain with `enter:`");
          return false;
        }
        if (symbol->id == KSS_DOMAIN_NONE) {
          report_.error(text, word.text, "`none` cannot be named: a task whose domain is gone is denied everything");
          return false;
        }
        to.push_back(symbol->id);
        break;
      case Symbol::Kind::attribute:
        if (attributes_[symbol->id].of == Attribute::Of::types) {
          report_.error(text, word.text, quote(word.text) + " is an attribute of types; a subject is a domain",
                        "the order is SUBJECT OBJECT : CLASS PERMISSION");
          return false;
        }
        to.insert(to.end(), attributes_[symbol->id].members.begin(), attributes_[symbol->id].members.end());
        break;
      case Symbol::Kind::type:
      case Symbol::Kind::builtin:
        report_.error(text, word.text, quote(word.text) + " is a type; a subject is a domain",
                      "the order is SUBJECT OBJECT : CLASS PERMISSION");
        return false;
    }
  }
  sort_unique(out);
  if (!minus.empty()) {
    sort_unique(minus);
    out = subtract(out, minus);
  }
  return true;
}

bool Checker::objects(const WordSet& set, const IdSet& subjects, ObjectSet& out) {
  out.ids.clear();
  out.self = out.without_self = out.everything = false;
  IdSet minus;
  for (const Word& word : set.words) {
    IdSet& to = word.minus ? minus : out.ids;
    const Text& text = *word.origin;
    if (word.text == "self") {
      (word.minus ? out.without_self : out.self) = true;
      continue;
    }
    bool all = word.text == "*";
    if (all && word.minus) {
      report_.error(text, word.text, "taking everything away leaves nothing");
      return false;
    }
    if (all) out.everything = true;
    if (all || word.text == "domain:*" || word.text == "type:*") {
      if (all || word.text == "type:*")
        for (ObjectId b = KSS_OBJ_unresolved + 1; b < KSS_NBUILTINS; ++b) to.push_back(b);
      if (all || word.text == "domain:*")
        for (DomainId d = 0; d < out_.domains.size(); ++d)
          if (d != KSS_DOMAIN_NONE) to.push_back(object_of(d));
      if (all || word.text == "type:*")
        for (ObjectId t = first_type_; t < out_.object_count(); ++t) to.push_back(t);
      continue;
    }
    const Symbol* symbol = find(word.text);
    if (symbol == nullptr) {
      report_.error(text, word.text, "no type, domain or attribute " + quote(word.text),
                    nearest(word.text, true, true));
      return false;
    }
    switch (symbol->kind) {
      case Symbol::Kind::domain:
        if (symbol->id == KSS_DOMAIN_NONE) {
          report_.error(text, word.text, "`none` cannot be named: no rule reaches a task whose domain is gone");
          return false;
        }
        to.push_back(object_of(symbol->id));
        break;
      case Symbol::Kind::builtin:
        if (symbol->id == KSS_OBJ_unresolved) {
          report_.error(text, word.text, "`unresolved` can be named nowhere: what has no label is always denied");
          return false;
        }
        to.push_back(symbol->id);
        break;
      case Symbol::Kind::type: to.push_back(symbol->id); break;
      case Symbol::Kind::attribute: {
        const Attribute& attribute = attributes_[symbol->id];
        for (uint32_t member : attribute.members)
          to.push_back(attribute.of == Attribute::Of::domains ? object_of(member) : member);
        break;
      }
    }
  }
  sort_unique(out.ids);
  if (!minus.empty()) {
    sort_unique(minus);
    out.ids = subtract(out.ids, minus);
    // Taking the only subject away by its name takes `self` away.
    if (subjects.size() == 1 && std::binary_search(minus.begin(), minus.end(), object_of(subjects[0]))) {
      out.self = false;
      out.without_self = true;
    }
  }
  if (out.without_self) out.self = false;
  return true;
}

bool Checker::classes(const WordSet& set, std::vector<kss_class>& out, bool& group) {
  out.clear();
  group = false;
  for (const Word& word : set.words) {
    const Text& text = *word.origin;
    if (word.minus) {
      report_.error(text, word.text, "classes cannot be taken away; name those you mean");
      return false;
    }
    if (word.text == "anyfile") {
      group = true;
      out.insert(out.end(), anyfile_classes().begin(), anyfile_classes().end());
      continue;
    }
    auto cls = find_class(word.text);
    if (!cls) {
      Suggestion s(word.text);
      for (uint32_t c = 0; c < KSS_NCLASSES; ++c) s.offer(class_name(c));
      s.offer("anyfile");
      report_.error(text, word.text, "no class " + quote(word.text),
                    word.text == "*" ? "name the classes: each has permissions of its own"
                                     : s.hint("the manual lists the classes; file, dir, tcp, unix, process are some"));
      return false;
    }
    out.push_back(*cls);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return true;
}

// `classes` may grow by capability2, whose names are used in class capability as well.
bool Checker::permissions(const WordSet& set, const std::vector<kss_class>& classes, std::vector<uint32_t>& masks) {
  masks.assign(KSS_NCLASSES, 0);
  uint32_t minus[KSS_NCLASSES] = {};
  for (const Word& word : set.words) {
    uint32_t* to = word.minus ? minus : masks.data();
    for (kss_class cls : classes) {
      if (word.text == "*") {
        to[cls] |= perm_mask(cls);
        if (cls == KSS_CLASS_capability) to[KSS_CLASS_capability2] |= perm_mask(KSS_CLASS_capability2);
        continue;
      }
      if (auto bit = find_perm(cls, word.text)) {
        to[cls] |= uint32_t{1} << *bit;
        continue;
      }
      if (cls == KSS_CLASS_capability) {
        if (auto bit = find_perm(KSS_CLASS_capability2, word.text)) {
          to[KSS_CLASS_capability2] |= uint32_t{1} << *bit;
          continue;
        }
      }
      Suggestion s(word.text);
      std::string all = "it has:";
      for (uint32_t bit = 0; bit < perm_count(cls); ++bit) s.offer(perm_name(cls, bit));
      all += std::string(" ") + perm_names(cls, perm_mask(cls));
      if (cls == KSS_CLASS_capability) {
        for (uint32_t bit = 0; bit < perm_count(KSS_CLASS_capability2); ++bit)
          s.offer(perm_name(KSS_CLASS_capability2, bit));
        all += std::string(" ") + perm_names(KSS_CLASS_capability2, perm_mask(KSS_CLASS_capability2));
      }
      report_.error(*word.origin, word.text,
                    "class `" + std::string(class_name(cls)) + "` has no permission " + quote(word.text), s.hint(all));
      return false;
    }
  }
  for (uint32_t c = 0; c < KSS_NCLASSES; ++c) masks[c] &= ~minus[c];
  return true;
}

void Checker::misfit(const Word& word, kss_class cls, ObjectId id) {
  std::string name = quote(word.text);
  std::string about = "object of class `" + std::string(class_name(cls)) + "`";
  const Symbol* symbol = find(word.text);
  bool type = symbol != nullptr && symbol->kind == Symbol::Kind::type;
  bool attribute = symbol != nullptr && symbol->kind == Symbol::Kind::attribute;
  about = (attribute ? " can be the " : " cannot be the ") + about;
  std::string subject = attribute              ? "no member of attribute " + name
                        : is_domain_object(id) ? "domain " + name
                                               : "type " + name;
  std::string why, hint;
  switch (class_kind(cls)) {
    case KSS_KIND_PATH:
      why = type ? subject + " has no files" +
                       (cls == KSS_CLASS_chardev || cls == KSS_CLASS_blockdev ? " and no such devices" : "")
                 : subject + about + ", which is about files";
      hint = "it takes a type with `files:`, or unlabeled, anon, memfd";
      if (cls == KSS_CLASS_chardev || cls == KSS_CLASS_blockdev) hint = "it takes a type with `files:` or `devices:`";
      break;
    case KSS_KIND_DOMAIN:
      why = subject + about + ", which is about a domain's " + (cls == KSS_CLASS_process ? "processes" : "objects");
      hint = "it takes a domain, an attribute of domains, unconfined or self";
      break;
    case KSS_KIND_SELF:
      why = subject + about + ", which is about the domain itself";
      hint = "write self";
      break;
    case KSS_KIND_INET:
      why =
          type ? subject + " has no " + class_name(cls) + " addresses" : subject + about + ", which is about addresses";
      hint = std::string("it takes a type with `inet: [\"") + class_name(cls) + " …\"]`, inet_other or self";
      break;
    case KSS_KIND_UNIX:
      why = type ? subject + " has neither unix names nor files" : subject + about;
      hint = "it takes a type with `unix:` or `files:`, a domain (its unnamed sockets), unix_other or self";
      break;
    case KSS_KIND_FAMILY:
      why = type ? subject + " has no socket family of class `" + class_name(cls) + "`"
                 : subject + about + ", which is about socket families";
      hint = "it takes a type with `family:`, family_other or self";
      break;
    case KSS_KIND_SYSTEM:
      why = subject + about + ", which is about the kernel";
      hint = "write system";
      break;
  }
  report_.error(*word.origin, word.text, why, hint);
}

// A name that stands alone must fit every class; one in braces or from an attribute at least one; wildcards fit anyhow.
bool Checker::check_fit(const WordSet& set, const std::vector<kss_class>& classes, bool group, const IdSet& subjects) {
  for (const Word& word : set.words) {
    if (word.minus || word.text == "*") continue;
    const Symbol* symbol = find(word.text);
    IdSet one;
    const IdSet* ids = &one;
    bool strict = false;
    auto self_kind = [](kss_class cls) { return has_self(class_kind(cls)); };
    if (word.text == "self") {
      bool some = std::any_of(classes.begin(), classes.end(),
                              [&](kss_class c) { return self_kind(c) || class_kind(c) == KSS_KIND_DOMAIN; });
      if (some) continue;
      report_.error(*word.origin, word.text,
                    "`self` cannot be the object of class `" + std::string(class_name(classes[0])) + "`",
                    class_kind(classes[0]) == KSS_KIND_SYSTEM ? "write system" : "name a type");
      return false;
    }
    if (symbol == nullptr) {  // domain:* or type:*
      bool domains = word.text == "domain:*";
      bool some = std::any_of(classes.begin(), classes.end(), [&](kss_class c) {
        kss_object_kind kind = class_kind(c);
        return kind == KSS_KIND_UNIX ||
               (domains ? kind == KSS_KIND_DOMAIN : kind != KSS_KIND_DOMAIN && kind != KSS_KIND_SELF);
      });
      if (some) continue;
      report_.error(*word.origin, word.text,
                    quote(word.text) + " cannot be the object of class `" + std::string(class_name(classes[0])) + "`",
                    class_kind(classes[0]) == KSS_KIND_SELF ? "write self"
                    : domains                               ? "write type:*"
                                                            : "write domain:*");
      return false;
    }
    if (symbol->kind == Symbol::Kind::attribute) {
      const Attribute& attribute = attributes_[symbol->id];
      if (attribute.of == Attribute::Of::domains)
        for (DomainId d : attribute.members) one.push_back(object_of(d));
      else
        ids = &attribute.members;
      if (ids->empty()) continue;
    } else {
      one = {symbol->kind == Symbol::Kind::domain ? object_of(symbol->id) : symbol->id};
      strict = !set.braces && !group;
    }
    kss_class bad = classes[0];
    bool some = false, all = true;
    for (kss_class cls : classes) {
      bool own = self_kind(cls) && subjects.size() == 1 && one.size() == 1 && one[0] == object_of(subjects[0]);
      bool fit = own || std::any_of(ids->begin(), ids->end(), [&](ObjectId id) { return fits(cls, id); });
      if (!fit && all) bad = cls;
      some |= fit;
      all &= fit;
    }
    if (strict ? all : some) continue;
    misfit(word, bad, ids->front());
    return false;
  }
  return true;
}

template <typename Emit>
void Checker::restrict_to_class(const ObjectSet& set, const IdSet& domains, kss_class cls, Emit emit) {
  kss_object_kind kind = class_kind(cls);
  const auto& fit = fits_[cls];
  bool self = set.self && (has_self(kind) || kind == KSS_KIND_DOMAIN);
  if (set.everything && !set.without_self &&
      (kind == KSS_KIND_SELF || kind == KSS_KIND_INET || kind == KSS_KIND_FAMILY))
    self = true;
  // A lone subject named by its own name is meant as itself.
  if (!self && !set.without_self && domains.size() == 1 && kind != KSS_KIND_DOMAIN && has_self(kind) &&
      kind != KSS_KIND_UNIX)
    self = std::binary_search(set.ids.begin(), set.ids.end(), object_of(domains[0]));
  IdSet ids;
  if (set.ids.size() == 1) {
    if (fit[set.ids[0]] != 0) ids = set.ids;
  } else {
    for (ObjectId id : set.ids)
      if (fit[id] != 0) ids.push_back(id);
    ids.shrink_to_fit();
  }
  if (ids.empty() && !self) return;
  if (!set.without_self || ids.empty()) return emit(domains, std::move(ids), self);
  // -self: those domains that are among the objects each get objects of their own.
  IdSet others;
  for (DomainId d : domains) {
    if (!std::binary_search(ids.begin(), ids.end(), object_of(d))) {
      others.push_back(d);
      continue;
    }
    IdSet rest = subtract(ids, {object_of(d)});
    if (!rest.empty()) emit(IdSet{d}, std::move(rest), false);
    if (over_limit_) return;
  }
  if (!others.empty()) emit(others, std::move(ids), false);
}

// Calls emit(domains, objects, self, class, permissions) for every rule that the text stands for.
template <typename Emit>
void Checker::resolve(const RuleSyntax& syntax, const Text& text, bool is_allow, Emit emit) {
  IdSet domains;
  ObjectSet set;
  static thread_local std::vector<kss_class> class_list;
  static thread_local std::vector<uint32_t> masks;
  bool group = false;
  // All four parts are looked at, so that one run shows all that is wrong with a rule.
  bool good = subjects(syntax.subjects, false, domains);
  bool good_objects = objects(syntax.objects, domains, set);
  bool good_classes = classes(syntax.classes, class_list, group);
  if (good_classes) good &= permissions(syntax.perms, class_list, masks);
  good &= good_objects && good_classes;
  if (!good || !check_fit(syntax.objects, class_list, group, domains)) return;
  if (domains.empty() || over_limit_) return;
  for (uint32_t c = 0; c < KSS_NCLASSES; ++c) {
    if (masks[c] == 0) continue;
    auto cls = static_cast<kss_class>(c);
    restrict_to_class(set, domains, cls, [&](const IdSet& d, IdSet ids, bool self) {
      if (within_limit(text, d.size() + ids.size())) emit(d, std::move(ids), self, cls, masks[c]);
    });
    kss_object_kind kind = class_kind(c);
    if (!is_allow || kind != KSS_KIND_INET || set.self || set.everything) continue;
    for (const Word& word : syntax.perms.words) {
      bool own = domains.size() == 1 && std::binary_search(set.ids.begin(), set.ids.end(), object_of(domains[0]));
      if (own || word.minus || word.text != "create") continue;
      report_.warning(
          *word.origin, word.text,
          "`create` is judged against the domain itself, before the socket has any address; here it grants nothing",
          "write it apart: SUBJECT self : " + std::string(class_name(c)) + " create");
    }
  }
}

std::string rule_text(const ParsedRule& rule) {
  if (rule.parts == nullptr) {
    std::string text(rule.text.value);
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
  }
  const ParsedParts& p = *rule.parts;
  auto list = [](const std::vector<Text>& texts) {
    std::string out;
    for (const Text& t : texts) out += (out.empty() ? "" : " ") + std::string(t.value);
    return texts.size() > 1 ? std::string("{ ") + out + " }" : out;
  };
  std::string text = list(p.domain) + ' ' + list(p.type) + " : " + list(p.cls) + ' ' + list(p.perms);
  if (!p.why.value.empty()) text += std::string(" (") + std::string(p.why.value) + ")";
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

void Checker::check_neverallow(const Text& text, size_t skip) {
  RuleSyntax syntax;
  if (!parse_rule(text, skip, syntax, report_)) return;
  resolve(syntax, text, false, [&](const IdSet& domains, IdSet objects, bool self, kss_class cls, uint32_t perms) {
    NeverAllow n;
    n.domains = domains;
    n.objects = std::move(objects);
    n.self = self;
    n.cls = cls;
    n.perms = perms;
    n.pos = where(text, size_t{0});
    n.text = (skip == 0 ? "neverallow " : "") + std::string(text.value);
    out_.neverallows.push_back(std::move(n));
  });
}

void Checker::check_event_part(const Text& text, Event& event) {
  RuleSyntax syntax;
  if (!parse_rule(text, 0, syntax, report_)) return;
  resolve(syntax, text, false, [&](const IdSet& domains, IdSet objects, bool self, kss_class cls, uint32_t perms) {
    // What may be written may be appended to, so it is the same event.
    if (cls <= KSS_CLASS_mqueue && (perms & KSS_file_write) != 0) perms |= KSS_file_append;
    event.parts.push_back({domains, std::move(objects), self, cls, perms});
  });
}

void Checker::check_rules() {
  RuleSyntax syntax;
  out_.rules.reserve(out_.rules.size() + in_.rules.size());
  for (const ParsedRule& parsed : in_.rules) {
    if (report_.full() || over_limit_) return;
    bool good = parsed.parts == nullptr ? parse_rule(parsed.text, 0, syntax, report_)
                                        : parse_rule(*parsed.parts, syntax, report_);
    if (!good) continue;
    resolve(syntax, parsed.text, parsed.effect == Rule::Effect::allow,
            [&](const IdSet& domains, IdSet objects, bool self, kss_class cls, uint32_t perms) {
              Rule& rule = out_.rules.emplace_back();
              rule.effect = parsed.effect;
              rule.domains = domains;
              rule.objects = std::move(objects);
              rule.self = self;
              rule.cls = cls;
              rule.perms = perms;
              // Whoever may write anywhere in a file may write at its end.
              if (rule.effect == Rule::Effect::allow && cls <= KSS_CLASS_mqueue && (perms & KSS_file_write) != 0)
                rule.perms |= KSS_file_append;
              rule.pos = where(parsed.text, size_t{0});
              rule.text = rule_text(parsed);
            });
  }
}

}  // namespace kss::policy
