/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the core does to the bytes of a packet, each thing alone, on packets
 * and keys that stay in the cache. */
#include <stdlib.h>

#include "flows.h"
#include "gbench.h"
#include "pure/hash.h"
#include "pure/rewrite.h"

enum { ROUND = 64 };

static uint8_t slots[ROUND][FLOWS_SLOT];
static struct packet packets[ROUND];
static struct nat_tuple tuples[ROUND];

static void fill(void)
{
	for (uint32_t i = 0; i < ROUND; i++) {
		flow_opening(slots[i], i, FLOWS_OPENING - 1);
		if (packet_parse(&packets[i], slots[i], FLOWS_SLOT) !=
		    PACKET_IPV4)
			abort();
		tuples[i] = flow_tuple(i, NAT_ORIGINAL);
	}
}

static void bench_parse(struct gbench *b)
{
	struct packet p;

	fill();
	while (gbench_run(b, ROUND))
		for (unsigned i = 0; i < ROUND; i++)
			gbench_use(packet_parse(&p, slots[i], FLOWS_SLOT));
}

static void bench_plain(struct gbench *b)
{
	fill();
	while (gbench_run(b, ROUND))
		for (unsigned i = 0; i < ROUND; i++)
			gbench_use(packet_is_plain(slots[i], FLOWS_SLOT));
}

static void bench_tuple(struct gbench *b)
{
	struct nat_tuple t;

	fill();
	while (gbench_run(b, ROUND))
		for (unsigned i = 0; i < ROUND; i++)
			gbench_use(packet_tuple(&packets[i], &t));
}

static void bench_check(struct gbench *b)
{
	fill();
	while (gbench_run(b, ROUND))
		for (unsigned i = 0; i < ROUND; i++)
			gbench_use(packet_check_l4(&packets[i], true));
}

static void bench_hash_packet(struct gbench *b)
{
	struct hash_key key = hash_key_new(1);

	fill();
	while (gbench_run(b, ROUND))
		for (unsigned i = 0; i < ROUND; i++)
			gbench_use(hash_ipv4(&key, slots[i] + IPV4_TTL));
}

static void bench_hash_tuple(struct gbench *b)
{
	struct hash_key key = hash_key_new(1);

	fill();
	while (gbench_run(b, ROUND))
		for (unsigned i = 0; i < ROUND; i++)
			gbench_use(hash_tuple(&key, &tuples[i]));
}

/* There and back again, so that the packets do not change for good. */
static void bench_rewrite_plain(struct gbench *b)
{
	fill();
	while (gbench_run(b, ROUND))
		for (unsigned i = 0; i < ROUND; i++)
			rewrite_plain(&packets[i],
				      ~csum_load(packets[i].ip + IPV4_SRC),
				      ~load32(packets[i].ip + IPV4_HEADER));
	gbench_use(slots[0][0]);
}

static void bench_rewrite_end(struct gbench *b)
{
	struct nat_tuple to = flow_tuple(ROUND, NAT_ORIGINAL);
	fill();
	while (gbench_run(b, ROUND))
		for (unsigned i = 0; i < ROUND; i++) {
			to.src_id++;
			gbench_use(rewrite_end(&packets[i], MANIP_SRC, &to));
		}
}

/* A segment of data after the other, from alternate sides. */
static void bench_tcp(struct gbench *b)
{
	enum {
		ASSURED = NAT_ST_CONFIRMED | NAT_ST_SEEN_REPLY | NAT_ST_ASSURED
	};
	const struct tcp_rules rules = {.loose = true};
	struct tcp_context c = {.rules = &rules, .left = 1000};
	struct tcp_track t = {0};
	struct tcp_segment g = {.win = 0xffff};
	uint32_t sent[NAT_N_DIRS] = {1, 1};

	fill();
	for (unsigned i = 0; i < FLOWS_OPENING; i++) {
		flow_opening(slots[0], 0, i);
		packet_tcp(&packets[0], &g);
		c.dir = i & 1 ? NAT_REPLY : NAT_ORIGINAL;
		(void)tcp_update(&t, &g, &c).verdict;
		c.status = i ? ASSURED : NAT_ST_CONFIRMED;
	}
	while (gbench_run(b, ROUND))
		for (unsigned i = 0; i < ROUND; i++) {
			c.dir = i & 1 ? NAT_REPLY : NAT_ORIGINAL;
			g.seq = sent[c.dir];
			g.end = sent[c.dir] += FLOWS_SLOT;
			g.ack = sent[!c.dir];
			gbench_use(tcp_update(&t, &g, &c).verdict);
		}
	if (tcp_state(&t) != TCPS_ESTABLISHED)
		gbench_skip(b, "the connection is not established");
}

GBENCH(pure)
{
	gbench_add("packet/parse", bench_parse);
	gbench_add("packet/is_plain", bench_plain);
	gbench_add("packet/tuple", bench_tuple);
	gbench_add("packet/check_l4", bench_check);
	gbench_add("hash/packet", bench_hash_packet);
	gbench_add("hash/tuple", bench_hash_tuple);
	gbench_add("tcp/update", bench_tcp);
	gbench_add("rewrite/plain", bench_rewrite_plain);
	gbench_add("rewrite/end", bench_rewrite_end);
}
