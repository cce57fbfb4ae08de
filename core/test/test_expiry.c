/* SPDX-License-Identifier: BSD-2-Clause
 *
 * When connections whose time is over end: a little later while packets keep
 * coming, at once where there is a pause or a run without packets. */
#include <stdio.h>

#include "test/check.h"
#include "test/router.h"
#include "util.h"

enum { FLOWS = 1000, UDP_S = 30 };

#define SNAT   "-A POSTROUTING -o wan -j SNAT --to-source 198.51.100.7\n"
#define SECOND UINT64_C(1000000000)
#define DAY    (86400 * SECOND)

static const struct expiry_case {
	const char *name;
	unsigned packets; /* each of another connection */
	uint64_t step_ns; /* before each */
	uint64_t rest_ns; /* before a run without packets */
	uint64_t expired;
} cases[] = {
	{"what lives does not end", 0, 0, (UDP_S - 1) * SECOND, 0},
	{"a run without packets ends all that is over", 0, 0, UDP_S *SECOND,
	 FLOWS},
	{"so does it where packets came between", 3, UDP_S *SECOND, 0,
	 FLOWS + 2},
	{"a clock that comes round wakes nobody", 8, 30 * DAY, 0, FLOWS + 7},
};

static void send_udp(struct router *r, unsigned port)
{
	char text[FRAME_TEXT];

	(void)snprintf(text, sizeof(text), "udp 10.0.0.2:%u > 192.0.2.1:53",
		       port);
	router_send_text(r, "lan", text);
}

static uint64_t expired(const struct router *r)
{
	struct nat_stats stats;

	nat_engine_stats(r->engine, &stats);
	return stats.expired;
}

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct expiry_case *c = &cases[i];
		struct router_config cfg = router_defaults(SNAT);
		struct router r;

		router_open(&r, &cfg);
		for (unsigned k = 0; k < FLOWS; k++)
			send_udp(&r, 1 + k);
		for (unsigned k = 0; k < c->packets; k++) {
			r.now_ns += c->step_ns;
			send_udp(&r, 1 + FLOWS + k);
		}
		r.now_ns += c->rest_ns;
		assert_int_equal(nat_worker_run(r.worker, r.now_ns, NULL, 0),
				 0);
		if (expired(&r) != c->expired ||
		    router_entries(&r) + c->expired != FLOWS + c->packets)
			fail_msg("%s: %u expired, %u are left", c->name,
				 (unsigned)expired(&r),
				 (unsigned)router_entries(&r));
		router_close(&r);
	}
}

/* The same by packets alone. */
static void test_pause(void **state)
{
	struct router_config cfg = router_defaults(SNAT);
	struct router r;

	(void)state;
	router_open(&r, &cfg);
	for (unsigned k = 0; k < FLOWS; k++)
		send_udp(&r, 1 + k);
	r.now_ns += DAY;
	send_udp(&r, 1 + FLOWS);
	assert_int_equal(router_entries(&r), 1);
	router_close(&r);
}

/* However many are over, a packet waits for the ends of two. */
static void test_portions(void **state)
{
	struct router_config cfg = router_defaults(SNAT);
	struct router r;
	uint64_t before = 0;

	(void)state;
	router_open(&r, &cfg);
	for (unsigned k = 0; k < FLOWS; k++)
		send_udp(&r, 1 + k);
	r.now_ns += UDP_S * SECOND;
	for (unsigned k = 0; k < FLOWS; k++) {
		uint64_t now;

		r.now_ns += SECOND / 50;
		send_udp(&r, 1 + FLOWS);
		now = expired(&r);
		assert_in_range(now - before, 0, 2);
		before = now;
	}
	assert_int_equal(before, FLOWS);
	router_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_pause),
		cmocka_unit_test(test_portions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
