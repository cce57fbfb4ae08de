/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Datagrams in fragments, against what Linux made of each fragment:
 * data/fragments/ipv4.tsv and ipv6.tsv, which record.py beside them explains.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pure/packet.h"
#include "test/check.h"
#include "test/router.h"
#include "util.h"

enum { PAYLOAD = 140000, ANSWER = 4096, PROTO_ESP = 50 };

static uint8_t payload[PAYLOAD];

struct fragment {
	uint32_t first, end;
	uint32_t options, next;
	uint8_t ecn;
	bool last, df;
};

enum { NO_NEXT = 59, OPTIONS = 0, FRAGMENT = 44, HEADER = 8 };

/* "16-24.d" */
static struct fragment read_fragment(const char *text)
{
	struct fragment f = {.next = 0};
	int used = 0;

	if (sscanf(text, "%u-%u%n", &f.first, &f.end, &used) != 2)
		fail_msg("%s is no fragment", text);
	for (text += used; *text; text++)
		switch (*text) {
		case '.':
			f.last = true;
			break;
		case 'd':
			f.df = true;
			break;
		case 'e':
			f.ecn = (uint8_t)(*++text - '0');
			break;
		case 'o':
			(void)sscanf(text + 1, "%u%n", &f.options, &used);
			text += used;
			break;
		case 't':
			(void)sscanf(text + 1, "%u%n", &f.next, &used);
			text += used;
			break;
		default:
			fail_msg("%s: what is that?", text);
		}
	return f;
}

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* In memory of its own size. */
static struct nat_packet encode4(const struct fragment *f, uint32_t id)
{
	static const uint8_t ends[] = {10, 0, 0, 9, 203, 0, 113, 5};
	uint32_t header = IPV4_HEADER + f->options;
	uint32_t len = header + f->end - f->first;
	uint8_t *ip = calloc(1, len);

	assert_non_null(ip);
	ip[0] = (uint8_t)(0x40 | header / 4);
	ip[IPV4_TOS] = f->ecn;
	put16(ip + IPV4_LEN, len);
	put16(ip + IPV4_ID, id);
	put16(ip + IPV4_FRAG,
	      (f->last ? 0 : IPV4_MF) | (f->df ? IPV4_DF : 0) | f->first / 8);
	ip[IPV4_TTL] = 64;
	ip[IPV4_PROTO] = (uint8_t)(f->next ? f->next : PROTO_ESP);
	memcpy(ip + IPV4_SRC, ends, sizeof(ends));
	memset(ip + IPV4_HEADER, 1, f->options);
	put16(ip + IPV4_CHECK, (uint16_t)~frame_sum(0, ip, header));
	memcpy(ip + header, payload + f->first, f->end - f->first);
	return (struct nat_packet){.data = ip, .len = len};
}

static const uint8_t client6[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 1, [15] = 9};
static const uint8_t server6[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 9, [15] = 9};

static struct nat_packet encode6(const struct fragment *f, uint32_t id)
{
	uint32_t before = IPV6_HEADER + f->options;
	uint32_t len = before + HEADER + f->end - f->first;
	uint8_t *ip = calloc(1, len), *header;

	assert_non_null(ip);
	header = ip + before;
	ip[0] = 0x60;
	ip[1] = (uint8_t)(f->ecn << 4);
	put16(ip + IPV6_LEN, len - IPV6_HEADER);
	ip[IPV6_NEXT] = f->options ? OPTIONS : FRAGMENT;
	ip[IPV6_HOPS] = 64;
	memcpy(ip + IPV6_SRC, client6, sizeof(client6));
	memcpy(ip + IPV6_DST, server6, sizeof(server6));
	if (f->options) {
		ip[IPV6_HEADER] = FRAGMENT;
		ip[IPV6_HEADER + 1] = (uint8_t)(f->options / 8 - 1);
		ip[IPV6_HEADER + 2] = 1;
		ip[IPV6_HEADER + 3] = (uint8_t)(f->options - 4);
	}
	header[0] = (uint8_t)(f->next ? f->next : NO_NEXT);
	put16(header + 2, f->first | !f->last);
	put16(header + 6, id);
	memcpy(header + HEADER, payload + f->first, f->end - f->first);
	return (struct nat_packet){.data = ip, .len = len};
}

