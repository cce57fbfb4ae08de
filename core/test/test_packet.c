/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Bytes to packet. Every datagram here ends at an unreadable page, so that a
 * byte read too many ends the test. */
#include <arpa/inet.h>
#include <string.h>

#include "pure/packet.h"
#include "pure/random.h"
#include "pure/tuple.h"
#include "test/check.h"
#include "test/frames.h"
#include "test/guard.h"

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* Makes the IP header's sum right, as far as there is a header. */
static void resum(uint8_t *ip, uint32_t len)
{
	uint32_t header = min_u32((ip[0] & 15u) * 4, len);

	put16(ip + IPV4_CHECK, 0);
	put16(ip + IPV4_CHECK, (uint16_t)~frame_sum(0, ip, header));
}

static struct packet parsed(const char *text)
{
	struct frame f = frame_of(text);
	struct packet p;

	if (packet_parse(&p, guard_copy(f.bytes, f.len), f.len) != PACKET_IPV4)
		fail_msg("refused: %s", text);
	return p;
}

/* ---------------------------------------------------------------- IP header */

enum { RESUM = 1 };

static const struct header_row {
	const char *name, *text;
	uint16_t at; /* a byte that is changed */
	uint8_t value;
	uint8_t how; /* RESUM */
	int8_t more; /* bytes behind, or cut off */
	enum packet_family want;
} headers[] = {
#define U "udp 10.0.0.2:1 > 192.0.2.1:2 len 4"
	{"sound", U, 0, 0x45, 0, 0, PACKET_IPV4},
	{"bytes behind", U, 0, 0x45, 0, 14, PACKET_IPV4},
	{"a byte short", U, 0, 0x45, 0, -1, PACKET_BAD},
	{"header alone, told so", U, IPV4_LEN + 1, 20, RESUM, 0, PACKET_IPV4},
	{"total below the header", U, IPV4_LEN + 1, 19, RESUM, 0, PACKET_BAD},
	{"total 0", U, IPV4_LEN + 1, 0, RESUM, 0, PACKET_BAD},
	{"total beyond", U, IPV4_LEN, 1, RESUM, 0, PACKET_BAD},
	{"version 0", U, 0, 0x05, RESUM, 0, PACKET_BAD},
	{"version 5", U, 0, 0x55, RESUM, 0, PACKET_BAD},
	{"version 6, too short for it", U, 0, 0x65, RESUM, 0, PACKET_BAD},
	{"version 15", U, 0, 0xf5, RESUM, 0, PACKET_BAD},
	{"header of 0", U, 0, 0x40, RESUM, 0, PACKET_BAD},
	{"header of 16", U, 0, 0x44, RESUM, 0, PACKET_BAD},
	{"header of 24, of payload", U, 0, 0x46, RESUM, 0, PACKET_IPV4},
	{"header of 32, all there is", U, 0, 0x48, RESUM, 0, PACKET_IPV4},
	{"header of 36, four too many", U, 0, 0x49, RESUM, 0, PACKET_BAD},
	{"header of 60", U, 0, 0x4f, RESUM, 0, PACKET_BAD},
	{"wrong sum", U, IPV4_CHECK, 0, 0, 0, PACKET_BAD},
	{"TTL 0", U " ttl 0", 0, 0x45, 0, 0, PACKET_IPV4},
	{"options", U " nops 40", 0, 0x4f, 0, 0, PACKET_IPV4},
	{"options cut", U " nops 40 cut 56", 0, 0x4f, 0, 0, PACKET_BAD},
	{"reserved bit", U " evil", 0, 0x45, 0, 0, PACKET_IPV4},
	{"a fragment", U " off 185 mf", 0, 0x45, 0, 0, PACKET_IPV4},
	{"no payload", "proto 50 10.0.0.2 > 192.0.2.1", 0, 0x45, 0, 0,
	 PACKET_IPV4},
#undef U
};

static void header_row(const struct header_row *r)
{
	struct frame f = frame_of(r->text);
	uint32_t len = (uint32_t)((int32_t)f.len + r->more);
	struct packet p;
	enum packet_family got;

	f.bytes[r->at] = r->value;
	if (r->how & RESUM)
		resum(f.bytes, f.len);
	got = packet_parse(&p, guard_copy(f.bytes, len), len);
	if (got != r->want)
		fail_msg("%s: %d", r->name, got);
	if (got != PACKET_IPV4)
		return;
	assert_int_equal(p.len, load16_host(f.bytes + IPV4_LEN));
	assert_int_equal(p.l4, (f.bytes[0] & 15) * 4);
	assert_int_equal(p.frag, load16_host(f.bytes + IPV4_FRAG));
	assert_int_equal(p.proto, f.bytes[IPV4_PROTO]);
	assert_int_equal(p.family, 4);
}

