// SPDX-License-Identifier: BSD-2-Clause
// Random policies about the world: patterns that meet on its paths, rules that grant most permissions of most classes.
#include <algorithm>

#include "policy/debuginfo.hpp"
#include "policy/names.hpp"
#include "tests/vm/oracle/world.hpp"

namespace kss::test {
namespace {

class Writer {
 public:
  Writer(const World& world, uint64_t seed, const std::vector<uint32_t>& without)
      : world_(world), r_(seed), without_(without) {}

  std::string write(uint32_t version) {
    line("policy: oracle");
    line("version: " + std::to_string(version));
    nfiles_ = 4 + r_.below(6);
    domains();
    types();
    line("attributes:");
    line("  anyone: [d0, d1, d2]");
    line("  some: [f0, f" + std::to_string(1 + r_.below(nfiles_ - 1)) + "]");
    line("allow:");
    line("  - \"anyone self : unix receive\"");  // the one descriptor with which an operation `receive` enters its
                                                 // domain
    peer_rules();
    for (const char* d : kActors) actor_rules(d);
    if (r_.chance(50)) {
      line("dontaudit:");
      line("  - \"d1 f0 : file { getattr read }\"");
    }
    line("audit:");
    line("  - \"anyone some : file { open unlink }\"");
    return text_;
  }

 private:
  // A line that the compiler objects to is left out the next time; the random numbers stay the same.
  void line(const std::string& s) {
    number_++;
    if (std::find(without_.begin(), without_.end(), number_) == without_.end()) text_ += s;
    text_ += '\n';
  }

  std::string f() { return "f" + std::to_string(r_.below(nfiles_)); }

  // A pattern that matches a component.
  std::string like(const std::string& name) {
    switch (r_.below(7)) {
      case 0: return "*";
      case 1: return name.substr(0, 1) + "*";
      case 2: return "*" + name.substr(name.size() - 1);
      case 3: return "[" + name.substr(0, 1) + "b-d]" + name.substr(1);
      case 4: return "?" + name.substr(1);
      case 5: return name.size() > 2 ? name.substr(0, 1) + "*" + name.substr(name.size() - 1) : "?" + name.substr(1);
      default: return "{" + name + ",zz}";
    }
  }

  std::string pattern() {
    std::string path =
        r_.chance(6) ? "/dev/mqueue/" + std::string(r_.chance(50) ? "mq1" : "new") : r_.pick(world_.nodes).path;
    if (r_.chance(15)) path += "/" + std::string(r_.chance(50) ? "new" : "n.log");
    if (r_.chance(15) && path.rfind('/') > 2) path.erase(path.rfind('/'));
    std::string out;
    bool first = true;
    for (size_t at = 1; at <= path.size();) {
      size_t end = std::min(path.find('/', at), path.size());
      std::string name = path.substr(at, end - at);
      at = end + 1;
      bool last = at > path.size();
      if (first)
        out += "/" + name;  // never a wildcard at the top: what is not in the world has no type
      else if (r_.chance(last ? 25 : 8))
        out += "/**";
      else
        out += "/" + (r_.chance(60) ? name : like(name));
      first = false;
    }
    return out;
  }

  void domains() {
    static const std::vector<std::string> programs = {"/w/bin/x", "/w/bin/[xy]", "/w/bin/*", "/w/a/x",
                                                      "/w/**/x",  "/w/srv/xx",   "/w/bin/s", "/w/srv/*"};
    line("domains:");
    line("  peer: { enter: { run: true } }");
    for (const std::string d : kActors) {
      line("  " + d + ":");
      line("    enter:");
      line("      - { run: true }");
      for (const std::string from : {"d0", "d1", "d2", "unconfined"}) {
        if (from == d) continue;
        if (r_.chance(30)) line("      - { run: true, from: [" + from + "] }");
        if (r_.chance(30)) line("      - { exec: \"" + r_.pick(programs) + "\", from: [" + from + "] }");
        if (r_.chance(10)) line("      - { type: " + f() + ", from: [" + from + "] }");
      }
    }
  }

