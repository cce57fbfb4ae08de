/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One packet of any bytes, through parsing, translation and back.
 *
 * Input: the address (4 bytes) and id (2) to translate to, flags (1), one
 * byte unused; then the packet.
 */
#include "check.h"
#include "pure/rewrite.h"
#include "pure/sctp.h"
#include "pure/tcp_options.h"
#include "pure/tuple.h"
#include "wire.h"

enum flag {
	TRANSLATE_DST = 1, /* rather than the source */
	REPAIR_IP = 2,     /* make length and checksum right */
	REPAIR_L4 = 4,     /* make the L4 checksum right */
};

struct target {
	struct nat_tuple to;
	enum manip manip;
};

static enum manip other(enum manip m)
{
	return m == MANIP_SRC ? MANIP_DST : MANIP_SRC;
}

/* Everything that only reads. */
static void check_reading(const struct packet *p)
{
	struct nat_tuple t, inverse;
	struct packet quoted;

	MUST(p->l4 >= IPV4_HEADER && p->l4 <= p->len);
	if (packet_check_l4(p, true) == L4_OK)
		MUST(packet_check_l4(p, false) == L4_OK);
	if (wire_l4_check(p) &&
	    !(p->proto == PROTO_UDP && !load16(wire_l4_check(p))))
		MUST(packet_l4_csum_ok(p) == wire_l4_ok(p));
	if (packet_tuple(p, &t)) {
		MUST(!(p->frag & IPV4_OFFSET));
		MUST(t.proto == p->proto && t.family == 4);
		if (tuple_invert(&inverse, &t))
			MUST(addr_equal(&inverse.src, &t.dst));
	}
	if (p->proto == PROTO_ICMP && packet_quoted(p, &quoted)) {
		MUST(quoted.ip >= packet_l4(p) + ICMP_HEADER);
		MUST(quoted.ip + quoted.len == p->ip + p->len);
		MUST(quoted.l4 <= quoted.len);
		if (packet_tuple(&quoted, &t))
			MUST(t.proto == quoted.proto);
	}
}

static void check_tcp(const struct packet *p)
{
	const uint8_t *end = p->ip + p->len;
	struct tcp_segment s;
	struct tcp_offer offer;

	packet_tcp(p, &s);
	MUST(s.options >= packet_l4(p) + TCP_HEADER);
	MUST(s.options + s.options_len <= end);
	MUST(s.end - s.seq <= p->len + 2);
	offer = tcp_options_offer(s.options, s.options_len);
	MUST(offer.scale <= 14);
	if (!s.options_len)
		MUST(tcp_options_sack(s.options, 0, s.ack) == s.ack);
	else /* edges are compared one by one, modulo 2^32: any result */
		(void)!tcp_options_sack(s.options, s.options_len, s.ack);
}

/* Any packet in any state: the tracker stays within its tables. */
static void check_sctp(const struct packet *p)
{
	struct nat_sysctl sysctl;

	nat_sysctl_defaults(&sysctl);
	for (unsigned state = 0; state < SCTP_N_STATES; state++)
		for (unsigned dir = 0; dir < NAT_N_DIRS; dir++) {
			struct sctp_track t = {.state = (uint8_t)state};
			struct sctp_context c = {
				.sysctl = &sysctl,
				.status = state ? NAT_ST_CONFIRMED : 0,
				.dir = (uint8_t)dir,
			};
			struct sctp_result r;

			memcpy(&t.vtag[dir], packet_l4(p) + SCTP_VTAG, 4);
			r = sctp_update(&t, p, &c);
			MUST(t.state < SCTP_N_STATES);
			MUST(r.verdict != SCTP_ACCEPT ||
			     !t.state == !r.timeout);
		}
}

/* Equal, or the two ways to write zero. */
static bool same_sum(const uint8_t *a, const uint8_t *b)
{
	uint16_t x = load16(a), y = load16(b);

	return x == y || ((!x || x == 0xffff) && (!y || y == 0xffff));
}

/* @before with the sums of @p taken over, once they are found equivalent. */
static void adopt_sums(const struct packet *p, uint8_t *before)
{
	uint8_t *check = wire_l4_check(p);

	MUST(same_sum(before + IPV4_CHECK, p->ip + IPV4_CHECK));
	memcpy(before + IPV4_CHECK, p->ip + IPV4_CHECK, 2);
	if (check) {
		MUST(same_sum(before + (check - p->ip), check));
		memcpy(before + (check - p->ip), check, 2);
	}
}

/* Where in the L4 header a translation puts the id; 0: nowhere. */
static size_t id_at(const struct packet *p, enum manip m, size_t *at)
{
	const size_t port = m == MANIP_SRC ? PORT_SRC : PORT_DST;

	if (p->proto == PROTO_GRE)
		*at = GRE_CALL;
	else
		*at = p->proto == PROTO_ICMP ? ICMP_ID : port;
	if (p->proto == PROTO_GRE)
		return m == MANIP_DST ? 2 : 0;
	return p->proto == PROTO_ICMP || proto_has_ports(p->proto) ? 2 : 0;
}

/* @before with the sum taken over that is made anew or always made. */
static void adopt_own_sum(const struct packet *p, uint8_t *before)
{
	const uint8_t *l4 = packet_l4(p);

	if (p->proto == PROTO_UDPLITE)
		memcpy(before + p->l4 + UDP_CHECK, l4 + UDP_CHECK, 2);
	if (p->proto == PROTO_SCTP)
		memcpy(before + p->l4 + SCTP_CHECK, l4 + SCTP_CHECK, 4);
}

