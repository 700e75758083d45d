// SPDX-License-Identifier: GPL-2.0
/*
 * Sockets: by address, name, peer's domain or family. A stream is judged where it comes about (connect, accept), a
 * datagram at each send; receiving and stream data are looked at again only while sockets from before a change of
 * policy are in use.
 */
#include "path.h"
#include "program.h"
#include "sockclass.h"

KSS_STATIC_ASSERT((int)KSS_CLASS_udp - (int)KSS_CLASS_tcp == (int)KSS_NET_udp && (int)KSS_CLASS_sctp - (int)KSS_CLASS_tcp == (int)KSS_NET_sctp &&
		  (int)KSS_CLASS_icmp - (int)KSS_CLASS_tcp == (int)KSS_NET_icmp && (int)KSS_CLASS_rawip - (int)KSS_CLASS_tcp == (int)KSS_NET_rawip,
		  "a protocol of the address table is its class less tcp");
#define KSS_IS_INET(cls) ((cls) >= KSS_CLASS_tcp && (cls) <= KSS_CLASS_rawip)

KSS_INLINE __u32 kss_class_of_sk(struct sock *sk)
{
	return kss_sock_class(sk->__sk_common.skc_family, sk->sk_type, sk->sk_protocol);
}

/* Object of a family that has no addresses of ours: by family and, for netlink, protocol. */
__attribute__((noinline)) int kss_family_obj(__u32 family, __u32 protocol, __u32 gen)
{
	long o = kss_key2(KSS_KEY_FAMILY, family, family == AF_NETLINK ? protocol : 0xffffffff, gen);

	if (o < 0 && family == AF_NETLINK)
		o = kss_key2(KSS_KEY_FAMILY, family, 0xffffffff, gen);
	return o < 0 ? KSS_OBJ_family_other : o;
}

/* An address as the policy sees it: IPv4-mapped IPv6 is IPv4. */
struct kss_addr {
	__u64 w[2];
	__u16 family; /* 0: none or not understood */
	__u16 port;
};

__attribute__((noinline)) int kss_addr_obj(__u64 w0, __u64 w1, __u32 port_v6, __u32 cls, __u32 gen)
{
	__u64 a[2] = { w0, w1 };
	const struct kss_header *h;
	void *img = kss_image_of(gen, &h);

	if (!img)
		return KSS_OBJ_unresolved;
	return kss_net_type(img, h, cls - KSS_CLASS_tcp, port_v6 >> 16, (const __u8 *)a, port_v6 & 0xffff);
}

KSS_INLINE __u32 kss_addr_key(const struct kss_addr *a, __u32 cls)
{
	return (__u32)a->port << 16 | (a->family == AF_INET6) << 8 | cls;
}

/* Notes what is granted on an address: the next one is likely to be the same. Always 0. */
KSS_NOTE int kss_remember_addr(__u64 w0, __u64 w1, __u32 key, __u32 plain, __u64 gen_dom)
{
	struct kss_cpu *c = kss_cpu_claim();

	if (!c)
		return 0;
	c->net_addr[0] = w0;
	c->net_addr[1] = w1;
	c->net_key = key;
	c->net_plain = plain;
	c->net_gen_dom = gen_dom;
	kss_cpu_release(c);
	return 0;
}

KSS_INLINE void kss_addr_v6(struct kss_addr *a)
{
	/* ::ffff:a.b.c.d */
	if (!a->w[0] && (__u32)a->w[1] == 0xffff0000) {
		a->w[0] = a->w[1] >> 32;
		a->w[1] = 0;
		a->family = AF_INET;
	}
}

