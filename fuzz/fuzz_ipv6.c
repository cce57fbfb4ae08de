/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One IPv6 packet of any bytes: its chain of headers, translation and back, an
 * error about it.
 *
 * Input: the address (16 bytes) and id (2) to translate to, flags (1), one byte
 * unused; then the packet.
 */
#include "check.h"
#include "pure/build.h"
#include "pure/ipv6_ext.h"
#include "pure/rewrite.h"
#include "wire.h"

enum flag {
	TRANSLATE_DST = 1, /* rather than the source */
	REPAIR = 2,        /* make version and length right */
};

static void check_headers(const struct packet *p)
{
	struct ext_place i;
	struct ext_fault f;

	MUST(p->l4 >= IPV6_HEADER && p->l4 <= p->len);
	MUST(p->frag & IPV4_DF);
	if (!ipv6_hop_options_ok(p, &f)) {
		MUST(f.pointer < p->len);
		return; /* goes no further */
	}
	i = ipv6_behind_hop_options(p);
	if (!ipv6_headers_ok(p, &i, &f))
		MUST(f.pointer < p->len);
	else
		MUST(i.named < i.at && i.at <= p->len);
}

static void check_quote(const struct packet *p)
{
	struct packet quoted;
	struct nat_tuple t;

	if (packet_l4_len(p) < ICMP_HEADER ||
	    packet_icmp_kind(p) != ICMP_QUOTES)
		return;
	if (!packet_quoted(p, &quoted))
		return;
	MUST(quoted.ip > packet_l4(p));
	MUST(quoted.ip + quoted.len == p->ip + p->len);
	MUST(quoted.l4 <= quoted.len);
	if (packet_tuple(&quoted, &t))
		MUST(t.proto == quoted.proto && t.family == 6);
}

/* Equal but for the two ways to write zero in a checksum. */
static bool same_but_sums(const uint8_t *a, const uint8_t *b, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (a[i] == b[i])
			continue;
		if (i + 1 >= n || (a[i] ^ b[i]) != 0xff ||
		    (a[i + 1] ^ b[i + 1]) != 0xff)
			return false;
		i++;
	}
	return true;
}

/* There and back: what was right stays right, nothing else moves. */
static void check_translation(const struct packet *p, enum manip m,
			      const struct nat_tuple *to)
{
	bool sum_ok = packet_l4_csum_ok(p);
	struct nat_tuple own;
	uint8_t *before;

	if (!packet_tuple(p, &own) || p->proto == PROTO_UDPLITE ||
	    p->proto == PROTO_SCTP)
		return; /* sums that are always made, or made anew */
	before = malloc(p->len);
	if (!before)
		return;
	memcpy(before, p->ip, p->len);
	if (rewrite_end(p, m, to)) {
		if (p->len - p->l4 >= TCP_HEADER)
			MUST(packet_l4_csum_ok(p) == sum_ok);
		MUST(rewrite_end(p, m, &own));
		MUST(same_but_sums(before, p->ip, p->len));
	} else {
		MUST(!memcmp(before, p->ip, p->len));
	}
	free(before);
}

static void check_error(const struct packet *p)
{
	const struct icmp_fault fault = {ICMP6_TIME_EXCEEDED, 0, 0};
	struct nat_addr src = {{1, 2, 3, 4}};
	uint8_t *out = malloc(build_error_max(6));
	struct packet made;
	uint32_t len;

	if (!out)
		return;
	len = build_icmp_error(out, p, &fault, &src, 0);
	MUST(len <= build_error_max(6));
	if (packet_parse(&made, out, len) == PACKET_IPV6) {
		MUST(made.len == len && packet_l4_csum_ok(&made));
		MUST(packet_check_l4(&made, true) == L4_OK);
	}
	free(out);
}

static void repair(uint8_t *bytes, uint32_t size)
{
	if (size < IPV6_HEADER || size - IPV6_HEADER > UINT16_MAX)
		return;
	bytes[0] = (uint8_t)(0x60 | (bytes[0] & 15));
	bytes[IPV6_LEN] = (uint8_t)((size - IPV6_HEADER) >> 8);
	bytes[IPV6_LEN + 1] = (uint8_t)(size - IPV6_HEADER);
}

static void check_packet(uint8_t *bytes, uint32_t size,
			 const struct nat_tuple *to, unsigned flags)
{
	struct packet p;

	if (flags & REPAIR)
		repair(bytes, size);
	if (packet_parse(&p, bytes, size) != PACKET_IPV6)
		return;
	MUST(p.len <= size);
	check_headers(&p);
	if (p.proto == PROTO_ICMPV6 && !p.lost)
		check_quote(&p);
	if (packet_check_l4(&p, true) == L4_OK)
		MUST(packet_check_l4(&p, false) == L4_OK);
	check_translation(&p, flags & TRANSLATE_DST ? MANIP_DST : MANIP_SRC,
			  to);
	check_error(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	struct nat_tuple to = {.family = 6};
	unsigned flags;
	uint8_t *bytes;

	input_take(&in, &to.src, sizeof(to.src));
	to.dst = to.src;
	to.src_id = to.dst_id = input_u16(&in);
	flags = input_u8(&in);
	(void)input_u8(&in);
	bytes = malloc(in.size ? in.size : 1);
	if (!bytes)
		return 0;
	memcpy(bytes, in.data, in.size);
	check_packet(bytes, (uint32_t)in.size, &to, flags);
	free(bytes);
	return 0;
}
