/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Port of the decision core to BPF. An image lies in the inner array of an array of maps, in one of two ways:
 *  - as one element with room for kss_cfg_image_chunks chunks: a chunk is then a comparison and an addition away;
 *  - kss_cfg_image_chunks = 0: each chunk an element, a look-up away. For images larger than a kernel lets an element be.
 * The loader sets the constant before the verifier looks, which drops the code of the other way.
 */
#ifndef KSS_PORT_BPF_H
#define KSS_PORT_BPF_H

#include "types.h"
#include "image.h"

const volatile __u32 kss_cfg_image_chunks = 0;

typedef void *kss_img_t;

/* The image in force, NULL if there is none. `images`: the array of maps. */
KSS_INLINE kss_img_t kss_open(void *images)
{
	__u32 zero = 0;
	void *map = bpf_map_lookup_elem(images, &zero);

	if (!map || !kss_cfg_image_chunks)
		return map;
	return bpf_map_lookup_elem(map, &zero);
}

KSS_INLINE const void *kss_chunk(kss_img_t img, kss_index n)
{
	__u64 chunks = kss_cfg_image_chunks;

	if (!chunks) {
		__u32 key = n;

		return bpf_map_lookup_elem(img, &key);
	}
	if (n >= chunks)
		return 0;
	kss_opaque(n); /* only what has been compared may be shifted and added */
	return (const char *)img + n * KSS_CHUNK;
}

#ifndef KSS_NO_LOOP
#define KSS_REPEAT(n, body, ctx) bpf_loop((n), (body), (ctx), 0)
#endif

#include "core.h"
#include "machine.h"

#endif