/* Reads a struct sockaddr that the kernel has copied in. */
static __attribute__((noinline)) int kss_read_addr(struct kss_addr *a, const void *addr, int len, __u32 sk_family)
{
	struct {
		__u16 family;
		__be16 port;
		__u32 v4;
		__u64 v6[2];
		__u32 scope;
	} sa = {};

	a->w[0] = a->w[1] = 0;
	a->family = 0;
	a->port = 0;
	if (len < 8 || bpf_probe_read_kernel(&sa, 8, addr))
		return 0;
	if (sa.family == AF_INET || (sa.family == AF_UNSPEC && sk_family == AF_INET)) {
		a->family = AF_INET;
		a->w[0] = sa.v4;
		a->port = __builtin_bswap16(sa.port);
	} else if (sa.family == AF_INET6 && len >= 24) {
		if (bpf_probe_read_kernel(&sa, 24, addr))
			return 0;
		a->family = AF_INET6;
		a->port = __builtin_bswap16(sa.port);
		a->w[0] = sa.v6[0];
		a->w[1] = sa.v6[1];
		kss_addr_v6(a);
	}
	return 0;
}

/* The same for IPv4 alone, in line; 0: ask the other. */
KSS_INLINE int kss_read_v4(struct kss_addr *a, const void *addr, int len)
{
	struct {
		__u16 family;
		__be16 port;
		__u32 v4;
	} sa;

	if (len < 8 || bpf_probe_read_kernel(&sa, 8, addr) || sa.family != AF_INET)
		return 0;
	a->family = AF_INET;
	a->port = __builtin_bswap16(sa.port);
	a->w[0] = sa.v4;
	a->w[1] = 0;
	return 1;
}

/* The local or remote end of a socket. */
KSS_INLINE void kss_sk_addr(struct kss_addr *a, struct sock *sk, int remote)
{
	a->w[0] = a->w[1] = 0;
	a->port = remote ? __builtin_bswap16(sk->__sk_common.skc_dport) : sk->__sk_common.skc_num;
	if (sk->__sk_common.skc_family == AF_INET6) {
		a->family = AF_INET6;
		if (remote)
			bpf_core_read(a->w, 16, &sk->__sk_common.skc_v6_daddr);
		else
			bpf_core_read(a->w, 16, &sk->__sk_common.skc_v6_rcv_saddr);
		kss_addr_v6(a);
	} else {
		a->family = AF_INET;
		a->w[0] = remote ? sk->__sk_common.skc_daddr : sk->__sk_common.skc_rcv_saddr;
	}
}

/* Is that all granted plainly, by labels alone? The subject is as kss_remembered() has it. */
KSS_INLINE int kss_addr_known(const struct kss_subj *s, const struct kss_cpu *c, const struct kss_addr *a, __u32 cls, __u32 perms)
{
	return a->family && c->net_gen_dom == KSS_GEN_ID(s->gen, s->dom) && c->net_key == kss_addr_key(a, cls) &&
	       c->net_addr[0] == a->w[0] && c->net_addr[1] == a->w[1] && !(perms & ~c->net_plain);
}

/* MSG_FASTOPEN makes a TCP send a connect. */
KSS_INLINE __u32 kss_send_perms(__u32 cls)
{
	return cls == KSS_CLASS_tcp || cls == KSS_CLASS_sctp ? KSS_tcp_connect : KSS_tcp_send;
}

/* The same for an address as a system call passes it; perms 0 = to send there. */
KSS_INLINE int kss_dest_known(const struct kss_subj *s, const struct kss_cpu *c, struct kss_addr *a, struct sock *sk, const void *name, int len,
			      __u32 perms)
{
	__u32 cls = kss_class_of_sk(sk);
	struct kss_addr v4;

	if (!KSS_IS_INET(cls))
		return 0;
	if (!perms)
		perms = kss_send_perms(cls);
	if (kss_likely(kss_read_v4(&v4, name, len))) /* an address of its own, which is in registers */
		return kss_addr_known(s, c, &v4, cls, perms);
	kss_read_addr(a, name, len, sk->__sk_common.skc_family);
	return kss_addr_known(s, c, a, cls, perms);
}

