/* SPDX-License-Identifier: BSD-2-Clause
 * Random choices that somebody else makes (nat_worker_choose). */
#include "test/check.h"
#include "test/router.h"
#include "util.h"

#define SNAT "-A POSTROUTING -o wan -j SNAT --to-source 198.51.100.7"

struct answers {
	int id, lot;
	unsigned asked;
	struct nat_choice last;
};

static int choose(void *ctx, const struct nat_choice *c)
{
	struct answers *a = ctx;

	a->asked++;
	a->last = *c;
	return c->kind == NAT_CHOICE_ID ? a->id : a->lot;
}

/* Ports 4000 and 5000 are taken already, 4000 is what is asked for. */
static const struct {
	const char *name, *rules;
	int id, lot;
	const char *want; /* what leaves; '*' any port */
	unsigned asked;
} rows[] = {
	{"a free port is taken", SNAT "\n", 6000, -1,
	 "wan udp 198.51.100.7:6000 > 192.0.2.1:53", 1},
	{"nobody chooses: the core does", SNAT "\n", -1, -1,
	 "wan udp 198.51.100.7:* > 192.0.2.1:53", 1},
	{"not what is in use", SNAT "\n", 5000, -1,
	 "wan udp 198.51.100.7:* > 192.0.2.1:53", 1},
	{"nor what is out of its class", SNAT "\n", 80, -1,
	 "wan udp 198.51.100.7:* > 192.0.2.1:53", 1},
	{"nor out of range",
	 "-A POSTROUTING -p udp -j SNAT --to-source 198.51.100.7:4000-4002\n"
	 "-A POSTROUTING -j SNAT --to-source 198.51.100.7\n",
	 4003, -1, "wan udp 198.51.100.7:400* > 192.0.2.1:53", 1},
	{"what is not random is not asked",
	 "-A PREROUTING -p udp -j DNAT --to-destination 192.0.2.9:7-9\n", 8, -1,
	 "wan udp 10.0.0.3:4000 > 192.0.2.9:7", 0},
	{"unless it is to be",
	 "-A PREROUTING -p udp -j DNAT --to-destination 192.0.2.9:7-9 "
	 "--random\n",
	 8, -1, "wan udp 10.0.0.3:4000 > 192.0.2.9:8", 1},
	{"a lot that fits",
	 "-A PREROUTING -j ACCEPT -p tcp\n"
	 "-A PREROUTING -m statistic --mode random --probability 0.5 -p udp "
	 "-j DNAT --to-destination 192.0.2.9\n",
	 -1, 1, "wan udp 10.0.0.3:4000 > 192.0.2.9:53", 1},
	{"a lot that does not",
	 "-A PREROUTING -j ACCEPT -p tcp\n"
	 "-A PREROUTING -m statistic --mode random --probability 0.5 -p udp "
	 "-j DNAT --to-destination 192.0.2.9\n",
	 -1, 0, "wan udp 10.0.0.3:4000 > 192.0.2.1:53", 1},
};

static void test_choices(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct router_config cfg = router_defaults(rows[i].rules);
		struct answers a = {.id = rows[i].id, .lot = rows[i].lot};
		char out[ROUTER_TEXT];
		struct router r;

		router_open(&r, &cfg);
		router_send_text(&r, "lan", "udp 10.0.0.2:4000 > 192.0.2.1:53");
		router_send_text(&r, "lan", "udp 10.0.0.2:5000 > 192.0.2.1:53");
		nat_worker_choose(r.worker, choose, &a);
		router_send_text(&r, "lan", "udp 10.0.0.3:4000 > 192.0.2.1:53");
		router_result(&r, out);
		if (!text_like(out, rows[i].want) || a.asked != rows[i].asked)
			fail_msg("%s: %s, asked %u times", rows[i].name, out,
				 a.asked);
		if (rows[i].id == 5000 || rows[i].id == 80)
			assert_false(text_like(out, "*:5000 >*") ||
				     text_like(out, "*:80 >*"));
		router_close(&r);
	}
}

/* The question tells enough to be answered. */
static void test_questions(void **state)
{
	struct router_config cfg = router_defaults(SNAT "\n");
	struct answers a = {.id = -1};
	struct router r;

	(void)state;
	router_open(&r, &cfg);
	nat_worker_choose(r.worker, choose, &a);
	router_send_text(&r, "lan", "udp 10.0.0.2:4000 > 192.0.2.1:53");
	assert_int_equal(a.asked, 0);
	router_send_text(&r, "lan", "udp 10.0.0.3:4000 > 192.0.2.1:53");
	assert_int_equal(a.asked, 1);
	assert_true(a.last.source);
	assert_int_equal(a.last.min, 1024);
	assert_int_equal(a.last.max, 65535);
	assert_int_equal(a.last.tuple.proto, 17);
	assert_memory_equal(&a.last.tuple.src.w[0], "\x0a\0\0\3", 4);
	nat_worker_choose(r.worker, NULL, NULL);
	router_send_text(&r, "lan", "udp 10.0.0.4:4000 > 192.0.2.1:53");
	assert_int_equal(a.asked, 1);
	router_close(&r);

	cfg = router_defaults(
		"-A PREROUTING -j RETURN -p tcp\n"
		"-A PREROUTING -m statistic --mode random "
		"--probability 0.5 -j DNAT --to-destination 192.0.2.9\n");
	router_open(&r, &cfg);
	nat_worker_choose(r.worker, choose, &a);
	router_send_text(&r, "lan", "udp 10.0.0.2:4000 > 192.0.2.1:53");
	assert_int_equal(a.asked, 2);
	assert_int_equal(a.last.kind, NAT_CHOICE_LOT);
	assert_string_equal(a.last.table, "nat");
	assert_string_equal(a.last.chain, "PREROUTING");
	assert_int_equal(a.last.rule, 2);
	router_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choices),
		cmocka_unit_test(test_questions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
