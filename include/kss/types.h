/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The one file that knows which compiler and environment the shared headers are compiled in: BPF, kernel module, user
 * space C or C++; it supplies fixed-width and little-endian types and a few attributes.
 *
 * BPF: include bpf/vmlinux.h (our own) first. Module: <linux/types.h> is taken from the kernel.
 */
#ifndef KSS_TYPES_H
#define KSS_TYPES_H

#if defined(__bpf__)
/* __u8 … __u64 come from the BPF side's kernel type header. */
#elif defined(__KERNEL__)
#include <linux/types.h>
#include <linux/string.h>
#else
#include <linux/types.h>
#include <string.h>
#endif

/* Little-endian on disk and in maps; plain integers that kss_get*() turn to the machine's order. */
typedef __u16 kss_le16;
typedef __u32 kss_le32;
typedef __u64 kss_le64;

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
static inline __u16 kss_get16(kss_le16 v) { return __builtin_bswap16(v); }
static inline __u32 kss_get32(kss_le32 v) { return __builtin_bswap32(v); }
static inline __u64 kss_get64(kss_le64 v) { return __builtin_bswap64(v); }
#else
static inline __u16 kss_get16(kss_le16 v) { return v; }
static inline __u32 kss_get32(kss_le32 v) { return v; }
static inline __u64 kss_get64(kss_le64 v) { return v; }
#endif

#if defined(__bpf__)
#define KSS_INLINE static inline __attribute__((always_inline))
#else
#define KSS_INLINE static inline
#endif
/* A function that stays one in BPF, for the sake of its 512 bytes of stack. */
#if defined(__bpf__)
#define KSS_SUB static __attribute__((noinline))
#else
#define KSS_SUB static inline
#endif
/* A loop's body, see KSS_REPEAT in core.h. */
#if defined(__bpf__)
#define KSS_BODY __attribute__((noinline)) long
#else
#define KSS_BODY inline long
#endif
/* Hides a value's range from the compiler, so that it keeps a mask that the BPF verifier needs. */
#if defined(__bpf__)
#define kss_opaque(x) asm volatile("" : "+r"(x))
#else
#define kss_opaque(x) ((void)0)
#endif
/* Makes the BPF verifier forget what it knows of `x`, so that ways through a loop that differ in nothing else are one to it.
 * `u`: a number that it does not know, of the same width. */
#if defined(__bpf__)
#define kss_forget(x, u) asm volatile("%0 ^= %1\n%0 ^= %1" : "+r"(x) : "r"(u))
#else
#define kss_forget(x, u) ((void)0)
#endif
/* A chunk's number in the making. As wide as a register in BPF, which spares it cutting each sum back to 32 bits; a sum
 * that would not fit 32 bits is out of range either way. */
#if defined(__bpf__)
typedef __u64 kss_index;
#else
typedef __u32 kss_index;
#endif
#define kss_likely(x) __builtin_expect(!!(x), 1)
#define kss_unlikely(x) __builtin_expect(!!(x), 0)

#endif
