/* SPDX-License-Identifier: BSD-2-Clause */
/* attach OBJECT: attaches empty.bpf.c to the hooks that KSS attaches in steady state; stays attached until the end. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <unistd.h>

#include "kss/hooks.h"

static const struct {
	const char *name;
	unsigned int flags;
} hooks[] = {
#define H(hook, flags, ...) { #hook, flags },
	KSS_HOOK_TABLE(H)
};

int main(int argc, char **argv)
{
	struct bpf_object *object = argc == 2 ? bpf_object__open_file(argv[1], NULL) : NULL;
	struct bpf_program *p;
	char name[96];
	int n = 0;

	if (!object)
		return 2;
	for (size_t i = 0; i < sizeof hooks / sizeof *hooks; i++) {
		snprintf(name, sizeof name, "empty_%s", hooks[i].name);
		p = bpf_object__find_program_by_name(object, name);
		if (hooks[i].flags & KSS_HOOK_FEXIT) {
			bpf_program__set_type(p, BPF_PROG_TYPE_TRACING);
			bpf_program__set_expected_attach_type(p, BPF_TRACE_FEXIT);
		}
		if ((hooks[i].flags & (KSS_HOOK_HASH | KSS_HOOK_REJUDGE)) ||
		    libbpf_find_vmlinux_btf_id(hooks[i].name, hooks[i].flags & KSS_HOOK_FEXIT ? BPF_TRACE_FEXIT : BPF_LSM_MAC) < 0)
			bpf_program__set_autoload(p, false);
		else
			n++;
	}
	if (bpf_object__load(object))
		return 1;
	bpf_object__for_each_program(p, object)
		if (bpf_program__autoload(p) && !bpf_program__attach(p))
			return 1;
	fprintf(stderr, "%d empty programs attached\n", n);
	if (fork() == 0) {
		close(0);
		close(1);
		close(2);
		pause();
	}
	return 0;
}
