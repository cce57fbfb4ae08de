/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Kernel and core made different on purpose: what is found, and how few
 * packets are left of many. Skipped where the kernel cannot be asked. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explain/notation.h"
#include "test/capture_util.h"
#include "test/check.h"
#include "verify/diagnose.h"
#include "verify/minimise.h"

#define N_ROWS(a) (sizeof(a) / sizeof((a)[0]))

enum { CLIENTS = 10, ROOM = 256 };

static const char topology_text[] = "addr add 10.0.0.1/24 dev lan0\n"
				    "addr add 198.51.100.1/24 dev wan0\n"
				    "route add default dev wan0\n";

#define FILTER(rules)                                                          \
	"*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n"                \
	":OUTPUT ACCEPT [0:0]\n" rules "COMMIT\n"
#define SNAT(to)                                                               \
	"*nat\n:POSTROUTING ACCEPT [0:0]\n"                                    \
	"-A POSTROUTING -o wan0 -j SNAT --to-source " to "\nCOMMIT\n"
#define TRACK "-A FORWARD -m conntrack --ctstate INVALID\n"

/* Ten clients ask and are answered; the kernel does as the core but for: */
static const struct {
	const char *name;
	const char *kernel, *core; /* rules */
	const char *sysctl;        /* of the kernel alone: udp_timeout */
	const char *kind;
	size_t left; /* packets that show it */
} rows[] = {
	{"a packet more", FILTER(TRACK),
	 FILTER(TRACK "-A FORWARD -s 10.0.0.7 -j DROP\n"), NULL,
	 "packet: only the kernel sent (core: drop rule)", 1},
	{"a packet less", FILTER("-A FORWARD -s 10.0.0.7 -j DROP\n" TRACK),
	 FILTER("-A FORWARD -s 10.0.1.7 -j DROP\n" TRACK), NULL,
	 "packet: only the core sent (core: forward)", 1},
	{"another address", SNAT("198.51.100.7"), SNAT("198.51.100.8"), NULL,
	 "packet: differs in ip.src (core: forward)", 1},
	{"an answer, which wants its question",
	 FILTER("-A FORWARD -m conntrack --ctstate ESTABLISHED -j DROP\n"),
	 FILTER("-A FORWARD -m conntrack --ctstate RELATED -j DROP\n"), NULL,
	 "packet: only the core sent (core: forward)", 2},
	{"a timeout", FILTER(TRACK), FILTER(TRACK), "60", "conntrack: timeout",
	 1},
	{"a counter", FILTER("-A FORWARD -s 10.0.0.7\n" TRACK),
	 FILTER("-A FORWARD -s 10.0.1.7\n" TRACK), NULL,
	 "rules: IPv4 filter FORWARD", 1},
};

struct talk {
	unsigned at;
	uint8_t bytes[ROOM];
};

static bool next(void *ctx, struct feed *f)
{
	struct talk *t = ctx;
	unsigned client = t->at / 2;
	bool answer = t->at % 2;
	struct nat_error err;
	char text[128];

	if (client == CLIENTS)
		return false;
	(void)snprintf(text, sizeof(text),
		       answer ? "udp 192.0.2.1:53 > 10.0.0.%u:4000"
			      : "udp 10.0.0.%u:4000 > 192.0.2.1:53",
		       client + 2);
	*f = (struct feed){
		.data = t->bytes,
		.len = (uint32_t)notation_parse(text, t->bytes, ROOM, &err),
		.in_if = answer,
		.number = ++t->at,
	};
	return true;
}

struct setting {
	struct nat_topology *topology;
	struct nat_rules *rules;
	struct nat_sysctl core, kernel;
	struct verify_config cfg;
};

static void make(struct setting *s, size_t row)
{
	const char *core = rows[row].core, *kernel = rows[row].kernel;
	struct nat_error err;

	*s = (struct setting){.rules = NULL};
	s->topology =
		nat_topology_parse(topology_text, strlen(topology_text), &err);
	s->rules = nat_rules_parse(core, strlen(core), &err);
	if (!s->topology || !s->rules)
		fail_msg("%s: %s", rows[row].name, err.text);
	nat_sysctl_defaults(&s->core);
	s->kernel = s->core;
	if (rows[row].sysctl)
		assert_int_equal(nat_sysctl_set(&s->kernel, "udp_timeout",
						rows[row].sysctl),
				 0);
	s->cfg.twin.engine = (struct nat_config){
		.topology = s->topology,
		.rules = s->rules,
		.sysctl = &s->core,
	};
	s->cfg.twin.kernel = (struct kernel_config){
		.topology = s->topology,
		.sysctl = &s->kernel,
		.topology_text = {topology_text, strlen(topology_text)},
		.rules = {kernel, strlen(kernel)},
	};
}

static void unmake(struct setting *s)
{
	nat_rules_free(s->rules);
	nat_topology_free(s->topology);
}

static void find(struct setting *s, size_t row, struct verify *v)
{
	struct talk talk = {.at = 0};
	const struct feeder feeder = {next, NULL, &talk};
	struct nat_error err = {0};

	if (verify_run(v, &s->cfg, &feeder, &err))
		fail_msg("%s: %s", rows[row].name, err.text);
	if (!v->kinds.n_rows ||
	    strcmp(v->kinds.row[0].name, rows[row].kind) != 0)
		fail_msg("%s: %s", rows[row].name,
			 v->kinds.n_rows ? v->kinds.row[0].name : "agreed");
}

static void test_found(void **state)
{
	const uint64_t budget_ns = 60000000000;

	(void)state;
	for (size_t i = 0; i < N_ROWS(rows); i++) {
		struct setting s;
		struct verify v;
		struct picks p;

		make(&s, i);
		find(&s, i, &v);
		if (minimise(&v, budget_ns, &p) || p.n != rows[i].left)
			fail_msg("%s: %zu packets left", rows[i].name, p.n);
		free(p.at);
		verify_free(&v);
		unmake(&s);
	}
}

static void test_told(void **state)
{
	struct capture_error err;
	struct setting s;
	struct verify v;
	char *text;

	(void)state;
	make(&s, 3);
	find(&s, 3, &v);
	text = diagnose(&v, scratch_path("."), &err);
	assert_non_null(text);
	if (!strstr(text, "2 of 2 packets show it") ||
	    !strstr(text, "-i wan0=") || !strstr(text, "verdict"))
		fail_msg("told: %s", text);
	assert_int_equal(scratch_count(), 2);
	assert_int_equal(access(scratch_path("divergence-lan0.pcap"), R_OK), 0);
	free(text);
	verify_free(&v);
	unmake(&s);
}

/* All differences of a run that keeps going. */
static void test_kept_going(void **state)
{
	struct setting s;
	struct verify v;

	(void)state;
	make(&s, 2);
	s.cfg.keep_going = true;
	find(&s, 2, &v);
	assert_int_equal(v.packets, 2 * CLIENTS);
	assert_int_equal(v.kinds.row[0].n, CLIENTS);
	assert_int_equal(v.conntrack_differ, CLIENTS);
	verify_free(&v);
	unmake(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_told),
		cmocka_unit_test(test_kept_going),
	};
	const struct kernel_config any = {.rules = {"", 0}};
	struct nat_error err;

	if (kernel_check(&any, &err)) {
		printf("SKIPPED: kernel against core: %s\n", err.text);
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, scratch_remove);
}
