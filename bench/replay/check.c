/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Two packets are compared by forgiving the one its permitted differences and
 * asking for equality of all the rest. */
#include "replay/check.h"

#include <stdlib.h>
#include <string.h>

#include "replay/wire.h"

#define SOON_NS UINT64_C(500000000)

enum {
	SUM_IP4 = 10,
	OPTIONS_IP4 = 20,
};

const char *check_name(enum check_kind k)
{
	static const char *const name[] = {
#define X(id, text) [CHECK_##id] = text,
		CHECKS(X)
#undef X
	};

	return name[k];
}

void check_fail(struct check *k, enum check_kind kind, uint32_t frame)
{
	k->failures[kind]++;
	if (k->n_examples == CHECK_EXAMPLES)
		return;
	k->example[k->n_examples].frame = frame;
	k->example[k->n_examples].kind = (uint8_t)kind;
	k->n_examples++;
}

void check_merge(struct check *into, const struct check *from)
{
	into->packets += from->packets;
	into->restored += from->restored;
	into->joined += from->joined;
	into->unjoined += from->unjoined;
	for (unsigned i = 0; i < CHECK_N_KINDS; i++)
		into->failures[i] += from->failures[i];
	for (unsigned i = 0; i < from->n_examples; i++) {
		if (into->n_examples == CHECK_EXAMPLES)
			break;
		into->example[into->n_examples++] = from->example[i];
	}
}

uint64_t check_failures(const struct check *k)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < CHECK_N_KINDS; i++)
		n += k->failures[i];
	return n;
}

static void copy(uint8_t *to, const uint8_t *from, uint32_t at, uint32_t n)
{
	memcpy(to + at, from + at, n);
}

/* What any router changes: TTL, header checksum, options it fills in. */
static void forgive_hop(uint8_t *to, const uint8_t *from, const struct wire *w)
{
	uint32_t at = w->shape.at;

	if (w->shape.family == 6) {
		copy(to, from, at + 7, 1);
		return;
	}
	copy(to, from, at + 8, 1);
	copy(to, from, at + SUM_IP4, 2);
	copy(to, from, at + OPTIONS_IP4, w->shape.l4 - at - OPTIONS_IP4);
}

/* Class of service; options of TCP. */
static void forgive_rules(const struct check *k, uint8_t *to,
			  const uint8_t *from, const struct wire *w)
{
	uint32_t l4 = w->shape.l4, header = (uint32_t)(to[l4 + 12] >> 4) * 4;

	if (k->may.tos)
		copy(to, from, w->shape.at, 2);
	if (!k->may.mss || w->shape.kind != WIRE_TCP || header < 20 ||
	    l4 + header > w->end)
		return;
	copy(to, from, l4 + 20, header - 20);
	copy(to, from, l4 + 16, 2);
}

/* 0 and 0xffff are one number to the sum. */
static void forgive_twin(uint8_t *to, const uint8_t *from, uint32_t at)
{
	static const uint8_t zero[2], ones[2] = {0xff, 0xff};
	const uint8_t *a = to + at, *b = from + at;
	bool twins = (!memcmp(a, zero, 2) && !memcmp(b, ones, 2)) ||
		     (!memcmp(a, ones, 2) && !memcmp(b, zero, 2));

	if (twins)
		copy(to, from, at, 2);
}

/* What a NAT changes: addresses, ids, and the sums over them. */
static void forgive_ends(uint8_t *to, const uint8_t *from, const struct wire *w)
{
	uint32_t at = w->shape.at, l4 = w->shape.l4;

	if (w->shape.family == 6) {
		copy(to, from, at + 8, 32);
	} else {
		copy(to, from, at + 12, 8);
		copy(to, from, at + SUM_IP4, 2);
	}
	if (w->shape.kind == WIRE_QUERY)
		copy(to, from, l4 + 4, 2);
	else if (w->shape.kind >= WIRE_PORTS && w->shape.kind <= WIRE_SCTP)
		copy(to, from, l4, 4);
	if (w->shape.kind == WIRE_SCTP)
		copy(to, from, l4 + 8, 4);
	if (wire_sum_at(&w->shape))
		copy(to, from, wire_sum_at(&w->shape), 2);
}

/* @was with forgiveness for what @out may differ in; NULL: no memory. */
static uint8_t *scratch_of(struct check *k, const uint8_t *was, uint32_t len)
{
	if (!region_reserve(&k->scratch, len))
		return NULL;
	memcpy(k->scratch.base, was, len);
	return k->scratch.base;
}

