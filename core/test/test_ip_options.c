/* SPDX-License-Identifier: BSD-2-Clause
 * IP options on arrival, on departure and in an answer, as Linux has them. Each
 * packet ends at the end of a heap block of its size, so that a sanitizer sees
 * a byte too many. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pure/csum.h"
#include "pure/ip_options.h"
#include "test/check.h"

/* What the router writes: 10.0.0.1 on arrival, 10.0.0.2 on departure, and the
 * time 1234abcd; nobody's own but 10.0.0.x. */
#define HERE "0a000001"
#define EXIT "0a000002"
#define TIME "1234abcd"
#define ZERO "00000000"

enum { ROW = 2 * IP_OPTIONS_MAX + 1, MS = 0x1234abcd };

struct row {
	const char *name;
	const char *options; /* of the packet, hex */
	const char *arrived; /* NULL: unchanged */
	uint8_t bad;         /* offset, 0: none */
	uint8_t source_route;
};

/* clang-format off */
static const struct row arrival[] = {
	{ "padding", "01010101", NULL, 0, 0 },
	{ "end", ZERO, NULL, 0, 0 },
	{ "blank behind the end", "0001020304050607", ZERO ZERO, 0, 0 },
	{ "unknown", "1e04abcd", NULL, 0, 0 },
	{ "length 0", "1e00abcd", NULL, 20, 0 },
	{ "length 1", "0101" "0701", NULL, 22, 0 },
	{ "beyond the header", "0705" "0400", NULL, 20, 0 },
	{ "kind alone", "01010107", NULL, 23, 0 },

	{ "record route", "070704" ZERO "00", "070708" HERE "00", 0, 0 },
	{ "record route, second slot", "070b08" EXIT ZERO "00",
	  "070b0c" EXIT HERE "00", 0, 0 },
	{ "record route, unaligned", "070b06" ZERO ZERO "00",
	  "070b0a" "0000" HERE "0000" "00", 0, 0 },
	{ "record route, full", "070708" EXIT "00", NULL, 0, 0 },
	{ "record route, pointer far out", "0707ff" EXIT "00", NULL, 0, 0 },
	{ "record route, no slot at all", "070304" "00", NULL, 0, 0 },
	{ "record route, half a slot", "070705" ZERO "00", NULL, 22, 0 },
	{ "record route, pointer too small", "070703" ZERO "00", NULL, 22, 0 },
	{ "record route, no pointer", "07020400", NULL, 21, 0 },
	{ "record route twice", "070704" ZERO "070704" ZERO "0000",
	  "070708" HERE "070704" ZERO "0000", 27, 0 },

	{ "time", "44080500" ZERO, "44080900" TIME, 0, 0 },
	{ "time, second slot", "440c0900" ZERO ZERO,
	  "440c0d00" ZERO TIME, 0, 0 },
	{ "time, full", "44080900" ZERO, "44080910" ZERO, 0, 0 },
	{ "time, full for the 15th time", "440809e0" ZERO, "440809f0" ZERO,
	  0, 0 },
	{ "time, full once too often", "440809f0" ZERO, NULL, 23, 0 },
	{ "time, half a slot", "44080600" ZERO, NULL, 22, 0 },
	{ "time, pointer too small", "44080400" ZERO, NULL, 22, 0 },
	{ "time, no flags", "44030500", NULL, 21, 0 },
	{ "time twice", "44080900" ZERO "44080900" ZERO,
	  "44080910" ZERO "44080900" ZERO, 28, 0 },
	{ "address and time", "440c0501" ZERO ZERO,
	  "440c0d01" HERE TIME, 0, 0 },
	{ "address and no time", "440c0901" ZERO ZERO, NULL, 22, 0 },
	{ "our time, asked for", "440c0503" EXIT ZERO,
	  "440c0d03" EXIT TIME, 0, 0 },
	{ "another's time", "440c0503" "08080808" ZERO, NULL, 0, 0 },
	{ "asked for, full: not counted", "440c0d03" "08080808" ZERO,
	  NULL, 0, 0 },
	{ "unknown kind of time", "440c0502" ZERO ZERO, NULL, 0, 0 },
	{ "unknown kind of time, half a slot", "44080602" ZERO, NULL, 22, 0 },

	{ "loose route", "830704" EXIT "00", NULL, 0, 1 },
	{ "strict route", "890704" EXIT "00", NULL, 0, 1 },
	{ "loose route, spent", "830708" EXIT "00", NULL, 0, 1 },
	{ "loose and strict", "830704" EXIT "890704" EXIT "0000", NULL, 27, 1 },
	{ "loose route, no pointer", "83020400", NULL, 21, 0 },
	{ "loose route, pointer too small", "830703" EXIT "00", NULL, 22, 0 },
	{ "fault behind a loose route", "830704" EXIT "07", NULL, 27, 1 },

	{ "router alert", "94040000", NULL, 0, 0 },
	{ "router alert, too short", "94030000", NULL, 21, 0 },
	{ "label of no domain", "8608" "0000" "00010000", NULL, 22, 0 },
	{ "label too short", "86040000", NULL, 21, 0 },
	{ "everything", "01070704" ZERO "44080500" ZERO "94040000",
	  "01070708" HERE "44080900" TIME "94040000", 0, 0 },
};

