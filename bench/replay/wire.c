/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reading packets: RFC 791, 8200, 792, 4443. */
#include "replay/wire.h"

#include <string.h>

enum {
	IP4_MIN = 20,
	IP6_MIN = 40,
	TCP_SUM_END = 18, /* a header cut before this has no checksum */
	UDP_MIN = 8,
	SCTP_MIN = 12,
	ICMP_MIN = 8,
	PROTO_ICMP = 1,
	PROTO_TCP = 6,
	PROTO_UDP = 17,
	PROTO_ICMP6 = 58,
	PROTO_SCTP = 132,
	PROTO_UDPLITE = 136,
	EXT_HOPS = 0,
	EXT_ROUTING = 43,
	EXT_FRAGMENT = 44,
	EXT_AH = 51,
	EXT_DEST = 60,
	EXT_MOST = 8, /* headers that are walked */
};

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

/* Which of an error's or a query's types @type is. */
static enum wire_kind icmp_kind(uint8_t family, uint8_t type)
{
	static const uint8_t v4[] = {
		[0] = WIRE_QUERY,  [3] = WIRE_ERROR,  [4] = WIRE_ERROR,
		[5] = WIRE_ERROR,  [8] = WIRE_QUERY,  [11] = WIRE_ERROR,
		[12] = WIRE_ERROR, [13] = WIRE_QUERY, [14] = WIRE_QUERY,
		[15] = WIRE_QUERY, [16] = WIRE_QUERY, [17] = WIRE_QUERY,
		[18] = WIRE_QUERY,
	};

	if (family == 6 && type >= 1 && type <= 4)
		return WIRE_ERROR;
	if (family == 6)
		return type == 128 || type == 129 ? WIRE_QUERY : WIRE_ICMP;
	if (type < sizeof(v4) && v4[type])
		return (enum wire_kind)v4[type];
	return WIRE_ICMP;
}

static void parse_ports(struct wire *w, const uint8_t *l4, uint32_t left)
{
	if (left < 4)
		return;
	memcpy(&w->t.src_id, l4, 2);
	memcpy(&w->t.dst_id, l4 + 2, 2);
	w->shape.kind = WIRE_PORTS;
	if (w->t.proto == PROTO_TCP && left >= TCP_SUM_END) {
		w->shape.kind = WIRE_TCP;
		w->tcp_flags = l4[13];
	} else if (w->t.proto == PROTO_SCTP && left >= SCTP_MIN) {
		w->shape.kind = WIRE_SCTP;
	} else if ((w->t.proto == PROTO_UDP || w->t.proto == PROTO_UDPLITE) &&
		   left >= UDP_MIN) {
		w->shape.kind = WIRE_UDP;
	}
}

static void parse_l4(struct wire *w, const uint8_t *p)
{
	const uint8_t *l4 = p + w->shape.l4;
	uint32_t left = w->end - w->shape.l4;

	w->shape.kind = WIRE_OTHER;
	if (w->fragment == WIRE_LATER)
		return;
	switch (w->t.proto) {
	case PROTO_TCP:
	case PROTO_UDP:
	case PROTO_UDPLITE:
	case PROTO_SCTP:
		parse_ports(w, l4, left);
		break;
	case PROTO_ICMP:
	case PROTO_ICMP6:
		if (left < ICMP_MIN ||
		    w->t.proto != (w->t.family == 6 ? PROTO_ICMP6 : PROTO_ICMP))
			break;
		w->icmp_type = l4[0];
		w->shape.kind = (uint8_t)icmp_kind(w->t.family, l4[0]);
		if (w->shape.kind != WIRE_QUERY)
			break;
		memcpy(&w->t.src_id, l4 + 4, 2);
		w->t.dst_id = w->t.src_id;
		break;
	default:
		break;
	}
}

