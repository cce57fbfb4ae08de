/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Workers: what a batch is cut into makes no difference, nor does who watches;
 * no bytes do harm; they come and go, and their counters stay. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pure/packet.h"
#include "test/check.h"
#include "test/mix.h"
#include "test/router.h"
#include "test/traffic.h"
#include "util.h"

/* ------------------------------------------------------- nothing but the bytes
 */

enum { CHUNK = 64, CHUNKS = 600, PACKETS = CHUNK * CHUNKS };

/* A way to run the same traffic. */
static const struct way {
	const char *name;
	unsigned batch;
	bool traced;
} ways[] = {
	{"one by one", 1, false}, {"one by one, once more", 1, false},
	{"in sevens", 7, false},  {"all at once", CHUNK, false},
	{"watched", 1, true},     {"all at once, watched", CHUNK, true},
};

static const struct stream {
	const char *name, *rules;
	const char *links; /* settings before the topology */
	uint64_t step_ns;  /* between chunks */
	bool cut; /* batches of any size; else of one, for with time expiry's
		   * place between them shows in which ports are free */
} streams[] = {
	{"nat alone", traffic_rules, "", 2000000, true},
	{"narrow links", traffic_rules,
	 "link set dev wan mtu 70\nlink set dev lan mtu 80\n", 2000000, true},
	{"nat and filter",
	 "*nat\n:POSTROUTING ACCEPT [0:0]\n"
	 "-A POSTROUTING -o wan -j MASQUERADE\nCOMMIT\n"
	 "*filter\n:FORWARD ACCEPT [0:0]\n"
	 "-A FORWARD -m conntrack --ctstate INVALID -j DROP\n"
	 "-A FORWARD -p tcp -m statistic --mode nth --every 9 --packet 0 "
	 "-j REJECT\nCOMMIT\n",
	 "", 2000000, true},
	{"no rules", NULL, "", 2000000, true},
	{"with time to expire", traffic_rules, "", 700000000, false},
};

struct record {
	uint64_t bytes, out_of_router; /* hashes, in order */
	uint64_t connections;          /* a sum, for they have none */
	uint64_t n_connections;
	struct nat_stats stats;
};

static uint64_t mix_packet(uint64_t hash, const struct nat_packet *p)
{
	const uint8_t fields[] = {p->verdict, p->reason, p->state, p->dir};

	hash = mix(hash, fields, sizeof(fields));
	hash = mix(hash, &p->out_if, sizeof(p->out_if));
	hash = mix(hash, &p->manip, sizeof(p->manip));
	hash = mix(hash, &p->len, sizeof(p->len));
	return mix(hash, p->data, p->len);
}

static void add_connection(void *ctx, const struct nat_conntrack *ct)
{
	struct record *rec = ctx;
	uint64_t hash = mix(1, ct->tuple, sizeof(ct->tuple));

	hash = mix(hash, &ct->status, sizeof(ct->status));
	hash = mix(hash, &ct->tcp_state, sizeof(ct->tcp_state));
	hash = mix(hash, &ct->timeout_s, sizeof(ct->timeout_s));
	hash = mix(hash, ct->packets, sizeof(ct->packets));
	rec->connections += mix(hash, ct->bytes, sizeof(ct->bytes));
	rec->n_connections++;
}

static void count_events(void *ctx, const struct nat_event *ev)
{
	assert_in_range(ev->step, 0, NAT_N_STEPS - 1);
	assert_non_null(nat_step_name(ev->step));
	(*(uint64_t *)ctx)++;
}

/* Ethernet fills short frames up; that is none of the datagram. */
static void trail(struct frame *f, uint32_t n)
{
	n = min_u32(n, (uint32_t)sizeof(f->bytes) - f->len);
	memset(f->bytes + f->len, 0xee, n);
	f->len += n;
}

static void prepare(const struct router *r, struct traffic *t, struct sent *s,
		    struct nat_packet *pkt)
{
	for (unsigned i = 0; i < CHUNK; i++) {
		traffic_next(t, &s[i]);
		trail(&s[i].frame, i % 4 ? 0 : i % 7);
		pkt[i] = (struct nat_packet){
			.data = s[i].frame.bytes,
			.len = s[i].frame.len,
			.time_ns = r->now_ns + UINT64_C(1000) * i,
			.in_if = (uint16_t)nat_topology_if_index(r->topology,
								 s[i].in_if),
		};
	}
}

