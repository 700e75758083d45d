/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The policy image: what the compiler writes, what every backend reads. include/kss/image.md is its page of prose.
 *
 * An image is a sequence of 64-byte chunks, little-endian, without pointers. Chunks 0 to 2 are the header; chunks
 * below `runtime_chunks` are what a kernel needs; the rest (names, rules with their lines) is for people and tools.
 * All `*_base` are chunk numbers.
 */
#ifndef KSS_IMAGE_H
#define KSS_IMAGE_H

#include "classes.h"
#include "types.h"

#define KSS_IMAGE_MAGIC 0x4953534bu /* "KSSI" */
#define KSS_IMAGE_FORMAT 2u
#define KSS_CHUNK 64u
#define KSS_MAX_CHUNKS (1u << 22) /* 256 MiB */
#define KSS_MAX_DOMAINS 32768u    /* unconfined and none included */
#define KSS_MAX_OBJECTS 65535u
#define KSS_MAX_VECTORS 65536u    /* distinct access vectors: a cell is 16 bits */
#define KSS_NAME_MAX 255u         /* longest path component, as the kernel's NAME_MAX */

struct kss_chunk {
	kss_le32 w[16];
};

/* Chunk 0: everything that a verdict reads. */
struct kss_header {
	kss_le32 magic;
	kss_le32 format;
	kss_le32 generation; /* set by the backend at load; 0 in a file */
	kss_le32 flags;      /* KSS_IMAGE_* */
	kss_le32 dom_base;   /* rows: KSS_ROW_CHUNKS a domain: u32[64], the number of the first cell of its row by class */
	kss_le32 obj_base;   /* columns: KSS_COL_CHUNKS an object: u16[64], its column by class */
	kss_le32 cell_base;  /* u16 cells, 32 a chunk: number of an access vector */
	kss_le32 av_base;    /* struct kss_av, 4 a chunk */
	kss_le32 info_base;  /* struct kss_domain_info, 2 a chunk */
	kss_le32 state_base; /* struct kss_path_state, 4 a chunk */
	kss_le32 hash_base;  /* buckets of 4 struct kss_hash_entry, one a chunk */
	kss_le32 hash_mask;  /* number of buckets - 1; a power of two - 1 */
	kss_le32 hash_seed;
	kss_le32 net_base; /* struct kss_net, one chunk; 0 = no addresses declared */
	kss_le32 ndomains;
	kss_le32 nobjects;
};

/* Chunk 1 */
struct kss_header2 {
	kss_le32 runtime_chunks;
	kss_le32 total_chunks;
	kss_le32 policy_version; /* the policy's own `version:` */
	kss_le32 debug_base;     /* first chunk of the debug part: struct kss_debug; == runtime_chunks */
	kss_le32 nstates;
	kss_le32 ncells;
	kss_le32 nvectors;
	kss_le32 need_base; /* u32[64]: by class, the permissions that some confined domain can be denied or audited */
	__u8 digest[32];    /* SHA-256 of the whole image with `generation` and this field zero */
};

/* Chunk 2: models with state. */
struct kss_header3 {
	kss_le32 nmachines;    /* 0 = there are none, and all other fields are 0 */
	kss_le32 machine_base; /* struct kss_machine, one a chunk */
	kss_le32 care_base;    /* u32 by number of access vector: first chunk of its struct kss_care; 0 = none */
	kss_le32 reserved[13];
};
#define KSS_HEADER_CHUNKS 3u

#define KSS_IMAGE_PERMISSIVE 1u     /* no denial is enforced, all are audited */
#define KSS_IMAGE_HAS_CGROUP 2u     /* some domain is entered by cgroup or container */
#define KSS_IMAGE_HAS_DIGEST 4u     /* some domain is entered by digest */
#define KSS_IMAGE_HAS_DEVICES 8u    /* device numbers are declared */

/*
 * Object id that stands in for a domain's own object (KSS_OBJ_DOMAINS + dom) when that domain is the subject. With a
 * column of its own for `self`, domains that differ in nothing else share one row.
 */
#define KSS_OBJ_SELF 15u

#define KSS_ROW_CHUNKS 4u
#define KSS_COL_CHUNKS 2u

/* What one (subject class, object class, event class) may do. A bit is a permission of the class. */
struct kss_av {
	kss_le32 allow;
	kss_le32 audit; /* granted, but not at once: it is audited, or an automaton cares */
	kss_le32 quiet; /* no record: of the denial, or of what is granted and an automaton cares about */
	kss_le32 care;  /* permissions that some automaton cares about; all of them are in `allow` */
};

