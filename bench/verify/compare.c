/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Equal packets are paired first; what is left over is the difference. */
#include "verify/compare.h"

#include <stdio.h>
#include <string.h>

#include "explain/fields.h"
#include "replay/wire.h"

enum { IPV4_HEADER = 20, SUM_AT = 10 };

static bool same(const struct sent *a, const struct sent *b)
{
	return a->out_if == b->out_if && a->len == b->len &&
	       !memcmp(a->data, b->data, a->len);
}

/* Bytes of a packet that may differ. */
struct gap {
	size_t at, len;
};

static bool same_but(const struct sent *a, const struct sent *b,
		     const struct gap *gap, unsigned n)
{
	size_t at = 0;

	for (unsigned i = 0; i < n; i++) {
		if (memcmp(a->data + at, b->data + at, gap[i].at - at) != 0)
			return false;
		at = gap[i].at + gap[i].len;
	}
	return !memcmp(a->data + at, b->data + at, a->len - at);
}

/* The same packet but for its identification. With that goes the checksum of
 * IPv4, which is good in both. */
static bool same_but_id(const struct sent *a, const struct wire *wa,
			const struct sent *b, const struct wire *wb)
{
	bool v6 = wa->shape.family == 6;
	const struct gap gap[] = {{wa->id_at, v6 ? 4 : 2}, {SUM_AT, 2}};

	return a->out_if == b->out_if && a->len == b->len && wa->id_at &&
	       wa->id_at == wb->id_at && same_but(a, b, gap, v6 ? 1 : 2) &&
	       wire_ip_sum_ok(a->data, wa) && wire_ip_sum_ok(b->data, wb);
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
 * that of their datagram, but for IPv6. */
static bool is_own(const struct sent_list *l, const struct sent *s,
		   const struct wire *w)
{
	if (s == l->forwarded || !w->shape.family)
		return false;
	return w->fragment == WIRE_WHOLE || w->shape.family == 6 || l->answers;
}

/* What either calls a datagram of IPv6 that it sends in fragments. */
struct naming {
	uint32_t kernel, core;
};

enum { DATAGRAMS = 8 }; /* that leave in fragments because of one packet */

/* Which of the kernel's packets have their like among the core's. */
struct pairing {
	const struct sent_list *kernel, *core;
	size_t first; /* of the kernel's that has none */
	uint64_t paired[SENT_MOST / 64];
	struct naming naming[DATAGRAMS];
	unsigned n_namings;
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

/* Fragments that are one datagram's to the one are so to the other. */
static bool is_one_datagram(struct pairing *p, struct naming name)
{
	for (unsigned i = 0; i < p->n_namings; i++) {
		const struct naming *n = &p->naming[i];

		if (n->kernel == name.kernel || n->core == name.core)
			return n->kernel == name.kernel && n->core == name.core;
	}
	if (p->n_namings == DATAGRAMS || !name.kernel || !name.core)
		return false;
	p->naming[p->n_namings++] = name;
	return true;
}

enum likeness { UNLIKE, TIME_DIFFERS, ID_DIFFERS, NAME_DIFFERS, EQUAL };

static enum likeness likeness(struct pairing *p, const struct sent *kernel,
			      const struct sent *core)
{
	struct wire wk, wc;

	if (same(kernel, core))
		return EQUAL;
	if (!wire_parse(&wk, kernel->data, kernel->len) ||
	    !wire_parse(&wc, core->data, core->len))
		return UNLIKE;
	if (is_own(p->core, core, &wc) && same_but_id(kernel, &wk, core, &wc)) {
		struct naming name = {wk.datagram, wc.datagram};

		if (wk.shape.family == 4)
			return ID_DIFFERS;
		if (is_one_datagram(p, name))
			return NAME_DIFFERS;
	}
	return same_but_time(kernel, core) ? TIME_DIFFERS : UNLIKE;
}

/* Pairs @c with the first of the kernel's like it. */
static bool pair(struct pairing *p, const struct sent *c,
		 struct allowance *allowed)
{
	for (size_t i = p->first; i < p->kernel->n; i++) {
		enum likeness l;

		if (is_paired(p, i))
			continue;
		l = likeness(p, &p->kernel->sent[i], c);
		if (l == UNLIKE)
			continue;
		if (is_overtaken(p, i))
			return false;
		allowed->clock += l == TIME_DIFFERS;
		allowed->ip_id += l == ID_DIFFERS;
		allowed->frag_id += l == NAME_DIFFERS;
		set_paired(p, i);
		return true;
	}
	return false;
}

/* Fragments were waited for in vain: the kernel has a timer that says so, the
 * core says so with the packet that comes next. */
static bool waited_in_vain(const struct sent *s)
{
	enum { EXCEEDED4 = 11, EXCEEDED6 = 3, REASSEMBLY = 1 };
	struct wire w;

	return wire_parse(&w, s->data, s->len) && w.shape.kind == WIRE_ERROR &&
	       w.icmp_type == (w.shape.family == 6 ? EXCEEDED6 : EXCEEDED4) &&
	       s->data[w.shape.l4 + 1] == REASSEMBLY;
}

static void allow_timers(struct pairing *p, struct allowance *allowed)
{
	for (size_t i = p->first; i < p->kernel->n; i++) {
		if (is_paired(p, i) || !waited_in_vain(&p->kernel->sent[i]))
			continue;
		allowed->waited++;
		set_paired(p, i);
	}
}

bool compare_sent(const struct sent_list *kernel, const struct sent_list *core,
		  struct allowance *allowed, struct difference *d)
{
	struct pairing p = {.kernel = kernel, .core = core};
	const struct sent *lonely = NULL;

	for (size_t i = 0; i < core->n; i++) {
		const struct sent *c = &core->sent[i];

		if (pair(&p, c, allowed))
			continue;
		if (waited_in_vain(c))
			allowed->waited++;
		else if (!lonely)
			lonely = c;
	}
	allow_timers(&p, allowed);
	if (p.first == kernel->n && !lonely)
		return true;
	*d = (struct difference){
		.kernel = p.first < kernel->n ? &kernel->sent[p.first] : NULL,
		.core = lonely,
	};
	name(d);
	return false;
}
