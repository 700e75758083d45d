// SPDX-License-Identifier: BSD-2-Clause
/* What came of operations, against what was expected. */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"

int mismatches, done, weak;
const char *policy_name;
char seed[40];

static const char *error_name(int e)
{
	static char s[2][24];
	static int n;

	n ^= 1;
	if (e == NOT_ENTERED)
		return "could not enter its domain";
	if (e == HANGS)
		return "hangs";
	if (e == DIED)
		return "died";
	snprintf(s[n], sizeof s[n], "%s", e ? strerrorname_np(e) : "success");
	return s[n];
}

static void mismatch(const struct op *o, const char *expected, const char *found)
{
	mismatches++;
	printf("MISMATCH policy %s (%s) operation %s: %s does %s %s %s %s (before: %s)\n", policy_name, seed, o->NUMBER, o->ACTOR, o->CALL, o->A, o->B,
	       o->C, o->PRE);
	printf("  asked    %s\n  expected %s\n  found    %s\n", o->ASKED, expected, found);
}

static int listed(const char *list, int e)
{
	const char *name = e > 0 && e < 10000 ? strerrorname_np(e) : NULL;
	const char *at = name ? strstr(list, name) : NULL;

	return at && (at[strlen(name)] == ',' || !at[strlen(name)]);
}

void judge(struct op *o)
{
	int denied = o->VERDICT[0] == 'd', err, plain;
	const char *changed = NULL;
	pid_t pid;
	char text[400];

	done++;
	err = do_op(o, o->ACTOR);
	pid = o->pid;
	if (strchr(o->FLAGS, 'w'))
		changed = restore();
	if (!strncmp(o->CALL, "mq", 2)) {
		if (!mq_whole())
			changed = "the queues";
		ensure_mq();
	}
	if (!strcmp(o->CALL, "ipcctl")) {
		if (!ipc_whole())
			changed = "an IPC object";
		ensure_ipc();
	}
	if (denied && listed(o->ERRORS, err)) {
		if (changed && !strchr(o->FLAGS, 'l')) {
			snprintf(text, sizeof text, "%s, but something was changed: %s", error_name(err), changed);
			mismatch(o, "denied, and nothing changed", text);
		}
	} else if (!denied && !err) {
		/* as it should be */
	} else if (strchr(o->FLAGS, 'x')) {
		mismatch(o, denied ? "denied" : "granted", error_name(err));
	} else {
		plain = do_op(o, "unconfined");
		restore();
		if (!strncmp(o->CALL, "mq", 2))
			ensure_mq();
		if (!strcmp(o->CALL, "ipcctl"))
			ensure_ipc();
		if (plain == err && err) {
			weak += denied; /* it fails before anything is asked */
			if (denied)
				o->RECORD = "-";
		} else {
			snprintf(text, sizeof text, "%s (unconfined: %s)", error_name(err), error_name(plain));
			mismatch(o, denied ? "denied" : "granted", text);
		}
	}
	o->pid = pid;
}

/* The value of a key of a flat JSON object. */
static const char *json(const char *line, const char *key, char *out, size_t size)
{
	char find[40];
	const char *p;
	size_t n = 0;

	out[0] = 0;
	snprintf(find, sizeof find, "\"%s\":", key);
	p = strstr(line, find);
	if (!p)
		return out;
	p += strlen(find);
	p += *p == ' ';
	if (*p == '"')
		for (p++; *p && *p != '"' && n + 1 < size; p++)
			out[n++] = *p;
	else
		for (; isalnum(*p) && n + 1 < size; p++)
			out[n++] = *p;
	out[n] = 0;
	return out;
}

void check_records(const struct op *ops, int n)
{
	static struct record {
		pid_t pid;
		char text[300];
	} *records;
	static int room;
	FILE *f = popen("kss-load audit --json", "r");
	char *line = NULL;
	size_t size = 0;
	int count = 0, i, k;

	if (!f)
		die("kss-load audit");
	while (getline(&line, &size, f) > 0) {
		char cls[40], object[80], what[500], pid[20];

		if (strcmp(json(line, "verdict", what, sizeof what), "deny"))
			continue;
		if (count == room)
			records = realloc(records, (size_t)(room = room ? 2 * room : 1024) * sizeof *records);
		records[count].pid = atoi(json(line, "pid", pid, sizeof pid));
		snprintf(records[count].text, sizeof records[count].text, "%s %s %.150s", json(line, "class", cls, sizeof cls),
			 json(line, "object", object, sizeof object), json(line, "denied", what, sizeof what));
		count++;
	}
	free(line);
	if (pclose(f)) {
		printf("MISMATCH policy %s: kss-load audit failed\n", policy_name);
		mismatches++;
	}
	for (i = 0; i < n; i++) {
		char found[1000] = "the records of the process:";
		int same = 0;

		if (ops[i].VERDICT[0] != 'd' || !strcmp(ops[i].RECORD, "-"))
			continue;
		for (k = 0; k < count && !same; k++)
			if (records[k].pid == ops[i].pid) {
				same = !strcmp(records[k].text, ops[i].RECORD);
				snprintf(found + strlen(found), sizeof found - strlen(found), " [%s]", records[k].text);
			}
		if (!same) {
			char want[400];

			snprintf(want, sizeof want, "a record of: %s", ops[i].RECORD);
			mismatch(&ops[i], want, found);
		}
	}
}
