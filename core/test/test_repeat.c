/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A run is reproducible from its seed, whatever the machine does meanwhile:
 * when memory is given back, when it is made ready, changes no packet, no event
 * and no order. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "pure/random.h"
#include "shared/rcu.h"
#include "test/check.h"
#include "test/mix.h"
#include "test/router.h"
#include "util.h"

enum { CHUNK = 32, CHUNKS = 500 };

/* What else goes on between two runs. */
static const struct machine {
	const char *name;
	unsigned reclaim;  /* every so many runs, all there is; 0: never */
	unsigned maintain; /* every so many runs */
} machines[] = {
	{"at leisure", 1, 0},
	{"in a hurry", 0, 0},
	{"at leisure now and then", 7, 0},
	{"with memory ready", 0, 5},
	{"at leisure, with memory ready", 3, 4},
};

static const struct stream {
	const char *name, *rules;
	uint32_t max, timeout; /* nf_conntrack_max, _udp_timeout */
	unsigned sockets;
	uint64_t step_ns; /* between runs */
} streams[] = {
	{"few ports",
	 "-A POSTROUTING -o wan -p udp -j SNAT --to 198.51.100.1:5000-5499\n",
	 0, 2, 300, 200000000},
	{"a port at random", "-A POSTROUTING -o wan -j MASQUERADE --random\n",
	 0, 1, 500, 50000000},
	{"a full table", "-A POSTROUTING -o wan -j MASQUERADE\n", 200, 1, 2000,
	 50000000},
	{"a full table that grew", "-A POSTROUTING -o wan -j MASQUERADE\n",
	 4000, 30, 60000, 1000000},
};

/* Hashes of what came out, in order. */
struct record {
	uint64_t packets, events;
	struct nat_stats stats;
};

static void hear(void *ctx, const struct nat_conntrack_event *ev)
{
	struct record *rec = ctx;

	rec->events = mix(rec->events, &ev->bits, sizeof(ev->bits));
	rec->events = mix(rec->events, &ev->time_ns, sizeof(ev->time_ns));
	rec->events = mix(rec->events, ev->ct->tuple, sizeof(ev->ct->tuple));
}

static void *maintain(void *engine)
{
	(void)nat_engine_maintain(engine);
	return NULL;
}

static void go_on(struct router *r, const struct machine *m, unsigned turn)
{
	pthread_t other;

	if (m->maintain && turn % m->maintain == 0) {
		assert_int_equal(
			pthread_create(&other, NULL, maintain, r->engine), 0);
		assert_int_equal(pthread_join(other, NULL), 0);
	}
	if (m->reclaim && turn % m->reclaim == 0) {
		nat_worker_idle(r->worker);
		grace_wait_deferred();
	}
}

/* From one of the sockets to one of a few servers. */
static void next_frame(struct frame *f, struct random *rnd, unsigned sockets)
{
	unsigned socket = random_u32(rnd) % sockets;
	char text[96];

	(void)snprintf(
		text, sizeof(text), "udp 10.0.0.%u:%u > 192.0.2.%u:53 len 4",
		2 + socket % 50, 2000 + socket / 50, 1 + random_u32(rnd) % 4);
	*f = frame_of(text);
}

static void run_chunk(struct router *r, struct random *rnd, unsigned sockets,
		      struct record *rec)
{
	static struct frame frame[CHUNK];
	struct nat_packet pkt[CHUNK];

	for (unsigned i = 0; i < CHUNK; i++) {
		next_frame(&frame[i], rnd, sockets);
		pkt[i] = (struct nat_packet){
			.data = frame[i].bytes,
			.len = frame[i].len,
			.in_if = (uint16_t)nat_topology_if_index(r->topology,
								 "lan"),
		};
	}
	(void)nat_worker_run(r->worker, r->now_ns, pkt, CHUNK);
	for (unsigned i = 0; i < CHUNK; i++) {
		rec->packets = mix(rec->packets, &pkt[i].verdict, 1);
		rec->packets = mix(rec->packets, pkt[i].data, pkt[i].len);
	}
}

