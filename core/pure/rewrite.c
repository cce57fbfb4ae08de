/* SPDX-License-Identifier: BSD-2-Clause
 * Packet to bytes: addresses, ports and ids, and the sums that cover them. */
#include "pure/rewrite.h"

#include "pure/csum.h"
#include "pure/tuple.h"

/* Shortest L4 header that NAT is willing to touch (spec 7.7). */
enum { SHORTEST_L4 = 8 };

static void store16(uint8_t *p, uint16_t v)
{
	memcpy(p, &v, sizeof(v));
}

static void store32(uint8_t *p, uint32_t v)
{
	memcpy(p, &v, sizeof(v));
}

static void put16(uint8_t *field, uint16_t v, struct csum_delta *d)
{
	csum_delta_u16(d, load16(field), v);
	store16(field, v);
}

static void fix_check(uint8_t *field, struct csum_delta d)
{
	store16(field, csum_apply(load16(field), d));
}

/* A sum of zero means "none" in UDP, so zero is written as all ones. */
static void fix_udp_check(uint8_t *field, struct csum_delta d)
{
	uint16_t check = csum_apply(load16(field), d);

	store16(field, check ? check : 0xffff);
}

static bool icmp_has_id(uint8_t type)
{
	return type == ICMP_ECHO_REPLY || type == ICMP_ECHO ||
	       (type >= ICMP_TIMESTAMP && type <= ICMP_ADDRESS_REPLY);
}

/* SCTP's sum leaves out the addresses and is made anew, right or wrong as it
 * was; of a quoted header it may not be there. */
static void rewrite_sctp(const struct packet *p, uint8_t *port, uint16_t id)
{
	store16(port, id);
	if (packet_l4_len(p) >= SCTP_HEADER)
		store32(packet_l4(p) + SCTP_CHECK, packet_sctp_sum(p));
}

/* Of GRE only PPTP has something to rewrite, and only what names its
 * receiver: the call of the destination. */
static bool rewrite_gre(uint8_t *gre, enum manip m, uint16_t call)
{
	if (m == MANIP_SRC)
		return true;
	switch (gre[GRE_VERSION] & GRE_VERSION_MASK) {
	case 0:
		return true;
	case GRE_PPTP:
		store16(gre + GRE_CALL, call);
		return true;
	default:
		return false;
	}
}

static bool icmp6_has_id(uint8_t type)
{
	return type == ICMP6_ECHO || type == ICMP6_ECHO_REPLY;
}

static bool rewrite_ports(uint8_t *l4, uint32_t len, uint8_t proto,
			  uint8_t *port, uint16_t id, struct csum_delta d)
{
	put16(port, id, &d);
	if (proto == PROTO_UDPLITE ||
	    (proto == PROTO_UDP && load16(l4 + UDP_CHECK)))
		fix_udp_check(l4 + UDP_CHECK, d);
	else if (proto == PROTO_TCP && len >= TCP_HEADER)
		fix_check(l4 + TCP_CHECK, d);
	return true;
}

/* @d: what the address already changed of the pseudo-header, which ICMP alone
 * has none of. */
static bool rewrite_l4(const struct packet *p, enum manip m, uint16_t id,
		       struct csum_delta d)
{
	uint8_t *l4 = packet_l4(p);
	uint32_t len = packet_l4_len(p);
	uint8_t *port = l4 + (m == MANIP_SRC ? PORT_SRC : PORT_DST);

	if (!proto_has_ports(p->proto) && !packet_is_icmp(p) &&
	    p->proto != PROTO_GRE)
		return true;
	if (len < SHORTEST_L4)
		return false;
	switch (p->proto) {
	case PROTO_ICMP:
		d = (struct csum_delta){0};
		if (!icmp_has_id(l4[ICMP_TYPE]))
			return true;
		put16(l4 + ICMP_ID, id, &d);
		fix_check(l4 + ICMP_CHECK, d);
		return true;
	case PROTO_ICMPV6:
		if (icmp6_has_id(l4[ICMP_TYPE]))
			put16(l4 + ICMP_ID, id, &d);
		fix_check(l4 + ICMP_CHECK, d);
		return true;
	case PROTO_SCTP:
		rewrite_sctp(p, port, id);
		return true;
	case PROTO_GRE:
		return rewrite_gre(l4, m, id);
	default:
		return rewrite_ports(l4, len, p->proto, port, id, d);
	}
}

static uint32_t addr_words(const struct packet *p)
{
	return p->family == 4 ? 1 : 4;
}

bool rewrite_end(const struct packet *p, enum manip m,
		 const struct nat_tuple *target)
{
	uint8_t *field = m == MANIP_SRC ? packet_src(p) : packet_dst(p);
	const struct nat_addr *addr =
		m == MANIP_SRC ? &target->src : &target->dst;
	uint16_t id = m == MANIP_SRC || packet_is_icmp(p) ? target->src_id
							  : target->dst_id;
	struct csum_delta d = {0};

	for (uint32_t i = 0; i < addr_words(p); i++)
		csum_delta_u32(&d, load32(field + (size_t)4 * i), addr->w[i]);
	if (unlikely(!rewrite_l4(p, m, id, d)))
		return false;
	memcpy(field, addr->w, (size_t)4 * addr_words(p));
	if (p->family == 4)
		fix_check(p->ip + IPV4_CHECK, d);
	return true;
}

static void make_icmp_check(const struct packet *p)
{
	uint8_t *l4 = packet_l4(p);
	uint32_t len = packet_l4_len(p);
	uint64_t sum = 0;

	if (p->family == 6)
		sum = packet_pseudo_sum(p, PROTO_ICMPV6, len);
	store16(l4 + ICMP_CHECK, 0);
	store16(l4 + ICMP_CHECK, csum_finish(csum_partial(sum, l4, len)));
}

bool rewrite_icmp_error(const struct packet *p, enum manip m,
			const struct nat_tuple *quoted,
			const struct nat_tuple *target)
{
	struct packet inner;

	if (!packet_quoted(p, &inner))
		return false;
	if (!rewrite_end(&inner, m == MANIP_SRC ? MANIP_DST : MANIP_SRC,
			 quoted))
		return false;
	make_icmp_check(p);
	return rewrite_end(p, m, target);
}

void rewrite_hops_down(const struct packet *p)
{
	if (likely(p->family == 4))
		rewrite_ttl_down(p);
	else
		p->ip[IPV6_HOPS]--;
}

/* Network order from host order. */
static uint16_t wire16(uint32_t host)
{
	const uint8_t b[2] = {(uint8_t)(host >> 8), (uint8_t)host};

	return load16(b);
}

void rewrite_first_fragment(struct packet *p, uint32_t payload)
{
	struct csum_delta d = {0};

	p->len = p->l4 + payload;
	p->frag = (uint16_t)((p->frag & IPV4_FRAGMENT) | IPV4_MF);
	put16(p->ip + IPV4_LEN, wire16(p->len), &d);
	put16(p->ip + IPV4_FRAG, wire16(p->frag), &d);
	fix_check(p->ip + IPV4_CHECK, d);
}
