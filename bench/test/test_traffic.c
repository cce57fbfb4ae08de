/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The generator: the same seed gives the same bytes, every kind comes and
 * stays away when told to, connections live; and the core alone takes what it
 * makes: all accounted for, checksums right where they were. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/random.h"
#include "cli/embedded.h"
#include "replay/wire.h"
#include "test/check.h"
#include "traffic/traffic.h"

#define N_ROWS(a) (sizeof(a) / sizeof((a)[0]))

enum { GAP_NS = 10000, PACKET = 65536 };

struct play {
	struct nat_topology *topology;
	struct nat_rules *rules;
	struct nat_engine *engine;
	struct nat_worker *worker;
	struct traffic *traffic;
	uint64_t now, digest;
	uint64_t played, left, established, translated;
	uint64_t bad_sums;
	uint8_t buf[PACKET];
};

/* Files are compiled in without a NUL. */
static char *text_of(const char *scenario, const char *name)
{
	char path[128], *text;
	const struct embedded_file *file;

	(void)snprintf(path, sizeof(path), "%s/%s", scenario, name);
	file = embedded_find(path);
	if (!file)
		return NULL;
	text = malloc(file->len + 1);
	assert_non_null(text);
	memcpy(text, file->text, file->len);
	text[file->len] = '\0';
	return text;
}

static void play_open(struct play *p, const char *scenario, uint64_t seed,
		      uint32_t kinds)
{
	char *topology = text_of(scenario, "topology.ip");
	char *rules = text_of(scenario, "rules.v4");
	struct nat_error err = {0};
	struct capture_error why = {{0}};
	struct nat_config cfg = {.seed = seed};
	struct traffic_config traffic = {
		.topology_text = topology,
		.rules_text = {rules},
		.seed = seed,
		.kinds = kinds,
	};

	*p = (struct play){.now = 1000000000, .digest = 1469598103934665603u};
	assert_non_null(topology);
	assert_non_null(rules);
	p->topology = nat_topology_parse(topology, strlen(topology), &err);
	p->rules = nat_rules_parse(rules, strlen(rules), &err);
	cfg.topology = p->topology;
	cfg.rules = p->rules;
	p->engine = nat_engine_new(&cfg, &err);
	assert_non_null(p->engine);
	p->worker = nat_worker_new(p->engine);
	assert_non_null(p->worker);
	traffic.topology = p->topology;
	p->traffic = traffic_new(&traffic, &why);
	assert_non_null(p->traffic);
	free(topology);
	free(rules);
}

static void play_close(struct play *p)
{
	traffic_free(p->traffic);
	nat_worker_free(p->worker);
	nat_engine_free(p->engine);
	nat_rules_free(p->rules);
	nat_topology_free(p->topology);
}

static void digest(struct play *p, const void *data, size_t len)
{
	const uint8_t *b = data;

	for (size_t i = 0; i < len; i++)
		p->digest = (p->digest ^ b[i]) * 1099511628211u;
}

static bool sums_ok(const uint8_t *data, uint32_t len)
{
	struct wire w;

	return wire_parse(&w, data, len) &&
	       (w.t.family == 6 || wire_ip_sum_ok(data, &w)) &&
	       (w.fragment != WIRE_WHOLE || wire_l4_sum_ok(data, &w));
}

/* Whatever leaves has right sums if what entered had. */
static void leave(struct play *p, const struct nat_packet *out, bool judge)
{
	p->left++;
	traffic_left(p->traffic, out->out_if, out->data, out->len);
	if (judge && !sums_ok(out->data, out->len))
		p->bad_sums++;
}

