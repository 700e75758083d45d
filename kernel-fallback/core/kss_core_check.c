// SPDX-License-Identifier: GPL-2.0
/*
 * The decision core as kernel code: every function of it, compiled with the kernel's own flags and warnings. Loading the
 * module puts a question of each kind to an image with nothing in it; all must be denied.
 */
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/module.h>

#include "kss/port_kernel.h"

static const struct kss_chunk kss_empty_image[2];

static int kss_check_denied(kss_img_t img)
{
	static struct kss_name name;
	static const __u8 addr[16];
	const struct kss_header *h = kss_hdr(img);
	const char text[] = "name";
	__u32 value = 0;

	if (!h)
		return -EINVAL;
	name.len = sizeof(text) - 1;
	memcpy(name.u.b, text, name.len);
	if (kss_vector(img, h, 0, 0, KSS_CLASS_file) || kss_vector(img, h, ~0u, ~0u, ~0u))
		return -EACCES;
	if (kss_find(img, h, KSS_STATE_ROOT, &name, &value) || kss_find2(img, h, KSS_KEY_EXEC, 0, 1, &name, &value))
		return -EACCES;
	if (kss_exec_domain(img, h, KSS_DOMAIN_NONE, 1, 1, &name) != KSS_DOMAIN_NONE)
		return -EACCES;
	if (kss_domain_flags(img, h, 1000) || kss_state_entry(img, h, 1000))
		return -EACCES;
	if (kss_state_type(img, h, 1000) != KSS_OBJ_unresolved || kss_step(img, h, 1000, &name) != KSS_STEP_ERROR)
		return -EACCES;
	if (kss_glob_step(img, 1000, &name) != KSS_STEP_ERROR)
		return -EACCES;
	if (kss_net_type(img, h, KSS_NET_tcp, 1, addr, 80) != KSS_OBJ_inet_other)
		return -EACCES;
	return kss_name64(text, sizeof(text) - 1) ? 0 : -EINVAL;
}

static int __init kss_core_check_init(void)
{
	const struct kss_span img = { kss_empty_image, 2 };

	return kss_check_denied(&img);
}

static void __exit kss_core_check_exit(void)
{
}

module_init(kss_core_check_init);
module_exit(kss_core_check_exit);
MODULE_DESCRIPTION("Compiles the KSS decision core as kernel code");
MODULE_LICENSE("GPL");
