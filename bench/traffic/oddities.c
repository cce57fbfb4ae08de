/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What is done to a packet, whatever it is: two tables, of changes to the draft
 * (checksums are right afterwards, unless that is the change) and of changes
 * to the bytes. */
#include <arpa/inet.h>
#include <string.h>

#include "traffic/maker.h"
#include "traffic/put.h"

#define MARTIAN4 (KIND(MARTIANS) | KIND(IPV4))
#define OPTIONS4 (KIND(OPTIONS) | KIND(IPV4))
#define OPTIONS6 (KIND(OPTIONS) | KIND(IPV6))

static void nothing(struct traffic *t, const void *arg)
{
	(void)t;
	(void)arg;
}

static void ttl(struct traffic *t, const void *arg)
{
	t->draft.ttl = *(const uint8_t *)arg;
}

static void tos(struct traffic *t, const void *arg)
{
	(void)arg;
	t->draft.tos = (uint8_t)rng_u32(&t->rng);
}

static void sum(struct traffic *t, const void *arg)
{
	t->draft.l4_sum = *(const uint8_t *)arg;
}

static void flag(struct traffic *t, const void *arg)
{
	(void)arg;
	t->draft.evil = true;
}

/* Addresses as text, so that the table is readable. */
static void source(struct traffic *t, const void *arg)
{
	(void)inet_pton(t->draft.family == 6 ? AF_INET6 : AF_INET, arg,
			t->draft.src.w);
}

static void destination(struct traffic *t, const void *arg)
{
	(void)inet_pton(t->draft.family == 6 ? AF_INET6 : AF_INET, arg,
			t->draft.dst.w);
}

static const struct place *own_of(struct traffic *t)
{
	return places_draw(&t->rng, &t->places.own, t->draft.family, NAT_NO_IF);
}

static void source_own(struct traffic *t, const void *arg)
{
	const struct place *own = own_of(t);

	(void)arg;
	if (own)
		t->draft.src = own->addr;
}

static void source_self(struct traffic *t, const void *arg)
{
	(void)arg;
	t->draft.src = t->draft.dst;
}

static void source_broadcast(struct traffic *t, const void *arg)
{
	const struct place *own = own_of(t);

	(void)arg;
	if (own)
		t->draft.src = place_broadcast(own);
}

static void destination_own(struct traffic *t, const void *arg)
{
	const struct place *own = own_of(t);

	(void)arg;
	if (own)
		t->draft.dst = own->addr;
}

static void destination_broadcast(struct traffic *t, const void *arg)
{
	const struct place *own = own_of(t);

	(void)arg;
	if (own)
		t->draft.dst = place_broadcast(own);
}

static void other_iface(struct traffic *t, const void *arg)
{
	(void)arg;
	t->draft.iface = (uint16_t)rng_below(&t->rng, t->places.n_ifs);
}

static void shorter(struct traffic *t, const void *arg)
{
	uint32_t len = *(const uint8_t *)arg;

	if (t->draft.l4_len > len)
		t->draft.l4_len = len;
}

/* Two more bytes than the header says. */
static void longer(struct traffic *t, const void *arg)
{
	(void)arg;
	draft_data(&t->draft, 1 + rng_below(&t->rng, 9));
}

static void udp_len(struct traffic *t, const void *arg)
{
	int len = (int)t->draft.l4_len + *(const int8_t *)arg;

	if (t->draft.l4_len >= 6)
		put16(t->draft.l4 + 4, (uint32_t)len);
}

static void data_offset(struct traffic *t, const void *arg)
{
	if (t->draft.l4_len > 12)
		t->draft.l4[12] = *(const uint8_t *)arg;
}

/* An option, its length first. */
static void option(struct traffic *t, const void *arg)
{
	const uint8_t *o = arg;

	draft_option(&t->draft, o + 1, o[0]);
}

/* An extension header, its type and length first. */
static void extension(struct traffic *t, const void *arg)
{
	const uint8_t *o = arg;

	draft_extension(&t->draft, o[0], o + 2, o[1]);
}

static void two_extensions(struct traffic *t, const void *arg)
{
	extension(t, arg);
	extension(t, (const uint8_t *)arg + 10);
}

static const uint8_t number[] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10,
				 11, 12, 13, 14, 15, 16, 17, 18, 19, 20};
static const int8_t offset[] = {-3, 1, 100};
static const uint8_t absent = SUM_ABSENT, wrong = SUM_WRONG;
static const uint8_t doff[] = {0x40, 0xf0, 0x00};

