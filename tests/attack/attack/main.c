// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a program that has been taken over tries. A row of the table is one way to an effect that a policy forbids.
 *
 *   attack [options] [NAME...]    try all, or these; one line each:  NAME TAB RESULT TAB PID TAB WANT TAB TEXT
 *   attack --list                 names and texts
 *
 *   --base DIR       where the stage is built (default /tmp/kss): own/, what the attacker may change, and secret/key
 *   --full EXE       where this program is copied to, to be started as the attacker
 *   --plain EXE      the same for attacks that need an attacker without capabilities
 *   --secret FILE    a real secret in place of secret/key; it is only read
 *   --own DIR        the attacker's own directory, in place of own/
 *   --victim PROG    starts the victim: a program whose process is attacked (default: a child of this one)
 *   --demo           only the steps of the demonstration
 *
 * RESULT is `ok` if the attack had its effect, else the error's name. The stage is set up anew for each, by this
 * process, which is not confined; the attack runs in a process that has executed EXE and is in the domain that the
 * policy gives that path. WANT is `class type permission` as the audit record has to name them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "attack.h"

char base[200] = "/tmp/kss", secret[300], own[300], real_own[300], full[300], plain[300];
const char *victim_prog;
pid_t victim;

static char real_secret[300];
static int demo;

static const struct attack attacks[] = {
#define A(n, flags, want, text) { #n, a_##n, flags, want, text },
#include "table.h"
#undef A
};
enum { COUNT = sizeof attacks / sizeof attacks[0] };

int main(int argc, char **argv)
{
	int i, j, any = 0;

	if (argc > 1 && !strcmp(argv[1], "--nothing"))
		return 0;
	if (argc == 7 && !strcmp(argv[1], "--step")) {
		snprintf(base, sizeof base, "%s", argv[3]);
		snprintf(secret, sizeof secret, "%s", argv[4]);
		snprintf(own, sizeof own, "%s", argv[5]);
		victim = atoi(argv[6]);
		alarm(60);
		for (i = 0; i < COUNT; i++)
			if (!strcmp(attacks[i].name, argv[2])) {
				errno = 0;
				j = attacks[i].run();
				dprintf(FD_RESULT, "%d", j);
				return 0;
			}
		return 2;
	}
	for (i = 1; i < argc && !strncmp(argv[i], "--", 2); i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";

		if (!strcmp(argv[i], "--list")) {
			for (j = 0; j < COUNT; j++)
				printf("%-20s %s\n", attacks[j].name, attacks[j].text);
			return 0;
		} else if (!strcmp(argv[i], "--demo")) {
			demo = 1;
			continue;
		} else if (!strcmp(argv[i], "--base")) {
			snprintf(base, sizeof base, "%s", value);
		} else if (!strcmp(argv[i], "--full")) {
			snprintf(full, sizeof full, "%s", value);
		} else if (!strcmp(argv[i], "--plain")) {
			snprintf(plain, sizeof plain, "%s", value);
		} else if (!strcmp(argv[i], "--secret")) {
			snprintf(real_secret, sizeof real_secret, "%s", value);
		} else if (!strcmp(argv[i], "--own")) {
			snprintf(real_own, sizeof real_own, "%s", value);
		} else if (!strcmp(argv[i], "--victim")) {
			victim_prog = value;
		} else {
			fprintf(stderr, "attack: unknown option %s\n", argv[i]);
			return 2;
		}
		i++;
	}
	if (!*full) {
		fprintf(stderr, "attack: --full is needed\n");
		return 2;
	}
	snprintf(secret, sizeof secret, "%s", *real_secret ? real_secret : at(base, "secret/key"));
	snprintf(own, sizeof own, "%s", *real_own ? real_own : at(base, "own"));
	signal(SIGPIPE, SIG_IGN);
	listen_for_victim();
	for (j = 0; j < COUNT; j++) {
		const struct attack *a = &attacks[j];
		int wanted = i == argc && (!demo || a->flags & DEMO);
		int k;

		for (k = i; k < argc; k++)
			wanted |= !strcmp(argv[k], a->name);
		if (!wanted || (a->flags & WEB && access("/var/www/html/index.html", F_OK)) ||
		    (a->flags & LIBC && access("/lib64/ld-linux-x86-64.so.2", F_OK) && access("/lib/ld-linux-aarch64.so.1", F_OK)))
			continue;
		try_one(a);
		any = 1;
	}
	if (*real_own) {
		umount2(at(real_own, "box"), MNT_DETACH);
		umount2(real_own, MNT_DETACH);
	}
	if (victim > 0)
		kill(victim, SIGKILL);
	return !any;
}
