// SPDX-License-Identifier: BSD-2-Clause
/* What the parts of the program share; main.c says what it does. */
#ifndef KSS_ATTACK_H
#define KSS_ATTACK_H

#include <errno.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/un.h>

enum { FD_RESULT = 30, FD_INHERITED = 31, FD_SOCKET = 32, FD_LAST = 40100, PORT = 7777, SHM_KEY = 0x6b737301 };
#define PIN "/sys/fs/bpf/kss-attack-pin"

enum {
	PLAIN = 1,
	DEMO = 2,
	LIBC = 4, /* needs a dynamic user land */
	WEB = 8,  /* needs a web page */
	/* what the attacker's exec inherits as FD_INHERITED, or FD_LAST */
	GIVE_FILE = 16,
	GIVE_DIR = 32,
	GIVE_TCP = 64,
	GIVE_RING = 128,
	GIVE_LATE = 256, /* the file, put in when the exec has passed its last check that can refuse it */
	GIVE_MANY = 512, /* the file, after more others than can be looked at */
};
struct attack {
	const char *name;
	int (*run)(void);
	int flags;
	const char *want; /* class, type, one of the permissions denied */
	const char *text;
};

/* Each is 0 if it worked, else errno. */
#define A(n, flags, want, text) int a_##n(void);
#include "table.h"
#undef A

/* main.c: the options, and where things are */
extern char base[200], secret[300], own[300], real_own[300], full[300], plain[300];
extern const char *victim_prog;
extern pid_t victim;

/* common.c */
extern char buffer[8192];
const char *at(const char *dir, const char *name); /* a path: four are kept */
int can_read(const char *path);
int put(const char *path, const void *data, size_t n, mode_t mode);
int copy(const char *from, const char *to, mode_t mode);
static inline int result(long r) { return r < 0 ? errno : 0; }
/* An attack whose last step cannot succeed in a guest: it counts as working if the kernel got past permissions. */
static inline int reached(long r) { return r < 0 && (errno == EPERM || errno == EACCES) ? errno : 0; }

socklen_t abstract_name(struct sockaddr_un *a, const char *name); /* ipc.c */
void pin_something(void);                                          /* system.c */

/* stage.c, run.c */
void die(const char *what);
void listen_for_victim(void);
void set_stage(void);
void try_one(const struct attack *a);

#endif