static struct nat_packet encode(const struct fragment *f, uint8_t family,
				uint32_t id)
{
	return family == 4 ? encode4(f, id) : encode6(f, id);
}

static size_t decode6(const struct nat_packet *p, char *out, size_t room)
{
	const uint8_t *ip = p->data;
	uint32_t at = IPV6_HEADER, options = 0, place = 0, end;
	unsigned next = ip[IPV6_NEXT], ecn = ip[1] >> 4;
	bool whole;
	int n;

	assert_int_equal(load16_host(ip + IPV6_LEN) + IPV6_HEADER, p->len);
	if (memcmp(ip + IPV6_SRC, client6, sizeof(client6)) != 0)
		return (size_t)snprintf(out, room, "%d/%d", ip[at], ip[at + 1]);
	if (next == OPTIONS) {
		next = ip[at];
		options = 8u * (ip[at + 1] + 1u);
		at += options;
	}
	whole = next != FRAGMENT;
	if (!whole) {
		next = ip[at];
		place = load16_host(ip + at + 2);
		at += HEADER;
	}
	end = (place & ~7u) + p->len - at;
	assert_memory_equal(ip + at, payload + (place & ~7u), p->len - at);
	if (whole)
		n = snprintf(out, room, "whole");
	else
		n = snprintf(out, room, "%u-%u%s", place & ~7u, end,
			     place & 1 ? "" : ".");
	if (ecn)
		n += snprintf(out + n, room - (size_t)n, "e%u", ecn);
	if (options)
		n += snprintf(out + n, room - (size_t)n, "o%u", options);
	if (next != NO_NEXT)
		n += snprintf(out + n, room - (size_t)n, "t%u", next);
	return (size_t)n;
}

static size_t decode4(const struct nat_packet *p, char *out, size_t room)
{
	uint32_t header = (p->data[0] & 15u) * 4;
	uint32_t flags = load16_host(p->data + IPV4_FRAG);
	uint32_t first = (flags & IPV4_OFFSET) * 8;
	uint32_t end = first + p->len - header;
	unsigned ecn = p->data[IPV4_TOS], options = header - IPV4_HEADER;
	int n;

	assert_int_equal(frame_sum(0, p->data, header), 0xffff);
	assert_int_equal(load16_host(p->data + IPV4_LEN), p->len);
	if (p->data[IPV4_PROTO] == PROTO_ICMP)
		return (size_t)snprintf(out, room, "%d/%d", p->data[header],
					p->data[header + 1]);
	assert_memory_equal(p->data + header, payload + first, end - first);
	n = snprintf(out, room, "%u-%u%s%s", first, end,
		     flags & IPV4_MF ? "" : ".", flags & IPV4_DF ? "d" : "");
	if (ecn)
		n += snprintf(out + n, room - (size_t)n, "e%u", ecn);
	if (options)
		n += snprintf(out + n, room - (size_t)n, "o%u", options);
	if (p->data[IPV4_PROTO] != PROTO_ESP)
		n += snprintf(out + n, room - (size_t)n, "t%d",
			      p->data[IPV4_PROTO]);
	return (size_t)n;
}

static size_t decode(const struct nat_packet *p, char *out, size_t room)
{
	return p->data[0] >> 4 == 4 ? decode4(p, out, room)
				    : decode6(p, out, room);
}

static void decode_all(const struct router *r, const struct nat_packet *p,
		       char out[ANSWER])
{
	size_t n, used = 0;
	const struct nat_packet *own = nat_worker_originated(r->worker, &n);

	out[0] = '\0';
	if (p->verdict == NAT_FORWARD && p->len)
		used = decode(p, out, ANSWER);
	for (size_t i = 0; own && i < n; i++) {
		assert_true(used < ANSWER - 1);
		if (used)
			out[used++] = ',';
		used += decode(&own[i], out + used, ANSWER - used);
	}
}

static uint64_t fails(const struct router *r)
{
	struct nat_stats s;

	nat_engine_stats(r->engine, &s);
	return s.reasm_fails;
}

