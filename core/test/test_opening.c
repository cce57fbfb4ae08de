/* SPDX-License-Identifier: BSD-2-Clause
 *
 * First packets go the short way or the long one, and nobody can tell which:
 * the same traffic, mostly of packets that begin connections or seem to, goes
 * through a router that is watched, where all take the long way, and through
 * one that is not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decide/rules.h"
#include "pure/random.h"
#include "test/check.h"
#include "test/mix.h"
#include "test/outcome.h"
#include "test/router.h"
#include "util.h"

enum { BATCH_MOST = 48, PACKETS = 125 * BATCH_MOST, COUNTS_MOST = 32 };

#define SNAT "-A POSTROUTING -o wan -j SNAT --to-source 198.51.100.1\n"

static const struct row {
	const char *name, *rules;
	const char *links; /* settings before the topology */
	uint64_t pause_s;  /* between batches: none, or all expires in it */
	uint32_t max;      /* nf_conntrack_max; 0: the default */
	bool unverified, acct;
	bool never; /* is the short way taken */
} rows[] = {
	{"one source", .rules = SNAT},
	{"masquerade", .rules = "-A POSTROUTING -o wan -j MASQUERADE\n"},
	{"two exits", .rules = SNAT "-A POSTROUTING -o wan2 -j MASQUERADE\n"},
	{"tcp alone",
	 .rules = "-A POSTROUTING -p tcp -j SNAT --to-source 192.0.2.77\n"},
	{"accepted", .rules = "-A PREROUTING -s 10.1.0.2 -j ACCEPT\n"
			      "-A POSTROUTING -d 192.0.2.1 -j ACCEPT\n" SNAT},
	{"led inside", .rules = "-A PREROUTING -i wan -d 198.51.100.1 -j DNAT "
				"--to-destination 10.0.0.9\n" SNAT},
	{"hairpin", .rules = "-A PREROUTING -d 198.51.100.1 -j DNAT "
			     "--to-destination 10.1.0.3\n"
			     "-A POSTROUTING -d 10.1.0.3 -j SNAT --to-source "
			     "10.0.0.1\n" SNAT},
	{"its own address", .rules = "-A POSTROUTING -s 10.1.0.3 -j SNAT "
				     "--to-source 10.1.0.3\n" SNAT},
	{"no chain where it leaves",
	 .rules = "*nat\n:PREROUTING ACCEPT [0:0]\n"
		  "-A PREROUTING -p udp -d 192.0.2.2 -j DNAT "
		  "--to-destination 192.0.2.3\nCOMMIT\n"},
	{"no chain where it comes",
	 .rules = "*nat\n:POSTROUTING ACCEPT [0:0]\n" SNAT "COMMIT\n"},
	{"ports of a range",
	 .rules = "-A POSTROUTING -o wan -p tcp -j SNAT "
		  "--to-source 198.51.100.1:4000-4003\n" SNAT},
	{"random ports",
	 .rules = "-A POSTROUTING -p tcp -j MASQUERADE --random\n"
		  "-A POSTROUTING -p udp -j SNAT --to-source 192.0.2.77 "
		  "--random\n",
	 .never = true},
	{"a pool",
	 .rules = "-A POSTROUTING -j SNAT --to-source 192.0.2.70-192.0.2.79\n",
	 .never = true},
	{"rules that look closer",
	 .rules = "-A POSTROUTING -m statistic --mode nth --every 3 --packet 0 "
		  "-j SNAT --to-source 192.0.2.78\n" SNAT,
	 .never = true},
	{"a chain of its own",
	 .rules =
		 "*nat\n:POSTROUTING ACCEPT [0:0]\n:out - [0:0]\n"
		 "-A POSTROUTING -j out\n-A out -o wan -j MASQUERADE\nCOMMIT\n",
	 .never = true},
	{"few connections", .rules = SNAT, .max = 12},
	{"as many as there are", .rules = SNAT, .max = 250},
	{"narrow links", .rules = SNAT, .links = "link set dev wan mtu 68\n"},
	{"with time to expire", .rules = SNAT, .pause_s = 4000},
	{"sums unseen", .rules = SNAT, .unverified = true},
	{"routed by mark", .rules = SNAT,
	 .links = "rule add fwmark 1 lookup 7\n", .never = true},
	{"counted", .rules = SNAT, .acct = true, .never = true},
	{"filtered",
	 .rules = "*nat\n:POSTROUTING ACCEPT [0:0]\n" SNAT "COMMIT\n"
		  "*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -s 10.1.0.2 -j "
		  "DROP\n"
		  "COMMIT\n",
	 .never = true},
	{"mangled",
	 .rules = "*nat\n:POSTROUTING ACCEPT [0:0]\n" SNAT "COMMIT\n"
		  "*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -j MARK "
		  "--set-mark 1\nCOMMIT\n",
	 .never = true},
};

/* -------------------------------------------------------------- the traffic */

#define ANY(rnd, of) ((of)[random_u32(rnd) % ARRAY_LEN(of)])

