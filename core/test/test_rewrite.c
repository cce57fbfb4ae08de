/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Rewriting: a datagram becomes, to the byte, the one that would have been
 * built so from the start. Each ends at an unreadable page. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "pure/rewrite.h"
#include "pure/tuple.h"
#include "test/ask.h"
#include "test/check.h"
#include "test/frames.h"

/* A tuple that has the end, as frames.h writes one, at both ends. */
static struct nat_tuple both_ends(const char *end)
{
	char text[FRAME_TEXT];
	struct frame f;
	struct packet p;
	struct nat_tuple t = {0};

	(void)snprintf(text, sizeof(text), "udp %s > %s", end, end);
	f = frame_of(text);
	frame_view(&p, f.bytes, f.len);
	t.src = t.dst = packet_src_addr(&p);
	t.src_id = t.dst_id = load16(packet_l4(&p) + PORT_SRC);
	t.family = p.family;
	return t;
}

static void must_be(const char *name, const struct packet *p, const char *text)
{
	struct frame want = frame_of(text);
	char got[FRAME_TEXT];

	if (p->len == want.len && !memcmp(p->ip, want.bytes, want.len))
		return;
	frame_print(p->ip, p->len, got);
	fail_msg("%s: %s\nis not %s", name, got, text);
}

/* ------------------------------------------------------------------ one end */

