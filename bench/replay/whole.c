/* SPDX-License-Identifier: BSD-2-Clause
 * Fragments to datagrams. */
#include "replay/whole.h"

#include <stdlib.h>
#include <string.h>

#include "capture/inet_sum.h"

enum {
	HEAD_ROOM = 512,
	MOST = 65535,
	UNIT = 8, /* of offsets */
	MORE_IP4 = 0x2000,
	OFFSET_IP4 = 0x1fff,
	FRAGMENT_IP6 = 44, /* the extension header's number */
	LEN_IP4 = 2,
	FRAG_IP4 = 6,
	SUM_IP4 = 10,
	IP6_MIN = 40,
	LEN_IP6 = 4,
	NEXT_IP6 = 6,
	ECN_CE = 3,
};

struct whole_body {
	uint8_t bytes[HEAD_ROOM + MOST]; /* the header ends at HEAD_ROOM */
	struct piece {
		uint16_t len; /* 0: none begins here */
		uint8_t ecn;
	} piece[MOST / UNIT + 1]; /* by offset */
};

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* What an IP header or a fragment's own header says of the fragment. */
struct place {
	uint32_t head; /* what every fragment repeats */
	uint32_t body; /* where its piece begins */
	uint32_t from;
	bool more;
	uint8_t ecn;
};

static struct place place_of(const uint8_t *p, const struct wire *w)
{
	const uint8_t *id = p + w->id_at;
	struct place at;

	if (w->shape.family == 4) {
		uint16_t frag = get16(id + 2);

		at.head = at.body = w->shape.l4;
		at.from = (frag & OFFSET_IP4) * 8u;
		at.more = frag & MORE_IP4;
		at.ecn = p[1] & ECN_CE;
	} else {
		uint16_t frag = get16(id - 2);

		at.head = w->id_at - 4u;
		at.body = w->id_at + 4u;
		at.from = frag & 0xfff8u;
		at.more = frag & 1;
		at.ecn = p[1] >> 4 & ECN_CE;
	}
	return at;
}

bool whole_is_piece(const struct wire *w)
{
	return w->fragment != WIRE_WHOLE && w->id_at;
}

/* Of IPv6 without the fragment header, which lies at @head: what leads there
 * leads behind it. */
static void skip_fragment_header(uint8_t *ip, uint32_t head, uint8_t next)
{
	uint32_t name = NEXT_IP6, at = IP6_MIN;

	while (at < head && ip[name] != FRAGMENT_IP6) {
		name = at;
		at += (ip[at + 1] + 1u) * 8;
	}
	ip[name] = next;
}

static void take_head(struct whole *d, const uint8_t *p, const struct wire *w,
		      uint32_t head)
{
	uint8_t *ip = d->body->bytes + HEAD_ROOM - head;

	d->head = head;
	memcpy(ip, p, head);
	if (w->shape.family == 6)
		skip_fragment_header(ip, head, p[head]);
}

static bool have_body(struct whole *d)
{
	if (!d->body)
		d->body = calloc(1, sizeof(*d->body));
	return d->body;
}

void whole_add(struct whole *d, const uint8_t *p, const struct wire *w)
{
	struct place at = place_of(p, w);
	uint32_t len = w->end - at.body;
	struct piece *piece;

	if (w->end <= at.body || at.from + len > MOST || at.head > HEAD_ROOM ||
	    !have_body(d)) {
		d->failed = true;
		return;
	}
	piece = &d->body->piece[at.from / UNIT];
	d->n += !piece->len;
	*piece = (struct piece){(uint16_t)len, at.ecn};
	memcpy(d->body->bytes + HEAD_ROOM + at.from, p + at.body, len);
	if (!at.from)
		take_head(d, p, w, at.head);
	if (!at.more)
		d->total = at.from + len;
}

/* Side by side, from the first to the last. */
static bool fits(const struct whole *d, bool *congested)
{
	uint32_t at = 0;

	*congested = false;
	for (unsigned i = 0; i < d->n; i++) {
		const struct piece *p = &d->body->piece[at / UNIT];

		if (at % UNIT || !p->len)
			return false;
		*congested |= p->ecn == ECN_CE;
		at += p->len;
	}
	return at == d->total;
}

/* Lengths and sum as they would be; what one of its fragments met on the way,
 * all of it did (RFC 3168 5.3). */
static void finish_head(uint8_t *ip, uint32_t head, uint32_t len,
			bool congested)
{
	if (ip[0] >> 4 == 6) {
		put16(ip + LEN_IP6, len - IP6_MIN);
		ip[1] |= (uint8_t)(congested ? ECN_CE << 4 : 0);
		return;
	}
	put16(ip + LEN_IP4, len);
	put16(ip + FRAG_IP4, 0);
	ip[1] |= (uint8_t)(congested ? ECN_CE : 0);
	memset(ip + SUM_IP4, 0, 2);
	memcpy(ip + SUM_IP4,
	       &(uint16_t){inet_sum_finish(inet_sum(0, ip, head))}, 2);
}

uint32_t whole_join(struct whole *d, uint8_t **datagram)
{
	uint32_t len = d->head + d->total;
	bool congested;

	if (d->failed || !d->head || !d->total || len > MOST ||
	    !fits(d, &congested))
		return 0;
	*datagram = d->body->bytes + HEAD_ROOM - d->head;
	finish_head(*datagram, d->head, len, congested);
	return len;
}

void whole_forget(struct whole *d)
{
	if (d->body)
		memset(d->body->piece, 0, sizeof(d->body->piece));
	d->n = 0;
	d->head = d->total = 0;
	d->failed = false;
}

void whole_free(struct whole *d)
{
	free(d->body);
}
