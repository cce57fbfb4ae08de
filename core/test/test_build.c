/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Packets that a router makes itself, against what Linux was seen to send.
 * What they answer ends at an unreadable page. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "pure/build.h"
#include "pure/build_fragment.h"
#include "test/check.h"
#include "test/frames.h"
#include "test/guard.h"

enum { ID = 0x1234 };

#define CLIENT "10.0.0.2"
#define SERVER "192.0.2.1"
#define ROUTER "10.0.0.1"

static struct packet parsed(const char *text)
{
	struct frame f = frame_of(text);
	struct packet p;

	assert_int_equal(packet_parse(&p, guard_copy(f.bytes, f.len), f.len),
			 PACKET_IPV4);
	return p;
}

/* A header of the router's own, told by @text but for TTL and id. */
static void check_built(const char *name, const uint8_t *ip, uint32_t len,
			const char *text)
{
	char got[FRAME_TEXT];

	frame_print(ip, len, got);
	if (strcmp(got, text) != 0)
		fail_msg("%s: %s\nis not %s", name, got, text);
	if (!frame_is_sound(ip, len))
		fail_msg("%s: not sound", name);
	assert_int_equal(ip[0], 0x45);
	assert_int_equal(ip[IPV4_TTL], BUILD_TTL);
}

/* --------------------------------------------------------------- ICMP errors
 */

static const struct {
	const char *name, *about;
	struct icmp_fault fault;
	const char *want;
} errors[] = {
#define ABOUT "udp " CLIENT ":4000 > " SERVER ":53"
#define ERROR "icmp " ROUTER " > " CLIENT
	{"time exceeded",
	 ABOUT " ttl 1 len 4",
	 {11, 0, 0},
	 ERROR " type 11 tos 192 (" ABOUT " ttl 1 len 4)"},
	{"port unreachable",
	 ABOUT,
	 {3, 3, 0},
	 ERROR " type 3 code 3 tos 192 (" ABOUT ")"},
	{"fragmentation needed",
	 ABOUT " df",
	 {3, 4, 1400},
	 ERROR " type 3 code 4 rest 1400 tos 192 (" ABOUT " df)"},
	{"parameter problem",
	 ABOUT,
	 {12, 0, 0x15000000},
	 ERROR " type 12 rest 352321536 tos 192 (" ABOUT ")"},
	{"about a SYN",
	 "tcp " CLIENT ":4 > " SERVER ":80 S seq 7",
	 {3, 0, 0},
	 ERROR " type 3 tos 192 (tcp " CLIENT ":4 > " SERVER ":80 S seq 7)"},
	{"about ESP without payload",
	 "proto 50 " CLIENT " > " SERVER,
	 {3, 2, 0},
	 ERROR " type 3 code 2 tos 192 (proto 50 " CLIENT " > " SERVER ")"},
};

static uint32_t build_about(uint8_t *out, const struct packet *p,
			    const struct icmp_fault *fault)
{
	struct nat_addr src = addr_v4(inet_addr(ROUTER));

	return build_icmp_error(out, p, fault, &src, ID);
}

/* The words of a row may stand in any order that reads well. */
static void in_print_order(const char *text, char out[FRAME_TEXT])
{
	struct frame f = frame_of(text);

	frame_print(f.bytes, f.len, out);
}

static void icmp_errors(void **state)
{
	uint8_t out[FRAME_MAX];
	char want[FRAME_TEXT];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
		struct packet p = parsed(errors[i].about);
		uint32_t len = build_about(out, &p, &errors[i].fault);

		in_print_order(errors[i].want, want);
		check_built(errors[i].name, out, len, want);
		assert_int_equal(load16_host(out + IPV4_ID), ID);
		assert_int_equal(load16_host(out + IPV4_FRAG), 0);
	}
}