/*
 * One automaton that cares about what a vector speaks of: the event is the automaton's k-th if a permission of perms[k]
 * is asked for. A list is at most KSS_MAX_CARE of them, in chunks one behind the other.
 */
struct kss_care {
	kss_le32 machine;
	kss_le16 more; /* of the list, behind this one */
	kss_le16 nevents;
	kss_le32 perms[14];
};
#define KSS_MAX_CARE 4u

/*
 * An automaton: a flow or a formula. Its letter is a set of bits: bit k = the event is its k-th, then one for each clock:
 * its age lies between the guard's ends. An edge says the next state and which clocks are set, or denies. With `ring` it is a
 * limit instead: denied if the ring-th last grant is no older than `guard[0].high`.
 */
struct kss_machine {
	kss_le32 scope; /* enum kss_scope */
	kss_le32 nstates;
	kss_le32 nletters; /* classes of letters */
	kss_le16 nevents, nclocks;
	kss_le32 letter_base; /* u8 by letter: its class */
	kss_le32 edge_base;   /* u32[nstates * nletters]: KSS_EDGE_* */
	kss_le32 guard_base;  /* struct kss_guard by clock */
	kss_le32 ring;
	kss_le32 cells;  /* that one history takes: 1, or with a ring 1 + ring / KSS_RING_TIMES rounded up */
	kss_le32 cell;   /* first cell of the first history; set by the backend at load, 0 in a file */
	kss_le32 serial; /* whose the cells are; likewise */
	kss_le32 reserved;
	kss_le64 identity; /* a hash of all that it means: state carries over to a machine of the same */
	kss_le64 name;     /* kss_name64() */
};
enum kss_scope { KSS_SCOPE_global, KSS_SCOPE_domain, KSS_SCOPE_task, KSS_NSCOPES };
#define KSS_MACHINE_BITS 10u /* of a letter */
#define KSS_MACHINE_CLOCKS 6u
#define KSS_MACHINE_STATES 4096u
#define KSS_MACHINE_RING 4096u
#define KSS_RING_TIMES 7u /* a cell of a ring */
#define KSS_MAX_MACHINES 1024u
#define KSS_EDGE_NEXT 0xffffu
#define KSS_EDGE_SET 16u /* shift: clocks set to the event's time */
#define KSS_EDGE_DENY 0x80000000u

struct kss_guard {
	kss_le64 low, high; /* ns of age, both inclusive */
};

struct kss_domain_info {
	kss_le64 name;  /* kss_name64() of the domain's name: its identity across images */
	kss_le32 flags; /* KSS_DOMAIN_* */
	kss_le32 reserved[5];
};
#define KSS_DOMAIN_PERMISSIVE 1u
#define KSS_DOMAIN_BY_DIGEST 2u /* from this domain another is entered by digest … */
#define KSS_DOMAIN_BY_CGROUP 4u /* … by cgroup: an exec whose digest or cgroup cannot be told is denied */

/*
 * Paths are matched a component at a time by an automaton. State 0 is dead: nothing below can match a pattern.
 * State 1 is the root "/". The successor by a name: an exact hash entry (state, name) if there is one, else what the
 * state's glob automaton says, else `next_default`.
 */
struct kss_path_state {
	kss_le32 next_default;
	kss_le32 glob;  /* chunk of a struct kss_glob; 0 = none */
	kss_le16 type;  /* object id of a path that ends here */
	kss_le16 entry; /* entry point number of an executable whose path ends here; 0 = none */
	kss_le32 flags; /* KSS_STATE_* */
};
#define KSS_STATE_LITERALS 1u /* there are hash entries for this state */

#define KSS_STATE_DEAD 0u
#define KSS_STATE_ROOT 1u      /* files: "/" */
#define KSS_STATE_ABSTRACT 2u  /* abstract unix names: one component */
#define KSS_STATE_CGROUP 3u    /* cgroup paths: "/" of the cgroup v2 hierarchy; `entry` is what counts */
/* Not states but namespaces of exact keys in the same hash table; the value is stored instead of a state. */
#define KSS_KEY_DEVICE 0xfffffff0u  /* {u32 kind 0 chr 1 blk, u32 major, u32 minor or ~0} -> object id */
#define KSS_KEY_DOMAIN 0xfffffff1u  /* {u64 name64} -> domain id */
#define KSS_KEY_EXEC 0xfffffff2u    /* {u32 domain, u32 entry} -> domain id entered at exec */
#define KSS_KEY_ENTER 0xfffffff3u   /* {u32 domain, u32 domain} -> 1: may enter without exec */
#define KSS_KEY_FAMILY 0xfffffff4u  /* {u32 family, u32 netlink protocol or ~0} -> object id */
#define KSS_KEY_EXECTYPE 0xfffffff6u /* {u32 domain, u32 object id of the executable} -> domain id entered at exec */
#define KSS_KEY_DIGEST 0xfffffff5u  /* {u8 sha256[32]} -> entry point number */

