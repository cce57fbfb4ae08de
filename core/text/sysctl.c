/* SPDX-License-Identifier: BSD-2-Clause
 * The net.netfilter.nf_conntrack_* settings by name (spec 11.1). */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "clock.h"
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

/* The kernel's, of which nothing here depends: taken, looked at, forgotten. */
static const char *const idle[] = {
	"buckets",
	"expect_max",
	"frag6_low_thresh",
	"log_invalid",
};

/* The greatest value that Linux takes; the least is 0. */
static const struct {
	const char *name;
	uint32_t most;
} bound[] = {
	{"acct", 1},          {"checksum", 1},
	{"timestamp", 1},     {"tcp_be_liberal", 1},
	{"tcp_loose", 1},     {"tcp_ignore_invalid_rst", 1},
	{"events", 2},        {"tcp_max_retrans", 255},
	{"log_invalid", 255},
};

static uint32_t most_of(const char *name)
{
	if (strstr(name, "timeout")) /* kept in ticks, signed */
		return INT32_MAX / TICKS_PER_S;
	for (size_t i = 0; i < ARRAY_LEN(bound); i++)
		if (!strcmp(bound[i].name, name))
			return bound[i].most;
	return UINT32_MAX;
}

/* Where the value of @name goes; *@err says why it goes nowhere. */
static void *place_of(struct nat_sysctl *s, const char *name, int *err)
{
	for (size_t i = 0; i < ARRAY_LEN(field); i++)
		if (!strcmp(field[i].name, name))
			return (char *)s + field[i].offset;
	*err = strcmp(name, "count") != 0 ? -ENOENT : -EACCES;
	for (size_t i = 0; i < ARRAY_LEN(idle); i++)
		if (!strcmp(idle[i], name))
			*err = 0;
	return NULL;
}

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
	void *place;
	int err = 0;

	if (!strncmp(name, prefix, sizeof(prefix) - 1))
		name += sizeof(prefix) - 1;
	place = place_of(s, name, &err);
	if (err)
		return err;
	if (!scan_u32(value, UINT32_MAX, &number))
		return -EINVAL;
	if (number > most_of(name))
		return -ERANGE;
	if (place)
		memcpy(place, &number, sizeof(number));
	return 0;
}