/* The row's datagram, with the end @m rewritten to @to. */
static const struct {
	const char *name, *before;
	enum manip m;
	const char *to, *after; /* NULL: refused */
} ends[] = {
#define A   "10.0.0.2"
#define B   "192.0.2.1"
#define N   "198.51.100.7"
#define SRC MANIP_SRC, N ":5000"
#define DST MANIP_DST, N ":5000"
	{"tcp source", "tcp " A ":40 > " B ":80 S", SRC,
	 "tcp " N ":5000 > " B ":80 S"},
	{"tcp destination", "tcp " A ":40 > " B ":80 S", DST,
	 "tcp " A ":40 > " N ":5000 S"},
	{"tcp odd payload", "tcp " A ":40 > " B ":80 A len 3", SRC,
	 "tcp " N ":5000 > " B ":80 A len 3"},
	{"tcp, options in both headers",
	 "tcp " A ":40 > " B ":80 A nops 8 doff 6 len 4", SRC,
	 "tcp " N ":5000 > " B ":80 A nops 8 doff 6 len 4"},
	{"tcp ports alone", "tcp " A ":40 > " B ":80 S cut 28", SRC,
	 "tcp " N ":5000 > " B ":80 S cut 28"},
	{"tcp too short", "tcp " A ":40 > " B ":80 S cut 27", SRC, NULL},
	{"udp source", "udp " A ":40 > " B ":53 len 5", SRC,
	 "udp " N ":5000 > " B ":53 len 5"},
	{"udp destination", "udp " A ":40 > " B ":53 len 5", DST,
	 "udp " A ":40 > " N ":5000 len 5"},
	{"udp without a sum", "udp " A ":40 > " B ":53 len 5 nosum", SRC,
	 "udp " N ":5000 > " B ":53 len 5 nosum"},
	{"udp too short", "udp " A ":40 > " B ":53 cut 27", DST, NULL},
	{"udplite", "udplite " A ":40 > " B ":53 len 5", SRC,
	 "udplite " N ":5000 > " B ":53 len 5"},
	{"udplite, part covered", "udplite " A ":40 > " B ":53 len 9 ulen 8",
	 DST, "udplite " A ":40 > " N ":5000 len 9 ulen 8"},
	{"udplite too short", "udplite " A ":40 > " B ":53 cut 27", SRC, NULL},
	{"ping source", "icmp " A " > " B " type 8 id 7 len 3", SRC,
	 "icmp " N " > " B " type 8 id 5000 len 3"},
	{"ping destination", "icmp " A " > " B " type 8 id 7", DST,
	 "icmp " A " > " N " type 8 id 5000"},
	{"echo reply", "icmp " A " > " B " type 0 id 7", DST,
	 "icmp " A " > " N " type 0 id 5000"},
	{"timestamp", "icmp " A " > " B " type 13 id 7 len 12", SRC,
	 "icmp " N " > " B " type 13 id 5000 len 12"},
	{"address mask reply", "icmp " A " > " B " type 18 id 7 len 4", DST,
	 "icmp " A " > " N " type 18 id 5000 len 4"},
	{"an ICMP type without id", "icmp " A " > " B " type 12 rest 99", SRC,
	 "icmp " N " > " B " type 12 rest 99"},
	{"icmp too short", "icmp " A " > " B " type 8 cut 27", SRC, NULL},
	{"esp", "proto 50 " A " > " B " len 7", SRC,
	 "proto 50 " N " > " B " len 7"},
	{"nothing behind the header", "proto 47 " A " > " B, DST,
	 "proto 47 " A " > " N},
	{"same as before", "udp " A ":40 > " B ":53", MANIP_SRC, A ":40",
	 "udp " A ":40 > " B ":53"},
	{"fragment bits", "udp " A ":40 > " B ":53 mf df evil tos 9 ipid 8",
	 SRC, "udp " N ":5000 > " B ":53 mf df evil tos 9 ipid 8"},
#undef SRC
#undef DST
#define A6   "2001:db8:a::2"
#define B6   "2001:db8:b::9"
#define N6   "2001:db8:c:d::7"
#define FROM "[" A6 "]:40 > [" B6 "]:80 "
#define SRC  MANIP_SRC, "[" N6 "]:5000"
#define DST  MANIP_DST, "[" N6 "]:5000"
#define BY   "[" N6 "]:5000 > [" B6 "]:80 "
#define TO   "[" A6 "]:40 > [" N6 "]:5000 "
	{"IPv6 tcp source", "tcp " FROM "S", SRC, "tcp " BY "S"},
	{"IPv6 tcp destination", "tcp " FROM "S", DST, "tcp " TO "S"},
	{"IPv6 tcp behind extension headers",
	 "tcp " FROM "A ext 0 ext 60 len 3 tos 9 label 8", SRC,
	 "tcp " BY "A ext 0 ext 60 len 3 tos 9 label 8"},
	{"IPv6 tcp ports alone", "tcp " FROM "S cut 48", SRC,
	 "tcp " BY "S cut 48"},
	{"IPv6 tcp too short", "tcp " FROM "S cut 47", SRC, NULL},
	{"IPv6 udp source", "udp " FROM "len 5", SRC, "udp " BY "len 5"},
	{"IPv6 udp destination", "udp " FROM "len 5", DST, "udp " TO "len 5"},
	{"IPv6 udp without a sum", "udp " FROM "nosum", SRC, "udp " BY "nosum"},
	{"IPv6 udp too short", "udp " FROM "ext 60 cut 55", DST, NULL},
	{"IPv6 first fragment", "udp " FROM "mf len 8 ipid 9", SRC,
	 "udp " BY "mf len 8 ipid 9"},
	{"IPv6 udplite", "udplite " FROM "len 5", SRC, "udplite " BY "len 5"},
	{"IPv6 udplite, part covered", "udplite " FROM "len 9 ulen 8", DST,
	 "udplite " TO "len 9 ulen 8"},
	{"IPv6 sctp", "sctp " FROM "tag 7", SRC, "sctp " BY "tag 7"},
	{"IPv6 ping source", "icmp6 " A6 " > " B6 " id 7 len 3", SRC,
	 "icmp6 " N6 " > " B6 " id 5000 len 3"},
	{"IPv6 ping destination", "icmp6 " A6 " > " B6 " id 7", DST,
	 "icmp6 " A6 " > " N6 " id 5000"},
	{"IPv6 echo reply", "icmp6 " A6 " > " B6 " type 129 id 7", DST,
	 "icmp6 " A6 " > " N6 " type 129 id 5000"},
	{"an ICMPv6 type without id", "icmp6 " A6 " > " B6 " type 139 rest 99",
	 SRC, "icmp6 " N6 " > " B6 " type 139 rest 99"},
	{"IPv6 icmp too short", "icmp6 " A6 " > " B6 " cut 47", SRC, NULL},
	{"IPv6 esp", "proto 50 " A6 " > " B6 " len 7", SRC,
	 "proto 50 " N6 " > " B6 " len 7"},
#undef SRC
#undef DST
#undef BY
#undef TO
};

static void one_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		struct frame f = frame_of(ends[i].before);
		struct packet p = packet_of_frame(&f);
		struct nat_tuple to = both_ends(ends[i].to);
		bool done = rewrite_end(&p, ends[i].m, &to);

		if (done != (ends[i].after != NULL))
			fail_msg("%s: %d", ends[i].name, done);
		if (done)
			must_be(ends[i].name, &p, ends[i].after);
	}
}