struct kss_hash_entry {
	kss_le32 state; /* a path state or KSS_KEY_* */
	kss_le32 value;
	kss_le32 str; /* chunk where the name or key stands, zero padded to a multiple of 64 bytes; 0 = empty slot */
	kss_le32 len_tag; /* its length in bytes, 1 to KSS_NAME_MAX, and a fingerprint in the upper 24 bits: kss_len_tag() */
};

/* Byte automaton over one component, for names with wildcards. State 0 is its start. */
struct kss_glob {
	kss_le32 nstates;
	kss_le32 nclasses;    /* byte classes, 1 to 256 */
	kss_le32 class_base;  /* u8[256]: class of a byte */
	kss_le32 trans_base;  /* u16[nstates * nclasses]: next state; KSS_GLOB_FAIL = no pattern can match any more */
	kss_le32 accept_base; /* u32[nstates]: path state if the name ends here; KSS_GLOB_NONE = take next_default */
	kss_le32 reserved[11];
};
#define KSS_GLOB_FAIL 0xffffu
#define KSS_GLOB_NONE 0xffffffffu

/* Addresses: longest prefix -> address class; port -> port class; (protocol, address class, port class) -> object. */
struct kss_net {
	kss_le32 root4; /* chunk of a node: u32[256] by the next address byte: KSS_NET_LEAF | class, or a node's chunk */
	kss_le32 root6;
	kss_le32 port_l1; /* u16[256] by the port's high byte: number of a block */
	kss_le32 port_l2; /* blocks: u16[256] by the low byte: port class */
	kss_le32 naddr;
	kss_le32 nport;
	kss_le32 cell_base; /* u16[KSS_NET_NPROTO * naddr * nport]: object id */
	kss_le32 reserved[9];
};
#define KSS_NET_LEAF 0x80000000u
enum kss_net_proto { KSS_NET_tcp, KSS_NET_udp, KSS_NET_sctp, KSS_NET_icmp, KSS_NET_rawip, KSS_NET_NPROTO };

/*
 * The debug part: `size` bytes in the form that userspace/policy/debuginfo.hpp reads and writes (names of domains and
 * types by id, every rule with file and line). Never read by a kernel.
 */
struct kss_debug {
	kss_le32 size;
	kss_le32 reserved[15];
};

KSS_STATIC_ASSERT((unsigned int)KSS_NBUILTINS <= KSS_OBJ_SELF && KSS_OBJ_SELF < (unsigned int)KSS_OBJ_DOMAINS, "self is no declared object");
KSS_STATIC_ASSERT(sizeof(struct kss_chunk) == KSS_CHUNK, "chunk");
KSS_STATIC_ASSERT(sizeof(struct kss_header) == KSS_CHUNK, "header");
KSS_STATIC_ASSERT(sizeof(struct kss_header2) == KSS_CHUNK, "header2");
KSS_STATIC_ASSERT(sizeof(struct kss_header3) == KSS_CHUNK, "header3");
KSS_STATIC_ASSERT(sizeof(struct kss_av) == 16, "av");
KSS_STATIC_ASSERT(sizeof(struct kss_care) == KSS_CHUNK, "care");
KSS_STATIC_ASSERT(sizeof(struct kss_machine) == KSS_CHUNK, "machine");
KSS_STATIC_ASSERT(sizeof(struct kss_guard) == 16, "guard");
KSS_STATIC_ASSERT(sizeof(struct kss_domain_info) == 32, "domain info");
KSS_STATIC_ASSERT(sizeof(struct kss_path_state) == 16, "path state");
KSS_STATIC_ASSERT(sizeof(struct kss_hash_entry) == 16, "hash entry");
KSS_STATIC_ASSERT(sizeof(struct kss_glob) == KSS_CHUNK, "glob");
KSS_STATIC_ASSERT(sizeof(struct kss_net) == KSS_CHUNK, "net");
KSS_STATIC_ASSERT(sizeof(struct kss_debug) == KSS_CHUNK, "debug");
KSS_STATIC_ASSERT(KSS_MAX_CLASSES * 4 == KSS_ROW_CHUNKS * KSS_CHUNK, "a domain's row has a u32 for each class");
KSS_STATIC_ASSERT(KSS_MAX_CLASSES * 2 == KSS_COL_CHUNKS * KSS_CHUNK, "an object's columns have a u16 for each class");

#endif
