/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The plan: captures as text, with the conversation of each packet, its role,
 * and where a batch must begin. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/plan.h"
#include "test/check.h"
#include "test/replay_util.h"

#define N_ROWS(a) (sizeof(a) / sizeof((a)[0]))
#define MS        UINT64_C(1000000)

enum { ROWS_MOST = 8, BATCH = 4 };

/* clang-format off */
static const struct plan_case {
	const char *name;
	struct plan_row {
		unsigned ms;
		uint32_t conv;
		/* o original, r answer; | in front: begins a batch */
		const char *role;
		const char *packet;
	} row[ROWS_MOST];
} cases[] = {
	{ "both directions of a 5-tuple; the answer waits for the first", {
	  { 0, 0, "|o", "tcp 10.0.0.1:1000 > 192.0.2.1:80 S" },
	  { 1, 0, "|r", "tcp 192.0.2.1:80 > 10.0.0.1:1000 SA" },
	  { 2, 0, "o", "tcp 10.0.0.1:1000 > 192.0.2.1:80 A" },
	  { 3, 0, "r", "tcp 192.0.2.1:80 > 10.0.0.1:1000 A len 5" } } },
	{ "whoever speaks first is the client", {
	  { 0, 0, "|o", "tcp 192.0.2.1:80 > 10.0.0.1:1000 A" },
	  { 1, 0, "|r", "tcp 10.0.0.1:1000 > 192.0.2.1:80 A" } } },
	{ "another port, another protocol: others", {
	  { 0, 0, "|o", "udp 10.0.0.1:1000 > 192.0.2.1:80" },
	  { 1, 1, "o", "udp 10.0.0.1:1001 > 192.0.2.1:80" },
	  { 2, 2, "o", "tcp 10.0.0.1:1000 > 192.0.2.1:80 S" },
	  { 3, 1, "|r", "udp 192.0.2.1:80 > 10.0.0.1:1001" } } },
	{ "answers to others do not cut; a full batch does", {
	  { 0, 0, "|o", "udp 10.0.0.1:1 > 192.0.2.1:80" },
	  { 1, 1, "o", "udp 10.0.0.1:2 > 192.0.2.1:80" },
	  { 2, 0, "|r", "udp 192.0.2.1:80 > 10.0.0.1:1" },
	  { 3, 1, "r", "udp 192.0.2.1:80 > 10.0.0.1:2" },
	  { 4, 0, "o", "udp 10.0.0.1:1 > 192.0.2.1:80" },
	  { 5, 0, "r", "udp 192.0.2.1:80 > 10.0.0.1:1" },
	  { 6, 0, "|o", "udp 10.0.0.1:1 > 192.0.2.1:80" } } },
	{ "a second of the client's silence", {
	  { 0, 0, "|o", "udp 10.0.0.1:1 > 192.0.2.1:80" },
	  { 1, 0, "|r", "udp 192.0.2.1:80 > 10.0.0.1:1" },
	  { 999, 0, "o", "udp 10.0.0.1:1 > 192.0.2.1:80" },
	  { 1000, 0, "r", "udp 192.0.2.1:80 > 10.0.0.1:1" },
	  { 1999, 0, "o", "udp 10.0.0.1:1 > 192.0.2.1:80" },
	  { 2000, 0, "|r", "udp 192.0.2.1:80 > 10.0.0.1:1" } } },
	{ "after a reset, and at a SYN", {
	  { 0, 0, "|o", "tcp 10.0.0.1:1 > 192.0.2.1:80 A" },
	  { 1, 0, "|r", "tcp 192.0.2.1:80 > 10.0.0.1:1 R" },
	  { 2, 0, "o", "tcp 10.0.0.1:1 > 192.0.2.1:80 A" },
	  { 3, 0, "|r", "tcp 192.0.2.1:80 > 10.0.0.1:1 A" },
	  { 4, 0, "o", "tcp 10.0.0.1:1 > 192.0.2.1:80 S" },
	  { 5, 0, "|r", "tcp 192.0.2.1:80 > 10.0.0.1:1 SA" } } },
	{ "pings by identifier", {
	  { 0, 0, "|o", "icmp 10.0.0.1 > 192.0.2.1 echo-request id 1" },
	  { 1, 1, "o", "icmp 10.0.0.1 > 192.0.2.1 echo-request id 2" },
	  { 2, 0, "|r", "icmp 192.0.2.1 > 10.0.0.1 echo-reply id 1" },
	  { 3, 2, "o", "icmp 10.0.0.1 > 192.0.2.1 timestamp-request id 1" } } },
	{ "an error joins what it quotes, from either side", {
	  { 0, 0, "|o", "udp 10.0.0.1:1 > 192.0.2.1:80" },
	  { 1, 0, "|r", "icmp 203.0.113.9 > 10.0.0.1 time-exceeded transit (udp 10.0.0.1:1 > 192.0.2.1:80)" },
	  { 2, 0, "o", "icmp 10.0.0.1 > 192.0.2.1 unreachable port (udp 192.0.2.1:80 > 10.0.0.1:1)" },
	  { 3, 1, "o", "icmp 10.0.0.1 > 192.0.2.1 unreachable port (udp 192.0.2.1:80 > 10.0.0.1:2)" } } },
	{ "fragments by their datagram, also ahead of the first", {
	  { 0, 0, "|o", "udp 10.0.0.1:1 > 192.0.2.1:80" },
	  { 1, 0, "|r", "proto 17 192.0.2.1 > 10.0.0.1 ipid 7 offset 24 len 8" },
	  { 2, 0, "r", "udp 192.0.2.1:80 > 10.0.0.1:1 ipid 7 mf ulen 32 sum 0 len 16" },
	  { 3, 1, "o", "proto 17 192.0.2.1 > 10.0.0.1 ipid 8 offset 24 len 8" } } },
	{ "fragments of a ping belong to it", {
	  { 0, 0, "|o", "proto 1 10.0.0.1 > 192.0.2.1 ipid 7 offset 24 len 8" },
	  { 1, 0, "o", "icmp 10.0.0.1 > 192.0.2.1 echo-request id 9 ipid 7 mf len 16" },
	  { 2, 0, "|r", "proto 1 192.0.2.1 > 10.0.0.1 ipid 8 offset 24 len 8" },
	  { 3, 0, "r", "icmp 192.0.2.1 > 10.0.0.1 echo-reply id 9 ipid 8 mf len 16" },
	  { 4, 1, "o", "icmp 10.0.0.1 > 192.0.2.1 timestamp-request id 9 ipid 9 mf len 16" },
	  { 5, 1, "o", "proto 1 10.0.0.1 > 192.0.2.1 ipid 9 offset 24 len 8" } } },
	{ "the rest by addresses and protocol", {
	  { 0, 0, "|o", "proto 50 10.0.0.1 > 192.0.2.1 len 8" },
	  { 1, 0, "|r", "proto 50 192.0.2.1 > 10.0.0.1 len 8" },
	  { 2, 1, "o", "proto 51 10.0.0.1 > 192.0.2.1 len 8" } } },
};
/* clang-format on */