/* The verdict on an address. */
static __attribute__((noinline)) int kss_judge_addr(struct kss_subj *s, const struct kss_addr *a, __u32 cls, __u32 perms)
{
	__u32 obj = 0, plain, reason = KSS_REASON_bad_argument;
	struct kss_what w;

	if (kss_likely(a->family)) {
		obj = kss_addr_obj(a->w[0], a->w[1], a->port | (__u32)(a->family == AF_INET6) << 16, cls, s->gen);
		plain = kss_plain(s, obj, cls);
		kss_remember_addr(a->w[0], a->w[1], kss_addr_key(a, cls), plain, KSS_GEN_ID(s->gen, s->dom));
		if (kss_likely(!(perms & ~plain)))
			return 0;
		reason = KSS_REASON_policy;
	}
	/* An address has 16 bytes, and a family and a port: see kss_finish. */
	w = (struct kss_what){ .obj = obj, .cls = cls, .perms = perms, .reason = reason, .detail = KSS_DETAIL_INET,
			       .arg0 = a->w[0], .arg1 = a->w[1], .peer = (__u32)a->family << 16 | a->port };
	return kss_slow(&w, s->img, s->dom, s->gen);
}

/* The verdict on a socket of a family without addresses of ours. */
static __attribute__((noinline)) int kss_judge_family(struct kss_subj *s, struct sock *sk, __u32 cls, __u32 perms)
{
	__u32 family = sk->__sk_common.skc_family, protocol = sk->sk_protocol;

	return kss_judge_memo(s, kss_family_obj(family, protocol, s->gen), cls, perms, family, protocol);
}

/* May a socket be made, by labels alone? */
KSS_INLINE int kss_socket_known(const struct kss_subj *s, const struct kss_cpu *c, __u32 cls)
{
	return (KSS_IS_INET(cls) || cls == KSS_CLASS_unix) && kss_memo_grants(s, c, kss_self_obj(s), cls, KSS_tcp_create);
}

KSS_PROG(socket_create, int family, int type, int protocol, int kern)
{
	__u32 cls, obj, t = type & 0xf;

	/* Before 5.12 io_uring works through kernel threads that have no label: making a ring is refused, and this socket
	 * of the kernel's own is the one event in making one that can be refused there (see rings_unasked()). */
	if (kern && !(family == AF_UNIX && t == SOCK_RAW))
		return 0;
	KSS_BEGIN_UNLESS(s, cpu, !kern && kss_socket_known(&s, cpu, kss_sock_class(family, t, protocol)));
	if (kern)
		return kss_judge_memo(&s, KSS_OBJ_system, KSS_CLASS_io_uring, KSS_io_uring_create, 0, 0);
	cls = kss_sock_class(family, t, protocol);
	if (KSS_IS_INET(cls) || cls == KSS_CLASS_unix)
		obj = kss_self_obj(&s);
	else
		obj = kss_family_obj(family, protocol, s.gen);
	return kss_judge_memo(&s, obj, cls, KSS_tcp_create, (__u32)family, (__u64)(__u32)protocol << 32 | t);
}

/* Without socket storage the label stands among those of IPC objects, by the socket's address, until it is freed. */
KSS_INLINE struct kss_sock *kss_sk_label(struct sock *sk, struct kss_sock *init)
{
	struct kss_ipc l = {};
	__u64 key;

	if (kss_cfg_sk_storage)
		return bpf_sk_storage_get(&kss_socks, sk, init, init ? BPF_LOCAL_STORAGE_GET_F_CREATE : 0);
	key = (__u64)sk;
	if (init) {
		l.owner = init->owner;
		bpf_map_update_elem(&kss_ipc, &key, &l, BPF_ANY);
	}
	return (struct kss_sock *)bpf_map_lookup_elem(&kss_ipc, &key);
}
KSS_STATIC_ASSERT(__builtin_offsetof(struct kss_ipc, gen_owner) == __builtin_offsetof(struct kss_sock, gen_owner),
		  "a socket's label begins like an IPC object's");

