// SPDX-License-Identifier: BSD-2-Clause
#include "tests/vm/oracle/operations.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <span>

#include "policy/debuginfo.hpp"
#include "policy/names.hpp"

namespace kss::test {
namespace {

struct File {
  Node node;
  std::string spelled;  // one way to write its path
};

constexpr uint32_t kUnconfined = KSS_DOMAIN_UNCONFINED;

// Fills one operation in: verbs of the table below.
class Make {
 public:
  Make(const World& world, const policy::CheckedPolicy& policy, Random& random, Operation& out)
      : world_(world), policy_(policy), oracle_(policy), r(random), op(out) {
    actor = domain(kActors[r.below(3)]);
    op.actor = policy_.domains[actor].name;
  }

  // --- the world ---

  /// Renames or links something beforehand, as nobody the policy knows: what was labelled must not keep its label.
  void maybe_disturb() {
    if (!r.chance(12)) return;
    const Node from = r.pick(world_.nodes);
    if (from.path == "/w" || from.path == "/w/bin" || from.path == "/w/bin/x") return;
    Node to = fresh(false).node;
    if (from.kind == kDir && to.path.starts_with(from.path + "/")) return;
    if (from.kind != kDir && r.chance(40)) {
      op.pre = "ln " + from.path + " " + to.path;
      Node copy = from;
      copy.path = to.path;
      world_.nodes.push_back(copy);
      focus_ = r.chance(50) ? from.path : to.path;
    } else {
      op.pre = "mv " + from.path + " " + to.path;
      world_.move(from.path, to.path);
      focus_ = to.path;
    }
  }

  /// Something that exists. `follow`: reached through links, too, so it is none itself.
  File existing(uint32_t kinds, bool follow = true) {
    if (follow) kinds &= ~static_cast<uint32_t>(kLink);
    std::vector<Node> fit;
    for (int focused = 1; focused >= 0 && fit.empty(); focused--)
      for (const auto& n : world_.nodes)
        if ((n.kind & kinds) &&
            (!focused || (!focus_.empty() && (n.path == focus_ || n.path.starts_with(focus_ + "/")))))
          fit.push_back(n);
    File f{r.pick(fit), ""};
    f.spelled = spell(f.node.path, follow);
    return f;
  }
  /// A file or directory beneath a directory that is bound to another place beforehand, by its name there.
  File bound() {
    const Node* to = world_.find(r.chance(50) ? "/w/empty" : "/w/a/empty");
    static const std::vector<std::string> sources = {"/w/srv", "/w/ab", "/w/a/b", "/w/bin"};
    const std::string from = r.pick(sources);
    std::vector<Node> fit;
    for (const auto& n : world_.nodes)
      if ((n.kind & (kFile | kDir)) && n.path.starts_with(from + "/")) fit.push_back(n);
    File f{r.pick(fit), ""};
    original_ = f.node.path;
    op.pre = "bd " + from + " " + to->path;
    f.node.path.replace(0, from.size(), to->path);
    f.spelled = f.node.path;
    return f;
  }
  const std::string& original() const { return original_; }
  /// Not the top: its other names would lead nowhere with something mounted there.
  File mountpoint() {
    for (;;)
      if (File f = existing(kDir); f.node.path != "/w") return f;
  }
  File program() {
    std::vector<Node> fit;
    for (const auto& n : world_.nodes)
      if (n.target == "prog" || n.target == "script") fit.push_back(n);
    File f{r.pick(fit), ""};
    f.spelled = spell(f.node.path, true);
    return f;
  }
  /// A name that does not exist yet.
  File fresh(bool spelled = true) {
    static const std::vector<std::string> names = {"new", "n.log", "zz", "a", "x.log", "f", "ab"};
    for (;;) {
      std::vector<Node> dirs;
      for (const auto& n : world_.nodes)
        if (n.kind == kDir) dirs.push_back(n);
      const std::string dir = r.pick(dirs).path, name = r.pick(names);
      if (world_.find(dir + "/" + name)) continue;
      return {{kFile, dir + "/" + name, "", 0, 0}, (spelled ? spell(dir, true) : dir) + "/" + name};
    }
  }
  const Node* at(const std::string& path) const { return world_.find(path); }

  // --- what is asked ---