/* A TCP header with its checksum but not its end is left wrong. */
static void short_tcp(void **state)
{
	static const struct {
		const char *before, *to;
	} rows[] = {
		{"tcp " A ":40 > " B ":80 S cut 39", N ":5000"},
		{"tcp " FROM "S cut 59", "[" N6 "]:5000"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct frame f = frame_of(rows[i].before);
		struct packet p = packet_of_frame(&f);
		struct nat_tuple to = both_ends(rows[i].to);
		uint16_t check = load16(packet_l4(&p) + TCP_CHECK);

		assert_true(rewrite_end(&p, MANIP_SRC, &to));
		assert_int_equal(load16(packet_l4(&p) + TCP_CHECK), check);
		assert_int_equal(load16_host(packet_l4(&p) + PORT_SRC), 5000);
	}
}

/* Every id there is, so that a sum of zero is among the results. */
static const struct {
	const char *before, *to;
	const char *head, *tail; /* after: the id between these */
} sweeps[] = {
	{"tcp " A ":40 > " B ":80 A", N, "tcp " N ":", " > " B ":80 A"},
	{"udp " A ":40 > " B ":80", N, "udp " N ":", " > " B ":80"},
	{"udplite " A ":40 > " B ":80", N, "udplite " N ":", " > " B ":80"},
	{"icmp " A " > " B " id 1", N, "icmp " N " > " B " rest ", ""},
	{"tcp " FROM "A", N6, "tcp [" N6 "]:", " > [" B6 "]:80 A"},
	{"udp " FROM, N6, "udp [" N6 "]:", " > [" B6 "]:80"},
	{"udplite " FROM, N6, "udplite [" N6 "]:", " > [" B6 "]:80"},
	{"icmp6 " A6 " > " B6 " id 1", N6, "icmp6 " N6 " > " B6 " rest ", ""},
};

static void every_id(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sweeps); i++) {
		struct frame f = frame_of(sweeps[i].before);
		struct nat_tuple t = both_ends(sweeps[i].to);

		for (uint32_t id = 0; id < 65536; id++) {
			struct packet p = packet_of_frame(&f);
			bool icmp = packet_is_icmp(&p);
			char text[FRAME_TEXT];

			t.src_id = htons((uint16_t)id);
			assert_true(rewrite_end(&p, MANIP_SRC, &t));
			if (p.proto != PROTO_TCP && !icmp)
				assert_int_not_equal(
					load16(packet_l4(&p) + UDP_CHECK), 0);
			if (id % 16 && frame_is_sound(p.ip, p.len))
				continue;
			(void)snprintf(text, sizeof(text), "%s%u%s",
				       sweeps[i].head, icmp ? id << 16 : id,
				       sweeps[i].tail);
			must_be("sweep", &p, text);
		}
	}
}

/* ---------------------------------------------------------- wrong checksums */

/* What is wrong about the sum over header and data, modulo 0xffff. */
static uint32_t wrong_by(const struct packet *p)
{
	uint32_t sum = 0, addrs = p->family == 4 ? 8 : 32;

	if (p->proto != PROTO_ICMP)
		sum = frame_sum(p->proto + packet_l4_len(p), packet_src(p),
				addrs);
	return frame_sum(sum, packet_l4(p), packet_l4_len(p)) % 0xffff;
}

