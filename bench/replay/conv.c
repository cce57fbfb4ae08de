/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Learning from what left, and addressing what comes back. */
#include "replay/conv.h"

#include <string.h>

/* The ends of a packet of known shape; ids only where the kind has them. */
static struct wire_ends read_ends(const struct wire_shape *s, const uint8_t *p)
{
	const uint8_t *ip = p + s->at, *l4 = p + s->l4;
	struct wire_ends e = {.src_id = 0};

	if (s->family == 6) {
		memcpy(&e.src, ip + 8, 16);
		memcpy(&e.dst, ip + 24, 16);
	} else {
		memcpy(e.src.w, ip + 12, 4);
		memcpy(e.dst.w, ip + 16, 4);
	}
	if (s->kind == WIRE_QUERY) {
		memcpy(&e.src_id, l4 + 4, 2);
		e.dst_id = e.src_id;
	} else if (s->kind != WIRE_OTHER && s->kind != WIRE_ICMP) {
		memcpy(&e.src_id, l4, 2);
		memcpy(&e.dst_id, l4 + 2, 2);
	}
	return e;
}

/* A packet without ids teaches none: a later fragment, for one. */
bool conv_learn_anew(struct conv *c, const struct wire_shape *s,
		     const uint8_t *p, uint16_t out_if)
{
	struct wire_ends e;

	if (s->kind == WIRE_ERROR || !s->family)
		return false;
	e = read_ends(s, p);
	if (s->kind == WIRE_OTHER || s->kind == WIRE_ICMP) {
		e.src_id = c->seen.src_id;
		e.dst_id = c->seen.dst_id;
	}
	if (out_if == c->out_if && !memcmp(&e, &c->seen, sizeof(e)))
		return false;
	c->out_if = out_if;
	c->seen = e;
	memcpy(&c->ports, &e.src_id, 2);
	memcpy((uint8_t *)&c->ports + 2, &e.dst_id, 2);
	memcpy(&c->addresses, e.src.w, 4);
	memcpy((uint8_t *)&c->addresses + 4, e.dst.w, 4);
	return true;
}

bool conv_learn_fragment(struct conv *c, const uint8_t *captured, uint32_t len,
			 const uint8_t *sent, uint32_t sent_len,
			 uint16_t out_if)
{
	struct wire in, out;

	return wire_parse(&in, captured, len) &&
	       wire_parse(&out, sent, sent_len) && out.fragment == WIRE_FIRST &&
	       in.t.proto == out.t.proto &&
	       conv_learn(c, &out.shape, sent, out_if);
}

/* An error that the far side sends about an original packet quotes it as it
 * saw it, and is addressed to the source it saw. */
static void readdress_error(const struct conv *c, uint8_t *p, uint32_t len)
{
	struct wire error, quoted;
	struct wire_ends outer;
	uint64_t before;

	if (!wire_parse(&error, p, len) || !wire_quoted(&quoted, &error, p))
		return;
	outer = (struct wire_ends){.src = error.t.src, .dst = error.t.dst};
	if (!memcmp(&outer.src, &quoted.t.dst, sizeof(outer.src)))
		outer.src = c->seen.dst;
	if (!memcmp(&outer.dst, &quoted.t.src, sizeof(outer.dst)))
		outer.dst = c->seen.src;
	before = wire_icmp_sum(p, &error);
	wire_set_ends(p, &quoted.shape, &c->seen);
	wire_icmp_mend(p, &error, before);
	wire_set_ends(p, &error.shape, &outer);
}

/* A CRC cannot be updated; a wrong one is left alone. */
static void readdress_sctp(const struct wire_ends *answer, uint8_t *p,
			   uint32_t len)
{
	struct wire w;
	bool valid;

	if (!wire_parse(&w, p, len))
		return;
	valid = w.fragment == WIRE_WHOLE && wire_l4_sum_ok(p, &w);
	wire_set_ends(p, &w.shape, answer);
	if (valid)
		wire_sctp_sum(p, &w);
}

void conv_readdress_any(const struct conv *c, const struct wire_shape *s,
			uint8_t *p, uint32_t len)
{
	const struct wire_ends answer = {
		.src = c->seen.dst,
		.dst = c->seen.src,
		.src_id = c->seen.dst_id,
		.dst_id = c->seen.src_id,
	};

	if (s->kind == WIRE_ERROR)
		readdress_error(c, p, len);
	else if (s->kind == WIRE_SCTP)
		readdress_sctp(&answer, p, len);
	else
		wire_set_ends(p, s, &answer);
}
