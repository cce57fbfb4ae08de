/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Datagrams in fragments, against what Linux made of each fragment:
 * data/fragments/cases.tsv, which record.py beside it explains. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pure/build.h"
#include "pure/packet.h"
#include "test/check.h"
#include "test/router.h"
#include "util.h"

enum { PAYLOAD = 140000, ANSWER = 4096, PROTO_ESP = 50 };

static uint8_t payload[PAYLOAD];

struct fragment {
	uint32_t first, end;
	uint32_t options;
	uint8_t ecn;
	bool last, df;
};

/* "16-24.d" */
static struct fragment read_fragment(const char *text)
{
	struct fragment f = {0};
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
static struct nat_packet encode(const struct fragment *f, uint32_t id)
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
	ip[IPV4_PROTO] = PROTO_ESP;
	memcpy(ip + IPV4_SRC, ends, sizeof(ends));
	memset(ip + IPV4_HEADER, 1, f->options);
	put16(ip + IPV4_CHECK, (uint16_t)~frame_sum(0, ip, header));
	memcpy(ip + header, payload + f->first, f->end - f->first);
	return (struct nat_packet){.data = ip, .len = len};
}

static size_t decode(const struct nat_packet *p, char *out, size_t room)
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
	return (size_t)n;
}

static void decode_all(const struct router *r, const struct nat_packet *p,
		       char out[ANSWER])
{
	size_t n, used = 0;
	const struct nat_packet *own = nat_worker_originated(r->worker, &n);

	out[0] = '\0';
	if (p->verdict == NAT_FORWARD && p->len)
		used = decode(p, out, ANSWER);
	for (size_t i = 0; i < n; i++) {
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

static void answer(struct router *r, const char *text, uint32_t id,
		   char out[ANSWER])
{
	struct fragment f = read_fragment(text);
	struct nat_packet p = encode(&f, id);
	uint64_t before = fails(r);

	(void)nat_worker_run(r->worker, r->now_ns, &p, 1);
	decode_all(r, &p, out);
	if (p.verdict == NAT_HOLD)
		strcpy(out, "held");
	else if (!*out && p.reason == NAT_DROP_FRAGMENT)
		strcpy(out, fails(r) == before ? "dup" : "fatal");
	free(p.data);
}

/* ------------------------------------------------------------- as recorded
 */

static const char rules[] =
	"*filter\n:FORWARD ACCEPT [0:0]\n"
	"-A FORWARD -m conntrack --ctstate INVALID\nCOMMIT\n";

static void open_router(struct router *r, unsigned mtu)
{
	struct router_config c = router_defaults(rules);
	char topology[256];

	(void)snprintf(topology, sizeof(topology),
		       "addr add 10.0.0.1/24 dev lan\n"
		       "link set dev wan mtu %u\n"
		       "addr add 198.51.100.1/24 dev wan\n"
		       "route add default dev wan\n",
		       mtu);
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

static bool row_holds(struct router *r, const char *name, char *pieces,
		      char *wanted, uint32_t id)
{
	char got[ANSWER];

	while (*pieces) {
		const char *piece = cut(&pieces, " ");
		const char *want = cut(&wanted, " ");

		answer(r, piece, id, got);
		if (strcmp(got, want) != 0) {
			print_error("%s: %s: %s, not %s\n", name, piece, got,
				    want);
			return false;
		}
	}
	return true;
}

static void as_recorded(void **state)
{
	static char line[ANSWER];
	FILE *f =
		fopen(NATBENCH_SOURCE_DIR "/core/test/data/fragments/cases.tsv",
		      "re");
	unsigned mtu = 0, n = 0, wrong = 0;
	struct router r;

	(void)state;
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		char *rest = line, *name, *pieces;
		unsigned its_mtu;

		if (*line == '#')
			continue;
		name = cut(&rest, "\t");
		its_mtu = (unsigned)strtoul(cut(&rest, "\t"), NULL, 10);
		pieces = cut(&rest, "\t");
		if (its_mtu != mtu) {
			if (mtu)
				router_close(&r);
			open_router(&r, mtu = its_mtu);
		}
		wrong += !row_holds(&r, name, pieces, cut(&rest, "\n"), ++n);
	}
	assert_int_equal(fclose(f), 0);
	assert_true(n > 500);
	router_close(&r);
	assert_int_equal(wrong, 0);
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
