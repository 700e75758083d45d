// SPDX-License-Identifier: BSD-2-Clause
// kss-load explain: why something was, or would be, denied, and what would grant it.
#include <algorithm>
#include <memory>

#include "cli/denials.hpp"
#include "cli/explanation.hpp"
#include "cli/loading.hpp"
#include "lib/labels.hpp"
#include "policy/names.hpp"
#include "policy/suggest.hpp"

namespace kss::cli {
namespace {

struct Options {
  backend::LoadOptions load;
  std::string policy, domain, cls, path, inet, unix_name, object;
  std::vector<std::string> perms, include_dirs;
  uint32_t last = 3;
};

struct Asked {
  NamedImage names;
  std::optional<policy::CheckedPolicy> checked;
};

/// The policy that a question is about: a file's, or the one in force.
std::optional<Asked> open_policy(Cli& cli, const Options& o) {
  if (!o.policy.empty()) {
    auto s = open_source(cli, o.policy, o.include_dirs, true);
    if (!s) return std::nullopt;
    return Asked{{std::move(s->image), std::move(s->debug)}, std::move(s->checked)};
  }
  const auto backend = backend::make_bpf_backend();
  auto status = backend->status(o.load);
  if (!status) {
    cli.exit = fail_backend(cli, status.error(), o.load);
    return std::nullopt;
  }
  if (!status->loaded) {
    cli.exit = cli.fail(Exit::state, {"no policy is loaded", "load one, or name a file with --policy", 0});
    return std::nullopt;
  }
  auto image = backend->image_of(status->generation, o.load);
  if (!image) {
    cli.exit = fail_backend(cli, image.error(), o.load);
    return std::nullopt;
  }
  auto debug = policy::read_debuginfo(bytes_of(*image));
  if (!debug) {
    cli.exit = cli.fail(Exit::policy, debug.error());
    return std::nullopt;
  }
  Asked asked{{std::move(*image), std::move(*debug)}, std::nullopt};
  asked.checked = find_text(asked.names);
  return asked;
}

template <typename Items>
std::string nearest(const std::string& found, const Items& items) {
  policy::Suggestion s(found);
  for (const auto& item : items)
    if (!item.name.empty()) s.offer(item.name);
  return s.hint();
}

/// Accesses whose object is the domain itself: capabilities, namespaces, and making a socket.
bool about_itself(uint32_t cls, uint32_t perms) {
  switch (policy::class_kind(cls)) {
    case KSS_KIND_SELF: return true;
    case KSS_KIND_INET:
    case KSS_KIND_UNIX:
    case KSS_KIND_FAMILY: return perms == KSS_tcp_create;  // one list of permissions for all classes of sockets
    default: return false;
  }
}

Result<Question> question_of(const Options& o, const NamedImage& names) {
  Question q;
  const auto domain = lib::find_domain(names.debug, o.domain);
  if (!domain) return Error{"the policy has no domain " + o.domain, nearest(o.domain, names.debug.domains), 0};
  const auto cls = policy::find_class(o.cls);
  if (!cls) return Error{"there is no class " + o.cls, "kss-policy(5) lists them", 0};
  q.domain = *domain;
  q.cls = *cls;
  for (const std::string& perm : o.perms) {
    auto bit = policy::find_perm(q.cls, perm);
    if (!bit && q.cls == KSS_CLASS_capability && (bit = policy::find_perm(KSS_CLASS_capability2, perm)))
      q.cls = KSS_CLASS_capability2;
    if (!bit)
      return Error{"class " + o.cls + " has no permission " + perm,
                   std::string("it has: ") + policy::perm_names(q.cls, policy::perm_mask(q.cls)), 0};
    q.perms |= 1u << *bit;
  }
  const auto image = engine::Simulator::load(names.image);
  if (!image) return image.error();
  Result<uint32_t> object = uint32_t{KSS_OBJ_DOMAINS} + q.domain;  // of classes about the domain itself
  if (!o.path.empty()) {
    q.what = o.path;
    object = lib::label_path(*image, o.path);
  } else if (!o.unix_name.empty()) {
    q.what = o.unix_name;
    object = lib::label_unix(*image, o.unix_name);
  } else if (!o.inet.empty()) {
    const auto proto = lib::proto_of_class(q.cls);
    if (!proto) return Error{"class " + o.cls + " has no addresses", "--inet goes with tcp, udp, sctp, icmp, rawip", 0};
    q.what = o.inet;
    object = lib::label_inet(*image, *proto, o.inet);
  } else if (!o.object.empty() && o.object != "self") {
    const auto found = lib::find_object(names.debug, o.object);
    if (!found) return Error{"the policy has no type or domain " + o.object, nearest(o.object, names.debug.objects), 0};
    object = *found;
  } else if (o.object.empty() && policy::class_kind(q.cls) == KSS_KIND_SYSTEM) {
    object = uint32_t{KSS_OBJ_system};
  } else if (o.object.empty() && !about_itself(q.cls, q.perms)) {
    return Error{"on what? name the object", "--path, --inet, --unix or --object", 0};
  }
  if (!object) return object.error();
  q.object = *object;
  return q;
}

Exit explain_question(Cli& cli, const Options& o) {
  cli.exit = Exit::ok;
  const auto asked = open_policy(cli, o);
  if (!asked) return cli.exit;
  const auto q = question_of(o, asked->names);
  if (!q) return cli.fail(Exit::usage, q.error());
  const Explanation e = explain(asked->names, asked->checked ? &*asked->checked : nullptr, *q);
  if (cli.json)
    cli.print(to_json(e, *q));
  else
    print(e, *q, cli.out());
  return Exit::ok;
}

/// Takes what is in the ring buffer, unless another reader does; then that one keeps the denials.
Result<std::vector<kss_audit>> collect(backend::Backend& backend, const Options& o) {
  Denials denials(o.load.state_dir);
  const auto claimed = denials.claim();
  if (!claimed) return claimed.error();
  if (*claimed) {
    auto done = backend.audit(
        o.load, [] { return false; }, [&](const kss_audit& r) { return bool(denials.keep(r)); });
    if (!done && done.error().sys_errno != ENOENT) return done.error();  // no policy now: explain what was kept
  }
  return denials.all();
}

bool same(const kss_audit& a, const kss_audit& b) {
  return a.generation == b.generation && a.domain == b.domain && a.object == b.object && a.cls == b.cls &&
         a.denied == b.denied && a.reason == b.reason && detail_of(a) == detail_of(b);
}

/// What helps against a denial that no rule can change.
const char* remedy(uint32_t reason) {
  switch (reason) {
    case KSS_REASON_unresolved:
      return "no rule can change that: shorten the path, or try again if it was being renamed";
    case KSS_REASON_unknown_domain: return "start the task again, or bring its domain back into the policy";
    case KSS_REASON_table_full: return "no rule can change that: kss-load status --all shows the counters";
    case KSS_REASON_sealed: return "no rule can change that: a sealed policy guards itself";
    case KSS_REASON_no_entry:
      return "give the domain an entry, as `enter: { run: true, from: [DOMAIN] }`; without `from` unconfined tasks may "
             "enter";
    case KSS_REASON_no_digest:
      return "no rule can change that: have IMA make SHA-256 of this file (security.ima, IMA's policy), or move it to "
             "a file system "
             "that only the kernel writes";
    case KSS_REASON_no_cgroup: return "no rule can change that: use a cgroup at most 31 levels deep";
    case KSS_REASON_shared_files:
      return "no rule can change that: unshare(CLONE_FILES) before entering, or enter from a process of one thread";
    case KSS_REASON_state: return "the policy of that generation is no longer kept";
    case KSS_REASON_state_lost:
      return "no rule can change that: try again; kss-load status --all shows whether a table is full";
    case KSS_REASON_policy: return "the policy of that generation is no longer kept";
    default: return "no rule can change that";
  }
}

void print_machine(const policy::DebugInfo::MachineInfo& m, const Colors& c) {
  const char* const scopes[] = {"of the device", "of the domain", "of the task"};
  std::string events;
  for (const auto& [name, text] : m.events) events += (events.empty() ? "" : ", ") + name;
  std::printf("  %s%s%s %s\n", c.bold, m.flow ? "flow" : "formula", c.reset, printable(m.name).c_str());
  std::printf("  rule    %s:%u: %s\n", m.file.c_str(), m.line, printable(m.text).c_str());
  std::printf(
      "  note    allow rules grant it; by what has happened before, in the history %s of %s, this denies it now\n",
      scopes[static_cast<size_t>(m.scope)], events.c_str());
  if (m.flow) std::printf("  note    an event is allowed only in the states that have an edge for it\n");
}

/// The last denials that differ from each other, latest first.
std::vector<kss_audit> last_distinct(const std::vector<kss_audit>& all, const std::string& domain, std::size_t n,
                                     Generations& names) {
  std::vector<kss_audit> picked;
  for (auto it = all.rbegin(); it != all.rend() && picked.size() < n; ++it) {
    if (!domain.empty() && describe(*it, names.of(it->generation)).domain != domain) continue;
    if (std::none_of(picked.begin(), picked.end(), [&](const kss_audit& p) { return same(p, *it); }))
      picked.push_back(*it);
  }
  return picked;
}

Exit explain_last(Cli& cli, const Options& o) {
  const auto backend = backend::make_bpf_backend();
  auto all = collect(*backend, o);
  if (!all) return fail_backend(cli, all.error(), o.load);
  Generations generations(*backend, o.load);
  const auto picked = last_distinct(*all, o.domain, o.last, generations);
  std::map<uint32_t, std::optional<policy::CheckedPolicy>> texts;
  Json list = Json::array();
  for (const kss_audit& r : picked) {
    const NamedImage* names = generations.of(r.generation);
    const Record words = describe(r, names);
    Json j = Json::object().set("record", json_of(r, words));
    if (!cli.json) std::printf("%s\n", line_of(r, words, cli.out()).c_str());
    const bool known = names && r.domain < names->debug.domains.size() && r.object < names->debug.objects.size() &&
                       r.cls < KSS_NCLASSES;
    if (r.reason == KSS_REASON_policy && known) {
      auto [text, fresh] = texts.try_emplace(r.generation);
      if (fresh) text->second = find_text(*names);
      const Question q{r.domain, r.object, r.cls, r.denied, detail_of(r)};
      const Explanation e = explain(*names, text->second ? &*text->second : nullptr, q);
      if (cli.json)
        j.set("explanation", to_json(e, q));
      else
        print(e, q, cli.out());
    } else if (r.reason == KSS_REASON_state && names && r.machine < names->debug.machines.size()) {
      const auto& m = names->debug.machines[r.machine];
      if (cli.json)
        j.set(m.flow ? "flow" : "formula", m.name).set("file", m.file).set("line", m.line).set("text", m.text);
      else
        print_machine(m, cli.out());
    } else if (cli.json) {
      j.set("note", remedy(r.reason));
    } else {
      std::printf("  note    %s\n", remedy(r.reason));
    }
    list.push(std::move(j));
  }
  if (cli.json)
    cli.print(list);
  else if (picked.empty())
    std::printf("no denials are known\n");
  return Exit::ok;
}

}  // namespace

void add_explain(CLI::App& app, Cli& cli) {
  auto o = std::make_shared<Options>();
  Command command(
      app, cli, "explain", "Explain a denial and say what would grant it",
      "Without --class: the last denials, those that audit has shown (it keeps 256 of them in the state directory) "
      "and\n"
      "those still in the kernel, which this takes out and keeps likewise. With --class: any access you name. Says "
      "the\n"
      "object's type and the pattern that gave it, the rules that come nearest, the line that would grant it and "
      "where\n"
      "to put it, and whether a neverallow forbids that line.",
      "  kss-load explain\n"
      "  kss-load explain --last 10 --domain hmi\n"
      "  kss-load explain --domain hmi --class file --perm write --path /etc/plc/config\n"
      "  kss-load explain --policy policy.yaml --domain plc --class tcp --perm connect --inet 10.7.0.1:502\n"
      "  kss-load explain --domain plc --class capability --perm sys_admin\n",
      [&cli, o] {
        if (o->cls.empty() && (!o->policy.empty() || !o->perms.empty()))
          return cli.fail(Exit::usage,
                          {"--policy and --perm take a --class and a --domain, too", "see kss-load explain --help", 0});
        if (o->cls.empty()) return explain_last(cli, *o);
        if (o->domain.empty() || o->perms.empty())
          return cli.fail(Exit::usage,
                          {"--class takes a --domain and a --perm, too", "see kss-load explain --help", 0});
        return explain_question(cli, *o);
      });
  command.number("--last", o->last, 1, Denials::capacity, "N", "How many denials to explain (3)")
      .option("--domain", o->domain, "D", "Domain of the task; without --class only its denials")
      .option("--class", o->cls, "C", "Class of the access")
      .list("--perm", o->perms, "P", "Permission; several by commas", true)
      .option("--path", o->path, "PATH", "The object is the file of this absolute path")
      .option("--inet", o->inet, "ADDR", "The object is this address, as 10.0.0.1:80 or [fd00::1]:80")
      .option("--unix", o->unix_name, "NAME", "The object is the unix socket of this path or @name")
      .option("--object", o->object, "T", "The object is of this type, or a task of this domain, or self")
      .exclusive({"--path", "--inet", "--unix", "--object"})
      .option("--policy", o->policy, "FILE", "Ask this policy or image, not the one in force")
      .includes(o->include_dirs)
      .places(o->load);
}

}  // namespace kss::cli
