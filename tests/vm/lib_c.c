/* SPDX-License-Identifier: BSD-2-Clause */
/* libkss from C on a real kernel: lib_c ONE TWO. Two versions of a policy with a domain box that may not read /data/secret. */
#undef NDEBUG
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kss/kss.h"

/* Can a process in the domain read it? 2 = the domain cannot be entered. */
static int readable_in(const char *domain)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (kss_enter(domain) != KSS_OK)
			_exit(2);
		_exit(open("/data/secret", O_RDONLY) >= 0);
	}
	assert(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	return WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	struct kss_options options = { .size = sizeof options, .audit_rate = 10 };
	struct kss_policy *one = NULL, *two = NULL;
	struct kss_report r;
	uint32_t generation = 0;

	assert(argc == 3);
	assert(kss_policy_compile(argv[1], NULL, &one) == KSS_OK && kss_policy_compile(argv[2], NULL, &two) == KSS_OK);
	assert(kss_inquire(NULL, &r) == KSS_OK && !r.loaded);
	assert(kss_unload(NULL) == KSS_E_STATE && kss_swap(one, NULL, NULL) == KSS_E_STATE);
	assert(readable_in("box") == 2);

	assert(kss_load(one, &options, &generation) == KSS_OK && generation == 1);
	assert(kss_load(one, NULL, NULL) == KSS_E_STATE && strlen(kss_last_error()) > 0);
	assert(kss_inquire(NULL, &r) == KSS_OK && r.loaded && r.armed && !r.sealed && !r.permissive);
	assert(r.generation == 1 && r.version == 1 && r.kernel_bytes > 0 && !strcmp(r.name, "kill"));
	assert(readable_in("box") == 0 && readable_in("nobox") == 2);
	assert(kss_inquire(NULL, &r) == KSS_OK && r.denials >= 1);

	assert(kss_swap(two, &options, &generation) == KSS_OK && generation == 2);
	assert(kss_inquire(NULL, &r) == KSS_OK && r.generation == 2 && r.version == 2);
	assert(kss_swap(one, NULL, NULL) != KSS_OK); /* versions only grow */
	assert(kss_inquire(NULL, &r) == KSS_OK && r.version == 2);
	assert(readable_in("box") == 0);

	assert(kss_unload(NULL) == KSS_OK);
	assert(kss_inquire(NULL, &r) == KSS_OK && !r.loaded);
	assert(readable_in("box") == 2);
	kss_policy_free(one);
	kss_policy_free(two);
	puts("libkss from C: all as it should be");
	return 0;
}