/* As many bytes of the offender as make 576 in all, unchanged. */
static void quote_lengths(void **state)
{
	const struct icmp_fault fault = {11, 0, 0};
	uint8_t out[FRAME_MAX];
	char text[FRAME_TEXT];

	(void)state;
	for (uint32_t n = 0; n <= 1500; n += n < 600 ? 1 : 100) {
		struct packet p;
		uint32_t quoted;

		(void)snprintf(text, sizeof(text), ABOUT " len %u", n);
		p = parsed(text);
		quoted = min_u32(p.len, 548);
		assert_int_equal(build_about(out, &p, &fault), 28 + quoted);
		assert_memory_equal(out + 28, p.ip, quoted);
		assert_true(frame_is_sound(out, 28 + quoted));
	}
}

/* Precedence 6, and of the offender's byte what is not precedence or the
 * last bit. */
static void error_tos(void **state)
{
	static const uint8_t rows[][2] = {
		{0x00, 0xc0}, {0x28, 0xc8}, {0xff, 0xde}, {0xe1, 0xc0},
		{0x1e, 0xde}, {0x10, 0xd0}, {0x04, 0xc4},
	};
	const struct icmp_fault fault = {3, 1, 0};
	uint8_t out[FRAME_MAX];
	char text[FRAME_TEXT];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct packet p;

		(void)snprintf(text, sizeof(text), ABOUT " tos %u", rows[i][0]);
		p = parsed(text);
		assert_true(build_about(out, &p, &fault) > 0);
		assert_int_equal(out[IPV4_TOS], rows[i][1]);
	}
}

/* -------------------------------------------------------------- ICMP answers
 */

static const struct {
	const char *name, *request, *want;
} echoes[] = {
	{"ping", "icmp " CLIENT " > " ROUTER " type 8 id 7 len 56",
	 "icmp " ROUTER " > " CLIENT " type 0 id 7 len 56"},
	{"code, TOS",
	 "icmp " CLIENT " > " ROUTER " type 8 code 1 id 7 tos 255 len 1",
	 "icmp " ROUTER " > " CLIENT " type 0 code 1 id 7 tos 255 len 1"},
	{"empty, last TTL, with DF", "icmp " CLIENT " > " ROUTER " ttl 1 df",
	 "icmp " ROUTER " > " CLIENT " type 0"},
	{"options are not given back",
	 "icmp " CLIENT " > " ROUTER " nops 8 id 1 len 3",
	 "icmp " ROUTER " > " CLIENT " type 0 id 1 len 3"},
};

static void echo_replies(void **state)
{
	char want[FRAME_TEXT];
	struct frame out;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(echoes); i++) {
		struct packet p = parsed(echoes[i].request);
		struct nat_addr src = packet_dst_addr(&p);
		uint32_t len = build_echo_reply(out.bytes, &p, &src, ID);

		in_print_order(echoes[i].want, want);
		check_built(echoes[i].name, out.bytes, len, want);
		assert_int_equal(load16_host(out.bytes + IPV4_ID), ID);
		assert_memory_equal(out.bytes + 20 + ICMP_ID,
				    packet_l4(&p) + ICMP_ID,
				    packet_l4_len(&p) - ICMP_ID);
	}
}

/* 20 bytes whatever came; originate is the sender's, as far as it is there. */
static void timestamp_replies(void **state)
{
	enum { MS = 0x01020304 };
	static const uint8_t times[8] = {1, 2, 3, 4, 1, 2, 3, 4};
	uint8_t out[BUILD_TIMESTAMP_LEN];
	char text[FRAME_TEXT];

	(void)state;
	for (uint32_t n = 0; n <= 16; n++) {
		struct packet p;
		uint32_t had = min_u32(n, 4);
		const uint8_t *icmp = out + IPV4_HEADER;

		(void)snprintf(
			text, sizeof(text),
			"icmp " CLIENT " > " ROUTER " type 13 id 9 len %u", n);
		p = parsed(text);
		assert_int_equal(build_timestamp_reply(out, &p, ID, MS),
				 sizeof(out));
		check_built(text, out, sizeof(out),
			    "icmp " ROUTER " > " CLIENT " type 14 id 9 len 12");
		assert_memory_equal(icmp + 8, packet_l4(&p) + 8, had);
		for (uint32_t i = had; i < 4; i++)
			assert_int_equal(icmp[8 + i], 0);
		assert_memory_equal(icmp + 12, times, sizeof(times));
	}
}