static bool parse_v4(struct wire *w, const uint8_t *p, uint32_t at)
{
	const uint8_t *ip = p + at;
	uint32_t left = w->end - at, header, total;
	unsigned frag;

	if (left < IP4_MIN)
		return false;
	header = (ip[0] & 15u) * 4;
	total = get16(ip + 2);
	if (header < IP4_MIN || header > left)
		return false;
	if (total >= header && total < left)
		w->end = at + total;
	frag = get16(ip + 6);
	if (frag & 0x1fff)
		w->fragment = WIRE_LATER;
	else if (frag & 0x2000)
		w->fragment = WIRE_FIRST;
	w->datagram = get16(ip + 4);
	w->id_at = (uint16_t)(at + 4);
	w->shape.l4 = (uint16_t)(at + header);
	w->t.proto = ip[9];
	memcpy(w->t.src.w, ip + 12, 4);
	memcpy(w->t.dst.w, ip + 16, 4);
	return true;
}

/* Walks extension headers, @at being behind the fixed one. False: something
 * that is no header follows, or one that is cut. */
static bool skip_extensions(struct wire *w, const uint8_t *p, uint32_t at)
{
	uint32_t len;

	for (int i = 0; i < EXT_MOST; i++) {
		const uint8_t *x = p + at;
		uint8_t type = w->t.proto;

		w->shape.l4 = (uint16_t)at;
		if (type != EXT_HOPS && type != EXT_ROUTING &&
		    type != EXT_DEST && type != EXT_FRAGMENT && type != EXT_AH)
			return true;
		if (w->end - at < 8)
			return false;
		len = type == EXT_FRAGMENT ? 8
		      : type == EXT_AH     ? (x[1] + 2u) * 4
					   : (x[1] + 1u) * 8;
		if (type == EXT_FRAGMENT) {
			w->fragment = get16(x + 2) & 0xfff8 ? WIRE_LATER
				      : get16(x + 2) & 1    ? WIRE_FIRST
							    : WIRE_WHOLE;
			memcpy(&w->datagram, x + 4, 4);
			if (!w->id_at)
				w->id_at = (uint16_t)(at + 4);
		}
		if (len > w->end - at)
			return false;
		w->t.proto = x[0];
		at += len;
		if (w->fragment == WIRE_LATER) {
			w->shape.l4 = (uint16_t)at;
			return true;
		}
	}
	return false;
}

static bool parse_v6(struct wire *w, const uint8_t *p, uint32_t at)
{
	const uint8_t *ip = p + at;
	uint32_t left = w->end - at, total;

	if (left < IP6_MIN)
		return false;
	total = IP6_MIN + (uint32_t)get16(ip + 4);
	if (total < left)
		w->end = at + total;
	memcpy(w->t.src.w, ip + 8, 16);
	memcpy(w->t.dst.w, ip + 24, 16);
	w->t.proto = ip[6];
	if (!skip_extensions(w, p, at + IP6_MIN))
		w->fragment = WIRE_LATER; /* no transport header to read */
	return true;
}

static bool parse_at(struct wire *w, const uint8_t *p, uint32_t at,
		     uint32_t end)
{
	bool ok = false;

	*w = (struct wire){.shape.at = (uint16_t)at, .end = end};
	if (at >= end || at > UINT16_MAX)
		return false;
	w->t.family = p[at] >> 4;
	if (w->t.family == 4)
		ok = parse_v4(w, p, at);
	else if (w->t.family == 6)
		ok = parse_v6(w, p, at);
	if (!ok) {
		*w = (struct wire){.end = end};
		return false;
	}
	w->shape.family = w->t.family;
	parse_l4(w, p);
	return true;
}

bool wire_parse(struct wire *w, const uint8_t *p, uint32_t len)
{
	return parse_at(w, p, 0, len);
}

bool wire_quoted(struct wire *quoted, const struct wire *error,
		 const uint8_t *p)
{
	return error->shape.kind == WIRE_ERROR &&
	       parse_at(quoted, p, error->shape.l4 + (uint32_t)ICMP_MIN,
			error->end) &&
	       quoted->t.family == error->t.family;
}
