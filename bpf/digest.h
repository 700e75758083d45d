/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Domains entered by digest. IMA hashes the executable; that may sleep, and a program that may sleep can use few kinds of
 * maps, so it does nothing else: kss_exec_digest leaves the result to kss_bprm_creds_for_exec, which runs after it on the
 * same hook. No result, for whatever reason, is a denial there, so neither a program left out nor another order opens
 * anything; kss-load tries that they run in this order.
 *
 * From before this hook until the exec has failed or the file is the task's executable, the kernel refuses to open it for
 * writing; i_writecount says that it does (a file watched for pre-content events it does not protect).
 */
#ifndef KSS_BPF_DIGEST_H
#define KSS_BPF_DIGEST_H

#include "cgroup.h"

SEC("lsm.s/bprm_creds_for_exec")
int BPF_PROG(kss_exec_digest, struct linux_binprm *bprm, int ret)
{
	__u64 key = bpf_get_current_pid_tgid();
	struct kss_digest d = {};
	struct file *file;
	struct kss_task *t;
	__u32 want;

	if (ret)
		return ret;
	t = kss_label();
	want = t && t->name ? KSS_DIGESTS_CONFINED : KSS_DIGESTS_UNCONFINED;
	if (!(kss_ctl.digests & want))
		return 0;
	file = bprm->file;
	d.bprm = (__u64)bprm;
	d.file = (__u64)file;
	if (file->f_inode->i_writecount.counter >= 0)
		d.algo = KSS_ALGO_WRITERS;
	else if (file->f_inode->i_sb->s_iflags & SB_I_IMA_UNVERIFIABLE_SIGNATURE)
		d.algo = KSS_ALGO_CHANGING;
	else
		d.algo = bpf_ima_file_hash(file, d.sha256, sizeof d.sha256);
	bpf_map_update_elem(&kss_digests, &key, &d, BPF_ANY);
	return 0;
}

/* A key of 32 bytes, as struct kss_key16. */
struct kss_key32 {
	__u32 len;
	__u32 pad;
	__u64 w[4];
};

/* Takes this exec's digest. The domain that it leads to; -1 = none, KSS_DOMAIN_NONE = cannot tell. */
__attribute__((noinline)) long kss_digest_entry(__u64 bprm, __u64 file, __u32 from, __u32 gen)
{
	__u64 task = bpf_get_current_pid_tgid();
	struct kss_key32 k = {};
	const struct kss_header *h;
	struct kss_digest *d;
	__u32 entry;
	void *img;

	d = bpf_map_lookup_elem(&kss_digests, &task);
	if (!kss_ctl.armed) {
		if (d)
			d->seen = 1;
		return -1;
	}
	if (d) {
		if (d->bprm == bprm && d->file == file && d->algo == KSS_ALGO_SHA256) {
			k.len = 32;
			__builtin_memcpy(k.w, d->sha256, 32);
		}
		bpf_map_delete_elem(&kss_digests, &task);
	}
	if (!kss_entered_by(from, KSS_DOMAIN_BY_DIGEST, gen))
		return -1;
	if (!k.len)
		return KSS_DOMAIN_NONE;
	img = kss_image_of(gen, &h);
	if (!img)
		return KSS_DOMAIN_NONE;
	if (!kss_find_key(img, h, KSS_KEY_DIGEST, (const struct kss_name *)&k, 32, &entry))
		return -1;
	return kss_key2(KSS_KEY_EXEC, from, entry, gen);
}

#endif