SEC("lsm/sk_free_security")
int BPF_PROG(kss_sk_free_security, struct sock *sk)
{
	__u64 key = (__u64)sk;

	if (!kss_cfg_sk_storage)
		bpf_map_delete_elem(&kss_ipc, &key);
	return 0;
}

KSS_PROG(socket_socketpair, struct socket *a, struct socket *b)
{
	struct kss_sock init = {};
	struct sock *ska, *skb;

	KSS_BEGIN(s);
	init.owner = s.t->name;
	ska = a->sk;
	skb = b->sk;
	if (!ska || !skb || !kss_sk_label(ska, &init) || !kss_sk_label(skb, &init)) {
		struct kss_what w = { .cls = KSS_CLASS_unix, .perms = KSS_unix_create, .reason = KSS_REASON_table_full };

		kss_count(KSS_COUNT_table_full);
		return kss_judge(&s, &w);
	}
	return 0;
}

/* Object of an abstract name, 0 if no type names it. sun: struct sockaddr_un, len with its family. */
__attribute__((noinline)) int kss_abstract_obj(__u64 sun, __u32 len, __u32 gen)
{
	struct kss_scratch *sc;
	const struct kss_header *h;
	__u32 slot, obj;
	void *img;
	int r = KSS_WALK_UNRESOLVED;

	if (len < 4 || len > 110)
		return KSS_OBJ_unresolved;
	if (kss_slot_take(&slot))
		return KSS_OBJ_unresolved;
	sc = bpf_map_lookup_elem(&kss_scratch, &slot);
	if (sc) {
		len = (len - 3) & 127;
		__builtin_memset(sc->name.b, 0, 128);
		sc->len = len;
		if (!bpf_probe_read_kernel(sc->name.b, len, (void *)(sun + 3)))
			r = kss_step_name(slot, KSS_STATE_ABSTRACT, gen);
	}
	kss_slot_give(slot);
	if (r < 0)
		return KSS_OBJ_unresolved;
	img = kss_open(&kss_images);
	if (!img)
		return KSS_OBJ_unresolved;
	h = kss_hdr(img);
	if (!h)
		return KSS_OBJ_unresolved;
	obj = kss_state_type(img, h, r);
	return obj == KSS_OBJ_unlabeled || obj == KSS_OBJ_unix_other ? 0 : obj;
}

/* Object of a unix socket that is connected or sent to: its name's type if one is declared, else its owner. */
static __attribute__((noinline)) __u32 kss_unix_obj_slow(struct kss_subj *s, struct sock *sk, __u64 owner)
{
	struct unix_sock *u = (struct unix_sock *)sk;
	__u64 dentry = 0, mnt = 0, addr = 0;
	struct kss_root root;
	__u32 obj = 0;
	int len = 0, r;
	char first = 1;

	bpf_core_read(&addr, sizeof addr, &u->addr);
	if (addr) {
		bpf_core_read(&len, sizeof len, &((struct unix_address *)addr)->len);
		addr += bpf_core_field_offset(((struct unix_address *)0)->name);
		bpf_probe_read_kernel(&first, 1, (void *)(addr + 2));
		if (len > 3 && !first)
			obj = kss_abstract_obj(addr, len, s->gen);
	}
	if (!obj) {
		bpf_core_read(&dentry, sizeof dentry, &u->path.dentry);
		bpf_core_read(&mnt, sizeof mnt, &u->path.mnt);
		if (dentry && mnt) {
			kss_task_root(&root);
			r = kss_walk(dentry, mnt, &root, s->gen);
			obj = kss_walk_obj(s, r);
			if (obj == KSS_OBJ_unlabeled || obj == KSS_OBJ_unresolved)
				obj = 0; /* a name that nobody declared, or of another root: who listens is what counts */
		}
	}
	if (!obj)
		obj = owner ? KSS_OBJ_DOMAINS + (__u32)kss_domain_of(owner, s->gen) : KSS_OBJ_unix_other;
	return obj;
}