static void wrong_stays_wrong(void **state)
{
	static const struct {
		const char *text, *to;
	} rows[] = {
		{"tcp " A ":40 > " B ":80 S badsum", N ":5000"},
		{"tcp " A ":40 > " B ":80 A len 7 nosum", N ":5000"},
		{"udp " A ":40 > " B ":80 len 3 badsum", N ":5000"},
		{"icmp " A " > " B " id 7 badsum", N ":5000"},
		{"icmp " A " > " B " id 7 nosum", N ":5000"},
		{"tcp " FROM "S badsum", "[" N6 "]:5000"},
		{"tcp " FROM "A len 7 ext 60 nosum", "[" N6 "]:5000"},
		{"udp " FROM "len 3 badsum", "[" N6 "]:5000"},
		{"icmp6 " A6 " > " B6 " id 7 badsum", "[" N6 "]:5000"},
		{"icmp6 " A6 " > " B6 " type 1 nosum", "[" N6 "]:5000"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct nat_tuple to = both_ends(rows[i].to);
		struct frame f = frame_of(rows[i].text);
		struct packet p = packet_of_frame(&f);
		uint32_t before = wrong_by(&p);

		assert_int_not_equal(before, 0);
		assert_true(rewrite_end(&p, MANIP_SRC, &to));
		assert_true(rewrite_end(&p, MANIP_DST, &to));
		if (wrong_by(&p) != before)
			fail_msg("%s", rows[i].text);
	}
}

/* --------------------------------------------------------------- ICMP errors
 */

/* An error to @m's end: what it quotes gets @inner at the opposite end. */
static const struct {
	const char *name, *before;
	enum manip m;
	const char *inner, *outer, *after;
} errors[] = {
#define OUT(q) "icmp 203.0.113.9 > " N " type 3 code 3 (" q ")"
#define IN(q)  "icmp 203.0.113.9 > " A " type 3 code 3 (" q ")"
#define TO     MANIP_DST, A ":40", A
	{"udp", OUT("udp " N ":5000 > " B ":53 len 4"), TO,
	 IN("udp " A ":40 > " B ":53 len 4")},
	{"udp without a sum", OUT("udp " N ":5000 > " B ":53 nosum"), TO,
	 IN("udp " A ":40 > " B ":53 nosum")},
	{"udp, eight bytes of it",
	 OUT("udp " N ":5000 > " B ":53 len 4 cut 28"), TO,
	 IN("udp " A ":40 > " B ":53 len 4 cut 28")},
	{"udp, seven bytes", OUT("udp " N ":5000 > " B ":53 len 4 cut 27"), TO,
	 NULL},
	{"udp, none", OUT("udp " N ":5000 > " B ":53 cut 20"), TO, NULL},
	{"tcp", OUT("tcp " N ":5000 > " B ":80 S"), TO,
	 IN("tcp " A ":40 > " B ":80 S")},
	{"tcp, eight bytes of it", OUT("tcp " N ":5000 > " B ":80 S cut 28"),
	 TO, IN("tcp " A ":40 > " B ":80 S cut 28")},
	{"a ping", OUT("icmp " N " > " B " id 5000 len 4"), TO,
	 IN("icmp " A " > " B " id 40 len 4")},
	{"esp", OUT("proto 50 " N " > " B " len 4"), TO,
	 IN("proto 50 " A " > " B " len 4")},
	{"options in the quote", OUT("udp " N ":5000 > " B ":53 nops 4"), TO,
	 IN("udp " A ":40 > " B ":53 nops 4")},
	{"the other way",
	 "icmp " A " > " B " type 11 (udp " B ":53 > " A ":40 ttl 1)",
	 MANIP_SRC, N ":5000", N,
	 "icmp " N " > " B " type 11 (udp " B ":53 > " N ":5000 ttl 1)"},
#undef OUT
#undef IN
#undef TO
#define OUT(q) "icmp6 2001:db8::9 > " N6 " type 1 code 4 (" q ")"
#define IN(q)  "icmp6 2001:db8::9 > " A6 " type 1 code 4 (" q ")"
#define TO     MANIP_DST, "[" A6 "]:40", A6
#define BY     "[" N6 "]:5000 > [" B6 "]:80 "
	{"IPv6 udp", OUT("udp " BY "len 4"), TO, IN("udp " FROM "len 4")},
	{"IPv6 udp without a sum", OUT("udp " BY "nosum"), TO,
	 IN("udp " FROM "nosum")},
	{"IPv6 udp, eight bytes of it", OUT("udp " BY "len 4 cut 48"), TO,
	 IN("udp " FROM "len 4 cut 48")},
	{"IPv6 udp, seven bytes", OUT("udp " BY "len 4 cut 47"), TO, NULL},
	{"IPv6 udp, none", OUT("udp " BY "cut 40"), TO, NULL},
	{"IPv6 udp behind extension headers", OUT("udp " BY "ext 0 ext 60"), TO,
	 IN("udp " FROM "ext 0 ext 60")},
	{"IPv6 tcp", OUT("tcp " BY "S"), TO, IN("tcp " FROM "S")},
	{"IPv6 ping", OUT("icmp6 " N6 " > " B6 " id 5000 len 4"), TO,
	 IN("icmp6 " A6 " > " B6 " id 40 len 4")},
	{"IPv6 esp", OUT("proto 50 " N6 " > " B6 " len 4"), TO,
	 IN("proto 50 " A6 " > " B6 " len 4")},
	{"IPv6 first fragment", OUT("udp " BY "mf len 8"), TO,
	 IN("udp " FROM "mf len 8")},
	{"IPv6 the other way",
	 "icmp6 " A6 " > " B6 " type 3 (udp [" B6 "]:53 > [" A6 "]:40 ttl 1)",
	 MANIP_SRC, "[" N6 "]:5000", N6,
	 "icmp6 " N6 " > " B6 " type 3 (udp [" B6 "]:53 > [" N6
	 "]:5000 ttl 1)"},
#undef OUT
#undef IN
#undef TO
#undef BY
};

static void icmp_errors(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
		struct frame f = frame_of(errors[i].before);
		struct packet p = packet_of_frame(&f);
		struct nat_tuple inner = both_ends(errors[i].inner);
		struct nat_tuple outer = both_ends(errors[i].outer);
		bool done = rewrite_icmp_error(&p, errors[i].m, &inner, &outer);

		if (done != (errors[i].after != NULL))
			fail_msg("%s: %d", errors[i].name, done);
		if (done)
			must_be(errors[i].name, &p, errors[i].after);
	}
}