/* clang-format off */
static const struct {
	struct odds odds;
	void (*change)(struct traffic *t, const void *arg);
	const void *arg;
} to_draft[] = {
	{ { "",                      1700, 0 }, nothing, NULL },
	{ { "TTL 0",                   10, KIND(TTL) }, ttl, &number[0] },
	{ { "TTL 1",                   30, KIND(TTL) }, ttl, &number[1] },
	{ { "TTL 2",                   20, KIND(TTL) }, ttl, &number[2] },
	{ { "any TOS",                 20, 0 }, tos, NULL },
	{ { "reserved bit",             4, KIND(IPV4) }, flag, NULL },
	{ { "wrong checksum",          25, KIND(DAMAGE) }, sum, &wrong },
	{ { "no checksum",             15, KIND(DAMAGE) }, sum, &absent },
	{ { "other interface",         10, KIND(MARTIANS) }, other_iface, NULL },
	{ { "4 bytes of L4",            5, KIND(DAMAGE) }, shorter, &number[4] },
	{ { "7 bytes of L4",            5, KIND(DAMAGE) }, shorter, &number[7] },
	{ { "8 bytes of L4",            5, KIND(DAMAGE) }, shorter, &number[8] },
	{ { "19 bytes of L4",           5, KIND(DAMAGE) }, shorter, &number[19] },
	{ { "20 bytes of L4",           5, KIND(DAMAGE) }, shorter, &number[20] },
	{ { "no L4",                    4, KIND(DAMAGE) }, shorter, &number[0] },
	{ { "more than it says",       10, KIND(DAMAGE) }, longer, NULL },
	{ { "UDP length less",         20, KIND(DAMAGE) | KIND(UDP) }, udp_len, &offset[0] },
	{ { "UDP length more",         20, KIND(DAMAGE) | KIND(UDP) }, udp_len, &offset[1] },
	{ { "UDP length far off",      10, KIND(DAMAGE) | KIND(UDP) }, udp_len, &offset[2] },
	{ { "data offset 4",            6, KIND(DAMAGE) | KIND(TCP) }, data_offset, &doff[0] },
	{ { "data offset 15",           6, KIND(DAMAGE) | KIND(TCP) }, data_offset, &doff[1] },
	{ { "data offset 0",            3, KIND(DAMAGE) | KIND(TCP) }, data_offset, &doff[2] },

	{ { "from loopback",            4, MARTIAN4 }, source, "127.0.0.1" },
	{ { "from 0.0.0.0",             4, MARTIAN4 }, source, "0.0.0.0" },
	{ { "from 0.1.2.3",             2, MARTIAN4 }, source, "0.1.2.3" },
	{ { "from a group",             4, MARTIAN4 }, source, "224.0.0.5" },
	{ { "from class E",             3, MARTIAN4 }, source, "240.0.0.1" },
	{ { "from link local",          3, MARTIAN4 }, source, "169.254.7.7" },
	{ { "from everybody",           3, MARTIAN4 }, source, "255.255.255.255" },
	{ { "from the unspecified",     4, KIND(MARTIANS) | KIND(IPV6) }, source, "::" },
	{ { "from loopback",            4, KIND(MARTIANS) | KIND(IPV6) }, source, "::1" },
	{ { "from a group",             4, KIND(MARTIANS) | KIND(IPV6) }, source, "ff02::5" },
	{ { "from a mapped address",    3, KIND(MARTIANS) | KIND(IPV6) }, source, "::ffff:192.0.2.1" },
	{ { "from link local",          3, KIND(MARTIANS) | KIND(IPV6) }, source, "fe80::77" },
	{ { "from the router",          6, KIND(MARTIANS) }, source_own, NULL },
	{ { "to its source",            4, KIND(MARTIANS) }, source_self, NULL },
	{ { "from a broadcast address", 4, MARTIAN4 }, source_broadcast, NULL },
	{ { "to loopback",              4, MARTIAN4 }, destination, "127.0.0.1" },
	{ { "to 0.0.0.0",               3, MARTIAN4 }, destination, "0.0.0.0" },
	{ { "to class E",               3, MARTIAN4 }, destination, "240.0.0.1" },
	{ { "to loopback",              4, KIND(MARTIANS) | KIND(IPV6) }, destination, "::1" },
	{ { "to the unspecified",       3, KIND(MARTIANS) | KIND(IPV6) }, destination, "::" },
	{ { "to link local",            3, KIND(MARTIANS) | KIND(IPV6) }, destination, "fe80::77" },

	{ { "to everybody",             5, KIND(GROUPS) | KIND(IPV4) }, destination, "255.255.255.255" },
	{ { "to all hosts",             5, KIND(GROUPS) | KIND(IPV4) }, destination, "224.0.0.1" },
	{ { "to a group",               5, KIND(GROUPS) | KIND(IPV4) }, destination, "239.1.2.3" },
	{ { "to a network's broadcast", 8, KIND(GROUPS) | KIND(IPV4) }, destination_broadcast, NULL },
	{ { "to all hosts",             5, KIND(GROUPS) | KIND(IPV6) }, destination, "ff02::1" },
	{ { "to a group",               5, KIND(GROUPS) | KIND(IPV6) }, destination, "ff0e::1:2" },
	{ { "to the router",           20, KIND(ROUTER) }, destination_own, NULL },

	{ { "NOPs",                    10, OPTIONS4 }, option, "\4\1\1\1\0" },
	{ { "bytes after the end",      5, OPTIONS4 }, option, "\4\0\1\2\3" },
	{ { "router alert",             8, OPTIONS4 }, option, "\4\x94\4\0\0" },
	{ { "record route",            10, OPTIONS4 }, option, "\14\7\13\4\0\0\0\0\0\0\0\0\0" },
	{ { "record route, full",       4, OPTIONS4 }, option, "\10\7\7\10\1\2\3\4\0" },
	{ { "record route, odd",        3, OPTIONS4 }, option, "\14\7\13\6\0\0\0\0\0\0\0\0\0" },
	{ { "record route, bad",        3, OPTIONS4 }, option, "\10\7\7\3\1\2\3\4\0" },
	{ { "record route twice",       2, OPTIONS4 }, option, "\20\7\7\4\1\2\3\4\7\7\4\1\2\3\4\1\0" },
	{ { "times",                    6, OPTIONS4 | KIND(CLOCK) }, option, "\14\x44\14\5\0\0\0\0\0\0\0\0\0" },
	{ { "times and addresses",      4, OPTIONS4 | KIND(CLOCK) }, option, "\14\x44\14\5\1\0\0\0\0\0\0\0\0" },
	{ { "times, full",              3, OPTIONS4 }, option, "\10\x44\10\11\0\1\2\3\4" },
	{ { "times, overflow full",     2, OPTIONS4 }, option, "\10\x44\10\11\xf0\1\2\3\4" },
	{ { "times, short",             2, OPTIONS4 }, option, "\4\x44\3\5\0" },
	{ { "loose source route",       4, OPTIONS4 }, option, "\10\x83\7\4\1\2\3\4\0" },
	{ { "strict source route",      3, OPTIONS4 }, option, "\10\x89\7\4\1\2\3\4\0" },
	{ { "source route, spent",      3, OPTIONS4 }, option, "\10\x83\7\10\1\2\3\4\0" },
	{ { "security",                 2, OPTIONS4 }, option, "\14\x82\13\0\0\0\0\0\0\0\0\0\0" },
	{ { "stream id",                2, OPTIONS4 }, option, "\4\x88\4\0\7" },
	{ { "unknown option",           3, OPTIONS4 }, option, "\4\x5e\4\0\7" },
	{ { "option of length 1",       3, OPTIONS4 }, option, "\4\x5e\1\0\0" },
	{ { "option too long",          3, OPTIONS4 }, option, "\4\x5e\x20\0\0" },
	{ { "option type alone",        3, OPTIONS4 }, option, "\4\1\1\1\x5e" },

	{ { "hop-by-hop",               8, OPTIONS6 }, extension, "\0\10\0\0\1\4\0\0\0\0" },
	{ { "router alert",             4, OPTIONS6 }, extension, "\0\10\0\0\5\2\0\0\1\0" },
	{ { "destination options",      8, OPTIONS6 }, extension, "\74\10\0\0\1\4\0\0\0\0" },
	{ { "routing, none left",       4, OPTIONS6 }, extension, "\53\10\0\0\4\0\0\0\0\0" },
	{ { "routing, one left",        3, OPTIONS6 }, extension, "\53\10\0\0\4\1\0\0\0\0" },
	{ { "atomic fragment",          4, OPTIONS6 | KIND(FRAGMENTS) }, extension, "\54\10\0\0\0\0\0\0\0\7" },
	{ { "hop-by-hop and options",   4, OPTIONS6 }, two_extensions, "\0\10\0\0\1\4\0\0\0\0\74\10\0\0\1\4\0\0\0\0" },
	{ { "two destination options",  2, OPTIONS6 }, two_extensions, "\74\10\0\0\1\4\0\0\0\0\74\10\0\0\1\4\0\0\0\0" },
	{ { "unknown option, discard",  3, OPTIONS6 }, extension, "\74\10\0\0\x5e\4\0\0\0\0" },
	{ { "unknown hop option, discard", 3, OPTIONS6 }, extension, "\0\10\0\0\x5e\4\0\0\0\0" },
	{ { "unknown hop option, report",  3, OPTIONS6 }, extension, "\0\10\0\0\x9e\4\0\0\0\0" },
	{ { "authentication",           3, OPTIONS6 }, extension, "\63\20\0\2\0\0\0\0\0\7\0\0\0\1\0\0\0\0" },
};
/* clang-format on */

