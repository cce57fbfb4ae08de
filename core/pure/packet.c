/* SPDX-License-Identifier: BSD-2-Clause
 * Bytes to packet: IP, transport header, tuple. */
#include "pure/packet.h"

#include "pure/crc32c.h"
#include "pure/csum.h"
#include "pure/packet_ipv6.h"
#include "pure/tuple.h"

static enum packet_family parse_ipv4(struct packet *p, uint8_t *bytes,
				     uint32_t len)
{
	uint32_t header, total;

	if (unlikely(len < IPV4_HEADER))
		return PACKET_BAD;
	header = (bytes[0] & 15u) * 4;
	if (unlikely(header < IPV4_HEADER || header > len))
		return PACKET_BAD;
	total = load16_host(bytes + IPV4_LEN);
	if (unlikely(total > len || total < header))
		return PACKET_BAD;
	if (unlikely(csum_fold(csum_partial(0, bytes, header)) != 0xffff))
		return PACKET_BAD;
	p->ip = bytes;
	p->len = total;
	p->l4 = (uint16_t)header;
	p->frag = load16_host(bytes + IPV4_FRAG);
	p->family = PACKET_IPV4;
	p->proto = bytes[IPV4_PROTO];
	p->lost = false;
	return PACKET_IPV4;
}

enum packet_family packet_parse(struct packet *p, uint8_t *bytes, uint32_t len)
{
	if (unlikely(!len))
		return PACKET_BAD;
	switch (bytes[0] >> 4) {
	case 4:
		return parse_ipv4(p, bytes, len);
	case 6:
		return packet_parse_ipv6(p, bytes, len);
	default:
		return PACKET_BAD;
	}
}

/* Only PPTP's packets are told apart, by the call they belong to. The id of
 * the source would be the other call's; a PPTP helper would know it. */
static bool gre_ids(const uint8_t *gre, uint32_t len, struct nat_tuple *t)
{
	t->src_id = 0;
	t->dst_id = 0;
	if (len < GRE_LEAST ||
	    (gre[GRE_VERSION] & GRE_VERSION_MASK) != GRE_PPTP ||
	    len < GRE_PPTP_LEAST)
		return true;
	if (load16_host(gre + GRE_PROTO) != GRE_PPP)
		return false;
	t->dst_id = load16(gre + GRE_CALL);
	return true;
}

/* The two ids of the tuple; false where the header is too short for them. */
static bool tuple_ids(const struct packet *p, struct nat_tuple *t)
{
	const uint8_t *l4 = packet_l4(p);
	uint32_t len = packet_l4_len(p);

	if (proto_has_ports(p->proto)) {
		if (len < 4)
			return false;
		t->src_id = load16(l4 + PORT_SRC);
		t->dst_id = load16(l4 + PORT_DST);
	} else if (p->proto == PROTO_ICMP || p->proto == PROTO_ICMPV6) {
		if (len < ICMP_HEADER)
			return false;
		t->src_id = load16(l4 + ICMP_ID);
		t->dst_id = load16(l4 + ICMP_TYPE);
	} else if (p->proto == PROTO_GRE) {
		return gre_ids(l4, len, t);
	} else {
		t->src_id = 0;
		t->dst_id = 0;
	}
	return true;
}

bool packet_tuple(const struct packet *p, struct nat_tuple *t)
{
	if (unlikely(p->frag & IPV4_OFFSET || p->lost))
		return false;
	*t = (struct nat_tuple){
		.src = packet_src_addr(p),
		.dst = packet_dst_addr(p),
		.proto = p->proto,
		.family = p->family,
	};
	return tuple_ids(p, t);
}

static bool quoted_ipv4(struct packet *quoted, uint8_t *ip, uint32_t len)
{
	uint32_t header;

	if (len < IPV4_HEADER)
		return false;
	header = (ip[0] & 15u) * 4;
	if (header > len) /* nobody looks at the version */
		return false;
	*quoted = (struct packet){
		.ip = ip,
		.len = len,
		.l4 = (uint16_t)header,
		.frag = load16_host(ip + IPV4_FRAG),
		.family = PACKET_IPV4,
		.proto = ip[IPV4_PROTO],
	};
	return true;
}