static void ip_headers(void **state)
{
	struct packet p;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(headers); i++)
		header_row(&headers[i]);
	for (uint32_t len = 0; len < IPV4_HEADER; len++)
		for (unsigned first = 0x40; first < 0x50; first++) {
			uint8_t bytes[IPV4_HEADER] = {(uint8_t)first};

			assert_int_equal(
				packet_parse(&p, guard_copy(bytes, len), len),
				PACKET_BAD);
		}
}

/* ------------------------------------------------------------------- tuples */

enum { NONE = -1 };

static const struct {
	const char *text;
	int32_t src_id, dst_id; /* host order; NONE: no tuple */
} tuples[] = {
#define ENDS  "10.0.0.2:4000 > 192.0.2.1:53 "
#define HOSTS "10.0.0.2 > 192.0.2.1 "
	{"tcp " ENDS "S", 4000, 53},
	{"tcp " ENDS "S cut 24", 4000, 53},
	{"tcp " ENDS "S cut 23", NONE, NONE},
	{"tcp " ENDS "S cut 20", NONE, NONE},
	{"udp " ENDS, 4000, 53},
	{"udp " ENDS "nops 12 cut 36", 4000, 53},
	{"udp " ENDS "nops 12 cut 35", NONE, NONE},
	{"udp " ENDS "mf", 4000, 53},
	{"udp " ENDS "off 1 len 8", NONE, NONE},
	{"udp " ENDS "off 8191 len 8", NONE, NONE},
	{"udp " ENDS "df evil", 4000, 53},
	{"udplite " ENDS, 4000, 53},
	{"udplite " ENDS "cut 23", NONE, NONE},
	{"icmp " HOSTS "type 8 id 7", 7, 0x0800},
	{"icmp " HOSTS "type 0 code 3 id 7", 7, 0x0003},
	{"icmp " HOSTS "type 3 code 1 rest 65536", 1, 0x0301},
	{"icmp " HOSTS "type 255 code 255 id 65535", 65535, 0xffff},
	{"icmp " HOSTS "type 8 id 7 cut 28", 7, 0x0800},
	{"icmp " HOSTS "type 8 id 7 cut 27", NONE, NONE},
	{"icmp " HOSTS "off 3 len 8", NONE, NONE},
	{"proto 2 " HOSTS "len 8", 0, 0},
	{"gre " HOSTS, 0, 0},
	{"gre " HOSTS "version 0 id 7", 0, 0},
	{"gre " HOSTS "version 1 id 7", 0, 7},
	{"gre " HOSTS "version 249 id 7", 0, 7},
	{"gre " HOSTS "version 2 id 7", 0, 0},
	{"gre " HOSTS "version 1 carries 0x0800 id 7", NONE, NONE},
	{"gre " HOSTS "version 1 id 7 cut 28", 0, 7},
	{"gre " HOSTS "version 1 carries 0x0800 id 7 cut 27", 0, 0},
	{"gre " HOSTS "version 1 id 7 cut 20", 0, 0},
	{"proto 50 " HOSTS, 0, 0},
	{"proto 50 " HOSTS "off 1 len 8", NONE, NONE},
	{"sctp " ENDS, 4000, 53},
	{"sctp " ENDS "cut 24", 4000, 53},
	{"sctp " ENDS "cut 23", NONE, NONE},
	{"proto 0 " HOSTS, 0, 0},
	{"proto 255 " HOSTS, 0, 0},
};

static void test_tuples(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(tuples); i++) {
		struct packet p = parsed(tuples[i].text);
		struct nat_tuple t,
			want = {
				.src = addr_v4(htonl(0x0a000002)),
				.dst = addr_v4(htonl(0xc0000201)),
				.src_id = htons((uint16_t)tuples[i].src_id),
				.dst_id = htons((uint16_t)tuples[i].dst_id),
				.proto = p.proto,
				.family = 4,
			};
		bool got = packet_tuple(&p, &t);

		if (got != (tuples[i].src_id != NONE) ||
		    (got && !tuple_equal(&t, &want)))
			fail_msg("%s", tuples[i].text);
	}
}