static bool same_content(struct check *k, const struct check_case *c,
			 const struct wire *w)
{
	const uint8_t *out = c->out->data;
	uint8_t *want = scratch_of(k, c->entered, c->len);
	struct wire quoted;

	if (!want)
		return false;
	if (wire_quoted(&quoted, w, want))
		forgive_ends(want, out, &quoted);
	forgive_hop(want, out, w);
	forgive_ends(want, out, w);
	forgive_rules(k, want, out, w);
	return !memcmp(want, out, c->len);
}

/* An answer that found its connection is again what was captured. The source
 * of an error may also be the end that the client believes in. */
static bool is_restored(struct check *k, const struct check_case *c,
			const struct wire *w)
{
	const uint8_t *out = c->out->data;
	uint8_t *want = scratch_of(k, c->captured, c->len);
	struct wire quoted, left;

	if (!want || !wire_parse(&left, out, c->len))
		return false;
	if (wire_quoted(&quoted, w, want)) {
		uint32_t sum = wire_sum_at(&quoted.shape);

		if (quoted.shape.family == 4)
			forgive_twin(want, out, quoted.shape.at + SUM_IP4);
		if (sum && sum + 2 <= quoted.end)
			forgive_twin(want, out, sum);
		if (!memcmp(&left.t.src, &quoted.t.dst, sizeof(left.t.src)))
			copy(want, out, w->shape.family == 6 ? 8 : 12,
			     w->shape.family == 6 ? 16 : 4);
	}
	forgive_hop(want, out, w);
	forgive_rules(k, want, out, w);
	if (wire_sum_at(&w->shape))
		forgive_twin(want, out, wire_sum_at(&w->shape));
	return !memcmp(want, out, c->len);
}

/* The core's word on what it did, against the bytes. */
static bool manip_is_true(const struct check_case *c, const struct wire *in,
			  const struct wire *out)
{
	bool query = in->shape.kind == WIRE_QUERY;
	bool src = memcmp(&in->t.src, &out->t.src, sizeof(in->t.src)) != 0 ||
		   (!query && in->t.src_id != out->t.src_id);
	bool dst = memcmp(&in->t.dst, &out->t.dst, sizeof(in->t.dst)) != 0 ||
		   (!query && in->t.dst_id != out->t.dst_id);
	bool id = query && in->t.src_id != out->t.src_id;
	bool said_src = c->out->manip & NAT_ST_SRC_NAT;
	bool said_dst = c->out->manip & NAT_ST_DST_NAT;

	if (c->out->state == NAT_STATE_INVALID ||
	    c->out->state == NAT_STATE_UNTRACKED)
		return !src && !dst && !id;
	if (c->out->dir != NAT_ORIGINAL || in->shape.kind == WIRE_ERROR)
		return true;
	return (said_src || !src) && (said_dst || !dst) &&
	       (!id || said_src || said_dst) &&
	       (src || dst || id || (!said_src && !said_dst));
}

/* A UDP answer that came just after its request left, and was whole and
 * valid, must have found the connection. */
static bool is_lost(const struct check_case *c, const struct wire *w)
{
	const uint8_t *l4 = c->entered + w->shape.l4;
	bool matched =
		c->out->dir == NAT_REPLY && c->out->state != NAT_STATE_INVALID;

	return c->reply && w->shape.kind == WIRE_UDP && !matched &&
	       (c->out->verdict == NAT_FORWARD ||
		c->out->verdict == NAT_LOCAL) &&
	       c->conv->tracked &&
	       c->out->time_ns - c->conv->left_ns < SOON_NS &&
	       w->end - w->shape.l4 == (uint32_t)(l4[4] << 8 | l4[5]) &&
	       wire_l4_sum_ok(c->entered, w);
}

/* By an option for its MSS. */
static bool may_have_grown(const struct check *k, const struct check_case *c,
			   const struct wire *in)
{
	return k->may.mss && in->shape.kind == WIRE_TCP &&
	       c->out->len == c->len + 4;
}

static void check_sums(struct check *k, const struct check_case *c,
		       const struct wire *in, const struct wire *left)
{
	const uint8_t *out = c->out->data;

	if (!wire_ip_sum_ok(out, left))
		check_fail(k, CHECK_IP_SUM, c->frame);
	if (wire_l4_sum_ok(c->entered, in) && !wire_l4_sum_ok(out, left))
		check_fail(k, CHECK_L4_SUM, c->frame);
}