/* What Linux does not tell is not told here either. */
static void answer(struct router *r, uint8_t family, const char *text,
		   uint32_t id, char out[ANSWER])
{
	struct fragment f = read_fragment(text);
	struct nat_packet p = encode(&f, family, id);
	uint64_t before = fails(r);

	(void)nat_worker_run(r->worker, r->now_ns, &p, 1);
	decode_all(r, &p, out);
	if (!*out && family == 6)
		(void)snprintf(out, ANSWER, "-");
	else if (p.verdict == NAT_HOLD)
		(void)snprintf(out, ANSWER, "held");
	else if (!*out && p.reason == NAT_DROP_FRAGMENT)
		(void)snprintf(out, ANSWER, "%s",
			       fails(r) == before ? "dup" : "fatal");
	free(p.data);
}

/* ------------------------------------------------------------- as recorded
 */

#define RULES                                                                  \
	"*filter\n:FORWARD ACCEPT [0:0]\n"                                     \
	"-A FORWARD -m conntrack --ctstate INVALID\nCOMMIT\n"

static const struct family {
	uint8_t number;
	const char *file, *rules, *topology;
} families[] = {
	{4, "ipv4.tsv", RULES,
	 "addr add 10.0.0.1/24 dev lan\n"
	 "addr add 198.51.100.1/24 dev wan\n"
	 "route add default dev wan\n"},
	{6, "ipv6.tsv", "-6\n" RULES,
	 "addr add 2001:db8:1::1/64 dev lan\n"
	 "addr add 2001:db8:2::1/64 dev wan\n"
	 "route add 2000::/3 dev wan\n"},
};

static void open_router(struct router *r, const struct family *family,
			unsigned mtu)
{
	struct router_config c = router_defaults(family->rules);
	char topology[256];

	(void)snprintf(topology, sizeof(topology),
		       "%slink set dev wan mtu %u\n", family->topology, mtu);
	c.topology = topology;
	router_open(r, &c);
}

/* Cuts the next word off @text at @end. */
static char *cut(char **text, const char *end)
{
	char *word = *text;

	*text += strcspn(word, end);
	if (**text)
		*(*text)++ = '\0';
	return word;
}

/* A line of a table. */
struct row {
	const char *name;
	unsigned mtu;
	char *pieces, *answers;
};

static struct row read_row(char *line)
{
	struct row row = {.name = cut(&line, "\t")};

	row.mtu = (unsigned)strtoul(cut(&line, "\t"), NULL, 10);
	row.pieces = cut(&line, "\t");
	row.answers = cut(&line, "\n");
	return row;
}

static bool row_holds(struct router *r, uint8_t family, struct row *row,
		      uint32_t id)
{
	char got[ANSWER];

	while (*row->pieces) {
		const char *piece = cut(&row->pieces, " ");
		const char *want = cut(&row->answers, " ");

		answer(r, family, piece, id, got);
		if (strcmp(got, want) != 0) {
			print_error("%s: %s: %s, not %s\n", row->name, piece,
				    got, want);
			return false;
		}
	}
	return true;
}

static void check_table(const struct family *family)
{
	static char line[ANSWER];
	unsigned mtu = 0, n = 0, wrong = 0;
	struct router r = {0};
	char path[512];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/core/test/data/fragments/%s",
		       NATBENCH_SOURCE_DIR, family->file);
	f = fopen(path, "re");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		struct row row;

		if (*line == '#')
			continue;
		row = read_row(line);
		if (row.mtu != mtu) {
			if (mtu)
				router_close(&r);
			mtu = row.mtu;
			open_router(&r, family, mtu);
		}
		wrong += !row_holds(&r, family->number, &row, ++n);
	}
	assert_int_equal(fclose(f), 0);
	assert_true(n > 400);
	router_close(&r);
	assert_int_equal(wrong, 0);
}

static void as_recorded(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(families); i++)
		check_table(&families[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_recorded),
	};

	for (uint32_t i = 0; i < PAYLOAD; i++)
		payload[i] = (uint8_t)(7 * i + i / 251);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
