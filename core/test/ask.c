/* SPDX-License-Identifier: BSD-2-Clause
 * All that can be asked of a datagram, at whatever length. */
#include "test/ask.h"

#include "pure/tuple.h"
#include "test/check.h"
#include "test/frames.h"
#include "test/guard.h"

struct packet packet_of_frame(const struct frame *f)
{
	struct packet p;

	assert_int_not_equal(
		packet_parse(&p, guard_copy(f->bytes, f->len), f->len),
		PACKET_BAD);
	return p;
}

struct packet packet_of(const char *text)
{
	struct frame f = frame_of(text);

	return packet_of_frame(&f);
}

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

void resum(uint8_t *ip, uint32_t len)
{
	uint32_t header = min_u32((ip[0] & 15u) * 4, len);

	if (ip[0] >> 4 == 6 || len < IPV4_HEADER)
		return;
	put16(ip + IPV4_CHECK, 0);
	put16(ip + IPV4_CHECK, (uint16_t)~frame_sum(0, ip, header));
}

void tell_len(uint8_t *ip, uint32_t len)
{
	uint32_t header = ip[0] >> 4 == 6 ? IPV6_HEADER : IPV4_HEADER;

	if (len < header)
		return;
	if (header == IPV6_HEADER)
		put16(ip + IPV6_LEN, len - IPV6_HEADER);
	else
		put16(ip + IPV4_LEN, len);
	resum(ip, len);
}

void ask_plain(const struct packet *p, uint32_t len)
{
	bool tcp = p->proto == PROTO_TCP;
	bool plain = p->family == 4 && p->l4 == IPV4_HEADER &&
		     !packet_is_fragment(p) && (tcp || p->proto == PROTO_UDP) &&
		     p->len >= IPV4_HEADER + TCP_HEADER;

	assert_int_equal(packet_is_plain(p->ip, len), plain);
	for (int verify = 0; plain && verify < 2; verify++) {
		enum l4_fault f = packet_check_l4(p, verify);

		assert_int_equal(packet_plain_l4_fits(p->ip, tcp) &&
					 packet_plain_sum_ok(p->ip, verify),
				 f == L4_OK || f == L4_FLAGS);
	}
}

void ask_all(uint8_t *ip, uint32_t len)
{
	struct packet p, q;
	struct nat_tuple t;

	if (packet_parse(&p, ip, len) == PACKET_BAD) {
		assert_false(packet_is_plain(ip, len));
		return;
	}
	assert_in_range(p.l4, ip_header_len(p.family), p.len);
	ask_plain(&p, len);
	(void)packet_l4_csum_ok(&p);
	assert_in_range(packet_check_l4(&p, true), L4_OK, L4_N_FAULTS - 1);
	if (packet_tuple(&p, &t)) {
		struct nat_addr src = packet_src_addr(&p);

		assert_int_equal(t.family, p.family);
		assert_true(addr_equal(&t.src, &src));
	}
	if (!packet_is_icmp(&p) || packet_l4_len(&p) < ICMP_HEADER)
		return;
	assert_in_range(packet_icmp_kind(&p), ICMP_PLAIN, ICMP_MALFORMED);
	if (packet_quoted(&p, &q))
		assert_true(q.ip + q.len == p.ip + p.len);
}

void ask_at_any_length(const char *text)
{
	struct frame f = frame_of(text);

	for (uint32_t n = 0; n <= f.len; n++) {
		ask_all(guard_copy(f.bytes, n), n);
		tell_len(f.bytes, n);
		ask_all(guard_copy(f.bytes, n), n);
		tell_len(f.bytes, f.len);
	}
}
