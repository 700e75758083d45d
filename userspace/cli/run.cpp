// SPDX-License-Identifier: BSD-2-Clause
// kss-load run: starts a command in a domain.
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>

#include "cli/cli.hpp"

namespace kss::cli {
namespace {

struct Options {
  std::string domain, user;
  bool no_new_privs = false;
  std::vector<std::string> command;
};

struct User {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;
};

// /etc/passwd and /etc/group are read directly: the C library's name service needs shared libraries, which a
// statically linked program on a bare device has not.
std::optional<User> find_user(const std::string& name) {
  User user;
  uid_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  const bool numeric = error == std::errc() && end == name.data() + name.size();
  bool found = false;
  std::string login = name;
  if (std::FILE* f = std::fopen("/etc/passwd", "re")) {
    while (const passwd* p = fgetpwent(f)) {
      if (numeric ? p->pw_uid != number : name != p->pw_name) continue;
      user.uid = p->pw_uid;
      user.gid = p->pw_gid;
      login = p->pw_name;
      found = true;
      break;
    }
    std::fclose(f);
  }
  if (!found && numeric) {
    user.uid = user.gid = number;
    found = true;
  }
  if (!found) return std::nullopt;
  user.groups.push_back(user.gid);
  if (std::FILE* f = std::fopen("/etc/group", "re")) {
    while (const group* g = fgetgrent(f))
      for (char** m = g->gr_mem; *m; m++)
        if (login == *m && g->gr_gid != user.gid) user.groups.push_back(g->gr_gid);
    std::fclose(f);
  }
  return user;
}

bool set_capabilities(uint64_t mask) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  for (int i = 0; i < 2; i++) data[i].permitted = data[i].effective = static_cast<uint32_t>(mask >> (32 * i));
  return syscall(SYS_capset, &header, data) == 0;
}

/// Becomes the user but keeps CAP_MAC_ADMIN, without which a domain can't be entered; execve drops it later.
bool become(const User& user) {
  return prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0 && setgroups(user.groups.size(), user.groups.data()) == 0 &&
         setresgid(user.gid, user.gid, user.gid) == 0 && setresuid(user.uid, user.uid, user.uid) == 0 &&
         (user.uid == 0 || set_capabilities(1ull << CAP_MAC_ADMIN));
}

Error entry_error(const Options& o, const Error& error) {
  switch (error.sys_errno) {
    case EINVAL:
    case ENOSYS:
      return {"no policy is in force: there is no domain to enter", "load one: kss-load load policy.yaml", EINVAL};
    case EPERM:
    case EACCES:
      if (geteuid() != 0)
        return {"entering a domain takes CAP_MAC_ADMIN", "run it as root; --user NAME gives the command another user",
                EPERM};
      return {
          "domain " + o.domain + " may not be entered from here",
          "the policy must have it, with `enter: { run: true }`, and grant it `receive` and the like on what is open "
          "here: kss-load explain says what",
          EPERM};
    default: return error;
  }
}

Exit run(const Cli& cli, const Options& o) {
  std::optional<User> user;
  if (!o.user.empty() && !(user = find_user(o.user)))
    return cli.fail(Exit::usage, {"there is no user " + o.user, "", 0});
  if (user && !become(*user))
    return cli.fail(Exit::permission,
                    {"cannot become user " + o.user + ": " + std::strerror(errno), "run it as root", errno});
  if (o.no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return cli.fail(Exit::internal, {std::string("no_new_privs: ") + std::strerror(errno), "", errno});
  // Nobody shares our descriptors, but before 5.11 a look into /proc/PID/fd counts as sharing: a table of our own for
  // sure.
  (void)unshare(CLONE_FILES);
  if (auto entered = backend::enter_domain(o.domain); !entered) {
    const Error error = entry_error(o, entered.error());
    return cli.fail(error.sys_errno == EINVAL                    ? Exit::state
                    : error.sys_errno == EPERM && geteuid() != 0 ? Exit::permission
                                                                 : Exit::kernel,
                    error);
  }
  std::vector<char*> argv;
  for (const std::string& arg : o.command) argv.push_back(const_cast<char*>(arg.c_str()));
  argv.push_back(nullptr);
  execvp(argv[0], argv.data());
  const int error = errno;
  const std::string what = o.command[0] + ": " + std::strerror(error);
  if (error == ENOENT) return cli.fail(Exit::not_found, {what, "", error});
  return cli.fail(
      Exit::cannot_execute,
      {what + " (in domain " + o.domain + ")",
       error == EACCES || error == EPERM
           ? "the domain may lack `file { open read execute map_exec }` on it, or a rule for a descriptor that it "
             "would inherit: kss-load explain says what"
           : "",
       error});
}

}  // namespace

void add_run(CLI::App& app, Cli& cli) {
  auto o = std::make_shared<Options>();
  Command command(
      app, cli, "run", "Run a command in a domain",
      "Enters the domain and executes the command in place of kss-load: its exit code is the command's. 126: the\n"
      "command could not be executed; 127: it was not found. The policy must say `enter: { run: true }` for the "
      "domain.",
      "  kss-load run --domain hmi -- /usr/sbin/lighttpd -D -f /etc/lighttpd.conf\n"
      "  kss-load run --domain hmi --user www-data --no-new-privs -- /bin/sh -c id\n",
      [&cli, o] { return run(cli, *o); });
  command.option("--domain", o->domain, "D", "Domain to enter")
      .required()
      .option("--user", o->user, "USER", "User (name or number) to run the command as")
      .flag("--no-new-privs", o->no_new_privs, "Set no_new_privs first: set-id bits and file capabilities do nothing")
      .arguments("COMMAND", o->command, "Command and its arguments, after --");
}

}  // namespace kss::cli
