/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Interval maps: made by sweeping sorted lists side by side, frozen into an
 * array with an index by top byte. */
#include "decide/interval.h"

#include <arpa/inet.h>
#include <stdlib.h>

addr_num addr_to_num(uint8_t family, const struct nat_addr *a)
{
	addr_num num = ntohl(a->w[0]);

	for (int i = 1; family == 6 && i < 4; i++)
		num = num << 32 | ntohl(a->w[i]);
	return num;
}

struct nat_addr num_to_addr(uint8_t family, addr_num num)
{
	struct nat_addr a = {0};

	for (int i = family == 6 ? 3 : 0; i >= 0; i--, num >>= 32)
		a.w[i] = htonl((uint32_t)num);
	return a;
}

addr_num prefix_end(uint8_t family, addr_num start, uint8_t len)
{
	unsigned host = family_bits(family) - len;
	addr_num ones = ~(addr_num)0;

	return host == 128 ? ones : start | ~(ones << host);
}

void spans_free(struct spans *s)
{
	free(s->v);
	*s = (struct spans){0};
}

bool spans_push(struct spans *s, addr_num start, uint32_t value)
{
	if (s->n && s->v[s->n - 1].start == start)
		s->n--; /* an empty span */
	if (s->n && s->v[s->n - 1].value == value)
		return true;
	if (s->n == s->room) {
		size_t room = s->room * 2 + 16;
		struct span *v = realloc(s->v, room * sizeof(*v));

		if (!v)
			return false;
		s->v = v;
		s->room = room;
	}
	s->v[s->n++] = (struct span){start, value};
	return true;
}

/* The sweep over sorted prefixes: those that hold the place where it is, one
 * inside the other. */
struct sweep {
	struct spans *out;
	const struct span_prefix *p;
	uint8_t family;
	uint8_t depth;
	uint32_t inside[129]; /* indices in p */
};

static addr_num innermost_end(const struct sweep *s)
{
	const struct span_prefix *p = &s->p[s->inside[s->depth - 1]];

	return prefix_end(s->family, p->start, p->len);
}

/* Leaves the innermost prefix: the one around it shows again. */
static bool sweep_leave(struct sweep *s)
{
	addr_num next = innermost_end(s) + 1;
	uint32_t value = SPAN_NONE;

	s->depth--;
	if (s->depth)
		value = s->p[s->inside[s->depth - 1]].value;
	return spans_push(s->out, next, value);
}

bool spans_of_prefixes(struct spans *out, uint8_t family,
		       const struct span_prefix *p, size_t n)
{
	struct sweep s = {.out = out, .p = p, .family = family};
	addr_num last = prefix_end(family, 0, 0);

	out->n = 0;
	if (!spans_push(out, 0, SPAN_NONE))
		return false;
	for (size_t i = 0; i < n; i++) {
		while (s.depth && innermost_end(&s) < p[i].start)
			if (!sweep_leave(&s))
				return false;
		s.inside[s.depth++] = (uint32_t)i;
		if (!spans_push(out, p[i].start, p[i].value))
			return false;
	}
	/* what ends with the last address has nothing after it */
	while (s.depth && innermost_end(&s) != last)
		if (!sweep_leave(&s))
			return false;
	return true;
}

bool spans_overlay(struct spans *out, const struct spans *top,
		   const struct spans *bottom)
{
	size_t t = 0, b = 0;
	uint32_t over = SPAN_NONE, under = SPAN_NONE;

	out->n = 0;
	while (t < top->n || b < bottom->n) {
		addr_num at = t < top->n ? top->v[t].start : bottom->v[b].start;

		if (b < bottom->n && bottom->v[b].start < at)
			at = bottom->v[b].start;
		if (t < top->n && top->v[t].start == at)
			over = top->v[t++].value;
		if (b < bottom->n && bottom->v[b].start == at)
			under = bottom->v[b++].value;
		if (!spans_push(out, at, over != SPAN_NONE ? over : under))
			return false;
	}
	return true;
}

bool spans_clip(struct spans *out, uint8_t family, const struct spans *in,
		const struct span_prefix *to)
{
	addr_num first = to->start;
	addr_num last = prefix_end(family, first, to->len);

	out->n = 0;
	if (first && !spans_push(out, 0, SPAN_NONE))
		return false;
	for (size_t i = 0; i < in->n && in->v[i].start <= last; i++) {
		bool holds_first = i + 1 == in->n || in->v[i + 1].start > first;
		addr_num at = in->v[i].start < first ? first : in->v[i].start;

		if (holds_first && !spans_push(out, at, in->v[i].value))
			return false;
	}
	return last == prefix_end(family, 0, 0) ||
	       spans_push(out, last + 1, SPAN_NONE);
}

bool spans_convert(struct spans *out, const struct spans *in,
		   uint32_t (*fn)(const void *ctx, uint32_t value),
		   const void *ctx)
{
	out->n = 0;
	for (size_t i = 0; i < in->n; i++)
		if (!spans_push(out, in->v[i].start, fn(ctx, in->v[i].value)))
			return false;
	return true;
}

static void index_top_bytes(struct interval_map *m, uint8_t family,
			    const struct spans *s)
{
	unsigned shift = family_bits(family) - 8u;
	uint32_t at = 0;

	for (uint32_t top = 0; top < 256; top++) {
		while (at + 1 < s->n && s->v[at + 1].start <= (addr_num)top
								      << shift)
			at++;
		m->first[top] = at;
	}
	m->first[256] = (uint32_t)s->n - 1;
}

bool interval_map_make(struct interval_map *m, uint8_t family,
		       const struct spans *s)
{
	size_t each = family == 4 ? sizeof(*m->v4) : sizeof(*m->v6);

	_Static_assert(_Alignof(max_align_t) >= _Alignof(struct interval6),
		       "malloc() aligns well enough");
	m->n = (uint32_t)s->n;
	m->any = malloc(s->n * each);
	if (!m->any)
		return false;
	for (size_t i = 0; i < s->n; i++) {
		if (family == 4)
			m->v4[i] = (struct interval4){(uint32_t)s->v[i].start,
						      s->v[i].value};
		else
			m->v6[i] = (struct interval6){s->v[i].start,
						      s->v[i].value};
	}
	index_top_bytes(m, family, s);
	return true;
}

void interval_map_free(struct interval_map *m)
{
	free(m->any);
	m->any = NULL;
}

uint32_t interval_find6(const struct interval_map *m,
			const struct nat_addr *addr)
{
	addr_num num = addr_to_num(6, addr);
	const uint32_t *first = &m->first[num >> 120];
	const struct interval6 *at = m->v6 + first[0];

	for (uint32_t n = first[1] - first[0] + 1, half; n > 1; n -= half) {
		half = n / 2;
		at += at[half].start <= num ? half : 0;
	}
	return at->value;
}