static void play(const struct stream *s, const struct machine *m,
		 struct record *rec)
{
	struct router_config c = router_defaults(s->rules);
	struct random rnd = random_new(7);
	struct router r;

	memset(rec, 0, sizeof(*rec));
	c.sysctl.max = s->max;
	c.sysctl.udp_timeout = s->timeout;
	c.seed = 11;
	router_open(&r, &c);
	nat_worker_events(r.worker, hear, rec);
	for (unsigned i = 1; i <= CHUNKS; i++) {
		run_chunk(&r, &rnd, s->sockets, rec);
		go_on(&r, m, i);
		r.now_ns += s->step_ns;
	}
	nat_engine_stats(r.engine, &rec->stats);
	router_close(&r);
}

static void machines_agree(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(streams); i++) {
		const struct stream *s = &streams[i];
		struct record first = {0}, rec = {0};

		for (size_t k = 0; k < ARRAY_LEN(machines); k++) {
			play(s, &machines[k], k ? &rec : &first);
			if (k && memcmp(&rec, &first, sizeof(rec)) != 0)
				fail_msg("%s, %s: packets %d, events %d",
					 s->name, machines[k].name,
					 rec.packets == first.packets,
					 rec.events == first.events);
		}
		if ((s->max ? first.stats.early_drop : first.stats.expired) <
		    CHUNKS)
			fail_msg("%s: nothing to tell apart", s->name);
	}
}

/* ---------------------------------------------------------------- the draws */

/* The port that a connection is given after @others have come. */
static unsigned port_after(unsigned others)
{
	struct router_config c = router_defaults(
		"-A POSTROUTING -o wan -j MASQUERADE --random\n");
	char text[64], out[ROUTER_TEXT];
	unsigned port = 0;
	struct router r;

	router_open(&r, &c);
	for (unsigned i = 0; i < others; i++) {
		(void)snprintf(text, sizeof(text),
			       "udp 10.0.0.9:%u > 192.0.2.1:53", 2000 + i);
		router_send_text(&r, "lan", text);
	}
	router_send_text(&r, "lan", "udp 10.0.0.2:4000 > 192.0.2.1:53");
	router_result(&r, out);
	assert_int_equal(sscanf(out, "wan udp 198.51.100.1:%u", &port), 1);
	router_close(&r);
	return port;
}

/* Two are unlikely to want one port of 64512. */
static void draws_are_a_connections_own(void **state)
{
	unsigned port = port_after(0);

	(void)state;
	assert_int_equal(port_after(1), port);
	assert_int_equal(port_after(10), port);
}

/* What has expired and waits to be swept does not lend its port. */
static void dead_lend_no_port(void **state)
{
	struct router_config c =
		router_defaults("-A POSTROUTING -o wan -p udp -j SNAT "
				"--to 198.51.100.1:5000-5999\n");
	struct router r;
	unsigned same = 0;

	(void)state;
	c.sysctl.udp_timeout = 1;
	router_open(&r, &c);
	for (unsigned i = 0; i < 20; i++) {
		char text[64], out[ROUTER_TEXT];
		unsigned port[2] = {0};

		for (unsigned k = 0; k < 2; k++) {
			(void)snprintf(text, sizeof(text),
				       "udp 10.0.0.2:%u > 192.0.2.%u:53",
				       20000 + i, 1 + k);
			router_send_text(&r, "lan", text);
			router_result(&r, out);
			assert_int_equal(sscanf(out, "wan udp 198.51.100.1:%u",
						&port[k]),
					 1);
			r.now_ns += UINT64_C(1001000000);
		}
		same += port[0] == port[1];
	}
	assert_true(same < 3);
	router_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(machines_agree),
		cmocka_unit_test(draws_are_a_connections_own),
		cmocka_unit_test(dead_lend_no_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