/* A wrong sum in the quote is the sender's business, the error's own is made
 * anew. */
static void wrong_quotes(void **state)
{
	struct frame f = frame_of("icmp 203.0.113.9 > " N " type 3 (udp " N
				  ":5000 > " B ":53)");
	struct nat_tuple to = both_ends(A ":40");
	struct packet p = packet_of_frame(&f);
	uint8_t *quoted = packet_l4(&p) + ICMP_HEADER;

	(void)state;
	quoted[IPV4_CHECK] ^= 0x11;
	assert_true(rewrite_icmp_error(&p, MANIP_DST, &to, &to));
	assert_true(frame_is_sound(p.ip, p.len));
	assert_int_not_equal(frame_sum(0, quoted, IPV4_HEADER), 0xffff);
}

/* ------------------------------------------------------- fragments and TTL */

static void first_fragment(void **state)
{
	static const char whole[] =
		"udp " A ":40 > " B ":53 len 100 ipid 7 nops 4";

	(void)state;
	for (uint32_t payload = 8; payload < 108; payload += 8) {
		struct frame f = frame_of(whole), want = frame_of(whole);
		struct packet p = packet_of_frame(&f);
		uint8_t *h = want.bytes;

		h[IPV4_LEN] = 0;
		h[IPV4_LEN + 1] = (uint8_t)(24 + payload);
		h[IPV4_FRAG] = IPV4_MF >> 8;
		h[IPV4_CHECK] = h[IPV4_CHECK + 1] = 0;
		rewrite_first_fragment(&p, payload);
		assert_int_equal(p.len, 24 + payload);
		assert_true(packet_is_fragment(&p));
		assert_int_equal(frame_sum(0, p.ip, 24), 0xffff);
		assert_int_equal(p.ip[IPV4_CHECK] << 8 | p.ip[IPV4_CHECK + 1],
				 (uint16_t)~frame_sum(0, h, 24));
		assert_memory_equal(p.ip, h, IPV4_CHECK);
		assert_memory_equal(p.ip + 12, h + 12, p.len - 12);
	}
}

static void hops_down(void **state)
{
	static const char *const rows[] = {"proto 50 " A " > " B,
					   "proto 50 " A6 " > " B6};
	char text[FRAME_TEXT];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (unsigned hops = 1; hops < 256; hops++)
			for (unsigned ipid = 0; ipid < 65536; ipid += 257) {
				struct frame f;
				struct packet p;

				(void)snprintf(text, sizeof(text),
					       "%s ttl %u ipid %u", rows[i],
					       hops, ipid);
				f = frame_of(text);
				p = packet_of_frame(&f);
				rewrite_hops_down(&p);
				assert_int_equal(packet_hops(&p), hops - 1);
				assert_true(frame_is_sound(p.ip, p.len));
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_end),
		cmocka_unit_test(short_tcp),
		cmocka_unit_test(every_id),
		cmocka_unit_test(wrong_stays_wrong),
		cmocka_unit_test(icmp_errors),
		cmocka_unit_test(wrong_quotes),
		cmocka_unit_test(first_fragment),
		cmocka_unit_test(hops_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