static void play_one(struct play *p)
{
	struct traffic_packet t = traffic_next(p->traffic);
	struct nat_packet pkt = {
		.data = p->buf, .len = t.len, .in_if = t.in_if};
	bool judge = sums_ok(t.data, t.len);
	const struct nat_packet *made;
	size_t n;

	assert_true(t.len <= sizeof(p->buf));
	assert_true(t.in_if < nat_topology_n_ifs(p->topology));
	digest(p, &t.in_if, sizeof(t.in_if));
	digest(p, t.data, t.len);
	memcpy(p->buf, t.data, t.len);
	p->now += GAP_NS;
	assert_true(nat_worker_run(p->worker, p->now, &pkt, 1) >= 0);
	p->played++;
	p->established += pkt.state == NAT_STATE_ESTABLISHED;
	p->translated += !!pkt.manip;
	made = nat_worker_originated(p->worker, &n);
	if (pkt.verdict == NAT_FORWARD && pkt.len)
		leave(p, &pkt, judge);
	for (size_t i = 0; i < n; i++)
		if (made[i].verdict == NAT_FORWARD)
			leave(p, &made[i], false);
}

static void assert_counters(struct play *p)
{
	struct nat_stats s;
	uint64_t verdicts = 0, drops = 0;

	nat_engine_stats(p->engine, &s);
	for (unsigned v = 0; v < NAT_N_VERDICTS; v++)
		verdicts += s.verdict[v];
	for (unsigned d = 0; d < NAT_N_DROPS; d++)
		drops += d ? s.drop[d] : 0;
	assert_int_equal(s.packets, p->played);
	assert_int_equal(verdicts, s.packets);
	assert_int_equal(drops, s.verdict[NAT_DROP]);
}

/* ------------------------------------------------------------------ cases */

/* clang-format off */
static const struct row {
	const char *scenario;
	unsigned packets;
	/* of a thousand, at least */
	unsigned established, translated;
} rows[] = {
	{ "home-router", 30000, 200, 200 },
	{ "container-host", 25000, 100, 30 },
	{ "phone-host", 25000, 100, 40 },
	{ "carrier", 25000, 80, 80 },
	{ "port-forward", 25000, 80, 80 },
	{ "balancer", 25000, 100, 30 },
	{ "firewall", 25000, 50, 10 },
	{ "netmap", 25000, 80, 80 },
	{ "zones-marks", 25000, 80, 30 },
};
/* clang-format on */

static void play_through_core(void **state)
{
	(void)state;
	for (unsigned i = 0; i < N_ROWS(rows); i++) {
		const struct row *r = &rows[i];
		static struct play p;

		play_open(&p, r->scenario, 7, 0);
		while (p.played < r->packets)
			play_one(&p);
		assert_counters(&p);
		if (p.bad_sums ||
		    p.established * 1000 <
			    (uint64_t)r->established * p.played ||
		    p.translated * 1000 < (uint64_t)r->translated * p.played)
			fail_msg("%s: %u bad sums, of %u packets %u "
				 "established, %u translated",
				 r->scenario, (unsigned)p.bad_sums,
				 (unsigned)p.played, (unsigned)p.established,
				 (unsigned)p.translated);
		play_close(&p);
	}
}

static uint64_t digest_of(uint64_t seed)
{
	static struct play p;
	uint64_t d;

	play_open(&p, "port-forward", seed, 0);
	while (p.played < 3000)
		play_one(&p);
	d = p.digest;
	play_close(&p);
	return d;
}

static void same_seed_same_bytes(void **state)
{
	uint64_t one = digest_of(5);

	(void)state;
	assert_int_equal(one, digest_of(5));
	assert_int_not_equal(one, digest_of(6));
}

/* ------------------------------------------------------------------ kinds */

static const char dual_topology[] =
	"addr add 192.168.1.1/24 dev lan0\n"
	"addr add 2001:db8:1::1/64 dev lan0\n"
	"addr add 198.51.100.1/24 dev wan0\n"
	"addr add 2001:db8:2::1/64 dev wan0\n"
	"route add default via 198.51.100.254 dev wan0\n"
	"-6 route add default via 2001:db8:2::9 dev wan0 # comment\n";

/* What interfaces there are is all that the generator asks of a topology. */
static const char v4_topology[] = "addr add 192.168.1.1/24 dev lan0\n"
				  "addr add 198.51.100.1/24 dev wan0\n";

