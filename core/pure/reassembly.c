/* SPDX-License-Identifier: BSD-2-Clause
 * A datagram that comes in fragments. */
#include "pure/reassembly.h"

#include <assert.h>
#include <stddef.h>

enum {
	UNIT = 8, /* of offsets */
	/* An Andersson tree of the 2^13 offsets is no higher than this. */
	MOST_HIGH = 2 * 13 + 1,
};

enum { LONGEST_PAYLOAD = 65535 }; /* of IPv6, its header aside */

const struct reassembly_rules reassembly_ipv4 = {
	.longest = 65535,
	.furthest = UINT32_MAX,
	.cut = true,
	.strict = true,
};

const struct reassembly_rules reassembly_ipv6 = {
	.longest = 40 + LONGEST_PAYLOAD,
	.furthest = LONGEST_PAYLOAD,
};

/* Equal ranks on the left: turned, so that they are on the right. */
static void skew(struct piece **link)
{
	struct piece *p = *link, *l = p->left;

	if (!l || l->rank != p->rank)
		return;
	p->left = l->right;
	l->right = p;
	*link = l;
}

/* Three equal ranks in a row: the middle one rises. */
static void split(struct piece **link)
{
	struct piece *p = *link, *r = p->right;

	if (!r || !r->right || r->right->rank != p->rank)
		return;
	p->right = r->left;
	r->left = p;
	r->rank++;
	*link = r;
}

static void begin_run(struct piece *p, uint32_t end)
{
	p->left = NULL;
	p->right = NULL;
	p->rank = 1;
	p->tail = p;
	p->end = end;
}

/* Only the last run grows: where runs meet they stay two. That shows in what
 * is taken for a repetition, and is Linux's way. */
static bool extends(const struct piece *run, const struct piece *p)
{
	return run && !run->tail->next && run->end == p->offset;
}

static void follow(struct reassembly *r, struct piece *before, struct piece *p)
{
	struct piece **link = before ? &before->next : &r->first;

	p->next = *link;
	*link = p;
}

static enum reassembly_result place(struct reassembly *r, struct piece *p)
{
	struct piece **path[MOST_HIGH], **link = &r->runs;
	struct piece *run, *before = NULL;
	uint32_t end = p->offset + p->len;
	unsigned high = 0;
	bool extend;

	while ((run = *link)) {
		assert(high < MOST_HIGH);
		path[high++] = link;
		if (end <= run->offset) {
			link = &run->left;
		} else if (p->offset >= run->end) {
			before = run;
			link = &run->right;
		} else {
			return p->offset >= run->offset && end <= run->end
				       ? PIECE_REFUSED
				       : PIECE_FATAL;
		}
	}
	extend = extends(before, p);
	follow(r, before ? before->tail : NULL, p);
	if (extend) {
		before->tail = p;
		before->end = end;
		return PIECE_HELD;
	}
	begin_run(p, end);
	*link = p;
	while (high--) {
		skew(path[high]);
		split(path[high]);
	}
	return PIECE_HELD;
}

/* Where the datagram ends is known from its last fragment, and how far it
 * reaches at least from the others. Even a repetition may tell. */
static bool reach(struct reassembly *r, const struct piece *p)
{
	uint32_t end = p->offset + p->len;

	if (p->last) {
		if (end < r->total || (r->has_last && end != r->total))
			return false;
		r->has_last = true;
		r->total = end;
	} else if (end > r->total) {
		if (r->has_last)
			return false;
		r->total = end;
	}
	return true;
}

static void note(struct reassembly *r, const struct piece *p)
{
	uint16_t size = (uint16_t)(p->before + p->own + p->len);

	r->have += p->len;
	r->ecns |= (uint8_t)(1 << p->ecn);
	if (size > r->longest)
		r->longest = size;
	if (p->df && size > r->longest_df)
		r->longest_df = size;
}

enum reassembly_result reassembly_add(struct reassembly *r, struct piece *p,
				      const struct reassembly_rules *rules)
{
	enum reassembly_result result;
	bool odd = !p->last && p->len % UNIT;

	if (p->offset + p->len > rules->furthest)
		return PIECE_REFUSED;
	if (odd && !rules->cut)
		return PIECE_FATAL;
	if (odd)
		p->len -= p->len % UNIT;
	if (!reach(r, p) || !p->len)
		return rules->strict ? PIECE_FATAL : PIECE_REFUSED;
	result = place(r, p);
	if (result != PIECE_HELD)
		return result;
	note(r, p);
	return r->has_last && r->have == r->total ? PIECE_LAST : PIECE_HELD;
}

bool reassembly_sound(const struct reassembly *r,
		      const struct reassembly_rules *rules)
{
	enum { NOT_ECT = 1 << 0 };

	return r->first->before + r->total <= rules->longest &&
	       (!(r->ecns & NOT_ECT) || r->ecns == NOT_ECT);
}