static void run_chunk(struct router *r, struct nat_packet *pkt, unsigned batch,
		      struct record *rec)
{
	for (unsigned at = 0; at < CHUNK; at += batch) {
		unsigned n = min_u32(batch, CHUNK - at);
		int sent = nat_worker_run(r->worker, r->now_ns, pkt + at, n);
		const struct nat_packet *own;
		size_t n_own;

		own = nat_worker_originated(r->worker, &n_own);
		assert_int_equal(sent, n_own);
		for (size_t i = 0; i < n_own; i++) {
			assert_true(own[i].cause < n);
			rec->out_of_router =
				mix_packet(rec->out_of_router, &own[i]);
		}
	}
}

static void play(const struct stream *s, const struct way *way,
		 struct record *rec)
{
	struct router_config c = router_defaults(s->rules);
	char topology[1024];
	struct traffic *t = malloc(sizeof(*t));
	struct sent *sent = calloc(CHUNK, sizeof(*sent));
	struct nat_packet pkt[CHUNK];
	uint64_t events = 0;
	struct router r;

	assert_non_null(t);
	assert_non_null(sent);
	memset(rec, 0, sizeof(*rec));
	(void)snprintf(topology, sizeof(topology), "%s%s", s->links,
		       router_topology);
	c.topology = topology;
	c.sysctl.acct = 1;
	router_open(&r, &c);
	if (way->traced)
		nat_worker_trace(r.worker, count_events, &events);
	traffic_init(t, 7, 0);
	for (unsigned i = 0; i < CHUNKS; i++) {
		prepare(&r, t, sent, pkt);
		run_chunk(&r, pkt, way->batch, rec);
		for (unsigned k = 0; k < CHUNK; k++) {
			rec->bytes = mix_packet(rec->bytes, &pkt[k]);
			traffic_left(t, &sent[k], &pkt[k]);
		}
		r.now_ns += s->step_ns;
	}
	nat_engine_each(r.engine, r.now_ns, add_connection, rec);
	nat_engine_stats(r.engine, &rec->stats);
	assert_int_equal(events > PACKETS, way->traced);
	router_close(&r);
	free(sent);
	free(t);
}

/* All that the traffic is for has happened. */
static void check_variety(const struct stream *s, const struct record *rec)
{
	const struct nat_stats *n = &rec->stats;

	assert_int_equal(n->packets, PACKETS);
	assert_true(n->verdict[NAT_FORWARD] > PACKETS / 2);
	assert_true(n->verdict[NAT_LOCAL] > 0);
	assert_true(n->drop[NAT_DROP_TTL] > 100);
	assert_true(n->originated > 100);
	if (!s->rules)
		return;
	assert_true(n->state[NAT_STATE_ESTABLISHED] > PACKETS / 4);
	assert_true(n->state[NAT_STATE_RELATED] > 100);
	assert_true(n->invalid > 100);
	assert_true(rec->n_connections > 10);
	assert_int_equal(s->cut, n->expired == 0);
}

static void ways_agree(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(streams); i++) {
		const struct stream *s = &streams[i];
		struct record first = {0}, rec = {0};

		for (size_t k = 0; k < ARRAY_LEN(ways); k++) {
			if (!s->cut && ways[k].batch != 1)
				continue;
			play(s, &ways[k], k ? &rec : &first);
			if (!k)
				check_variety(s, &first);
			else if (memcmp(&rec, &first, sizeof(rec)) != 0)
				fail_msg("%s, %s: bytes %d, router's own %d, "
					 "connections %d",
					 s->name, ways[k].name,
					 rec.bytes == first.bytes,
					 rec.out_of_router ==
						 first.out_of_router,
					 rec.connections == first.connections);
		}
	}
}

/* ----------------------------------------------------------------- any bytes
 */

enum { SLOT = 104, RANDOM_PACKETS = 1000000 };

