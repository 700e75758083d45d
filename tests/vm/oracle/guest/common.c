// SPDX-License-Identifier: BSD-2-Clause
/* What all parts of the program use. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "kss/abi.h"
#include "kss/port_user.h"
#include "guest.h"

struct shared *shared;

void die(const char *what)
{
	printf("oracle: %s: %s\n", what, strerror(errno));
	exit(2);
}

int index_of(const char *name, const char *const *list, int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (!strcmp(list[i], name))
			return i;
	errno = EINVAL;
	die(name);
	return -1;
}

int enter(const char *domain)
{
	__u64 name = kss_name64(domain, (__u32)strlen(domain));

	if (!strcmp(domain, "unconfined"))
		return 0;
	if (prctl(KSS_PRCTL, KSS_PRCTL_ENTER, (unsigned long)(__u32)name, (unsigned long)(name >> 32), 0) == -1 && errno != KSS_PRCTL_DONE)
		return errno;
	return 0;
}
