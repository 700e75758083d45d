// SPDX-License-Identifier: BSD-2-Clause
/* The tree of files: made as the world of oracle-generate has it, and made so again. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

enum { MAX_NODES = 128 };
enum { K_FILE = 1, K_DIR = 2, K_LINK = 4, K_CHAR = 8, K_BLOCK = 16, K_FIFO = 32, K_SOCK = 64 };
static struct node {
	int kind;
	char path[100], target[64];
	unsigned major, minor;
	ino_t ino;
	off_t size;
	ssize_t attrs;
	mode_t mode;
} nodes[MAX_NODES];
static int nnodes;
static char *program;
static size_t program_size;

void remove_all(const char *path)
{
	struct stat st;

	if (lstat(path, &st))
		return;
	if (S_ISDIR(st.st_mode)) {
		struct dirent *e;
		DIR *d = opendir(path);
		char p[600];

		while (d && (e = readdir(d))) {
			if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
				continue;
			snprintf(p, sizeof p, "%s/%s", path, e->d_name);
			remove_all(p);
		}
		if (d)
			closedir(d);
		if (rmdir(path))
			die(path);
	} else if (unlink(path)) {
		die(path);
	}
}

static void note(struct node *n)
{
	struct stat st;

	if (lstat(n->path, &st))
		die(n->path);
	n->ino = st.st_ino;
	n->size = st.st_size;
	n->mode = st.st_mode;
	n->attrs = llistxattr(n->path, NULL, 0);
}

static void make(struct node *n)
{
	static const struct timespec when[2] = { { 1000000000, 0 }, { 1000000000, 0 } };
	const void *data = "text\n";
	size_t size = 5;
	int fd;

	switch (n->kind) {
	case K_DIR:
		if (mkdir(n->path, 0755) && errno != EEXIST)
			die(n->path);
		lremovexattr(n->path, "trusted.t");
		if (chmod(n->path, 0755) || chown(n->path, 0, 0) || utimensat(AT_FDCWD, n->path, when, 0))
			die(n->path);
		lsetxattr(n->path, "trusted.k", "v", 1, 0);
		note(n);
		return;
	case K_LINK: fd = symlink(n->target, n->path); break;
	case K_CHAR: fd = mknod(n->path, S_IFCHR | 0644, makedev(n->major, n->minor)); break;
	case K_BLOCK: fd = mknod(n->path, S_IFBLK | 0644, makedev(n->major, n->minor)); break;
	case K_FIFO: fd = mknod(n->path, S_IFIFO | 0644, 0); break;
	case K_SOCK: fd = mknod(n->path, S_IFSOCK | 0644, 0); break;
	default:
		if (!strcmp(n->target, "prog"))
			data = program, size = program_size;
		else if (!strcmp(n->target, "script"))
			data = "#!/w/bin/x\n", size = 11;
		fd = open(n->path, O_WRONLY | O_CREAT | O_EXCL, 0755);
		if (fd >= 0 && write(fd, data, size) != (ssize_t)size)
			die(n->path);
		if (fd >= 0) {
			fchmod(fd, !strcmp(n->target, "text") ? 0644 : 0755);
			close(fd);
		}
	}
	if (fd < 0)
		die(n->path);
	lsetxattr(n->path, "trusted.k", "v", 1, 0);
	lsetxattr(n->path, "user.k", "v", 1, 0);
	utimensat(AT_FDCWD, n->path, when, AT_SYMLINK_NOFOLLOW);
	note(n);
}

/* Is the tree as it was made? If not, says where and makes it so. */
const char *restore(void)
{
	static char what[200];
	struct stat st;
	int i, k;

	what[0] = 0;
	for (i = 0; i < nnodes; i++) {
		struct dirent *e;
		char p[600];
		DIR *d;

		if (nodes[i].kind != K_DIR || lstat(nodes[i].path, &st) || !S_ISDIR(st.st_mode) || !(d = opendir(nodes[i].path)))
			continue;
		while ((e = readdir(d))) {
			if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
				continue;
			snprintf(p, sizeof p, "%s/%s", nodes[i].path, e->d_name);
			if (!strcmp(p, "/w/run"))
				continue;
			for (k = 0; k < nnodes && strcmp(nodes[k].path, p); k++)
				;
			if (k < nnodes)
				continue;
			snprintf(what, sizeof what, "%.150s was made", p);
			remove_all(p);
		}
		closedir(d);
	}
	for (i = 0; i < nnodes; i++) {
		struct node *n = &nodes[i];
		const char *why = NULL;

		if (lstat(n->path, &st))
			why = "is gone";
		else if (st.st_ino != n->ino)
			why = "is another file";
		else if (st.st_mode != n->mode)
			why = "has another mode";
		else if (st.st_uid || st.st_gid)
			why = "has another owner";
		else if (n->kind != K_DIR && (st.st_size != n->size || st.st_mtime != 1000000000))
			why = "has another size or time";
		else if (llistxattr(n->path, NULL, 0) != n->attrs)
			why = "has other attributes";
		if (!why)
			continue;
		snprintf(what, sizeof what, "%s %s", n->path, why);
		if (n->kind != K_DIR || !S_ISDIR(st.st_mode))
			remove_all(n->path);
		make(n);
	}
	return what[0] ? what : NULL;
}

void read_world(const char *dir)
{
	char path[300], line[400];
	FILE *f;

	f = fopen("/oracle-exec", "re");
	if (!f)
		die("/oracle-exec");
	program = malloc(1 << 20);
	program_size = fread(program, 1, 1 << 20, f);
	fclose(f);
	snprintf(path, sizeof path, "%s/world", dir);
	f = fopen(path, "re");
	if (!f)
		die(path);
	while (fgets(line, sizeof line, f) && nnodes < MAX_NODES) {
		struct node *n = &nodes[nnodes++];

		if (sscanf(line, "%d\t%99[^\t]\t%63[^\t]\t%u\t%u", &n->kind, n->path, n->target, &n->major, &n->minor) != 5)
			die("world: not as oracle-generate writes it");
	}
	fclose(f);
	mkdir("/w", 0755);
	if (mount("oracle", "/w", "tmpfs", 0, "mode=0755"))
		die("/w");
	mkdir("/w/run", 0755);
	for (int i = 0; i < nnodes; i++)
		make(&nodes[i]);
	if (restore())
		die("the tree is not what it was made to be");
}

/* Looks at what is beneath a name, so that it carries a label when it moves. */
void look_beneath(const char *from)
{
	struct stat st;
	int i;

	for (i = 0; i < nnodes; i++)
		if (!strncmp(nodes[i].path, from, strlen(from)))
			lstat(nodes[i].path, &st);
}
