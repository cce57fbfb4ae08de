/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Engines and workers come and go; what they counted stays. Time goes on. */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "test/check.h"
#include "test/router.h"
#include "util.h"

static const char rules[] =
	"-A POSTROUTING -o wan -j SNAT --to-source 198.51.100.7\n";

/* ------------------------------------------------------------- what is refused
 */

static void refused(void **state)
{
	static const char text[] = "addr add 10.0.0.1/8 dev lan\n";
	struct nat_error err;
	struct nat_topology *t =
		nat_topology_parse(text, sizeof(text) - 1, &err);
	const struct nat_config none = {.rules = NULL};
	const struct nat_config many = {.topology = t, .workers = 100000};
	const struct nat_config fine = {.topology = t};
	struct nat_engine *e;

	(void)state;
	assert_non_null(t);
	assert_null(nat_engine_new(&none, &err));
	assert_true(strlen(err.text) > 0);
	assert_null(nat_engine_new(&many, &err));
	assert_true(strlen(err.text) > 0);
	e = nat_engine_new(&fine, &err);
	assert_non_null(e);
	nat_engine_free(e);
	nat_engine_free(NULL);
	nat_worker_free(NULL);
	nat_topology_free(t);
}

/* Counters go only into a parse of the same text. */
static void other_rules(void **state)
{
	static const char text[] = "*nat\n:POSTROUTING ACCEPT [0:0]\nCOMMIT\n";
	struct router_config c = router_defaults(rules);
	struct nat_error err;
	struct nat_rules *other = nat_rules_parse(text, sizeof(text) - 1, &err);
	struct router r;

	(void)state;
	assert_non_null(other);
	router_open(&r, &c);
	assert_int_equal(nat_engine_rule_counters(r.engine, other), -EINVAL);
	router_close(&r);
	nat_rules_free(other);
}

/* -------------------------------------------------------------------- workers
 */

/* What a thread of its own does. */
struct job {
	struct router *r;
	bool wants_worker, has_worker;
	unsigned packets;     /* that it sends, each a connection */
	unsigned connections; /* seen while its worker rests */
	int maintained;
};

static void count_one(void *ctx, const struct nat_conntrack *ct)
{
	(void)ct;
	(*(unsigned *)ctx)++;
}

static void *work(void *arg)
{
	struct job *j = arg;
	struct router other = *j->r;
	char text[] = "udp 10.0.0.3:1000 > 192.0.2.1:53";

	j->maintained = nat_engine_maintain(j->r->engine);
	other.worker = nat_worker_new(j->r->engine);
	j->has_worker = other.worker;
	for (unsigned i = 0; other.worker && i < j->packets; i++) {
		text[16] = (char)('0' + i % 10);
		router_expect(&other, "lan", text, "wan *");
	}
	if (other.worker)
		nat_worker_idle(other.worker);
	nat_engine_each(j->r->engine, j->r->now_ns, count_one, &j->connections);
	nat_worker_free(other.worker);
	return NULL;
}

static void do_job(struct job *j)
{
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, work, j), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(j->has_worker, j->wants_worker);
	assert_int_equal(j->maintained, 0);
}

static void places(void **state)
{
	static const struct {
		unsigned workers;
		bool second; /* is there room for one? */
	} rows[] = {{0, false}, {1, false}, {2, true}, {200, true}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct router_config c = router_defaults(rules);
		struct router r;
		struct job j = {.r = &r, .wants_worker = rows[i].second};

		c.workers = rows[i].workers;
		router_open(&r, &c);
		do_job(&j);
		do_job(&j); /* the place was given back */
		nat_worker_free(r.worker);
		j.wants_worker = true;
		do_job(&j);
		r.worker = nat_worker_new(r.engine);
		assert_non_null(r.worker);
		router_expect(&r, "lan", "udp 10.0.0.2:1 > 192.0.2.1:2",
			      "wan *");
		router_close(&r);
	}
}

