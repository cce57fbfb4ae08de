/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Fragments in any order: what becomes whole is what was sent, and what waits
 * is bounded.
 *
 * Input: a byte of ticks that pass (the lower half) and what is sent (the upper
 * half: 8 DF, 4 the last, 2 another sender, 1 another datagram); a byte for
 * ECN (2 bits), words of options (2 bits) and whether it is long (4 bits, all
 * of them set); offset / 8 and payload length (2 + 2 bytes). Again until the
 * input ends or 64 were sent: many short runs find more than few long ones.
 */
#include "check.h"
#include "pure/build_fragment.h"
#include "pure/packet.h"
#include "shared/fragments.h"
#include "wire.h"

enum {
	LONG = 2048,
	LONGEST = 65536,
	MOST_SENT = 64,       /* fragments */
	MOST_BYTES = 1 << 18, /* that wait */
};

/* What everybody sends: at any offset the same. */
static const uint8_t *content(uint32_t at)
{
	static uint8_t bytes[2 * LONGEST];

	if (!bytes[1])
		for (uint32_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (uint8_t)(i * 7 + i / 251);
	return bytes + at;
}

struct sent {
	struct nat_tuple key;
	uint32_t offset, len, header;
	bool last, df;
	uint8_t ecn, pass;
};

static struct sent take(struct input *in)
{
	uint8_t what = input_u8(in), kind = input_u8(in);
	bool is_long = kind >> 4 == 15;
	struct sent s = {
		.key = {.src = addr_v4(what >> 5 & 1),
			.src_id = what >> 4 & 1,
			.proto = PROTO_UDP,
			.family = 4},
		.pass = what & 15,
		.df = what >> 7,
		.last = what >> 6 & 1,
		.ecn = kind & 3,
		.header = IPV4_HEADER + (kind >> 2 & 3u) * 4,
	};

	s.offset = (input_u16(in) & IPV4_OFFSET) * 8u;
	s.len = input_u16(in) % (is_long ? LONGEST - s.header : LONG);
	return s;
}

static struct piece *make(const struct sent *s)
{
	static uint8_t bytes[LONGEST];
	struct piece *p;

	memset(bytes, 1, s->header);
	bytes[0] = (uint8_t)(0x40 | s->header / 4);
	memcpy(bytes + s->header, content(s->offset), s->len);
	p = piece_new(bytes, s->header + s->len);
	MUST(p);
	p->offset = s->offset;
	p->len = s->len;
	p->before = (uint16_t)s->header;
	p->last = s->last;
	p->df = s->df;
	p->ecn = s->ecn;
	return p;
}

static void check_whole(const struct reassembly *r)
{
	uint32_t len = build_whole_len(r), at = 0;
	uint8_t *out = malloc(len);
	struct packet p;

	MUST(out);
	for (const struct piece *q = r->first; q; q = q->next) {
		MUST(q->offset == at && q->len);
		at += q->len;
		MUST(q->before + q->len <= r->longest);
	}
	MUST(at == r->total);
	MUST(build_whole(out, r) == len);
	MUST(packet_parse(&p, out, len) == PACKET_IPV4);
	MUST(wire_ip_ok(out) && !packet_is_fragment(&p) && p.len == len);
	MUST(!memcmp(packet_l4(&p), content(0), packet_l4_len(&p)));
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct fragment_limits limits = {
		.rules = &reassembly_ipv4,
		.timeout = 100,
		.most_bytes = MOST_BYTES,
		.most_between = 8,
	};
	struct input in = {data, size};
	struct fragments f;
	struct reassembly dead;
	ticks now = 0;

	fragments_init(&f, &limits, 1);
	for (int sent = 0; in.size && sent < MOST_SENT; sent++) {
		struct sent s = take(&in);
		struct fragment_fate fate;

		now += s.pass;
		while (fragments_due(&f, now) &&
		       fragments_expire(&f, now, &dead))
			pieces_free(dead.first);
		fate = fragments_add(&f, &s.key, make(&s), now);
		MUST(fragments_bytes(&f) <= MOST_BYTES + 2 * LONGEST);
		if (fate.result != PIECE_LAST)
			continue;
		check_whole(&fate.whole);
		pieces_free(fate.whole.first);
	}
	fragments_fini(&f);
	return 0;
}
