/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A generator's packets, one at a time. */
#include "verify/fuzz_feed.h"

#include <string.h>

static bool next(void *ctx, struct feed *f)
{
	struct fuzz_feed *z = ctx;
	struct traffic_packet p;

	if (z->made == z->most)
		return false;
	p = traffic_next(z->traffic);
	*f = (struct feed){
		.data = p.data,
		.len = p.len,
		.in_if = p.in_if,
		.group = p.group,
		.number = ++z->made,
	};
	return true;
}

static void learn(void *ctx, const struct feed_outcome *o)
{
	struct fuzz_feed *z = ctx;

	for (size_t i = 0; i < o->n; i++)
		traffic_left(z->traffic, o->sent[i].out_if, o->sent[i].data,
			     o->sent[i].len);
}

struct feeder fuzz_feeder(struct fuzz_feed *z)
{
	return (struct feeder){next, learn, z};
}

void fuzz_timeouts(struct nat_sysctl *s)
{
	enum { HOUR = 3600 };
	const struct {
		const char *name;
		uint32_t usual, *now;
	} row[] = {
#define X(name, value) {#name, value, &s->name},
		NAT_SYSCTLS(X)
#undef X
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		if (strstr(row[i].name, "timeout") &&
		    *row[i].now == row[i].usual)
			*row[i].now += HOUR;
}
