/* SPDX-License-Identifier: BSD-2-Clause
 * Bytes to packet: transport headers, what ICMP means, what it quotes. */
#include <stdio.h>
#include <string.h>

#include "pure/packet.h"
#include "test/ask.h"
#include "test/check.h"
#include "test/frames.h"

#define ENDS   "10.0.0.2:4000 > 192.0.2.1:53 "
#define HOSTS  "10.0.0.2 > 192.0.2.1 "
#define ENDS6  "[2001:db8::2]:4000 > [2001:db8::9]:53 "
#define HOSTS6 "2001:db8::2 > 2001:db8::9 "

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
	{"icmp " HOSTS "type 8 cut 27", L4_SHORT, L4_SHORT, true},
	{"icmp " HOSTS "type 18", L4_OK, L4_OK, true},
	{"icmp " HOSTS "type 19", L4_TYPE, L4_TYPE, true},
	{"icmp " HOSTS "type 19 badsum", L4_CHECKSUM, L4_TYPE, false},
	{"proto 50 " HOSTS, L4_OK, L4_OK, true},
	{"proto 132 " HOSTS "len 3", L4_OK, L4_OK, true},
	{"icmp6 " HOSTS "type 128", L4_FAMILY, L4_FAMILY, true},
	{"tcp " ENDS6 "S", L4_OK, L4_OK, true},
	{"tcp " ENDS6 "A len 5 ext 0 ext 60", L4_OK, L4_OK, true},
	{"tcp " ENDS6 "S badsum", L4_CHECKSUM, L4_OK, false},
	{"tcp " ENDS6 "S cut 59", L4_SHORT, L4_SHORT, false},
	{"tcp " ENDS6 "S doff 6", L4_LENGTH, L4_LENGTH, true},
	{"tcp " ENDS6 "SF", L4_FLAGS, L4_FLAGS, true},
	{"udp " ENDS6 "len 5", L4_OK, L4_OK, true},
	{"udp " ENDS6 "len 5 ext 60 badsum", L4_CHECKSUM, L4_OK, false},
	{"udp " ENDS6 "len 5 nosum", L4_OK, L4_OK, true},
	{"udp " ENDS6 "ulen 0", L4_LENGTH, L4_LENGTH, true},
	{"udp " ENDS6 "len 9 ulen 8", L4_OK, L4_OK, true},
	{"udp " ENDS6 "ext 60 cut 55", L4_SHORT, L4_SHORT, false},
	{"udplite " ENDS6 "len 9 ulen 8", L4_OK, L4_OK, true},
	{"udplite " ENDS6 "nosum", L4_CHECKSUM, L4_CHECKSUM, true},
	{"udplite " ENDS6 "sumproto 136", L4_CHECKSUM, L4_OK, true},
	/* the whole length is in the pseudo-header, unlike that of IPv4 */
	{"udplite " ENDS6 "len 248", L4_OK, L4_OK, true},
	{"udplite " ENDS6 "len 248 sumproto 17", L4_OK, L4_OK, true},
	{"sctp " ENDS6 "len 5", L4_OK, L4_OK, true},
	{"sctp " ENDS6 "badsum", L4_CHECKSUM, L4_OK, true},
	{"icmp6 " HOSTS6 "type 128 len 3", L4_OK, L4_OK, true},
	{"icmp6 " HOSTS6 "type 128 ext 60 len 3", L4_OK, L4_OK, true},
	{"icmp6 " HOSTS6 "type 128 badsum", L4_CHECKSUM, L4_OK, false},
	{"icmp6 " HOSTS6 "type 128 nosum", L4_CHECKSUM, L4_OK, false},
	{"icmp6 " HOSTS6 "type 128 cut 47", L4_SHORT, L4_SHORT, false},
	{"icmp6 " HOSTS6 "type 255", L4_OK, L4_OK, true},
	{"icmp " HOSTS6 "type 8", L4_FAMILY, L4_FAMILY, true},
	{"gre " HOSTS6 "version 7 cut 41", L4_OK, L4_OK, true},
	{"proto 50 " HOSTS6, L4_OK, L4_OK, true},
};

static void transport_headers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(l4s); i++) {
		struct packet p = packet_of(l4s[i].text);
		enum l4_fault verified = packet_check_l4(&p, true);
		enum l4_fault unverified = packet_check_l4(&p, false);

		if (verified != l4s[i].verified ||
		    unverified != l4s[i].unverified)
			fail_msg("%s: %s; unverified: %s", l4s[i].text,
				 l4_fault_name(verified),
				 l4_fault_name(unverified));
		if (packet_l4_csum_ok(&p) != l4s[i].sum_ok)
			fail_msg("%s: checksum", l4s[i].text);
		ask_plain(&p, p.len);
	}
}

