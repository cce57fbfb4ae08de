/* SPDX-License-Identifier: BSD-2-Clause
 * What the parsed form holds beside what printing it shows. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "decide/rules.h"
#include "natcore.h"
#include "test/check.h"
#include "util.h"

static const char text[] =
	"# two tables\n"
	"*nat\n"
	":PREROUTING ACCEPT [1:2]\n"
	":z - [0:0]\n"
	":a - [0:0]\n"
	"-A z -p tcp --dport 80 -j DNAT --to-destination 10.0.0.1:8080-8090/1\n"
	"-A PREROUTING -i wan0 -j z\n"
	"-A POSTROUTING -o wan+ -g a\n"
	"COMMIT\n"
	"*filter\n"
	":FORWARD DROP [3:4]\n"
	"[7:8] -A FORWARD -s 10.0.0.1,10.0.0.2 -d 1.0.0.1,1.0.0.2 "
	"-m statistic --mode nth --every 4 --packet 3 -m limit "
	"-m comment --comment x\n"
	"-A FORWARD -i + ! -o + -m statistic --mode random --probability 0.5\n"
	"COMMIT\n";

static struct nat_rules *parse(const char *s)
{
	struct nat_error err;
	struct nat_rules *r = nat_rules_parse(s, strlen(s), &err);

	if (!r)
		fail_msg("%u: %s", err.line, err.text);
	return r;
}

static int set_up(void **state)
{
	*state = parse(text);
	return 0;
}

static int tear_down(void **state)
{
	nat_rules_free(*state);
	return 0;
}

static void lays_out_chains(void **state)
{
	static const struct chain want[] = {
		{"PREROUTING", TABLE_NAT, NAT_HOOK_PREROUTING, true, false, 0,
		 1, 0, 1, 2},
		{"INPUT", TABLE_NAT, NAT_HOOK_INPUT, true, false, 1, 0, 0, 0,
		 0},
		{"OUTPUT", TABLE_NAT, NAT_HOOK_OUTPUT, true, false, 1, 0, 0, 0,
		 0},
		{"POSTROUTING", TABLE_NAT, NAT_HOOK_POSTROUTING, true, false, 1,
		 1, 0, 0, 0},
		{"a", TABLE_NAT, 0, false, false, 2, 0, 1, 0, 0},
		{"z", TABLE_NAT, 0, false, false, 2, 1, 1, 0, 0},
		{"INPUT", TABLE_FILTER, NAT_HOOK_INPUT, true, false, 3, 0, 0, 0,
		 0},
		{"FORWARD", TABLE_FILTER, NAT_HOOK_FORWARD, true, true, 3, 5, 0,
		 3, 4},
		{"OUTPUT", TABLE_FILTER, NAT_HOOK_OUTPUT, true, false, 8, 0, 0,
		 0, 0},
	};
	const struct nat_rules *r = *state;

	assert_int_equal(r->n_chains, ARRAY_LEN(want));
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		const struct chain *c = &r->chain[i], *w = &want[i];

		if (strcmp(c->name, w->name) != 0 || c->table != w->table ||
		    c->hook != w->hook || c->base != w->base ||
		    c->drop != w->drop || c->first != w->first ||
		    c->n_rules != w->n_rules ||
		    c->references != w->references ||
		    c->packets != w->packets || c->bytes != w->bytes)
			fail_msg("chain %zu is not '%s' as expected", i,
				 w->name);
	}
	assert_int_equal(r->n_rules, 8);
	assert_false(r->table[TABLE_RAW].present);
	assert_int_equal(r->table[TABLE_RAW].base[0], NO_CHAIN);
	assert_int_equal(r->table[TABLE_NAT].base[NAT_HOOK_POSTROUTING], 3);
	assert_int_equal(r->table[TABLE_FILTER].base[NAT_HOOK_FORWARD], 7);
	assert_int_equal(r->table[TABLE_FILTER].base[NAT_HOOK_PREROUTING],
			 NO_CHAIN);
}

static void keeps_rules(void **state)
{
	const struct nat_rules *r = *state;
	const struct rule *jump = &r->rule[0], *go = &r->rule[1];
	const struct rule *dnat = &r->rule[2];

	assert_int_equal(jump->line, 7);
	assert_int_equal(jump->target.kind, TARGET_JUMP);
	assert_int_equal(jump->target.chain, 5);
	assert_int_equal(jump->in.len, sizeof("wan0"));
	assert_string_equal(jump->text, "-A PREROUTING -i wan0 -j z");
	assert_int_equal(go->target.kind, TARGET_GOTO);
	assert_int_equal(go->target.chain, 4);
	assert_int_equal(go->out.len, strlen("wan"));
	assert_string_equal(go->out.name, "wan+");
	assert_int_equal(dnat->line, 6);
	assert_int_equal(dnat->match[0].tcp.dport.min, 80);
	assert_int_equal(dnat->target.range.flags,
			 RANGE_MAP_IPS | RANGE_PROTO_SPECIFIED |
				 RANGE_PROTO_OFFSET);
	assert_int_equal(dnat->target.range.addr_min.w[0], htonl(0x0a000001));
	assert_int_equal(dnat->target.range.port_min, 8080);
	assert_int_equal(dnat->target.range.port_max, 8090);
	assert_int_equal(dnat->target.range.port_base, 1);
}

/* Sources vary slowest; each rule has state and comment of its own. */
static void expands_lists(void **state)
{
	static const uint32_t src[] = {1, 1, 2, 2}, dst[] = {1, 2, 1, 2};
	const struct nat_rules *r = *state;

	for (uint32_t i = 0; i < 4; i++) {
		const struct rule *rule = &r->rule[3 + i];

		assert_int_equal(rule->line, 12);
		assert_int_equal(rule->packets, 7);
		assert_int_equal(rule->bytes, 8);
		assert_int_equal(rule->src.addr.w[0],
				 htonl(0x0a000000 + src[i]));
		assert_int_equal(rule->dst.addr.w[0],
				 htonl(0x01000000 + dst[i]));
		assert_int_equal(rule->n_matches, 3);
		assert_int_equal(rule->match[0].statistic.state, 2 * i);
		assert_int_equal(rule->match[1].limit.state, 2 * i + 1);
		assert_string_equal(rule->match[2].comment, "x");
	}
	assert_ptr_not_equal(r->rule[3].match[2].comment,
			     r->rule[4].match[2].comment);
	assert_int_equal(r->n_states, 9);
	assert_int_equal(r->rule[7].in.len, 0);
	assert_int_equal(r->rule[7].out.len, 0);
	assert_true(r->rule[7].out.invert);
	assert_int_equal(r->rule[7].match[0].statistic.probability, 1U << 30);
}

