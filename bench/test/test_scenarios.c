/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What Linux did with each packet of scenarios/NAME/cases.tsv, the core does
 * too, tells the same events (events.txt), and lists the phone's rules as
 * iptables does. The columns are in scenarios/README.md. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain/notation.h"
#include "natcore.h"
#include "test/check.h"

enum {
	COLUMNS = 5,
	LINES = 1000,
	NOW_NS = 1000000000,
};

struct row {
	unsigned line; /* 0: a blank line */
	char *column[COLUMNS];
};

enum column { IN_IF, PACKET, VERDICT, OUT_IF, OUT };

struct router {
	const char *scenario;
	struct nat_topology *topology;
	struct nat_rules *rules, *rules6; /* rules6 may be NULL */
	struct nat_engine *engine;
	struct nat_worker *worker;
	FILE *events; /* lines since the router was opened */
	char *events_text;
	size_t events_len;
};

static unsigned wrong; /* rows of the scenario that came out otherwise */

/* NULL: there is no such file. */
static char *file_there(const char *scenario, const char *name)
{
	char path[512];
	char *text = NULL;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/scenarios/%s/%s",
		       NATBENCH_SOURCE_DIR, scenario, name);
	f = fopen(path, "re");
	if (!f)
		return NULL;
	text = calloc(1, 1 << 20);
	if (!text || !fread(text, 1, (1 << 20) - 1, f))
		fail_msg("%s: cannot be read", path);
	(void)fclose(f);
	return text;
}

static char *file_text(const char *scenario, const char *name)
{
	char *text = file_there(scenario, name);

	if (!text)
		fail_msg("%s/%s: missing", scenario, name);
	return text;
}

static struct nat_rules *
load_rules(const struct router *r, const char *name,
	   struct nat_rules *(*parse)(const char *text, size_t len,
				      struct nat_error *err))
{
	char *text = file_there(r->scenario, name);
	struct nat_error err = {0};
	struct nat_rules *rules;

	if (!text)
		return NULL;
	rules = parse(text, strlen(text), &err);
	if (!rules || nat_rules_check(rules, r->topology, &err))
		fail_msg("%s/%s:%u: %s", r->scenario, name, err.line, err.text);
	free(text);
	return rules;
}

static void router_open(struct router *r, const char *scenario)
{
	char *topology = file_text(scenario, "topology.ip");
	struct nat_error err = {0};

	*r = (struct router){.scenario = scenario};
	r->events = open_memstream(&r->events_text, &r->events_len);
	assert_non_null(r->events);
	r->topology = nat_topology_parse(topology, strlen(topology), &err);
	if (!r->topology)
		fail_msg("%s/topology.ip:%u: %s", scenario, err.line, err.text);
	r->rules = load_rules(r, "rules.v4", nat_rules_parse);
	r->rules6 = load_rules(r, "rules.v6", nat_rules6_parse);
	free(topology);
}

static void router_off(struct router *r)
{
	if (r->worker)
		nat_worker_free(r->worker);
	if (r->engine)
		nat_engine_free(r->engine);
	r->worker = NULL;
	r->engine = NULL;
}

static void put(void *ctx, const char *text, size_t len)
{
	(void)fwrite(text, 1, len, ctx);
}

static void hear(void *ctx, const struct nat_conntrack_event *ev)
{
	struct router *r = ctx;

	nat_conntrack_event_print(ev, false, (struct nat_sink){put, r->events});
}

/* A router of its own for each table of cases. */
static void router_on(struct router *r)
{
	struct nat_sysctl sysctl;
	struct nat_config cfg = {
		.topology = r->topology,
		.rules = r->rules,
		.rules6 = r->rules6,
		.sysctl = &sysctl,
		.seed = 1,
	};
	struct nat_error err = {0};

	nat_sysctl_defaults(&sysctl);
	sysctl.acct = 1;
	router_off(r);
	r->engine = nat_engine_new(&cfg, &err);
	if (!r->engine)
		fail_msg("%s: %s", r->scenario, err.text);
	r->worker = nat_worker_new(r->engine);
	assert_non_null(r->worker);
	nat_worker_events(r->worker, hear, r);
	(void)fputc('\n', r->events);
}

