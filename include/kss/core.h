/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The decision core: reads an image, gives verdicts. The same text is compiled as BPF, as kernel-module C and as user
 * space C and C++.
 *
 * A port includes a header that defines, before this one:
 *   kss_img_t                                    a handle of one image, a scalar or pointer type
 *   const void *kss_chunk(kss_img_t, kss_index n)    chunk n, 64 bytes; NULL when out of range
 * NULL is never trusted: every function here turns it into a denial (an empty vector, the object `unresolved`).
 *
 * There are no unbounded loops, no recursion, no allocation. Loops over a component run at most KSS_NAME_MAX times.
 */
#ifndef KSS_CORE_H
#define KSS_CORE_H

#include "image.h"

/* One path component or key: bytes beyond len up to the next multiple of 8 are zero. Filled by the port. */
struct kss_name {
	__u32 len;
	__u32 pad;
	union {
		__u64 w[32];
		__u8 b[256];
	} u;
};

/* 64-bit FNV-1a: a domain's identity in labels that outlive an image. The compiler refuses two names with one value. */
KSS_INLINE __u64 kss_name64(const char *s, __u32 len)
{
	__u64 h = 0xcbf29ce484222325ull;
	__u32 i;

	for (i = 0; i < len; i++) {
		h ^= (__u8)s[i];
		h *= 0x100000001b3ull;
	}
	return h;
}

KSS_INLINE const struct kss_header *kss_hdr(kss_img_t img)
{
	return (const struct kss_header *)kss_chunk(img, 0);
}

/* Number of the access vector of (domain, object, class); KSS_NO_VECTOR: the image cannot be read there. Ids out of range
 * are refused: what lies behind the tables of an image is another table. */
#define KSS_NO_VECTOR 0xffffffffu
KSS_INLINE __u32 kss_vector_number(kss_img_t img, const struct kss_header *h, __u32 dom, __u32 obj, __u32 cls)
{
	const kss_le32 *row;
	const kss_le16 *col, *cell;
	kss_index c, i;

	if (cls >= KSS_MAX_CLASSES || dom >= kss_get32(h->ndomains) || obj >= kss_get32(h->nobjects))
		return KSS_NO_VECTOR;
	if (obj == KSS_OBJ_DOMAINS + dom)
		obj = KSS_OBJ_SELF;
	row = (const kss_le32 *)kss_chunk(img, (kss_index)kss_get32(h->dom_base) + (kss_index)dom * KSS_ROW_CHUNKS + (cls >> 4));
	if (!row)
		return KSS_NO_VECTOR;
	col = (const kss_le16 *)kss_chunk(img, (kss_index)kss_get32(h->obj_base) + (kss_index)obj * KSS_COL_CHUNKS + (cls >> 5));
	if (!col)
		return KSS_NO_VECTOR;
	i = cls;
	kss_opaque(i); /* a compiler may know that a mask takes nothing away, where the verifier does not */
	c = kss_get32(row[i & 15]) + (kss_index)kss_get16(col[i & 31]);
	cell = (const kss_le16 *)kss_chunk(img, kss_get32(h->cell_base) + (c >> 5));
	if (!cell)
		return KSS_NO_VECTOR;
	return kss_get16(cell[c & 31]);
}

/* The access vector itself; NULL = deny everything. */
KSS_INLINE const struct kss_av *kss_vector(kss_img_t img, const struct kss_header *h, __u32 dom, __u32 obj, __u32 cls)
{
	const struct kss_av *av;
	kss_index v = kss_vector_number(img, h, dom, obj, cls);

	if (v == KSS_NO_VECTOR)
		return 0;
	av = (const struct kss_av *)kss_chunk(img, kss_get32(h->av_base) + (v >> 2));
	if (!av)
		return 0;
	return av + (v & 3);
}

KSS_INLINE __u32 kss_domain_flags(kss_img_t img, const struct kss_header *h, __u32 dom)
{
	const struct kss_domain_info *i =
		(const struct kss_domain_info *)kss_chunk(img, kss_get32(h->info_base) + (dom >> 1));

	return i ? kss_get32(i[dom & 1].flags) : 0;
}