static void check_step(const struct plan_case *c, size_t i,
		       const struct step *s)
{
	const struct plan_row *r = &c->row[i];
	char role[3] = "";

	(void)snprintf(role, sizeof(role), "%s%c",
		       s->flags & STEP_CUT ? "|" : "",
		       s->flags & STEP_REPLY ? 'r' : 'o');
	if (s->conv != r->conv || strcmp(role, r->role) != 0)
		fail_msg("%s, packet %zu: conversation %u %s, not %u %s",
			 c->name, i + 1, s->conv, role, r->conv, r->role);
	assert_int_equal(s->packet, i);
	assert_int_equal(s->time_ns, PLAN_START_NS + r->ms * MS);
}

static void test_cases(void **state)
{
	const struct plan_config cfg = {.lanes = 1, .batch = BATCH};

	(void)state;
	for (size_t i = 0; i < N_ROWS(cases); i++) {
		struct store s = {.ip_bytes = 0};
		struct plan p;
		size_t n = 0;

		for (; n < ROWS_MOST && cases[i].row[n].packet; n++)
			store_text(&s, 5000 + cases[i].row[n].ms * MS,
				   cases[i].row[n].packet);
		assert_int_equal(plan_make(&p, &s, &cfg), 0);
		assert_int_equal(lane_count(&p.lane[0]), n);
		assert_int_equal(p.lane[0].bytes, s.ip_bytes);
		for (size_t k = 0; k < n; k++)
			check_step(&cases[i], k, &lane_steps(&p.lane[0])[k]);
		plan_free(&p);
		store_free(&s);
	}
}

