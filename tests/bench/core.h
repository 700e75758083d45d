/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What core.bpf.c and its user-space side share, in the .bss map. */
#ifndef KSS_BENCH_CORE_H
#define KSS_BENCH_CORE_H

#include "kss/types.h"
#include "kss/image.h"

#define CORE_COMPONENTS 64

struct core_component { /* laid out as struct kss_name, in 512 bytes so that an index becomes a shift */
	__u32 len;
	__u32 pad;
	__u64 w[63];
};

struct core_shared {
	/* what a verdict is asked about, and what came of it */
	__u32 dom, obj, cls, perms;
	__u32 ndomains, nobjects;
	__u32 random;
	__u32 granted;
	/* one event of tests/differential/vectors.h */
	__u32 kind;
	__u32 arg[3];
	__u32 have[3];
	__u32 ncomponents;
	__u32 v6;
	__u8 addr[16];
	__u32 has_path; /* 0: the path is beyond what a name can be, the walk fails */
	__u32 pad;
	struct core_component digest;
	struct core_component component[CORE_COMPONENTS];
};

#endif