const char *oddity_draft(struct traffic *t)
{
	const struct draft *d = &t->draft;
	unsigned row =
		draw_row(&t->rng, to_draft, sizeof(to_draft[0]),
			 N_ROWS(to_draft), maker_kinds(t, d->family, d->proto));

	to_draft[row].change(t, to_draft[row].arg);
	return to_draft[row].odds.name;
}

/* ---------------------------------------------------------------- bytes */

static void leave(struct traffic *t, struct parcel *p)
{
	(void)t;
	(void)p;
}

static void trail(struct traffic *t, struct parcel *p)
{
	uint32_t n = draw_between(&t->rng, 1, DRAFT_TRAILER);

	memset(p->data + p->len, 0xee, n);
	p->len += n;
}

static void cut(struct traffic *t, struct parcel *p)
{
	uint32_t n = draw_between(&t->rng, 1, 12);

	if (p->len > n)
		p->len -= n;
}

static void cut_header(struct traffic *t, struct parcel *p)
{
	uint32_t n = draw_between(&t->rng, 1, 19);

	if (p->len > n)
		p->len = n;
}

static void bad_ip_sum(struct traffic *t, struct parcel *p)
{
	p->data[10] ^= (uint8_t)draw_between(&t->rng, 1, 255);
}

static void version(struct traffic *t, struct parcel *p)
{
	p->data[0] = (uint8_t)(p->data[0] ^ 0x10 << rng_below(&t->rng, 4));
}

