/* SPDX-License-Identifier: GPL-2.0 */
/* The directory of our pins, which a sealed policy guards. */
#ifndef KSS_BPF_PINS_H
#define KSS_BPF_PINS_H

#include "judge.h"

/* Is this the directory that holds our pins? Read as numbers: not every dentry has an inode. */
static __attribute__((noinline)) int kss_is_pins(struct dentry *dentry)
{
	__u64 ino = 0;
	__u32 dev = 0;

	ino = BPF_CORE_READ(dentry, d_inode, i_ino);
	dev = BPF_CORE_READ(dentry, d_sb, s_dev);
	return ino && ino == kss_ctl.pins_ino && dev == (__u32)kss_ctl.pins_dev;
}

/* While sealed, nobody but the agent changes what is in that directory … */
KSS_INLINE int kss_pins_guarded(const struct path *dir, __u32 perms)
{
	return kss_unlikely(kss_sealed()) && kss_is_pins(dir->dentry) && kss_guard(KSS_CLASS_dir, perms, 0);
}

/* … nor the attributes of it and of the pins. */
KSS_INLINE int kss_attributes_guarded(struct dentry *dentry)
{
	struct dentry *parent = BPF_CORE_READ(dentry, d_parent);

	return (kss_is_pins(dentry) || kss_is_pins(parent)) && kss_guard(KSS_CLASS_dir, KSS_file_setattr, 0);
}

#endif
