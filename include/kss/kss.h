/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libkss: compile policies, ask them questions, put them in force, from C.
 *
 * Ownership: a function that gives out a handle or a string says who frees it; a handle is freed by its own function,
 * which takes NULL too. Strings that a handle gives out live as long as the handle.
 *
 * Threads: a struct kss_policy never changes once made: any number of threads may use one, but it must not be freed
 * while one does. Functions that touch the kernel (kss_load and below) may be called from any thread; two processes
 * that change the policy wait for each other. kss_enter changes the calling thread alone. kss_last_error is the
 * calling thread's own.
 *
 * Errors: functions return KSS_OK or another enum kss_status, the numbers being kss-load's exit codes;
 * kss_last_error() then has a sentence about it. No function prints, exits or raises a signal.
 */
#ifndef KSS_KSS_H
#define KSS_KSS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define KSS_API __attribute__((visibility("default")))
#else
#define KSS_API
#endif

/* Grows by one with each addition; what it counted before stays. */
#define KSS_LIB_VERSION 1u

enum kss_status {
	KSS_OK = 0,
	KSS_E_INTERNAL = 1,   /* out of memory, a file that can't be read or written, a fault of the library */
	KSS_E_USAGE = 2,      /* an argument is NULL, out of range, or names what the policy does not have */
	KSS_E_POLICY = 3,     /* the policy or image has errors */
	KSS_E_KERNEL = 4,     /* the kernel refused, or cannot enforce the policy */
	KSS_E_STATE = 5,      /* no policy is loaded, or one is already */
	KSS_E_PERMISSION = 6, /* not permitted */
	KSS_E_SEALED = 7      /* the policy is sealed, or a signature is wrong */
};

/* KSS_LIB_VERSION of the library that is linked. */
KSS_API unsigned int kss_lib_version(void);
/* A status in a few words. Static; never NULL. */
KSS_API const char *kss_strerror(int status);
/*
 * What went wrong in this thread's last call that returned another value than KSS_OK; for a policy text all its
 * errors, one a line, as file:line:column: error: message. Valid until this thread's next call; never NULL.
 */
KSS_API const char *kss_last_error(void);

/* ---- policies in memory ---- */

struct kss_policy; /* a compiled policy */

/*
 * Reads, checks and compiles a YAML policy. `include_dirs`: NULL, or directories searched for included files, ended
 * by NULL. On success *out is the caller's, to be freed by kss_policy_free; else it is set to NULL.
 */
KSS_API int kss_policy_compile(const char *path, const char *const *include_dirs, struct kss_policy **out);
/* The same for a text in memory; `name` stands for the file in messages. */
KSS_API int kss_policy_compile_text(const char *text, const char *name, const char *const *include_dirs,
				    struct kss_policy **out);
/* Takes a copy of an image's bytes, once they are found to be valid. */
KSS_API int kss_policy_from_image(const void *image, size_t size, struct kss_policy **out);
/* Reads an image file. */
KSS_API int kss_policy_open(const char *path, struct kss_policy **out);
KSS_API void kss_policy_free(struct kss_policy *policy);

/* The image: what kss_policy_from_image and devices take. The bytes are the handle's. */
KSS_API const void *kss_policy_image(const struct kss_policy *policy, size_t *size);
KSS_API const char *kss_policy_name(const struct kss_policy *policy);
KSS_API uint32_t kss_policy_version(const struct kss_policy *policy);
/* Warnings of the compiler, one a line; "" if there are none. The handle's. */
KSS_API const char *kss_policy_warnings(const struct kss_policy *policy);
/* Domains and objects by number, from 0; NULL at the end. Some object numbers have no name: "". The handle's. */
KSS_API const char *kss_policy_domain(const struct kss_policy *policy, uint32_t number);
KSS_API const char *kss_policy_object(const struct kss_policy *policy, uint32_t number);

/*
 * The type of an object; *type is the handle's. `target` is "/a/path", "@abstract name", "tcp 10.0.0.1 port 80",
 * "char 1:3", "family netlink route". `cls` is the class of the access: what a path means depends on it.
 */
KSS_API int kss_label(const struct kss_policy *policy, const char *target, const char *cls, const char **type);

struct kss_decision {
	int granted;  /* 1: all that was asked is allowed */
	int enforced; /* 0: domain or policy is permissive, a denial would only be reported */
	int audited;  /* 1: a record would be written */
	/* Permissions that are missing, with blanks between: "read write"; "" if granted. Cut short if it doesn't fit. */
	char denied[256];
};

/*
 * What the policy says about an access, as the kernel would. `object` is a type, a domain or "self"; for what has a
 * label, see kss_label. `perms` are permissions of the class with blanks or commas between. KSS_OK means that there is
 * a decision, not that it is a grant.
 */
KSS_API int kss_decide(const struct kss_policy *policy, const char *domain, const char *object, const char *cls,
		       const char *perms, struct kss_decision *out);

/* ---- the kernel ---- */

#define KSS_ALLOW_DEGRADED 1u /* go on although this kernel can't mediate all of the policy */
#define KSS_DRY_RUN 2u        /* try everything, put nothing in force */

#define KSS_RESERVE_ANY 0xffffffffu /* policies of any size; each decision costs somewhat more */

struct kss_options {
	size_t size;           /* sizeof(struct kss_options): later versions may append members */
	unsigned int flags;    /* KSS_ALLOW_DEGRADED, KSS_DRY_RUN */
	uint32_t audit_rate;   /* records a second for each domain and class; 0 = the default, 50 */
	const char *btf_path;  /* NULL = the kernel's own */
	const char *pin_dir;   /* NULL = /sys/fs/bpf/kss */
	const char *state_dir; /* NULL = /run/kss */
	const char *seal_key;  /* NULL = don't seal; PEM file with an Ed25519 public key */
	uint32_t reserve_bytes; /* load: room in the kernel for the policies of later swaps, or KSS_RESERVE_ANY; 0 = twice this one,
				 * at least 256 KiB */
};

/*
 * Puts a policy in force where none is: all of it or, on any error, nothing. `options` may be NULL. *generation (may
 * be NULL) is the number that audit records name the policy by. Takes root.
 */
KSS_API int kss_load(const struct kss_policy *policy, const struct kss_options *options, uint32_t *generation);
/* Replaces the policy in force in one step. */
KSS_API int kss_swap(const struct kss_policy *policy, const struct kss_options *options, uint32_t *generation);
KSS_API int kss_unload(const struct kss_options *options);

struct kss_report {
	int loaded, armed, permissive, sealed; /* all 0 if no policy is loaded */
	uint32_t generation, version;
	uint64_t kernel_bytes;
	uint64_t decisions, denials, lost; /* events judged and refused; audit records lost */
	char name[256];                    /* of the policy; cut short if it doesn't fit */
};

/* KSS_OK whether a policy is loaded or not. */
KSS_API int kss_inquire(const struct kss_options *options, struct kss_report *out);

/*
 * Puts the calling thread into a domain of the policy in force, which it can't leave again. KSS_E_PERMISSION too if the
 * domain may not have a descriptor that is open, or if others share the table of descriptors, as the threads of a
 * program do: unshare(CLONE_FILES) gives the thread one of its own.
 */
KSS_API int kss_enter(const char *domain);

#ifdef __cplusplus
}
#endif

#endif