static void header_len(struct traffic *t, struct parcel *p)
{
	p->data[0] = (uint8_t)(0x40 | rng_below(&t->rng, 16));
	if (p->len >= 60)
		draft_ip_sum(p->data);
}

static void total_len(struct traffic *t, struct parcel *p)
{
	static const int16_t by[] = {1, -1, -5, 100, -19};
	int len = (int)p->len + by[rng_below(&t->rng, N_ROWS(by))];

	put16(p->data + 2, (uint32_t)(len < 0 ? 0 : len));
	draft_ip_sum(p->data);
}

static void payload_len(struct traffic *t, struct parcel *p)
{
	put16(p->data + 4, p->len - 40 + 1 - rng_below(&t->rng, 3));
}

/* Any byte behind the IP header becomes another. */
static void flip(struct traffic *t, struct parcel *p)
{
	uint32_t header = (p->data[0] >> 4) == 6 ? 40 : 20;

	if (p->len > header)
		p->data[header + rng_below(&t->rng, p->len - header)] ^=
			(uint8_t)draw_between(&t->rng, 1, 255);
}

static void again(struct traffic *t, struct parcel *p)
{
	struct parcel *copy = maker_queue(t);

	if (!copy)
		return;
	memcpy(copy->data, p->data, p->len);
	copy->len = p->len;
	copy->iface = p->iface;
	copy->group = p->group;
	copy->what = p->what;
	copy->oddity = "again";
}

/* clang-format off */
#define DAMAGE4 (KIND(DAMAGE) | KIND(IPV4))
static const struct {
	struct odds odds;
	void (*change)(struct traffic *t, struct parcel *p);
} to_bytes[] = {
	{ { "",                1700, 0 }, leave },
	{ { "again",             40, 0 }, again },
	{ { "trailing bytes",    20, KIND(DAMAGE) }, trail },
	{ { "cut",               10, KIND(DAMAGE) }, cut },
	{ { "cut in the header",  3, KIND(DAMAGE) }, cut_header },
	{ { "bad IP checksum",   10, DAMAGE4 }, bad_ip_sum },
	{ { "another version",    3, KIND(DAMAGE) }, version },
	{ { "header length",      4, DAMAGE4 }, header_len },
	{ { "total length",       8, DAMAGE4 }, total_len },
	{ { "payload length",     8, KIND(DAMAGE) | KIND(IPV6) }, payload_len },
	{ { "a byte changed",    15, KIND(DAMAGE) }, flip },
};
/* clang-format on */

const char *oddity_bytes(struct traffic *t, struct parcel *p)
{
	const struct draft *d = &t->draft;
	unsigned row =
		draw_row(&t->rng, to_bytes, sizeof(to_bytes[0]),
			 N_ROWS(to_bytes), maker_kinds(t, d->family, d->proto));

	to_bytes[row].change(t, p);
	return to_bytes[row].odds.name;
}