/* A worker's counters and connections outlive it. */
static void retired(void **state)
{
	struct router_config c = router_defaults(rules);
	struct nat_stats all, own;
	struct nat_memory m;
	uint64_t packets, bytes;
	struct router r;
	struct job j = {.r = &r, .wants_worker = true, .packets = 5};

	(void)state;
	c.workers = 2;
	router_open(&r, &c);
	router_expect(&r, "lan", "udp 10.0.0.2:1 > 192.0.2.1:2", "wan *");
	do_job(&j);
	assert_int_equal(j.connections, 6);
	nat_engine_stats(r.engine, &all);
	nat_worker_stats(r.worker, &own);
	assert_int_equal(own.packets, 1);
	assert_int_equal(all.packets, 6);
	assert_int_equal(all.bytes, 6 * 28);
	assert_int_equal(all.created, 6);
	assert_int_equal(all.verdict[NAT_FORWARD], 6);
	router_counters(&r, "nat/POSTROUTING", 1, &packets, &bytes);
	assert_int_equal(packets, 6);
	assert_int_equal(bytes, 6 * 28);
	/* found by the worker that is left */
	router_expect(&r, "wan", "udp 192.0.2.1:53 > 198.51.100.7:1000",
		      "lan udp 192.0.2.1:53 > 10.0.0.3:1000");
	nat_engine_memory(r.engine, &m);
	assert_int_equal(m.entries, 6);
	assert_int_equal(m.peak, 6);
	assert_true(m.conn_bytes >= UINT64_C(6) * 64);
	assert_true(m.total_bytes >= m.conn_bytes + m.table_bytes);
	router_close(&r);
}

/* ----------------------------------------------------------------------- time
 */

/* An earlier time counts as the latest seen. */
static void backwards(void **state)
{
	struct router_config c = router_defaults(rules);
	struct router r;

	(void)state;
	router_open(&r, &c);
	r.now_ns = UINT64_C(100000000000);
	router_expect(&r, "lan", "udp 10.0.0.2:1 > 192.0.2.1:2", "wan *");
	r.now_ns = UINT64_C(50000000000);
	router_expect(&r, "lan", "udp 10.0.0.2:3 > 192.0.2.1:4", "wan *");
	r.now_ns = UINT64_C(129000000000);
	assert_int_equal(router_connections(&r, "udp      17 1 *"), 2);
	r.now_ns = UINT64_C(130000000000);
	assert_int_equal(router_connections(&r, "*"), 0);
	router_close(&r);
}

/* A packet's own time; 0: that of the call. */
static void of_packets(void **state)
{
	static const uint64_t at_s[] = {0, 40, 41, 0, 90};
	struct router_config c = router_defaults(rules);
	struct nat_packet pkt[ARRAY_LEN(at_s)];
	struct frame f[ARRAY_LEN(at_s)];
	struct router r;

	(void)state;
	router_open(&r, &c);
	for (size_t i = 0; i < ARRAY_LEN(at_s); i++) {
		f[i] = frame_of("icmp 10.0.0.2 > 192.0.2.1 id 7");
		pkt[i] = (struct nat_packet){
			.data = f[i].bytes,
			.len = f[i].len,
			.time_ns = at_s[i] * UINT64_C(1000000000),
		};
	}
	(void)nat_worker_run(r.worker, UINT64_C(1000000000), pkt,
			     ARRAY_LEN(pkt));
	/* made at 1, 40 and 90: ICMP is forgotten after 30 seconds */
	assert_int_equal(router_entries(&r), 1);
	r.now_ns = UINT64_C(119500000000);
	assert_int_equal(router_connections(&r, "*"), 1);
	r.now_ns = UINT64_C(120000000000);
	assert_int_equal(router_connections(&r, "*"), 0);
	router_close(&r);
}

/* An empty run, and one after a rest. */
static void nothing_to_do(void **state)
{
	struct router_config c = router_defaults(rules);
	struct router r;
	size_t n = 1;

	(void)state;
	router_open(&r, &c);
	assert_int_equal(nat_worker_run(r.worker, 1, NULL, 0), 0);
	(void)nat_worker_originated(r.worker, &n);
	assert_int_equal(n, 0);
	nat_worker_idle(r.worker);
	nat_worker_idle(r.worker);
	router_expect(&r, "lan", "udp 10.0.0.2:1 > 192.0.2.1:2", "wan *");
	nat_worker_idle(r.worker);
	router_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refused),       cmocka_unit_test(other_rules),
		cmocka_unit_test(places),        cmocka_unit_test(retired),
		cmocka_unit_test(backwards),     cmocka_unit_test(of_packets),
		cmocka_unit_test(nothing_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