/* What leaves, and what an answer bears: NULL, there is no answer. */
static const struct {
	const char *name, *options, *departed, *answered;
} onward[] = {
	{ "padding", "01010101", "01010101", "" },
	{ "router alert", "94040000", "94040000", "" },
	{ "record route", "070b04" ZERO ZERO "00", "070b08" EXIT ZERO "00",
	  "070b0c" HERE EXIT "00" },
	{ "record route, last slot", "070704" ZERO "00", "070708" EXIT "00",
	  "070708" HERE "00" },
	{ "record route, full", "070708" ZERO "01", "070708" ZERO "01",
	  "070708" ZERO "00" },
	{ "record route, unaligned to its end", "070906" "0000" ZERO "000000",
	  "07090a" "0000" EXIT "000000", "07090a" "0000" HERE "000000" },
	{ "record route, half a slot left", "070b06" ZERO ZERO "00",
	  "070b0a" "0000" EXIT "000000", NULL },
	{ "time", "440c0500" ZERO ZERO, "440c0900" TIME ZERO,
	  "440c0d00" TIME TIME },
	{ "time, full", "44080900" ZERO, "44080910" ZERO, "44080910" ZERO },
	{ "time, half a slot left", "440a0500" ZERO "0000" "0000",
	  "440a0900" TIME "0000" "0000", NULL },
	{ "address and time: that of arrival", "44140501" ZERO ZERO ZERO ZERO,
	  "44140d01" HERE TIME ZERO ZERO, "44141501" HERE TIME EXIT TIME },
	{ "asked for, once", "44140503" EXIT ZERO "08080808" ZERO,
	  "44140d03" EXIT TIME "08080808" ZERO,
	  "44140d03" EXIT TIME "08080808" ZERO },
	{ "asked for, twice", "44140503" EXIT ZERO HERE ZERO,
	  "44140d03" EXIT TIME HERE ZERO, "44141503" EXIT TIME HERE TIME },
	{ "asked for, then half a pair", "44100503" EXIT ZERO HERE,
	  "44100d03" EXIT TIME HERE, "44100d03" EXIT TIME HERE },
	{ "asked for, then half an address", "440e0503" EXIT ZERO "0a00" "0000",
	  "440e0d03" EXIT TIME "0a00" "0000", NULL },
	{ "another's time", "440c0503" "08080808" ZERO,
	  "440c0503" "08080808" ZERO, "440c0503" "08080808" ZERO },
	{ "loose route, none visited", "830704" EXIT "00",
	  "830704" EXIT "00", "" },
	{ "loose route, spent", "830708" EXIT "00", "830708" EXIT "00",
	  "830704" ZERO "00" },
	{ "loose route, pointer far out", "8307ff" EXIT "00",
	  "8307ff" EXIT "00", "830704" ZERO "00" },
	{ "strict route, one visited", "890b08" HERE EXIT "00",
	  "890b08" HERE EXIT "00", "890704" ZERO "00" },
	{ "strict route, all visited", "890f10" HERE EXIT "08080808" "00",
	  "890f10" HERE EXIT "08080808" "00", "890f04" EXIT HERE ZERO "00" },
	{ "loose route, unaligned", "830b0a" "0102" HERE "0304" "00",
	  "830b0a" "0102" HERE "0304" "00", "830704" ZERO "00" },
	{ "loose route by its source", "830b0c" ZERO EXIT "00",
	  "830b0c" ZERO EXIT "00", "830704" ZERO "00" },
	{ "loose route by its source alone", "830708" ZERO "00",
	  "830708" ZERO "00", "" },
	{ "a route comes after times", "830708" EXIT "44080900" ZERO "00",
	  "830708" EXIT "44080910" ZERO "00",
	  "44080910" ZERO "830704" ZERO "00" },
	{ "in an order of the answer's own", "01440c0500" ZERO ZERO "070704"
	  ZERO, "01440c0900" TIME ZERO "070708" EXIT,
	  "070708" HERE "440c0d00" TIME TIME "00" },
};
/* clang-format on */

static bool foreign(const void *ctx, uint32_t addr)
{
	static const uint8_t net[] = {10, 0, 0};

	assert_null(ctx);
	return memcmp(&addr, net, sizeof(net)) != 0;
}