/* Sockets are few, so that they meet again. */
static void from_inside(struct random *rnd, char *out, size_t size)
{
	static const char *const client[] = {
		"10.1.0.2",   "10.1.0.2",     "10.1.0.3",  "10.1.0.4",
		"172.16.0.5", "198.51.100.1", "127.0.0.1", "0.0.0.0"};
	static const char *const server[] = {
		"192.0.2.1",      "192.0.2.1",    "192.0.2.2",
		"192.0.2.3",      "198.51.100.9", "198.51.100.1",
		"10.255.255.255", "224.0.0.9",    "10.1.0.3",
	};

	(void)snprintf(out, size, "%s:%u > %s:%u", ANY(rnd, client),
		       4000 + random_u32(rnd) % 200, ANY(rnd, server),
		       440 + random_u32(rnd) % 6);
}

/* Answers to what was not translated but for its address, and first packets. */
static void from_outside(struct random *rnd, char *out, size_t size)
{
	static const char *const client[] = {"198.51.100.1", "198.51.100.1",
					     "192.0.2.77", "203.0.113.1",
					     "10.1.0.3"};

	(void)snprintf(out, size, "192.0.2.%u:%u > %s:%u",
		       1 + random_u32(rnd) % 3, 440 + random_u32(rnd) % 6,
		       ANY(rnd, client), 4000 + random_u32(rnd) % 200);
}

static void words(struct random *rnd, bool tcp, char *out, size_t size)
{
	static const char *const flags[] = {"S",  "S",  "S",  "S",  "SPU",
					    "SA", "SA", "A",  "SF", "SR",
					    "R",  "FA", "SEC"};
	static const char *const oddity[] = {
		"badsum",  "ttl 1",  "ttl 2",         "nosum",     "df",
		"tos 184", "nops 4", "cut 30",        "mf",        "evil",
		"ulen 6",  "len 30", "opts 020405b4", "df len 40", "doff 4",
		"doff 7",
	};
	const char *odd = random_u32(rnd) % 4 ? "" : ANY(rnd, oddity);

	if (!tcp && (!strncmp(odd, "opts", 4) || !strncmp(odd, "doff", 4)))
		odd = "";
	if (tcp && !strncmp(odd, "ulen", 4))
		odd = "";
	(void)snprintf(out, size, "%s seq %u ack %u len %u %s",
		       tcp ? ANY(rnd, flags) : "", random_u32(rnd) % 3,
		       random_u32(rnd) % 3, random_u32(rnd) % 12, odd);
}

struct bytes {
	struct frame frame;
	const char *in_if;
};

static void next_packet(struct random *rnd, struct bytes *b)
{
	static const char *const inside[] = {"lan", "lan", "lan", "lan", "dmz"};
	bool tcp = random_u32(rnd) % 2, out = random_u32(rnd) % 3;
	char text[FRAME_TEXT], ends[96], what[96];

	(out ? from_inside : from_outside)(rnd, ends, sizeof(ends));
	words(rnd, tcp, what, sizeof(what));
	(void)snprintf(text, sizeof(text), "%s %s %s", tcp ? "tcp" : "udp",
		       ends, what);
	b->frame = frame_of(text);
	b->in_if = out ? ANY(rnd, inside) : "wan";
}

/* ---------------------------------------------------------------- the router
 */

struct record {
	struct outcome out[PACKETS];
	uint64_t opened, heard, own, connections; /* hashes, these two */
	struct nat_stats stats;
	struct nat_memory memory;
	struct rule_count {
		uint64_t packets, bytes;
	} count[COUNTS_MOST];
};

static void hear(void *ctx, const struct nat_event *ev)
{
	(void)ev;
	(*(uint64_t *)ctx)++;
}

static uint64_t no_time(void)
{
	return 0;
}

/* Connections have no order: a sum over all. */
static void add(void *ctx, const struct nat_conntrack *ct)
{
	uint64_t hash = mix(1, ct->tuple, sizeof(ct->tuple));

	hash = mix(hash, &ct->status, sizeof(ct->status));
	hash = mix(hash, &ct->tcp_state, sizeof(ct->tcp_state));
	*(uint64_t *)ctx += mix(hash, &ct->timeout_s, sizeof(ct->timeout_s));
}

static void run(struct router *r, struct nat_packet *pkt, unsigned n,
		struct record *rec)
{
	struct nat_stages stages = {0};
	const struct nat_packet *own;
	size_t n_own;

	(void)nat_worker_run_timed(r->worker, r->now_ns, pkt, n, no_time,
				   &stages);
	rec->opened += stages.stage[NAT_STAGE_OPENING].packets;
	own = nat_worker_originated(r->worker, &n_own);
	for (size_t i = 0; i < n_own; i++) {
		struct outcome o = outcome_of(&own[i]);

		rec->own = mix(rec->own, &o, sizeof(o));
	}
}

static void send_batch(struct router *r, struct random *rnd, unsigned n,
		       struct record *rec, struct outcome *out)
{
	static struct bytes bytes[BATCH_MOST];
	struct nat_packet pkt[BATCH_MOST];