static void check_forwarded(struct check *k, const struct check_case *c,
			    const struct wire *in)
{
	const struct nat_packet *out = c->out;
	unsigned ttl = in->shape.family == 6 ? 7 : 8;
	struct wire left;

	if ((out->len != c->len && !may_have_grown(k, c, in)) ||
	    !wire_parse(&left, out->data, out->len)) {
		check_fail(k, CHECK_LENGTH, c->frame);
		return;
	}
	check_sums(k, c, in, &left);
	if (out->data[ttl] != c->entered[ttl] - 1 && !k->may.hops)
		check_fail(k, CHECK_TTL, c->frame);
	if (out->len != c->len)
		return;
	if (!same_content(k, c, in))
		check_fail(k, CHECK_CONTENT, c->frame);
	if (!manip_is_true(c, in, &left))
		check_fail(k, CHECK_MANIP, c->frame);
	if (!c->reply || out->dir != NAT_REPLY ||
	    (out->state != NAT_STATE_ESTABLISHED &&
	     out->state != NAT_STATE_RELATED))
		return;
	if (is_restored(k, c, in))
		k->restored++;
	else
		check_fail(k, CHECK_RESTORED, c->frame);
}

/* ---------------------------------------------------------------- fragments */

/* Joins what left because of a packet, itself perhaps the first piece, to one
 * packet. */
static bool join_sent(struct check *k, const struct check_case *c,
		      struct whole *d, struct nat_packet *joined)
{
	const struct nat_packet *p = c->out;

	*joined = *c->out;
	whole_forget(d);
	for (size_t i = 0; i <= c->n_sent; p = &c->sent[i++]) {
		struct wire w;

		if (!p->len || p->out_if != c->out->out_if ||
		    !wire_parse(&w, p->data, p->len) || !whole_is_piece(&w))
			continue;
		if (!wire_ip_sum_ok(p->data, &w))
			check_fail(k, CHECK_IP_SUM, c->frame);
		whole_add(d, p->data, &w);
	}
	joined->len = whole_join(d, &joined->data);
	return joined->len;
}

/* One that became too long for its way is compared before it was cut. */
static void check_left(struct check *k, const struct check_case *c,
		       const struct wire *in)
{
	struct check_case whole = *c;
	struct nat_packet joined;

	if (c->n_sent && c->out->len < c->len &&
	    join_sent(k, c, &k->joins->left, &joined))
		whole.out = &joined;
	check_forwarded(k, &whole, in);
}

/* All of a datagram that came in fragments, once it goes on. */
static void check_joined(struct check *k, const struct check_case *c,
			 struct join *j)
{
	struct check_case whole = *c;
	struct nat_packet joined;
	uint8_t *captured, *entered;
	struct wire in;

	whole.len = whole_join(&j->entered, &entered);
	if (!whole.len || whole_join(&j->captured, &captured) != whole.len ||
	    !wire_parse(&in, entered, whole.len)) {
		k->unjoined++;
		return;
	}
	k->joined++;
	whole.captured = captured;
	whole.entered = entered;
	if (is_lost(&whole, &in))
		check_fail(k, CHECK_LOST, c->frame);
	if (c->out->verdict != NAT_FORWARD)
		return;
	whole.out = &joined;
	if (join_sent(k, c, &k->joins->left, &joined))
		check_forwarded(k, &whole, &in);
	else
		check_fail(k, CHECK_LENGTH, c->frame);
}

static void check_fragment(struct check *k, const struct check_case *c,
			   const struct wire *in)
{
	struct join *j;

	if (c->out->verdict == NAT_DROP)
		return;
	if (c->out->verdict == NAT_FORWARD && c->out->len) {
		check_forwarded(k, c, in); /* on its own: nobody tracks */
		return;
	}
	j = joins_of(k->joins, in, c->out->in_if);
	whole_add(&j->captured, c->captured, in);
	whole_add(&j->entered, c->entered, in);
	if (c->out->verdict == NAT_HOLD)
		return;
	check_joined(k, c, j);
	join_forget(j);
}

static bool have_joins(struct check *k)
{
	if (!k->joins)
		k->joins = calloc(1, sizeof(*k->joins));
	return k->joins;
}

void check_packet(struct check *k, const struct check_case *c)
{
	struct wire in;
	bool piece;

	k->packets++;
	if (!wire_parse(&in, c->entered, c->len))
		return;
	piece = whole_is_piece(&in);
	if ((piece || c->n_sent) && !have_joins(k)) {
		k->unjoined++;
		return;
	}
	if (piece) {
		check_fragment(k, c, &in);
		return;
	}
	if (is_lost(c, &in))
		check_fail(k, CHECK_LOST, c->frame);
	if (c->out->verdict == NAT_FORWARD)
		check_left(k, c, &in);
}

void check_free(struct check *k)
{
	region_free(&k->entered);
	region_free(&k->scratch);
	joins_free(k->joins);
}
