/* SPDX-License-Identifier: GPL-2.0 */
/* Port of the decision core to kernel modules: an image is a span of chunks in kernel memory. */
#ifndef KSS_PORT_KERNEL_H
#define KSS_PORT_KERNEL_H

#include "types.h"
#include "image.h"

struct kss_span {
	const struct kss_chunk *chunks;
	__u32 n; /* runtime chunks alone */
};
typedef const struct kss_span *kss_img_t;

static inline const void *kss_span_chunk(kss_img_t img, __u32 n)
{
	return n < img->n ? &img->chunks[n] : NULL;
}
#define kss_chunk(img, n) kss_span_chunk(img, n)

#include "core.h"
#include "machine.h"

#endif