  void ask(uint32_t dom, uint32_t obj, uint32_t cls, uint32_t perms, const char* error = "EPERM", bool late = false) {
    const auto v = oracle_.vector(dom, obj, cls);
    Question q;
    const uint32_t missing = dom == kUnconfined ? 0 : perms & ~v.allow;
    q.granted = !missing;
    q.error = error;
    q.late = late;
    q.text = policy_.domains[dom].name + " " + policy_.object_name(obj) + " : " + policy::class_name(cls) + " { " +
             policy::perm_names(cls, perms) + " }";
    if (missing & ~v.quiet)
      q.record = std::string(policy::class_name(cls)) + " " + policy_.object_name(obj) + " " +
                 policy::perm_names(cls, missing);
    op.questions.push_back(std::move(q));
  }
  void ask(const Node& n, uint32_t perms, bool late = false) {
    ask(actor, label(n), class_of(n.kind), perms, "EPERM", late);
  }
  void self(uint32_t cls, uint32_t perms, const char* error = "EPERM") {
    ask(actor, KSS_OBJ_DOMAINS + actor, cls, perms, error);
  }
  void cap(uint32_t mask, const char* error = "EPERM") { self(KSS_CLASS_capability, mask, error); }
  void system(uint32_t cls, uint32_t perms) { ask(actor, KSS_OBJ_system, cls, perms); }
  void owned(const std::string& owner, uint32_t cls, uint32_t perms, const char* error = "EPERM") {
    ask(actor, KSS_OBJ_DOMAINS + domain(owner), cls, perms, error);
  }
  /// An object that nobody confined has made does not say which of the three kinds it is: all must be granted.
  void ipc(const std::string& owner, uint32_t cls, uint32_t perms) {
    if (owner == "unconfined")
      for (uint32_t c : {KSS_CLASS_sysv_msg, KSS_CLASS_sysv_sem, KSS_CLASS_sysv_shm}) owned(owner, c, perms, "EACCES");
    else
      owned(owner, cls, perms, "EACCES");
  }
  void path(const std::string& p, uint32_t cls, uint32_t perms, bool late = false) {
    ask(actor, oracle_.label_path(p).object, cls, perms, "EPERM", late);
  }
  void inet(uint32_t cls, const std::string& address, uint32_t port, uint32_t perms) {
    uint8_t b[16];
    const bool v6 = address.find(':') != address.npos;
    inet_pton(v6 ? AF_INET6 : AF_INET, address.c_str(), b);
    ask(actor,
        oracle_.label_inet(cls - KSS_CLASS_tcp, std::span<const uint8_t>(b, v6 ? 16 : 4), static_cast<uint16_t>(port)),
        cls, perms);
  }
  void family(uint32_t cls, uint32_t fam, uint32_t proto, uint32_t perms) {
    ask(actor, oracle_.label_family(fam, proto), cls, perms);
  }
  /// A unix socket: its name's type if one is declared, else whose it is; NULL is the asker's own.
  void unix(const std::string& name, const char* owner, uint32_t perms) {
    uint32_t obj = name[0] == '@' ? oracle_.label_abstract(name.substr(1)).object : oracle_.label_path(name).object;
    if (obj == KSS_OBJ_unix_other || obj == KSS_OBJ_unlabeled)
      obj = !owner                               ? KSS_OBJ_DOMAINS + actor
            : owner == std::string("unconfined") ? static_cast<uint32_t>(KSS_OBJ_unix_other)
                                                 : KSS_OBJ_DOMAINS + domain(owner);
    ask(actor, obj, KSS_CLASS_unix, perms);
  }
  void exec(const File& program, const File& then) {
    const Node& n = program.node;
    ask(n, KSS_file_execute);
    uint32_t to = oracle_.exec(actor, oracle_.label_path(n.path));
    if (to != actor && actor != kUnconfined)
      ask(actor, KSS_OBJ_DOMAINS + to, KSS_CLASS_process, KSS_process_transition);
    Node code = n;
    if (n.target == "script") {
      code = *world_.find("/w/bin/x");
      ask(code, KSS_file_execute);
    }
    ask(to, label(code), KSS_CLASS_file, KSS_file_map_exec);
    ask(to, label(then.node), class_of(then.node.kind), KSS_file_open | KSS_file_read);
  }
  void enter(const std::string& name, const File& then) {
    const uint32_t to = domain(name);
    Question q;
    q.granted = oracle_.may_enter(actor, to);
    q.text = policy_.domains[actor].name + " may enter " + name;
    q.record = "process " + name + " enter";
    op.questions.push_back(q);
    ask(to, label(then.node), class_of(then.node.kind), KSS_file_open | KSS_file_read);
  }

  // --- what is done ---

  void call(const std::string& name, const std::string& a = "", const std::string& b = "", const std::string& c = "") {
    op.call = name;
    op.a = a;
    op.b = b;
    op.c = c;
  }
  /// Opens, and asks what opening asks: the way in of everything that works on a descriptor.
  File open(uint32_t kinds, const char* mode, const std::string& then = "") {
    File f = existing(kinds);
    const std::string m = mode;
    uint32_t perms = KSS_file_open;
    if (m[0] == 'r') perms |= KSS_file_read;
    if (m.find('w') != m.npos) perms |= m.find('a') != m.npos ? KSS_file_append : KSS_file_write;
    ask(f.node, perms);
    call("open", f.spelled, m, then);
    return f;
  }

  uint32_t label_of(const File& f) const { return label(f.node); }
  uint32_t domain(const std::string& name) const {
    for (uint32_t d = 0; d < policy_.domains.size(); d++)
      if (policy_.domains[d].name == name) return d;
    return KSS_DOMAIN_NONE;
  }
  template <typename... T>
  std::string one(T... of) {
    const std::vector<std::string> all = {of...};
    return r.pick(all);
  }