/* ------------------------------------------------------- transport headers */

static const struct {
	const char *text;
	enum l4_fault verified, unverified;
	bool sum_ok;
} l4s[] = {
	{"tcp " ENDS "S", L4_OK, L4_OK, true},
	{"tcp " ENDS "A len 5", L4_OK, L4_OK, true},
	{"tcp " ENDS "S badsum", L4_CHECKSUM, L4_OK, false},
	{"tcp " ENDS "S nosum", L4_CHECKSUM, L4_OK, false},
	{"tcp " ENDS "S cut 39", L4_SHORT, L4_SHORT, false},
	{"tcp " ENDS "S doff 4", L4_LENGTH, L4_LENGTH, true},
	{"tcp " ENDS "S doff 6", L4_LENGTH, L4_LENGTH, true},
	{"tcp " ENDS "S doff 6 len 4", L4_OK, L4_OK, true},
	{"tcp " ENDS "S doff 15 len 39", L4_LENGTH, L4_LENGTH, true},
	{"tcp " ENDS "S doff 15 len 40", L4_OK, L4_OK, true},
	{"tcp " ENDS "SF", L4_FLAGS, L4_FLAGS, true},
	{"tcp " ENDS "SF badsum", L4_CHECKSUM, L4_FLAGS, false},
	{"tcp " ENDS ".", L4_FLAGS, L4_FLAGS, true},
	{"udp " ENDS, L4_OK, L4_OK, true},
	{"udp " ENDS "len 5", L4_OK, L4_OK, true},
	{"udp " ENDS "len 5 badsum", L4_CHECKSUM, L4_OK, false},
	{"udp " ENDS "len 5 nosum", L4_OK, L4_OK, true},
	{"udp " ENDS "cut 27", L4_SHORT, L4_SHORT, false},
	{"udp " ENDS "ulen 7", L4_LENGTH, L4_LENGTH, true},
	{"udp " ENDS "ulen 9", L4_LENGTH, L4_LENGTH, true},
	{"udp " ENDS "ulen 0", L4_LENGTH, L4_LENGTH, true},
	{"udp " ENDS "len 9 ulen 8", L4_OK, L4_OK, true},
	{"udp " ENDS "len 9 ulen 8 nosum", L4_OK, L4_OK, true},
	{"udplite " ENDS "len 9", L4_OK, L4_OK, true},
	{"udplite " ENDS "len 9 ulen 8", L4_OK, L4_OK, true},
	{"udplite " ENDS "len 9 ulen 17", L4_OK, L4_OK, true},
	{"udplite " ENDS "len 9 ulen 18", L4_LENGTH, L4_LENGTH, true},
	{"udplite " ENDS "len 9 ulen 7", L4_LENGTH, L4_LENGTH, true},
	{"udplite " ENDS "nosum", L4_CHECKSUM, L4_CHECKSUM, true},
	{"udplite " ENDS "badsum", L4_CHECKSUM, L4_OK, true},
	{"udplite " ENDS "sumproto 136", L4_CHECKSUM, L4_OK, true},
	{"udplite " ENDS "len 247", L4_OK, L4_OK, true},
	{"udplite " ENDS "len 247 sumproto 17", L4_OK, L4_OK, true},
	{"udplite " ENDS "len 248", L4_OK, L4_OK, true},
	{"udplite " ENDS "len 248 sumproto 17", L4_CHECKSUM, L4_OK, true},
	{"udplite " ENDS "len 600 ulen 12", L4_OK, L4_OK, true},
	{"udplite " ENDS "len 600 ulen 12 sumproto 17", L4_CHECKSUM, L4_OK,
	 true},
	{"udplite " ENDS "cut 27", L4_SHORT, L4_SHORT, true},
	{"sctp " ENDS, L4_OK, L4_OK, true},
	{"sctp " ENDS "len 5", L4_OK, L4_OK, true},
	{"sctp " ENDS "len 5 badsum", L4_CHECKSUM, L4_OK, true},
	{"sctp " ENDS "nosum", L4_CHECKSUM, L4_OK, true},
	{"sctp " ENDS "cut 32", L4_CHECKSUM, L4_OK, true},
	{"sctp " ENDS "cut 31", L4_SHORT, L4_SHORT, true},
	{"gre " HOSTS "version 7 cut 21", L4_OK, L4_OK, true},
	{"icmp " HOSTS "type 8", L4_OK, L4_OK, true},
	{"icmp " HOSTS "type 8 len 3", L4_OK, L4_OK, true},
	{"icmp " HOSTS "type 8 badsum", L4_CHECKSUM, L4_OK, false},
	{"icmp " HOSTS "type 8 nosum", L4_CHECKSUM, L4_OK, false},
	{"icmp " HOSTS "type 0 nosum", L4_OK, L4_OK, true}, /* all zero */
	{"icmp " HOSTS "type 8 cut 27", L4_SHORT, L4_SHORT, false},
	{"icmp " HOSTS "type 18", L4_OK, L4_OK, true},
	{"icmp " HOSTS "type 19", L4_TYPE, L4_TYPE, true},
	{"icmp " HOSTS "type 19 badsum", L4_CHECKSUM, L4_TYPE, false},
	{"proto 50 " HOSTS, L4_OK, L4_OK, true},
	{"proto 132 " HOSTS "len 3", L4_OK, L4_OK, true},
};