static void accepts_nothing(void **state)
{
	static const char *const empty[] = {"", "\n", "# x", "  # x\n\n"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(empty); i++) {
		struct nat_rules *r = parse(empty[i]);

		assert_int_equal(r->n_chains, 0);
		assert_int_equal(r->n_rules, 0);
		nat_rules_free(r);
	}
}

static void checks_interfaces(void **state)
{
	static const char topology[] = "addr add 10.0.0.1/24 dev lan0\n"
				       "addr add 192.0.2.1/24 dev wan0\n";
	static const struct {
		const char *rule;
		bool fits;
	} row[] = {
		{"-A c -i lan0 -o wan0", true},
		{"-A c -i lan+ ! -o lan0", true},
		{"-A c -i nope+ -o +", true},
		{"-A c -i lo ! -o lo", true},
		{"-A c ! -i lan1", false},
		{"-A c -o lan1", false},
		{"-A c -o lan", false},
	};
	struct nat_error err;
	struct nat_topology *t =
		nat_topology_parse(topology, sizeof(topology) - 1, &err);

	(void)state;
	assert_non_null(t);
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		char s[128];

		snprintf(s, sizeof(s), "*filter\n:c -\n%s\nCOMMIT\n",
			 row[i].rule);
		struct nat_rules *r = parse(s);
		int rc = nat_rules_check(r, t, &err);

		nat_rules_free(r);
		if ((rc == 0) != row[i].fits)
			fail_msg("%s: %d %s", row[i].rule, rc, err.text);
		if (!row[i].fits)
			assert_int_equal(err.line, 3);
	}
	assert_string_equal(err.text, "interface 'lan' is not in the topology");
	nat_topology_free(t);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(lays_out_chains),
		cmocka_unit_test(keeps_rules),
		cmocka_unit_test(expands_lists),
		cmocka_unit_test(accepts_nothing),
		cmocka_unit_test(checks_interfaces),
	};

	return cmocka_run_group_tests_name("rules parsed", tests, set_up,
					   tear_down);
}