 private:
  uint32_t label(const Node& n) const {
    if (n.kind == kChar || n.kind == kBlock)
      if (auto declared = oracle_.label_device(n.kind == kBlock, n.major, n.minor)) return *declared;
    return oracle_.label_path(n.path).object;
  }
  std::string spell(const std::string& path, bool last) {
    std::string s = path;
    switch (r.below(10)) {
      case 0: return "/proc/self/root" + path;
      case 1: s.insert(2, "/a/.."); break;
      case 2:
        for (const auto& [real, alias] :
             {std::pair<std::string, std::string>{"/w/a/b/", "/w/l/"}, {"/w/srv/", "/w/a/l/"}})
          if (s.starts_with(real)) s.replace(0, real.size(), alias);
        break;
      case 3:
        if (last)
          for (const auto& n : world_.nodes)
            if (n.kind == kLink && r.chance(50))
              if (const Node* to = world_.resolve(n.path, true); to && to->path == path) s = n.path;
        break;
      default: break;
    }
    const Node* to = world_.resolve(s, last);
    return to && to->path == path ? s : path;
  }

  World world_;
  const policy::CheckedPolicy& policy_;
  engine::Reference oracle_;
  std::string focus_, original_;

 public:
  Random& r;
  Operation& op;
  uint32_t actor;
};

const std::string& loopback(Random& r) {
  static const std::vector<std::string> all = {"127.0.0.1", "127.0.0.2", "127.1.2.3", "::1", "::ffff:127.0.0.1"};
  return r.pick(all);
}
uint32_t port(Random& r) {
  static const std::vector<uint32_t> all = {7001, 7002, 7003, 80};
  return r.pick(all);
}

// F: works on files; the tree is disturbed before and looked at after.
// W: it is looked at after, only.
enum { F = 1, W = 2 };
struct Row {
  const char* name;
  int flags;
  void (*make)(Make& m);
};

/*
 * What each operation asks: the ways of bpf/README.md ("Ways to an effect"), the permissions of include/kss/classes.h,
 * the labels of policies/LANGUAGE.md. The order is that in which the kernel asks. Nothing here knows what is granted.
 */
const Row kRows[] = {
    {"open to read", F, [](Make& m) { m.open(kAny, "r"); }},
    {"open to write", F, [](Make& m) { m.open(kAny & ~kDir, "w"); }},
    {"open to read and write", F, [](Make& m) { m.open(kAny & ~kDir, "rw"); }},
    {"open to append", F, [](Make& m) { m.open(kAny & ~kDir, "wa"); }},
    {"open with O_PATH", F, [](Make& m) { m.call("open", m.existing(kAny).spelled, "p"); }},
    {"open and truncate", F,
     [](Make& m) {
       auto f = m.open(kFile, "wt");
       m.ask(f.node, KSS_file_truncate);
     }},
    {"create a file", F,
     [](Make& m) {
       auto f = m.fresh();
       m.call("open", f.spelled, "wc");
       m.ask(f.node, KSS_file_create);
       m.ask(f.node, KSS_file_open | KSS_file_write, true);
     }},
    {"list a directory", F, [](Make& m) { m.open(kDir, "r", "list"); }},
    {"fstat", F,
     [](Make& m) {
       auto f = m.open(kFile | kDir | kChar, "r", "fstat");
       m.ask(f.node, KSS_file_getattr);
     }},
    {"ftruncate", F,
     [](Make& m) {
       auto f = m.open(kFile, "w", "ftruncate");
       m.ask(f.node, KSS_file_truncate);
     }},
    {"fchmod", F,
     [](Make& m) {
       auto f = m.open(kFile | kDir, "r", "fchmod");
       m.ask(f.node, KSS_file_chmod);
     }},
    {"fchown", F,
     [](Make& m) {
       auto f = m.open(kFile | kDir, "r", "fchown");
       m.ask(f.node, KSS_file_chown);
       m.cap(KSS_capability_chown);
     }},
    {"futimens", F,
     [](Make& m) {
       auto f = m.open(kFile | kDir, "r", "futimens");
       m.ask(f.node, KSS_file_setattr);
     }},
    {"ioctl", F,
     [](Make& m) {
       auto f = m.open(kFile | kDir | kFifo | kChar, "r", "ioctl");
       m.ask(f.node, KSS_file_ioctl);
     }},
    {"flock", F,
     [](Make& m) {
       auto f = m.open(kFile | kDir, "r", "flock");
       m.ask(f.node, KSS_file_lock);
     }},
    {"fcntl lock", F,
     [](Make& m) {
       auto f = m.open(kFile, "rw", "setlk");
       m.ask(f.node, KSS_file_lock);
     }},
    {"lease", F,
     [](Make& m) {
       auto f = m.open(kFile, "r", "lease");
       m.ask(f.node, KSS_file_lock);
     }},
    {"mmap to execute", F,
     [](Make& m) {
       auto f = m.open(kFile, "r", "mapx");
       m.ask(f.node, KSS_file_map_exec);
     }},
    {"mmap to write and execute", F,
     [](Make& m) {
       auto f = m.open(kFile, "r", "mapwx");
       m.self(KSS_CLASS_process, KSS_process_execmem);
       m.ask(f.node, KSS_file_map_exec);
     }},
    {"mprotect to execute", F,
     [](Make& m) {
       auto f = m.open(kFile, "r", "protx");
       m.ask(f.node, KSS_file_map_exec);
     }},
    {"O_APPEND taken away", F,
     [](Make& m) {
       auto f = m.open(kFile, "wa", "unappend");
       m.ask(f.node, KSS_file_write);
     }},
    {"shared mapping of an appending descriptor", F,
     [](Make& m) {
       auto f = m.open(kFile, "rwa", "mapshared");
       m.ask(f.node, KSS_file_write);
     }},
    {"stat", F,
     [](Make& m) {
       auto f = m.existing(kAny);
       m.call("stat", f.spelled);
       m.ask(f.node, KSS_file_getattr);
     }},
    {"lstat", F,
     [](Make& m) {
       auto f = m.existing(kAny, false);
       m.call("lstat", f.spelled);
       m.ask(f.node, KSS_file_getattr);
     }},
    {"readlink", F,
     [](Make& m) {
       auto f = m.existing(kLink, false);
       m.call("readlink", f.spelled);
       m.ask(f.node, KSS_file_getattr);
     }},
    {"truncate", F,
     [](Make& m) {
       auto f = m.existing(kFile);
       m.call("truncate", f.spelled);
       m.ask(f.node, KSS_file_truncate);
     }},
    {"chmod", F,
     [](Make& m) {
       auto f = m.existing(kAny);
       m.call("chmod", f.spelled);
       m.ask(f.node, KSS_file_chmod);
     }},
    {"lchown", F,
     [](Make& m) {
       auto f = m.existing(kAny, false);
       m.call("lchown", f.spelled);
       m.ask(f.node, KSS_file_chown);
       m.cap(KSS_capability_chown);
     }},
    {"utimensat", F,
     [](Make& m) {
       auto f = m.existing(kAny, false);
       m.call("utimens", f.spelled);
       m.ask(f.node, KSS_file_setattr);
     }},
    {"setxattr", F,
     [](Make& m) {
       auto f = m.existing(kAny, false);
       m.call("lsetxattr", f.spelled);
       m.cap(KSS_capability_sys_admin);
       m.ask(f.node, KSS_file_setxattr);
     }},
    {"removexattr", F,
     [](Make& m) {
       auto f = m.existing(kAny, false);
       m.call("lremovexattr", f.spelled);
       m.cap(KSS_capability_sys_admin);
       m.ask(f.node, KSS_file_setxattr);
     }},
    {"getxattr", F,
     [](Make& m) {
       auto f = m.existing(kFile | kDir);
       m.call("getxattr", f.spelled);
       m.ask(f.node, KSS_file_getxattr);
     }},
    {"listxattr", F,
     [](Make& m) {
       auto f = m.existing(kAny, false);
       m.call("llistxattr", f.spelled);
       m.ask(f.node, KSS_file_getxattr);
     }},
    {"inotify_add_watch", F,
     [](Make& m) {
       auto f = m.existing(kAny);
       m.call("watch", f.spelled);
       m.ask(f.node, KSS_file_watch);
     }},
    {"unlink", F,
     [](Make& m) {
       auto f = m.existing(kAny, false);
       m.call("unlink", f.spelled);
       m.ask(f.node, KSS_file_unlink);
     }},
    {"rmdir", F,
     [](Make& m) {
       auto f = m.existing(kAny, false);
       m.call("rmdir", f.spelled);
       m.ask(f.node, KSS_file_unlink);
     }},
    {"mkdir", F,
     [](Make& m) {
       auto f = m.fresh();
       f.node.kind = kDir;
       m.call("mkdir", f.spelled);
       m.ask(f.node, KSS_file_create);
     }},
    {"symlink", F,
     [](Make& m) {
       auto f = m.fresh();
       f.node.kind = kLink;
       m.call("symlink", f.spelled, "f");
       m.ask(f.node, KSS_file_create);
     }},
    {"mknod", F,
     [](Make& m) {
       auto f = m.fresh();
       const std::string what = m.one("file", "fifo", "sock");
       f.node.kind = what == "file" ? kFile : what == "fifo" ? kFifo : kSock;
       m.call("mknod", f.spelled, what);
       m.ask(f.node, KSS_file_create);
     }},
    {"mknod of a device", F,
     [](Make& m) {
       auto f = m.fresh();
       f.node.kind = m.r.chance(75) ? kChar : kBlock;
       f.node.major = f.node.kind == kChar ? 1 : 7;
       f.node.minor = f.node.kind == kChar ? 3 + 2 * m.r.below(3) : 200;
       m.call("mknod", f.spelled, f.node.kind == kChar ? "char" : "block", std::to_string(f.node.minor));
       m.ask(f.node, KSS_file_create);
       m.cap(KSS_capability_mknod);
     }},
    {"link", F,
     [](Make& m) {
       auto f = m.existing(kAny & ~kDir, false), to = m.fresh();
       m.call("link", f.spelled, to.spelled);
       m.ask(f.node, KSS_file_link);
       to.node.kind = f.node.kind;
       to.node.major = f.node.major;
       to.node.minor = f.node.minor;
       m.ask(to.node, KSS_file_create);
     }},
    {"rename", F,
     [](Make& m) {
       auto f = m.existing(kAny, false), to = m.fresh();
       if (f.node.path == "/w" || to.node.path.starts_with(f.node.path + "/")) f = m.existing(kFile, false);
       m.call("rename", f.spelled, to.spelled, "0");
       m.ask(f.node, KSS_file_rename);
       to.node.kind = f.node.kind;
       to.node.major = f.node.major;
       to.node.minor = f.node.minor;
       m.ask(to.node, KSS_file_create);
     }},
    {"rename over something", F,
     [](Make& m) {
       auto f = m.existing(kAny & ~kDir, false), to = m.existing(kAny & ~kDir, false);
       if (f.node.path == to.node.path) to = m.existing(kFile | kLink, false);
       m.call("rename", f.spelled, to.spelled, "0");
       m.ask(f.node, KSS_file_rename);
       m.ask(to.node, KSS_file_unlink);
       Node is = f.node;
       is.path = to.node.path;
       m.ask(is, KSS_file_create);
     }},
    {"rename, exchanging", F,
     [](Make& m) {
       auto f = m.existing(kAny & ~kDir, false), to = m.existing(kAny & ~kDir, false);
       m.call("rename", f.spelled, to.spelled, "2");
       Node a = f.node, b = to.node;
       m.ask(a, KSS_file_rename);
       m.ask(b, KSS_file_rename);
       std::swap(a.path, b.path);
       m.ask(b, KSS_file_create);
       m.ask(a, KSS_file_create);
     }},
    {"chroot", F,
     [](Make& m) {
       auto f = m.existing(kDir);
       m.call("chroot", f.spelled);
       m.cap(KSS_capability_sys_chroot);
       m.ask(f.node, KSS_file_chroot);
     }},
    {"a descriptor received", F,
     [](Make& m) {
       auto f = m.existing(kFile | kDir | kFifo | kChar);
       const bool w = f.node.kind != kDir && m.r.chance(50);
       m.call("receive", f.spelled, w ? "rw" : "r");
       m.ask(f.node, KSS_file_receive | KSS_file_read | (w ? KSS_file_write : 0));
     }},
    {"through a bind mount", W,
     [](Make& m) {
       auto f = m.bound();
       m.call(m.one("stat", "chmod", "open"), f.spelled, "r");
       m.ask(f.node, m.op.call == "stat"    ? KSS_file_getattr
                     : m.op.call == "chmod" ? KSS_file_chmod
                                            : KSS_file_open | KSS_file_read);
     }},
    {"attributes through a bind mount", W,
     [](Make& m) {
       // The kernel does not say by which of its names the file was reached: all must grant it.
       auto f = m.bound();
       m.call("utimens", m.r.chance(50) ? f.spelled : m.original());
       m.ask(*m.at(m.original()), KSS_file_setattr);
       m.ask(f.node, KSS_file_setattr);
       if (!m.op.questions[0].granted && !m.op.questions[1].granted) m.op.questions[0].record.clear();
     }},
    {"mount", F,
     [](Make& m) {
       auto f = m.mountpoint();
       m.call("mount", f.spelled);
       m.ask(m.actor, m.label_of(f), KSS_CLASS_mount, KSS_mount_mount);
       m.cap(KSS_capability_sys_admin);
     }},
    {"bind mount", F,
     [](Make& m) {
       auto f = m.mountpoint();
       m.call("bindmount", f.spelled, "/w/srv");
       m.ask(m.actor, m.label_of(f), KSS_CLASS_mount, KSS_mount_bind);
       m.cap(KSS_capability_sys_admin);
     }},
    {"execve", F,
     [](Make& m) {
       auto f = m.program(), then = m.existing(kFile);
       if (m.r.chance(20)) m.actor = kUnconfined, m.op.actor = "unconfined";
       m.op.absolute = true;
       m.call("exec", f.spelled, then.spelled);
       m.exec(f, then);
     }},
    {"enter a domain", F,
     [](Make& m) {
       auto then = m.existing(kFile);
       const std::string to = m.one("d0", "d1", "d2", "peer");
       m.op.absolute = true;
       m.call("enter", to, then.spelled);
       m.enter(to, then);
     }},

    {"mq_open", 0,
     [](Make& m) {
       const std::string n = m.one("mq1", "mq2");
       m.call("mq_open", "/" + n, "rw");
       m.path("/dev/mqueue/" + n, KSS_CLASS_mqueue, KSS_mqueue_open | KSS_mqueue_read | KSS_mqueue_write);
     }},
    {"mq_open, creating", 0,
     [](Make& m) {
       const std::string n = m.one("new", "mq3");
       m.call("mq_open", "/" + n, "c");
       m.path("/dev/mqueue/" + n, KSS_CLASS_mqueue, KSS_mqueue_create);
       m.path("/dev/mqueue/" + n, KSS_CLASS_mqueue, KSS_mqueue_open | KSS_mqueue_read | KSS_mqueue_write, true);
     }},
    {"mq_unlink", 0,
     [](Make& m) {
       const std::string n = m.one("mq1", "mq2");
       m.call("mq_unlink", "/" + n);
       m.path("/dev/mqueue/" + n, KSS_CLASS_mqueue, KSS_mqueue_unlink);
     }},

    {"socket", 0,
     [](Make& m) {
       const std::string what = m.one("tcp", "udp", "unix", "tcp6", "unixd");
       m.call("socket", what);
       m.self(what[0] == 't' ? KSS_CLASS_tcp : what == "udp" ? KSS_CLASS_udp : KSS_CLASS_unix, KSS_tcp_create);
     }},
    {"socket, netlink", 0,
     [](Make& m) {
       const uint32_t proto = m.r.chance(50) ? 0 : 15;
       m.call("socket", "netlink", std::to_string(proto));
       m.family(KSS_CLASS_netlink, 16, proto, KSS_netlink_create);
     }},
    {"socket, packet", 0,
     [](Make& m) {
       m.call("socket", "packet");
       m.family(KSS_CLASS_packet, 17, 0, KSS_packet_create);
       m.cap(KSS_capability_net_raw);
     }},
    {"socketpair", 0,
     [](Make& m) {
       m.call("socketpair");
       m.self(KSS_CLASS_unix, KSS_unix_create);
     }},
    {"setsockopt", 0,
     [](Make& m) {
       const std::string what = m.one("tcp", "udp", "unix");
       const uint32_t cls = what == "tcp" ? KSS_CLASS_tcp : what == "udp" ? KSS_CLASS_udp : KSS_CLASS_unix;
       m.call("setsockopt", what);
       m.self(cls, KSS_tcp_create);
       m.self(cls, KSS_tcp_setopt);
     }},
    {"bind", 0,
     [](Make& m) {
       const std::string what = m.one("tcp", "udp"), a = loopback(m.r);
       const uint32_t cls = what == "tcp" ? KSS_CLASS_tcp : KSS_CLASS_udp, p = m.r.chance(30) ? 80 : 7101;
       m.call("bind", what, a, std::to_string(p));
       m.self(cls, KSS_tcp_create);
       m.inet(cls, a, p, KSS_tcp_bind);
       if (p < 1024) m.cap(KSS_capability_net_bind_service, "EACCES");
     }},
    {"listen", 0,
     [](Make& m) {
       const std::string a = loopback(m.r);
       m.call("listen", "tcp", a, "7101");
       m.self(KSS_CLASS_tcp, KSS_tcp_create);
       m.inet(KSS_CLASS_tcp, a, 7101, KSS_tcp_bind);
       m.inet(KSS_CLASS_tcp, a, 7101, KSS_tcp_listen);
     }},
    {"accept", 0,
     [](Make& m) {
       const std::string a = loopback(m.r);
       m.call("accept", "tcp", a, "7101");
       m.self(KSS_CLASS_tcp, KSS_tcp_create);
       m.inet(KSS_CLASS_tcp, a, 7101, KSS_tcp_bind);
       m.inet(KSS_CLASS_tcp, a, 7101, KSS_tcp_listen);
       m.inet(KSS_CLASS_tcp, a, 7101, KSS_tcp_accept);
     }},
    {"connect", 0,
     [](Make& m) {
       const std::string what = m.one("tcp", "tcp", "udp"), a = loopback(m.r);
       const uint32_t cls = what == "tcp" ? KSS_CLASS_tcp : KSS_CLASS_udp, p = port(m.r);
       m.call("connect", what, a, std::to_string(p));
       m.self(cls, KSS_tcp_create);
       m.inet(cls, a, p, KSS_tcp_connect);
     }},
    {"sendto", 0,
     [](Make& m) {
       const std::string a = loopback(m.r);
       const uint32_t p = port(m.r);
       m.call("sendto", "udp", a, std::to_string(p));
       m.self(KSS_CLASS_udp, KSS_udp_create);
       m.inet(KSS_CLASS_udp, a, p, KSS_udp_send);
     }},
    {"send with MSG_FASTOPEN", 0,
     [](Make& m) {
       const std::string a = loopback(m.r);
       const uint32_t p = port(m.r);
       m.call("sendto", "tcp", a, std::to_string(p));
       m.self(KSS_CLASS_tcp, KSS_tcp_create);
       m.inet(KSS_CLASS_tcp, a, p, KSS_tcp_connect);
     }},
    {"unix bind, abstract", 0,
     [](Make& m) {
       const std::string n = m.one("@x1", "@x2", "@ab");
       m.call("ubind", n);
       m.self(KSS_CLASS_unix, KSS_unix_create);
       m.unix(n, nullptr, KSS_unix_bind);
     }},
    {"unix bind, path", F,
     [](Make& m) {
       auto f = m.fresh();
       f.node.kind = kSock;
       m.call("ubind", f.spelled);
       m.self(KSS_CLASS_unix, KSS_unix_create);
       m.self(KSS_CLASS_unix, KSS_unix_bind);
       m.ask(f.node, KSS_file_create);
     }},
    {"unix listen", 0,
     [](Make& m) {
       const std::string n = m.one("@x1", "@x2", "@ab");
       m.call("ulisten", n);
       m.self(KSS_CLASS_unix, KSS_unix_create);
       m.unix(n, nullptr, KSS_unix_bind);
       m.self(KSS_CLASS_unix, KSS_unix_listen);
     }},
    {"unix connect", 0,
     [](Make& m) {
       const std::string owner = m.one("unconfined", "peer"), n = m.one("@", "/w/run/") + owner[0] + "-s";
       m.call("uconnect", n);
       m.self(KSS_CLASS_unix, KSS_unix_create);
       m.unix(n, owner.c_str(), KSS_unix_connect);
     }},
    {"unix sendto", 0,
     [](Make& m) {
       const std::string owner = m.one("unconfined", "peer"), n = m.one("@", "/w/run/") + owner[0] + "-d";
       m.call("usendto", n);
       m.self(KSS_CLASS_unix, KSS_unix_create);
       m.unix(n, owner.c_str(), KSS_unix_send);
     }},

    {"msgget, semget, shmget", 0,
     [](Make& m) {
       const std::string what = m.one("msg", "sem", "shm");
       m.call(what + "get");
       m.self(what == "msg"   ? KSS_CLASS_sysv_msg
              : what == "sem" ? KSS_CLASS_sysv_sem
                              : KSS_CLASS_sysv_shm,
              KSS_sysv_msg_create);
     }},
    {"*get of another's", 0,
     [](Make& m) {
       const std::string what = m.one("msg", "sem", "shm"), owner = m.one("unconfined", "peer"),
                         mode = m.one("r", "w", "rw");
       m.call(what + "get", owner, mode);
       m.ipc(owner,
             what == "msg"   ? KSS_CLASS_sysv_msg
             : what == "sem" ? KSS_CLASS_sysv_sem
                             : KSS_CLASS_sysv_shm,
             (mode[0] == 'r' ? KSS_sysv_msg_read : 0) | (mode.back() == 'w' ? KSS_sysv_msg_write : 0));
     }},
    {"msgsnd", 0,
     [](Make& m) {
       const std::string o = m.one("unconfined", "peer");
       m.call("msgsnd", o);
       m.ipc(o, KSS_CLASS_sysv_msg, KSS_sysv_msg_write);
     }},
    {"msgrcv", 0,
     [](Make& m) {
       const std::string o = m.one("unconfined", "peer");
       m.call("msgrcv", o);
       m.ipc(o, KSS_CLASS_sysv_msg, KSS_sysv_msg_read);
     }},
    {"semop", 0,
     [](Make& m) {
       const std::string o = m.one("unconfined", "peer");
       m.call("semop", o);
       m.ipc(o, KSS_CLASS_sysv_sem, KSS_sysv_sem_write);
     }},
    {"semctl GETVAL", 0,
     [](Make& m) {
       const std::string o = m.one("unconfined", "peer");
       m.call("semval", o, "get");
       m.ipc(o, KSS_CLASS_sysv_sem, KSS_sysv_sem_read);
       m.owned(o, KSS_CLASS_sysv_sem, KSS_sysv_sem_read);
     }},
    {"semctl SETVAL", 0,
     [](Make& m) {
       const std::string o = m.one("unconfined", "peer");
       m.call("semval", o, "set");
       m.ipc(o, KSS_CLASS_sysv_sem, KSS_sysv_sem_write);
       m.owned(o, KSS_CLASS_sysv_sem, KSS_sysv_sem_write);
     }},
    {"shmat", 0,
     [](Make& m) {
       const std::string o = m.one("unconfined", "peer"), mode = m.one("r", "rw");
       m.call("shmat", o, mode);
       m.ipc(o, KSS_CLASS_sysv_shm, KSS_sysv_shm_read | (mode == "rw" ? KSS_sysv_shm_write : 0));
     }},
    {"IPC_STAT", 0,
     [](Make& m) {
       const std::string what = m.one("msg", "sem", "shm"), o = m.one("unconfined", "peer");
       const uint32_t cls = what == "msg"   ? KSS_CLASS_sysv_msg
                            : what == "sem" ? KSS_CLASS_sysv_sem
                                            : KSS_CLASS_sysv_shm;
       m.call("ipcctl", what, o, "stat");
       m.ipc(o, cls, KSS_sysv_msg_read);
       m.owned(o, cls, KSS_sysv_msg_getattr);
     }},
    {"IPC_SET, IPC_RMID", 0,
     [](Make& m) {
       const std::string what = m.one("msg", "sem", "shm"), o = m.one("unconfined", "peer"), how = m.one("set", "rmid");
       const uint32_t cls = what == "msg"   ? KSS_CLASS_sysv_msg
                            : what == "sem" ? KSS_CLASS_sysv_sem
                                            : KSS_CLASS_sysv_shm;
       m.call("ipcctl", what, o, how);
       m.owned(o, cls, how == "set" ? KSS_sysv_msg_setattr : KSS_sysv_msg_destroy);
     }},
    {"add_key", 0,
     [](Make& m) {
       m.call("add_key");
       m.self(KSS_CLASS_key, KSS_key_create);
       m.self(KSS_CLASS_key, KSS_key_write);
     }},

    {"kill", 0,
     [](Make& m) {
       const std::string t = m.r.pick(std::vector<std::string>(std::begin(kProcesses), std::end(kProcesses))),
                         sig = m.one("0", "usr1", "chld", "stop", "cont");
       m.call("kill", t, sig);
       m.owned(t, KSS_CLASS_process,
               sig == "0"      ? KSS_process_signull
               : sig == "chld" ? KSS_process_sigchld
               : sig == "stop" ? KSS_process_sigkill
                               : KSS_process_signal);
     }},
    {"ptrace and process_vm_readv", 0,
     [](Make& m) {
       const std::string t = m.r.pick(std::vector<std::string>(std::begin(kProcesses), std::end(kProcesses)));
       m.call(m.one("seize", "vm_read"), t);
       m.owned(t, KSS_CLASS_process, KSS_process_ptrace);
     }},
    {"/proc/PID/environ", 0,
     [](Make& m) {
       const std::string t = m.r.pick(std::vector<std::string>(std::begin(kProcesses), std::end(kProcesses)));
       m.call("environ", t);
       m.path("/proc/1/environ", KSS_CLASS_file, KSS_file_open | KSS_file_read);
       m.owned(t, KSS_CLASS_process, KSS_process_ptrace_read, "EACCES");
     }},
    {"scheduling of others", 0,
     [](Make& m) {
       const std::string t = m.r.pick(std::vector<std::string>(std::begin(kProcesses), std::end(kProcesses))),
                         how = m.one("getscheduler", "setpriority", "setaffinity", "setscheduler", "ioprio");
       m.call("sched", t, how);
       m.owned(t, KSS_CLASS_process, how == "getscheduler" ? KSS_process_getsched : KSS_process_setsched);
     }},
    {"prlimit", 0,
     [](Make& m) {
       const std::string t = m.r.pick(std::vector<std::string>(std::begin(kProcesses), std::end(kProcesses)));
       const bool set = m.r.chance(50);
       m.call("prlimit", t, set ? "set" : "get");
       m.self(KSS_CLASS_process, set ? KSS_process_setrlimit : KSS_process_getrlimit);
       if (set) m.owned(t, KSS_CLASS_process, KSS_process_setrlimit);
     }},
    {"setrlimit", 0,
     [](Make& m) {
       m.call("setrlimit");
       m.self(KSS_CLASS_process, KSS_process_setrlimit);
     }},
    {"fork", 0,
     [](Make& m) {
       m.call("fork");
       m.self(KSS_CLASS_process, KSS_process_fork);
     }},
    {"clone with a namespace", 0,
     [](Make& m) {
       m.call("clone_uts");
       m.self(KSS_CLASS_process, KSS_process_fork);
       m.self(KSS_CLASS_namespace, KSS_namespace_uts);
       m.cap(KSS_capability_sys_admin);
     }},
    {"unshare a user namespace", 0,
     [](Make& m) {
       m.call("unshare_user");
       m.self(KSS_CLASS_namespace, KSS_namespace_user);
     }},
    {"execmem", 0,
     [](Make& m) {
       m.call("execmem", m.one("mmap", "mprotect"));
       m.self(KSS_CLASS_process, KSS_process_execmem);
     }},
    {"setuid", 0,
     [](Make& m) {
       m.call("setuid");
       m.cap(KSS_capability_setuid);
       m.self(KSS_CLASS_process, KSS_process_setuid);
     }},
    {"setgid and setgroups", 0,
     [](Make& m) {
       m.call(m.one("setgid", "setgroups"));
       m.cap(KSS_capability_setgid);
       m.self(KSS_CLASS_process, KSS_process_setgid);
     }},
    {"sethostname", 0,
     [](Make& m) {
       m.call("sethostname");
       m.cap(KSS_capability_sys_admin);
     }},
    {"userfaultfd", 0,
     [](Make& m) {
       m.call("userfaultfd");
       m.system(KSS_CLASS_system, KSS_system_userfaultfd);
     }},
    {"io_uring_setup", 0,
     [](Make& m) {
       m.call("io_uring");
       m.system(KSS_CLASS_io_uring, KSS_io_uring_create);
     }},
    {"bpf", 0,
     [](Make& m) {
       m.call("bpf");
       m.system(KSS_CLASS_bpf, KSS_bpf_query);
       m.cap(KSS_capability_sys_admin);
     }},
};

}  // namespace

const Question* Operation::denied() const {
  for (const auto& q : questions)
    if (!q.granted) return &q;
  return nullptr;
}

size_t Table::rows() { return std::size(kRows); }
size_t Table::row(std::string_view name) {
  return static_cast<size_t>(
      std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& r) { return r.name == name; }) - kRows);
}