/* What is said of plain packets agrees with what is said of all. */
static void check_plain(const struct packet *p, uint32_t len)
{
	bool plain = p->l4 == IPV4_HEADER && !packet_is_fragment(p) &&
		     (p->proto == PROTO_TCP || p->proto == PROTO_UDP) &&
		     p->len >= IPV4_HEADER + TCP_HEADER;

	assert_int_equal(packet_is_plain(p->ip, len), plain);
	for (int verify = 0; plain && verify < 2; verify++) {
		enum l4_fault f = packet_check_l4(p, verify);

		assert_int_equal(packet_plain_l4_ok(p, verify),
				 f == L4_OK || f == L4_FLAGS);
	}
}

static void transport_headers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(l4s); i++) {
		struct packet p = parsed(l4s[i].text);
		enum l4_fault verified = packet_check_l4(&p, true);
		enum l4_fault unverified = packet_check_l4(&p, false);

		if (verified != l4s[i].verified ||
		    unverified != l4s[i].unverified)
			fail_msg("%s: %s; unverified: %s", l4s[i].text,
				 l4_fault_name(verified),
				 l4_fault_name(unverified));
		if (packet_l4_csum_ok(&p) != l4s[i].sum_ok)
			fail_msg("%s: checksum", l4s[i].text);
		check_plain(&p, p.len);
	}
}

static void tcp_segment(void **state)
{
	struct packet p = parsed("tcp " ENDS "SF seq 4294967293 ack 7 win 9 "
				 "doff 7 len 11");
	struct tcp_segment s;

	(void)state;
	packet_tcp(&p, &s);
	assert_int_equal(s.seq, 4294967293);
	assert_int_equal(s.ack, 7);
	assert_int_equal(s.win, 9);
	assert_int_equal(s.flags, TCP_SYN | TCP_FIN);
	assert_int_equal(s.end, 2); /* three bytes, SYN and FIN */
	assert_int_equal(s.options_len, 8);
	assert_ptr_equal(s.options, p.ip + 40);
}

static void icmp_types(void **state)
{
	static const uint8_t errors[] = {3, 4, 5, 11, 12};

	(void)state;
	for (unsigned type = 0; type < 256; type++)
		assert_int_equal(icmp_is_error((uint8_t)type),
				 memchr(errors, (int)type, sizeof(errors)) !=
					 NULL);
}

/* ------------------------------------------------------------------ quotes */