/* The length comes apart from the name: where it is a constant, the verifier sees it. */
KSS_SUB __u64 kss_hash_key(__u32 seed, __u32 state, const struct kss_name *n, __u32 len)
{
	__u64 h = ((__u64)seed << 32 | state) * 0x9e3779b97f4a7c15ull;
	__u32 i;

	for (i = 0; i < 32; i++) {
		if (i * 8 >= len)
			break;
		h ^= kss_get64(n->u.w[i]);
		h *= 0xff51afd7ed558ccdull;
		h ^= h >> 32;
	}
	h ^= len;
	h *= 0xc4ceb9fe1a85ec53ull;
	return h ^ (h >> 29);
}

KSS_INLINE __u64 kss_hash_name(__u32 seed, __u32 state, const struct kss_name *n)
{
	return kss_hash_key(seed, state, n, n->len);
}

KSS_INLINE __u32 kss_len_tag(__u32 len, __u64 hash)
{
	return len | ((__u32)(hash >> 40) << 8);
}

/* Are the bytes at chunk `str` those of the name? Both are zero padded. */
KSS_SUB int kss_same_name(kss_img_t img, __u32 str, const struct kss_name *n, __u32 len)
{
	const __u64 *w;
	__u32 i, j;

	for (i = 0; i < 4; i++) {
		if (i * 64 >= len)
			break;
		w = (const __u64 *)kss_chunk(img, str + i);
		if (!w)
			return 0;
		for (j = 0; j < 8; j++) {
			if (i * 64 + j * 8 >= len)
				break;
			if (w[j] != n->u.w[i * 8 + j])
				return 0;
		}
	}
	return 1;
}

/*
 * Exact look-up of (state, name). Returns 1 and the value, or 0. Each key stands in one of two buckets of four; state,
 * length and fingerprint pick at most one entry of a bucket (the compiler sees to that), whose name is then compared.
 */
KSS_INLINE int kss_find_key(kss_img_t img, const struct kss_header *h, __u32 state, const struct kss_name *n, __u32 len,
			    __u32 *value)
{
	__u64 hash = kss_hash_key(kss_get32(h->hash_seed), state, n, len);
	__u32 mask = kss_get32(h->hash_mask), base = kss_get32(h->hash_base);
	__u32 bucket = (__u32)hash & mask, want = kss_len_tag(len, hash), b, i, str, v;
	const struct kss_hash_entry *e;

	for (b = 0; b < 2; b++) {
		e = (const struct kss_hash_entry *)kss_chunk(img, base + bucket);
		if (!e)
			return 0;
		str = 0;
		v = 0;
		for (i = 0; i < 4; i++) {
			if (kss_get32(e[i].state) == state && kss_get32(e[i].len_tag) == want) {
				str = kss_get32(e[i].str);
				v = kss_get32(e[i].value);
			}
		}
		if (str && kss_same_name(img, str, n, len)) {
			*value = v;
			return 1;
		}
		bucket = (__u32)(hash >> 32) & mask;
	}
	return 0;
}

KSS_INLINE int kss_find(kss_img_t img, const struct kss_header *h, __u32 state, const struct kss_name *n, __u32 *value)
{
	return kss_find_key(img, h, state, n, n->len, value);
}

/* Exact look-up of a key of two words (KSS_KEY_*). `k` is room to build it in, only its first 16 bytes are written. */
KSS_INLINE int kss_find2(kss_img_t img, const struct kss_header *h, __u32 space, __u32 a, __u32 b, struct kss_name *k,
			 __u32 *value)
{
	k->len = 8;
	k->pad = 0;
	k->u.w[0] = kss_get64((__u64)b << 32 | a);
	return kss_find(img, h, space, k, value);
}

/*
 * The domain that a task of domain `dom` is in after executing a file of entry point `entry` (0 = none) and type `obj`.
 * Entry points go before types; a digest's entry point is tried by the caller before that of the path.
 */
KSS_INLINE __u32 kss_exec_domain(kss_img_t img, const struct kss_header *h, __u32 dom, __u32 entry, __u32 obj,
				 struct kss_name *k)
{
	__u32 to;