/* clang-format off */
static const struct kind_row {
	const char *kinds;
	/* packets of 4,000 that are so, at least and at most; damage makes
	 * some */
	unsigned six[2], fragments[2], tcp[2], sctp[2], errors[2], ttl[2];
} kind_rows[] = {
	{ "all", { 1000, 3000 }, { 400, 3000 }, { 500, 3000 }, { 20, 2000 }, { 50, 2000 }, { 20, 500 } },
	{ "", { 1000, 3000 }, { 400, 3000 }, { 500, 3000 }, { 20, 2000 }, { 50, 2000 }, { 20, 500 } },
	{ "-ipv6", { 0, 10 }, { 400, 3000 }, { 500, 3000 }, { 20, 2000 }, { 50, 2000 }, { 20, 500 } },
	{ "ipv6,tcp", { 4000, 4000 }, { 0, 0 }, { 4000, 4000 }, { 0, 0 }, { 0, 0 }, { 0, 0 } },
	{ "sctp,ttl", { 0, 0 }, { 0, 0 }, { 0, 0 }, { 4000, 4000 }, { 0, 0 }, { 20, 500 } },
	{ "udp,errors,fragments", { 0, 0 }, { 400, 3000 }, { 0, 0 }, { 0, 0 }, { 50, 2000 }, { 0, 0 } },
};

/* clang-format on */

static bool is_fragment(const uint8_t *p, uint32_t len)
{
	if (p[0] >> 4 == 6)
		return len > 40 && p[6] == 44;
	return len >= 20 && ((p[6] & 0x3f) || p[7]);
}

static void count(unsigned seen[6], const struct traffic_packet *p)
{
	bool six = p->len && p->data[0] >> 4 == 6;
	uint8_t proto = p->data[six ? 6 : 9], ttl = p->data[six ? 7 : 8];
	struct wire w;

	seen[0] += six;
	seen[1] += is_fragment(p->data, p->len);
	seen[2] += wire_parse(&w, p->data, p->len) && w.t.proto == 6;
	seen[3] += proto == 132;
	seen[4] += w.shape.kind == WIRE_ERROR;
	seen[5] += ttl < 3;
}

static void check_kinds(const struct kind_row *r)
{
	enum { PACKETS = 4000 };
	struct capture_error err = {{0}};
	struct nat_error bad;
	struct nat_topology *topology =
		nat_topology_parse(v4_topology, sizeof(v4_topology) - 1, &bad);
	struct traffic_config cfg = {.topology = topology,
				     .topology_text = dual_topology,
				     .seed = 3};
	const unsigned *want[] = {r->six,  r->fragments, r->tcp,
				  r->sctp, r->errors,    r->ttl};
	unsigned seen[N_ROWS(want)] = {0};
	struct traffic *t;

	assert_int_equal(traffic_parse_kinds(&cfg.kinds, r->kinds, &err), 0);
	t = traffic_new(&cfg, &err);
	assert_non_null(t);
	for (unsigned i = 0; i < PACKETS; i++) {
		struct traffic_packet p = traffic_next(t);

		count(seen, &p);
		traffic_left(t, !p.in_if, p.data, p.len);
	}
	for (unsigned i = 0; i < N_ROWS(want); i++)
		if (seen[i] < want[i][0] || seen[i] > want[i][1])
			fail_msg("%s: column %u: %u", r->kinds, i, seen[i]);
	traffic_free(t);
	nat_topology_free(topology);
}

static void kinds_as_asked(void **state)
{
	(void)state;
	for (unsigned i = 0; i < N_ROWS(kind_rows); i++)
		check_kinds(&kind_rows[i]);
}

static void unknown_kinds(void **state)
{
	static const char *const lists[] = {"tpc",     "tcp,", ",",
					    "tcp udp", "-x",   "tcp,-"};
	struct capture_error err;
	uint32_t kinds;

	(void)state;
	for (unsigned i = 0; i < N_ROWS(lists); i++)
		if (traffic_parse_kinds(&kinds, lists[i], &err) != -1)
			fail_msg("'%s' was taken", lists[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(play_through_core),
		cmocka_unit_test(same_seed_same_bytes),
		cmocka_unit_test(kinds_as_asked),
		cmocka_unit_test(unknown_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
