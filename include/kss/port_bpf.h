/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Port of the decision core to BPF: an image is the inner array of kss_images; a chunk is an element of it. */
#ifndef KSS_PORT_BPF_H
#define KSS_PORT_BPF_H

#include "types.h"
#include "image.h"

typedef void *kss_img_t;

static __attribute__((always_inline)) inline const void *kss_chunk(kss_img_t img, __u32 n)
{
	return bpf_map_lookup_elem(img, &n);
}

#ifndef KSS_NO_LOOP
#define KSS_REPEAT(n, body, ctx) bpf_loop((n), (body), (ctx), 0)
#endif

#include "core.h"

#endif
