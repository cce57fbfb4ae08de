/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Equal packets are paired first; what is left over is the difference. */
#include "verify/compare.h"

#include <stdio.h>
#include <string.h>

#include "explain/fields.h"
#include "replay/wire.h"

enum { IPV4_HEADER = 20, ID_AT = 4, SUM_AT = 10 };

static bool same(const struct sent *a, const struct sent *b)
{
	return a->out_if == b->out_if && a->len == b->len &&
	       !memcmp(a->data, b->data, a->len);
}

/* The same IPv4 packet but for its identification, both with a good header
 * checksum. */
static bool same_but_id(const struct sent *a, const struct sent *b)
{
	struct wire wa, wb;
	size_t rest = SUM_AT + 2;

	return a->out_if == b->out_if && a->len == b->len &&
	       a->len >= IPV4_HEADER && wire_parse(&wa, a->data, a->len) &&
	       wire_parse(&wb, b->data, b->len) && wa.shape.family == 4 &&
	       wire_ip_sum_ok(a->data, &wa) && wire_ip_sum_ok(b->data, &wb) &&
	       !memcmp(a->data, b->data, ID_AT) &&
	       !memcmp(a->data + ID_AT + 2, b->data + ID_AT + 2,
		       SUM_AT - ID_AT - 2) &&
	       !memcmp(a->data + rest, b->data + rest, a->len - rest);
}

/* An ICMP timestamp reply, or a packet with an IP timestamp option: both have
 * milliseconds that the two read off their clocks one after the other. */
static bool tells_time(const struct sent *s)
{
	enum { TIMESTAMP_REPLY = 14, OPTION_TIMESTAMP = 68 };
	struct wire w;

	if (!wire_parse(&w, s->data, s->len) || w.shape.family != 4)
		return false;
	if (w.shape.kind == WIRE_QUERY && w.icmp_type == TIMESTAMP_REPLY)
		return true;
	return w.shape.l4 > IPV4_HEADER &&
	       memchr(s->data + IPV4_HEADER, OPTION_TIMESTAMP,
		      (size_t)w.shape.l4 - IPV4_HEADER);
}

static bool same_but_time(const struct sent *a, const struct sent *b)
{
	return a->out_if == b->out_if && a->len == b->len && tells_time(a) &&
	       tells_time(b);
}

enum likeness { UNLIKE, TIME_DIFFERS, ID_DIFFERS, EQUAL };

static enum likeness likeness(const struct sent *kernel,
			      const struct sent *core, bool own)
{
	if (same(kernel, core))
		return EQUAL;
	if (own && same_but_id(kernel, core))
		return ID_DIFFERS;
	if (same_but_time(kernel, core))
		return TIME_DIFFERS;
	return UNLIKE;
}

static void name_bytes(struct difference *d)
{
	struct field_change change[FIELDS_MOST];
	size_t n = fields_compare(d->core->data, d->core->len, d->kernel->data,
				  d->kernel->len, change);
	size_t i = 0;

	/* a checksum follows from what it covers */
	while (i + 1 < n && strstr(change[i].name, "checksum"))
		i++;
	(void)snprintf(d->kind, sizeof(d->kind), "differs in %s",
		       n ? change[i].name : "length");
}

/* Out of line: its stack is not wanted for packets that agree. */
__attribute__((noinline)) static void name(struct difference *d)
{
	if (!d->core)
		(void)snprintf(d->kind, sizeof(d->kind),
			       "only the kernel sent");
	else if (!d->kernel)
		(void)snprintf(d->kind, sizeof(d->kind), "only the core sent");
	else if (d->kernel->out_if != d->core->out_if)
		(void)snprintf(d->kind, sizeof(d->kind), "interface");
	else if (same(d->kernel, d->core))
		(void)snprintf(d->kind, sizeof(d->kind), "order");
	else
		name_bytes(d);
}

/* Has the router chosen the packet's id? Fragments of what it forwards keep
 * that of their datagram. */
static bool is_own(const struct sent_list *l, const struct sent *s)
{
	struct wire w;

	if (s == l->forwarded || !wire_parse(&w, s->data, s->len))
		return false;
	return w.fragment == WIRE_WHOLE || l->answers;
}

/* Which of the kernel's packets have their like among the core's. */
struct pairing {
	const struct sent_list *kernel;
	size_t first; /* that has none */
	uint64_t paired[SENT_MOST / 64];
};

static bool is_paired(const struct pairing *p, size_t i)
{
	return p->paired[i / 64] >> i % 64 & 1;
}

static void set_paired(struct pairing *p, size_t i)
{
	p->paired[i / 64] |= UINT64_C(1) << i % 64;
	while (p->first < p->kernel->n && is_paired(p, p->first))
		p->first++;
}

/* What left by one interface left in this order. */
static bool is_overtaken(const struct pairing *p, size_t i)
{
	for (size_t e = p->first; e < i; e++)
		if (!is_paired(p, e) &&
		    p->kernel->sent[e].out_if == p->kernel->sent[i].out_if)
			return true;
	return false;
}

/* Pairs @c with the first of the kernel's like it. */
static bool pair(struct pairing *p, const struct sent *c, bool own,
		 struct allowance *allowed)
{
	for (size_t i = p->first; i < p->kernel->n; i++) {
		enum likeness l;

		if (is_paired(p, i))
			continue;
		l = likeness(&p->kernel->sent[i], c, own);
		if (l == UNLIKE)
			continue;
		if (is_overtaken(p, i))
			return false;
		allowed->clock += l == TIME_DIFFERS;
		allowed->ip_id += l == ID_DIFFERS;
		set_paired(p, i);
		return true;
	}
	return false;
}

bool compare_sent(const struct sent_list *kernel, const struct sent_list *core,
		  struct allowance *allowed, struct difference *d)
{
	struct pairing p = {.kernel = kernel};
	const struct sent *lonely = NULL;

	for (size_t i = 0; i < core->n; i++) {
		const struct sent *c = &core->sent[i];

		if (!pair(&p, c, is_own(core, c), allowed) && !lonely)
			lonely = c;
	}
	if (p.first == kernel->n && !lonely)
		return true;
	*d = (struct difference){
		.kernel = p.first < kernel->n ? &kernel->sent[p.first] : NULL,
		.core = lonely,
	};
	name(d);
	return false;
}
