/* SPDX-License-Identifier: BSD-2-Clause
 * The net.netfilter.nf_conntrack_* settings by name (spec 11.1). */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "natcore.h"
#include "text/scan.h"
#include "util.h"

static const struct {
	const char *name;
	size_t offset;
} field[] = {
#define X(name, value) {#name, offsetof(struct nat_sysctl, name)},
	NAT_SYSCTLS(X)
#undef X
};

void nat_sysctl_defaults(struct nat_sysctl *s)
{
	*s = (struct nat_sysctl){
#define X(name, value) .name = (value),
		NAT_SYSCTLS(X)
#undef X
	};
}

int nat_sysctl_set(struct nat_sysctl *s, const char *name, const char *value)
{
	static const char prefix[] = "net.netfilter.nf_conntrack_";
	uint32_t number = 0;

	if (!strncmp(name, prefix, sizeof(prefix) - 1))
		name += sizeof(prefix) - 1;
	for (size_t i = 0; i < ARRAY_LEN(field); i++) {
		if (strcmp(field[i].name, name) != 0)
			continue;
		if (!scan_u32(value, UINT32_MAX, &number))
			return -EINVAL;
		memcpy((char *)s + field[i].offset, &number, sizeof(number));
		return 0;
	}
	return -ENOENT;
}