	if (entry && kss_find2(img, h, KSS_KEY_EXEC, dom, entry, k, &to))
		return to;
	if (kss_find2(img, h, KSS_KEY_EXECTYPE, dom, obj, k, &to))
		return to;
	return dom;
}

KSS_INLINE const struct kss_path_state *kss_state(kss_img_t img, const struct kss_header *h, __u32 state)
{
	const struct kss_path_state *s =
		(const struct kss_path_state *)kss_chunk(img, kss_get32(h->state_base) + (state >> 2));

	return s ? s + (state & 3) : 0;
}

#define KSS_STEP_ERROR 0xfffffffeu /* not a state: the image could not be read */

/*
 * A long loop: body(i, ctx) for i = 0 … n-1 until it returns non-zero. A port may define it otherwise (BPF has a helper
 * that lets the verifier look at the body once instead of n times).
 */
#ifndef KSS_REPEAT
#define KSS_REPEAT(n, body, ctx)                          \
	do {                                              \
		__u32 i_;                                 \
		for (i_ = 0; i_ < (n); i_++)              \
			if (body(i_, (ctx)))              \
				break;                    \
	} while (0)
#endif

struct kss_glob_run {
	kss_img_t img;
	const struct kss_name *name;
	__u32 nclasses, class_base, trans_base;
	__u32 state; /* of the byte automaton, or KSS_GLOB_FAIL */
	__u32 error;
};

static KSS_BODY kss_glob_byte(__u32 i, void *ctx)
{
	struct kss_glob_run *r = (struct kss_glob_run *)ctx;
	const kss_le16 *tb;
	const __u8 *cb;
	__u32 c, t;

	if (i >= r->name->len || i >= KSS_NAME_MAX)
		return 1;
	kss_opaque(i);
	c = r->name->u.b[i & 255];
	cb = (const __u8 *)kss_chunk(r->img, r->class_base + (c >> 6));
	if (!cb) {
		r->error = 1;
		return 1;
	}
	t = r->state * r->nclasses + cb[c & 63];
	tb = (const kss_le16 *)kss_chunk(r->img, r->trans_base + (t >> 5));
	if (!tb) {
		r->error = 1;
		return 1;
	}
	r->state = kss_get16(tb[t & 31]);
	return r->state == KSS_GLOB_FAIL;
}

KSS_INLINE __u32 kss_glob_step(kss_img_t img, __u32 glob, const struct kss_name *n)
{
	const struct kss_glob *g = (const struct kss_glob *)kss_chunk(img, glob);
	struct kss_glob_run r;
	const kss_le32 *ab;
	__u32 abase;

	if (!g)
		return KSS_STEP_ERROR;
	r.img = img;
	r.name = n;
	r.nclasses = kss_get32(g->nclasses);
	r.class_base = kss_get32(g->class_base);
	r.trans_base = kss_get32(g->trans_base);
	abase = kss_get32(g->accept_base);
	r.state = 0;
	r.error = 0;
	KSS_REPEAT(KSS_NAME_MAX, kss_glob_byte, &r);
	if (r.error)
		return KSS_STEP_ERROR;
	if (r.state == KSS_GLOB_FAIL)
		return KSS_GLOB_NONE;
	ab = (const kss_le32 *)kss_chunk(img, abase + (r.state >> 4));
	return ab ? kss_get32(ab[r.state & 15]) : KSS_STEP_ERROR;
}

/*
 * The first half of a step: all but names with wildcards. Returns KSS_GLOB_NONE when these must be asked: *glob, and
 * *dflt when they do not know the name.
 */
KSS_INLINE __u32 kss_step_literal(kss_img_t img, const struct kss_header *h, __u32 state, const struct kss_name *n,
				  __u32 *glob, __u32 *dflt)
{
	const struct kss_path_state *s;
	__u32 next;

	if (state == KSS_STATE_DEAD)
		return KSS_STATE_DEAD;
	s = kss_state(img, h, state);
	if (!s)
		return KSS_STEP_ERROR;
	*dflt = kss_get32(s->next_default);
	*glob = kss_get32(s->glob);
	if ((kss_get32(s->flags) & KSS_STATE_LITERALS) && kss_find(img, h, state, n, &next))
		return next;
	return *glob ? KSS_GLOB_NONE : *dflt;
}