KSS_INLINE __u32 kss_unix_obj(struct kss_subj *s, struct sock *sk)
{
	struct kss_sock init = {}, *l = kss_sk_label(sk, 0);
	__u64 go;
	__u32 obj;

	if (l) {
		go = l->gen_owner;
		if ((__u32)(go >> 32) == s->gen)
			return (__u32)go;
	} else {
		l = kss_sk_label(sk, &init);
	}
	obj = kss_unix_obj_slow(s, sk, l ? l->owner : 0);
	if (l)
		l->gen_owner = KSS_GEN_ID(s->gen, obj);
	return obj;
}

/* Is that granted plainly, by labels alone? */
KSS_INLINE int kss_unix_known(const struct kss_subj *s, const struct kss_cpu *c, struct sock *other, __u32 perms)
{
	const struct kss_sock *l = other ? kss_sk_label(other, 0) : 0;
	__u64 go = l ? l->gen_owner : 0;

	return (__u32)(go >> 32) == s->gen && kss_memo_grants(s, c, (__u32)go, KSS_CLASS_unix, perms);
}

KSS_INLINE int kss_judge_unix(struct kss_subj *s, struct sock *other, __u32 perms)
{
	struct kss_what w = { .cls = KSS_CLASS_unix, .perms = perms, .detail = KSS_DETAIL_PATH };
	struct unix_sock *u = (struct unix_sock *)other;

	w.obj = kss_unix_obj(s, other);
	if (kss_likely(kss_granted_memo(s, w.obj, KSS_CLASS_unix, perms)))
		return 0;
	bpf_core_read(&w.dentry, sizeof w.dentry, &u->path.dentry);
	bpf_core_read(&w.mnt, sizeof w.mnt, &u->path.mnt);
	return kss_judge_shown(s, &w);
}

KSS_PROG(unix_stream_connect, struct sock *sk, struct sock *other, struct sock *newsk)
{
	KSS_BEGIN_UNLESS(s, cpu, kss_unix_known(&s, cpu, other, KSS_unix_connect));
	return kss_judge_unix(&s, other, KSS_unix_connect);
}

KSS_PROG(unix_may_send, struct socket *sock, struct socket *other)
{
	struct sock *sk;

	sk = other->sk;
	KSS_BEGIN_UNLESS(s, cpu, kss_unix_known(&s, cpu, sk, KSS_unix_send));
	return sk ? kss_judge_unix(&s, sk, KSS_unix_send) : -EPERM;
}

KSS_PROG(socket_bind, struct socket *sock, struct sockaddr *address, int addrlen)
{
	struct kss_sock init = {};
	struct kss_addr a;
	struct sock *sk;
	__u32 cls, obj;
	char first = 1;

	KSS_BEGIN(s);
	sk = sock->sk;
	if (!sk)
		return -EPERM;
	cls = kss_class_of_sk(sk);
	if (KSS_IS_INET(cls)) {
		kss_read_addr(&a, address, addrlen, sk->__sk_common.skc_family);
		return kss_judge_addr(&s, &a, cls, KSS_tcp_bind);
	}
	if (cls != KSS_CLASS_unix) {
		return kss_judge_family(&s, sk, cls, KSS_tcp_bind);
	}
	/* Whoever binds a unix socket owns it. A path is also judged as a file to be created, at path_mknod. */
	init.owner = s.t->name;
	if (!kss_sk_label(sk, &init)) {
		struct kss_what w = { .cls = KSS_CLASS_unix, .perms = KSS_unix_bind, .reason = KSS_REASON_table_full };

		kss_count(KSS_COUNT_table_full);
		return kss_judge(&s, &w);
	}
	obj = 0;
	if (addrlen > 3 && !bpf_probe_read_kernel(&first, 1, (char *)address + 2) && !first)
		obj = kss_abstract_obj(kss_scalar((__u64)address), addrlen, s.gen);
	return kss_judge_memo(&s, obj ? obj : kss_self_obj(&s), cls, KSS_tcp_bind, 0, 0);
}

