/* SPDX-License-Identifier: GPL-2.0 */
/* A program that does nothing for each hook of KSS: what any product on these hooks pays at least. */
#include <linux/types.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "kss/hooks.h"

#define H(hook, flags, ...)                                 \
	SEC("lsm/" #hook) int empty_##hook(void *ctx)       \
	{                                                   \
		return 0;                                   \
	}
KSS_HOOK_TABLE(H)

char LICENSE[] SEC("license") = "GPL";
