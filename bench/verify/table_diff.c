/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Both sides sorted by their original tuple, then walked together. */
#include "verify/table_diff.h"

#include <stdlib.h>
#include <string.h>

enum { TOLERANCE_S = 2 };

static void take(struct table_diff *d, enum table_side side,
		 const struct nat_conntrack *ct)
{
	struct region *list = &d->list[side];

	if (!region_reserve(list, sizeof(*ct))) {
		d->failed = true;
		return;
	}
	memcpy(list->base + list->used, ct, sizeof(*ct));
	list->used += sizeof(*ct);
}

void table_diff_kernel(void *diff, const struct nat_conntrack *ct)
{
	take(diff, TABLE_KERNEL, ct);
}

void table_diff_core(void *diff, const struct nat_conntrack *ct)
{
	take(diff, TABLE_CORE, ct);
}

static int by_tuple(const void *a, const void *b)
{
	const struct nat_conntrack *x = a, *y = b;

	return memcmp(&x->tuple[NAT_ORIGINAL], &y->tuple[NAT_ORIGINAL],
		      sizeof(x->tuple[NAT_ORIGINAL]));
}

static bool near(uint32_t a, uint32_t b, uint32_t tolerance)
{
	return (a > b ? a - b : b - a) <= tolerance;
}

static bool same_tuple(const struct nat_conntrack *a,
		       const struct nat_conntrack *b, enum nat_dir dir)
{
	return !memcmp(&a->tuple[dir], &b->tuple[dir], sizeof(a->tuple[dir]));
}

static bool same_counters(const struct nat_conntrack *a,
			  const struct nat_conntrack *b)
{
	return !memcmp(a->packets, b->packets, sizeof(a->packets)) &&
	       !memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

/* What is different in two entries of the same original tuple; NULL: nothing.
 */
static const char *difference(const struct table_diff *d,
			      const struct nat_conntrack *kernel,
			      const struct nat_conntrack *core)
{
	if (!same_tuple(kernel, core, NAT_REPLY))
		return "reply tuple";
	if (kernel->status != core->status)
		return "status";
	if (kernel->tcp_state != core->tcp_state)
		return "tcp state";
	if (kernel->sctp_state != core->sctp_state)
		return "sctp state";
	if (memcmp(kernel->sctp_vtag, core->sctp_vtag,
		   sizeof(core->sctp_vtag)) != 0)
		return "sctp tag";
	if (!near(kernel->timeout_s, core->timeout_s, TOLERANCE_S + d->took_s))
		return "timeout";
	if (kernel->mark != core->mark)
		return "mark";
	if (kernel->acct != core->acct || !same_counters(kernel, core))
		return "counters";
	return NULL;
}

struct comparison {
	struct table_diff *diff;
	void (*fn)(void *ctx, const struct table_entry_diff *e);
	void *ctx;
};

static void tell(const struct comparison *c, const char *what,
		 const struct nat_conntrack *kernel,
		 const struct nat_conntrack *core)
{
	struct table_entry_diff e = {.what = what};

	c->diff->compared++;
	if (!what)
		return;
	c->diff->differ++;
	e.has[TABLE_KERNEL] = kernel;
	e.has[TABLE_CORE] = core;
	if (kernel)
		e.ct[TABLE_KERNEL] = *kernel;
	if (core)
		e.ct[TABLE_CORE] = *core;
	if (c->fn)
		c->fn(c->ctx, &e);
}

/* An entry of one side only; one about to expire may be gone already. */
static void tell_lonely(const struct comparison *c, enum table_side side,
			const struct nat_conntrack *ct)
{
	bool kernel = side == TABLE_KERNEL;

	if (ct->timeout_s >= TOLERANCE_S + c->diff->took_s)
		tell(c, kernel ? "only in the kernel" : "only in the core",
		     kernel ? ct : NULL, kernel ? NULL : ct);
}

static size_t sort(struct region *list)
{
	size_t n = list->used / sizeof(struct nat_conntrack);

	if (n)
		qsort(list->base, n, sizeof(struct nat_conntrack), by_tuple);
	return n;
}

static const struct nat_conntrack *entry(const struct region *list, size_t i)
{
	return (const struct nat_conntrack *)(const void *)list->base + i;
}

/* A region's bytes beyond used are to be zero. */
static void forget(struct region *list)
{
	if (list->used)
		memset(list->base, 0, list->used);
	list->used = 0;
}

void table_diff_run(struct table_diff *d,
		    void (*fn)(void *ctx, const struct table_entry_diff *e),
		    void *ctx)
{
	const struct comparison c = {d, fn, ctx};
	struct region *list = d->list;
	size_t n = sort(&list[TABLE_KERNEL]), m = sort(&list[TABLE_CORE]);
	size_t i = 0, j = 0;

	while (i < n || j < m) {
		const struct nat_conntrack *a = entry(&list[TABLE_KERNEL], i);
		const struct nat_conntrack *b = entry(&list[TABLE_CORE], j);
		int order = i == n ? 1 : j == m ? -1 : by_tuple(a, b);

		if (order < 0)
			tell_lonely(&c, TABLE_KERNEL, a);
		else if (order)
			tell_lonely(&c, TABLE_CORE, b);
		else
			tell(&c, difference(d, a, b), a, b);
		i += order <= 0;
		j += order >= 0;
	}
	forget(&list[TABLE_KERNEL]);
	forget(&list[TABLE_CORE]);
}

void table_diff_fini(struct table_diff *d)
{
	for (unsigned i = 0; i < TABLE_SIDES; i++)
		region_free(&d->list[i]);
}