/* Every packet is in one lane, a conversation's all in the same, in order; and
 * lanes have as many each. */
static void test_lanes(void **state)
{
	enum { FLOWS = 300, LANES = 3, MEAN = 2 * FLOWS / LANES };
	const struct plan_config cfg = {.lanes = LANES, .batch = BATCH};
	struct store s = {.ip_bytes = 0};
	unsigned lane_of[FLOWS], total = 0;
	struct plan p;
	char text[128];

	(void)state;
	for (unsigned i = 0; i < 2 * FLOWS; i++) {
		unsigned port = 1000 + i % FLOWS;

		if (i < FLOWS)
			(void)snprintf(text, sizeof(text),
				       "udp 10.0.0.1:%u > 192.0.2.1:53", port);
		else
			(void)snprintf(text, sizeof(text),
				       "udp 192.0.2.1:53 > 10.0.0.1:%u", port);
		store_text(&s, i, text);
	}
	assert_int_equal(plan_make(&p, &s, &cfg), 0);
	assert_int_equal(p.n_convs, FLOWS);
	memset(lane_of, 0xff, sizeof(lane_of));
	for (unsigned l = 0; l < LANES; l++) {
		const struct step *step = lane_steps(&p.lane[l]);
		size_t n = lane_count(&p.lane[l]);

		assert_in_range(n, MEAN - MEAN / 50, MEAN + MEAN / 50);
		total += (unsigned)n;
		for (size_t i = 0; i < n; i++) {
			if (i)
				assert_true(step[i].packet >
					    step[i - 1].packet);
			if (step[i].flags & STEP_REPLY)
				assert_int_equal(lane_of[step[i].conv], l);
			lane_of[step[i].conv] = l;
		}
	}
	assert_int_equal(total, 2 * FLOWS);
	plan_free(&p);
	store_free(&s);
}

/* The clock never goes back, and a long gap counts as 30 days. */
static void test_time(void **state)
{
	const struct plan_config cfg = {.lanes = 1, .batch = BATCH};
	static const struct {
		uint64_t stamp, clock;
	} row[] = {
		{7 * MS, 0},
		{9 * MS, 2 * MS},
		{8 * MS, 2 * MS},
		{10 * MS, 3 * MS},
		{10 * MS + 2 * PLAN_GAP_NS, 3 * MS + PLAN_GAP_NS},
	};
	struct store s = {.ip_bytes = 0};
	struct plan p;

	(void)state;
	for (size_t i = 0; i < N_ROWS(row); i++)
		store_text(&s, row[i].stamp, "udp 10.0.0.1:1 > 192.0.2.1:53");
	assert_int_equal(plan_make(&p, &s, &cfg), 0);
	for (size_t i = 0; i < N_ROWS(row); i++)
		assert_int_equal(lane_steps(&p.lane[0])[i].time_ns,
				 PLAN_START_NS + row[i].clock);
	assert_int_equal(p.span_ns, 3 * MS + PLAN_GAP_NS);
	plan_free(&p);
	store_free(&s);
}

/* Big packets end a batch before its buffers are full. */
static void test_batch_bytes(void **state)
{
	const struct plan_config cfg = {.lanes = 1, .batch = BATCH_MOST};
	static uint8_t bytes[65535] = {0x45};
	const struct capture_record rec = {.data = bytes, .len = sizeof(bytes)};
	struct store s = {.ip_bytes = 0};
	uint32_t used = 0;
	struct plan p;

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(store_append(&s, &rec, 0), 0);
	assert_int_equal(plan_make(&p, &s, &cfg), 0);
	for (size_t i = 0; i < 5; i++) {
		const struct step *step = &lane_steps(&p.lane[0])[i];

		used = (step->flags & STEP_CUT ? 0 : used) + 65536;
		assert_in_range(used, 0, BATCH_BYTES);
	}
	plan_free(&p);
	store_free(&s);
}

static void test_empty(void **state)
{
	const struct plan_config cfg = {.lanes = 2, .batch = BATCH};
	struct store s = {.ip_bytes = 0};
	struct plan p;

	(void)state;
	assert_int_equal(plan_make(&p, &s, &cfg), 0);
	assert_int_equal(p.n_convs, 0);
	assert_int_equal(lane_count(&p.lane[1]), 0);
	plan_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_lanes),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_batch_bytes),
		cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