  void types() {
    static const std::vector<std::string> addresses = {"127.0.0.1", "127.0.0.0/8",  "127.0.0.2", "any",
                                                       "[::1]",     "127.0.0.0/30", "0.0.0.0"};
    static const std::vector<std::string> ports = {"",         " port 7001", " port 7001-7002", " port 7000-7999",
                                                   " port 80", " port 7101", " port any"};
    static const std::vector<std::string> names = {"@u-s", "@u-*", "@p-?", "@*-d", "@[pu]-s", "@x?", "@x1", "@*"};
    line("types:");
    for (uint32_t t = 0; t < nfiles_; t++) {
      line("  f" + std::to_string(t) + ":");
      line("    files:");
      for (uint32_t n = 1 + r_.below(4); n; n--) line("      - \"" + pattern() + "\"");
      if (r_.chance(25))
        line("    devices: [\"char 1:" + std::string(r_.chance(50) ? "*" : std::to_string(3 + 2 * r_.below(3))) +
             "\"]");
      else if (r_.chance(10))
        line("    devices: [\"block 7:200\"]");
    }
    for (uint32_t t = 0; t < 3; t++) {
      line("  n" + std::to_string(t) + ":");
      line("    inet:");
      for (const char* proto : {"tcp", "udp"})
        for (uint32_t n = 1 + r_.below(3); n; n--) {
          std::string a = r_.pick(addresses);
          line("      - \"" + std::string(proto) + " " + a + r_.pick(ports) + "\"");
        }
    }
    for (uint32_t t = 0; t < 2; t++) {
      line("  u" + std::to_string(t) + ":");
      line("    unix:");
      for (uint32_t n = 1 + r_.below(2); n; n--) line("      - \"" + r_.pick(names) + "\"");
    }
    line("  fam:");
    line("    family: [" + std::string(r_.chance(50) ? "netlink" : "\"netlink route\"") +
         (r_.chance(50) ? ", packet" : "") + "]");
  }

  void rule(const std::string& subject, const std::string& object, const std::string& classes, uint32_t cls,
            uint32_t percent) {
    uint32_t perms = 0;
    for (uint32_t bit = 0; bit < policy::perm_count(cls); bit++)
      perms |= static_cast<uint32_t>(r_.chance(percent)) << bit;
    if (perms)
      line("  - \"" + subject + " " + object + " : " + classes + " { " + policy::perm_names(cls, perms) + " }\"");
  }

  void peer_rules() {
    line("  - \"peer self : unix *\"");
    line("  - \"peer { unix_other type:* } : unix { bind connect listen accept send recv }\"");
    line("  - \"peer { type:* unlabeled } : sockfile *\"");
    line("  - \"peer self : { sysv_msg sysv_sem sysv_shm } *\"");
  }

  void actor_rules(const std::string& d) {
    static const std::vector<uint32_t> moods = {75, 88, 94, 97};
    const uint32_t p = r_.pick(moods);
    std::vector<std::string> places = {"unlabeled"};
    for (uint32_t t = 0; t < nfiles_; t++) places.push_back("f" + std::to_string(t));
    for (const auto& t : places) {
      if (r_.chance(8)) continue;
      if (r_.chance(60))
        rule(d, t, "anyfile", KSS_CLASS_file, p);
      else
        for (const char* c : {"{ file symlink }", "dir", "{ chardev blockdev }", "{ fifo sockfile }"})
          rule(d, t, c, KSS_CLASS_file, p);
      if (r_.chance(80)) rule(d, t, "mqueue", KSS_CLASS_mqueue, p);
      if (r_.chance(80)) rule(d, t, "mount", KSS_CLASS_mount, p);
    }
    rule(d, "some", "file", KSS_CLASS_file, 20);
    for (const std::string o : {"self", "unconfined", "peer", "d0", "d1", "d2"}) {
      if (o == d) continue;
      if (o == "self" || r_.chance(80)) rule(d, o, "process", KSS_CLASS_process, p);
      if (r_.chance(90)) rule(d, o, "{ sysv_msg sysv_sem sysv_shm }", KSS_CLASS_sysv_msg, p);
      if (o == "self") rule(d, o, "key", KSS_CLASS_key, p);
    }
    rule(d, "self", "capability", KSS_CLASS_capability, std::max(p, 85u));
    rule(d, "self", "namespace", KSS_CLASS_namespace, p);
    rule(d, "self", "{ tcp udp }", KSS_CLASS_tcp, std::max(p, 85u));
    for (const char* o : {"n0", "n1", "n2", "inet_other"})
      for (const char* c : {"tcp", "udp"})
        if (r_.chance(85)) rule(d, o, c, KSS_CLASS_tcp, p);
    for (const char* o : {"self", "u0", "u1", "unix_other", "peer", "{ f0 f1 }"})
      if (r_.chance(90)) rule(d, o, "unix", KSS_CLASS_unix, p);
    for (const char* o : {"fam", "family_other"})
      if (r_.chance(85)) {
        rule(d, o, "netlink", KSS_CLASS_netlink, p);
      }
    rule(d, "family_other", "packet", KSS_CLASS_packet, p);
    rule(d, "system", "system", KSS_CLASS_system, p);
    rule(d, "system", "io_uring", KSS_CLASS_io_uring, p);
    rule(d, "system", "bpf", KSS_CLASS_bpf, p);
  }

  const World& world_;
  Random r_;
  const std::vector<uint32_t>& without_;
  std::string text_;
  uint32_t number_ = 0, nfiles_ = 0;
};

}  // namespace

std::string random_policy_text(const World& world, uint64_t seed, uint32_t version,
                               const std::vector<uint32_t>& without) {
  return Writer(world, seed, without).write(version);
}

}  // namespace kss::test