static void router_close(struct router *r)
{
	router_off(r);
	nat_rules_free(r->rules);
	nat_rules_free(r->rules6);
	nat_topology_free(r->topology);
	(void)fclose(r->events);
	free(r->events_text);
}

/* Rows and blank lines of @text, which is cut up. */
static size_t split(char *text, struct row *rows, size_t columns)
{
	unsigned number = 0;
	size_t n = 0;

	for (char *line; (line = strsep(&text, "\n"));) {
		struct row row = {.line = ++number};

		if (*line == '#')
			continue;
		if (!*line)
			row.line = 0;
		for (size_t c = 0; row.line && c < columns; c++) {
			row.column[c] = strsep(&line, "\t");
			if (!row.column[c])
				fail_msg("line %u: %zu columns", number,
					 columns);
		}
		assert_true(n < LINES);
		rows[n++] = row;
	}
	return n;
}

static void say(const struct router *r, const struct row *row, const char *what,
		const char *got)
{
	print_error("%s/cases.tsv:%u: %s\n    %s: %s\n", r->scenario, row->line,
		    row->column[PACKET], what, got);
	wrong++;
}

static const char *text_of(const struct router *r, const struct nat_packet *p)
{
	static char text[1 << 17];
	const char *name =
		p->out_if == NAT_NO_IF
			? "nowhere"
			: nat_topology_if_name(r->topology, p->out_if);
	int n = snprintf(text, sizeof(text), "%s\t", name);

	(void)!notation_print(p->data, p->len, NOTATION_EXACT, text + n,
			      sizeof(text) - (size_t)n);
	return text;
}

/* One packet out against one row. */
static void check_out(const struct router *r, const struct row *row,
		      const struct nat_packet *p)
{
	int out_if = nat_topology_if_index(r->topology, row->column[OUT_IF]);
	struct nat_error err;

	if (out_if != p->out_if ||
	    notation_match(row->column[OUT], p->data, p->len, &err) != 1)
		say(r, row, "left", text_of(r, p));
}

/* Packets out against the row of their cause and the `+` rows below it.
 * Returns how many rows that were. */
static size_t check_all(const struct router *r, const struct row *row,
			const struct nat_packet *pkt)
{
	const struct nat_packet *own;
	size_t n_own, n = 0, i = 0;
	bool forwarded = pkt->verdict == NAT_FORWARD && pkt->len;

	own = nat_worker_originated(r->worker, &n_own);
	if (strcmp(nat_verdict_name(pkt->verdict), row->column[VERDICT]) != 0)
		say(r, row, "verdict", nat_verdict_name(pkt->verdict));
	do {
		if (!strcmp(row[n].column[OUT], "-"))
			continue;
		if (!n && forwarded)
			check_out(r, &row[n], pkt);
		else if (i < n_own)
			check_out(r, &row[n], &own[i++]);
		else
			say(r, &row[n], "left", "nothing");
	} while (row[++n].line && !strcmp(row[n].column[IN_IF], "+"));
	for (; i < n_own; i++)
		say(r, row, "left too", text_of(r, &own[i]));
	if (forwarded && !strcmp(row->column[OUT], "-"))
		say(r, row, "left", text_of(r, pkt));
	return n;
}

/* Sends what the row's first two columns say. */
static struct nat_packet send_row(const struct router *r, const struct row *row)
{
	static uint8_t buf[NOTATION_MAX];
	struct nat_packet pkt = {.data = buf};
	struct nat_error err;
	int len = notation_parse(row->column[PACKET], buf, sizeof(buf), &err);
	int in_if = nat_topology_if_index(r->topology, row->column[IN_IF]);

