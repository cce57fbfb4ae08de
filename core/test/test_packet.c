/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Bytes to packet: IP headers, what leads from them to the transport, tuples.
 */
#include "pure/packet.h"
#include "pure/random.h"
#include "pure/tuple.h"
#include "test/addr.h"
#include "test/ask.h"
#include "test/check.h"
#include "test/frames.h"
#include "test/guard.h"

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
#define V "udp [2001:db8::2]:1 > [2001:db8::9]:2 len 4"
	{"IPv6", V, 0, 0x60, 0, 0, PACKET_IPV6},
	{"IPv6, bytes behind", V, 0, 0x60, 0, 14, PACKET_IPV6},
	{"IPv6, a byte short", V, 0, 0x60, 0, -1, PACKET_BAD},
	{"IPv6 header alone, told so", V, IPV6_LEN + 1, 0, 0, 0, PACKET_IPV6},
	{"IPv6, length beyond", V, IPV6_LEN, 1, 0, 0, PACKET_BAD},
	{"IPv6 as version 4", V, 0, 0x45, RESUM, 0, PACKET_BAD},
	{"IPv6 as version 7", V, 0, 0x70, 0, 0, PACKET_BAD},
	{"hop limit 0", V, IPV6_HOPS, 0, 0, 0, PACKET_IPV6},
	{"from a group", V, IPV6_SRC, 0xff, 0, 0, PACKET_BAD},
	{"from loopback", "udp [::1]:1 > [2001:db8::9]:2", 0, 0x60, 0, 0,
	 PACKET_BAD},
	{"to loopback", "udp [2001:db8::2]:1 > [::1]:2", 0, 0x60, 0, 0,
	 PACKET_BAD},
#define GROUP "udp [2001:db8::2]:1 > [ff02::1]:2"
	{"to a group", GROUP, 0, 0x60, 0, 0, PACKET_IPV6},
	{"to a group that is on no wire", GROUP, IPV6_DST + 1, 1, 0, 0,
	 PACKET_BAD},
#undef GROUP
#undef U
#undef V
};

/* The packet is what a naive look at the bytes makes of it. */
static void must_be_viewed(const char *name, const struct packet *p)
{
	struct packet want;

	frame_view(&want, p->ip, p->len);
	if (p->family == PACKET_IPV6)
		want.frag |= IPV4_DF; /* no router fragments it */
	if (p->len != frame_told_len(p->ip) || p->l4 != want.l4 ||
	    p->frag != want.frag || p->family != want.family ||
	    p->proto != want.proto)
		fail_msg("%s: parsed otherwise", name);
}

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
	if (got != PACKET_BAD)
		must_be_viewed(r->name, &p);
}

static void ip_headers(void **state)
{
	struct packet p;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(headers); i++)
		header_row(&headers[i]);
	/* whatever the version, too short for it or told so */
	for (uint32_t len = 0; len < IPV6_HEADER; len++)
		for (unsigned first = 0; first < 256; first++) {
			uint8_t bytes[IPV6_HEADER] = {(uint8_t)first};

			assert_int_equal(
				packet_parse(&p, guard_copy(bytes, len), len),
				PACKET_BAD);
		}
}

/* ------------------------------------------- from IPv6 header to transport */

enum { NONE = -1 };

static const struct {
	const char *text;
	int32_t at; /* a byte that is changed; NONE */
	uint8_t value;
	uint16_t l4, frag;
	uint8_t proto;
	bool lost;
} chains[] = {
#define V6  "2001:db8::2 > 2001:db8::9 "
#define TO  "udp [2001:db8::2]:1 > [2001:db8::9]:2 "
#define DF  IPV4_DF
#define EXT IPV6_HEADER
	{TO, NONE, 0, 40, DF, PROTO_UDP, false},
	{TO "ext 0", NONE, 0, 48, DF, PROTO_UDP, false},
	{TO "ext 0 ext 60 ext 43 ext 60", NONE, 0, 72, DF, PROTO_UDP, false},
	{TO "ext 60 len 16", EXT + 1, 2, 64, DF, PROTO_UDP, false},
	{TO "ext 60", EXT + 1, 1, 56, DF, PROTO_UDP, false},
	{TO "ext 60", EXT + 1, 2, 56, DF, PROTO_UDP, false}, /* too long */
	{TO "ext 60 cut 48", NONE, 0, 48, DF, PROTO_UDP, false},
	{TO "ext 60 cut 42", NONE, 0, 42, DF, PROTO_UDP, false},
	{TO "ext 60 cut 41", NONE, 0, 40, DF, 60, true},
	{TO "ext 60 cut 40", NONE, 0, 40, DF, 60, true},
	{TO "ext 51", NONE, 0, 48, DF, PROTO_UDP, false},
	{TO "ext 51 len 4", EXT + 1, 1, 52, DF, PROTO_UDP, false},
	{TO "mf", NONE, 0, 48, DF | IPV4_MF, PROTO_UDP, false},
	{TO "mf cut 47", NONE, 0, 40, DF, 44, true},
	{TO "mf ext 60", NONE, 0, 56, DF | IPV4_MF, PROTO_UDP, false},
	{TO "ext 44", NONE, 0, 48, DF, PROTO_UDP, false}, /* whole */
	{TO "off 185 len 8", NONE, 0, 48, DF | 185, PROTO_UDP, false},
	{TO "off 185 mf len 8", NONE, 0, 48, DF | IPV4_MF | 185, PROTO_UDP,
	 false},
	/* of a later fragment no more is there, whatever it names */
	{"proto 60 " V6 "off 1 len 8", NONE, 0, 48, DF | 1, 60, false},
	{"proto 59 " V6, NONE, 0, 40, DF, 59, true},
	{"proto 59 " V6 "ext 60 len 3", NONE, 0, 48, DF, 59, true},
	{"proto 59 " V6 "off 1 len 8", NONE, 0, 48, DF | 1, 59, true},
	{"proto 135 " V6 "len 8", NONE, 0, 40, DF, 135, false}, /* mobility */
	/* a jumbo's length may be in its options: nothing is trimmed */
	{TO "ext 0", IPV6_LEN + 1, 0, 48, DF, PROTO_UDP, false},
#undef EXT
};