static const struct {
	const char *name, *text;
	int at; /* a byte of the quote that is changed; NONE */
	uint8_t value;
	int32_t l4_len; /* of the quoted; NONE: refused */
} quotes[] = {
#define E "icmp 192.0.2.9 > 10.0.0.2 type 3 code 3 "
	{"nothing", E, NONE, 0, NONE},
	{"19 bytes", E "len 19", 0, 0x45, NONE},
	{"a header", E "(udp " ENDS "cut 20)", NONE, 0, 0},
	{"four bytes of UDP", E "(udp " ENDS "cut 24)", NONE, 0, 4},
	{"all", E "(udp " ENDS "len 100)", NONE, 0, 108},
	{"options", E "(udp " ENDS "nops 8 len 2)", NONE, 0, 10},
	{"options cut", E "(udp " ENDS "nops 8 cut 24)", NONE, 0, NONE},
	{"header of 16", E "(udp " ENDS ")", 0, 0x44, 12},
	{"version 6", E "(udp " ENDS ")", 0, 0x65, NONE},
	{"wrong sum", E "(udp " ENDS ")", IPV4_CHECK, 0x55, 8},
	{"total beyond", E "(udp " ENDS ")", IPV4_LEN, 0x55, 8},
	{"total 0", E "(udp " ENDS ")", IPV4_LEN + 1, 0, 8},
	{"TTL 0", E "(udp " ENDS "ttl 0)", NONE, 0, 8},
#undef E
};

static void quoted_datagrams(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(quotes); i++) {
		struct packet p = parsed(quotes[i].text), q;
		uint8_t *inner = packet_l4(&p) + ICMP_HEADER;
		bool got;

		if (quotes[i].at != NONE)
			inner[quotes[i].at] = quotes[i].value;
		got = packet_quoted(&p, &q);
		if (got != (quotes[i].l4_len != NONE))
			fail_msg("%s", quotes[i].name);
		if (!got)
			continue;
		assert_ptr_equal(q.ip, inner);
		assert_int_equal(q.proto, PROTO_UDP);
		assert_int_equal(packet_l4_len(&q), quotes[i].l4_len);
	}
}

/* ---------------------------------------------------- lengths of all kinds */

/* All that can be asked of a datagram, at whatever length. */
static void ask_all(uint8_t *ip, uint32_t len)
{
	struct packet p, q;
	struct nat_tuple t;

	if (packet_parse(&p, ip, len) != PACKET_IPV4) {
		assert_false(packet_is_plain(ip, len));
		return;
	}
	check_plain(&p, len);
	(void)packet_l4_csum_ok(&p);
	assert_in_range(packet_check_l4(&p, true), L4_OK, L4_N_FAULTS - 1);
	if (packet_tuple(&p, &t))
		assert_int_equal(t.src.w[0], load32(ip + IPV4_SRC));
	if (packet_quoted(&p, &q))
		assert_true(q.ip + q.len == p.ip + p.len);
}

static void cut_anywhere(const char *text)
{
	struct frame f = frame_of(text);

	for (uint32_t n = 0; n <= f.len; n++) {
		ask_all(guard_copy(f.bytes, n), n);
		if (n < IPV4_HEADER)
			continue;
		put16(f.bytes + IPV4_LEN, n);
		resum(f.bytes, n);
		ask_all(guard_copy(f.bytes, n), n);
		put16(f.bytes + IPV4_LEN, f.len);
		resum(f.bytes, f.len);
	}
}

static void any_length(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(l4s); i++)
		cut_anywhere(l4s[i].text);
	for (size_t i = 0; i < ARRAY_LEN(tuples); i++)
		cut_anywhere(tuples[i].text);
	for (size_t i = 0; i < ARRAY_LEN(quotes); i++)
		cut_anywhere(quotes[i].text);
}

/* Headers that pass, the rest by chance. */
static void random_bytes(void **state)
{
	enum { MOST = 120 };
	static const uint8_t proto[] = {1, 6, 17, 47, 136};
	struct random r = random_new(1);

	(void)state;
	for (unsigned i = 0; i < 200000; i++) {
		uint32_t len = random_u32(&r) % MOST;
		uint8_t bytes[MOST];

		for (uint32_t at = 0; at < MOST; at++)
			bytes[at] = (uint8_t)random_u64(&r);
		bytes[0] = (uint8_t)(0x40 | (random_u32(&r) % 2
						     ? 5
						     : random_u32(&r) % 16));
		bytes[IPV4_PROTO] = proto[random_u32(&r) % sizeof(proto)];
		if (random_u32(&r) % 4)
			put16(bytes + IPV4_LEN, len);
		resum(bytes, MOST);
		ask_all(guard_copy(bytes, len), len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ip_headers),
		cmocka_unit_test(test_tuples),
		cmocka_unit_test(transport_headers),
		cmocka_unit_test(tcp_segment),
		cmocka_unit_test(icmp_types),
		cmocka_unit_test(quoted_datagrams),
		cmocka_unit_test(any_length),
		cmocka_unit_test(random_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