bool packet_quoted(const struct packet *p, struct packet *quoted)
{
	uint32_t at = p->l4 + (uint32_t)ICMP_HEADER;

	if (p->family == PACKET_IPV6)
		return packet_quoted_ipv6(p, quoted);
	return p->len >= at && quoted_ipv4(quoted, p->ip + at, p->len - at);
}

enum icmp_kind packet_icmp_kind(const struct packet *p)
{
	if (p->family == PACKET_IPV6)
		return packet_icmp6_kind(p);
	return icmp_is_error(packet_l4(p)[ICMP_TYPE]) ? ICMP_QUOTES
						      : ICMP_PLAIN;
}

/* Sum over pseudo-header and L4; right when it folds to 0xffff. */
static uint16_t fold_with_pseudo(const struct packet *p, uint8_t proto)
{
	uint32_t len = packet_l4_len(p);

	return csum_fold(csum_partial(packet_pseudo_sum(p, proto, len),
				      packet_l4(p), len));
}

static enum l4_fault check_tcp(const struct packet *p, bool verify)
{
	const uint8_t *l4 = packet_l4(p);
	uint32_t len = packet_l4_len(p);

	if (len < TCP_HEADER)
		return L4_SHORT;
	if (!l4_length_fits(l4, len, true))
		return L4_LENGTH;
	if (verify && fold_with_pseudo(p, PROTO_TCP) != 0xffff)
		return L4_CHECKSUM;
	return tcp_flags_valid(l4[TCP_FLAG_BYTE]) ? L4_OK : L4_FLAGS;
}

/* The sum covers the whole IP payload, not the UDP length (spec 3.3). */
static enum l4_fault check_udp(const struct packet *p, bool verify)
{
	const uint8_t *l4 = packet_l4(p);
	uint32_t len = packet_l4_len(p);

	if (len < UDP_HEADER)
		return L4_SHORT;
	if (!l4_length_fits(l4, len, false))
		return L4_LENGTH;
	if (verify && load16(l4 + UDP_CHECK) &&
	    fold_with_pseudo(p, PROTO_UDP) != 0xffff)
		return L4_CHECKSUM;
	return L4_OK;
}

/* @pseudo: the sum of the pseudo-header. */
static enum l4_fault check_udplite(const struct packet *p, bool verify,
				   uint64_t pseudo)
{
	const uint8_t *l4 = packet_l4(p);
	uint32_t len = packet_l4_len(p);
	uint32_t covered;

	if (len < UDP_HEADER)
		return L4_SHORT;
	covered = load16_host(l4 + UDP_LEN);
	if (!covered)
		covered = len;
	if (covered < UDP_HEADER || covered > len)
		return L4_LENGTH;
	if (!load16(l4 + UDP_CHECK))
		return L4_CHECKSUM;
	if (verify && csum_fold(csum_partial(pseudo, l4, covered)) != 0xffff)
		return L4_CHECKSUM;
	return L4_OK;
}

bool packet_udplite_ok(const struct packet *p)
{
	uint32_t len = packet_l4_len(p);

	return check_udplite(p, true,
			     packet_pseudo_sum(p, PROTO_UDPLITE, len)) == L4_OK;
}

/* Linux's tracker has UDP's number in the pseudo-header (spec 3.3), and of the
 * length in that of IPv4 only the low byte, so that what RFC 3828 calls correct
 * is not. */
static enum l4_fault check_udplite_tracked(const struct packet *p, bool verify)
{
	uint32_t len = packet_l4_len(p);

	if (p->family == PACKET_IPV4)
		len &= 0xff;
	return check_udplite(p, verify, packet_pseudo_sum(p, PROTO_UDP, len));
}

/* ICMP alone has no pseudo-header, ICMPv6 has (RFC 4443 2.3). Linux takes a
 * sum of nothing but zeros for right, too. */
static bool icmp_sum_ok(const struct packet *p)
{
	uint16_t sum;

	if (p->family == PACKET_IPV6)
		sum = fold_with_pseudo(p, PROTO_ICMPV6);
	else
		sum = csum_fold(
			csum_partial(0, packet_l4(p), packet_l4_len(p)));
	return sum == 0xffff || !sum;
}