	if (len < 0 || in_if < 0)
		fail_msg("%s: %s: %s", r->scenario, row->column[PACKET],
			 len < 0 ? err.text : "no such interface");
	pkt.len = (uint32_t)len;
	pkt.in_if = (uint16_t)in_if;
	(void)nat_worker_run(r->worker, NOW_NS, &pkt, 1);
	return pkt;
}

/* '*' in @pattern is a number of the kernel's choice. */
static bool alike(const char *line, const char *pattern)
{
	while (*pattern) {
		if (*pattern == '*') {
			pattern++;
			line += strspn(line, "0123456789");
		} else if (*pattern++ != *line++) {
			return false;
		}
	}
	return !*line;
}

/* The file begins with a comment, its tables with a blank line. */
static void check_events(struct router *r)
{
	char *file = file_text(r->scenario, "events.txt"), *want = file, *got;

	(void)fflush(r->events);
	got = r->events_text;
	(void)strsep(&want, "\n");
	for (unsigned line = 2; want && got; line++) {
		const char *expected = strsep(&want, "\n");
		const char *happened = strsep(&got, "\n");

		if (alike(happened, expected))
			continue;
		print_error("%s/events.txt:%u:\n  want %s\n  got  %s\n",
			    r->scenario, line, expected, happened);
		wrong++;
		break;
	}
	free(file);
}

static void check_scenario(const char *scenario)
{
	static struct row rows[LINES + 1];
	char *text = file_text(scenario, "cases.tsv");
	struct router r;
	size_t n, i = 0;

	router_open(&r, scenario);
	n = split(text, rows, COLUMNS);
	rows[n] = (struct row){0};
	router_on(&r);
	wrong = 0;
	while (i < n)
		if (rows[i].line) {
			struct nat_packet pkt = send_row(&r, &rows[i]);

			i += check_all(&r, &rows[i], &pkt);
		} else {
			router_on(&r);
			i++;
		}
	check_events(&r);
	router_close(&r);
	free(text);
	if (wrong)
		fail_msg("%s: %u answers are not Linux's", scenario, wrong);
}

#define SCENARIOS(X)                                                           \
	X(home_router, "home-router")                                          \
	X(container_host, "container-host")                                    \
	X(phone_host, "phone-host")                                            \
	X(carrier, "carrier")                                                  \
	X(port_forward, "port-forward")                                        \
	X(balancer, "balancer")                                                \
	X(firewall, "firewall")                                                \
	X(netmap, "netmap")                                                    \
	X(zones_marks, "zones-marks")

#define X(id, name)                                                            \
	static void test_##id(void **state)                                    \
	{                                                                      \
		(void)state;                                                   \
		check_scenario(name);                                          \
	}
SCENARIOS(X)
#undef X

/* `iptables -t nat -vnL`, as the core prints it, against a file. */
static void check_listing(const struct router *r, const char *name)
{
	static const struct nat_list_options options = {
		.table = "nat",
		.verbose = true,
		.numeric = true,
	};
	char *want = file_text(r->scenario, name), *got = NULL;
	size_t size;
	FILE *f = open_memstream(&got, &size);

	assert_non_null(f);
	assert_int_equal(
		nat_rules_list(r->rules, &options, (struct nat_sink){put, f}),
		0);
	assert_int_equal(fclose(f), 0);
	assert_string_equal(got, want);
	free(got);
	free(want);
}

static void test_phone_listing(void **state)
{
	struct row rows[4];
	char *text = file_text("phone-host", "ping.txt");
	size_t n = split(text, rows, 2);
	struct router r;

	(void)state;
	router_open(&r, "phone-host");
	router_on(&r);
	check_listing(&r, "expected-before.txt");
	for (size_t i = 0; i < n; i++)
		if (rows[i].line)
			assert_int_equal(send_row(&r, &rows[i]).verdict,
					 NAT_FORWARD);
	assert_int_equal(nat_engine_rule_counters(r.engine, r.rules), 0);
	check_listing(&r, "expected-after.txt");
	router_close(&r);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define X(id, name) cmocka_unit_test(test_##id),
		SCENARIOS(X)
#undef X
			cmocka_unit_test(test_phone_listing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
