/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What probe.bpf.c and probe.cpp share. */
#ifndef KSS_PROBE_ABI_H
#define KSS_PROBE_ABI_H

#define KSS_PROBE_PRCTL 0x4b5353f0 /* an option that no kernel knows */

#define KSS_PROBE_IOCTL 0x4b53 /* a command that no memory file knows */

enum kss_probe_result {
	KSS_PROBE_RAN,
	KSS_PROBE_TASK_BTF,
	KSS_PROBE_TASK_STORAGE,
	KSS_PROBE_RINGBUF,
	KSS_PROBE_INODE_STORAGE,
	KSS_PROBE_SK_STORAGE,
	KSS_PROBE_DIGEST,        /* SHA-256 of a file was had */
	KSS_PROBE_DIGEST_RESULT, /* what the helper said: an algorithm or an error */
	KSS_PROBE_NRESULTS
};

#endif