/* -------------------------------------------------------------------- resets
 */

static const struct {
	const char *name, *flags; /* and what else is said of the segment */
	const char *want;
} resets[] = {
	{"SYN", "S seq 5000", "RA df ack 5001"},
	{"SYN with data", "S seq 6000 len 3", "RA df ack 6004"},
	{"FIN", "F seq 5000", "RA df ack 5001"},
	{"SYN and FIN", "SF seq 5000", "RA df ack 5002"},
	{"no flag", ". seq 5000", "RA df ack 5000"},
	{"a byte without ACK", "P seq 5000 len 1", "RA df ack 5001"},
	{"sequence numbers wrap", "S seq 4294967295", "RA df"},
	{"ACK", "A seq 5000 ack 77", "R df seq 77"},
	{"SYN and ACK", "SA seq 5000 ack 77", "R df seq 77"},
	{"ACK of zero", "A seq 5000", "R df"},
	{"ECN setup", "SEC seq 5000", "RA df ack 5001"},
	{"options and urgent", "PAU seq 1 ack 2 doff 8 len 20", "R df seq 2"},
};

static void tcp_resets(void **state)
{
	uint8_t out[FRAME_MAX];
	char text[FRAME_TEXT], want[FRAME_TEXT];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(resets); i++) {
		struct packet p;
		uint32_t len;

		(void)snprintf(text, sizeof(text),
			       "tcp " CLIENT ":4 > " ROUTER ":80 %s tos 255",
			       resets[i].flags);
		p = parsed(text);
		len = build_tcp_reset(out, &p, 8);
		assert_int_equal(len, build_reset_len(4));
		(void)snprintf(text, sizeof(text),
			       "tcp " ROUTER ":80 > " CLIENT ":4 %s tos 8",
			       resets[i].want);
		in_print_order(text, want);
		check_built(resets[i].name, out, len, want);
		assert_int_equal(load16_host(out + IPV4_ID), 0);
		assert_int_equal(load16_host(out + 20 + TCP_WINDOW), 0);
		assert_int_equal(load16_host(out + 38), 0); /* urgent */
	}
}

/* ----------------------------------------------------------------- fragments
 */

static const struct {
	const char *name, *whole;
	uint32_t piece;
} fragments[] = {
	{"in two", "udp " CLIENT ":4 > " SERVER ":53 len 1500", 1480},
	{"in many", "udp " CLIENT ":4 > " SERVER ":53 len 1505", 8},
	{"even", "udp " CLIENT ":4 > " SERVER ":53 len 56", 32},
	{"with options", "udp " CLIENT ":4 > " SERVER ":53 nops 12 len 99", 48},
	{"a middle fragment",
	 "proto 17 " CLIENT " > " SERVER " off 100 mf len 96", 40},
	{"a last fragment", "proto 17 " CLIENT " > " SERVER " off 100 len 97",
	 40},
	{"a first fragment", "udp " CLIENT ":4 > " SERVER ":53 mf len 88", 40},
	{"DF is kept", "proto 17 " CLIENT " > " SERVER " df len 97", 40},
};

