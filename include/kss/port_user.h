/* SPDX-License-Identifier: BSD-2-Clause */
/* Port of the decision core to user space: an image is a span of chunks in memory. */
#ifndef KSS_PORT_USER_H
#define KSS_PORT_USER_H

#include "types.h"
#include "image.h"

struct kss_span {
	const struct kss_chunk *chunks;
	__u32 n;
};
typedef const struct kss_span *kss_img_t;

static inline const void *kss_span_chunk(kss_img_t img, __u32 n)
{
	return n < img->n ? &img->chunks[n] : 0;
}

/* A macro, since in C++ a function of this name would hide the struct. */
#define kss_chunk(img, n) kss_span_chunk(img, n)
#include "core.h"
#include "machine.h"
#undef kss_chunk

#endif
