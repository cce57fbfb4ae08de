/* SPDX-License-Identifier: BSD-2-Clause
 *
 * nat_worker_run_timed() by a clock that counts how often it is read: what
 * every packet goes through, and that each either settles or walks. */
#include "test/check.h"
#include "test/router.h"
#include "util.h"

enum { PACKETS = 50, RUNS = 2, ALL = RUNS * PACKETS };

static uint64_t reads;

static uint64_t count(void)
{
	return reads++;
}

/* The same client's packets, @PACKETS at once. */
static void run(struct router *r, struct nat_stages *s)
{
	static struct frame f[PACKETS];
	struct nat_packet p[PACKETS] = {0};

	for (unsigned i = 0; i < PACKETS; i++) {
		f[i] = frame_of("udp 10.0.0.2:4000 > 192.0.2.1:53 len 20");
		p[i].data = f[i].bytes;
		p[i].len = f[i].len;
		p[i].in_if =
			(uint16_t)nat_topology_if_index(r->topology, "lan");
	}
	(void)nat_worker_run_timed(r->worker, r->now_ns, p, PACKETS, count, s);
	for (unsigned i = 0; i < PACKETS; i++)
		assert_int_equal(p[i].verdict, NAT_FORWARD);
}

static void every_packet_once(void **state)
{
	static const struct {
		enum nat_stage stage;
		bool once; /* a run, not a group */
	} all[] = {
		{NAT_STAGE_BEGIN, true},
		{NAT_STAGE_KEY, false},
		{NAT_STAGE_GUESS, false},
		{NAT_STAGE_END, true},
	};
	struct router_config cfg =
		router_defaults("-A POSTROUTING -o wan -j MASQUERADE\n");
	struct nat_stages s = {0};
	struct router r;
	uint64_t laps = 0, first_reads;

	(void)state;
	router_open(&r, &cfg);
	first_reads = reads;
	run(&r, &s); /* the first opens */
	router_expect(&r, "wan", "udp 192.0.2.1:53 > 198.51.100.1:4000",
		      "lan *");
	run(&r, &s);
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		const struct nat_stage_cost *c = &s.stage[all[i].stage];

		if (c->packets != ALL || (c->laps == RUNS) != all[i].once)
			fail_msg("%s: %lu packets in %lu laps",
				 nat_stage_name(all[i].stage), c->packets,
				 c->laps);
	}
	assert_int_equal(s.stage[NAT_STAGE_SETTLED].packets +
				 s.stage[NAT_STAGE_OPENING].packets +
				 s.stage[NAT_STAGE_WALK].packets,
			 ALL);
	assert_int_equal(s.stage[NAT_STAGE_OPENING].packets, 1);
	assert_in_range(s.stage[NAT_STAGE_SETTLED].packets, PACKETS - 1,
			ALL - 1);
	for (unsigned i = 0; i < NAT_N_STAGES; i++) {
		assert_int_equal(s.stage[i].ticks, s.stage[i].laps);
		laps += s.stage[i].laps;
	}
	assert_int_equal(reads - first_reads, laps + RUNS);
	router_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_packet_once)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