static void extension_headers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(chains); i++) {
		struct frame f = frame_of(chains[i].text);
		struct packet p;

		if (chains[i].at != NONE)
			f.bytes[chains[i].at] = chains[i].value;
		assert_int_equal(
			packet_parse(&p, guard_copy(f.bytes, f.len), f.len),
			PACKET_IPV6);
		if (p.l4 != chains[i].l4 || p.frag != chains[i].frag ||
		    p.proto != chains[i].proto || p.lost != chains[i].lost ||
		    p.len != f.len)
			fail_msg("%s: proto %u at %u, frag 0x%x, lost %d",
				 chains[i].text, p.proto, p.l4, p.frag, p.lost);
	}
}

/* ------------------------------------------------------------------- tuples */

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
#define ENDS6  "[2001:db8::2]:4000 > [2001:db8::9]:53 "
#define HOSTS6 "2001:db8::2 > 2001:db8::9 "
	{"tcp " ENDS6 "S", 4000, 53},
	{"tcp " ENDS6 "S cut 44", 4000, 53},
	{"tcp " ENDS6 "S cut 43", NONE, NONE},
	{"udp " ENDS6 "ext 0 ext 60", 4000, 53},
	{"udp " ENDS6 "ext 0 ext 60 cut 60", 4000, 53},
	{"udp " ENDS6 "ext 0 ext 60 cut 59", NONE, NONE},
	{"udp " ENDS6 "ext 0 cut 41", NONE, NONE},
	{"udp " ENDS6 "mf", 4000, 53},
	{"udp " ENDS6 "off 1 len 8", NONE, NONE},
	{"udplite " ENDS6, 4000, 53},
	{"sctp " ENDS6, 4000, 53},
	{"icmp6 " HOSTS6 "id 7", 7, 0x8000},
	{"icmp6 " HOSTS6 "type 129 code 3 id 7", 7, 0x8103},
	{"icmp6 " HOSTS6 "type 3 rest 65536", 1, 0x0300},
	{"icmp6 " HOSTS6 "id 7 cut 47", NONE, NONE},
	{"icmp " HOSTS6 "id 7", 7, 0x0800}, /* no ICMP of IPv6, but ids */
	{"gre " HOSTS6 "version 1 id 7", 0, 7},
	{"proto 50 " HOSTS6, 0, 0},
	{"proto 59 " HOSTS6, NONE, NONE},
};

static void test_tuples(void **state)
{
	static const char *const src[] = {"10.0.0.2", "2001:db8::2"};
	static const char *const dst[] = {"192.0.2.1", "2001:db8::9"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(tuples); i++) {
		struct packet p = packet_of(tuples[i].text);
		bool v6 = p.family == PACKET_IPV6;
		struct nat_tuple t,
			want = {
				.src = addr_of(src[v6]),
				.dst = addr_of(dst[v6]),
				.src_id = htons((uint16_t)tuples[i].src_id),
				.dst_id = htons((uint16_t)tuples[i].dst_id),
				.proto = p.proto,
				.family = p.family,
			};
		bool got = packet_tuple(&p, &t);

		if (got != (tuples[i].src_id != NONE) ||
		    (got && !tuple_equal(&t, &want)))
			fail_msg("%s", tuples[i].text);
	}
}

/* ---------------------------------------------------- lengths of all kinds */

static void any_length(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(tuples); i++)
		ask_at_any_length(tuples[i].text);
	for (size_t i = 0; i < ARRAY_LEN(chains); i++)
		ask_at_any_length(chains[i].text);
}

/* Headers that pass, the rest by chance. */
static void random_bytes(void **state)
{
	enum { MOST = 120 };
	static const uint8_t proto[] = {1,  6,  17, 47, 136, 0,
					43, 44, 51, 58, 60,  132};
	struct random r = random_new(1);

	(void)state;
	for (unsigned i = 0; i < 400000; i++) {
		uint32_t len = random_u32(&r) % MOST;
		bool v4 = random_u32(&r) % 2;
		uint8_t bytes[MOST];

		for (uint32_t at = 0; at < MOST; at++)
			bytes[at] = (uint8_t)random_u64(&r);
		bytes[0] =
			(uint8_t)((v4 ? 0x40 : 0x60) |
				  (random_u32(&r) % 2 ? 5
						      : random_u32(&r) % 16));
		bytes[v4 ? IPV4_PROTO : IPV6_NEXT] =
			proto[random_u32(&r) % sizeof(proto)];
		if (random_u32(&r) % 4)
			tell_len(bytes, len);
		resum(bytes, MOST);
		ask_all(guard_copy(bytes, len), len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ip_headers),
		cmocka_unit_test(extension_headers),
		cmocka_unit_test(test_tuples),
		cmocka_unit_test(any_length),
		cmocka_unit_test(random_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