/* Half of them are given a header that passes. */
static void random_packet(struct random *r, uint8_t *bytes, uint32_t len)
{
	static const uint8_t proto[] = {1, 6, 17, 136, 47, 2};
	uint32_t header;
	uint16_t sum;

	for (uint32_t i = 0; i < SLOT; i += 8) {
		uint64_t v = random_u64(r);

		memcpy(bytes + i, &v, sizeof(v));
	}
	if (random_u32(r) % 2 || len < IPV4_HEADER)
		return;
	header = random_u32(r) % 4 ? 20 : 24;
	bytes[0] = (uint8_t)(0x40 | header / 4);
	bytes[IPV4_LEN] = 0;
	bytes[IPV4_LEN + 1] = (uint8_t)len;
	if (random_u32(r) % 4)
		bytes[IPV4_FRAG] = bytes[IPV4_FRAG + 1] = 0;
	bytes[IPV4_PROTO] = proto[random_u32(r) % sizeof(proto)];
	if (random_u32(r) % 2) /* few hosts, so that some meet */
		memcpy(bytes + IPV4_SRC, (uint8_t[]){10, 0, 0, 5, 192, 0, 2, 5},
		       8);
	memset(bytes + IPV4_CHECK, 0, 2);
	sum = (uint16_t)~frame_sum(0, bytes, header);
	bytes[IPV4_CHECK] = (uint8_t)(sum >> 8);
	bytes[IPV4_CHECK + 1] = (uint8_t)sum;
}

/* Packets of @n random lengths, each ending where its block of memory does. */
static void random_run(struct router *r, struct random *rnd, unsigned n)
{
	struct nat_packet pkt[CHUNK];
	uint8_t bytes[SLOT];

	for (unsigned i = 0; i < n; i++) {
		uint32_t len = random_u32(rnd) % 101;

		random_packet(rnd, bytes, len);
		pkt[i] = (struct nat_packet){
			.data = malloc(len ? len : 1),
			.len = len,
			.in_if = (uint16_t)(random_u32(rnd) % 4),
		};
		assert_non_null(pkt[i].data);
		memcpy(pkt[i].data, bytes, len);
	}
	(void)nat_worker_run(r->worker, r->now_ns, pkt, n);
	for (unsigned i = 0; i < n; i++) {
		assert_in_range(pkt[i].verdict, 0, NAT_N_VERDICTS - 1);
		assert_int_equal(pkt[i].out_if != NAT_NO_IF,
				 pkt[i].verdict == NAT_FORWARD);
		assert_int_equal(pkt[i].reason != NAT_DROP_NONE,
				 pkt[i].verdict == NAT_DROP);
		free(pkt[i].data);
	}
}

static void check_sums(const struct nat_stats *s, uint64_t packets)
{
	uint64_t verdicts = 0, drops = 0, states = 0;

	for (int i = 0; i < NAT_N_VERDICTS; i++)
		verdicts += s->verdict[i];
	for (int i = 0; i < NAT_N_DROPS; i++)
		drops += s->drop[i];
	for (int i = 0; i < NAT_N_STATES; i++)
		states += s->state[i];
	assert_int_equal(s->packets, packets);
	assert_int_equal(verdicts, packets);
	assert_int_equal(states, packets);
	assert_int_equal(drops, s->verdict[NAT_DROP]);
}

static void random_bytes(void **state)
{
	struct router_config c = router_defaults(traffic_rules);
	struct random rnd = random_new(1);
	struct nat_stats s;
	struct router r;
	uint64_t n = 0;

	(void)state;
	router_open(&r, &c);
	while (n < RANDOM_PACKETS) {
		unsigned now = 1 + random_u32(&rnd) % CHUNK;

		random_run(&r, &rnd, now);
		r.now_ns += 100000;
		n += now;
	}
	nat_engine_stats(r.engine, &s);
	check_sums(&s, n);
	assert_true(s.verdict[NAT_FORWARD] > n / 8);
	assert_int_equal(s.created - s.deleted, router_entries(&r));
	router_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ways_agree),
		cmocka_unit_test(random_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