Operation random_operation(size_t row, const World& world, const policy::CheckedPolicy& policy, Random& random) {
  Operation op;
  op.row = kRows[row].name;
  Make m(world, policy, random, op);
  op.world = kRows[row].flags != 0;
  if (kRows[row].flags & F) m.maybe_disturb();
  kRows[row].make(m);
  return op;
}

std::string line_of(const Operation& op, uint32_t number) {
  const Question* denied = op.denied();
  std::string errors, asked;
  for (const auto& q : op.questions) {
    if (!q.granted && errors.find(q.error) == errors.npos) errors += (errors.empty() ? "" : ",") + std::string(q.error);
    asked += (asked.empty() ? "" : "; ") + q.text + (q.granted ? "" : " DENIED");
  }
  auto field = [](const std::string& s) { return "\t" + (s.empty() ? "-" : s); };
  const std::string flags =
      std::string(op.world ? "w" : "") + (op.absolute ? "x" : "") + (denied && denied->late ? "l" : "");
  return std::to_string(number) + field(op.actor) + field(op.call) + field(op.a) + field(op.b) + field(op.c) +
         field(op.pre) + field(denied ? "d" : "g") + field(errors) + field(flags) +
         field(denied ? denied->record : "") + field(asked) + "\n";
}

}  // namespace kss::test