static void tcp_segment(void **state)
{
#define WORDS "SF seq 4294967293 ack 7 win 9 doff 7 len 11"
	static const char *const segments[] = {
		"tcp " ENDS WORDS,
		"tcp " ENDS WORDS " nops 8",
		"tcp " ENDS6 WORDS,
		"tcp " ENDS6 WORDS " ext 60",
	};
#undef WORDS

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(segments); i++) {
		struct packet p = packet_of(segments[i]);
		struct tcp_segment s;

		packet_tcp(&p, &s);
		assert_int_equal(s.seq, 4294967293);
		assert_int_equal(s.ack, 7);
		assert_int_equal(s.win, 9);
		assert_int_equal(s.flags, TCP_SYN | TCP_FIN);
		assert_int_equal(s.end, 2); /* three bytes, SYN and FIN */
		assert_int_equal(s.options_len, 8);
		assert_ptr_equal(s.options, packet_l4(&p) + TCP_HEADER);
	}
}

/* Of each type, no message before it standing elsewhere. */
static const struct {
	const char *hosts;
	uint8_t first, last;
	enum icmp_kind kind;
} kinds[] = {
	{HOSTS, 0, 2, ICMP_PLAIN},
	{HOSTS, 3, 5, ICMP_QUOTES},
	{HOSTS, 6, 10, ICMP_PLAIN},
	{HOSTS, 11, 12, ICMP_QUOTES},
	{HOSTS, 13, 255, ICMP_PLAIN},
	{HOSTS6, 0, 127, ICMP_QUOTES},
	{HOSTS6, 128, 129, ICMP_PLAIN},
	{HOSTS6, 130, 136, ICMP_UNTRACKED},
	{HOSTS6, 137, 137, ICMP_MALFORMED},
	{"fe80::1 > 2001:db8::9 ttl 255 len 72 ", 137, 137, ICMP_MALFORMED},
	{HOSTS6, 138, 142, ICMP_PLAIN},
	{HOSTS6, 143, 143, ICMP_UNTRACKED},
	{HOSTS6, 144, 150, ICMP_PLAIN},
	{HOSTS6, 151, 152, ICMP_UNTRACKED},
	{HOSTS6, 153, 255, ICMP_PLAIN},
};

static void icmp_kinds(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		for (unsigned type = kinds[i].first; type <= kinds[i].last;
		     type++) {
			char text[FRAME_TEXT];
			struct packet p;

			(void)snprintf(text, sizeof(text), "%s %s type %u",
				       strchr(kinds[i].hosts, ':') ? "icmp6"
								   : "icmp",
				       kinds[i].hosts, type);
			p = packet_of(text);
			if (packet_icmp_kind(&p) != kinds[i].kind)
				fail_msg("%s: %d", text, packet_icmp_kind(&p));
			if (p.family == 4)
				assert_int_equal(icmp_is_error((uint8_t)type),
						 kinds[i].kind == ICMP_QUOTES);
		}
}

/* ------------------------------------------------------------------ quotes */

enum { NONE = -1 };

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
	{"version 6", E "(udp " ENDS ")", 0, 0x65, 8},
	{"wrong sum", E "(udp " ENDS ")", IPV4_CHECK, 0x55, 8},
	{"total beyond", E "(udp " ENDS ")", IPV4_LEN, 0x55, 8},
	{"total 0", E "(udp " ENDS ")", IPV4_LEN + 1, 0, 8},
	{"TTL 0", E "(udp " ENDS "ttl 0)", NONE, 0, 8},
#define E6 "icmp6 2001:db8::7 > 2001:db8::2 type 1 code 4 "
	{"IPv6: nothing", E6, NONE, 0, NONE},
	{"IPv6: 39 bytes", E6 "len 39", NONE, 0, NONE},
	{"IPv6: a header", E6 "(udp " ENDS6 "cut 40)", NONE, 0, 0},
	{"IPv6: four bytes of UDP", E6 "(udp " ENDS6 "cut 44)", NONE, 0, 4},
	{"IPv6: all", E6 "(udp " ENDS6 "len 100)", NONE, 0, 108},
	{"IPv6: extension headers", E6 "(udp " ENDS6 "ext 0 ext 60 len 2)",
	 NONE, 0, 10},
	{"IPv6: its length beyond", E6 "(udp " ENDS6 ")", IPV6_LEN, 0x55, 8},
	{"IPv6: its length 0", E6 "(udp " ENDS6 ")", IPV6_LEN + 1, 0, 8},
	{"IPv6: behind extension headers", E6 "ext 60 (udp " ENDS6 "len 2)",
	 NONE, 0, 10},
#undef E
#undef E6
};

static void quoted_datagrams(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(quotes); i++) {
		struct packet p = packet_of(quotes[i].text), q;
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

static void any_length(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(l4s); i++)
		ask_at_any_length(l4s[i].text);
	for (size_t i = 0; i < ARRAY_LEN(quotes); i++)
		ask_at_any_length(quotes[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(transport_headers),
		cmocka_unit_test(tcp_segment),
		cmocka_unit_test(icmp_kinds),
		cmocka_unit_test(quoted_datagrams),
		cmocka_unit_test(any_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
