/* SPDX-License-Identifier: BSD-2-Clause */
/* libkss from C: what it gives out, what it refuses, and that refusing leaves nothing behind. */
#undef NDEBUG
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "kss/kss.h"

static void decisions(const struct kss_policy *p)
{
	struct kss_decision d;
	const char *type = NULL;

	assert(kss_label(p, "/srv/hmi/index.html", "file", &type) == KSS_OK && !strcmp(type, "hmi_content"));
	assert(kss_label(p, "/nowhere", "file", &type) == KSS_OK && !strcmp(type, "unlabeled"));
	assert(kss_label(p, "tcp 10.7.1.2 port 502", "tcp", &type) == KSS_OK && !strcmp(type, "fieldbus"));
	assert(kss_label(p, "@plc-control", "unix", &type) == KSS_OK && !strcmp(type, "control"));
	assert(kss_label(p, "relative", "file", &type) == KSS_E_USAGE && strlen(kss_last_error()) > 0);

	assert(kss_decide(p, "hmi", "hmi_content", "file", "open read", &d) == KSS_OK && d.granted && !d.denied[0]);
	assert(kss_decide(p, "hmi", "hmi_content", "file", "read,write,append", &d) == KSS_OK && !d.granted && d.enforced);
	assert(!strcmp(d.denied, "write append"));
	assert(kss_decide(p, "plc", "self", "capability", "net_raw", &d) == KSS_OK && d.granted);
	assert(kss_decide(p, "plc", "self", "capability", "bpf", &d) == KSS_OK && !d.granted);
	assert(kss_decide(p, "unconfined", "plc_config", "file", "write", &d) == KSS_OK && d.granted);
	assert(kss_decide(p, "nobody", "plc_config", "file", "write", &d) == KSS_E_USAGE);
	assert(strstr(kss_last_error(), "nobody"));
	assert(kss_decide(p, "hmi", "plc_config", "file", "wriet", &d) == KSS_E_USAGE);
	assert(kss_decide(p, "hmi", "plc_config", "file", "", &d) == KSS_E_USAGE);
	assert(kss_decide(NULL, "hmi", "plc_config", "file", "read", &d) == KSS_E_USAGE);
}

static void refusals(const struct kss_policy *p)
{
	struct kss_policy *q = (struct kss_policy *)p;
	struct kss_options o = {0};
	struct kss_report r;
	size_t size = 0;
	const void *image = kss_policy_image(p, &size);

	assert(kss_policy_from_image(image, size - 64, &q) == KSS_E_POLICY && !q);
	assert(kss_policy_from_image("x", 1, &q) == KSS_E_POLICY && !q);
	assert(kss_policy_compile("/no/such/file", NULL, &q) == KSS_E_POLICY && !q);
	assert(kss_policy_compile_text("policy: x\nversion: no\n", "text", NULL, &q) == KSS_E_POLICY && !q);
	assert(strstr(kss_last_error(), "text:2:"));
	assert(kss_policy_open("/no/such/file", &q) == KSS_E_INTERNAL && !q);
	assert(kss_policy_compile(NULL, NULL, &q) == KSS_E_USAGE);
	assert(kss_inquire(&o, &r) == KSS_E_USAGE); /* size is not set */
	o.size = sizeof(o);
	o.flags = 0x80;
	assert(kss_load(p, &o, NULL) == KSS_E_USAGE);
	o.flags = 0;
	o.pin_dir = "/sys/fs/bpf/kss-no-such-pins";
	assert(kss_inquire(&o, &r) != KSS_OK || !r.loaded);
	kss_policy_free(NULL);
}

int main(int argc, char **argv)
{
	struct kss_policy *p = NULL, *again = NULL;
	const void *image;
	size_t size = 0;
	unsigned int i;

	assert(argc == 2);
	assert(kss_lib_version() == KSS_LIB_VERSION);
	for (i = 0; i < 8; i++)
		assert(strcmp(kss_strerror((int)i), kss_strerror(99)));
	assert(kss_policy_compile(argv[1], NULL, &p) == KSS_OK);
	assert(!strcmp(kss_policy_name(p), "gateway") && kss_policy_version(p) == 7);
	assert(!strcmp(kss_policy_domain(p, 0), "unconfined") && !kss_policy_domain(p, 99));
	decisions(p);
	refusals(p);

	image = kss_policy_image(p, &size);
	assert(image && size % 64 == 0);
	assert(kss_policy_from_image(image, size, &again) == KSS_OK);
	kss_policy_free(p); /* the copy is its own */
	decisions(again);
	kss_policy_free(again);
	puts("ok");
	return 0;
}