static enum l4_fault check_icmp(const struct packet *p, bool verify)
{
	if (packet_l4_len(p) < ICMP_HEADER)
		return L4_SHORT;
	if (!packet_is_icmp(p))
		return L4_FAMILY;
	if (verify && !icmp_sum_ok(p))
		return L4_CHECKSUM;
	if (p->proto == PROTO_ICMP && packet_l4(p)[ICMP_TYPE] > ICMP_LAST_TYPE)
		return L4_TYPE;
	return L4_OK;
}

uint32_t packet_sctp_sum(const struct packet *p)
{
	static const uint8_t zero[4];
	const uint8_t *l4 = packet_l4(p);
	uint32_t crc = crc32c((uint32_t)CRC32C_START, l4, SCTP_CHECK);

	crc = crc32c(crc, zero, sizeof(zero));
	crc = ~crc32c(crc, l4 + SCTP_HEADER, packet_l4_len(p) - SCTP_HEADER);
	return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		       ? crc
		       : __builtin_bswap32(crc);
}

static enum l4_fault check_sctp(const struct packet *p, bool verify)
{
	if (packet_l4_len(p) < SCTP_HEADER)
		return L4_SHORT;
	if (verify && load32(packet_l4(p) + SCTP_CHECK) != packet_sctp_sum(p))
		return L4_CHECKSUM;
	return L4_OK;
}

enum l4_fault packet_check_l4(const struct packet *p, bool verify)
{
	switch (p->proto) {
	case PROTO_TCP:
		return check_tcp(p, verify);
	case PROTO_UDP:
		return check_udp(p, verify);
	case PROTO_UDPLITE:
		return check_udplite_tracked(p, verify);
	case PROTO_ICMP:
	case PROTO_ICMPV6:
		return check_icmp(p, verify);
	case PROTO_SCTP:
		return check_sctp(p, verify);
	default:
		return L4_OK;
	}
}

bool packet_l4_csum_ok(const struct packet *p)
{
	const uint8_t *l4 = packet_l4(p);

	switch (p->proto) {
	case PROTO_TCP:
		return fold_with_pseudo(p, PROTO_TCP) == 0xffff;
	case PROTO_UDP:
		return (packet_l4_len(p) >= UDP_HEADER &&
			!load16(l4 + UDP_CHECK)) ||
		       fold_with_pseudo(p, PROTO_UDP) == 0xffff;
	case PROTO_ICMP:
	case PROTO_ICMPV6:
		return !packet_is_icmp(p) || icmp_sum_ok(p);
	default:
		return true;
	}
}

bool packet_whole_sum_ok(const struct packet *p)
{
	if (p->family == PACKET_IPV6)
		return fold_with_pseudo(p, p->proto) == 0xffff;
	return csum_fold(csum_partial(0, p->ip, p->len)) == 0xffff;
}

uint32_t packet_udp6_len(const struct packet *p)
{
	const uint8_t *l4 = packet_l4(p);
	uint32_t len = packet_l4_len(p), udp_len;
	uint64_t sum;

	if (len < UDP_HEADER)
		return 0;
	udp_len = load16_host(l4 + UDP_LEN);
	if (!udp_len)
		udp_len = len;
	if (udp_len < UDP_HEADER || udp_len > len || !load16(l4 + UDP_CHECK))
		return 0;
	sum = packet_pseudo_sum(p, PROTO_UDP, udp_len);
	return csum_fold(csum_partial(sum, l4, udp_len)) == 0xffff ? udp_len
								   : 0;
}

const char *l4_fault_name(enum l4_fault f)
{
	static const char *const name[L4_N_FAULTS] = {
		[L4_OK] = "ok",
		[L4_SHORT] = "transport header cut short",
		[L4_LENGTH] = "length fields contradict each other",
		[L4_CHECKSUM] = "bad transport checksum",
		[L4_FLAGS] = "TCP flags no sender combines",
		[L4_TYPE] = "unknown ICMP type",
		[L4_FAMILY] = "ICMP of the other IP version",
	};

	return name[f];
}