/* @before with what a translation may change taken over. */
static void adopt_translation(const struct packet *p, enum manip m,
			      uint8_t *before)
{
	uint8_t *check = wire_l4_check(p);
	size_t addr = m == MANIP_SRC ? IPV4_SRC : IPV4_DST;
	size_t id, n = id_at(p, m, &id);

	id += p->l4;
	memcpy(before + addr, p->ip + addr, 4);
	memcpy(before + IPV4_CHECK, p->ip + IPV4_CHECK, 2);
	memcpy(before + id, p->ip + id, n);
	adopt_own_sum(p, before);
	if (check)
		memcpy(before + (check - p->ip), check, 2);
}

/* There and back: what was right stays right, nothing else moves. */
static void check_translation(const struct packet *p, const struct target *t,
			      uint8_t *before)
{
	bool sum_ok = packet_l4_csum_ok(p);
	bool no_sum =
		p->proto == PROTO_UDP && !load16(packet_l4(p) + UDP_CHECK);
	struct nat_tuple own;
	uint8_t *now;

	if (!packet_tuple(p, &own) || wire_all_zero(p))
		return;
	if (!rewrite_end(p, t->manip, &t->to)) {
		MUST(p->proto == PROTO_GRE);
		MUST(!memcmp(before, p->ip, p->len));
		return;
	}
	if (p->proto == PROTO_SCTP)
		MUST(packet_check_l4(p, true) == L4_OK);
	MUST(wire_ip_ok(p->ip));
	MUST(packet_l4_csum_ok(p) == sum_ok);
	if (no_sum)
		MUST(!load16(packet_l4(p) + UDP_CHECK));

	now = malloc(p->len);
	if (!now)
		return;
	memcpy(now, before, p->len);
	adopt_translation(p, t->manip, now);
	MUST(!memcmp(now, p->ip, p->len));
	free(now);

	MUST(rewrite_end(p, t->manip, &own));
	/* UDP-Lite has no "no checksum", so zero does not come back */
	adopt_own_sum(p, before);
	adopt_sums(p, before);
	MUST(!memcmp(before, p->ip, p->len));
}

/* An error about a translated connection, told to the far end. */
static void check_icmp_error(const struct packet *p, const struct target *t)
{
	struct nat_tuple quoted_to = t->to;
	struct nat_tuple own;
	struct packet quoted;
	bool quoted_ok;
	uint32_t payload;

	if (!packet_quoted(p, &quoted) || !packet_tuple(&quoted, &own))
		return;
	quoted_ok = wire_ip_ok(quoted.ip);
	payload = load32(quoted.ip + IPV4_LEN);
	if (!rewrite_icmp_error(p, t->manip, &quoted_to, &t->to))
		return;
	MUST(wire_ip_ok(p->ip));
	MUST(!wire_l4_sum(p));
	if (quoted.l4 < IPV4_HEADER)
		return; /* ports lie in the header, where Linux writes them, too
			 */
	MUST(wire_ip_ok(quoted.ip) == quoted_ok);
	MUST(load32(quoted.ip + IPV4_LEN) == payload);
	MUST(load32(quoted.ip +
		    (other(t->manip) == MANIP_SRC ? IPV4_SRC : IPV4_DST)) ==
	     t->to.src.w[0]);
}

static void check_packet(uint8_t *bytes, uint32_t size, const struct target *t,
			 unsigned flags)
{
	uint8_t *before;
	struct packet p;

	if (flags & REPAIR_IP)
		wire_repair_ip(bytes, size);
	if (packet_parse(&p, bytes, size) != PACKET_IPV4)
		return;
	MUST(p.len <= size && wire_ip_ok(bytes));
	if (flags & REPAIR_L4)
		wire_repair_l4(&p);
	before = malloc(size);
	if (!before)
		return;
	memcpy(before, bytes, size);

	check_reading(&p);
	MUST(!memcmp(before, bytes, size));
	if (packet_check_l4(&p, false) == L4_OK) {
		if (p.proto == PROTO_TCP)
			check_tcp(&p);
		if (p.proto == PROTO_SCTP)
			check_sctp(&p);
		check_translation(&p, t, before);
		if (p.proto == PROTO_ICMP &&
		    icmp_is_error(packet_l4(&p)[ICMP_TYPE]))
			check_icmp_error(&p, t);
	}
	if (bytes[IPV4_TTL]) {
		rewrite_ttl_down(&p);
		MUST(wire_ip_ok(bytes));
	}
	free(before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	uint32_t addr = input_u32(&in);
	uint16_t id = input_u16(&in);
	unsigned flags = input_u8(&in);
	struct target t = {
		.to = {.src = addr_v4(addr),
		       .dst = addr_v4(addr),
		       .src_id = id,
		       .dst_id = id,
		       .family = 4},
		.manip = flags & TRANSLATE_DST ? MANIP_DST : MANIP_SRC,
	};
	uint8_t *bytes;

	input_u8(&in);
	if (!in.size || in.size > UINT16_MAX)
		return 0;
	bytes = input_copy(&in);
	if (!bytes)
		return 0;
	check_packet(bytes, (uint32_t)in.size, &t, flags);
	free(bytes);
	return 0;
}