/* The state after one more component; KSS_STEP_ERROR = deny. */
KSS_INLINE __u32 kss_step(kss_img_t img, const struct kss_header *h, __u32 state, const struct kss_name *n)
{
	__u32 glob = 0, dflt = KSS_STATE_DEAD, next = kss_step_literal(img, h, state, n, &glob, &dflt);

	if (next != KSS_GLOB_NONE)
		return next;
	next = kss_glob_step(img, glob, n);
	return next == KSS_GLOB_NONE ? dflt : next;
}

/* The object id of a path that ends in this state. */
KSS_INLINE __u32 kss_state_type(kss_img_t img, const struct kss_header *h, __u32 state)
{
	const struct kss_path_state *s = kss_state(img, h, state);

	return s ? kss_get16(s->type) : (__u32)KSS_OBJ_unresolved;
}

/* The entry point number of a path that ends in this state; 0 = none. */
KSS_INLINE __u32 kss_state_entry(kss_img_t img, const struct kss_header *h, __u32 state)
{
	const struct kss_path_state *s = kss_state(img, h, state);

	return s ? kss_get16(s->entry) : 0;
}

/* Address (network order, 4 or 16 bytes) and port (host order) to an object id. */
KSS_INLINE __u32 kss_net_type(kss_img_t img, const struct kss_header *h, __u32 proto, int v6, const __u8 *addr, __u16 port)
{
	const struct kss_net *net;
	const kss_le32 *nd;
	const kss_le16 *p;
	__u32 node, i, ac = 0, pc, l2, cell, cells, naddr, nport, n;

	/* IPv4 in IPv6's clothes, ::ffff:a.b.c.d, is IPv4: the same packets leave. */
	if (v6 && !(addr[0] | addr[1] | addr[2] | addr[3] | addr[4] | addr[5] | addr[6] | addr[7] | addr[8] | addr[9]) &&
	    (addr[10] & addr[11]) == 0xff) {
		addr += 12;
		v6 = 0;
	}
	n = v6 ? 16 : 4;
	if (!h->net_base)
		return KSS_OBJ_inet_other;
	net = (const struct kss_net *)kss_chunk(img, kss_get32(h->net_base));
	if (!net || proto >= KSS_NET_NPROTO)
		return KSS_OBJ_unresolved;
	node = v6 ? kss_get32(net->root6) : kss_get32(net->root4);
	l2 = kss_get32(net->port_l2);
	cells = kss_get32(net->cell_base);
	naddr = kss_get32(net->naddr);
	nport = kss_get32(net->nport);
	p = (const kss_le16 *)kss_chunk(img, kss_get32(net->port_l1) + ((port >> 8) >> 5));
	if (!p)
		return KSS_OBJ_unresolved;
	pc = kss_get16(p[(port >> 8) & 31]);
	p = (const kss_le16 *)kss_chunk(img, l2 + pc * 8 + ((port & 255) >> 5));
	if (!p)
		return KSS_OBJ_unresolved;
	pc = kss_get16(p[port & 31]);
	for (i = 0; i < 16; i++) {
		if (i >= n)
			return KSS_OBJ_unresolved;
		nd = (const kss_le32 *)kss_chunk(img, node + (addr[i] >> 4));
		if (!nd)
			return KSS_OBJ_unresolved;
		node = kss_get32(nd[addr[i] & 15]);
		if (node & KSS_NET_LEAF) {
			ac = node & ~KSS_NET_LEAF;
			break;
		}
	}
	if (i == 16)
		return KSS_OBJ_unresolved;
	cell = (proto * naddr + ac) * nport + pc;
	p = (const kss_le16 *)kss_chunk(img, cells + (cell >> 5));
	return p ? kss_get16(p[cell & 31]) : (__u32)KSS_OBJ_unresolved;
}

#endif
