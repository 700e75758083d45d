// SPDX-License-Identifier: BSD-2-Clause
/* Operations on queues, semaphores, shared memory, keys. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest.h"

static int c_mq_open(const struct op *o)
{
	struct mq_attr attr = { .mq_maxmsg = 2, .mq_msgsize = 16 };

	return result(mq_open(o->A, O_RDWR | (o->B[0] == 'c' ? O_CREAT | O_EXCL : 0), 0666, &attr));
}
/* Not the library's: it makes EPERM EACCES. The kernel's name has no slash. */
static int c_mq_unlink(const struct op *o) { return result(syscall(SYS_mq_unlink, o->A + 1)); }

static int mode_of(const char *m) { return (m[0] == 'r' ? 0444 : 0) | (strchr(m, 'w') ? 0222 : 0); }
static int c_get(const struct op *o)
{
	int new = !strcmp(o->A, "-"), flag = new ? IPC_CREAT | 0600 : mode_of(o->B), n;
	key_t key = new ? IPC_PRIVATE : IPC_KEY + index_of(o->A, owners, OWNERS);

	n = o->CALL[0] == 'm' ? msgget(key, flag) : o->CALL[1] == 'e' ? semget(key, 1, flag) : shmget(key, 4096, flag);
	if (n >= 0 && new) {
		/* for whoever cleans up */
		shared->ready = n;
	}
	return result(n);
}
struct message {
	long type;
	char text[4];
};
static int c_msgsnd(const struct op *o)
{
	struct message m = { 1, "abc" };

	return result(msgsnd(id(o->A, 0), &m, sizeof m.text, IPC_NOWAIT));
}
static int c_msgrcv(const struct op *o)
{
	struct message m;

	return result(msgrcv(id(o->A, 0), &m, sizeof m.text, 0, IPC_NOWAIT | MSG_NOERROR));
}
static int c_semop(const struct op *o)
{
	struct sembuf b = { 0, 1, IPC_NOWAIT };

	return result(semop(id(o->A, 1), &b, 1));
}
static int c_semval(const struct op *o) { return result(semctl(id(o->A, 1), 0, o->B[0] == 'g' ? GETVAL : SETVAL, 1)); }
static int c_shmat(const struct op *o) { return shmat(id(o->A, 2), NULL, strchr(o->B, 'w') ? 0 : SHM_RDONLY) == (void *)-1 ? errno : 0; }
static int c_ipcctl(const struct op *o)
{
	int cmd = !strcmp(o->C, "stat") ? IPC_STAT : !strcmp(o->C, "set") ? IPC_SET : IPC_RMID;
	struct msqid_ds q = { .msg_perm.mode = 0666, .msg_qbytes = 1000 };
	struct semid_ds s = { .sem_perm.mode = 0666 };
	struct shmid_ds m = { .shm_perm.mode = 0666 };

	if (o->A[0] == 'm')
		return result(msgctl(id(o->B, 0), cmd, &q));
	return o->A[1] == 'e' ? result(semctl(id(o->B, 1), 0, cmd, &s)) : result(shmctl(id(o->B, 2), cmd, &m));
}
static int c_add_key(const struct op *o)
{
	(void)o;
	return result(syscall(SYS_add_key, "user", "kss", "x", 1ul, -2 /* KEY_SPEC_PROCESS_KEYRING */));
}

const struct call ipc_calls[] = {
	{ "mq_open", c_mq_open }, { "mq_unlink", c_mq_unlink }, { "msgget", c_get }, { "semget", c_get },
	{ "shmget", c_get }, { "msgsnd", c_msgsnd }, { "msgrcv", c_msgrcv }, { "semop", c_semop },
	{ "semval", c_semval }, { "shmat", c_shmat }, { "ipcctl", c_ipcctl }, { "add_key", c_add_key },
	{ NULL, NULL },
};