KSS_PROG(socket_connect, struct socket *sock, struct sockaddr *address, int addrlen)
{
	struct kss_addr a;
	struct sock *sk;
	__u16 family = 0;
	__u32 cls;

	sk = sock->sk;
	if (sk && sk->__sk_common.skc_family == AF_UNIX)
		return 0; /* unix_stream_connect and unix_may_send know the peer */
	KSS_BEGIN_UNLESS(s, cpu, sk && kss_dest_known(&s, cpu, &a, sk, address, addrlen, KSS_tcp_connect));
	if (!sk)
		return -EPERM;
	cls = kss_class_of_sk(sk);
	if (!KSS_IS_INET(cls))
		return kss_judge_family(&s, sk, cls, KSS_tcp_connect);
	if (addrlen >= 2 && !bpf_probe_read_kernel(&family, 2, address) && family == AF_UNSPEC)
		return 0; /* dissolves the association */
	kss_read_addr(&a, address, addrlen, 0);
	return kss_judge_addr(&s, &a, cls, KSS_tcp_connect);
}

/* Is a permission on the socket's own end granted plainly, by labels alone? */
KSS_INLINE int kss_local_known(const struct kss_subj *s, const struct kss_cpu *c, struct socket *sock, __u32 perms)
{
	struct sock *sk = sock->sk;
	struct kss_addr a;
	__u32 cls;

	if (!sk)
		return 0;
	cls = kss_class_of_sk(sk);
	if (cls == KSS_CLASS_unix)
		return kss_memo_grants(s, c, kss_self_obj(s), cls, perms);
	if (!KSS_IS_INET(cls))
		return 0;
	kss_sk_addr(&a, sk, 0);
	return kss_addr_known(s, c, &a, cls, perms);
}

/* A permission on the socket's own end. */
KSS_INLINE int kss_judge_local(struct kss_subj *s, struct socket *sock, __u32 perms)
{
	struct sock *sk = sock->sk;
	struct kss_addr a;
	__u32 cls;

	if (!sk)
		return -EPERM;
	cls = kss_class_of_sk(sk);
	if (KSS_IS_INET(cls)) {
		kss_sk_addr(&a, sk, 0);
		return kss_judge_addr(s, &a, cls, perms);
	}
	if (cls == KSS_CLASS_unix)
		return kss_judge_memo(s, kss_self_obj(s), cls, perms, 0, 0);
	return kss_judge_family(s, sk, cls, perms);
}

KSS_PROG(socket_listen, struct socket *sock, int backlog)
{
	KSS_BEGIN(s);
	return kss_judge_local(&s, sock, KSS_tcp_listen);
}

KSS_PROG(socket_accept, struct socket *sock, struct socket *newsock)
{
	KSS_BEGIN_UNLESS(s, cpu, kss_local_known(&s, cpu, sock, KSS_tcp_accept));
	return kss_judge_local(&s, sock, KSS_tcp_accept);
}

KSS_PROG(socket_setsockopt, struct socket *sock, int level, int optname)
{
	struct sock *sk;
	__u32 cls, obj;

	KSS_BEGIN(s);
	sk = sock->sk;
	if (!sk)
		return -EPERM;
	cls = kss_class_of_sk(sk);
	obj = KSS_IS_INET(cls) || cls == KSS_CLASS_unix ?
		      kss_self_obj(&s) :
		      (__u32)kss_family_obj(sk->__sk_common.skc_family, sk->sk_protocol, s.gen);
	return kss_judge_memo(&s, obj, cls, KSS_tcp_setopt, level, optname);
}

