// SPDX-License-Identifier: BSD-2-Clause
/* What the parts of oracle-guest share; main.c says what it does. */
#ifndef KSS_ORACLE_GUEST_H
#define KSS_ORACLE_GUEST_H

#include <errno.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

enum { FIELDS = 12, OWNERS = 2, IPC_KEY = 0x6b730000 };
enum { NOT_ENTERED = 10001, HANGS = 10002, DIED = 10003 }; /* in place of an errno */

struct op {
	char *text, *f[FIELDS]; /* number actor call a b c pre verdict errors flags record questions */
	pid_t pid;
};
#define NUMBER f[0]
#define ACTOR f[1]
#define CALL f[2]
#define A f[3]
#define B f[4]
#define C f[5]
#define PRE f[6]
#define VERDICT f[7]
#define ERRORS f[8]
#define FLAGS f[9]
#define RECORD f[10]
#define ASKED f[11]

/* Each is 0 or errno. */
typedef int call_fn(const struct op *);
struct call {
	const char *name;
	call_fn *run;
};
extern const struct call file_calls[], socket_calls[], ipc_calls[], process_calls[]; /* up to one without a name */

/* common.c */
/* What children tell. */
extern struct shared {
	volatile int done, err, ready;
	int ids[OWNERS][3]; /* message queue, semaphores, shared memory */
} *shared;
void die(const char *what);
int index_of(const char *name, const char *const *list, int n);
int enter(const char *domain);
static inline int result(long r) { return r < 0 ? errno : 0; }

/* tree.c */
void remove_all(const char *path);
const char *restore(void);
void read_world(const char *dir);
void look_beneath(const char *from);

/* helpers.c */
extern const char *const owners[OWNERS];
socklen_t unix_address(struct sockaddr_un *a, const char *name);
socklen_t inet_address(struct sockaddr_storage *s, const char *address, const char *port);
pid_t target(const struct op *o);
int id(const char *owner, int what);
int ipc_whole(void);
void ensure_ipc(void);
int mq_whole(void);
void ensure_mq(void);
void helpers_begin(void);
void helpers_end(void);

int do_op(struct op *o, const char *domain); /* operation.c */

/* judge.c */
extern int mismatches, done, weak;
extern const char *policy_name;
extern char seed[40];
void judge(struct op *o);
void check_records(const struct op *ops, int n);

#endif
