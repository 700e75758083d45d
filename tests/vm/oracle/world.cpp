// SPDX-License-Identifier: BSD-2-Clause
#include "tests/vm/oracle/world.hpp"

#include <algorithm>

namespace kss::test {

World make_world() {
  World w;
  auto dir = [&](const char* path) { w.nodes.push_back({kDir, path, "", 0, 0}); };
  auto file = [&](const char* path, const char* content) { w.nodes.push_back({kFile, path, content, 0, 0}); };
  auto link = [&](const char* path, const char* target) { w.nodes.push_back({kLink, path, target, 0, 0}); };
  auto other = [&](Kind kind, const char* path, uint32_t major = 0, uint32_t minor = 0) {
    w.nodes.push_back({kind, path, "", major, minor});
  };
  for (const char* d : {"/w", "/w/a", "/w/a/b", "/w/a/b/c", "/w/ab", "/w/ab/a", "/w/srv", "/w/srv/log", "/w/bin",
                        "/w/dev", "/w/empty", "/w/a/empty"})
    dir(d);
  for (const char* f :
       {"/w/f", "/w/a/a", "/w/a/x.log", "/w/a/b/f", "/w/a/b/a.b", "/w/a/b/c/f", "/w/a/b/c/y.log", "/w/ab/a.b",
        "/w/ab/f", "/w/ab/a/f", "/w/srv/f", "/w/srv/a", "/w/srv/log/a.log", "/w/srv/log/b.log", "/w/srv/log/abc"})
    file(f, "text");
  for (const char* x : {"/w/bin/x", "/w/bin/y", "/w/a/x", "/w/srv/xx"}) file(x, "prog");
  file("/w/bin/s", "script");
  link("/w/l", "a/b");
  link("/w/a/l", "/w/srv");
  link("/w/srv/l", "../a/b/f");
  link("/w/ab/l", "a.b");
  link("/w/bin/l", "x");
  other(kFifo, "/w/a/p");
  other(kFifo, "/w/srv/p");
  other(kSock, "/w/a/s");
  other(kSock, "/w/ab/s");
  other(kChar, "/w/dev/null", 1, 3);
  other(kChar, "/w/dev/zero", 1, 5);
  other(kChar, "/w/a/full", 1, 7);
  other(kBlock, "/w/dev/blk", 7, 200);
  return w;
}

const Node* World::find(const std::string& path) const {
  auto it = std::find_if(nodes.begin(), nodes.end(), [&](const Node& n) { return n.path == path; });
  return it == nodes.end() ? nullptr : &*it;
}

const Node* World::resolve(const std::string& path, bool last) const {
  std::string at, rest = path;
  for (int hops = 0; hops < 100 && !rest.empty(); hops++) {
    size_t slash = rest.find('/', 1);
    std::string name = rest.substr(1, slash == rest.npos ? rest.npos : slash - 1);
    rest = slash == rest.npos ? "" : rest.substr(slash);
    if (name == "..") {
      at.erase(at.rfind('/'));
      continue;
    }
    const Node* n = find(at + "/" + name);
    if (!n) return nullptr;
    if (n->kind != kLink || (rest.empty() && !last)) {
      at = n->path;
    } else if (n->target[0] == '/') {
      at.clear();
      rest.insert(0, n->target);
    } else {
      rest.insert(0, "/" + n->target);
    }
  }
  return find(at);
}

void World::move(const std::string& from, const std::string& to) {
  std::erase_if(nodes, [&](const Node& n) { return n.path == to || n.path.starts_with(to + "/"); });
  for (auto& n : nodes)
    if (n.path == from || n.path.starts_with(from + "/")) n.path.replace(0, from.size(), to);
}

std::string world_text(const World& world) {
  std::string out;
  for (const auto& n : world.nodes)
    out += std::to_string(n.kind) + "\t" + n.path + "\t" + (n.target.empty() ? "-" : n.target) + "\t" +
           std::to_string(n.major) + "\t" + std::to_string(n.minor) + "\n";
  return out;
}

kss_class class_of(Kind kind) {
  switch (kind) {
    case kDir: return KSS_CLASS_dir;
    case kLink: return KSS_CLASS_symlink;
    case kChar: return KSS_CLASS_chardev;
    case kBlock: return KSS_CLASS_blockdev;
    case kFifo: return KSS_CLASS_fifo;
    case kSock: return KSS_CLASS_sockfile;
    default: return KSS_CLASS_file;
  }
}

}  // namespace kss::test
