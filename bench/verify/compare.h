/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the kernel sent for a packet against what the core sent: interface by
 * interface, in order, byte for byte. */
#ifndef NATBENCH_COMPARE_H
#define NATBENCH_COMPARE_H

#include <stdbool.h>

#include "verify/feed.h"

enum { KIND_NAME = 64 };

struct sent_list {
	const struct sent *sent;
	size_t n;
	const struct sent *forwarded; /* within; NULL: none */
	bool answers; /* what came went no further: these are the router's */
};

struct difference {
	const struct sent *kernel, *core; /* NULL: it sent nothing like it */
	char kind[KIND_NAME];
};

/* What may differ without being wrong, by name. */
struct allowance {
	unsigned ip_id;   /* the router's own packets bear ids of its choice */
	unsigned frag_id; /* so do all fragments that it makes of IPv6 */
	unsigned clock;   /* times of day within a packet */
	unsigned waited;  /* only one says now that it waited in vain */
};

/* False: they differ, and @d says how, first difference first. */
bool compare_sent(const struct sent_list *kernel, const struct sent_list *core,
		  struct allowance *allowed, struct difference *d);

#endif