static void check_fragment(const struct packet *whole, const uint8_t *f,
			   uint32_t from, uint32_t n)
{
	uint16_t frag = load16_host(f + IPV4_FRAG);
	bool last = from + n == packet_l4_len(whole);

	assert_int_equal(load16_host(f + IPV4_LEN), whole->l4 + n);
	assert_int_equal(frame_sum(0, f, whole->l4), 0xffff);
	assert_int_equal(frag & IPV4_OFFSET,
			 (whole->frag & IPV4_OFFSET) + from / 8);
	assert_int_equal(!!(frag & IPV4_MF),
			 last ? !!(whole->frag & IPV4_MF) : 1);
	assert_int_equal(frag & IPV4_DF, whole->frag & IPV4_DF);
	assert_memory_equal(f + IPV4_ID, whole->ip + IPV4_ID, 2);
	assert_memory_equal(f + IPV4_TTL, whole->ip + IPV4_TTL, 2);
	assert_memory_equal(f + IPV4_SRC, whole->ip + IPV4_SRC, 8);
	assert_memory_equal(f + whole->l4, packet_l4(whole) + from, n);
}

static void in_fragments(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(fragments); i++) {
		struct packet whole = parsed(fragments[i].whole);
		struct fragmentation cut = fragmentation_of(&whole, 0);
		uint32_t total = packet_l4_len(&whole), piece, n;
		struct frame f;

		piece = fragments[i].piece;
		for (uint32_t from = 0; from < total; from += n) {
			n = min_u32(piece, total - from);
			assert_int_equal(build_fragment(f.bytes, &cut, from, n),
					 whole.l4 + n);
			check_fragment(&whole, f.bytes, from, n);
		}
	}
}

/* In the first fragment all options stand as they are; in later ones those
 * that are to be copied. What comes after a malformed one is left alone. */
static const struct {
	const char *name;
	uint8_t options[8], later[8];
} options[] = {
	/* clang-format off */
	{"padding", {1, 1, 1, 1, 1, 1, 1, 0}, {1, 1, 1, 1, 1, 1, 1, 0}},
	{"router alert is copied", {148, 4, 0, 0, 1, 1, 1, 0},
	 {148, 4, 0, 0, 1, 1, 1, 0}},
	{"record route is not", {7, 7, 4, 9, 9, 9, 9, 0},
	 {1, 1, 1, 1, 1, 1, 1, 0}},
	{"one of two", {68, 4, 5, 0, 148, 4, 0, 0}, {1, 1, 1, 1, 148, 4, 0, 0}},
	{"after the end", {0, 7, 4, 4, 1, 1, 1, 1}, {0, 7, 4, 4, 1, 1, 1, 1}},
	{"length 0", {7, 0, 1, 1, 1, 1, 1, 1}, {7, 0, 1, 1, 1, 1, 1, 1}},
	{"length 1", {7, 1, 1, 1, 1, 1, 1, 1}, {7, 1, 1, 1, 1, 1, 1, 1}},
	{"too long", {1, 7, 8, 1, 1, 1, 1, 1}, {1, 7, 8, 1, 1, 1, 1, 1}},
	{"length beyond the end", {1, 1, 1, 1, 1, 1, 1, 7},
	 {1, 1, 1, 1, 1, 1, 1, 7}},
	/* clang-format on */
};

static void options_in_fragments(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		struct packet whole = parsed("proto 17 " CLIENT " > " SERVER
					     " nops 8 len 64");
		struct fragmentation cut = fragmentation_of(&whole, 0);
		struct frame f;

		memcpy(whole.ip + IPV4_HEADER, options[i].options, 8);
		(void)build_fragment(f.bytes, &cut, 0, 32);
		assert_memory_equal(f.bytes + IPV4_HEADER, options[i].options,
				    8);
		(void)build_fragment(f.bytes, &cut, 32, 32);
		if (memcmp(f.bytes + IPV4_HEADER, options[i].later, 8) != 0)
			fail_msg("%s", options[i].name);
		check_fragment(&whole, f.bytes, 32, 32);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(icmp_errors),
		cmocka_unit_test(quote_lengths),
		cmocka_unit_test(error_tos),
		cmocka_unit_test(echo_replies),
		cmocka_unit_test(timestamp_replies),
		cmocka_unit_test(tcp_resets),
		cmocka_unit_test(in_fragments),
		cmocka_unit_test(options_in_fragments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