static struct ip_visit visit_of(uint8_t host)
{
	const uint8_t addr[] = {10, 0, 0, host};

	return (struct ip_visit){
		.addr = load32(addr), .ms = MS, .foreign = foreign};
}

static size_t from_hex(const char *hex, uint8_t *out)
{
	size_t n = strlen(hex) / 2;

	for (size_t i = 0; i < n; i++) {
		unsigned v;

		assert_int_equal(sscanf(hex + 2 * i, "%2x", &v), 1);
		out[i] = (uint8_t)v;
	}
	return n;
}

static const char *to_hex(const uint8_t *ip)
{
	static char text[ROW];
	size_t n = (ip[0] & 15u) * 4 - IPV4_HEADER;

	text[0] = 0;
	for (size_t i = 0; i < n; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", ip[IPV4_HEADER + i]);
	return text;
}

static void put_len(uint8_t *ip, size_t len)
{
	ip[IPV4_LEN] = (uint8_t)(len >> 8);
	ip[IPV4_LEN + 1] = (uint8_t)len;
}

/* A datagram that ends with its header. */
static struct packet packet_with(const char *hex)
{
	uint8_t options[IP_OPTIONS_MAX];
	size_t n = from_hex(hex, options), len = IPV4_HEADER + n;
	uint8_t *ip = calloc(1, len);
	struct packet p;
	uint16_t sum;

	assert_non_null(ip);
	ip[0] = (uint8_t)(0x40 | len / 4);
	put_len(ip, len);
	memcpy(ip + IPV4_HEADER, options, n);
	sum = csum_finish(csum_partial(0, ip, len));
	memcpy(ip + IPV4_CHECK, &sum, sizeof(sum));
	assert_int_equal(packet_parse(&p, ip, (uint32_t)len), PACKET_IPV4);
	return p;
}

static void check_text(const char *name, const char *what, const uint8_t *ip,
		       const char *want)
{
	if (strcmp(to_hex(ip), want) != 0)
		fail_msg("%s: %s with %s, not %s", name, what, to_hex(ip),
			 want);
}

static void test_arrival(void **state)
{
	const struct ip_visit v = visit_of(1);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(arrival); i++) {
		const struct row *r = &arrival[i];
		struct packet p = packet_with(r->options);
		struct ip_options o = {0};
		uint8_t bad = ip_options_arrive(&p, &v, &o);
		const char *want = r->arrived ? r->arrived : r->options;

		if (bad != r->bad)
			fail_msg("%s: %u is bad, not %u", r->name, bad, r->bad);
		check_text(r->name, "arrived", p.ip, want);
		if (!!o.source_route != r->source_route)
			fail_msg("%s: source route %d", r->name, o.done);
		free(p.ip);
	}
}

/* An answer of four bytes, in just the room it is promised. */
static void check_answer(const char *name, const struct packet *p,
			 const struct ip_options *o, const char *want)
{
	enum { BODY = 4, PLAIN = IPV4_HEADER + BODY };
	const struct ip_visit v = visit_of(2);
	uint32_t len, room = PLAIN + ip_options_answer_len(p, o);
	uint8_t *ip = calloc(1, room);
	struct packet answer;

	assert_non_null(ip);
	ip[0] = 0x45;
	put_len(ip, PLAIN);
	memset(ip + IPV4_HEADER, 0xee, BODY);
	len = ip_options_answer(ip, PLAIN, p, o, &v);
	if (!len != !want)
		fail_msg("%s: answer of %u", name, len);
	if (want) {
		check_text(name, "answered", ip, want);
		assert_int_equal(len, room);
		assert_int_equal(load32(ip + len - BODY), 0xeeeeeeee);
		if (*want && packet_parse(&answer, ip, len) != PACKET_IPV4)
			fail_msg("%s: answer is no packet", name);
	}
	free(ip);
}

static void test_onward(void **state)
{
	const struct ip_visit here = visit_of(1), exit = visit_of(2);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(onward); i++) {
		const char *name = onward[i].name;
		struct packet p = packet_with(onward[i].options);
		struct ip_options o = {0};
		bool changed;

		assert_int_equal(ip_options_arrive(&p, &here, &o), 0);
		changed = strcmp(to_hex(p.ip), onward[i].options) != 0;
		if (ip_options_sum_ok(&p) == changed)
			fail_msg("%s: sum before departure", name);
		check_answer(name, &p, &o, onward[i].answered);
		ip_options_depart(&p, &o, exit.addr);
		check_text(name, "departed", p.ip, onward[i].departed);
		if (!ip_options_sum_ok(&p))
			fail_msg("%s: sum after departure", name);
		free(p.ip);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arrival),
		cmocka_unit_test(test_onward),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