/* After a change of policy: may this socket go on? By the end that made it: connect there, or accept or bind here. */
static __attribute__((noinline)) int kss_rejudge_sk(struct kss_subj *s, struct sock *sk)
{
	const struct kss_av *av;
	struct kss_addr a;
	__u32 cls = kss_class_of_sk(sk), obj;

	if (cls == KSS_CLASS_unix)
		return 0;
	kss_count(KSS_COUNT_rejudged);
	if (!KSS_IS_INET(cls))
		return kss_judge_family(s, sk, cls, KSS_tcp_create);
	kss_sk_addr(&a, sk, 0);
	obj = kss_addr_obj(a.w[0], a.w[1], a.port | (__u32)(a.family == AF_INET6) << 16, cls, s->gen);
	av = kss_vector(s->img, s->h, s->dom, obj, cls);
	if (av && (av->allow & (KSS_tcp_accept | KSS_tcp_bind)))
		return 0;
	kss_sk_addr(&a, sk, 1);
	if (!a.port && !a.w[0] && !a.w[1])
		return 0; /* not connected: nothing comes or goes that is not judged by itself */
	return kss_judge_addr(s, &a, cls, KSS_tcp_connect);
}

KSS_PROG(socket_sendmsg, struct socket *sock, struct msghdr *msg, int size)
{
	struct kss_addr a;
	struct sock *sk;
	void *name;
	__u32 cls;

	name = msg->msg_name;
	if (!name && !kss_ctl.rejudge)
		return 0; /* to a peer that has been judged */
	sk = sock->sk;
	if (!sk || sk->__sk_common.skc_family == AF_UNIX)
		return 0; /* unix_may_send */
	KSS_BEGIN_UNLESS(s, cpu, name && kss_dest_known(&s, cpu, &a, sk, name, msg->msg_namelen, 0));
	if (!name)
		return kss_rejudge_sk(&s, sk);
	cls = kss_class_of_sk(sk);
	if (!KSS_IS_INET(cls))
		return kss_judge_family(&s, sk, cls, KSS_tcp_send);
	kss_read_addr(&a, name, msg->msg_namelen, sk->__sk_common.skc_family);
	return kss_judge_addr(&s, &a, cls, kss_send_perms(cls));
}

KSS_PROG(socket_recvmsg, struct socket *sock, struct msghdr *msg, int size, int flags)
{
	struct sock *sk;

	if (!kss_ctl.rejudge)
		return 0;
	KSS_BEGIN(s);
	sk = sock->sk;
	return sk ? kss_rejudge_sk(&s, sk) : -EPERM;
}

/* A descriptor that came over a unix socket (or pidfd_getfd): what may be done with it counts, not who opened it. */
KSS_PROG(file_receive, struct file *file)
{
	struct inode *inode;
	__u32 perms = KSS_file_receive, cls;

	KSS_BEGIN(s);
	inode = file->f_inode;
	if ((inode->i_mode & S_IFMT) == S_IFSOCK) {
		struct socket *sock = file->private_data;
		struct sock *sk = BPF_CORE_READ(sock, sk);

		cls = kss_sock_class(BPF_CORE_READ(sk, __sk_common.skc_family), BPF_CORE_READ(sk, sk_type),
				     BPF_CORE_READ(sk, sk_protocol));
		return kss_judge_memo(&s, kss_self_obj(&s), cls, KSS_tcp_receive, 0, 0);
	}
	if (file->f_mode & FMODE_READ)
		perms |= KSS_file_read;
	if (file->f_mode & FMODE_WRITE)
		perms |= file->f_flags & KSS_O_APPEND ? KSS_file_append : KSS_file_write;
	s.how = KSS_HOW_FILE;
	return kss_judge_path(&s, file->f_path.dentry, file->f_path.mnt, inode, perms);
}