	for (unsigned i = 0; i < n; i++) {
		next_packet(rnd, &bytes[i]);
		pkt[i] = (struct nat_packet){
			.data = bytes[i].frame.bytes,
			.len = bytes[i].frame.len,
			.time_ns = r->now_ns + UINT64_C(1000) * i,
			.mark = i % 3,
			.in_if = (uint16_t)nat_topology_if_index(
				r->topology, bytes[i].in_if),
		};
	}
	run(r, pkt, n, rec);
	for (unsigned i = 0; i < n; i++)
		out[i] = outcome_of(&pkt[i]);
}

static void record_end(struct router *r, struct record *rec)
{
	struct nat_rules *t = r->rules;
	struct rule_count *c = rec->count;

	nat_engine_each(r->engine, r->now_ns, add, &rec->connections);
	nat_engine_stats(r->engine, &rec->stats);
	nat_engine_memory(r->engine, &rec->memory);
	assert_int_equal(nat_engine_rule_counters(r->engine, t), 0);
	assert_true(t->n_rules + t->n_chains <= COUNTS_MOST);
	for (uint32_t i = 0; i < t->n_rules; i++)
		*c++ = (struct rule_count){t->rule[i].packets,
					   t->rule[i].bytes};
	for (uint32_t i = 0; i < t->n_chains; i++)
		*c++ = (struct rule_count){t->chain[i].packets,
					   t->chain[i].bytes};
}

/* All of them through a router of the row's. */
static void play(const struct row *row, unsigned batch, bool watched,
		 struct record *rec)
{
	struct router_config c = router_defaults(row->rules);
	struct random rnd = random_new(11);
	char topology[1024];
	struct router r;

	memset(rec, 0, sizeof(*rec));
	(void)snprintf(topology, sizeof(topology), "%s%s",
		       row->links ? row->links : "", router_topology);
	c.topology = topology;
	c.sysctl.acct = row->acct;
	c.sysctl.checksum = !row->unverified;
	if (row->max)
		c.sysctl.max = row->max;
	router_open(&r, &c);
	if (watched)
		nat_worker_trace(r.worker, hear, &rec->heard);
	for (unsigned i = 0; i < PACKETS; i += batch) {
		send_batch(&r, &rnd, batch, rec, rec->out + i);
		r.now_ns +=
			row->pause_s * UINT64_C(1000000000) + UINT64_C(1000000);
	}
	record_end(&r, rec);
	router_close(&r);
}

/* ------------------------------------------------------------- nobody can tell
 */

static void compare_packets(const struct row *row, const struct record *quick,
			    const struct record *slow)
{
	for (unsigned i = 0; i < PACKETS; i++) {
		const struct nat_packet *a = &quick->out[i].fields;
		const struct nat_packet *b = &slow->out[i].fields;

		if (memcmp(&quick->out[i], &slow->out[i], sizeof(*slow->out)) !=
		    0)
			fail_msg("%s, packet %u: verdict %u %u, not %u %u; "
				 "manip %x, not %x; len %u, not %u; bytes %d",
				 row->name, i, a->verdict, a->reason,
				 b->verdict, b->reason, a->manip, b->manip,
				 a->len, b->len,
				 quick->out[i].bytes == slow->out[i].bytes);
	}
}

static void compare(const struct row *row, const struct record *quick,
		    const struct record *slow)
{
	bool counts = !memcmp(quick->count, slow->count, sizeof(slow->count));
	bool stats = !memcmp(&quick->stats, &slow->stats, sizeof(slow->stats));
	bool own = quick->own == slow->own;
	bool connections = quick->connections == slow->connections;

	compare_packets(row, quick, slow);
	if (!counts || !stats || !own || !connections)
		fail_msg("%s: rules %d, counters %d, router's own %d, "
			 "connections %d",
			 row->name, counts, stats, own, connections);
	assert_int_equal(quick->memory.entries, slow->memory.entries);
	assert_int_equal(quick->memory.peak, slow->memory.peak);
}

static void check_used(const struct row *row, const struct record *quick,
		       const struct record *slow)
{
	assert_int_equal(slow->opened, 0);
	assert_true(slow->heard > PACKETS);
	if (row->never ? quick->opened : quick->opened < PACKETS / 50)
		fail_msg("%s: %lu of %d opened", row->name, quick->opened,
			 PACKETS);
}

static void ways_agree(unsigned batch)
{
	struct record *quick = malloc(sizeof(*quick));
	struct record *slow = malloc(sizeof(*slow));

	assert_non_null(quick);
	assert_non_null(slow);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		play(&rows[i], batch, false, quick);
		play(&rows[i], batch, true, slow);
		compare(&rows[i], quick, slow);
		check_used(&rows[i], quick, slow);
	}
	free(quick);
	free(slow);
}

static void one_by_one(void **state)
{
	(void)state;
	ways_agree(1);
}

static void in_batches(void **state)
{
	(void)state;
	ways_agree(BATCH_MOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_by_one),
		cmocka_unit_test(in_batches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
