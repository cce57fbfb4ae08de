/* SPDX-License-Identifier: BSD-2-Clause
 * What a packet tells of fragmentation. */
#include "pure/packet_fragment.h"

#include "pure/packet_ipv6.h"

enum { ECN = 3 };

/* A place in a chain of headers. */
struct place {
	uint32_t at;
	uint16_t named; /* where the header's kind was named */
	uint8_t next;
};

static struct place first_place(const struct packet *p)
{
	return (struct place){IPV6_HEADER, IPV6_NEXT, p->ip[IPV6_NEXT]};
}

/* False: nothing that is there follows. */
static bool next_place(const struct packet *p, struct place *i)
{
	const uint8_t *header = p->ip + i->at;

	if (!ext_is_header(i->next) || p->len - i->at < 2 ||
	    ext_len(i->next, header) > p->len - i->at)
		return false;
	i->named = (uint16_t)i->at;
	i->at += ext_len(i->next, header);
	i->next = header[0];
	return true;
}

uint32_t packet_unfragmentable(const struct packet *p, uint16_t *named)
{
	struct place i = first_place(p);
	bool routing = false;

	*named = 0;
	if (likely(p->family == 4))
		return p->l4;
	while (i.next == EXT_HOP_OPTIONS || i.next == EXT_ROUTING ||
	       (i.next == EXT_DEST_OPTIONS && !routing)) {
		routing |= i.next == EXT_ROUTING;
		if (!next_place(p, &i))
			break;
	}
	*named = i.named;
	return i.at;
}

/* The first fragment has to have this of its transport header. */
static uint32_t needed(uint8_t proto)
{
	switch (proto) {
	case PROTO_TCP:
		return TCP_HEADER;
	case PROTO_UDP:
		return UDP_HEADER;
	case PROTO_ICMPV6:
		return ICMP_HEADER;
	default:
		return 1;
	}
}

static bool truncated(const struct packet *p)
{
	if (p->frag & IPV4_OFFSET)
		return false;
	return (p->lost && p->proto != EXT_NONE) ||
	       packet_l4_len(p) < needed(p->proto);
}

static enum fragment_kind fragment6(const struct packet *p,
				    struct fragment_info *f)
{
	enum { HEADER = 8, OFFSET = 2, ID = 4, UNITS = ~7, MORE = 1 };
	struct place i = first_place(p);
	const uint8_t *header;
	uint16_t field;

	if (!load16(p->ip + IPV6_LEN))
		return FRAGMENT_NONE;
	while (i.next != EXT_FRAGMENT)
		if (!next_place(p, &i))
			return FRAGMENT_NONE;
	if (p->len - i.at < HEADER)
		return FRAGMENT_NONE;
	header = p->ip + i.at;
	field = load16_host(header + OFFSET);
	*f = (struct fragment_info){
		.offset = field & (uint16_t)UNITS,
		.len = p->len - i.at - HEADER,
		.id = load32(header + ID),
		.before = (uint16_t)i.at,
		.own = HEADER,
		.last = !(field & MORE),
		.ecn = p->ip[1] >> 4 & ECN,
	};
	return truncated(p) ? FRAGMENT_HEADLESS : FRAGMENT_USUAL;
}

enum fragment_kind packet_fragment(const struct packet *p,
				   struct fragment_info *f)
{
	if (p->family == 6)
		return p->l4 > IPV6_HEADER ? fragment6(p, f) : FRAGMENT_NONE;
	*f = (struct fragment_info){
		.offset = (p->frag & IPV4_OFFSET) * 8u,
		.len = packet_l4_len(p),
		.id = load16(p->ip + IPV4_ID),
		.before = p->l4,
		.last = !(p->frag & IPV4_MF),
		.ecn = p->ip[IPV4_TOS] & ECN,
	};
	return packet_is_fragment(p) ? FRAGMENT_USUAL : FRAGMENT_NONE;
}
