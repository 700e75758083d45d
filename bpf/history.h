/* SPDX-License-Identifier: GPL-2.0 */
/* What states.h asks of the world: where a task's own histories are, and what time it is. Tests have a world of their own. */
#ifndef KSS_BPF_HISTORY_H
#define KSS_BPF_HISTORY_H

#include "maps.h"

/* The current task's own cells, NULL if there is no room. */
KSS_INLINE struct kss_task_cells *kss_own_cells(void)
{
	if (kss_cfg_task_storage) {
		return bpf_task_storage_get(&kss_task_cells, bpf_get_current_task_btf(), 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	} else {
		__u64 key = bpf_get_current_task();
		struct kss_task_cells *own = bpf_map_lookup_elem(&kss_task_cells_hash, &key);
		__u32 zero = 0;

		if (own)
			return own;
		/* Its room is also what an empty one is copied from. */
		own = bpf_map_lookup_elem(&kss_no_cells, &zero);
		if (!own || bpf_map_update_elem(&kss_task_cells_hash, &key, own, BPF_NOEXIST))
			return 0;
		return bpf_map_lookup_elem(&kss_task_cells_hash, &key);
	}
}

/* The histories of a child are its parent's at the fork. 0: there is no room for them. */
KSS_INLINE int kss_cells_child(struct task_struct *task)
{
	if (kss_cfg_task_storage) {
		struct kss_task_cells *own = bpf_task_storage_get(&kss_task_cells, bpf_get_current_task_btf(), 0, 0), *child;

		if (!own)
			return 1;
		child = bpf_task_storage_get(&kss_task_cells, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
		if (!child)
			return 0;
		*child = *own;
	} else {
		__u64 key = bpf_get_current_task();
		struct kss_task_cells *own = bpf_map_lookup_elem(&kss_task_cells_hash, &key);

		if (!own)
			return 1;
		key = (__u64)task;
		if (bpf_map_update_elem(&kss_task_cells_hash, &key, own, BPF_ANY))
			return 0;
	}
	return 1;
}

/* Boot clock, ns. */
KSS_INLINE __u64 kss_now(void)
{
	return bpf_ktime_get_boot_ns();
}

#endif
